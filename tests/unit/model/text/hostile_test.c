/* Metadata that lies: a sentence that names the field, or a vocabulary that is safe to use. */
#include <stdio.h>

#include "../../check.h"
#include "tiny.h"

static const struct tiny_piece few[] = {{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}, {"a", -1, 0}, {"b", -2, 0}, {"ab", 0, 0}};
static const char *const texts[] = {"a", "b", "ab"};

static void expect(struct tiny *t, int code, const char *part)
{
    assert_int_equal(tiny_open(t), code);
    if (!strstr(t->err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", t->err.text, part);
    assert_null(t->v);
    tiny_free(t);
}

static void begin(struct tiny *t, const char *model)
{
    tiny_init(t);
    tiny_str(t, "tokenizer.ggml.model", model);
}

static void unknown_kinds(void **state)
{
    (void)state;
    struct tiny t;
    tiny_init(&t);
    expect(&t, ERR_NOENT, "tokenizer.ggml.model");
    begin(&t, "t5");
    expect(&t, ERR_UNSUPPORTED, "\"t5\" (tokenizer.ggml.model) is unknown; known are llama, gpt2, bert, unigram");
    begin(&t, "\x1b[2J\xff");
    expect(&t, ERR_UNSUPPORTED, "\".[2J.\" (tokenizer.ggml.model) is unknown"); /* nothing that a terminal would obey */
    begin(&t, "gpt2");
    tiny_str(&t, "tokenizer.ggml.pre", "\x1b]0;x\a");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    expect(&t, ERR_UNSUPPORTED, "\".]0;x.\" (tokenizer.ggml.pre) is unknown");
    begin(&t, "gpt2");
    tiny_str(&t, "tokenizer.ggml.pre", "viking");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    expect(&t, ERR_UNSUPPORTED, "\"viking\" (tokenizer.ggml.pre) is unknown; known are gpt-2, llama-bpe, qwen2");
    tiny_init(&t);
    tiny_u32(&t, "tokenizer.ggml.model", 1);
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.model");
}

static void wrong_arrays(void **state)
{
    (void)state;
    struct tiny t;
    begin(&t, "llama");
    expect(&t, ERR_NOENT, "tokenizer.ggml.tokens is missing");
    begin(&t, "llama");
    tiny_str(&t, "tokenizer.ggml.tokens", "a");
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.tokens is not an array of strings");
    begin(&t, "llama");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 0);
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.tokens has 0 entries");
    begin(&t, "llama");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    expect(&t, ERR_NOENT, "tokenizer.ggml.scores is missing");
    begin(&t, "llama");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    tiny_array(&t, "tokenizer.ggml.scores", GGUF_F32, 2);
    write_u64(&t.bytes, 0);
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.scores has 2 entries, expected 3");
    begin(&t, "llama");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    tiny_strs(&t, "tokenizer.ggml.scores", texts, 3);
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.scores is not an array of 32-bit floats (offset ");
    begin(&t, "gpt2");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    tiny_array(&t, "tokenizer.ggml.token_type", GGUF_I32, 1);
    write_i32(&t.bytes, 1);
    expect(&t, ERR_CORRUPT, "tokenizer.ggml.token_type has 1 entries, expected 3 (offset ");
    begin(&t, "gpt2");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
    expect(&t, ERR_NOENT, "tokenizer.ggml.merges is missing");
}

static void wrong_merges(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a", "", "a ", " ", " b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tiny t;
        begin(&t, "gpt2");
        tiny_strs(&t, "tokenizer.ggml.tokens", texts, 3);
        tiny_strs(&t, "tokenizer.ggml.merges", &wrong[i], 1);
        expect(&t, ERR_CORRUPT, "tokenizer.ggml.merges: entry 0");
    }
}

static void wrong_ids(void **state)
{
    (void)state;
    static const char *const keys[] = {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                       "tokenizer.ggml.unknown_token_id"};
    for (size_t i = 0; i < 4; i++) {
        struct tiny t;
        begin(&t, "llama");
        tiny_pieces(&t, few, 6);
        tiny_u32(&t, keys[i], 6);
        expect(&t, ERR_CORRUPT, keys[i]);
        begin(&t, "llama");
        tiny_pieces(&t, few, 6);
        tiny_u32(&t, keys[i], UINT32_MAX); /* "none" */
        assert_int_equal(tiny_open(&t), OK);
        tiny_free(&t);
        begin(&t, "llama");
        tiny_pieces(&t, few, 6);
        tiny_str(&t, keys[i], "1");
        expect(&t, ERR_CORRUPT, keys[i]);
    }
}

static void long_token(void **state)
{
    (void)state;
    struct tiny t;
    static char text[20000];
    memset(text, 'a', sizeof text - 1);
    const char *p = text;
    begin(&t, "gpt2");
    tiny_strs(&t, "tokenizer.ggml.tokens", &p, 1);
    expect(&t, ERR_CORRUPT, "token 0 has 19999 bytes");
}

/* Empty, repeated, not UTF-8, of no known type, scored NaN: odd, but nothing to refuse. */
static void odd_tokens(void **state)
{
    (void)state;
    static const struct tiny_piece odd[] = {
        {"", 0, 3},
        {"", 0, 0},
        {"a", 0, 0},
        {"a", -1, 0},
        {"\xff\xfe", 0, 0},
        {"\xe2\x96", 0, 4},
        {"<0xZZ>", 0, 6},
        {"<0x41>", 0, 6},
        {"b", 0, 99},
        {"ab", __builtin_nanf(""), 0},
        {"aa", 1.0f / 0.0f, 0},
        {"\xe2\x96\x81", 0, 77},
    };
    struct tiny t;
    begin(&t, "llama");
    tiny_pieces(&t, odd, sizeof odd / sizeof *odd);
    assert_int_equal(tiny_open(&t), OK);
    const struct vocab_encode_options o = {.parse_special = true, .no_space_prefix = true};
    assert_string_equal(tiny_encode(t.v, STR("a"), o), "3");
    assert_string_equal(tiny_encode(t.v, STR("aab"), o), "10 8");
    assert_string_equal(tiny_encode(t.v, STR("ab\xff\xfe"), o), "9 4");
    assert_string_equal(tiny_encode(t.v, STR("\xe2\x96\x81"), o), "5 11"); /* \x81 has no token, and there is no unknown one */
    struct buf b = buf_make(100);
    for (uint32_t i = 0; i < vocab_size(t.v); i++)
        assert_int_equal(vocab_piece(t.v, i, true, &b), OK);
    assert_string_equal(buf_cstr(&b), "aa\xff\xfe\xe2\x96<0xZZ>A"
                                      "babaa ");
    buf_free(&b);
    tiny_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_kinds), cmocka_unit_test(wrong_arrays), cmocka_unit_test(wrong_merges),
        cmocka_unit_test(wrong_ids),     cmocka_unit_test(long_token),   cmocka_unit_test(odd_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
