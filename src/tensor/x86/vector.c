/* Operations on vectors of floats. */
#include <math.h>

#include "tensor/x86/v16.h"

/* e^x for x ≤ 88 within 2 units of the last place: x = n·ln 2 + r, |r| ≤ ln 2 / 2, and the Taylor polynomial of r. Below −87,
 * where the result would be subnormal, 0. NaN stays NaN. */
static inline v16 v16_exp(v16 x)
{
    static const float c[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
    v16 low = v16_set1(-87.0f), y = v16_min(v16_set1(88.0f), v16_max(low, x));
    v16 n = v16_round(v16_mul(y, v16_set1(1.44269504f)));
    v16 r = v16_fma(n, v16_set1(-0.693359375f), y); /* ln 2 in two parts: n times the first is exact */
    r = v16_fma(n, v16_set1(2.12194440e-4f), r);
    v16 p = v16_set1(1.0f / 5040);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        p = v16_fma(p, r, v16_set1(c[i]));
    return v16_keep_ge(v16_mul(p, v16_exp2i(n)), x, low);
}

void LEVEL(rms_norm)(const float *x, const float *weight, float eps, float *out, size_t n)
{
    v16 sum = v16_zero();
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        v16 v = v16_load(x + i);
        sum = v16_fma(v, v, sum);
    }
    if (i < n) {
        v16 v = v16_tail(x + i, n - i);
        sum = v16_fma(v, v, sum);
    }
    float scale = 1 / sqrtf(v16_sum(sum) / (float)(n ? n : 1) + eps);
    for (i = 0; i < n; i++)
        out[i] = x[i] * scale * weight[i];
}

static inline v16 silu(v16 g)
{
    return v16_div(g, v16_add(v16_set1(1), v16_exp(v16_sub(v16_zero(), g))));
}

void LEVEL(silu_mul)(float *gate, const float *up, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store(gate + i, v16_mul(silu(v16_load(gate + i)), v16_load(up + i)));
    if (i < n) {
        v16 g = v16_tail(gate + i, n - i), u = v16_tail(up + i, n - i);
        v16_store_tail(gate + i, v16_mul(silu(g), u), n - i);
    }
}

void LEVEL(add)(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

void LEVEL(dot_f16_rows)(const float *q, const uint16_t *rows, size_t n, size_t d, float scale, float *out)
{
    for (size_t r = 0; r < n; r++, rows += d) {
        v16 sum = v16_zero();
        size_t i = 0;
        for (; i + 16 <= d; i += 16)
            sum = v16_fma(v16_load_f16(rows + i), v16_load(q + i), sum);
        if (i < d)
            sum = v16_fma(v16_tail_f16(rows + i, d - i), v16_tail(q + i, d - i), sum);
        out[r] = v16_sum(sum) * scale;
    }
}

/* Sixteen columns at a time, so that the sum stays in a register over all rows. */
void LEVEL(axpy_f16)(const float *p, const uint16_t *rows, size_t n, size_t d, float *acc)
{
    size_t i = 0;
    for (; i + 64 <= d; i += 64) {
        v16 s[4];
        for (size_t j = 0; j < 4; j++)
            s[j] = v16_load(acc + i + 16 * j);
        for (size_t r = 0; r < n; r++)
            for (size_t j = 0; j < 4; j++)
                s[j] = v16_fma(v16_set1(p[r]), v16_load_f16(rows + r * d + i + 16 * j), s[j]);
        for (size_t j = 0; j < 4; j++)
            v16_store(acc + i + 16 * j, s[j]);
    }
    for (; i < d; i += 16) {
        size_t w = d - i < 16 ? d - i : 16;
        v16 s = v16_tail(acc + i, w);
        for (size_t r = 0; r < n; r++)
            s = v16_fma(v16_set1(p[r]), v16_tail_f16(rows + r * d + i, w), s);
        v16_store_tail(acc + i, s, w);
    }
}

void LEVEL(f32_to_f16)(const float *x, uint16_t *out, size_t n)
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

static float max_of(const float *x, size_t n)
{
    v16 best = v16_set1(-INFINITY);
    float lanes[16], max = -INFINITY;
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        best = v16_max(v16_load(x + i), best);
    v16_store(lanes, best);
    for (size_t l = 0; l < 16; l++)
        max = lanes[l] > max ? lanes[l] : max;
    for (; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

void LEVEL(softmax)(float *x, size_t n)
{
    v16 max = v16_set1(max_of(x, n)), sum = v16_zero();
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        v16 e = v16_exp(v16_sub(v16_load(x + i), max));
        v16_store(x + i, e);
        sum = v16_add(sum, e);
    }
    float total = v16_sum(sum);
    if (i < n) {
        v16_store_tail(x + i, v16_exp(v16_sub(v16_tail(x + i, n - i), max)), n - i);
        for (size_t j = i; j < n; j++)
            total += x[j];
    }
    float scale = 1 / total;
    for (i = 0; i < n; i++)
        x[i] *= scale;
}
