/* Blocks of every quantised type to groups (see kernels.h). Plain loops, included by each level, so that each compiler run
 * makes of them what its instruction set allows. */
#ifndef TENSOR_UNPACK_H
#define TENSOR_UNPACK_H

#include "tensor/block.h"

#if defined(__AVX2__) && defined(__F16C__)
#include <immintrin.h>
static inline float half_to_f32(uint16_t h)
{
    return _cvtsh_ss(h);
}
#elif defined(__aarch64__) && defined(KERNEL_LEVEL)
static inline float half_to_f32(uint16_t h)
{
    __fp16 f;
    memcpy(&f, &h, sizeof f);
    return f;
}
#else
static inline float half_to_f32(uint16_t h)
{
    return f16_to_f32(h);
}
#endif

/* Sixteen bytes that compilers compute with at once: left to themselves they give up on loops over packed bytes. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* q = nibbles (+ 16 where the fifth bit is set) − offset */
static inline void unpack_16(bytes16 nibbles, bytes16 fifth, uint8_t offset, int8_t *q)
{
    bytes16 v = (nibbles | fifth) - offset;
    memcpy(q, &v, sizeof v);
}

static inline void unpack_nibbles(const uint8_t qs[16], uint8_t offset, int8_t q[32])
{
    bytes16 v, none = {0};
    memcpy(&v, qs, sizeof v);
    unpack_16(v & 15, none, offset, q);
    unpack_16(v >> 4, none, offset, q + 16);
}

/* Sixteen bits to bytes of 16 or 0. */
static inline bytes16 spread_fifth(const uint8_t bits[2])
{
    uint16_t both;
    memcpy(&both, bits, sizeof both);
#if defined(__AVX2__)
    const __m128i mask = _mm_set1_epi64x((long long)0x8040201008040201);
    __m128i v = _mm_shuffle_epi8(_mm_set1_epi16((short)both), _mm_set_epi64x(0x0101010101010101, 0));
    return (bytes16)_mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(v, mask), mask), _mm_set1_epi8(16));
#else
    bytes16 v;
    uint8_t bytes[16];
    for (int i = 0; i < 16; i++)
        bytes[i] = (uint8_t)((both >> i & 1) << 4);
    memcpy(&v, bytes, sizeof v);
    return v;
#endif
}

static inline void unpack_fives(const uint8_t qs[16], const uint8_t qh[4], uint8_t offset, int8_t q[32])
{
    bytes16 v;
    memcpy(&v, qs, sizeof v);
    unpack_16(v & 15, spread_fifth(qh), offset, q);
    unpack_16(v >> 4, spread_fifth(qh + 2), offset, q + 16);
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

static inline void unpack_iq4_levels(const uint8_t qs[16], int8_t q[32])
{
#if defined(__AVX2__)
    __m128i levels = _mm_loadu_si128((const __m128i *)iq4_nl_values), v = _mm_loadu_si128((const __m128i *)qs), low = _mm_set1_epi8(15);
    _mm_storeu_si128((__m128i *)q, _mm_shuffle_epi8(levels, _mm_and_si128(v, low)));
    _mm_storeu_si128((__m128i *)(q + 16), _mm_shuffle_epi8(levels, _mm_and_si128(_mm_srli_epi16(v, 4), low)));
#else
    for (int j = 0; j < 16; j++) {
        q[j] = iq4_nl_values[qs[j] & 15];
        q[j + 16] = iq4_nl_values[qs[j] >> 4];
    }
#endif
}

static inline void unpack_iq4_nl(const void *src, size_t n, int8_t *q, float *d, float *m)
{
    (void)m;
    const struct block_iq4_nl *b = src;
    for (size_t i = 0; i < n / 32; i++, b++, q += 32) {
        d[i] = half_to_f32(b->d);
        unpack_iq4_levels(b->qs, q);
    }
}

/* The two low bits of 256 values as Q2_K and Q3_K keep them, plus the bit of `high` (as Q3_K's hmask) times 4, − offset. */
static inline void unpack_twos(const uint8_t qs[64], const uint8_t *high, uint8_t offset, int8_t q[256])
{
    for (int j = 0; j < 2; j++) {
        bytes16 h = {0}, v;
        if (high)
            memcpy(&h, high + 16 * j, sizeof h);
        for (int i = 0; i < 8; i++) {
            memcpy(&v, qs + i / 4 * 32 + 16 * j, sizeof v);
            v = (v >> i % 4 * 2 & 3) + (h >> i & 1) * 4 - offset;
            memcpy(q + 32 * i + 16 * j, &v, sizeof v);
        }
    }
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
        unpack_twos(b->qs, NULL, 0, q);
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
        unpack_twos(b->qs, b->hmask, 4, q);
    }
}

/* k4_scales_unpack, four bytes at a time. */
static inline void unpack_k4_scales(const uint8_t packed[12], float scale, float min, float d[8], float m[8])
{
    uint32_t u[3], s[2], t[2];
    uint8_t scales[8], mins[8];
    memcpy(u, packed, sizeof u);
    s[0] = u[0] & 0x3f3f3f3f;
    t[0] = u[1] & 0x3f3f3f3f;
    s[1] = (u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030);
    t[1] = (u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030);
    memcpy(scales, s, sizeof scales);
    memcpy(mins, t, sizeof mins);
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
