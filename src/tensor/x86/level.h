/* The files of this folder are compiled once for each level, with the level's flags and -DKERNEL_LEVEL=avx2, avxvnni or avx512,
 * and so are those of level/.
 * (amx adds to avx512: its table names avx512's functions.)
 * Functions that other files call carry the level in their names. What differs between the levels hides in v16.h (sixteen
 * floats), in dot.c (one product of 32 bytes) and in panel.c. */
#ifndef TENSOR_X86_LEVEL_H
#define TENSOR_X86_LEVEL_H

#include <immintrin.h>

#include "tensor/level/level.h"

/* Rows of activations that a panel kernel takes side by side, the bytes that 32 values of one of them take, and rows of w. */
enum { avx2_PANEL_LANES = 6, avx2_PANEL_LANE_BYTES = 124, avx2_PANEL_TILE_ROWS = 16 };
enum { avxvnni_PANEL_LANES = 6, avxvnni_PANEL_LANE_BYTES = 60, avxvnni_PANEL_TILE_ROWS = 16 };
enum { avx512_PANEL_LANES = 6, avx512_PANEL_LANE_BYTES = 60, avx512_PANEL_TILE_ROWS = 32 };

/* Groups of 32 whose first sixteens lie together in act_row.halves, as in a register. */
#if defined(__AVX512F__)
enum { HALVES = 4 };
#else
enum { HALVES = 2 };
#endif

/* The processor's own prefetchers stop at 4 KB pages and start slowly; without this a thread gets three quarters of the
 * bandwidth. */
static inline void prefetch(uintptr_t p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        _mm_prefetch((const char *)(p + i), _MM_HINT_T0); /* NOLINT(performance-no-int-to-ptr): any address will do */
}

/* The same for what is read later, so that it does not drive out what is in use. */
static inline void prefetch_far(uintptr_t p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        _mm_prefetch((const char *)(p + i), _MM_HINT_T1); /* NOLINT(performance-no-int-to-ptr): any address will do */
}

/* ((0+4) + (2+6)) + ((1+5) + (3+7)), + 0 */
static inline float reduce8(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s))) + 0.0f;
}

#endif
