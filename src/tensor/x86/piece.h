/* Pieces of 256 weights of a row, in registers: for each quantised type a function load_NAME that unpacks one, and a `struct form`
 * of constants. For dot.c, which multiplies pieces, and panel.c, which lays them out for many products. */
#ifndef TENSOR_X86_PIECE_H
#define TENSOR_X86_PIECE_H

#include "tensor/level/dot.h"
#include "tensor/x86/level.h"

struct piece {
    /* Groups of 32: register 2i has the first sixteens of groups 2i and 2i + 1, register 2i + 1 the second ones. Groups of 16:
     * register i has groups 2i and 2i + 1. */
    __m256i codes[8];
    __m256 d[2], m[2]; /* of groups 0 … 7 and, when groups have 16 values, 8 … 15 */
};
typedef void load_fn(const uint8_t *w, struct piece *p);

struct form {
    size_t group, bytes; /* of a piece */
    bool has_min, is_signed;
    int bias; /* a weight is its code − bias; a power of two, or 0 */
};

INLINE __m256i load32(const void *p)
{
    return _mm256_loadu_si256(p);
}

INLINE __m256i two(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)), _mm_loadu_si128(high), 1);
}

/* The end of a row that is not a whole piece: n values. Only types with groups of 32 have it. */
INLINE void load_end(unpack_fn *unpack, const uint8_t *w, size_t n, struct piece *p)
{
    int8_t q[PIECE] = {0};
    float d[8] = {0}, m[8] = {0};
    unpack(w, n, q, d, m);
    for (int i = 0; i < 4; i++) {
        p->codes[2 * i] = two(q + 64 * i, q + 64 * i + 32);
        p->codes[2 * i + 1] = two(q + 64 * i + 16, q + 64 * i + 48);
    }
    p->d[0] = _mm256_loadu_ps(d);
    p->m[0] = _mm256_loadu_ps(m);
}

/* Eight f16 scales, `step` bytes apart. Put together in general registers: vector units have enough to do. */
INLINE __m256 load_halves(const uint8_t *p, size_t step)
{
    uint64_t low = load_u16(p) | load_u16(p + step) << 16 | load_u16(p + 2 * step) << 32 | load_u16(p + 3 * step) << 48;
    p += 4 * step;
    uint64_t high = load_u16(p) | load_u16(p + step) << 16 | load_u16(p + 2 * step) << 32 | load_u16(p + 3 * step) << 48;
    return _mm256_cvtph_ps(_mm_set_epi64x((long long)high, (long long)low));
}

INLINE __m256i masked(__m256i v, int mask)
{
    return _mm256_and_si256(v, _mm256_set1_epi8((char)mask));
}

/* Two blocks' nibbles: byte j has value j of its block low and value j + 16 high. */
INLINE void nibbles(const uint8_t *a, const uint8_t *b, __m256i codes[2])
{
    __m256i v = two(a, b);
    codes[0] = masked(v, 15);
    codes[1] = masked(_mm256_srli_epi16(v, 4), 15);
}

INLINE int32_t load_i32(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Adds the fifth bits, 32 of each block. */
INLINE void fifths(const uint8_t *a, const uint8_t *b, __m256i codes[2])
{
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201),
                  two_bytes = _mm256_setr_epi64x(0, 0x0101010101010101, 0, 0x0101010101010101);
    __m256i bits = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_cvtsi32_si128(load_i32(a))), _mm_cvtsi32_si128(load_i32(b)), 1);
    for (int i = 0; i < 2; i++) {
        __m256i v = _mm256_shuffle_epi8(_mm256_srli_epi32(bits, 16 * i), two_bytes);
        codes[i] = _mm256_or_si256(codes[i], masked(_mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit), 16));
    }
}

INLINE void load_q8_0(const uint8_t *w, struct piece *p)
{
    const struct block_q8_0 *b = (const void *)w;
    for (int i = 0; i < 8; i += 2) {
        p->codes[i] = two(b[i].qs, b[i + 1].qs);
        p->codes[i + 1] = two(b[i].qs + 16, b[i + 1].qs + 16);
    }
    p->d[0] = load_halves(w, sizeof *b);
}

INLINE void load_q4_0(const uint8_t *w, struct piece *p)
{
    const struct block_q4_0 *b = (const void *)w;
    for (int i = 0; i < 8; i += 2)
        nibbles(b[i].qs, b[i + 1].qs, p->codes + i);
    p->d[0] = load_halves(w, sizeof *b);
}

INLINE void load_q4_1(const uint8_t *w, struct piece *p)
{
    const struct block_q4_1 *b = (const void *)w;
    for (int i = 0; i < 8; i += 2)
        nibbles(b[i].qs, b[i + 1].qs, p->codes + i);
    p->d[0] = load_halves(w, sizeof *b);
    p->m[0] = load_halves(w + 2, sizeof *b);
}

INLINE void load_q5_0(const uint8_t *w, struct piece *p)
{
    const struct block_q5_0 *b = (const void *)w;
    for (int i = 0; i < 8; i += 2) {
        nibbles(b[i].qs, b[i + 1].qs, p->codes + i);
        fifths(b[i].qh, b[i + 1].qh, p->codes + i);
    }
    p->d[0] = load_halves(w, sizeof *b);
}

INLINE void load_q5_1(const uint8_t *w, struct piece *p)
{
    const struct block_q5_1 *b = (const void *)w;
    for (int i = 0; i < 8; i += 2) {
        nibbles(b[i].qs, b[i + 1].qs, p->codes + i);
        fifths(b[i].qh, b[i + 1].qh, p->codes + i);
    }
    p->d[0] = load_halves(w, sizeof *b);
    p->m[0] = load_halves(w + 2, sizeof *b);
}

INLINE void load_iq4_nl(const uint8_t *w, struct piece *p)
{
    const struct block_iq4_nl *b = (const void *)w;
    const __m256i levels = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)iq4_nl_values));
    for (int i = 0; i < 8; i += 2) {
        nibbles(b[i].qs, b[i + 1].qs, p->codes + i);
        p->codes[i] = _mm256_shuffle_epi8(levels, p->codes[i]);
        p->codes[i + 1] = _mm256_shuffle_epi8(levels, p->codes[i + 1]);
    }
    p->d[0] = load_halves(w, sizeof *b);
}

/* Eight bytes, times a factor. */
INLINE __m256 scaled(float factor, uint64_t bytes, bool is_signed)
{
    __m128i v = _mm_cvtsi64_si128((long long)bytes);
    return _mm256_mul_ps(_mm256_set1_ps(factor), _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v)));
}

/* The eight 6-bit scales and mins of a super-block (k4_scales_unpack). */
INLINE void load_k4_scales(const uint8_t packed[12], float d, float min, struct piece *p)
{
    uint32_t u[3];
    memcpy(u, packed, sizeof u);
    uint64_t s = (u[0] & 0x3f3f3f3f) | (uint64_t)((u[2] & 0x0f0f0f0f) | (u[0] >> 2 & 0x30303030)) << 32;
    uint64_t m = (u[1] & 0x3f3f3f3f) | (uint64_t)((u[2] >> 4 & 0x0f0f0f0f) | (u[1] >> 2 & 0x30303030)) << 32;
    p->d[0] = scaled(d, s, false);
    p->m[0] = scaled(-min, m, false);
}

/* Of 32 bytes: group 2i low, group 2i + 1 high. */
INLINE void k4_nibbles(const uint8_t qs[32], __m256i codes[2])
{
    const __m256i shift = _mm256_setr_epi64x(0, 0, 4, 4);
    for (int i = 0; i < 2; i++) {
        __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(qs + 16 * i)));
        codes[i] = masked(_mm256_srlv_epi64(both, shift), 15);
    }
}

INLINE void load_q4_k(const uint8_t *w, struct piece *p)
{
    const struct block_q4_k *b = (const void *)w;
    for (int i = 0; i < 4; i++)
        k4_nibbles(b->qs + 32 * i, p->codes + 2 * i);
    load_k4_scales(b->scales, half_to_f32(b->d), half_to_f32(b->dmin), p);
}

INLINE void load_q5_k(const uint8_t *w, struct piece *p)
{
    const struct block_q5_k *b = (const void *)w;
    for (int j = 0; j < 2; j++) {
        const __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(b->qh + 16 * j)));
        const __m256i high = _mm256_srlv_epi64(both, _mm256_setr_epi64x(0, 0, 1, 1)); /* bit 2i: of group 2i, or 2i + 1 */
        for (int i = 0; i < 4; i++)
            p->codes[2 * i + j] = _mm256_slli_epi16(masked(_mm256_srli_epi16(high, 2 * i), 1), 4);
    }
    for (int i = 0; i < 4; i++) {
        __m256i low[2];
        k4_nibbles(b->qs + 32 * i, low);
        p->codes[2 * i] = _mm256_or_si256(p->codes[2 * i], low[0]);
        p->codes[2 * i + 1] = _mm256_or_si256(p->codes[2 * i + 1], low[1]);
    }
    load_k4_scales(b->scales, half_to_f32(b->d), half_to_f32(b->dmin), p);
}

INLINE void load_q6_k(const uint8_t *w, struct piece *p)
{
    const struct block_q6_k *b = (const void *)w;
    float d = half_to_f32(b->d);
    for (int half = 0; half < 2; half++) {
        __m256i x = load32(b->ql + 64 * half), y = load32(b->ql + 64 * half + 32), h = load32(b->qh + 32 * half), *c = p->codes + 4 * half;
        c[0] = _mm256_or_si256(masked(x, 15), masked(_mm256_slli_epi16(h, 4), 48));
        c[1] = _mm256_or_si256(masked(y, 15), masked(_mm256_slli_epi16(h, 2), 48));
        c[2] = _mm256_or_si256(masked(_mm256_srli_epi16(x, 4), 15), masked(h, 48));
        c[3] = _mm256_or_si256(masked(_mm256_srli_epi16(y, 4), 15), masked(_mm256_srli_epi16(h, 2), 48));
        uint64_t scales;
        memcpy(&scales, b->scales + 8 * half, sizeof scales);
        p->d[half] = scaled(d, scales, true);
    }
}

INLINE void load_q2_k(const uint8_t *w, struct piece *p)
{
    const struct block_q2_k *b = (const void *)w;
    float d = half_to_f32(b->d), min = -half_to_f32(b->dmin);
    for (int half = 0; half < 2; half++) {
        __m256i x = load32(b->qs + 32 * half);
        for (int i = 0; i < 4; i++)
            p->codes[4 * half + i] = masked(_mm256_srli_epi16(x, 2 * i), 3);
        uint64_t scales;
        memcpy(&scales, b->scales + 8 * half, sizeof scales);
        p->d[half] = scaled(d, scales & 0x0f0f0f0f0f0f0f0f, false);
        p->m[half] = scaled(min, scales >> 4 & 0x0f0f0f0f0f0f0f0f, false);
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
        uint64_t s = (low >> 4 * half & 0x0f0f0f0f0f0f0f0f) | tops << 4;
        __m256i codes = _mm256_sub_epi32(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)s)), _mm256_set1_epi32(32));
        p->d[half] = _mm256_mul_ps(_mm256_set1_ps(d), _mm256_cvtepi32_ps(codes));
    }
}

INLINE void load_q3_k(const uint8_t *w, struct piece *p)
{
    const struct block_q3_k *b = (const void *)w;
    __m256i high = load32(b->hmask);
    for (int i = 0; i < 8; i++) {
        __m256i twos = masked(_mm256_srli_epi16(load32(b->qs + i / 4 * 32), i % 4 * 2), 3);
        p->codes[i] = _mm256_or_si256(twos, _mm256_slli_epi16(masked(_mm256_srli_epi16(high, i), 1), 2));
    }
    load_k3_scales(b->scales, half_to_f32(b->d), p);
}

/* The types: name, id, form. */
#define PIECE_TYPES(X)                                \
    X(q8_0, Q8_0, .group = 32, .is_signed = true)     \
    X(iq4_nl, IQ4_NL, .group = 32, .is_signed = true) \
    X(q4_0, Q4_0, .group = 32, .bias = 8)             \
    X(q4_1, Q4_1, .group = 32, .has_min = true)       \
    X(q5_0, Q5_0, .group = 32, .bias = 16)            \
    X(q5_1, Q5_1, .group = 32, .has_min = true)       \
    X(q4_k, Q4_K, .group = 32, .has_min = true)       \
    X(q5_k, Q5_K, .group = 32, .has_min = true)       \
    X(q6_k, Q6_K, .group = 16, .bias = 32)            \
    X(q2_k, Q2_K, .group = 16, .has_min = true)       \
    X(q3_k, Q3_K, .group = 16, .bias = 4)

#endif
