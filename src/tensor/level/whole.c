/* Operations of encoders, which see whole sequences. */
#include <math.h>

#include "tensor/level/v16.h"

/* Σ (x - mean)², or Σ x for a mean of 0 and without `square`. */
INLINE float sum_of(const float *x, size_t n, float mean, bool square)
{
    v16 sum = v16_zero(), m = v16_set1(mean);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        v16 v = v16_sub(v16_load(x + i), m);
        sum = square ? v16_fma(v, v, sum) : v16_add(sum, v);
    }
    float total = v16_sum(sum);
    for (; i < n; i++)
        total += square ? (x[i] - mean) * (x[i] - mean) : x[i] - mean;
    return total;
}

void LEVEL(layer_norm)(const float *x, const float *weight, const float *bias, float eps, float *out, size_t n)
{
    float count = (float)(n ? n : 1), mean = sum_of(x, n, 0, false) / count;
    float scale = 1 / sqrtf(sum_of(x, n, mean, true) / count + eps);
    v16 m = v16_set1(mean), s = v16_set1(scale);
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store(out + i, v16_fma(v16_mul(v16_sub(v16_load(x + i), m), s), v16_load(weight + i), v16_load(bias + i)));
    for (; i < n; i++)
        out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

/* x Φ(x) = (x + |x| erf(|x| / √2)) / 2, with erf within 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
static inline v16 gelu(v16 x)
{
    static const float c[] = {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f, 0};
    v16 size = v16_max(x, v16_sub(v16_zero(), x)), z = v16_mul(size, v16_set1(0.70710678f));
    v16 t = v16_div(v16_set1(1), v16_fma(v16_set1(0.3275911f), z, v16_set1(1))), p = v16_set1(1.061405429f);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        p = v16_fma(p, t, v16_set1(c[i]));
    v16 erf = v16_sub(v16_set1(1), v16_mul(p, v16_exp(v16_sub(v16_zero(), v16_mul(z, z)))));
    return v16_mul(v16_set1(0.5f), v16_fma(size, erf, x));
}

static inline v16 activate(v16 x, enum activation f)
{
    return f == ACTIVATION_RELU ? v16_max(x, v16_zero()) : f == ACTIVATION_GELU ? gelu(x) : x;
}

void LEVEL(bias)(float *x, const float *bias, enum activation f, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        v16_store(x + i, activate(v16_add(v16_load(x + i), v16_load(bias + i)), f));
    if (i < n)
        v16_store_tail(x + i, activate(v16_add(v16_tail(x + i, n - i), v16_tail(bias + i, n - i)), f), n - i);
}

INLINE float dot(const float *x, const float *y, size_t n)
{
    v16 sum = v16_zero();
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        sum = v16_fma(v16_load(x + i), v16_load(y + i), sum);
    if (i < n)
        sum = v16_fma(v16_tail(x + i, n - i), v16_tail(y + i, n - i), sum);
    return v16_sum(sum);
}

/* out[0..16) of one query, or fewer at the end of a head. */
INLINE v16 mix(const struct attend_all *a, size_t at, size_t n)
{
    v16 sum = v16_zero();
    for (size_t j = 0; j < a->n; j++) {
        const float *v = a->v + j * a->stride + at;
        sum = v16_fma(v16_set1(a->scores[j]), n == 16 ? v16_load(v) : v16_tail(v, n), sum);
    }
    return sum;
}

void LEVEL(attend_all)(const struct attend_all *a)
{
    for (size_t i = 0; i < a->n; i++) {
        const float *q = a->q + i * a->stride;
        float *out = a->out + i * a->out_stride;
        for (size_t j = 0; j < a->n; j++)
            a->scores[j] = dot(q, a->k + j * a->stride, a->d) * a->scale;
        LEVEL(softmax)(a->scores, a->n);
        size_t c = 0;
        for (; c + 16 <= a->d; c += 16)
            v16_store(out + c, mix(a, c, 16));
        if (c < a->d)
            v16_store_tail(out + c, mix(a, c, a->d - c), a->d - c);
    }
}
