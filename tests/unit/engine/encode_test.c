/* Encoders: what a pass gives against sums in double made here, packing, bounds, waiting for company, bad files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "base/rng.h"
#include "engine/encode.h"
#include "engine/encode_pass.h"
#include "gguf_make.h"

#define SP "\xe2\x96\x81"
enum { D = 32, FF = 48, HEADS = 4, LAYERS = 2, CONTEXT = 16, VOCAB = 8, ANSWERS_MAX = 64 };

static const char *const pieces[VOCAB] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", SP "a", SP "b", SP "c", SP "d"};

struct weights {
    float tok[VOCAB * D], pos[CONTEXT * D], type[2 * D], norm[2 * D];
    struct {
        float w[4][D * D], b[4][D], up[FF * D], up_b[FF], down[D * FF], down_b[D], norm[4 * D];
    } layer[LAYERS];
    float cls[D * D], cls_b[D], score[D], score_b[1];
};

struct fixture {
    struct make_folder folder;
    struct weights w;
    struct pool *pool;
    struct encoder_model *m;
    struct encode *en;
    uint64_t now_ns;
    struct clock clock;
    uint64_t answered[ANSWERS_MAX], refused[ANSWERS_MAX];
    size_t n_answered, n_refused;
    float values[ANSWERS_MAX][D];
    uint32_t tokens, width;
    enum gen_fault fault;
    char message[500];
};

/* ---- a file */
struct tensor {
    const char *name;
    const float *values;
    uint32_t cols, rows;
};

static size_t list_tensors(struct weights *w, bool ranks, struct tensor t[64], char names[64][64])
{
    static const char *const attention[] = {"attn_q", "attn_k", "attn_v", "attn_output"};
    size_t n = 0;
#define ADD(values_, cols_, rows_, ...)                          \
    do {                                                         \
        snprintf(names[n], sizeof names[n], __VA_ARGS__);        \
        t[n] = (struct tensor){names[n], values_, cols_, rows_}; \
        n++;                                                     \
    } while (0)
    ADD(w->tok, D, VOCAB, "token_embd.weight");
    ADD(w->pos, D, CONTEXT, "position_embd.weight");
    ADD(w->type, D, 2, "token_types.weight");
    ADD(w->norm, D, 1, "token_embd_norm.weight");
    ADD(w->norm + D, D, 1, "token_embd_norm.bias");
    for (int l = 0; l < LAYERS; l++) {
        for (int i = 0; i < 4; i++) {
            ADD(w->layer[l].w[i], D, D, "blk.%d.%s.weight", l, attention[i]);
            ADD(w->layer[l].b[i], D, 1, "blk.%d.%s.bias", l, attention[i]);
        }
        ADD(w->layer[l].norm, D, 1, "blk.%d.attn_output_norm.weight", l);
        ADD(w->layer[l].norm + D, D, 1, "blk.%d.attn_output_norm.bias", l);
        ADD(w->layer[l].up, D, FF, "blk.%d.ffn_up.weight", l);
        ADD(w->layer[l].up_b, FF, 1, "blk.%d.ffn_up.bias", l);
        ADD(w->layer[l].down, FF, D, "blk.%d.ffn_down.weight", l);
        ADD(w->layer[l].down_b, D, 1, "blk.%d.ffn_down.bias", l);
        ADD(w->layer[l].norm + 2 * D, D, 1, "blk.%d.layer_output_norm.weight", l);
        ADD(w->layer[l].norm + 3 * D, D, 1, "blk.%d.layer_output_norm.bias", l);
    }
    if (ranks) {
        ADD(w->cls, D, D, "cls.weight");
        ADD(w->cls_b, D, 1, "cls.bias");
        ADD(w->score, D, 1, "cls.output.weight");
        ADD(w->score_b, 1, 1, "cls.output.bias");
    }
    return n;
}

static void write_model(struct fixture *f, const char *path, uint32_t pooling, const char *omit)
{
    struct gguf_writer *w;
    struct err e;
    struct tensor t[64];
    static char names[64][64];
    struct str texts[VOCAB];
    for (int i = 0; i < VOCAB; i++)
        texts[i] = str_of(pieces[i]);
    assert_int_equal(gguf_writer_create(path, &w, &e), OK);
    gguf_write_str(w, "general.architecture", STR("bert"));
    gguf_write_u32(w, "bert.block_count", LAYERS);
    gguf_write_u32(w, "bert.context_length", CONTEXT);
    gguf_write_u32(w, "bert.embedding_length", D);
    gguf_write_u32(w, "bert.attention.head_count", HEADS);
    gguf_write_f32(w, "bert.attention.layer_norm_epsilon", 1e-12F);
    gguf_write_u32(w, "bert.pooling_type", pooling);
    gguf_write_str(w, "tokenizer.ggml.model", STR("bert"));
    gguf_write_strs(w, "tokenizer.ggml.tokens", texts, VOCAB);
    size_t n = list_tensors(&f->w, pooling == ENCODER_POOL_RANK, t, names);
    for (size_t i = 0; i < n; i++)
        if (!omit || strcmp(omit, t[i].name) != 0)
            gguf_declare_tensor(w, str_of(t[i].name), TENSOR_F32, (uint64_t[]){t[i].cols, t[i].rows}, t[i].rows > 1 ? 2 : 1);
    for (size_t i = 0; i < n; i++)
        if (!omit || strcmp(omit, t[i].name) != 0)
            assert_int_equal(gguf_write_data(w, t[i].values, (size_t)t[i].cols * t[i].rows * 4, &e), OK);
    assert_int_equal(gguf_writer_finish(w, &e), OK);
}

/* ---- the engine, and what it says */
static void on_answer(void *ctx, const struct gen_vectors *v)
{
    struct fixture *f = ctx;
    uint32_t sum = 0;
    for (size_t i = 0; i < v->n_each; i++)
        sum += v->each[i];
    assert_int_equal(v->n_each * v->width, v->n_values);
    assert_int_equal(sum, v->tokens);
    f->tokens = v->tokens;
    f->width = v->width;
    f->answered[f->n_answered] = v->id;
    memcpy(f->values[f->n_answered++], v->values, (v->n_values < D ? v->n_values : D) * sizeof(float));
}

static void on_refuse(void *ctx, const struct gen_failed *r)
{
    struct fixture *f = ctx;
    f->refused[f->n_refused++] = r->id;
    f->fault = r->fault;
    str_copy(f->message, sizeof f->message, r->message);
}

static uint64_t mono_ns(void *ctx)
{
    return ((struct fixture *)ctx)->now_ns;
}

static void open_engine(struct fixture *f, uint32_t pooling, uint32_t wait_us, enum cpu_level level)
{
    char path[128];
    struct err e;
    struct encode_config c;
    encode_free(f->en);
    encoder_free(f->m);
    write_model(f, make_path(&f->folder, "bert.gguf", path), pooling, NULL);
    if (encoder_open(path, &f->m, &e))
        fail_msg("%s", e.text);
    encode_config_init(&c);
    c.rows_max = CONTEXT;
    c.wait_us = wait_us;
    c.requests_max = 8;
    c.clock = &f->clock;
    c.answer = on_answer;
    c.refuse = on_refuse;
    c.ctx = f;
    assert_int_equal(encode_create(f->m, f->pool, kernels_exact(kernels_for(level)), &c, &f->en, &e), OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct rng rng;
    rng_seed(&rng, 11);
    float *w = (float *)&f->w;
    for (size_t i = 0; i < sizeof f->w / sizeof *w; i++)
        w[i] = (float)((double)(rng_u64(&rng) >> 11) / (double)(UINT64_C(1) << 53) - 0.5);
    make_folder_create(&f->folder);
    pool_create(2, &f->pool, NULL);
    f->now_ns = 1000000000;
    f->clock = (struct clock){.mono_ns = mono_ns, .ctx = f};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    encode_free(f->en);
    encoder_free(f->m);
    pool_free(f->pool);
    make_folder_remove(&f->folder);
    free(f);
    return 0;
}

static void submit(struct fixture *f, uint64_t id, const char *text, bool truncate)
{
    struct gen_input in = {.text = str_of(text)};
    encode_submit(f->en, &(struct gen_embed){.id = id, .truncate = truncate, .inputs = &in, .n_inputs = 1});
}

/* ---- the same in double */
static void dense(const float *w, const float *b, const double *x, double *out, int rows, int cols)
{
    for (int r = 0; r < rows; r++) {
        out[r] = (double)b[r];
        for (int c = 0; c < cols; c++)
            out[r] += (double)w[r * cols + c] * x[c];
    }
}

static void norm(const float *w, double *x)
{
    double mean = 0, var = 0;
    for (int i = 0; i < D; i++)
        mean += x[i] / D;
    for (int i = 0; i < D; i++)
        var += (x[i] - mean) * (x[i] - mean) / D;
    for (int i = 0; i < D; i++)
        x[i] = (x[i] - mean) / sqrt(var + 1e-12) * (double)w[i] + (double)w[D + i];
}

static void attend(double q[][D], double k[][D], double v[][D], double out[][D], int n)
{
    int d = D / HEADS;
    for (int h = 0; h < D; h += d) {
        for (int i = 0; i < n; i++) {
            double p[CONTEXT], sum = 0;
            for (int j = 0; j < n; j++) {
                p[j] = 0;
                for (int c = h; c < h + d; c++)
                    p[j] += q[i][c] * k[j][c];
                sum += p[j] = exp(p[j] / sqrt(d));
            }
            for (int c = h; c < h + d; c++) {
                out[i][c] = 0;
                for (int j = 0; j < n; j++)
                    out[i][c] += p[j] / sum * v[j][c];
            }
        }
    }
}

static void reference(const struct weights *w, const uint32_t *tokens, int n, int second, double x[][D])
{
    static double qkv[3][CONTEXT][D], mixed[CONTEXT][D];
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < D; c++)
            x[i][c] = (double)w->tok[tokens[i] * D + (uint32_t)c] + (double)w->pos[i * D + c] + (double)w->type[(i >= second) * D + c];
        norm(w->norm, x[i]);
    }
    for (int l = 0; l < LAYERS; l++) {
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 3; k++)
                dense(w->layer[l].w[k], w->layer[l].b[k], x[i], qkv[k][i], D, D);
        attend(qkv[0], qkv[1], qkv[2], mixed, n);
        for (int i = 0; i < n; i++) {
            double t[FF], o[D];
            dense(w->layer[l].w[3], w->layer[l].b[3], mixed[i], o, D, D);
            for (int c = 0; c < D; c++)
                x[i][c] += o[c];
            norm(w->layer[l].norm, x[i]);
            dense(w->layer[l].up, w->layer[l].up_b, x[i], t, FF, D);
            for (int c = 0; c < FF; c++)
                t[c] = 0.5 * t[c] * (1 + erf(t[c] / sqrt(2)));
            dense(w->layer[l].down, w->layer[l].down_b, t, o, D, FF);
            for (int c = 0; c < D; c++)
                x[i][c] += o[c];
            norm(w->layer[l].norm + 2 * D, x[i]);
        }
    }
}

static void check_vector(const struct fixture *f, const float *got, const uint32_t *tokens, int n, uint32_t pooling)
{
    static double x[CONTEXT][D];
    double v[D] = {0}, size = 0;
    reference(&f->w, tokens, n, n, x);
    for (int c = 0; c < D; c++) {
        for (int i = 0; i < (pooling == ENCODER_POOL_MEAN ? n : 1); i++)
            v[c] += x[i][c];
        size += v[c] * v[c];
    }
    for (int c = 0; c < D; c++)
        if (!(fabs((double)got[c] - v[c] / sqrt(size)) < 2e-5))
            fail_msg("pooling %u [%d]: %g, want %g", pooling, c, (double)got[c], v[c] / sqrt(size));
}

static void vectors(void **state)
{
    struct fixture *f = *state;
    static const uint32_t tokens[] = {2, 4, 5, 1, 6, 3};
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        for (uint32_t pooling = ENCODER_POOL_MEAN; cpu_can((enum cpu_level)level) && pooling <= ENCODER_POOL_CLS; pooling++) {
            open_engine(f, pooling, 0, (enum cpu_level)level);
            f->n_answered = 0;
            submit(f, 1, "a b zz C", false);
            while (encode_step(f->en) == ENGINE_BUSY) {
            }
            assert_true(f->n_answered == 1 && f->tokens == 6 && f->width == D);
            check_vector(f, f->values[0], tokens, 6, pooling);
        }
    }
}

static void scores(void **state)
{
    struct fixture *f = *state;
    static const uint32_t tokens[] = {2, 4, 3, 5, 6, 3};
    static double x[CONTEXT][D];
    double pooled[D], logit;
    open_engine(f, ENCODER_POOL_RANK, 0, CPU_LEVEL_TOP);
    struct gen_input in[] = {{.text = STR("a")}, {.text = STR("b c")}};
    encode_submit(f->en, &(struct gen_embed){.id = 5, .rank = true, .inputs = in, .n_inputs = 2});
    encode_step(f->en);
    assert_true(f->n_answered == 1 && f->width == 1);
    reference(&f->w, tokens, 6, 3, x);
    dense(f->w.cls, f->w.cls_b, x[0], pooled, D, D);
    for (int i = 0; i < D; i++)
        pooled[i] = tanh(pooled[i]);
    dense(f->w.score, f->w.score_b, pooled, &logit, 1, D);
    assert_true(fabs((double)f->values[0][0] - 1 / (1 + exp(-logit))) < 1e-5);
    submit(f, 6, "a", false);
    assert_true(f->n_refused == 1 && f->fault == GEN_FAULT_REQUEST && strstr(f->message, "/v1/rerank"));
}

/* Company changes nothing: texts of one request and of several, alone and together. */
static void packing(void **state)
{
    struct fixture *f = *state;
    open_engine(f, ENCODER_POOL_MEAN, 0, CPU_LEVEL_TOP);
    static const char *const texts[] = {"a", "b c", "d d d d a", "c"};
    float alone[4][D];
    for (size_t i = 0; i < 4; i++) {
        f->n_answered = 0;
        submit(f, i + 1, texts[i], false);
        encode_step(f->en);
        memcpy(alone[i], f->values[0], sizeof alone[i]);
    }
    f->n_answered = 0;
    for (size_t i = 0; i < 4; i++)
        submit(f, i + 1, texts[i], false);
    assert_int_equal(encode_step(f->en), ENGINE_BUSY); /* 16 rows hold three of them */
    assert_int_equal(f->n_answered, 3);
    assert_int_equal(encode_step(f->en), ENGINE_IDLE);
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(f->values[i], alone[f->answered[i] - 1], sizeof alone[0]);
}

static void one_is_not_behind_all_of_many(void **state)
{
    struct fixture *f = *state;
    open_engine(f, ENCODER_POOL_MEAN, 0, CPU_LEVEL_TOP);
    struct gen_input in[32];
    for (size_t i = 0; i < 32; i++)
        in[i] = (struct gen_input){.text = STR("a b c d")};
    encode_submit(f->en, &(struct gen_embed){.id = 1, .inputs = in, .n_inputs = 32});
    submit(f, 2, "a", false);
    encode_step(f->en);
    assert_true(f->n_answered == 1 && f->answered[0] == 2);
    encode_cancel(f->en, 1);
    encode_cancel(f->en, 99);
    assert_int_equal(encode_step(f->en), ENGINE_IDLE);
    assert_int_equal(f->n_answered, 1);
}

static void company(void **state)
{
    struct fixture *f = *state;
    open_engine(f, ENCODER_POOL_MEAN, 1000, CPU_LEVEL_TOP);
    submit(f, 1, "a", false);
    encode_step(f->en);
    assert_int_equal(f->n_answered, 1); /* alone it does not wait */
    submit(f, 2, "a", false);
    submit(f, 3, "b", false);
    encode_step(f->en);
    assert_int_equal(f->n_answered, 3);
    submit(f, 4, "a", false); /* two were running a moment ago */
    assert_int_equal(encode_step(f->en), ENGINE_IDLE);
    assert_true(f->n_answered == 3 && encode_next_ns(f->en) == f->now_ns + 1000000);
    submit(f, 5, "a", false); /* as many as before: no more are expected */
    encode_step(f->en);
    assert_int_equal(f->n_answered, 5);
    submit(f, 6, "a", false);
    encode_step(f->en);
    assert_int_equal(f->n_answered, 5);
    f->now_ns += 1000000; /* the time is over */
    assert_true(encode_due(f->en));
    encode_step(f->en);
    assert_int_equal(f->n_answered, 6);
}

static void bounds(void **state)
{
    struct fixture *f = *state;
    open_engine(f, ENCODER_POOL_MEAN, 0, CPU_LEVEL_TOP);
    const char *longer = "a a a a a a a a a a a a a a a"; /* 15 and two marks */
    submit(f, 1, longer, false);
    assert_true(f->n_refused == 1 && f->fault == GEN_FAULT_CONTEXT);
    assert_true(strstr(f->message, "17 tokens") && strstr(f->message, "at most 16"));
    submit(f, 2, longer, true);
    encode_step(f->en);
    assert_true(f->n_answered == 1 && f->tokens == 16);
    static const uint32_t cut[] = {2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3};
    check_vector(f, f->values[0], cut, 16, ENCODER_POOL_MEAN);

    static const uint32_t unknown[] = {4, 8};
    struct gen_input in = {.tokens = unknown, .n_tokens = 2};
    encode_submit(f->en, &(struct gen_embed){.id = 3, .inputs = &in, .n_inputs = 1});
    assert_true(f->n_refused == 2 && f->fault == GEN_FAULT_REQUEST && strstr(f->message, "token 8"));
    struct gen_input pair[] = {{.text = STR("a")}, {.text = STR("b")}};
    encode_submit(f->en, &(struct gen_embed){.id = 4, .rank = true, .inputs = pair, .n_inputs = 2});
    assert_true(f->n_refused == 3 && strstr(f->message, "no head that scores"));
    for (uint64_t id = 10; id < 19; id++)
        submit(f, id, "a\xff", false);
    assert_true(f->n_refused == 4 && f->fault == GEN_FAULT_BUSY); /* eight may be open */
}

static void bad_files(void **state)
{
    struct fixture *f = *state;
    static const char *const needed[] = {"token_embd.weight", "position_embd.weight", "blk.1.attn_k.weight", "blk.0.ffn_down.weight",
                                         "blk.1.layer_output_norm.bias"};
    char path[128];
    struct err e;
    struct encoder_model *m = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        write_model(f, make_path(&f->folder, "bad.gguf", path), ENCODER_POOL_MEAN, needed[i]);
        assert_int_equal(encoder_open(path, &m, &e), ERR_CORRUPT);
        assert_true(strstr(e.text, needed[i]) != NULL);
    }
    write_model(f, path, 3, NULL);
    assert_int_equal(encoder_open(path, &m, &e), ERR_UNSUPPORTED);
    write_model(f, path, ENCODER_POOL_RANK, "cls.output.weight");
    assert_int_equal(encoder_open(path, &m, &e), ERR_CORRUPT);
    assert_null(m);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {CASE(vectors), CASE(scores), CASE(packing),  CASE(one_is_not_behind_all_of_many),
                                       CASE(company), CASE(bounds), CASE(bad_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
