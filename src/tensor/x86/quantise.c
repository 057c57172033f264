/* Activations to 8 bits. */
#include "tensor/x86/level.h"

INLINE float max8(__m256 v)
{
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

/* Eight floats to integers in −127 … 127; NaN becomes −127 (max returns its second operand then). */
INLINE __m256i round8(__m256 x, __m256 inv)
{
    __m256 r = _mm256_max_ps(_mm256_mul_ps(x, inv), _mm256_set1_ps(-127));
    return _mm256_cvtps_epi32(_mm256_min_ps(r, _mm256_set1_ps(127)));
}

INLINE int32_t sum4i(__m128i v)
{
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
}

INLINE int32_t sum8i(__m256i v)
{
    return sum4i(_mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

void LEVEL(quantise)(const float *x, size_t k, struct act_row_out out)
{
    const __m256 no_sign = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    for (size_t b = 0; b < k / 32; b++, x += 32) {
        __m256 v[4], amax = _mm256_setzero_ps();
        for (int i = 0; i < 4; i++) {
            v[i] = _mm256_loadu_ps(x + 8 * i);
            amax = _mm256_max_ps(_mm256_and_ps(v[i], no_sign), amax); /* NaN is passed over */
        }
        float d = max8(amax) / 127;
        __m256 inv = _mm256_set1_ps(d > 0 ? 1 / d : 0);
        __m256i q[4];
        for (int i = 0; i < 4; i++)
            q[i] = round8(v[i], inv);
        /* packing works within halves; the permutation puts the quarters in order again */
        __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
        bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256((__m256i *)(out.q + 32 * b), bytes);
        int8_t *halves = out.halves + b / HALVES * HALVES * 32 + b % HALVES * 16;
        _mm_storeu_si128((__m128i *)halves, _mm256_castsi256_si128(bytes));
        _mm_storeu_si128((__m128i *)(halves + 16 * HALVES), _mm256_extracti128_si256(bytes, 1));
        int32_t s0 = sum8i(_mm256_add_epi32(q[0], q[1])), s1 = sum8i(_mm256_add_epi32(q[2], q[3]));
        out.d[b] = d;
        out.sum16[2 * b] = s0;
        out.sum16[2 * b + 1] = s1;
        out.sum32[b] = s0 + s1;
        out.s16[2 * b] = d * (float)s0;
        out.s16[2 * b + 1] = d * (float)s1;
        out.s32[b] = d * (float)(s0 + s1);
    }
}
