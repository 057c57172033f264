/* Blocks of every quantised type to groups (see kernels.h). Plain loops, included by each level, so that each compiler run
 * makes of them what its instruction set allows. */
#ifndef TENSOR_UNPACK_H
#define TENSOR_UNPACK_H

#include "tensor/block.h"

#if defined(__F16C__)
#include <immintrin.h>
static inline float half_to_f32(uint16_t h)
{
    return _cvtsh_ss(h);
}
#else
static inline float half_to_f32(uint16_t h)
{
    return f16_to_f32(h);
}
#endif

static inline void unpack_nibbles(const uint8_t qs[16], int offset, int8_t q[32])
{
    for (int j = 0; j < 16; j++)
        q[j] = (int8_t)((qs[j] & 15) - offset);
    for (int j = 0; j < 16; j++)
        q[j + 16] = (int8_t)((qs[j] >> 4) - offset);
}

static inline void unpack_fives(const uint8_t qs[16], const uint8_t qh[4], int offset, int8_t q[32])
{
    uint32_t high;
    memcpy(&high, qh, sizeof high);
    unpack_nibbles(qs, offset, q);
    for (int j = 0; j < 32; j++)
        q[j] = (int8_t)(q[j] + (int8_t)((high >> j & 1) << 4));
}

static inline void unpack_q4_0(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_q4_0 *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        unpack_nibbles(b->qs, 8, q);
    }
}

static inline void unpack_q4_1(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    const struct block_q4_1 *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        m[i] = half_to_f32(b->m);
        unpack_nibbles(b->qs, 0, q);
    }
}

static inline void unpack_q5_0(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_q5_0 *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        unpack_fives(b->qs, b->qh, 16, q);
    }
}

static inline void unpack_q5_1(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    const struct block_q5_1 *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        m[i] = half_to_f32(b->m);
        unpack_fives(b->qs, b->qh, 0, q);
    }
}

static inline void unpack_q8_0(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_q8_0 *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        memcpy(q, b->qs, 32);
    }
}

static inline void unpack_iq4_nl(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_iq4_nl *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        for (int j = 0; j < 16; j++) {
            q[j] = iq4_nl_values[b->qs[j] & 15];
            q[j + 16] = iq4_nl_values[b->qs[j] >> 4];
        }
    }
}

/* The two low bits of 256 values as Q2_K and Q3_K keep them. */
static inline void unpack_twos(const uint8_t qs[64], int8_t q[256])
{
    for (int i = 0; i < 8; i++)
        for (int l = 0; l < 32; l++)
            q[32 * i + l] = (int8_t)(qs[i / 4 * 32 + l] >> i % 4 * 2 & 3);
}

static inline void unpack_q2_k(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    const struct block_q2_k *b = src;
    for (; n; n -= 256, b++, q += 256, d += 16, m += 16) {
        float scale = half_to_f32(b->d), min = -half_to_f32(b->dmin);
        for (int i = 0; i < 16; i++) {
            d[i] = scale * (float)(b->scales[i] & 15);
            m[i] = min * (float)(b->scales[i] >> 4);
        }
        unpack_twos(b->qs, q);
    }
}

static inline void unpack_q3_k(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_q3_k *b = src;
    for (; n; n -= 256, b++, q += 256, d += 16) {
        float scale = half_to_f32(b->d);
        int8_t scales[16];
        k3_scales_unpack(b->scales, scales);
        for (int i = 0; i < 16; i++)
            d[i] = scale * (float)scales[i];
        unpack_twos(b->qs, q);
        for (int i = 0; i < 8; i++)
            for (int l = 0; l < 32; l++)
                q[32 * i + l] = (int8_t)(q[32 * i + l] + (b->hmask[l] >> i & 1) * 4 - 4);
    }
}

static inline void unpack_k4_scales(const uint8_t packed[12], float scale, float min, float d[8], float m[8])
{
    uint8_t scales[8], mins[8];
    k4_scales_unpack(packed, scales, mins);
    for (int i = 0; i < 8; i++) {
        d[i] = scale * (float)scales[i];
        m[i] = min * (float)mins[i];
    }
}

static inline void unpack_k4_nibbles(const uint8_t qs[128], int8_t q[256])
{
    for (int i = 0; i < 4; i++) {
        for (int l = 0; l < 32; l++)
            q[64 * i + l] = (int8_t)(qs[32 * i + l] & 15);
        for (int l = 0; l < 32; l++)
            q[64 * i + 32 + l] = (int8_t)(qs[32 * i + l] >> 4);
    }
}

static inline void unpack_q4_k(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    const struct block_q4_k *b = src;
    for (; n; n -= 256, b++, q += 256, d += 8, m += 8) {
        unpack_k4_scales(b->scales, half_to_f32(b->d), -half_to_f32(b->dmin), d, m);
        unpack_k4_nibbles(b->qs, q);
    }
}

static inline void unpack_q5_k(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    const struct block_q5_k *b = src;
    for (; n; n -= 256, b++, q += 256, d += 8, m += 8) {
        unpack_k4_scales(b->scales, half_to_f32(b->d), -half_to_f32(b->dmin), d, m);
        unpack_k4_nibbles(b->qs, q);
        for (int i = 0; i < 8; i++)
            for (int l = 0; l < 32; l++)
                q[32 * i + l] = (int8_t)(q[32 * i + l] | (b->qh[l] >> i & 1) << 4);
    }
}

static inline void unpack_q6_k(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_q6_k *b = src;
    for (; n; n -= 256, b++, q += 256, d += 16) {
        float scale = half_to_f32(b->d);
        for (int i = 0; i < 16; i++)
            d[i] = scale * (float)b->scales[i];
        for (int half = 0; half < 2; half++) {
            const uint8_t *ql = b->ql + 64 * half, *qh = b->qh + 32 * half;
            int8_t *y = q + 128 * half;
            for (int l = 0; l < 32; l++) {
                y[l] = (int8_t)(((ql[l] & 15) | (qh[l] & 3) << 4) - 32);
                y[l + 32] = (int8_t)(((ql[l + 32] & 15) | (qh[l] >> 2 & 3) << 4) - 32);
                y[l + 64] = (int8_t)((ql[l] >> 4 | (qh[l] >> 4 & 3) << 4) - 32);
                y[l + 96] = (int8_t)((ql[l + 32] >> 4 | qh[l] >> 6 << 4) - 32);
            }
        }
    }
}

/* The types with groups: id, unpacker, values of a group, offset. */
#define GROUPED_TYPES(X)     \
    X(Q4_0, q4_0, 32, false) \
    X(Q4_1, q4_1, 32, true)  \
    X(Q5_0, q5_0, 32, false) \
    X(Q5_1, q5_1, 32, true)  \
    X(Q8_0, q8_0, 32, false) \
    X(Q2_K, q2_k, 16, true)  \
    X(Q3_K, q3_k, 16, false) \
    X(Q4_K, q4_k, 32, true)  \
    X(Q5_K, q5_k, 32, true)  \
    X(Q6_K, q6_k, 16, false) \
    X(IQ4_NL, iq4_nl, 32, false)

#endif
