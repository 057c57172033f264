/* The forward pass against the same formulas written the plainest way, in double precision and without a cache: every
 * architecture, every kernel level, grouped heads, biases, head norms, both rotations, Llama 3's frequency factors. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>

#include "engine/forward.h"
#include "gguf_make.h"

enum { N = 70, WIDTH = 64 }; /* positions, over three blocks; no vector of the test's models is wider */

static void times(const struct matrix *w, const double *x, double *out)
{
    float row[WIDTH];
    for (uint32_t i = 0; i < w->rows; i++) {
        tensor_row_to_f32(w->type, (const uint8_t *)w->data + i * w->row_bytes, row, w->cols);
        out[i] = 0;
        for (uint32_t k = 0; k < w->cols; k++)
            out[i] += (double)row[k] * x[k];
    }
}

static void norm(const double *x, const float *weight, uint32_t n, double eps, double *out)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    double scale = 1 / sqrt(sum / n + eps);
    for (uint32_t i = 0; i < n; i++)
        out[i] = x[i] * scale * (double)weight[i];
}

static void rotate(const struct model *m, double *head, uint32_t pos)
{
    uint32_t half = m->hp.n_rot / 2;
    for (uint32_t i = 0; i < half; i++) {
        double freq = pow((double)m->hp.rope_base, -2.0 * i / m->hp.n_rot) * (double)m->hp.rope_scale;
        double angle = pos * freq / (m->rope_factors ? (double)m->rope_factors[i] : 1);
        double *a = &head[m->arch->rope_neox ? i : 2 * i], *b = &head[m->arch->rope_neox ? i + half : 2 * i + 1], x = *a, y = *b;
        *a = x * cos(angle) - y * sin(angle);
        *b = x * sin(angle) + y * cos(angle);
    }
}

static void heads_of(const struct model *m, const struct matrix *w, const float *bias, const float *weight, bool turn, const double *x,
                     uint32_t d, uint32_t pos, double *out)
{
    times(w, x, out);
    for (uint32_t i = 0; bias && i < w->rows; i++)
        out[i] += (double)bias[i];
    for (uint32_t h = 0; h < w->rows / d; h++) {
        if (weight)
            norm(out + h * d, weight, d, (double)m->hp.rms_eps, out + h * d);
        if (turn)
            rotate(m, out + h * d, pos);
    }
}

static double q[N][WIDTH], k[N][WIDTH], v[N][WIDTH], x[N][WIDTH];

static void attend(const struct model *m, uint32_t pos, double *out)
{
    const struct hparams *hp = &m->hp;
    for (uint32_t h = 0; h < hp->n_heads; h++) {
        uint32_t from = h / (hp->n_heads / hp->n_kv_heads);
        double p[N], sum = 0;
        for (uint32_t t = 0; t <= pos; t++) {
            double dot = 0;
            for (uint32_t i = 0; i < hp->d_head_k; i++)
                dot += q[pos][h * hp->d_head_k + i] * k[t][from * hp->d_head_k + i];
            sum += p[t] = exp(dot / sqrt(hp->d_head_k));
        }
        for (uint32_t i = 0; i < hp->d_head_v; i++) {
            out[h * hp->d_head_v + i] = 0;
            for (uint32_t t = 0; t <= pos; t++)
                out[h * hp->d_head_v + i] += p[t] / sum * v[t][from * hp->d_head_v + i];
        }
    }
}

static void layer(const struct model *m, const struct layer *l)
{
    const struct hparams *hp = &m->hp;
    double a[WIDTH], b[WIDTH], up[WIDTH];
    for (uint32_t t = 0; t < N; t++) {
        norm(x[t], l->attn_norm, hp->d_model, (double)hp->rms_eps, a);
        heads_of(m, &l->q, l->q_bias, l->q_norm, true, a, hp->d_head_k, t, q[t]);
        heads_of(m, &l->k, l->k_bias, l->k_norm, true, a, hp->d_head_k, t, k[t]);
        heads_of(m, &l->v, l->v_bias, NULL, false, a, hp->d_head_v, t, v[t]);
    }
    for (uint32_t t = 0; t < N; t++) {
        attend(m, t, a);
        times(&l->o, a, b);
        for (uint32_t i = 0; i < hp->d_model; i++)
            x[t][i] += b[i];
        norm(x[t], l->ffn_norm, hp->d_model, (double)hp->rms_eps, a);
        times(&l->gate, a, b);
        times(&l->up, a, up);
        for (uint32_t i = 0; i < hp->d_ff; i++)
            up[i] *= b[i] / (1 + exp(-b[i]));
        times(&l->down, up, b);
        for (uint32_t i = 0; i < hp->d_model; i++)
            x[t][i] += b[i];
    }
}

static void plainly(const struct model *m, const uint32_t *tokens, double *logits)
{
    double last[WIDTH];
    float row[WIDTH];
    for (uint32_t t = 0; t < N; t++) {
        tensor_row_to_f32(m->tok_embd.type, (const uint8_t *)m->tok_embd.data + tokens[t] * m->tok_embd.row_bytes, row, m->hp.d_model);
        for (uint32_t i = 0; i < m->hp.d_model; i++)
            x[t][i] = (double)row[i];
    }
    for (uint32_t l = 0; l < m->hp.n_layers; l++)
        layer(m, &m->layers[l]);
    norm(x[N - 1], m->output_norm, m->hp.d_model, (double)m->hp.rms_eps, last);
    times(&m->output, last, logits);
}

/* The tokens in passes of `chunk` rows. */
static void by_forward(const struct model *m, const struct kernels *kn, uint32_t chunk, const uint32_t *tokens, float *logits)
{
    struct pool *pool;
    struct kv *kv;
    struct forward *f;
    struct forward_row rows[N];
    uint32_t blocks[4];
    struct kv_table table = {blocks, 0, 4};
    const struct kv_shape shape = {m->hp.n_layers, m->hp.n_kv_heads, m->hp.d_head_k, m->hp.d_head_v, false};
    const struct forward_limits limits = {N, 1, N};
    assert_int_equal(pool_create(2, &pool, NULL), OK);
    assert_int_equal(kv_create(&shape, 4 * kv_block_bytes(&shape), &kv, NULL), OK);
    assert_int_equal(forward_create(m, pool, kn, kv, &limits, &f, NULL), OK);
    for (uint32_t at = 0; at < N; at += chunk) {
        uint32_t n = N - at < chunk ? N - at : chunk;
        bool last = at + n == N;
        assert_int_equal(kv_table_reserve(kv, &table, at, at + n), OK);
        for (uint32_t i = 0; i < n; i++)
            rows[i] = (struct forward_row){tokens[at + i], at + i, blocks, last && i + 1 == n ? 0 : FORWARD_NO_OUT, true};
        forward_run(f, rows, n, last);
    }
    memcpy(logits, forward_logits(f, 0), m->hp.n_vocab * sizeof *logits);
    forward_free(f);
    kv_free(kv);
    pool_free(pool);
}

static void check_level(const struct model *m, const struct kernels *kn, double tolerance, const uint32_t *tokens, const double *want)
{
    float got[MAKE_VOCAB];
    for (uint32_t chunk = 1; chunk <= N; chunk += 23) {
        by_forward(m, kn, chunk, tokens, got);
        for (uint32_t i = 0; i < MAKE_VOCAB; i++)
            if (!(fabs((double)got[i] - want[i]) < tolerance * (1 + fabs(want[i]))))
                fail_msg("%s with %s: logit %u is %.4f, expected %.4f", m->arch->name, kernels_name(kn), i, (double)got[i], want[i]);
    }
}

static void check(const struct make_spec *spec)
{
    struct make_folder folder;
    struct model *m;
    struct err e = {0};
    char path[128];
    uint32_t tokens[N];
    double want[MAKE_VOCAB];
    make_folder_create(&folder);
    make_model(make_path(&folder, "m.gguf", path), spec);
    if (model_open(path, &m, &e))
        fail_msg("%s", e.text);
    make_folder_remove(&folder);
    for (uint32_t i = 0; i < N; i++)
        tokens[i] = i * 31 % MAKE_VOCAB;
    plainly(m, tokens, want);
    struct cpu_info cpu;
    cpu_detect(&cpu);
    for (int level = CPU_SCALAR; level <= (int)cpu.level; level++) {
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        check_level(m, kernels_exact(kn), 0.01, tokens, want);
        if (kernels_exact(kn) != kn)
            check_level(m, kn, 0.3, tokens, want); /* many rows in bf16: about 0.03 of the logits' size */
    }
    model_free(m);
}

static void test_architectures(void **state)
{
    (void)state;
    static const char *const archs[] = {"llama", "qwen2", "qwen3"};
    for (size_t i = 0; i < 3; i++) {
        struct make_spec s = make_spec_of(archs[i]);
        check(&s);
    }
}

static void test_rope_variants(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.tensor = "rope_freqs.weight";
    s.vector_type = TENSOR_F32;
    s.vector_value = 4;
    check(&s);
    s = make_spec_of("qwen3");
    s.f32_key = "qwen3.rope.scaling.factor";
    s.f32 = 2;
    s.tied = true;
    check(&s);
    s = make_spec_of("qwen2"); /* only a part of each head turns */
    s.u32_key = "qwen2.rope.dimension_count";
    s.u32 = 4;
    check(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_architectures), cmocka_unit_test(test_rope_variants)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
