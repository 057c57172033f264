/* Operations on vectors of floats. */
#include <math.h>

#include "tensor/level/v16.h"

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

/* x · Φ(x) by tanh, and tanh by exp: x / (1 + e^(-2u)), u = √(2/π) (x + 0.044715 x³). */
static inline v16 gelu(v16 x)
{
    v16 cube = v16_mul(v16_mul(x, x), x), u = v16_fma(cube, v16_set1(GELU_CUBE), x);
    return v16_div(x, v16_add(v16_set1(1), v16_exp(v16_mul(u, v16_set1(-2 * GELU_SCALE)))));
}

void LEVEL(gelu_mul)(float *gate, const float *up, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store(gate + i, v16_mul(gelu(v16_load(gate + i)), v16_load(up + i)));
    if (i < n) {
        v16 g = v16_tail(gate + i, n - i), u = v16_tail(up + i, n - i);
        v16_store_tail(gate + i, v16_mul(gelu(g), u), n - i);
    }
}

void LEVEL(add)(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
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
