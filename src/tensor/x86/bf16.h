/* Weights as bf16, from the blocks of the file: to_bf16_NAME(src, n, dst, step) writes n values (whole blocks), 32 of them
 * (64 bytes, aligned) every `step` bytes. Each value is what the format means, rounded once to nearest even.
 *
 * Types of four or five bits have no more than 32 different values in a group: these are computed at once, and a permutation
 * of 16-bit words looks all values of the group up. That is a third of the work of converting them one by one. */
#ifndef TENSOR_X86_BF16_H
#define TENSOR_X86_BF16_H

#include <immintrin.h>

#include "tensor/unpack.h"

#define INLINE   static inline __attribute__((always_inline))
#define UNROLL_8 _Pragma("GCC unroll 8")

INLINE __m512i join_bf16(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

INLINE __m512 codes_16(void)
{
    return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* Sixteen values, twice: bit 4 of an index is ignored. */
INLINE __m512i table_16(__m512 values)
{
    return join_bf16(values, values);
}

/* The f16 scales of up to eight blocks, `size` bytes each, as floats. They are gathered without the port that shuffles, which is
 * what these functions wait for; and what comes from memory is broadcast for nothing. */
INLINE void block_scales(const void *blocks, size_t size, size_t n, float d[8])
{
    uint64_t four[2] = {0};
    UNROLL_8 for (size_t i = 0; i < 8; i++)
    {
        uint16_t h = 0;
        if (i < n)
            memcpy(&h, (const uint8_t *)blocks + i * size, sizeof h);
        four[i / 4] |= (uint64_t)h << i % 4 * 16;
    }
    _mm256_storeu_ps(d, _mm256_cvtph_ps(_mm_set_epi64x((long long)four[1], (long long)four[0])));
}

/* code · d + m for codes 0 … 31 */
INLINE __m512i table_32(__m512 d, __m512 m)
{
    __m512 low = _mm512_fmadd_ps(codes_16(), d, m);
    return join_bf16(low, _mm512_fmadd_ps(_mm512_set1_ps(16), d, low));
}

/* The low nibbles of 16 bytes, then the high ones, as words (their upper bits are not clear). */
INLINE __m512i spread_nibbles(const uint8_t qs[16])
{
    __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)qs));
    return _mm512_cvtepu8_epi16(_mm256_srlv_epi64(twice, _mm256_setr_epi64x(0, 0, 4, 4)));
}

/* spread_nibbles with bit 4 from the bits of qh. */
INLINE __m512i spread_fives(const uint8_t qs[16], const uint8_t qh[4])
{
    __mmask32 fifth;
    memcpy(&fifth, qh, sizeof fifth);
    __m512i low = _mm512_and_si512(spread_nibbles(qs), _mm512_set1_epi16(15));
    return _mm512_mask_or_epi32(low, 0xffff, low, _mm512_maskz_set1_epi16(fifth, 16));
}

/* Up to 256 values of a type whose blocks are 32 values with one f16 scale first: one(b, d) converts a block. */
#define TO_BF16_BY_BLOCKS(name, one)                                                                                         \
    INLINE void to_bf16_##name(const uint8_t *src, size_t n, uint8_t *dst, size_t step)                                      \
    {                                                                                                                        \
        const struct block_##name *b = (const void *)src;                                                                    \
        float d[8];                                                                                                          \
        if (n == 256) {                                                                                                      \
            block_scales(b, sizeof *b, 8, d);                                                                                \
            UNROLL_8 for (size_t i = 0; i < 8; i++, b++, dst += step) _mm512_store_si512(dst, one(b, _mm512_set1_ps(d[i]))); \
            return;                                                                                                          \
        }                                                                                                                    \
        block_scales(b, sizeof *b, n / 32, d);                                                                               \
        for (size_t i = 0; i < n / 32; i++, b++, dst += step)                                                                \
            _mm512_store_si512(dst, one(b, _mm512_set1_ps(d[i])));                                                           \
    }

INLINE __m512i one_q4_0(const struct block_q4_0 *b, __m512 d)
{
    const __m512 codes = _mm512_sub_ps(codes_16(), _mm512_set1_ps(8));
    return _mm512_permutexvar_epi16(spread_nibbles(b->qs), table_16(_mm512_mul_ps(codes, d)));
}
TO_BF16_BY_BLOCKS(q4_0, one_q4_0)

INLINE void to_bf16_q4_1(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    const struct block_q4_1 *b = (const void *)src;
    for (size_t i = 0; i < n / 32; i++, b++, dst += step) {
        __m512 values = _mm512_fmadd_ps(codes_16(), _mm512_set1_ps(half_to_f32(b->d)), _mm512_set1_ps(half_to_f32(b->m)));
        _mm512_store_si512(dst, _mm512_permutexvar_epi16(spread_nibbles(b->qs), table_16(values)));
    }
}

INLINE __m512i one_iq4_nl(const struct block_iq4_nl *b, __m512 d)
{
    const __m512 codes = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)iq4_nl_values)));
    return _mm512_permutexvar_epi16(spread_nibbles(b->qs), table_16(_mm512_mul_ps(codes, d)));
}
TO_BF16_BY_BLOCKS(iq4_nl, one_iq4_nl)

INLINE __m512i one_q5_0(const struct block_q5_0 *b, __m512 d)
{
    return _mm512_permutexvar_epi16(spread_fives(b->qs, b->qh), table_32(d, _mm512_mul_ps(d, _mm512_set1_ps(-16))));
}
TO_BF16_BY_BLOCKS(q5_0, one_q5_0)

INLINE void to_bf16_q5_1(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    const struct block_q5_1 *b = (const void *)src;
    for (size_t i = 0; i < n / 32; i++, b++, dst += step) {
        __m512i table = table_32(_mm512_set1_ps(half_to_f32(b->d)), _mm512_set1_ps(half_to_f32(b->m)));
        _mm512_store_si512(dst, _mm512_permutexvar_epi16(spread_fives(b->qs, b->qh), table));
    }
}

/* q[32] · d, the scales of each half apart. */
INLINE __m512i scale_bytes(__m256i q, __m512 d0, __m512 d1)
{
    __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(q)));
    __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(q, 1)));
    return join_bf16(_mm512_mul_ps(low, d0), _mm512_mul_ps(high, d1));
}

INLINE __m512i one_q8_0(const struct block_q8_0 *b, __m512 d)
{
    __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)b->qs)));
    __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(b->qs + 16))));
    return join_bf16(_mm512_mul_ps(low, d), _mm512_mul_ps(high, d));
}
TO_BF16_BY_BLOCKS(q8_0, one_q8_0)

/* 32 bytes hold two groups, one in their low nibbles and one in their high ones. */
INLINE void to_bf16_q4_k(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    const struct block_q4_k *b = (const void *)src;
    for (; n; n -= 256, b++) {
        float d[8], m[8];
        unpack_k4_scales(b->scales, half_to_f32(b->d), -half_to_f32(b->dmin), d, m);
        for (size_t i = 0; i < 8; i += 2, dst += 2 * step) {
            __m512i w = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(b->qs + 16 * i)));
            __m512i t0 = table_16(_mm512_fmadd_ps(codes_16(), _mm512_set1_ps(d[i]), _mm512_set1_ps(m[i])));
            __m512i t1 = table_16(_mm512_fmadd_ps(codes_16(), _mm512_set1_ps(d[i + 1]), _mm512_set1_ps(m[i + 1])));
            _mm512_store_si512(dst, _mm512_permutexvar_epi16(w, t0));
            _mm512_store_si512(dst + step, _mm512_permutexvar_epi16(_mm512_srli_epi16(w, 4), t1));
        }
    }
}

INLINE void to_bf16_q5_k(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    const struct block_q5_k *b = (const void *)src;
    const __m512i low = _mm512_set1_epi16(15);
    for (; n; n -= 256, b++) {
        float d[8], m[8];
        unpack_k4_scales(b->scales, half_to_f32(b->d), -half_to_f32(b->dmin), d, m);
        __m512i high = _mm512_slli_epi16(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)b->qh)), 4);
        for (size_t i = 0; i < 8; i += 2, dst += 2 * step, high = _mm512_srli_epi16(high, 2)) {
            __m512i w = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(b->qs + 16 * i)));
            /* (a & b) | (c & ~b): bits 0 to 3 of the nibbles, bit 4 of the fifth bits; the others do not count */
            __m512i i0 = _mm512_ternarylogic_epi64(w, low, high, 0xe2);
            __m512i i1 = _mm512_ternarylogic_epi64(_mm512_srli_epi16(w, 4), low, _mm512_srli_epi16(high, 1), 0xe2);
            _mm512_store_si512(dst, _mm512_permutexvar_epi16(i0, table_32(_mm512_set1_ps(d[i]), _mm512_set1_ps(m[i]))));
            _mm512_store_si512(dst + step, _mm512_permutexvar_epi16(i1, table_32(_mm512_set1_ps(d[i + 1]), _mm512_set1_ps(m[i + 1]))));
        }
    }
}

/* 32 values of Q6_K: four bits of each in `four` (upper bits clear), two in bits 4 and 5 of `two`; −32. */
INLINE __m512i scale_six(__m256i four, __m256i two, __m512 d0, __m512 d1)
{
    __m256i q = _mm256_or_si256(four, _mm256_and_si256(two, _mm256_set1_epi8(48)));
    return scale_bytes(_mm256_sub_epi8(q, _mm256_set1_epi8(32)), d0, d1);
}

INLINE void to_bf16_q6_k(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    const struct block_q6_k *b = (const void *)src;
    const __m256i low = _mm256_set1_epi8(15);
    for (; n; n -= 256, b++) {
        float d[16];
        __m512 codes = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)b->scales)));
        _mm512_storeu_ps(d, _mm512_mul_ps(codes, _mm512_set1_ps(half_to_f32(b->d))));
        for (size_t h = 0; h < 2; h++, dst += 4 * step) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(b->ql + 64 * h)),
                    y = _mm256_loadu_si256((const __m256i *)(b->ql + 64 * h + 32));
            __m256i t = _mm256_loadu_si256((const __m256i *)(b->qh + 32 * h));
#define D(i) _mm512_set1_ps(d[8 * h + (i)])
            _mm512_store_si512(dst, scale_six(_mm256_and_si256(x, low), _mm256_slli_epi16(t, 4), D(0), D(1)));
            _mm512_store_si512(dst + step, scale_six(_mm256_and_si256(y, low), _mm256_slli_epi16(t, 2), D(2), D(3)));
            _mm512_store_si512(dst + 2 * step, scale_six(_mm256_and_si256(_mm256_srli_epi16(x, 4), low), t, D(4), D(5)));
            _mm512_store_si512(dst + 3 * step,
                               scale_six(_mm256_and_si256(_mm256_srli_epi16(y, 4), low), _mm256_srli_epi16(t, 2), D(6), D(7)));
#undef D
        }
    }
}

/* A type without a way of its own, by groups of 16. */
#define TO_BF16_BY_GROUPS(name, has_min)                                                                                           \
    INLINE void to_bf16_##name(const uint8_t *src, size_t n, uint8_t *dst, size_t step)                                            \
    {                                                                                                                              \
        for (; n; n -= 256, src += sizeof(struct block_##name)) {                                                                  \
            int8_t q[256];                                                                                                         \
            float d[16], m[16];                                                                                                    \
            unpack_##name(src, 256, q, d, m);                                                                                      \
            for (size_t i = 0; i < 16; i += 2, dst += step) {                                                                      \
                __m512 v[2];                                                                                                       \
                for (size_t h = 0; h < 2; h++) {                                                                                   \
                    __m512 x = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(q + 16 * (i + h)))));     \
                    v[h] = _mm512_fmadd_ps(x, _mm512_set1_ps(d[i + h]), has_min ? _mm512_set1_ps(m[i + h]) : _mm512_setzero_ps()); \
                }                                                                                                                  \
                _mm512_store_si512(dst, join_bf16(v[0], v[1]));                                                                    \
            }                                                                                                                      \
        }                                                                                                                          \
    }
TO_BF16_BY_GROUPS(q2_k, true)
TO_BF16_BY_GROUPS(q3_k, false)

/* Float rows may end anywhere: zeros fill the last 32 values. */
INLINE __mmask32 first_of_32(size_t n)
{
    return n < 32 ? (1u << n) - 1 : ~0u;
}

INLINE void to_bf16_bf16(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    for (size_t i = 0; i < n; i += 32, src += 64, dst += step)
        _mm512_store_si512(dst, _mm512_maskz_loadu_epi16(first_of_32(n - i), src));
}

INLINE void to_bf16_f16(const uint8_t *src, size_t n, uint8_t *dst, size_t step)
{
    for (size_t i = 0; i < n; i += 32, src += 64, dst += step) {
        __m512i h = _mm512_maskz_loadu_epi16(first_of_32(n - i), src);
        _mm512_store_si512(dst, join_bf16(_mm512_cvtph_ps(_mm512_castsi512_si256(h)), _mm512_cvtph_ps(_mm512_extracti64x4_epi64(h, 1))));
    }
}

#endif
