/* Products of quantised weight rows with a few rows of 8-bit activations, in registers of 64 bytes; dot.c for AVX-512.
 *
 * A piece of 256 weights is four registers of codes. Groups of 32: the first sixteens of four groups, then their second ones, in
 * the order of act_row.halves, so that two products meet where they are and every quarter of a register has a group. Groups of 16:
 * as they lie. Blocks begin at even addresses of a piece, so scales and codes are picked out of it by permutations of 16-bit words.
 * About 40 instructions for a piece of Q4_0, where dot.c takes 90, which made products in the cache a quarter faster. */
#include "tensor/x86/piece.h"

struct wide {
    __m512i codes[4]; /* unsigned: weight + bias */
    __m256 d[2], m[2];
};
typedef void load_wide_fn(const uint8_t *w, struct wide *p);

INLINE __m512i load64(const void *p)
{
    return _mm512_loadu_si512(p);
}

INLINE __m512i masked64(__m512i v, int mask)
{
    return _mm512_and_si512(v, _mm512_set1_epi8((char)mask));
}

INLINE __m512i both(__m256i low, __m256i high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* A piece of piece.h; signed codes become unsigned. */
INLINE void widen(const struct piece *p, struct form f, struct wide *ret)
{
    for (size_t i = 0; i < 4; i++) {
        size_t at = f.group == 16 ? 2 * i : i / 2 * 4 + i % 2, next = f.group == 16 ? 1 : 2;
        ret->codes[i] = both(p->codes[at], p->codes[at + next]);
        if (f.is_signed)
            ret->codes[i] = _mm512_xor_si512(ret->codes[i], _mm512_set1_epi8(-128));
    }
    ret->d[0] = p->d[0];
    if (f.group == 16)
        ret->d[1] = p->d[1];
    if (f.has_min)
        ret->m[0] = p->m[0];
    if (f.has_min && f.group == 16)
        ret->m[1] = p->m[1];
}

/* Words of two registers: 0 … 31 of a, 32 … 63 of b. */
INLINE __m512i pick(__m512i a, const uint16_t index[32], __m512i b)
{
    return _mm512_permutex2var_epi16(a, load64(index), b);
}

#define EIGHT(w) (w), (w) + 1, (w) + 2, (w) + 3, (w) + 4, (w) + 5, (w) + 6, (w) + 7

/* Eight blocks of nine words, the first of which is the scale. */
INLINE void load_wide_q4_0(const uint8_t *w, struct wide *p)
{
    static const uint16_t scales[32] = {0, 9, 18, 27, 36, 45, 54, 63}, low[32] = {EIGHT(1), EIGHT(10), EIGHT(19), EIGHT(28)},
                          high[32] = {EIGHT(5), EIGHT(14), EIGHT(23), EIGHT(56)}; /* from word 32 on; of the last block, from word 40 on */
    __m512i a = load64(w), b = load64(w + 64), end = load64(w + 80);
    __m512i packed[2] = {pick(a, low, b), pick(b, high, end)};
    for (size_t i = 0; i < 2; i++) {
        p->codes[2 * i] = masked64(packed[i], 15);
        p->codes[2 * i + 1] = masked64(_mm512_srli_epi16(packed[i], 4), 15);
    }
    p->d[0] = _mm256_cvtph_ps(_mm512_castsi512_si128(pick(a, scales, b)));
}

/* Eight blocks of 17 words, the first of which is the scale. */
INLINE void load_wide_q8_0(const uint8_t *w, struct wide *p)
{
    static const uint16_t first[32] = {0, 17, 34, 51}, second[32] = {4, 21, 38, 55}; /* from word 64 on */
    const struct block_q8_0 *b = (const void *)w;
    for (size_t i = 0; i < 2; i++, b += 4) {
        __m512i x = both(load32(b[0].qs), load32(b[1].qs)), y = both(load32(b[2].qs), load32(b[3].qs)), flip = _mm512_set1_epi8(-128);
        p->codes[2 * i] = _mm512_xor_si512(_mm512_shuffle_i64x2(x, y, 0x88), flip);
        p->codes[2 * i + 1] = _mm512_xor_si512(_mm512_shuffle_i64x2(x, y, 0xdd), flip);
    }
    __m128i low = _mm512_castsi512_si128(pick(load64(w), first, load64(w + 64)));
    __m128i high = _mm512_castsi512_si128(pick(load64(w + 128), second, load64(w + 192)));
    p->d[0] = _mm256_cvtph_ps(_mm_unpacklo_epi64(low, high));
}

/* 64 bytes are four groups: low nibbles of 0, 0, 2, 2 and high ones of 1, 1, 3, 3. */
INLINE void load_wide_q4_k(const uint8_t *w, struct wide *p)
{
    const struct block_q4_k *b = (const void *)w;
    const __m512i firsts = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), seconds = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    struct piece scales;
    for (size_t i = 0; i < 2; i++) {
        __m512i v = load64(b->qs + 64 * i), low = masked64(v, 15), high = masked64(_mm512_srli_epi16(v, 4), 15);
        p->codes[2 * i] = _mm512_permutex2var_epi64(low, firsts, high);
        p->codes[2 * i + 1] = _mm512_permutex2var_epi64(low, seconds, high);
    }
    load_k4_scales(b->scales, half_to_f32(b->d), half_to_f32(b->dmin), &scales);
    p->d[0] = scales.d[0];
    p->m[0] = scales.m[0];
}

/* Half a super-block: the nibbles of 64 bytes with two bits each of 32. */
INLINE void load_wide_q6_k(const uint8_t *w, struct wide *p)
{
    const struct block_q6_k *b = (const void *)w;
    const __m512i left = both(_mm256_set1_epi16(4), _mm256_set1_epi16(2)), right = both(_mm256_setzero_si256(), _mm256_set1_epi16(2));
    float d = half_to_f32(b->d);
    for (size_t i = 0; i < 2; i++) {
        __m512i v = load64(b->ql + 64 * i), h = _mm512_broadcast_i64x4(load32(b->qh + 32 * i));
        uint64_t scales;
        p->codes[2 * i] = _mm512_or_si512(masked64(v, 15), masked64(_mm512_sllv_epi16(h, left), 48));
        p->codes[2 * i + 1] = _mm512_or_si512(masked64(_mm512_srli_epi16(v, 4), 15), masked64(_mm512_srlv_epi16(h, right), 48));
        memcpy(&scales, b->scales + 8 * i, sizeof scales);
        p->d[i] = scaled(d, scales, true);
    }
}

/* Types without a loader of their own. */
#define WIDENED(name, ID, ...)                                       \
    INLINE void load_wide_##name(const uint8_t *w, struct wide *ret) \
    {                                                                \
        struct piece p;                                              \
        load_##name(w, &p);                                          \
        widen(&p, (struct form){__VA_ARGS__}, ret);                  \
    }
WIDENED(q4_1, Q4_1, .group = 32, .has_min = true)
WIDENED(q5_0, Q5_0, .group = 32)
WIDENED(q5_1, Q5_1, .group = 32, .has_min = true)
WIDENED(q5_k, Q5_K, .group = 32, .has_min = true)
WIDENED(iq4_nl, IQ4_NL, .group = 32, .is_signed = true)
WIDENED(q2_k, Q2_K, .group = 16, .has_min = true)
WIDENED(q3_k, Q3_K, .group = 16)

/* Sums of the quarters of a and b: groups 0 … 3 and 4 … 7. */
INLINE __m256i sums8(__m512i a, __m512i b)
{
    __m512i t = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    t = _mm512_add_epi32(t, _mm512_shuffle_epi32(t, (_MM_PERM_ENUM)0x4e));
    return _mm512_castsi512_si256(_mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0), t));
}

/* Sums of the quarters of v[0], v[1] …: sixteen groups. */
INLINE __m512i sums16(const __m512i v[4])
{
    __m512i t = _mm512_add_epi32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    __m512i u = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    t = _mm512_add_epi32(_mm512_unpacklo_epi64(t, u), _mm512_unpackhi_epi64(t, u));
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), t);
}

INLINE __m512i products(__m512i sum, __m512i codes, const int8_t *a)
{
    return _mm512_dpbusd_epi32(sum, codes, load64(a));
}

/* Adds a piece's products with activations at … to the lanes. n < 256 values: those behind are passed over (masked: what lies
 * behind a row of activations may be NaN). */
INLINE __m256 add_piece(__m256 lanes, const struct wide *p, struct form f, const struct act_row *a, size_t at, size_t n)
{
    const __m512i zero = _mm512_setzero_si512();
    const int8_t *x = a->halves + at;
    __mmask8 mask = (__mmask8)(n == PIECE ? 0xff : (1u << n / 32) - 1);
    __m256i sums = sums8(products(products(zero, p->codes[0], x), p->codes[1], x + 64),
                         products(products(zero, p->codes[2], x + 128), p->codes[3], x + 192));
    if (f.bias)
        sums = _mm256_sub_epi32(sums, _mm256_slli_epi32(load32(a->sum32 + at / 32), (unsigned)__builtin_ctz((unsigned)f.bias)));
    lanes = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), _mm256_mul_ps(p->d[0], _mm256_maskz_loadu_ps(mask, a->d + at / 32)), lanes);
    return f.has_min ? _mm256_fmadd_ps(_mm256_maskz_loadu_ps(mask, a->s32 + at / 32), p->m[0], lanes) : lanes;
}

/* The same for groups of 16; such types have whole pieces only. */
INLINE __m256 add_piece16(__m256 lanes, const struct wide *p, struct form f, const struct act_row *a, size_t at)
{
    const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    __m512i v[4];
    for (size_t i = 0; i < 4; i++)
        v[i] = products(_mm512_setzero_si512(), p->codes[i], a->q + at + 64 * i);
    __m512i sums = sums16(v);
    if (f.bias)
        sums = _mm512_sub_epi32(sums, _mm512_slli_epi32(load64(a->sum16 + at / 16), (unsigned)__builtin_ctz((unsigned)f.bias)));
    __m512 da = _mm512_permutexvar_ps(twice, _mm512_castps256_ps512(_mm256_loadu_ps(a->d + at / 32))), values = _mm512_cvtepi32_ps(sums);
    __m256 low = _mm256_mul_ps(p->d[0], _mm512_castps512_ps256(da)), high = _mm256_mul_ps(p->d[1], _mm512_extractf32x8_ps(da, 1));
    lanes = _mm256_fmadd_ps(_mm512_castps512_ps256(values), low, lanes);
    if (f.has_min)
        lanes = _mm256_fmadd_ps(_mm256_loadu_ps(a->s16 + at / 16), p->m[0], lanes);
    lanes = _mm256_fmadd_ps(_mm512_extractf32x8_ps(values, 1), high, lanes);
    return f.has_min ? _mm256_fmadd_ps(_mm256_loadu_ps(a->s16 + at / 16 + 8), p->m[1], lanes) : lanes;
}

/* The end of a row that is not a whole piece: n values, whatever the type. */
INLINE void load_wide_end(unpack_fn *unpack, const uint8_t *w, size_t n, struct wide *ret)
{
    struct piece p;
    load_end(unpack, w, n, &p);
    widen(&p, (struct form){.group = 32, .has_min = true, .is_signed = true}, ret);
}

/* All rows with n_m rows of activations; always inlined with constants. */
INLINE void dot_rows(load_wide_fn *load, unpack_fn *unpack, struct form f, const struct dot_rows *w, const struct act_row *a, size_t n_m,
                     size_t k, float *out, size_t out_stride)
{
    const struct form end = {.group = 32, .has_min = f.has_min, .bias = 128};
    const uint8_t *row = w->w;
    uintptr_t ahead = w->next - (uintptr_t)w->w;
    if (f.is_signed)
        f.bias = 128;
    for (size_t r = 0; r < w->n; r++, row += w->row_bytes) {
        struct wide piece;
        __m256 lanes[4];
        const uint8_t *p = row;
        size_t i = 0;
        for (size_t j = 0; j < n_m; j++)
            lanes[j] = _mm256_setzero_ps();
        for (; i + PIECE <= k; i += PIECE, p += f.bytes) {
            prefetch((uintptr_t)p + ahead, f.bytes);
            load(p, &piece);
            for (size_t j = 0; j < n_m; j++)
                lanes[j] = f.group == 16 ? add_piece16(lanes[j], &piece, f, a + j, i) : add_piece(lanes[j], &piece, f, a + j, i, PIECE);
        }
        if (i < k && f.group == 32) {
            load_wide_end(unpack, p, k - i, &piece);
            for (size_t j = 0; j < n_m; j++)
                lanes[j] = add_piece(lanes[j], &piece, end, a + j, i, k - i);
        }
        for (size_t j = 0; j < n_m; j++)
            out[j * out_stride + r] = reduce8(lanes[j]);
    }
}

#define LOAD(name) load_wide_##name
PIECE_TYPES(DOT_TYPE)
