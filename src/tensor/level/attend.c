/* Attention over a block (tensor/attend.h): a product of queries and keys, a softmax that goes on, a product with values.
 *
 * With several queries the block is first converted to floats, once for all; with one or two it is read as it lies. The sums
 * are the same, so that a query's result has the same bits either way. */
#include <math.h>

#include "tensor/level/v16.h"

/* Queries that go together through the products, and columns of 16 values: as many sums as registers allow. */
#if defined(__AVX512F__)
enum { TILE = 4, COLUMNS = 4 };
#else
enum { TILE = 2, COLUMNS = 2 };
#endif
enum { TOKENS = ATTEND_TOKENS, GROUP = ATTEND_GROUP, DIRECT_MAX = 2 /* more queries: convert first */ };

/* Codes as they are read: converted floats, F16 or 8 bits. */
typedef v16 load_fn(const void *p);
INLINE v16 load_f32(const void *p)
{
    return v16_load(p);
}
INLINE v16 load_f16(const void *p)
{
    return v16_load_f16(p);
}
INLINE v16 load_i8(const void *p)
{
    return v16_load_i8(p);
}

struct block {
    const uint8_t *k, *v;
    size_t elem, v_stride;               /* bytes of a code; codes of a row of values */
    const uint16_t *k_scales, *v_scales; /* NULL: none */
};

/* scores[n][32] of n queries. */
INLINE void scores(load_fn *load, const struct block *b, const float *q, size_t d, size_t n, float *out)
{
    v16 total[TILE][2];
    size_t step = b->k_scales ? GROUP : d;
    for (size_t j = 0; j < n; j++)
        total[j][0] = total[j][1] = v16_zero();
    for (size_t from = 0; from < d; from += step) {
        v16 sum[TILE][2];
        size_t end = from + step < d ? from + step : d;
        for (size_t j = 0; j < n; j++)
            sum[j][0] = sum[j][1] = v16_zero();
        for (size_t i = from; i < end; i++) {
            const uint8_t *k = b->k + i * TOKENS * b->elem;
            v16 k0 = load(k), k1 = load(k + 16 * b->elem);
            for (size_t j = 0; j < n; j++) {
                v16 x = v16_set1(q[j * d + i]);
                sum[j][0] = v16_fma(x, k0, sum[j][0]);
                sum[j][1] = v16_fma(x, k1, sum[j][1]);
            }
        }
        const uint16_t *scale = b->k_scales ? b->k_scales + from / GROUP * TOKENS : NULL;
        for (size_t j = 0; j < n; j++)
            for (size_t h = 0; h < 2; h++)
                total[j][h] = scale ? v16_fma(sum[j][h], v16_load_f16(scale + 16 * h), total[j][h]) : sum[j][h];
    }
    for (size_t j = 0; j < n; j++)
        for (size_t h = 0; h < 2; h++)
            v16_store(out + j * TOKENS + 16 * h, total[j][h]);
}

/* acc[n][n_columns · 16] += Σ p · values, for the columns from `column` on; p[groups][ATTEND_QUERIES_MAX][32]. */
INLINE void values(load_fn *load, const struct block *b, const float *p, size_t n_tokens, size_t column, size_t n_columns, size_t n,
                   float *acc, size_t width)
{
    v16 sum[TILE][COLUMNS];
    const float *weights[COLUMNS];
    for (size_t c = 0; c < n_columns; c++)
        weights[c] = p + (b->v_scales ? (column + c) * 16 / GROUP * ATTEND_QUERIES_MAX * TOKENS : 0);
    for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < n_columns; c++)
            sum[j][c] = v16_load(acc + j * width + (column + c) * 16);
    for (size_t t = 0; t < n_tokens; t++)
        for (size_t c = 0; c < n_columns; c++) {
            v16 v = load(b->v + (t * b->v_stride + (column + c) * 16) * b->elem);
            for (size_t j = 0; j < n; j++)
                sum[j][c] = v16_fma(v16_set1(weights[c][j * TOKENS + t]), v, sum[j][c]);
        }
    for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < n_columns; c++)
            v16_store(acc + j * width + (column + c) * 16, sum[j][c]);
}

/* cap · tanh(s / cap), as 1 - 2 / (1 + e^2x): exact at both ends. */
static v16 capped(v16 s, float cap)
{
    v16 e = v16_exp(v16_mul(s, v16_set1(2 / cap)));
    return v16_mul(v16_set1(cap), v16_sub(v16_set1(1), v16_div(v16_set1(2), v16_add(v16_set1(1), e))));
}

/* What few models have: scores behind a window, and scores that saturate. */
static void restrict_scores(const struct attend_queries *q, size_t j, float *s)
{
    for (size_t t = 0; q->cap > 0 && t < TOKENS; t += 16)
        v16_store(s + t, capped(v16_load(s + t), q->cap));
    for (size_t t = 0; q->hidden && t < q->hidden[j]; t++)
        s[t] = -INFINITY;
}

/* Takes one query's scores into its maximum and sum, and leaves their exponentials. */
static void soften(const struct attend_queries *q, size_t j, float *s, size_t width)
{
    size_t n = q->visible[j];
    if (q->cap > 0 || q->hidden)
        restrict_scores(q, j, s);
    v16 none = v16_set1(-INFINITY), s0 = v16_first(v16_load(s), none, n), s1 = v16_first(v16_load(s + 16), none, n > 16 ? n - 16 : 0);
    float max = v16_max_lane(v16_max(s0, s1));
    if (max > q->max[j]) {
        v16 less = v16_exp(v16_set1(q->max[j] - max));
        float lanes[16];
        v16_store(lanes, less);
        q->max[j] = max;
        q->sum[j] *= lanes[0];
        for (size_t i = 0; i < width; i += 16)
            v16_store(q->acc + j * width + i, v16_mul(v16_load(q->acc + j * width + i), less));
    }
    v16 top = v16_set1(q->max[j]), p0 = v16_exp(v16_sub(s0, top)), p1 = v16_exp(v16_sub(s1, top));
    q->sum[j] += v16_sum(v16_add(p0, p1));
    v16_store(s, p0);
    v16_store(s + 16, p1);
}

/* p[groups][query][32]: the exponentials times the scales of the values. */
static void weigh(const uint16_t *scales, size_t n_groups, const float *s, size_t n, float *p)
{
    for (size_t g = 0; g < n_groups; g++)
        for (size_t h = 0; h < TOKENS; h += 16) {
            v16 scale = v16_load_f16(scales + g * TOKENS + h);
            for (size_t j = 0; j < n; j++)
                v16_store(p + (g * ATTEND_QUERIES_MAX + j) * TOKENS + h, v16_mul(v16_load(s + j * TOKENS + h), scale));
        }
}

INLINE void columns(load_fn *load, const struct block *b, const float *p, size_t n_tokens, size_t n, float *acc, size_t width)
{
    size_t column = 0;
    for (; column + COLUMNS <= width / 16; column += COLUMNS)
        values(load, b, p, n_tokens, column, COLUMNS, n, acc, width);
    for (; column < width / 16; column++)
        values(load, b, p, n_tokens, column, 1, n, acc, width);
}

INLINE void run(load_fn *load, const struct block *b, const struct attend_shape *sh, const struct attend_queries *q, float *s, float *p)
{
    size_t n_tokens = 0, j = 0, width = attend_width(sh->d_v);
    for (size_t i = 0; i < q->n; i++)
        n_tokens = q->visible[i] > n_tokens ? q->visible[i] : n_tokens;
    for (; j + TILE <= q->n; j += TILE)
        scores(load, b, q->q + j * sh->d_k, sh->d_k, TILE, s + j * TOKENS);
    for (; j + 2 <= q->n; j += 2)
        scores(load, b, q->q + j * sh->d_k, sh->d_k, 2, s + j * TOKENS);
    for (; j < q->n; j++)
        scores(load, b, q->q + j * sh->d_k, sh->d_k, 1, s + j * TOKENS);
    for (j = 0; j < q->n; j++) {
        if (q->visible[j])
            soften(q, j, s + j * TOKENS, width);
        else
            memset(s + j * TOKENS, 0, TOKENS * sizeof *s);
    }
    const float *weights = s;
    if (b->v_scales) {
        weigh(b->v_scales, attend_groups(sh->d_v), s, q->n, p);
        weights = p;
    }
    for (j = 0; j + TILE <= q->n; j += TILE)
        columns(load, b, weights + j * TOKENS, n_tokens, TILE, q->acc + j * width, width);
    for (; j + 2 <= q->n; j += 2)
        columns(load, b, weights + j * TOKENS, n_tokens, 2, q->acc + j * width, width);
    for (; j < q->n; j++)
        columns(load, b, weights + j * TOKENS, n_tokens, 1, q->acc + j * width, width);
}

INLINE void convert_row(load_fn *load, size_t elem, const uint8_t *src, size_t n, float *dst)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store(dst + i, load(src + i * elem));
    if (i < n) { /* values only: keys come in rows of 32 */
        uint8_t tail[16 * sizeof(uint16_t)] = {0};
        memcpy(tail, src + i * elem, (n - i) * elem);
        v16_store(dst + i, load(tail));
    }
}

INLINE void convert(load_fn *load, struct block *b, const struct attend_shape *sh, float *k, float *v)
{
    size_t width = attend_width(sh->d_v);
    for (size_t i = 0; i < sh->d_k; i++)
        convert_row(load, b->elem, b->k + i * TOKENS * b->elem, TOKENS, k + i * TOKENS);
    for (size_t t = 0; t < TOKENS; t++)
        convert_row(load, b->elem, b->v + t * b->v_stride * b->elem, sh->d_v, v + t * width);
    b->k = (const uint8_t *)k;
    b->v = (const uint8_t *)v;
    b->elem = sizeof(float);
    b->v_stride = width;
}

void LEVEL(attend)(const struct attend_shape *sh, const void *block, const struct attend_queries *q, float *scratch)
{
    const uint8_t *base = block;
    struct block b = {base, base + attend_values_at(sh), sh->q8 ? 1 : 2, sh->d_v, NULL, NULL};
    float *s = scratch, *p = s + TOKENS * ATTEND_QUERIES_MAX, *k = p + TOKENS * ATTEND_QUERIES_MAX * attend_groups(sh->d_v);
    if (sh->q8) {
        b.k_scales = (const uint16_t *)(const void *)(base + attend_scales_at(sh));
        b.v_scales = b.k_scales + attend_groups(sh->d_k) * TOKENS;
    }
    if (q->n <= DIRECT_MAX && sh->d_v % 16 == 0) {
        if (sh->q8)
            run(load_i8, &b, sh, q, s, p);
        else
            run(load_f16, &b, sh, q, s, p);
        return;
    }
    if (sh->q8)
        convert(load_i8, &b, sh, k, k + TOKENS * sh->d_k);
    else
        convert(load_f16, &b, sh, k, k + TOKENS * sh->d_k);
    run(load_f32, &b, sh, q, s, p);
}

/* 32 (or, at the end, fewer) values to 8 bits; returns the scale. */
static uint16_t quantise_group(const float *x, size_t n, int8_t *q)
{
    float wide[GROUP] = {0};
    uint16_t scale[16];
    memcpy(wide, x, n * sizeof *x);
    v16 a = v16_load(wide), b = v16_load(wide + 16);
    float d = v16_max_lane(v16_max(v16_abs(a), v16_abs(b))) / 127;
    v16_store_f16(scale, v16_set1(d));
    float rounded = f16_to_f32(scale[0]);
    v16 inv = v16_set1(rounded > 0 ? 1 / rounded : 0);
    v16_store_i8(q, v16_mul(a, inv));
    v16_store_i8(q + 16, v16_mul(b, inv));
    return scale[0];
}

static void put_q8(const struct attend_shape *sh, uint8_t *base, size_t slot, const float *k, const float *v)
{
    int8_t *to_k = (int8_t *)base + slot, *to_v = (int8_t *)base + attend_values_at(sh) + slot * sh->d_v, q[GROUP];
    uint16_t *scales = (uint16_t *)(void *)(base + attend_scales_at(sh)) + slot;
    for (size_t i = 0; i < sh->d_k; i += GROUP, scales += TOKENS) {
        size_t n = sh->d_k - i < GROUP ? sh->d_k - i : GROUP;
        *scales = quantise_group(k + i, n, q);
        for (size_t c = 0; c < n; c++)
            to_k[(i + c) * TOKENS] = q[c];
    }
    for (size_t i = 0; i < sh->d_v; i += GROUP, scales += TOKENS) {
        size_t n = sh->d_v - i < GROUP ? sh->d_v - i : GROUP;
        *scales = quantise_group(v + i, n, q);
        memcpy(to_v + i, q, n);
    }
}

static void to_f16(const float *x, uint16_t *out, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store_f16(out + i, v16_load(x + i));
    if (i < n) {
        uint16_t tail[16];
        v16_store_f16(tail, v16_tail(x + i, n - i));
        memcpy(out + i, tail, (n - i) * sizeof *out);
    }
}

void LEVEL(attend_put)(const struct attend_shape *sh, void *block, size_t slot, const float *k, const float *v)
{
    if (sh->q8) {
        put_q8(sh, block, slot, k, v);
        return;
    }
    uint16_t *to_k = (uint16_t *)block + slot, half[16];
    for (size_t i = 0; i < sh->d_k; i += 16) {
        size_t n = sh->d_k - i < 16 ? sh->d_k - i : 16;
        to_f16(k + i, half, n);
        for (size_t c = 0; c < n; c++)
            to_k[(i + c) * TOKENS] = half[c];
    }
    to_f16(v, (uint16_t *)(void *)((uint8_t *)block + attend_values_at(sh)) + slot * sh->d_v, sh->d_v);
}
