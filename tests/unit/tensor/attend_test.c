/* Attention over blocks against the formula in double precision: every level, F16 and 8 bits, odd widths, queries that see
 * different positions, windows, scores that saturate; and that a query's result does not depend on its company. */
#include "fixture.h"

#include <math.h>

#include "../sanitized.h"

enum { D_MAX = 160, BLOCKS = 3, QUERIES = ATTEND_QUERIES_MAX, TOKENS = ATTEND_TOKENS };

struct data {
    struct rng rng;
    float k[BLOCKS * TOKENS][D_MAX], v[BLOCKS * TOKENS][D_MAX]; /* what was put in */
    float q[QUERIES][D_MAX];
    uint32_t seen[QUERIES];  /* positions of all blocks */
    uint32_t first[QUERIES]; /* the first of them that is seen */
    bool windows;
    float cap;
    uint8_t *blocks[BLOCKS];
    size_t block_bytes;
};

static void put_all(struct data *d, const struct kernels *kn, const struct attend_shape *s)
{
    d->block_bytes = attend_block_bytes(s);
    for (int b = 0; b < BLOCKS; b++) {
        d->blocks[b] = malloc(d->block_bytes + 2 * GUARD);
        memset(d->blocks[b], CANARY, d->block_bytes + 2 * GUARD);
        memset(d->blocks[b] + GUARD, 0xff, d->block_bytes); /* NaN, where nothing is put */
    }
    uint32_t most = 0;
    for (int j = 0; j < QUERIES; j++)
        most = d->seen[j] > most ? d->seen[j] : most;
    for (uint32_t t = 0; t < most; t++)
        op_attend_put(kn, s, d->blocks[t / TOKENS] + GUARD, t % TOKENS, d->k[t], d->v[t]);
    for (int b = 0; b < BLOCKS; b++)
        for (size_t i = 0; i < GUARD; i++)
            assert_true(d->blocks[b][i] == CANARY && d->blocks[b][GUARD + d->block_bytes + i] == CANARY);
}

static void free_all(struct data *d)
{
    for (int b = 0; b < BLOCKS; b++)
        free(d->blocks[b]);
}

/* out[n][d_v] of queries from … from + n - 1. */
static void attend(struct data *d, const struct kernels *kn, const struct attend_shape *s, size_t from, size_t n, float *out)
{
    size_t width = attend_width(s->d_v);
    float *q = guarded_new(n * s->d_k), *max = guarded_new(n), *sum = guarded_new(n), *acc = guarded_new(n * width);
    float *scratch = guarded_new(attend_scratch(s));
    uint32_t visible[QUERIES], hidden[QUERIES];
    for (size_t j = 0; j < n; j++) {
        memcpy(q + j * s->d_k, d->q[from + j], s->d_k * sizeof *q);
        max[j] = -INFINITY;
        sum[j] = 0;
    }
    memset(acc, 0, n * width * sizeof *acc);
    struct attend_queries queries = {n, q, visible, max, sum, acc, d->windows ? hidden : NULL, d->cap};
    for (uint32_t b = 0; b < BLOCKS; b++) {
        for (size_t j = 0; j < n; j++) {
            uint32_t seen = d->seen[from + j], first = d->first[from + j];
            seen = first >= (b + 1) * TOKENS ? 0 : seen; /* the window begins behind this block */
            hidden[j] = first > b * TOKENS && seen ? first - b * TOKENS : 0;
            visible[j] = seen < b * TOKENS ? 0 : seen - b * TOKENS < TOKENS ? seen - b * TOKENS : TOKENS;
        }
        op_attend(kn, s, d->blocks[b] + GUARD, &queries, scratch);
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < s->d_v; i++)
            out[j * s->d_v + i] = acc[j * width + i] / sum[j];
    assert_true(guarded_intact(max, n) && guarded_intact(sum, n) && guarded_intact(acc, n * width));
    assert_true(guarded_intact(scratch, attend_scratch(s)));
    guarded_free(q);
    guarded_free(max);
    guarded_free(sum);
    guarded_free(acc);
    guarded_free(scratch);
}

/* What a code means: x to half, or to 8 bits with the scale of its 32 dimensions. */
static double meaning(const struct attend_shape *s, const float *x, size_t d, size_t i)
{
    if (!s->q8)
        return (double)f16_to_f32(f32_to_f16(x[i]));
    float amax = 0;
    for (size_t j = i / 32 * 32; j < d && j < i / 32 * 32 + 32; j++)
        amax = fabsf(x[j]) > amax ? fabsf(x[j]) : amax;
    double scale = (double)f16_to_f32(f32_to_f16(amax / 127));
    return fmax(-127, fmin(127, rint((double)x[i] / scale))) * scale;
}

static void check(struct data *d, const struct kernels *kn, const struct attend_shape *s, const float *out)
{
    for (int j = 0; j < QUERIES; j++) {
        double p[BLOCKS * TOKENS], sum = 0;
        for (uint32_t t = d->first[j]; t < d->seen[j]; t++) {
            double dot = 0;
            for (size_t i = 0; i < s->d_k; i++)
                dot += (double)d->q[j][i] * meaning(s, d->k[t], s->d_k, i);
            sum += p[t] = exp(d->cap > 0 ? (double)d->cap * tanh(dot / (double)d->cap) : dot);
        }
        for (size_t i = 0; i < s->d_v; i++) {
            double want = 0, got = (double)out[(size_t)j * s->d_v + i];
            for (uint32_t t = d->first[j]; t < d->seen[j]; t++)
                want += p[t] / sum * meaning(s, d->v[t], s->d_v, i);
            /* a value half-way between two codes may fall to either side */
            if (!(fabs(got - want) < (s->q8 ? 4e-3 : 2e-5)))
                fail_msg("%s d=%zu,%zu %s query %d value %zu: %g, want %g", kn->name, s->d_k, s->d_v, s->q8 ? "q8" : "f16", j, i, got,
                         want);
        }
    }
}

static void check_shape(struct data *d, const struct kernels *kn, const struct attend_shape *s)
{
    static float together[QUERIES * D_MAX], part[QUERIES * D_MAX];
    static const size_t parts[] = {1, 2, 3, 5, 16};
    put_all(d, kn, s);
    attend(d, kn, s, 0, QUERIES, together);
    check(d, kn, s, together);
    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++)
        for (size_t from = 0; from + parts[n] <= QUERIES; from += parts[n] + 3) {
            attend(d, kn, s, from, parts[n], part);
            if (memcmp(part, together + from * s->d_v, parts[n] * s->d_v * sizeof *part))
                fail_msg("%s d=%zu,%zu q8=%d: %zu queries from %zu alone differ", kn->name, s->d_k, s->d_v, s->q8, parts[n], from);
        }
    free_all(d);
}

static void every_level_and_shape(void **state)
{
    (void)state;
    static const size_t widths[][2] = {{8, 8},   {16, 16}, {32, 32}, {64, 64},  {128, 128},
                                       {96, 96}, {80, 80}, {40, 24}, {48, 112}, {160, 160}};
    static struct data d;
    rng_seed(&d.rng, 5);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w += SANITIZED ? 2 : 1)
        for (int level = 0; level <= (int)best_level(); level++)
            for (int q8 = 0; q8 < 2; q8++) {
                struct attend_shape s = {widths[w][0], widths[w][1], q8};
                d.windows = w % 3 == 1;
                d.cap = w % 3 == 2 ? 3 : 0;
                fill_floats(&d.rng, &d.k[0][0], sizeof d.k / sizeof(float));
                fill_floats(&d.rng, &d.v[0][0], sizeof d.v / sizeof(float));
                fill_floats(&d.rng, &d.q[0][0], sizeof d.q / sizeof(float));
                for (int j = 0; j < QUERIES; j++) {
                    d.seen[j] = 1 + (uint32_t)(rng_u64(&d.rng) % (BLOCKS * TOKENS - 4));
                    d.first[j] = d.windows ? (uint32_t)(rng_u64(&d.rng) % d.seen[j]) : 0;
                    for (size_t i = 0; i < s.d_k; i++)
                        d.q[j][i] *= j % 4 ? 2 / sqrtf((float)s.d_k) : 30 / (float)s.d_k; /* also such that one position is all */
                }
                check_shape(&d, kernels_for((enum cpu_level)level), &s);
            }
}

/* Nothing seen, and values that are not numbers, do no harm beyond themselves. */
static void odd_input(void **state)
{
    (void)state;
    static struct data d;
    static float out[2 * D_MAX];
    rng_seed(&d.rng, 6);
    for (int level = 0; level <= (int)best_level(); level++)
        for (int q8 = 0; q8 < 2; q8++) {
            const struct kernels *kn = kernels_for((enum cpu_level)level);
            struct attend_shape s = {32, 32, q8};
            fill_floats(&d.rng, &d.k[0][0], sizeof d.k / sizeof(float));
            fill_floats(&d.rng, &d.v[0][0], sizeof d.v / sizeof(float));
            fill_floats(&d.rng, &d.q[0][0], sizeof d.q / sizeof(float));
            memset(d.v[1], 0, sizeof d.v[1]); /* its scale is 0 */
            memset(d.k[1], 0, sizeof d.k[1]);
            d.seen[0] = 2;
            for (int j = 1; j < QUERIES; j++)
                d.seen[j] = 0;
            put_all(&d, kn, &s);
            attend(&d, kn, &s, 0, 2, out);
            for (size_t i = 0; i < 32; i++)
                assert_true(isfinite(out[i]));
            free_all(&d);
            d.seen[0] = 70;
            d.k[3][5] = NAN;
            d.v[4][5] = INFINITY;
            d.q[0][7] = -INFINITY;
            put_all(&d, kn, &s);
            attend(&d, kn, &s, 0, 1, out); /* whatever comes out */
            free_all(&d);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_level_and_shape), cmocka_unit_test(odd_input)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
