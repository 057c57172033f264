/* Quantising from file to file: the plan, the bytes, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "../sanitized.h"
#include "gguf_make.h"
#include "model/quantize.h"

static struct make_folder folder;
static struct pool *pool;

static int set_up(void **state)
{
    (void)state;
    make_folder_create(&folder);
    return pool_create(2, &pool, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    pool_free(pool);
    make_folder_remove(&folder);
    return 0;
}

static struct gguf *open_path(const char *path)
{
    struct gguf *g = NULL;
    struct err e = {0};
    if (gguf_open(path, &g, &e))
        fail_msg("%s", e.text);
    return g;
}

static struct quantize_result quantize(const char *in, const char *out, const char *type)
{
    struct quantize_result r = {0};
    struct err e = {0};
    if (quantize_file(in, out, str_of(type), pool, NULL, NULL, &r, &e))
        fail_msg("%s", e.text);
    return r;
}

static const char *shared(const char *name, char path[512])
{
    const char *dir = getenv("HEARTH_SHARED_DATA");
    snprintf(path, 512, "%s/%s", dir ? dir : SHARED_DATA, name);
    if (access(path, R_OK)) {
        print_message("%s is not there\n", path);
        skip();
    }
    return path;
}

static enum tensor_type type_of(const struct gguf *g, const char *name)
{
    const struct gguf_tensor *t = gguf_tensor(g, name);
    assert_non_null(t);
    return t->type;
}

static bool exact_type(enum tensor_type t)
{
    return t != TENSOR_Q4_K;
}

/* Root mean square of the difference from the tensor that was quantised. */
static double rms_error(const struct gguf_tensor *q, const struct gguf_tensor *source)
{
    float a[1024], b[1024];
    size_t cols = (size_t)q->dim[0], qb = tensor_row_bytes(q->type, cols), sb = tensor_row_bytes(source->type, cols);
    double sum = 0;
    assert_true(cols <= 1024);
    for (uint64_t r = 0; r < q->dim[1]; r++) {
        tensor_row_to_f32(q->type, (const uint8_t *)q->data + r * qb, a, cols);
        tensor_row_to_f32(source->type, (const uint8_t *)source->data + r * sb, b, cols);
        for (size_t i = 0; i < cols; i++)
            sum += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
    }
    return sqrt(sum / (double)(cols * q->dim[1]));
}

/* Same names, shapes and types. Q8_0, Q4_0 and Q6_K are the reference's to the byte; Q4_K is quantised in our own
 * way, and must be as near. */
static void assert_same_tensors(const struct gguf *got, const struct gguf *want, const struct gguf *source)
{
    assert_int_equal(gguf_tensor_count(got), gguf_tensor_count(want));
    for (size_t i = 0; i < gguf_tensor_count(want); i++) {
        const struct gguf_tensor *a = gguf_tensor_at(want, i);
        char name[GGUF_NAME_MAX + 1];
        str_copy(name, sizeof name, a->name);
        const struct gguf_tensor *b = gguf_tensor(got, name);
        if (!b || b->type != a->type || b->size != a->size || memcmp(a->dim, b->dim, sizeof a->dim) != 0)
            fail_msg("tensor %s differs in type or shape", name);
        if (exact_type(a->type) && memcmp(a->data, b->data, a->size) != 0)
            fail_msg("tensor %s differs in its bytes", name);
        if (!exact_type(a->type) && rms_error(b, gguf_tensor(source, name)) > 1.02 * rms_error(a, gguf_tensor(source, name)))
            fail_msg("tensor %s is further from its source than the reference", name);
    }
}

static void compare_with(const char *in, const char *type, const char *reference)
{
    char in_path[512], ref_path[512], out[128];
    shared(in, in_path);
    shared(reference, ref_path);
    quantize(in_path, make_path(&folder, "out.gguf", out), type);
    struct gguf *got = open_path(out), *want = open_path(ref_path), *source = open_path(in_path);
    assert_same_tensors(got, want, source);
    uint32_t a = 0, b = 1;
    assert_int_equal(gguf_u32(got, "general.file_type", &a, NULL), OK);
    assert_int_equal(gguf_u32(want, "general.file_type", &b, NULL), OK);
    assert_int_equal(a, b);
    assert_int_equal(gguf_u32(got, "general.quantization_version", &a, NULL), OK);
    assert_int_equal(a, 2);
    assert_int_equal(gguf_kv_count(got), gguf_kv_count(want));
    gguf_close(got);
    gguf_close(want);
    gguf_close(source);
}

static void as_the_reference(void **state)
{
    (void)state;
    compare_with("tiny-llama-F16.gguf", "Q8_0", "tiny-llama-Q8_0.gguf");
    compare_with("tiny-llama-F16.gguf", "Q4_0", "tiny-llama-Q4_0.gguf");
    if (SANITIZED)
        return;
    compare_with("tiny-qwen2-F16.gguf", "q8_0", "tiny-qwen2-Q8_0.gguf");
    compare_with("tiny-qwen3-F16.gguf", "Q8_0", "tiny-qwen3-Q8_0.gguf");
    compare_with("tiny-qwen3-F16.gguf", "Q4_0", "tiny-qwen3-Q4_0.gguf");
    compare_with("tiny-llama-F16.gguf", "Q4_K_M", "tiny-llama-Q4_K_M.gguf");
    compare_with("tiny-qwen3-F16.gguf", "Q4_K_M", "tiny-qwen3-Q4_K_M.gguf");
    compare_with("tiny-qwen3-F16.gguf", "Q6_K", "tiny-qwen3-Q6_K.gguf");
}

/* A model that is made here, quantised. `cols` is d_model. */
static struct gguf *made(uint32_t layers, uint32_t cols, bool tied, enum tensor_type from, const char *type)
{
    char in[128], out[128];
    struct make_spec s = make_spec_of("llama");
    s.layers = layers;
    s.d_model = cols;
    s.d_ff = 256;
    s.type = from;
    s.tied = tied;
    make_model(make_path(&folder, "in.gguf", in), &s);
    quantize(in, make_path(&folder, "out.gguf", out), type);
    return open_path(out);
}

static void layers_with_more_bits(void **state)
{
    (void)state;
    enum { LAYERS = SANITIZED ? 4 : 16 };
    static const bool more_of_16[16] = {1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1}, more_of_4[4] = {0, 0, 1, 1};
    const bool *more = LAYERS == 16 ? more_of_16 : more_of_4;
    struct gguf *g = made(LAYERS, 256, false, TENSOR_F16, "Q4_K_M");
    for (int i = 0; i < LAYERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%d.ffn_down.weight", i);
        assert_int_equal(type_of(g, name), more[i] ? TENSOR_Q6_K : TENSOR_Q4_K);
        snprintf(name, sizeof name, "blk.%d.attn_v.weight", i);
        assert_int_equal(type_of(g, name), more[i] ? TENSOR_Q6_K : TENSOR_Q4_K);
        snprintf(name, sizeof name, "blk.%d.ffn_up.weight", i);
        assert_int_equal(type_of(g, name), TENSOR_Q4_K);
    }
    assert_int_equal(type_of(g, "output.weight"), TENSOR_Q6_K);
    assert_int_equal(type_of(g, "token_embd.weight"), TENSOR_Q4_K);
    assert_int_equal(type_of(g, "output_norm.weight"), TENSOR_F32);
    gguf_close(g);
    g = made(1, 256, true, TENSOR_BF16, "Q4_0");
    assert_int_equal(type_of(g, "token_embd.weight"), TENSOR_Q6_K);
    assert_int_equal(type_of(g, "blk.0.attn_q.weight"), TENSOR_Q4_0);
    gguf_close(g);
}

static void rows_that_fit_no_block(void **state)
{
    (void)state;
    struct gguf *g = made(1, 96, false, TENSOR_F32, "Q4_K_M"); /* 96: a multiple of 32, not of 256 */
    assert_int_equal(type_of(g, "blk.0.attn_q.weight"), TENSOR_Q8_0);
    assert_int_equal(type_of(g, "output.weight"), TENSOR_Q8_0);
    assert_int_equal(type_of(g, "blk.0.ffn_down.weight"), TENSOR_Q6_K);
    gguf_close(g);
    g = made(1, 24, false, TENSOR_F32, "Q4_0");
    assert_int_equal(type_of(g, "blk.0.attn_q.weight"), TENSOR_F16);
    gguf_close(g);
    g = made(1, 24, false, TENSOR_BF16, "Q4_0");
    assert_int_equal(type_of(g, "blk.0.attn_q.weight"), TENSOR_BF16);
    gguf_close(g);
}

/* Rows that are cut into chunks and items come out in their places: compared with the quantiser, row by row. */
static void every_row_in_its_place(void **state)
{
    (void)state;
    enum { COLS = 64, ROWS = 65536 }; /* two chunks: 4 MB are 61680 rows of this type */
    char in[128], out[128];
    struct make_spec s = make_spec_of("llama");
    s.layers = 1;
    s.d_model = COLS;
    s.d_ff = ROWS;
    s.type = TENSOR_F32;
    make_model(make_path(&folder, "in.gguf", in), &s);
    quantize(in, make_path(&folder, "out.gguf", out), "Q8_0");
    struct gguf *a = open_path(in), *b = open_path(out);
    const struct gguf_tensor *x = gguf_tensor(a, "blk.0.ffn_up.weight"), *y = gguf_tensor(b, "blk.0.ffn_up.weight");
    assert_int_equal(y->type, TENSOR_Q8_0);
    uint8_t row[COLS / 32 * 34];
    for (size_t r = 0; r < ROWS; r++) {
        tensor_row_from_f32(TENSOR_Q8_0, (const float *)x->data + r * COLS, row, COLS);
        assert_memory_equal(row, (const uint8_t *)y->data + r * sizeof row, sizeof row);
    }
    gguf_close(a);
    gguf_close(b);
}

struct seen {
    uint64_t last, total;
    int calls;
};

static void on_progress(void *ctx, const struct quantize_progress *p)
{
    struct seen *s = ctx;
    assert_true(p->done_bytes > s->last && p->done_bytes <= p->total_bytes);
    assert_true(p->tensor.len > 0);
    s->last = p->done_bytes;
    s->total = p->total_bytes;
    s->calls++;
}

static void progress_and_result(void **state)
{
    (void)state;
    char in[128], out[128];
    struct seen seen = {0};
    struct quantize_result r = {0};
    struct make_spec s = make_spec_of("llama");
    make_model(make_path(&folder, "in.gguf", in), &s);
    assert_int_equal(quantize_file(in, make_path(&folder, "out.gguf", out), STR("Q8_0"), pool, on_progress, &seen, &r, NULL), OK);
    assert_int_equal(seen.last, seen.total);
    assert_int_equal(seen.calls, 3 + 2 * 9);
    assert_int_equal(r.tensors, 3 + 2 * 9);
    assert_int_equal(r.kept, 1 + 2 * 2);
    struct gguf *g = open_path(out), *h = open_path(in);
    assert_int_equal(r.out_bytes, gguf_file_bytes(g));
    assert_int_equal(r.in_bytes, gguf_file_bytes(h));
    gguf_close(g);
    gguf_close(h);
}

static void refuses(const char *in, const char *out, const char *type, int code, const char *says)
{
    struct err e = {0};
    struct quantize_result r = {.tensors = 77};
    assert_int_equal(quantize_file(in, out, str_of(type), pool, NULL, NULL, &r, &e), code);
    if (!strstr(e.text, says))
        fail_msg("\"%s\" does not say \"%s\"", e.text, says);
    assert_int_equal(r.tensors, 77);
}

static void what_is_refused(void **state)
{
    (void)state;
    char in[128], q8[128], path[128], part[128];
    struct make_spec s = make_spec_of("llama");
    make_model(make_path(&folder, "in.gguf", in), &s);
    quantize(in, make_path(&folder, "q8.gguf", q8), "Q8_0");
    refuses(in, q8, "Q5_X\x1b", ERR_INVAL, "unknown type \"Q5_X.\"; hearth quantises to Q8_0, Q4_0, Q6_K, Q4_K_M");
    refuses(in, in, "Q8_0", ERR_INVAL, "are the same file");
    assert_int_equal(link(in, make_path(&folder, "link.gguf", path)), 0);
    refuses(in, path, "Q8_0", ERR_INVAL, "are the same file");
    assert_int_equal(rename(path, make_path(&folder, "x.gguf.part", part)), 0); /* the output's part file is the input */
    refuses(part, make_path(&folder, "x.gguf", path), "Q8_0", ERR_INVAL, "are the same file");
    refuses(q8, make_path(&folder, "x4.gguf", path), "Q4_0", ERR_INVAL, "is quantised already (Q8_0)");
    refuses(make_path(&folder, "absent.gguf", part), path, "Q4_0", ERR_NOENT, "absent.gguf");
    refuses(in, make_path(&folder, "no/such/folder.gguf", path), "Q4_0", ERR_NOENT, "cannot create it");
    refuses(in, "/dev/full/x", "Q4_0", ERR_IO, "cannot create it");
    quantize(q8, make_path(&folder, "again.gguf", path), "Q8_0"); /* the same type again is a copy */
    struct gguf *a = open_path(q8), *b = open_path(path);
    assert_same_tensors(b, a, a);
    gguf_close(a);
    gguf_close(b);
    assert_int_not_equal(access(make_path(&folder, "x4.gguf.part", part), F_OK), 0);
}

/* It becomes part of a key, which a sentence names. */
static void an_architecture_that_is_no_name(void **state)
{
    (void)state;
    char in[128], out[128];
    struct make_spec s = make_spec_of("llama");
    make_model(make_path(&folder, "in.gguf", in), &s);
    struct gguf *g = open_path(in);
    long at = (long)gguf_kv_offset(g, "general.architecture") + 8;
    gguf_close(g);
    FILE *f = fopen(in, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite("\x1b[2Jx", 1, 5, f), 5);
    assert_int_equal(fclose(f), 0);
    refuses(in, make_path(&folder, "out.gguf", out), "Q8_0", ERR_CORRUPT, "in.gguf: general.architecture is \".[2Jx\", expected a name");
}

static void values_that_are_not_finite(void **state)
{
    (void)state;
    char in[128], out[128];
    struct make_spec s = make_spec_of("llama");
    make_model(make_path(&folder, "in.gguf", in), &s);
    struct gguf *g = open_path(in);
    long at = (long)gguf_tensor(g, "blk.1.ffn_up.weight")->offset;
    gguf_close(g);
    FILE *f = fopen(in, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at + 100, SEEK_SET), 0);
    assert_int_equal(fwrite("\x00\x7c", 1, 2, f), 2); /* +infinity in F16 */
    fclose(f);
    refuses(in, make_path(&folder, "bad.gguf", out), "Q8_0", ERR_CORRUPT, "\"blk.1.ffn_up.weight\" has values that are not finite");
    assert_int_not_equal(access(out, F_OK), 0);
    assert_int_not_equal(access(make_path(&folder, "bad.gguf.part", out), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_reference),
        cmocka_unit_test(layers_with_more_bits),
        cmocka_unit_test(rows_that_fit_no_block),
        cmocka_unit_test(every_row_in_its_place),
        cmocka_unit_test(progress_and_result),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(an_architecture_that_is_no_name),
        cmocka_unit_test(values_that_are_not_finite),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
