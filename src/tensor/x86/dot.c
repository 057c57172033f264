/* Products of quantised weight rows with one row of 8-bit activations, and the quantising of that row.
 *
 * Eight groups at a time: each gives a register of partial sums, a tree of horizontal additions turns eight of them into one
 * register with a sum for each group, and one conversion and one fma scale all eight. Scales are collected from their blocks
 * into one register, too. This costs about ten instructions for 32 weights, where memory allows some forty. */
#include "tensor/unpack.h"
#include "tensor/x86/level.h"

#define INLINE static inline __attribute__((always_inline))

/* Eight partial sums of 32 products u·a, u in 0 … 127. */
INLINE __m256i mul_small(__m256i u, const int8_t *a)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)a);
#if defined(__AVX512VNNI__)
    return _mm256_dpbusd_epi32(_mm256_setzero_si256(), u, x);
#else
    return _mm256_madd_epi16(_mm256_maddubs_epi16(u, x), _mm256_set1_epi16(1));
#endif
}

/* The same for w in −128 … 127, plus SIGNED_BIAS · Σ a: VNNI wants its first factor unsigned. AVX2 moves the sign over to a,
 * which is never −128, and 128 · 127 · 2 still fits 16 bits. */
#if defined(__AVX512VNNI__)
enum { SIGNED_BIAS = 128 };
INLINE __m256i mul_signed(__m256i w, const int8_t *a)
{
    return mul_small(_mm256_xor_si256(w, _mm256_set1_epi8(-128)), a);
}
#else
enum { SIGNED_BIAS = 0 };
INLINE __m256i mul_signed(__m256i w, const int8_t *a)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)a);
    return _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)), _mm256_set1_epi16(1));
}
#endif

/* The low (.lo) and high halves' sums of four registers: lane i of each half is the sum of v[i]'s half. */
INLINE __m256i sums4(const __m256i v[4])
{
    return _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
}

/* Lane i: the sum of v[i]. */
INLINE __m256i sums8(const __m256i v[8])
{
    __m256i a = sums4(v), b = sums4(v + 4);
    return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/* Lane 2i: the sum of v[i]'s low half, lane 2i + 1: of its high one. */
INLINE __m256i sums4x2(const __m256i v[4])
{
    return _mm256_permutevar8x32_epi32(sums4(v), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

INLINE __m256i less_bias(__m256i sums, const int32_t *a_sums, int bias)
{
    if (!bias)
        return sums;
    return _mm256_sub_epi32(sums, _mm256_mullo_epi32(_mm256_loadu_si256((const __m256i *)a_sums), _mm256_set1_epi32(bias)));
}

INLINE __m256 add_groups(__m256 lanes, __m256i sums, __m256 d, __m256 da)
{
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), _mm256_mul_ps(d, da), lanes);
}

INLINE uint16_t load_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Eight f16 scales, `step` bytes apart. */
INLINE __m256 load_scales(const uint8_t *p, size_t step)
{
    __m128i h = _mm_cvtsi32_si128(load_u16(p));
    h = _mm_insert_epi16(h, load_u16(p + step), 1);
    h = _mm_insert_epi16(h, load_u16(p + 2 * step), 2);
    h = _mm_insert_epi16(h, load_u16(p + 3 * step), 3);
    h = _mm_insert_epi16(h, load_u16(p + 4 * step), 4);
    h = _mm_insert_epi16(h, load_u16(p + 5 * step), 5);
    h = _mm_insert_epi16(h, load_u16(p + 6 * step), 6);
    h = _mm_insert_epi16(h, load_u16(p + 7 * step), 7);
    return _mm256_cvtph_ps(h);
}

/* Activations' scales of sixteen groups of 16, from those of eight blocks of 32. */
INLINE __m256 twice_low(__m256 d)
{
    return _mm256_permutevar8x32_ps(d, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
INLINE __m256 twice_high(__m256 d)
{
    return _mm256_permutevar8x32_ps(d, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
}

/* Unpacked groups, at most 256 values: the way of all types that have none of their own, and of ends of rows. Groups that are
 * not there have scales of 0 (masked loads: what lies behind a row of activations may be NaN). */
struct chunk {
    int8_t q[256];
    float d[16], m[16];
};

INLINE __m256 chunk32(__m256 lanes, const struct chunk *c, bool has_min, const struct act_row *a, size_t at, size_t n)
{
    __m256i v[8], mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n / 32)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    for (int i = 0; i < 8; i++)
        v[i] = mul_signed(_mm256_loadu_si256((const __m256i *)(c->q + 32 * i)), a->q + at + 32 * i);
    __m256i sums = less_bias(sums8(v), a->sum32 + at / 32, SIGNED_BIAS);
    lanes = add_groups(lanes, sums, _mm256_maskload_ps(c->d, mask), _mm256_maskload_ps(a->d + at / 32, mask));
    if (has_min)
        lanes = _mm256_fmadd_ps(_mm256_maskload_ps(a->s32 + at / 32, mask), _mm256_maskload_ps(c->m, mask), lanes);
    return lanes;
}

INLINE __m256 chunk16(__m256 lanes, const struct chunk *c, bool has_min, const struct act_row *a, size_t at)
{
    __m256i v[8];
    for (int i = 0; i < 8; i++)
        v[i] = mul_signed(_mm256_loadu_si256((const __m256i *)(c->q + 32 * i)), a->q + at + 32 * i);
    __m256 da = _mm256_loadu_ps(a->d + at / 32);
    for (int h = 0; h < 2; h++) {
        size_t g = at / 16 + 8 * (size_t)h;
        __m256i sums = less_bias(sums4x2(v + 4 * h), a->sum16 + g, SIGNED_BIAS);
        lanes = add_groups(lanes, sums, _mm256_loadu_ps(c->d + 8 * h), h ? twice_high(da) : twice_low(da));
        if (has_min)
            lanes = _mm256_fmadd_ps(_mm256_loadu_ps(a->s16 + g), _mm256_loadu_ps(c->m + 8 * h), lanes);
    }
    return lanes;
}

INLINE __m256 dot_chunk(__m256 lanes, unpack_fn *unpack, const void *w, size_t group, bool has_min, const struct act_row *a, size_t at,
                        size_t n)
{
    struct chunk c;
    unpack(w, n, c.q, c.d, c.m);
    if (n < sizeof c.q)
        memset(c.q + n, 0, sizeof c.q - n);
    return group == 16 ? chunk16(lanes, &c, has_min, a, at) : chunk32(lanes, &c, has_min, a, at, n);
}

/* A type without a kernel of its own. */
#define DOT_BY_CHUNKS(name, ID, group, has_min)                                                              \
    DOT(name)                                                                                                \
    {                                                                                                        \
        for (size_t r = 0; r < n_rows; r++, w += row_bytes) {                                                \
            __m256 lanes = _mm256_setzero_ps();                                                              \
            for (size_t i = 0; i < k; i += 256) {                                                            \
                const uint8_t *p = w + i / BLOCK_LEN_##ID * BLOCK_BYTES_##ID;                                \
                prefetch(p, 256 / BLOCK_LEN_##ID * BLOCK_BYTES_##ID);                                        \
                lanes = dot_chunk(lanes, unpack_##name, p, group, has_min, a, i, k - i < 256 ? k - i : 256); \
            }                                                                                                \
            out[r] = reduce8(lanes);                                                                         \
        }                                                                                                    \
    }
DOT_BY_CHUNKS(q4_1, Q4_1, 32, true)
DOT_BY_CHUNKS(q5_0, Q5_0, 32, false)
DOT_BY_CHUNKS(q5_1, Q5_1, 32, true)
DOT_BY_CHUNKS(iq4_nl, IQ4_NL, 32, false)
DOT_BY_CHUNKS(q2_k, Q2_K, 16, true)
DOT_BY_CHUNKS(q3_k, Q3_K, 16, false)
DOT_BY_CHUNKS(q5_k, Q5_K, 32, true)

DOT(q8_0)
{
    enum { STEP = 8 * BLOCK_BYTES_Q8_0 };
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 lanes = _mm256_setzero_ps();
        const struct block_q8_0 *b = (const void *)w;
        size_t i = 0;
        for (; i + 256 <= k; i += 256, b += 8) {
            __m256i v[8];
            prefetch((const uint8_t *)b, STEP);
            for (int j = 0; j < 8; j++)
                v[j] = mul_signed(_mm256_loadu_si256((const __m256i *)b[j].qs), a->q + i + 32 * j);
            __m256i sums = less_bias(sums8(v), a->sum32 + i / 32, SIGNED_BIAS);
            lanes = add_groups(lanes, sums, load_scales((const uint8_t *)b, sizeof *b), _mm256_loadu_ps(a->d + i / 32));
        }
        if (i < k)
            lanes = dot_chunk(lanes, unpack_q8_0, b, 32, false, a, i, k - i);
        out[r] = reduce8(lanes);
    }
}

DOT(q4_0)
{
    enum { STEP = 8 * BLOCK_BYTES_Q4_0 };
    const __m256i low = _mm256_set1_epi8(15), shift = _mm256_setr_epi64x(0, 0, 4, 4);
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 lanes = _mm256_setzero_ps();
        const struct block_q4_0 *b = (const void *)w;
        size_t i = 0;
        for (; i + 256 <= k; i += 256, b += 8) {
            __m256i v[8];
            prefetch((const uint8_t *)b, STEP);
            for (int j = 0; j < 8; j++) {
                __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)b[j].qs));
                v[j] = mul_small(_mm256_and_si256(_mm256_srlv_epi64(both, shift), low), a->q + i + 32 * j);
            }
            __m256i sums = less_bias(sums8(v), a->sum32 + i / 32, 8);
            lanes = add_groups(lanes, sums, load_scales((const uint8_t *)b, sizeof *b), _mm256_loadu_ps(a->d + i / 32));
        }
        if (i < k)
            lanes = dot_chunk(lanes, unpack_q4_0, b, 32, false, a, i, k - i);
        out[r] = reduce8(lanes);
    }
}

/* The eight 6-bit scales and mins of a super-block as bytes. */
INLINE void load_k4_scales(const uint8_t p[12], __m256 *scales, __m256 *mins)
{
    uint32_t u[3];
    memcpy(u, p, sizeof u);
    uint64_t s = (u[0] & 0x3f3f3f3f) | (uint64_t)((u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030)) << 32;
    uint64_t m = (u[1] & 0x3f3f3f3f) | (uint64_t)((u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030)) << 32;
    *scales = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)s)));
    *mins = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)m)));
}

DOT(q4_k)
{
    const __m256i low = _mm256_set1_epi8(15);
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 lanes = _mm256_setzero_ps();
        const struct block_q4_k *b = (const void *)w;
        for (size_t i = 0; i < k; i += 256, b++) {
            __m256i v[8];
            __m256 scales, mins;
            prefetch((const uint8_t *)b, sizeof *b);
            for (int j = 0; j < 4; j++) {
                __m256i x = _mm256_loadu_si256((const __m256i *)(b->qs + 32 * j));
                v[2 * j] = mul_small(_mm256_and_si256(x, low), a->q + i + 64 * j);
                v[2 * j + 1] = mul_small(_mm256_and_si256(_mm256_srli_epi16(x, 4), low), a->q + i + 64 * j + 32);
            }
            load_k4_scales(b->scales, &scales, &mins);
            scales = _mm256_mul_ps(_mm256_set1_ps(half_to_f32(b->d)), scales);
            mins = _mm256_mul_ps(_mm256_set1_ps(-half_to_f32(b->dmin)), mins);
            lanes = add_groups(lanes, sums8(v), scales, _mm256_loadu_ps(a->d + i / 32));
            lanes = _mm256_fmadd_ps(_mm256_loadu_ps(a->s32 + i / 32), mins, lanes);
        }
        out[r] = reduce8(lanes);
    }
}

/* Four registers of 32 values, 0 … 63, from one half of a Q6_K block. */
INLINE void load_q6(const uint8_t *ql, const uint8_t *qh, __m256i u[4])
{
    const __m256i low = _mm256_set1_epi8(15), high = _mm256_set1_epi8(48);
    __m256i a = _mm256_loadu_si256((const __m256i *)ql), b = _mm256_loadu_si256((const __m256i *)(ql + 32));
    __m256i h = _mm256_loadu_si256((const __m256i *)qh);
    u[0] = _mm256_or_si256(_mm256_and_si256(a, low), _mm256_and_si256(_mm256_slli_epi16(h, 4), high));
    u[1] = _mm256_or_si256(_mm256_and_si256(b, low), _mm256_and_si256(_mm256_slli_epi16(h, 2), high));
    u[2] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(a, 4), low), _mm256_and_si256(h, high));
    u[3] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(b, 4), low), _mm256_and_si256(_mm256_srli_epi16(h, 2), high));
}

DOT(q6_k)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 lanes = _mm256_setzero_ps();
        const struct block_q6_k *b = (const void *)w;
        for (size_t i = 0; i < k; i += 256, b++) {
            prefetch((const uint8_t *)b, sizeof *b);
            __m256 d = _mm256_set1_ps(half_to_f32(b->d)), da = _mm256_loadu_ps(a->d + i / 32);
            for (int h = 0; h < 2; h++) {
                __m256i v[4];
                size_t at = i + 128 * (size_t)h;
                load_q6(b->ql + 64 * h, b->qh + 32 * h, v);
                for (int j = 0; j < 4; j++)
                    v[j] = mul_small(v[j], a->q + at + 32 * (size_t)j);
                __m256i codes = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(b->scales + 8 * h)));
                __m256 scales = _mm256_mul_ps(d, _mm256_cvtepi32_ps(codes));
                lanes = add_groups(lanes, less_bias(sums4x2(v), a->sum16 + at / 16, 32), scales, h ? twice_high(da) : twice_low(da));
            }
        }
        out[r] = reduce8(lanes);
    }
}

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
