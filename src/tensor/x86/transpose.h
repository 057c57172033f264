/* Square blocks of 32-bit values from rows to columns. */
#ifndef TENSOR_X86_TRANSPOSE_H
#define TENSOR_X86_TRANSPOSE_H

#include <immintrin.h>

#if defined(__AVX512F__)
enum { TRANSPOSE_WIDTH = 16 };
typedef __m512i words;

/* Word j of register i ↔ word i of register j: pairs, fours, and then the quarters of the registers. */
static inline __attribute__((always_inline)) void transpose(words r[16])
{
    words t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

/* from[n_from ≤ 16][16] to to[n_to ≤ 16][n_from], rows from_stride and to_stride apart. */
static inline void transpose_block(const float *from, size_t from_stride, size_t n_from, float *to, size_t to_stride, size_t n_to)
{
    words r[16];
    __mmask16 mask = (__mmask16)((1u << n_from) - 1);
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        r[i] = i < n_from ? _mm512_loadu_si512(from + i * from_stride) : _mm512_setzero_si512();
    transpose(r);
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        if (i < n_to)
            _mm512_mask_storeu_epi32(to + i * to_stride, mask, r[i]);
}
#else
enum { TRANSPOSE_WIDTH = 8 };
typedef __m256 words;

static inline __attribute__((always_inline)) void transpose(words r[8])
{
    words t[8];
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        r[i] = t[i];
}

/* from[n_from ≤ 8][8] to to[n_to ≤ 8][n_from], rows from_stride and to_stride apart. */
static inline void transpose_block(const float *from, size_t from_stride, size_t n_from, float *to, size_t to_stride, size_t n_to)
{
    words r[8];
    __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n_from), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++)
        r[i] = i < n_from ? _mm256_loadu_ps(from + i * from_stride) : _mm256_setzero_ps();
    transpose(r);
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++)
        if (i < n_to)
            _mm256_maskstore_ps(to + i * to_stride, mask, r[i]);
}
#endif

#endif
