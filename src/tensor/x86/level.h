/* The files of this folder are compiled once for each level, with the level's flags and -DKERNEL_LEVEL=avx2, avxvnni or avx512.
 * (amx adds to avx512: its table names avx512's functions.)
 * Functions that other files call carry the level in their names. What differs between the levels hides in v16.h (sixteen
 * floats), in dot.c (one product of 32 bytes) and in panel.c. */
#ifndef TENSOR_X86_LEVEL_H
#define TENSOR_X86_LEVEL_H

#include <immintrin.h>

#include "tensor/kernels.h"

#if !defined(KERNEL_TABLE)
#define KERNEL_TABLE KERNEL_LEVEL
#endif
#define LEVEL_JOIN_(level, name) level##_##name
#define LEVEL_JOIN(level, name)  LEVEL_JOIN_(level, name)
#define LEVEL(name)              LEVEL_JOIN(KERNEL_LEVEL, name)

/* Rows of activations that a panel kernel takes side by side, the bytes that 32 values of one of them take, and rows of w. */
enum { avx2_PANEL_LANES = 16, avx2_PANEL_LANE_BYTES = 124, avx2_PANEL_TILE_ROWS = 3 };
enum { avxvnni_PANEL_LANES = 16, avxvnni_PANEL_LANE_BYTES = 60, avxvnni_PANEL_TILE_ROWS = 3 };
enum { avx512_PANEL_LANES = 32, avx512_PANEL_LANE_BYTES = 60, avx512_PANEL_TILE_ROWS = 6 };

/* The processor's own prefetchers stop at 4 KB pages and start slowly; without this a thread gets three quarters of the
 * bandwidth. */
static inline void prefetch(uintptr_t p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        _mm_prefetch((const char *)(p + i), _MM_HINT_T0); /* NOLINT(performance-no-int-to-ptr): any address will do */
}

/* ((0+4) + (2+6)) + ((1+5) + (3+7)), + 0 */
static inline float reduce8(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s))) + 0.0f;
}

/* quantise.c */
void LEVEL(quantise)(const float *x, size_t k, struct act_row_out out);
/* dot.c */
#define DOT(name) \
    void LEVEL(dot_##name)(const struct dot_rows *w, const struct act_row *a, size_t m, size_t k, float *out, size_t out_stride)
DOT(q4_0);
DOT(q4_1);
DOT(q5_0);
DOT(q5_1);
DOT(q8_0);
DOT(q2_k);
DOT(q3_k);
DOT(q4_k);
DOT(q5_k);
DOT(q6_k);
DOT(iq4_nl);
/* floats.c */
DOT(f32);
DOT(f16);
DOT(bf16);
void LEVEL(row_to_f32)(enum tensor_type type, const void *src, float *dst, size_t n);
void LEVEL(panel_f32)(const struct panel *p, const float *x, size_t m, float *out, size_t out_stride);
/* vector.c */
void LEVEL(rms_norm)(const float *x, const float *weight, float eps, float *out, size_t n);
void LEVEL(silu_mul)(float *gate, const float *up, size_t n);
void LEVEL(add)(float *x, const float *y, size_t n);
void LEVEL(f32_to_f16)(const float *x, uint16_t *out, size_t n);
void LEVEL(softmax)(float *x, size_t n);
/* attend.c */
void LEVEL(attend)(const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch);
void LEVEL(attend_put)(const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v);
/* panel.c */
void LEVEL(pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst);
void LEVEL(panel_fill)(const struct panel *p, size_t r, unpack_fn *unpack, const void *src);
void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, float *out, size_t out_stride);

#endif
