/* Sixteen floats: one register of AVX-512 or two of AVX2, with the same results bit by bit. */
#ifndef TENSOR_X86_V16_H
#define TENSOR_X86_V16_H

#include "tensor/x86/level.h"

#if defined(__AVX512F__)
typedef __m512 v16;

static inline v16 v16_set1(float x)
{
    return _mm512_set1_ps(x);
}
static inline v16 v16_load(const void *p)
{
    return _mm512_loadu_ps(p);
}
static inline void v16_store(float *p, v16 a)
{
    _mm512_storeu_ps(p, a);
}
static inline v16 v16_add(v16 a, v16 b)
{
    return _mm512_add_ps(a, b);
}
static inline v16 v16_sub(v16 a, v16 b)
{
    return _mm512_sub_ps(a, b);
}
static inline v16 v16_mul(v16 a, v16 b)
{
    return _mm512_mul_ps(a, b);
}
static inline v16 v16_div(v16 a, v16 b)
{
    return _mm512_div_ps(a, b);
}
static inline v16 v16_fma(v16 a, v16 b, v16 c)
{
    return _mm512_fmadd_ps(a, b, c);
}
/* The second operand when either is NaN. */
static inline v16 v16_max(v16 a, v16 b)
{
    return _mm512_max_ps(a, b);
}
static inline v16 v16_min(v16 a, v16 b)
{
    return _mm512_min_ps(a, b);
}
static inline v16 v16_round(v16 a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* a where a's x >= limit, else 0 */
static inline v16 v16_keep_ge(v16 a, v16 x, v16 limit)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), a);
}
/* 2^n for whole n in −126 … 127 */
static inline v16 v16_exp2i(v16 n)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
}
static inline v16 v16_load_f16(const void *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}
static inline v16 v16_load_i8(const void *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p)));
}
/* Rounded, held within −127 … 127; NaN becomes −127. */
static inline void v16_store_i8(int8_t *p, v16 a)
{
    v16 held = _mm512_min_ps(_mm512_max_ps(a, _mm512_set1_ps(-127)), _mm512_set1_ps(127));
    _mm_storeu_si128((__m128i *)p, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(held)));
}
static inline v16 v16_abs(v16 a)
{
    return _mm512_abs_ps(a);
}
/* a in the first n lanes, b behind */
static inline v16 v16_first(v16 a, v16 b, size_t n)
{
    return _mm512_mask_mov_ps(b, (__mmask16)(n < 16 ? (1u << n) - 1 : 0xffff), a);
}
static inline v16 v16_load_bf16(const void *p)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16));
}
static inline void v16_store_f16(uint16_t *p, v16 a)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
static inline __m256 v16_low(v16 a)
{
    return _mm512_castps512_ps256(a);
}
static inline __m256 v16_high(v16 a)
{
    return _mm512_extractf32x8_ps(a, 1);
}

#else
typedef struct {
    __m256 lo, hi;
} v16;

static inline v16 v16_set1(float x)
{
    return (v16){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
static inline v16 v16_load(const void *p)
{
    return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps((const float *)p + 8)};
}
static inline void v16_store(float *p, v16 a)
{
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
}
static inline v16 v16_add(v16 a, v16 b)
{
    return (v16){_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
static inline v16 v16_sub(v16 a, v16 b)
{
    return (v16){_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
static inline v16 v16_mul(v16 a, v16 b)
{
    return (v16){_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
static inline v16 v16_div(v16 a, v16 b)
{
    return (v16){_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
static inline v16 v16_fma(v16 a, v16 b, v16 c)
{
    return (v16){_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
static inline v16 v16_max(v16 a, v16 b)
{
    return (v16){_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
}
static inline v16 v16_min(v16 a, v16 b)
{
    return (v16){_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
}
static inline __m256 v8_round(__m256 a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline v16 v16_round(v16 a)
{
    return (v16){v8_round(a.lo), v8_round(a.hi)};
}
static inline __m256 v8_keep_ge(__m256 a, __m256 x, __m256 limit)
{
    return _mm256_and_ps(a, _mm256_cmp_ps(x, limit, _CMP_NLT_UQ));
}
static inline v16 v16_keep_ge(v16 a, v16 x, v16 limit)
{
    return (v16){v8_keep_ge(a.lo, x.lo, limit.lo), v8_keep_ge(a.hi, x.hi, limit.hi)};
}
static inline __m256 v8_exp2i(__m256 n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
static inline v16 v16_exp2i(v16 n)
{
    return (v16){v8_exp2i(n.lo), v8_exp2i(n.hi)};
}
static inline v16 v16_load_f16(const void *p)
{
    const __m128i *h = p;
    return (v16){_mm256_cvtph_ps(_mm_loadu_si128(h)), _mm256_cvtph_ps(_mm_loadu_si128(h + 1))};
}
static inline __m256 v8_load_i8(const void *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p)));
}
static inline v16 v16_load_i8(const void *p)
{
    return (v16){v8_load_i8(p), v8_load_i8((const int8_t *)p + 8)};
}
static inline __m256i v8_to_i32(__m256 a)
{
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(a, _mm256_set1_ps(-127)), _mm256_set1_ps(127)));
}
static inline void v16_store_i8(int8_t *p, v16 a)
{
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(v8_to_i32(a.lo), v8_to_i32(a.hi)), 0xd8);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}
static inline v16 v16_abs(v16 a)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (v16){_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
}
static inline v16 v16_first(v16 a, v16 b, size_t n)
{
    __m256i limit = _mm256_set1_epi32((int)n), lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 lo = _mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, lane));
    __m256 hi = _mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, _mm256_add_epi32(lane, _mm256_set1_epi32(8))));
    return (v16){_mm256_blendv_ps(b.lo, a.lo, lo), _mm256_blendv_ps(b.hi, a.hi, hi)};
}
static inline __m256 v8_load_bf16(const __m128i *p)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(p)), 16));
}
static inline v16 v16_load_bf16(const void *p)
{
    return (v16){v8_load_bf16(p), v8_load_bf16((const __m128i *)p + 1)};
}
static inline void v16_store_f16(uint16_t *p, v16 a)
{
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    _mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
static inline __m256 v16_low(v16 a)
{
    return a.lo;
}
static inline __m256 v16_high(v16 a)
{
    return a.hi;
}
#endif

static inline float v16_sum(v16 a)
{
    return reduce8(_mm256_add_ps(v16_low(a), v16_high(a)));
}

static inline float v16_max_lane(v16 a)
{
    __m256 v = _mm256_max_ps(v16_low(a), v16_high(a));
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

#endif
