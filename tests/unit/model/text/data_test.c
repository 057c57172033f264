/* Real vocabularies: every id that llama.cpp recorded. Skipped when the shared data is not there. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../check.h"
#include "model/detok.h"
#include "model/vocab.h"

static const char *data_path(const char *name, const char *suffix)
{
    static char path[3][1024];
    static unsigned turn;
    const char *dir = getenv("HEARTH_SHARED_DATA");
    char *p = path[turn++ % 3];
    snprintf(p, sizeof path[0], "%s/%s%s", dir && *dir ? dir : SHARED_DATA, name, suffix);
    return p;
}

static struct buf slurp(const char *path)
{
    struct buf b = buf_make(16 << 20);
    FILE *f = fopen(path, "rb");
    char part[4096];
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_put(&b, str_from(part, n));
    if (f)
        fclose(f);
    return b;
}

static struct vocab *open_vocab(const char *name, struct gguf **g)
{
    struct err e = {0};
    struct vocab *v = NULL;
    const char *path = data_path(name, "");
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    fclose(f);
    if (gguf_open(path, g, &e) || vocab_create(*g, &v, &e))
        fail_msg("%s: %s", path, e.text);
    return v;
}

static void list(const struct tokens *t, struct buf *line)
{
    buf_clear(line);
    for (size_t i = 0; i < t->len; i++)
        buf_printf(line, " %u", t->ptr[i]);
}

/* Whole and in pieces of one token, the text must come back. */
static void expect_back(const struct vocab *v, const struct tokens *t, struct str text)
{
    struct buf whole = buf_make(1 << 20), stream = buf_make(1 << 20);
    struct detok d;
    assert_int_equal(vocab_decode(v, t->ptr, t->len, false, true, &whole), OK);
    assert_true(str_eq(buf_str(&whole), text));
    detok_init(&d, v, true, false);
    for (size_t i = 0; i < t->len; i++)
        assert_int_equal(detok_push(&d, t->ptr[i], &stream), OK);
    assert_int_equal(detok_flush(&d, &stream), OK);
    assert_true(str_eq(buf_str(&stream), text));
    buf_free(&whole);
    buf_free(&stream);
}

static void check_recorded(const char *name)
{
    struct gguf *g;
    struct vocab *v = open_vocab(name, &g);
    struct buf in = slurp(data_path(name, ".inp")), want = slurp(data_path(name, ".out")), line = buf_make(1 << 20);
    struct str text, id_line, texts = buf_str(&in), ids = buf_str(&want);
    const struct str separator = STR("\n__ggml_vocab_test__\n");
    int n = 0;
    for (; str_split(&ids, '\n', &id_line) && texts.len; n++) {
        ptrdiff_t end = str_find(texts, separator, 0);
        text = str_head(texts, end < 0 ? texts.len : (size_t)end);
        texts = str_skip(texts, text.len + separator.len);
        struct tokens t = tokens_make(100000);
        assert_int_equal(vocab_encode(v, text, (struct vocab_encode_options){0}, &t), OK);
        list(&t, &line);
        if (!str_eq(buf_str(&line), id_line))
            fail_msg("%s, text %d: got%s, expected" STR_FMT, name, n, buf_cstr(&line), STR_ARG(id_line));
        expect_back(v, &t, text);
        tokens_free(&t);
    }
    assert_true(n > 40);
    buf_free(&in);
    buf_free(&want);
    buf_free(&line);
    vocab_free(v);
    gguf_close(g);
}

static void gpt2(void **state)
{
    (void)state;
    check_recorded("ggml-vocab-gpt-2.gguf");
}

static void llama_bpe(void **state)
{
    (void)state;
    check_recorded("ggml-vocab-llama-bpe.gguf");
}

static void llama_spm(void **state)
{
    (void)state;
    check_recorded("ggml-vocab-llama-spm.gguf");
}

static void qwen2(void **state)
{
    (void)state;
    check_recorded("ggml-vocab-qwen2.gguf");
}

/* Prompts of golden.jsonl, with the begin token. All its models have the vocabulary of stories260K. */
static void golden_prompts(void **state)
{
    (void)state;
    struct gguf *g;
    struct vocab *v = open_vocab("stories260K.gguf", &g);
    struct buf all = slurp(data_path("golden.jsonl", ""));
    struct str line, rest = buf_str(&all);
    int n = 0;
    for (; str_split(&rest, '\n', &line) && line.len; n++) {
        json_t *j = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, NULL), *ids = json_object_get(j, "prompt_ids");
        assert_non_null(ids);
        struct tokens t = tokens_make(1000);
        assert_int_equal(vocab_encode(v, str_of(json_string_value(json_object_get(j, "prompt"))),
                                      (struct vocab_encode_options){.add_special = true}, &t),
                         OK);
        assert_int_equal(t.len, json_array_size(ids));
        for (size_t i = 0; i < t.len; i++)
            assert_int_equal(t.ptr[i], json_integer_value(json_array_get(ids, i)));
        tokens_free(&t);
        json_decref(j);
    }
    assert_true(n >= 3);
    buf_free(&all);
    vocab_free(v);
    gguf_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpt2),  cmocka_unit_test(llama_bpe),      cmocka_unit_test(llama_spm),
        cmocka_unit_test(qwen2), cmocka_unit_test(golden_prompts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
