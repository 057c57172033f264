/* The KV cache in 8 bits beside the one in F16, on a real model, over a text that it wrote itself: the log-probability of the likeliest
 * token differs by at most 0.05 nat in the mean. (Heads of this model have 8 dimensions: larger ones average their errors out.) */
#include "../sanitized.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/forward.h"

enum { N = SANITIZED ? 80 : 400, VOCAB = 512 };

static struct model *open_stories(void)
{
    const char *dir = getenv("HEARTH_SHARED_DATA");
    char path[4096];
    struct model *m = NULL;
    struct err e = {0};
    snprintf(path, sizeof path, "%s/stories260K.gguf", dir && *dir ? dir : SHARED_DATA);
    int r = model_open(path, &m, &e);
    if (r == ERR_NOENT) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    if (r)
        fail_msg("%s", e.text);
    return m;
}

/* What the engine writes behind the token that begins a text. */
static void write_text(struct model *m, uint32_t tokens[N])
{
    struct harness h;
    harness_init(&h, m);
    harness_start(&h, CPU_SCALAR, 2);
    struct gen_request r;
    uint32_t bos = 1;
    gen_request_init(&r, GEN_TOKENS);
    r.prompt_tokens = &bos;
    r.n_prompt_tokens = 1;
    r.sampling.temperature = 0;
    r.sampling.repeat_penalty = 1;
    r.max_tokens = N - 1;
    r.ignore_eos = true;
    r.logprobs = true;
    engine_submit(h.engine, &r);
    harness_run(&h, 2 * N);
    const struct harness_choice *c = &harness_of(&h, 0)->choice[0];
    assert_int_equal(c->n_tokens, N - 1);
    tokens[0] = bos;
    memcpy(tokens + 1, c->tokens, (N - 1) * sizeof *tokens);
    harness_stop(&h);
}

/* out[i]: log-probabilities of what stands at i + 1. */
static void read_text(struct model *m, bool q8, enum cpu_level level, const uint32_t *tokens, float (*out)[VOCAB])
{
    struct kv_shape shape = {m->hp.n_layers, m->hp.n_kv_heads, m->hp.d_head_k, m->hp.d_head_v, q8};
    struct forward_limits limits = {.rows_max = N, .outs_max = N, .context_tokens = N};
    struct forward_row rows[N];
    uint32_t blocks[N / KV_BLOCK_TOKENS + 1];
    struct kv_table table = {blocks, 0, N / KV_BLOCK_TOKENS + 1};
    struct pool *pool = NULL;
    struct kv *kv = NULL;
    struct forward *f = NULL;
    struct err e = {0};
    assert_int_equal(pool_create(2, &pool, &e), OK);
    assert_int_equal(kv_create(&shape, 64 << 20, &kv, &e), OK);
    assert_int_equal(kv_table_reserve(kv, &table, 0, N), OK);
    assert_int_equal(forward_create(m, pool, kernels_exact(kernels_for(level)), kv, &limits, &f, &e), OK);
    for (uint32_t i = 0; i < N; i++)
        rows[i] = (struct forward_row){tokens[i], i, blocks, i, true};
    forward_run(f, rows, N, N);
    for (uint32_t i = 0; i < N; i++) {
        const float *logits = forward_logits(f, i);
        double sum = 0;
        for (int t = 0; t < VOCAB; t++)
            sum += exp((double)logits[t]);
        for (int t = 0; t < VOCAB; t++)
            out[i][t] = logits[t] - (float)log(sum);
    }
    forward_free(f);
    kv_table_drop(kv, &table);
    kv_free(kv);
    pool_free(pool);
}

struct difference {
    double mean_nat; /* of the log-probability of the likeliest token */
    double kl;       /* mean divergence of what follows: Σ p · (log p − log q) */
};

static struct difference difference_of(float (*want)[VOCAB], float (*got)[VOCAB])
{
    struct difference d = {0, 0};
    for (int i = 0; i < N; i++) {
        int best = 0;
        for (int t = 0; t < VOCAB; t++) {
            d.kl += exp((double)want[i][t]) * (double)(want[i][t] - got[i][t]) / N;
            best = want[i][t] > want[i][best] ? t : best;
        }
        d.mean_nat += (double)fabsf(want[i][best] - got[i][best]) / N;
    }
    return d;
}

static void eight_bits_are_enough(void **state)
{
    (void)state;
    static uint32_t tokens[N];
    static float wide[N][VOCAB], narrow[N][VOCAB];
    struct model *m = open_stories();
    struct cpu_info cpu;
    cpu_detect(&cpu);
    assert_int_equal(vocab_size(m->vocab), VOCAB);
    write_text(m, tokens);
    for (int level = CPU_SCALAR; level <= (int)cpu.level; level++) {
        read_text(m, false, (enum cpu_level)level, tokens, wide);
        read_text(m, true, (enum cpu_level)level, tokens, narrow);
        struct difference d = difference_of(wide, narrow);
        print_message("%s: %.4f nat, divergence %.5f, over %d places\n", cpu_level_name((enum cpu_level)level), d.mean_nat, d.kl, N);
        assert_true(d.mean_nat > 0); /* they are different caches */
        assert_true(d.mean_nat <= 0.05 && d.kl <= 0.005);
    }
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(eight_bits_are_enough)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
