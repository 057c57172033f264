/* Products of quantised weight rows with a few rows of 8-bit activations; for AVX-512 there is dot512.c.
 *
 * A piece of 256 weights is unpacked into eight registers of codes and a register (or two) of scales, for all rows of
 * activations at once. The sixteens of a group of 32 lie in the same half of two registers, first[i] and second[i]
 * (act_row.halves lies so, too): their products are added where they are, and a short tree of horizontal additions gives a
 * register with a sum for each of eight groups, which one conversion and one fma scale. Groups of 16 do without the addition.
 * What counts is the number of instructions: about six for 32 weights, since work and memory overlap only in part.
 */
#include "tensor/x86/piece.h"

/* sum + eight partial sums of 32 products u·a, u in 0 … 255 with VNNI, 0 … 63 without: two of those products fit 16 bits. */
#if defined(__AVXVNNI__)
INLINE __m256i add_products(__m256i sum, __m256i u, __m256i a)
{
    return _mm256_dpbusd_avx_epi32(sum, u, a);
}
INLINE __m256i mul_small(__m256i u, const int8_t *a)
{
    return add_products(_mm256_setzero_si256(), u, load32(a));
}
INLINE __m256i mul_small2(const __m256i u[2], const int8_t *a)
{
    return add_products(mul_small(u[0], a), u[1], load32(a + 32));
}
/* The same for w in −128 … 127, plus SIGNED_BIAS · Σ a: VNNI wants its first factor unsigned. */
enum { SIGNED_BIAS = 128 };
INLINE __m256i mul_signed2(const __m256i w[2], const int8_t *a)
{
    __m256i u[2] = {_mm256_xor_si256(w[0], _mm256_set1_epi8(-128)), _mm256_xor_si256(w[1], _mm256_set1_epi8(-128))};
    return mul_small2(u, a);
}
#else
INLINE __m256i pairs(__m256i v)
{
    return _mm256_madd_epi16(v, _mm256_set1_epi16(1));
}
INLINE __m256i mul_small(__m256i u, const int8_t *a)
{
    return pairs(_mm256_maddubs_epi16(u, load32(a)));
}
INLINE __m256i mul_small2(const __m256i u[2], const int8_t *a)
{
    return pairs(_mm256_add_epi16(_mm256_maddubs_epi16(u[0], load32(a)), _mm256_maddubs_epi16(u[1], load32(a + 32))));
}
/* The sign moves over to a, which is never −128, and 128 · 127 · 2 still fits 16 bits. */
enum { SIGNED_BIAS = 0 };
INLINE __m256i mul_signed2(const __m256i w[2], const int8_t *a)
{
    __m256i v[2];
    for (int i = 0; i < 2; i++)
        v[i] = pairs(_mm256_maddubs_epi16(_mm256_abs_epi8(w[i]), _mm256_sign_epi8(load32(a + 32 * i), w[i])));
    return _mm256_add_epi32(v[0], v[1]);
}
#endif

/* Lane 2i: the sum of v[i]'s low half, lane 2i + 1: of its high one. */
INLINE __m256i sums8(const __m256i v[4])
{
    __m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    return _mm256_permutevar8x32_epi32(s, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

INLINE __m256i less_bias(__m256i sums, const int32_t *a_sums, int bias)
{
    if (!bias)
        return sums;
    return _mm256_sub_epi32(sums, _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)a_sums), __builtin_ctz((unsigned)bias)));
}

/* Activations' scales of eight groups of 16, from those of blocks of 32: the lower and the upper half of the piece. */
INLINE __m256 twice(__m256 d, int half)
{
    __m256i low = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3), high = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
    return _mm256_permutevar8x32_ps(d, half ? high : low);
}

/* Adds a piece's products with activations at … to the lanes. n < 256 values: those behind are passed over (masked: what lies
 * behind a row of activations may be NaN). */
INLINE __m256 add_piece(__m256 lanes, const struct piece *p, struct form f, const struct act_row *a, size_t at, size_t n)
{
    __m256i v[4];
    for (int i = 0; i < 4; i++) {
        const int8_t *x = a->halves + at + 64 * i;
        v[i] = f.is_signed ? mul_signed2(p->codes + 2 * i, x) : mul_small2(p->codes + 2 * i, x);
    }
    __m256i mask = n == PIECE ? _mm256_set1_epi32(-1)
                              : _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n / 32)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    __m256 da = n == PIECE ? _mm256_loadu_ps(a->d + at / 32) : _mm256_maskload_ps(a->d + at / 32, mask);
    __m256 sums = _mm256_cvtepi32_ps(less_bias(sums8(v), a->sum32 + at / 32, f.is_signed ? SIGNED_BIAS : f.bias));
    lanes = _mm256_fmadd_ps(sums, _mm256_mul_ps(p->d[0], da), lanes);
    if (f.has_min) {
        __m256 s = n == PIECE ? _mm256_loadu_ps(a->s32 + at / 32) : _mm256_maskload_ps(a->s32 + at / 32, mask);
        lanes = _mm256_fmadd_ps(s, p->m[0], lanes);
    }
    return lanes;
}

/* The same for groups of 16; such types have whole pieces only, and small codes. */
INLINE __m256 add_piece16(__m256 lanes, const struct piece *p, struct form f, const struct act_row *a, size_t at)
{
    __m256 da = _mm256_loadu_ps(a->d + at / 32);
    for (int h = 0; h < 2; h++) {
        __m256i v[4];
        size_t g = at / 16 + 8 * (size_t)h;
        for (int i = 0; i < 4; i++)
            v[i] = mul_small(p->codes[4 * h + i], a->q + at + 128 * h + 32 * i);
        __m256 sums = _mm256_cvtepi32_ps(less_bias(sums8(v), a->sum16 + g, f.bias));
        lanes = _mm256_fmadd_ps(sums, _mm256_mul_ps(p->d[h], twice(da, h)), lanes);
        if (f.has_min)
            lanes = _mm256_fmadd_ps(_mm256_loadu_ps(a->s16 + g), p->m[h], lanes);
    }
    return lanes;
}

/* All rows with n_m rows of activations; always inlined with constants. */
INLINE void dot_rows(load_fn *load, unpack_fn *unpack, struct form f, const struct dot_rows *w, const struct act_row *a, size_t n_m,
                     size_t k, float *out, size_t out_stride)
{
    const struct form end = {.group = 32, .has_min = f.has_min, .is_signed = true};
    const uint8_t *row = w->w;
    uintptr_t ahead = w->next - (uintptr_t)w->w;
    for (size_t r = 0; r < w->n; r++, row += w->row_bytes) {
        struct piece piece;
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
            load_end(unpack, p, k - i, &piece);
            for (size_t j = 0; j < n_m; j++)
                lanes[j] = add_piece(lanes[j], &piece, end, a + j, i, k - i);
        }
        for (size_t j = 0; j < n_m; j++)
            out[j * out_stride + r] = reduce8(lanes[j]);
    }
}

#define LOAD(name) load_##name
PIECE_TYPES(DOT_TYPE)
