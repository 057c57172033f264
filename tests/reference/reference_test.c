/* The forward pass against an implementation in another language (reference.mjs): every architecture and way of scaling positions,
 * with prompts longer than windows and segments, in passes of one row, of few and of many, on every level.
 *
 * usage: reference_test FOLDER, which has NAME.gguf and NAME.jsonl of each model. */
#include "../unit/check.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "../unit/sanitized.h"
#include "engine/forward.h"

enum { TOKENS_MAX = 2048, OUTS_MAX = 32, LINE_MAX = 1 << 20 };

static const char *folder;

struct line {
    json_t *json;
    uint32_t n, n_at;
    uint32_t tokens[TOKENS_MAX], at[OUTS_MAX];
};

static void parse(const char *text, struct line *l)
{
    l->json = json_loads(text, 0, NULL);
    assert_non_null(l->json);
    json_t *tokens = json_object_get(l->json, "tokens"), *at = json_object_get(l->json, "at");
    l->n = (uint32_t)json_array_size(tokens);
    l->n_at = (uint32_t)json_array_size(at);
    assert_true(l->n > 0 && l->n <= TOKENS_MAX && l->n_at > 0 && l->n_at <= OUTS_MAX);
    for (uint32_t i = 0; i < l->n; i++)
        l->tokens[i] = (uint32_t)json_integer_value(json_array_get(tokens, i));
    for (uint32_t i = 0; i < l->n_at; i++)
        l->at[i] = (uint32_t)json_integer_value(json_array_get(at, i));
}

/* The log-probabilities of one position; returns the largest difference. */
static double difference(const struct model *m, const float *logits, json_t *want)
{
    double max = -INFINITY, sum = 0, worst = 0;
    assert_int_equal(json_array_size(want), m->hp.n_vocab);
    for (uint32_t i = 0; i < m->hp.n_vocab; i++)
        max = (double)logits[i] > max ? (double)logits[i] : max;
    for (uint32_t i = 0; i < m->hp.n_vocab; i++)
        sum += exp((double)logits[i] - max);
    for (uint32_t i = 0; i < m->hp.n_vocab; i++) {
        double d = fabs((double)logits[i] - max - log(sum) - json_number_value(json_array_get(want, i)));
        worst = d > worst || isnan(d) ? d : worst;
    }
    return worst;
}

/* Rows that carry the positions that the line asks for, in passes of `chunk`. */
static double run_line(struct forward *f, const struct model *m, struct kv *kv, const struct line *l, uint32_t chunk)
{
    static struct forward_row rows[TOKENS_MAX];
    uint32_t blocks[TOKENS_MAX / KV_BLOCK_TOKENS], next = 0;
    struct kv_table table = {blocks, 0, TOKENS_MAX / KV_BLOCK_TOKENS};
    json_t *logprobs = json_object_get(l->json, "logprobs");
    double worst = 0;
    for (uint32_t from = 0; from < l->n; from += chunk) {
        uint32_t n = l->n - from < chunk ? l->n - from : chunk, outs = 0, first = next;
        assert_int_equal(kv_table_reserve(kv, &table, from, from + n), OK);
        for (uint32_t i = 0; i < n; i++) {
            bool wanted = next < l->n_at && l->at[next] == from + i;
            rows[i] = (struct forward_row){l->tokens[from + i], from + i, blocks, wanted ? outs++ : FORWARD_NO_OUT, true};
            next += wanted;
        }
        forward_run(f, rows, n, outs);
        for (uint32_t i = 0; i < outs; i++) {
            double d = difference(m, forward_logits(f, i), json_array_get(logprobs, first + i));
            worst = d > worst || isnan(d) ? d : worst;
        }
    }
    assert_int_equal(next, l->n_at);
    kv_table_drop(kv, &table);
    return worst;
}

static double run_level(const struct model *m, const struct kernels *kn, const struct line *l, uint32_t chunk)
{
    struct pool *pool;
    struct kv *kv;
    struct forward *f;
    const struct kv_shape shape = {m->hp.n_layers, m->hp.n_kv_heads, m->hp.d_head_k, m->hp.d_head_v, false};
    const struct forward_limits limits = {l->n, OUTS_MAX, m->hp.n_ctx_train};
    assert_int_equal(pool_create(2, &pool, NULL), OK);
    assert_int_equal(kv_create(&shape, TOKENS_MAX / KV_BLOCK_TOKENS * kv_block_bytes(&shape), &kv, NULL), OK);
    assert_int_equal(forward_create(m, pool, kn, kv, &limits, &f, NULL), OK);
    double worst = run_line(f, m, kv, l, chunk);
    forward_free(f);
    kv_free(kv);
    pool_free(pool);
    return worst;
}

static void check_line(const char *name, const struct model *m, const struct line *l)
{
    /* One row, few rows (which go another way), a block and a bit, all. */
    const uint32_t chunks[] = {1, 5, 37, l->n};
    struct cpu_info cpu;
    cpu_detect(&cpu);
    for (int level = SANITIZED ? (int)cpu.level : CPU_SCALAR; level <= (int)cpu.level;
         level++) { /* sanitized: kernels have tests of their own */
        const struct kernels *kn = kernels_for((enum cpu_level)level);
        bool thorough = !SANITIZED && level == (int)cpu.level && l->n <= 512;
        for (size_t i = thorough ? 0 : 1; i < 4; i += thorough ? 1 : 2) {
            double worst = run_level(m, kn, l, chunks[i]); /* F32 weights are not lowered, tiles or not */
            if (!(worst < 5e-4))
                fail_msg("%s, %u tokens in passes of %u with %s: a log-probability differs by %g", name, l->n, chunks[i], kernels_name(kn),
                         worst);
        }
    }
}

static void check_model(const char *name)
{
    static char text[LINE_MAX];
    static struct line l;
    char path[4096];
    struct model *m;
    struct err e = {0};
    snprintf(path, sizeof path, "%s/%s.gguf", folder, name);
    if (model_open(path, &m, &e))
        fail_msg("%s", e.text);
    snprintf(path, sizeof path, "%s/%s.jsonl", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    int n = 0;
    for (; fgets(text, sizeof text, f); n++) {
        parse(text, &l);
        check_line(name, m, &l);
        json_decref(l.json);
    }
    assert_true(n >= 3);
    fclose(f);
    model_free(m);
}

static void every_model(void **state)
{
    (void)state;
    DIR *d = opendir(folder);
    assert_non_null(d);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char name[256];
        size_t len = strlen(e->d_name);
        if (len <= 6 || strcmp(e->d_name + len - 6, ".jsonl") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(len - 6), e->d_name);
        check_model(name);
        n++;
    }
    closedir(d);
    assert_int_equal(n, N_REFERENCES);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    folder = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
