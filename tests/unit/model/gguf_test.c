/* Reading well-formed files, typed values, and what is no GGUF at all. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "gguf_make.h"
#include "model/gguf.h"

static struct make_folder folder;

static int create_folder(void **state)
{
    (void)state;
    make_folder_create(&folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    make_folder_remove(&folder);
    return 0;
}

static struct gguf *open_file(const char *name)
{
    char path[128];
    struct gguf *g = NULL;
    struct err e = {0};
    if (gguf_open(make_path(&folder, name, path), &g, &e))
        fail_msg("%s", e.text);
    return g;
}

static struct gguf_writer *create(const char *name)
{
    char path[128];
    struct gguf_writer *w = NULL;
    struct err e = {0};
    if (gguf_writer_create(make_path(&folder, name, path), &w, &e))
        fail_msg("%s", e.text);
    return w;
}

static void finish(struct gguf_writer *w)
{
    struct err e = {0};
    if (gguf_writer_finish(w, &e))
        fail_msg("%s", e.text);
}

/* A scalar pair of any kind, as if copied from another file. */
static void put(struct gguf_writer *w, const char *key, enum gguf_kind kind, const void *value, size_t len)
{
    struct gguf_kv kv = {.key = str_of(key), .kind = kind, .item_kind = kind, .count = 1, .data = value, .len = len};
    assert_int_equal(gguf_write_kv(w, &kv), OK);
}

static void integers_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        enum gguf_kind kind;
        int64_t value;
        size_t len;
        bool fits;
    } cases[] = {
        {GGUF_U8, 200, 1, true},  {GGUF_I8, 100, 1, true},         {GGUF_I8, -1, 1, false},          {GGUF_U16, 60000, 2, true},
        {GGUF_I16, -5, 2, false}, {GGUF_I16, 5, 2, true},          {GGUF_U32, 4294967295, 4, true},  {GGUF_I32, 7, 4, true},
        {GGUF_I32, -7, 4, false}, {GGUF_U64, 4294967295, 8, true}, {GGUF_U64, 4294967296, 8, false}, {GGUF_I64, -1, 8, false},
        {GGUF_I64, 12, 8, true},  {GGUF_BOOL, 1, 1, false},        {GGUF_F32, 0, 4, false},
    };
    enum { N = sizeof cases / sizeof *cases };
    struct gguf_writer *w = create("int.gguf");
    char key[16];
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "k%d", i);
        put(w, key, cases[i].kind, &cases[i].value, cases[i].len);
    }
    finish(w);
    struct gguf *g = open_file("int.gguf");
    for (int i = 0; i < N; i++) {
        uint32_t v = 99;
        struct err e = {0};
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(gguf_u32(g, key, &v, &e), cases[i].fits ? OK : ERR_CORRUPT);
        assert_true(v == (cases[i].fits ? (uint32_t)cases[i].value : 99));
        assert_true(cases[i].fits || strstr(e.text, key));
    }
    gguf_close(g);
}

static void floats_are_finite(void **state)
{
    (void)state;
    const float f = 1.5F, nan32 = NAN;
    const double d = 2.5, large = 1e300, inf = INFINITY;
    struct gguf_writer *w = create("float.gguf");
    put(w, "f", GGUF_F32, &f, 4);
    put(w, "d", GGUF_F64, &d, 8);
    put(w, "nan", GGUF_F32, &nan32, 4);
    put(w, "large", GGUF_F64, &large, 8);
    put(w, "inf", GGUF_F64, &inf, 8);
    gguf_write_u32(w, "int", 1);
    finish(w);
    struct gguf *g = open_file("float.gguf");
    float v = 9;
    assert_int_equal(gguf_f32(g, "f", &v, NULL), OK);
    assert_true(v == 1.5F);
    assert_int_equal(gguf_f32(g, "d", &v, NULL), OK);
    assert_true(v == 2.5F);
    static const char *const bad[] = {"nan", "large", "inf", "int"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(gguf_f32(g, bad[i], &v, NULL), ERR_CORRUPT);
    struct err e = {0};
    assert_int_equal(gguf_f32(g, "none", &v, &e), ERR_NOENT);
    assert_string_equal(e.text, "metadata key \"none\" is missing");
    assert_true(v == 2.5F);
    gguf_close(g);
}

static void strings_booleans_and_arrays(void **state)
{
    (void)state;
    struct gguf_writer *w = create("text.gguf");
    const struct str items[] = {STR("one"), STR(""), STR("three\0four")};
    const uint16_t numbers[] = {1, 2, 3};
    const uint8_t two = 2;
    gguf_write_str(w, "s", STR("水"));
    gguf_write_bool(w, "yes", true);
    gguf_write_bool(w, "no", false);
    put(w, "two", GGUF_BOOL, &two, 1);
    gguf_write_strs(w, "items", items, 3);
    gguf_write_strs(w, "nothing", NULL, 0);
    gguf_write_array(w, "numbers", GGUF_U16, numbers, 3);
    finish(w);
    struct gguf *g = open_file("text.gguf");
    struct str s = {0};
    bool b = false;
    assert_int_equal(gguf_version(g), 3);
    assert_int_equal(gguf_kv_count(g), 7);
    assert_null(gguf_kv_at(g, 7));
    assert_null(gguf_tensor_at(g, 0));
    assert_int_equal(gguf_str(g, "s", &s, NULL), OK);
    assert_str(s, "水");
    assert_int_equal(gguf_str(g, "yes", &s, NULL), ERR_CORRUPT);
    assert_int_equal(gguf_bool(g, "yes", &b, NULL), OK);
    assert_true(b);
    assert_int_equal(gguf_bool(g, "no", &b, NULL), OK);
    assert_false(b);
    assert_int_equal(gguf_bool(g, "two", &b, NULL), ERR_CORRUPT);
    assert_int_equal(gguf_bool(g, "s", &b, NULL), ERR_CORRUPT);
    const struct gguf_kv *kv = gguf_kv(g, "items");
    size_t cursor = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(gguf_next_str(kv, &cursor, &s));
        assert_true(str_eq(s, items[i]));
    }
    assert_false(gguf_next_str(kv, &cursor, &s));
    cursor = 0;
    assert_false(gguf_next_str(gguf_kv(g, "nothing"), &cursor, &s));
    assert_false(gguf_next_str(gguf_kv(g, "numbers"), &cursor, &s));
    kv = gguf_kv(g, "numbers");
    assert_int_equal(kv->item_kind, GGUF_U16);
    assert_int_equal(kv->count, 3);
    assert_memory_equal(kv->data, numbers, sizeof numbers);
    assert_null(gguf_kv(g, "number"));
    gguf_close(g);
}

static void tensors_where_they_lie(void **state)
{
    (void)state;
    char path[128];
    struct make_spec s = make_spec_of("qwen3");
    make_model(make_path(&folder, "tensors.gguf", path), &s);
    struct gguf *g = open_file("tensors.gguf");
    const struct gguf_tensor *t = gguf_tensor(g, "blk.1.ffn_down.weight");
    assert_non_null(t);
    assert_int_equal(t->type, TENSOR_F16);
    assert_int_equal(t->n_dims, 2);
    assert_int_equal(t->dim[0], 64);
    assert_int_equal(t->dim[1], 32);
    assert_int_equal(t->dim[2] * t->dim[3], 1);
    assert_int_equal(t->size, 64 * 32 * 2);
    assert_int_equal(t->offset % 32, 0);
    assert_true(t->offset + t->size <= gguf_file_bytes(g));
    assert_null(gguf_tensor(g, "blk.1.ffn_down.weigh"));
    assert_int_equal(gguf_tensor_count(g), 3 + 2 * 11);
    size_t len;
    uint8_t *bytes = make_read(path, &len);
    assert_int_equal(len, gguf_file_bytes(g));
    assert_memory_equal(bytes + t->offset, t->data, t->size);
    free(bytes);
    gguf_close(g);
    gguf_close(NULL);
}

static void what_is_no_gguf(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        int code;
        const char *says;
    } cases[] = {
        {{"", 0}, ERR_CORRUPT, "empty"},
        {{"Once upon a time there was", 26}, ERR_CORRUPT, "begins with \"Once upon a time\""},
        {{"\x1b[2J\x07", 5}, ERR_CORRUPT, "begins with \".[2J.\""},
        {{"GG", 2}, ERR_CORRUPT, "truncated"},
        {{"GGUF\3\0\0", 7}, ERR_CORRUPT, "truncated: version at offset 4"},
        {{"GGUF\3\0\0\0\0\0", 10}, ERR_CORRUPT, "truncated: header at offset 8"},
        {{"FUGG\0\0\0\3", 8}, ERR_UNSUPPORTED, "big-endian"},
        {{"GGUF\0\0\0\3", 8}, ERR_UNSUPPORTED, "big-endian (version at offset 4 is 0x03000000)"},
        {{"GGUF\1\0\0\0", 8}, ERR_UNSUPPORTED, "version at offset 4 is 1,"},
        {{"GGUF\4\0\0\0", 8}, ERR_UNSUPPORTED, "version at offset 4 is 4,"},
        {{"GGUF\0\0\0\0", 8}, ERR_UNSUPPORTED, "version at offset 4 is 0,"},
        {{"tjgg\1\0\0\0", 8}, ERR_CORRUPT, "before GGUF"},
        {{"PK\3\4....", 8}, ERR_CORRUPT, "zip"},
        {{"<!DOCTYPE html>", 15}, ERR_CORRUPT, "web page"},
        {{"version https://git-lfs.github.com/spec/v1\n", 43}, ERR_CORRUPT, "git lfs pull"},
        {{"\x10\0\0\0\0\0\0\0{\"a\":1}", 15}, ERR_CORRUPT, "safetensors"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gguf *g = NULL;
        struct err e = {0};
        assert_int_equal(gguf_open_bytes(cases[i].bytes.ptr, cases[i].bytes.len, &g, &e), cases[i].code);
        assert_null(g);
        if (!strstr(e.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].says);
    }
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    char path[128];
    struct gguf *g = NULL;
    struct err e = {0};
    assert_int_equal(gguf_open(make_path(&folder, "absent.gguf", path), &g, &e), ERR_NOENT);
    assert_non_null(strstr(e.text, "absent.gguf"));
    assert_int_equal(gguf_open(folder.path, &g, &e), ERR_INVAL);
    FILE *f = fopen(make_path(&folder, "notes.txt", path), "w");
    fputs("not a model", f);
    fclose(f);
    assert_int_equal(gguf_open(path, &g, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.text, "notes.txt: this is not a GGUF file"));
    assert_int_equal(truncate(path, 0), 0);
    assert_int_not_equal(gguf_open(path, &g, &e), OK);
    assert_null(g);
}

static void real_files_open(void **state)
{
    (void)state;
    static const char *const names[] = {"stories260K.gguf", "tiny-llama-IQ4_NL.gguf", "tiny-llama-Q2_K.gguf", "ggml-vocab-qwen2.gguf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        struct gguf *g = NULL;
        struct err e = {0};
        snprintf(path, sizeof path, "%s/%s", getenv("HEARTH_SHARED_DATA") ? getenv("HEARTH_SHARED_DATA") : SHARED_DATA, names[i]);
        if (access(path, R_OK)) {
            print_message("%s is not there\n", path);
            skip();
        }
        if (gguf_open(path, &g, &e))
            fail_msg("%s", e.text);
        struct str arch;
        assert_int_equal(gguf_str(g, "general.architecture", &arch, NULL), OK);
        assert_int_not_equal(gguf_kv(g, "tokenizer.ggml.tokens")->count, 0);
        gguf_close(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_kind), cmocka_unit_test(floats_are_finite), cmocka_unit_test(strings_booleans_and_arrays),
        cmocka_unit_test(tensors_where_they_lie), cmocka_unit_test(what_is_no_gguf),   cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(real_files_open),
    };
    return cmocka_run_group_tests(tests, create_folder, remove_folder);
}
