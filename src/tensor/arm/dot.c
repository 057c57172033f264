/* Products of quantised weight rows with a few rows of 8-bit activations.
 *
 * A piece of 256 weights is unpacked into sixteen registers of codes and their groups' scales, for all rows of activations at
 * once. A group's products are added in four places of a register; pairwise additions turn the registers of four groups into
 * one with their sums, which a conversion and an fma scale and add to four lanes.
 *
 * A type is a function that loads a piece, and a `struct form` of constants. */
#include "tensor/level/dot.h"
#include "tensor/arm/level.h"

#define UNROLL _Pragma("GCC unroll 16")

struct piece {
    uint8x16_t codes[16];   /* of 16 values each, in their order; signed as the form says */
    float32x4_t d[4], m[4]; /* of groups 0 … 3, 4 … 7 and, when groups have 16 values, 8 … 11, 12 … 15 */
};
typedef void load_fn(const uint8_t *w, struct piece *p);

struct form {
    size_t group, bytes; /* of a piece */
    bool has_min;
    int bias; /* a weight is its code − bias; a power of two, or 0 */
};

/* sum + four partial sums of 16 products. */
INLINE int32x4_t add_products(int32x4_t sum, uint8x16_t w, const int8_t *a)
{
    int8x16_t s = vreinterpretq_s8_u8(w), x = vld1q_s8(a);
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, s, x);
#else /* −128 · 127 twice still fits 16 bits, and a is never −128 */
    return vpadalq_s16(sum, vmlal_high_s8(vmull_s8(vget_low_s8(s), vget_low_s8(x)), s, x));
#endif
}

/* The sums of the products of four groups, the first of which begins at codes[0] and a[0]. */
INLINE int32x4_t sums_of_four(const uint8x16_t *codes, const int8_t *a, size_t group)
{
    int32x4_t v[4];
    UNROLL for (size_t i = 0; i < 4; i++)
    {
        v[i] = vdupq_n_s32(0);
        UNROLL for (size_t j = 0; j < group; j += 16) v[i] = add_products(v[i], codes[(i * group + j) / 16], a + i * group + j);
    }
    return vpaddq_s32(vpaddq_s32(v[0], v[1]), vpaddq_s32(v[2], v[3]));
}

INLINE int32x4_t less_bias(int32x4_t sums, const int32_t *a_sums, int bias)
{
    return bias ? vsubq_s32(sums, vshlq_s32(vld1q_s32(a_sums), vdupq_n_s32(__builtin_ctz((unsigned)bias)))) : sums;
}

/* Activations with which a piece is multiplied. */
struct act_piece {
    const int8_t *q;
    const float *d, *s; /* d of blocks of 32; s of groups */
    const int32_t *sum; /* of groups */
};

/* Adds a piece's products to the lanes. */
INLINE void add_piece(float32x4_t lanes[2], const struct piece *p, struct form f, struct act_piece a)
{
    UNROLL for (size_t i = 0; i < PIECE / f.group / 4; i++)
    {
        int32x4_t sums = less_bias(sums_of_four(p->codes + i * f.group / 4, a.q + 4 * f.group * i, f.group), a.sum + 4 * i, f.bias);
        float32x4_t da = vld1q_f32(a.d + (f.group == 32 ? 4 * i : i / 2 * 4));
        if (f.group == 16)
            da = i % 2 ? vzip2q_f32(da, da) : vzip1q_f32(da, da);
        lanes[i % 2] = vfmaq_f32(lanes[i % 2], vcvtq_f32_s32(sums), vmulq_f32(p->d[i], da));
        if (f.has_min)
            lanes[i % 2] = vfmaq_f32(lanes[i % 2], vld1q_f32(a.s + 4 * i), p->m[i]);
    }
}

INLINE struct act_piece act_at(const struct act_row *a, size_t at, struct form f)
{
    if (f.group == 16)
        return (struct act_piece){a->q + at, a->d + at / 32, a->s16 + at / 16, a->sum16 + at / 16};
    return (struct act_piece){a->q + at, a->d + at / 32, a->s32 + at / 32, a->sum32 + at / 32};
}

/* The end of a row that is not a whole piece: n values, and zeros behind them, since what lies behind a row of activations may
 * be NaN. Only types with groups of 32 have it. */
INLINE void load_end(unpack_fn *unpack, const uint8_t *w, size_t n, struct piece *p)
{
    int8_t q[PIECE] = {0};
    float d[8] = {0}, m[8] = {0};
    unpack(w, n, q, d, m);
    for (size_t i = 0; i < 16; i++)
        p->codes[i] = vreinterpretq_u8_s8(vld1q_s8(q + 16 * i));
    for (size_t i = 0; i < 2; i++) {
        p->d[i] = vld1q_f32(d + 4 * i);
        p->m[i] = vld1q_f32(m + 4 * i);
    }
}

INLINE void add_end(float32x4_t lanes[2], const struct piece *p, struct form f, const struct act_row *a, size_t at, size_t n)
{
    float d[8] = {0}, s[8] = {0};
    memcpy(d, a->d + at / 32, n / 32 * sizeof *d);
    memcpy(s, a->s32 + at / 32, n / 32 * sizeof *s);
    add_piece(lanes, p, (struct form){.group = 32, .has_min = f.has_min}, (struct act_piece){a->q + at, d, s, NULL});
}

/* All rows with n_m rows of activations; always inlined with constants. */
INLINE void dot_rows(load_fn *load, unpack_fn *unpack, struct form f, const struct dot_rows *w, const struct act_row *a, size_t n_m,
                     size_t k, float *out, size_t out_stride)
{
    const uint8_t *row = w->w;
    uintptr_t ahead = w->next - (uintptr_t)w->w;
    for (size_t r = 0; r < w->n; r++, row += w->row_bytes) {
        struct piece piece;
        float32x4_t lanes[4][2];
        const uint8_t *p = row;
        size_t i = 0;
        UNROLL for (size_t j = 0; j < n_m; j++) lanes[j][0] = lanes[j][1] = vdupq_n_f32(0);
        for (; i + PIECE <= k; i += PIECE, p += f.bytes) {
            prefetch((uintptr_t)p + ahead, f.bytes);
            load(p, &piece);
            UNROLL for (size_t j = 0; j < n_m; j++) add_piece(lanes[j], &piece, f, act_at(a + j, i, f));
        }
        if (i < k && f.group == 32) {
            load_end(unpack, p, k - i, &piece);
            UNROLL for (size_t j = 0; j < n_m; j++) add_end(lanes[j], &piece, f, a + j, i, k - i);
        }
        UNROLL for (size_t j = 0; j < n_m; j++) out[j * out_stride + r] = reduce8(lanes[j][0], lanes[j][1]);
    }
}

/* Loading pieces */

/* Eight f16 scales, `step` bytes apart. */
INLINE void load_halves(const uint8_t *p, size_t step, float32x4_t d[2])
{
    for (size_t i = 0; i < 2; i++, p += 4 * step) {
        uint64_t four = load_u16(p) | load_u16(p + step) << 16 | load_u16(p + 2 * step) << 32 | load_u16(p + 3 * step) << 48;
        d[i] = vcvt_f32_f16(vreinterpret_f16_u64(vcreate_u64(four)));
    }
}

/* Byte j has value j low and value j + 16 high. */
INLINE void nibbles(const uint8_t *p, uint8x16_t codes[2])
{
    uint8x16_t v = vld1q_u8(p);
    codes[0] = v & 15;
    codes[1] = v >> 4;
}

/* Adds the fifth bits of 32 values. */
INLINE void fifths(const uint8_t qh[4], uint8x16_t codes[2])
{
    static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    for (size_t i = 0; i < 2; i++) {
        uint8x16_t bits = vcombine_u8(vdup_n_u8(qh[2 * i]), vdup_n_u8(qh[2 * i + 1]));
        codes[i] |= vtstq_u8(bits, vld1q_u8(bit)) & 16;
    }
}

INLINE void load_q8_0(const uint8_t *w, struct piece *p)
{
    const struct block_q8_0 *b = (const void *)w;
    UNROLL for (int i = 0; i < 16; i++) p->codes[i] = vld1q_u8((const uint8_t *)b[i / 2].qs + i % 2 * 16);
    load_halves(w, sizeof *b, p->d);
}

INLINE void load_q4_0(const uint8_t *w, struct piece *p)
{
    const struct block_q4_0 *b = (const void *)w;
    UNROLL for (int i = 0; i < 8; i++) nibbles(b[i].qs, p->codes + 2 * i);
    load_halves(w, sizeof *b, p->d);
}

INLINE void load_q4_1(const uint8_t *w, struct piece *p)
{
    const struct block_q4_1 *b = (const void *)w;
    UNROLL for (int i = 0; i < 8; i++) nibbles(b[i].qs, p->codes + 2 * i);
    load_halves(w, sizeof *b, p->d);
    load_halves(w + 2, sizeof *b, p->m);
}

INLINE void load_q5_0(const uint8_t *w, struct piece *p)
{
    const struct block_q5_0 *b = (const void *)w;
    UNROLL for (int i = 0; i < 8; i++)
    {
        nibbles(b[i].qs, p->codes + 2 * i);
        fifths(b[i].qh, p->codes + 2 * i);
    }
    load_halves(w, sizeof *b, p->d);
}

INLINE void load_q5_1(const uint8_t *w, struct piece *p)
{
    const struct block_q5_1 *b = (const void *)w;
    UNROLL for (int i = 0; i < 8; i++)
    {
        nibbles(b[i].qs, p->codes + 2 * i);
        fifths(b[i].qh, p->codes + 2 * i);
    }
    load_halves(w, sizeof *b, p->d);
    load_halves(w + 2, sizeof *b, p->m);
}

INLINE void load_iq4_nl(const uint8_t *w, struct piece *p)
{
    const struct block_iq4_nl *b = (const void *)w;
    const uint8x16_t levels = vld1q_u8((const uint8_t *)iq4_nl_values);
    UNROLL for (int i = 0; i < 8; i++)
    {
        nibbles(b[i].qs, p->codes + 2 * i);
        p->codes[2 * i] = vqtbl1q_u8(levels, p->codes[2 * i]);
        p->codes[2 * i + 1] = vqtbl1q_u8(levels, p->codes[2 * i + 1]);
    }
    load_halves(w, sizeof *b, p->d);
}

/* Eight bytes less an offset, times a factor. */
INLINE void scaled(float factor, uint64_t bytes, int offset, float32x4_t d[2])
{
    int16x8_t v = vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(vcreate_u8(bytes))), vdupq_n_s16((int16_t)offset));
    d[0] = vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(v))), factor);
    d[1] = vmulq_n_f32(vcvtq_f32_s32(vmovl_high_s16(v)), factor);
}

/* The eight 6-bit scales and mins of a super-block (k4_scales_unpack). */
INLINE void load_k4_scales(const uint8_t packed[12], float d, float min, struct piece *p)
{
    uint32_t u[3];
    memcpy(u, packed, sizeof u);
    uint64_t s = (u[0] & 0x3f3f3f3f) | (uint64_t)((u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030)) << 32;
    uint64_t m = (u[1] & 0x3f3f3f3f) | (uint64_t)((u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030)) << 32;
    scaled(d, s, 0, p->d);
    scaled(-min, m, 0, p->m);
}

/* Of 32 bytes: group 2i low, group 2i + 1 high. */
INLINE void k4_nibbles(const uint8_t qs[32], uint8x16_t codes[4])
{
    for (int j = 0; j < 2; j++) {
        uint8x16_t v = vld1q_u8(qs + 16 * j);
        codes[j] = v & 15;
        codes[j + 2] = v >> 4;
    }
}

INLINE void load_q4_k(const uint8_t *w, struct piece *p)
{
    const struct block_q4_k *b = (const void *)w;
    UNROLL for (int i = 0; i < 4; i++) k4_nibbles(b->qs + 32 * i, p->codes + 4 * i);
    load_k4_scales(b->scales, half_to_f32(b->d), half_to_f32(b->dmin), p);
}

INLINE void load_q5_k(const uint8_t *w, struct piece *p)
{
    const struct block_q5_k *b = (const void *)w;
    uint8x16_t high[2] = {vld1q_u8(b->qh), vld1q_u8(b->qh + 16)};
    UNROLL for (int i = 0; i < 4; i++) k4_nibbles(b->qs + 32 * i, p->codes + 4 * i);
    UNROLL for (int i = 0; i < 16; i++) p->codes[i] |= (high[i % 2] >> i / 2 & 1) << 4;
    load_k4_scales(b->scales, half_to_f32(b->d), half_to_f32(b->dmin), p);
}

INLINE void load_q6_k(const uint8_t *w, struct piece *p)
{
    const struct block_q6_k *b = (const void *)w;
    float d = half_to_f32(b->d);
    UNROLL for (int i = 0; i < 4; i++) /* half of the piece, half of 32 bytes */
    {
        const uint8_t *ql = b->ql + i / 2 * 64 + i % 2 * 16;
        uint8x16_t x = vld1q_u8(ql), y = vld1q_u8(ql + 32), h = vld1q_u8(b->qh + 16 * i), *c = p->codes + i / 2 * 8 + i % 2;
        c[0] = (x & 15) | (h & 3) << 4;
        c[2] = (y & 15) | (h >> 2 & 3) << 4;
        c[4] = x >> 4 | (h >> 4 & 3) << 4;
        c[6] = y >> 4 | h >> 6 << 4;
    }
    for (int half = 0; half < 2; half++) {
        uint64_t scales;
        memcpy(&scales, b->scales + 8 * half, sizeof scales);
        scaled(d, scales ^ 0x8080808080808080, 128, p->d + 2 * half);
    }
}

INLINE void load_q2_k(const uint8_t *w, struct piece *p)
{
    const struct block_q2_k *b = (const void *)w;
    float d = half_to_f32(b->d), min = -half_to_f32(b->dmin);
    UNROLL for (int i = 0; i < 16; i++) p->codes[i] = vld1q_u8(b->qs + i / 8 * 32 + i % 2 * 16) >> i % 8 / 2 * 2 & 3;
    for (int half = 0; half < 2; half++) {
        uint64_t scales;
        memcpy(&scales, b->scales + 8 * half, sizeof scales);
        scaled(d, scales & 0x0f0f0f0f0f0f0f0f, 0, p->d + 2 * half);
        scaled(min, scales >> 4 & 0x0f0f0f0f0f0f0f0f, 0, p->m + 2 * half);
    }
}

/* See k3_scales_unpack. */
INLINE void load_k3_scales(const uint8_t packed[12], float d, struct piece *p)
{
    uint64_t low;
    uint32_t top;
    memcpy(&low, packed, sizeof low);
    memcpy(&top, packed + 8, sizeof top);
    for (int half = 0; half < 2; half++) {
        uint64_t tops = (top >> 4 * half & 0x03030303) | (uint64_t)(top >> (4 * half + 2) & 0x03030303) << 32;
        scaled(d, (low >> 4 * half & 0x0f0f0f0f0f0f0f0f) | tops << 4, 32, p->d + 2 * half);
    }
}

INLINE void load_q3_k(const uint8_t *w, struct piece *p)
{
    const struct block_q3_k *b = (const void *)w;
    uint8x16_t high[2] = {vld1q_u8(b->hmask), vld1q_u8(b->hmask + 16)};
    UNROLL for (int i = 0; i < 16; i++)
    {
        uint8x16_t twos = vld1q_u8(b->qs + i / 8 * 32 + i % 2 * 16) >> i % 8 / 2 * 2 & 3;
        p->codes[i] = twos | (high[i % 2] >> i / 2 & 1) << 2;
    }
    load_k3_scales(b->scales, half_to_f32(b->d), p);
}

#define LOAD(name) load_##name
DOT_TYPE(q8_0, Q8_0, .group = 32)
DOT_TYPE(iq4_nl, IQ4_NL, .group = 32)
DOT_TYPE(q4_0, Q4_0, .group = 32, .bias = 8)
DOT_TYPE(q4_1, Q4_1, .group = 32, .has_min = true)
DOT_TYPE(q5_0, Q5_0, .group = 32, .bias = 16)
DOT_TYPE(q5_1, Q5_1, .group = 32, .has_min = true)
DOT_TYPE(q4_k, Q4_K, .group = 32, .has_min = true)
DOT_TYPE(q5_k, Q5_K, .group = 32, .has_min = true)
DOT_TYPE(q6_k, Q6_K, .group = 16, .bias = 32)
DOT_TYPE(q2_k, Q2_K, .group = 16, .has_min = true)
DOT_TYPE(q3_k, Q3_K, .group = 16, .bias = 4)
