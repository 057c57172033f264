/* Byte-level BPE with vocabularies made here: 256 bytes, a few joined pieces, a few special tokens. */
#include <stdio.h>

#include "../../check.h"
#include "../../sanitized.h"
#include "model/toolform/toolform.h"
#include "tiny.h"

enum { CONTROL = 3, USER = 4 };

static const struct tiny_piece more[] = {
    {"ab", 0, 0},
    {"bc", 0, 0},
    {"abc", 0, 0},
    {"\xc4\xa0"
     "a",
     0, 0}, /* 256 … 259 */
    {"<|im_start|>", 0, USER},
    {"<|im_end|>", 0, CONTROL},
    {"[X]", 0, USER},
    {"[X]Y", 0, USER}, /* 260 … 263 */
    {"aa", 0, 0},
    {"aaaa", 0, 0},
    {"whole", 0, 0},
    {"<|eot_id|>", 0, CONTROL}, /* 264 … 267 */
};
static const char *const merges[] = {"b c", "a b", "a bc", "\xc4\xa0 a", "a a", "aa aa", "no such", "w hole"};

static void open_as(struct tiny *t, const char *pre)
{
    tiny_init(t);
    tiny_byte_level(t, pre, more, sizeof more / sizeof *more);
    tiny_strs(t, "tokenizer.ggml.merges", merges, sizeof merges / sizeof *merges);
    tiny_u32(t, "tokenizer.ggml.bos_token_id", 260);
    tiny_u32(t, "tokenizer.ggml.eos_token_id", 267);
    assert_int_equal(tiny_open(t), OK);
}

#define EXPECT(text, options, ids) assert_string_equal(tiny_encode(t.v, STR(text), options), ids)
#define PLAIN                      ((struct vocab_encode_options){0})
#define SPECIAL                    ((struct vocab_encode_options){.parse_special = true})
#define ADDED                      ((struct vocab_encode_options){.add_special = true})

static void merges_by_rank(void **state)
{
    (void)state;
    struct tiny t;
    open_as(&t, "gpt-2");
    EXPECT("abc", PLAIN, "258"); /* b c first, then a bc */
    EXPECT("abb", PLAIN, "256 98");
    EXPECT("aaaaaaa", PLAIN, "265 264 97");
    EXPECT(" a a", PLAIN, "259 259");
    EXPECT("", PLAIN, "");
    EXPECT("\xff\x00z", PLAIN, "255 0 122");
    EXPECT("\xc3\xa4\n", PLAIN, "195 164 10");
    EXPECT("whole", PLAIN, "119 104 111 108 101"); /* no merges lead there */
    tiny_free(&t);
    open_as(&t, "llama-bpe");
    EXPECT("whole", PLAIN, "266");
    EXPECT("wholeabc", PLAIN, "119 104 111 108 101 258");
    tiny_free(&t);
}

static void begin_and_end(void **state)
{
    (void)state;
    struct tiny t;
    open_as(&t, "gpt-2");
    EXPECT("z", ADDED, "122");
    assert_string_equal(vocab_info(t.v)->pre, "gpt-2");
    assert_int_equal(vocab_info(t.v)->eos, 267);
    assert_int_equal(vocab_info(t.v)->eot, 267);
    assert_true(vocab_is_end(t.v, 261) && vocab_is_end(t.v, 267) && !vocab_is_end(t.v, 260));
    tiny_free(&t);
    open_as(&t, "llama3");
    EXPECT("z", ADDED, "260 122");
    tiny_free(&t);
    tiny_init(&t);
    tiny_byte_level(&t, "llama-bpe", more, 12);
    tiny_strs(&t, "tokenizer.ggml.merges", merges, 1);
    tiny_u32(&t, "tokenizer.ggml.bos_token_id", 260);
    tiny_u32(&t, "tokenizer.ggml.eos_token_id", 261);
    tiny_bool(&t, "tokenizer.ggml.add_bos_token", false);
    tiny_bool(&t, "tokenizer.ggml.add_eos_token", true);
    assert_int_equal(tiny_open(&t), OK);
    EXPECT("z", ADDED, "122 261");
    tiny_free(&t);
}

/* gpt-oss: a message's end is no end of the answer, and its marks are control tokens, whatever the file calls them. */
static void harmony(void **state)
{
    (void)state;
    static const struct tiny_piece pieces[] = {
        {"<|start|>", 0, CONTROL}, {"<|channel|>", 0, USER},   {"<|message|>", 0, CONTROL}, {"<|constrain|>", 0, CONTROL},
        {"<|end|>", 0, CONTROL},   {"<|return|>", 0, CONTROL}, {"<|call|>", 0, CONTROL}, /* 256 … 262 */
    };
    struct tiny t;
    tiny_init(&t);
    tiny_byte_level(&t, "gpt-2", pieces, sizeof pieces / sizeof *pieces);
    tiny_strs(&t, "tokenizer.ggml.merges", merges, 1);
    tiny_u32(&t, "tokenizer.ggml.bos_token_id", 256);
    tiny_u32(&t, "tokenizer.ggml.eos_token_id", 261);
    tiny_u32(&t, "tokenizer.ggml.eot_token_id", 260);
    assert_int_equal(tiny_open(&t), OK);
    assert_false(vocab_is_end(t.v, 260));
    assert_true(vocab_is_end(t.v, 261) && vocab_is_end(t.v, 262));
    assert_true(vocab_is_special(t.v, 257));

    struct toolform *f;
    assert_int_equal(toolform_create(STR("<|channel|><|message|> tools"), t.v, &f), OK);
    struct toolform_parser p;
    struct toolform_out out;
    toolform_out_init(&out);
    toolform_parser_init(&p, f, true, false);
#define M(name) "\xff<|" name "|>\xff"
    assert_int_equal(toolform_push(&p,
                                   STR(M("channel") "analysis" M("message") "Hm." M("end")
                                           M("start") "assistant" M("channel") "final" M("message") "<|end|> it said." M("end")
                                               M("start") "assistant" M("channel") "commentary to=functions.f " M("constrain") "json" M(
                                                   "message") "{\"a\":1}"),
                                   &out),
                     OK);
    assert_int_equal(toolform_end(&p, &out), OK);
    assert_str(buf_str(&out.reasoning), "Hm.");
    assert_true(str_starts(buf_str(&out.text), STR("<|end|> it said."))); /* letters are no mark */
    assert_int_equal(str_find(buf_str(&out.text), STR("assistant"), 0), -1);
    assert_true(str_ends(buf_str(&out.bytes), STR("{\"a\":1}")) && str_starts(buf_str(&out.bytes), STR("f")));
    toolform_out_deinit(&out);
    toolform_parser_deinit(&p);
    toolform_free(f);
    tiny_free(&t);
}

static void special_tokens(void **state)
{
    (void)state;
    struct tiny t;
    open_as(&t, "qwen2");
    EXPECT("z<|im_end|>z", SPECIAL, "122 261 122");
    EXPECT("[X]YZ", PLAIN, "263 90"); /* user-defined: always, the longest wins */
    EXPECT("[X]Z", PLAIN, "262 90");
    EXPECT("[X", PLAIN, "91 88");
    /* The file calls it user-defined; what opens a turn is nothing that people may type. */
    assert_true(vocab_is_special(t.v, 260));
    assert_null(strstr(tiny_encode(t.v, STR("<|im_start|>"), PLAIN), "260"));
    EXPECT("<|im_start|>", SPECIAL, "260");
    tiny_free(&t);
}

static void decodes(void **state)
{
    (void)state;
    struct tiny t;
    open_as(&t, "qwen2");
    const uint32_t ids[] = {260, 259, 195, 164, 10, 262, 261};
    struct buf b = buf_make(100);
    assert_int_equal(vocab_decode(t.v, ids, 7, false, true, &b), OK);
    assert_string_equal(buf_cstr(&b), " a\xc3\xa4\n[X]");
    buf_clear(&b);
    assert_int_equal(vocab_decode(t.v, ids, 7, true, false, &b), OK);
    assert_string_equal(buf_cstr(&b), "<|im_start|> a\xc3\xa4\n[X]<|im_end|>");
    buf_clear(&b);
    buf_free(&b);
    tiny_free(&t);
}

static void every_byte_comes_back(void **state)
{
    (void)state;
    struct tiny t;
    char all[256];
    open_as(&t, "llama-bpe");
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    struct tokens ids = tokens_make(1000);
    struct buf b = buf_make(1000);
    assert_int_equal(vocab_encode(t.v, str_from(all, 256), PLAIN, &ids), OK);
    assert_int_equal(vocab_decode(t.v, ids.ptr, ids.len, false, false, &b), OK);
    assert_int_equal(b.len, 256);
    assert_memory_equal(b.ptr, all, 256);
    tokens_free(&ids);
    buf_free(&b);
    tiny_free(&t);
}

static void long_words_end(void **state)
{
    (void)state;
    struct tiny t;
    size_t n = SANITIZED ? 1u << 18 : 10u << 20;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'a', n);
    open_as(&t, "qwen2");
    struct tokens ids = tokens_make(n);
    assert_int_equal(vocab_encode(t.v, str_from(text, n), PLAIN, &ids), OK);
    assert_int_equal(ids.len, n / 4);
    ids.len = 0;
    memset(text, ' ', n);
    assert_int_equal(vocab_encode(t.v, str_from(text, n), PLAIN, &ids), OK);
    assert_int_equal(ids.len, n);
    tokens_free(&ids);
    free(text);
    tiny_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_by_rank), cmocka_unit_test(begin_and_end), cmocka_unit_test(harmony),
        cmocka_unit_test(special_tokens), cmocka_unit_test(decodes),       cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(long_words_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
