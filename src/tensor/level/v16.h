/* Sixteen floats, and what is computed with them: one register of AVX-512, two of AVX2, four of NEON, with the same results bit
 * by bit. What the other files of this folder are written over: they use no intrinsics. */
#ifndef TENSOR_V16_H
#define TENSOR_V16_H

#if defined(__aarch64__)
#include "tensor/arm/v16.h"
#else
#include "tensor/x86/v16.h"
#endif

static inline v16 v16_zero(void)
{
    return v16_set1(0);
}

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

/* The first n < 16 elements at p, zeros behind them, without reading further. */
static inline v16 v16_tail(const void *p, size_t n)
{
    float tail[16] = {0};
    memcpy(tail, p, n * sizeof *tail);
    return v16_load(tail);
}
static inline v16 v16_tail_f16(const void *p, size_t n)
{
    uint16_t tail[16] = {0};
    memcpy(tail, p, n * sizeof *tail);
    return v16_load_f16(tail);
}
static inline v16 v16_tail_bf16(const void *p, size_t n)
{
    uint16_t tail[16] = {0};
    memcpy(tail, p, n * sizeof *tail);
    return v16_load_bf16(tail);
}
static inline void v16_store_tail(float *p, v16 a, size_t n)
{
    float tail[16];
    v16_store(tail, a);
    memcpy(p, tail, n * sizeof *p);
}

#endif
