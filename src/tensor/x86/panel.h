/* How unpacked weights and activations lie for products of many rows; written by panel_fill.c and panel.c, multiplied by panel.c.
 *
 * The rows of weights lie side by side in a register, STEP bytes of each; the same STEP bytes of one row of activations are
 * broadcast against them. So an output is one place of a register, nothing is summed across, and a register of results is
 * ROWS neighbours of a row of `out`.
 *
 * The order of additions is that of kernels.h: groups 0, 8, 16 … make one sum, 1, 9, 17 … the next, and eight of these are
 * added as a tree. So everything is laid out by lanes, first the groups whose number is 0 mod 8, then those of 1 mod 8 …,
 * and is read straight on.
 *
 *     panel        tiles of TILE_ROWS rows, one behind the other
 *     tile         its groups, by lanes
 *     group        codes [group / 4, wide: group / 2][TILE_ROWS][4 bytes], scales [TILE_ROWS], offsets [TILE_ROWS] if there are any
 *     activations  of LANES rows: pack_blocks of 32 values, by lanes */
#ifndef TENSOR_X86_PANEL_H
#define TENSOR_X86_PANEL_H

#include "tensor/x86/level.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* compiling would take minutes */
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define HAS_VNNI 1
#else
#define HAS_VNNI 0
#endif

#if defined(__AVX512VNNI__)
enum { WIDTH = 16 };
#else
enum { WIDTH = 8 };
#endif
enum { LANES = 6, VECS = 2, TILE_ROWS = VECS * WIDTH };
_Static_assert(LANES == (int)LEVEL(PANEL_LANES) && TILE_ROWS == (int)LEVEL(PANEL_TILE_ROWS), "as the table says");

/* A register of floats and one of integers. */
#if defined(__AVX512VNNI__)
typedef __m512 vec;
typedef __m512i ivec;
#define vec_zero       _mm512_setzero_ps
#define vec_add        _mm512_add_ps
#define vec_mul        _mm512_mul_ps
#define vec_fma        _mm512_fmadd_ps
#define vec_set1       _mm512_set1_ps
#define vec_load       _mm512_loadu_ps
#define vec_save       _mm512_storeu_ps
#define vec_from       _mm512_cvtepi32_ps
#define ivec_zero      _mm512_setzero_si512
#define ivec_load      _mm512_loadu_si512
#define ivec_set1      _mm512_set1_epi32
#define ivec_save      _mm512_storeu_si512
#define ivec_set1_8    _mm512_set1_epi8
#define ivec_and       _mm512_and_si512
#define ivec_or        _mm512_or_si512
#define ivec_xor       _mm512_xor_si512
#define ivec_left      _mm512_slli_epi16
#define ivec_right     _mm512_srli_epi16
#define ivec_low32     _mm512_unpacklo_epi32
#define ivec_high32    _mm512_unpackhi_epi32
#define ivec_low64     _mm512_unpacklo_epi64
#define ivec_high64    _mm512_unpackhi_epi64
#define dot_4(s, w, x) _mm512_dpbusd_epi32(s, w, x)
#else
typedef __m256 vec;
typedef __m256i ivec;
#define vec_zero        _mm256_setzero_ps
#define vec_add         _mm256_add_ps
#define vec_mul         _mm256_mul_ps
#define vec_fma         _mm256_fmadd_ps
#define vec_set1        _mm256_set1_ps
#define vec_load        _mm256_loadu_ps
#define vec_save        _mm256_storeu_ps
#define vec_from        _mm256_cvtepi32_ps
#define ivec_zero       _mm256_setzero_si256
#define ivec_load(p)    _mm256_loadu_si256((const __m256i *)(p))
#define ivec_set1       _mm256_set1_epi32
#define ivec_save(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define ivec_set1_8     _mm256_set1_epi8
#define ivec_and        _mm256_and_si256
#define ivec_or         _mm256_or_si256
#define ivec_xor        _mm256_xor_si256
#define ivec_left       _mm256_slli_epi16
#define ivec_right      _mm256_srli_epi16
#define ivec_low32      _mm256_unpacklo_epi32
#define ivec_high32     _mm256_unpackhi_epi32
#define ivec_low64      _mm256_unpacklo_epi64
#define ivec_high64     _mm256_unpackhi_epi64
#if HAS_VNNI
#define dot_4(s, w, x) _mm256_dpbusd_avx_epi32(s, w, x)
#endif
#endif

/* 32 values of LANES rows, and what goes with them. */
struct pack_block {
    int8_t q[LANES][32];
#if !HAS_VNNI
    int16_t q16[LANES][32];
#endif
    float d[LANES], s32[LANES], s16[2][LANES];
    int32_t sum32[LANES], sum16[2][LANES];
};
_Static_assert(sizeof(struct pack_block) == LANES * (size_t)LEVEL(PANEL_LANE_BYTES), "as the table says");

/* Of n groups, those that lie before group g when they are sorted by g mod 8. */
INLINE size_t place_of(size_t g, size_t n)
{
    size_t lane = g % 8;
    return lane * (n / 8) + (lane < n % 8 ? lane : n % 8) + g / 8;
}

/* Codes of 16 bits, where there is no product of 8 bits that is wide enough. */
INLINE size_t group_bytes(size_t group, bool wide, bool has_min)
{
    return TILE_ROWS * ((group << wide) + (has_min ? 2 : 1) * sizeof(float));
}

#endif
