/* Unpacked weights × many rows of 8-bit activations. The rows of activations lie side by side in a register (sixteen with
 * AVX-512, eight with AVX2), four (two) consecutive values of each; a weight's four (two) values are broadcast against them.
 * So an output is one lane, and nothing is ever summed across lanes.
 *
 * The order of additions is that of kernels.h: groups 0, 8, 16 … first, then 1, 9, 17 …; the eight sums of a tile are kept
 * and reduced at the end. Measured with 512 rows: 0.25 Tera-operations a second on a core of a Sapphire
 * Rapids server with VNNI, 0.05 with AVX2. */
#include "tensor/x86/level.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512VNNI__)
enum { LANES = LEVEL(PANEL_LANES), STEP = 4, TILE_ROWS = 16 };
typedef int8_t packed_t;
typedef uint8_t weight_t; /* value + 128: the unsigned factor of vpdpbusd */
#else
enum { LANES = LEVEL(PANEL_LANES), STEP = 2, TILE_ROWS = 4 };
typedef int16_t packed_t;
typedef int16_t weight_t;
#endif

/* 32 values of LANES rows, and what goes with them. */
struct pack_block {
    packed_t q[32 / STEP][LANES][STEP];
    float d[LANES], s32[LANES], s16[2][LANES];
#if defined(__AVX512VNNI__)
    int32_t c32[LANES], c16[2][LANES]; /* −128 · Σ q: takes the weights' offset out again */
#endif
};
_Static_assert(sizeof(struct pack_block) == LANES * (size_t)LEVEL(PANEL_LANE_BYTES), "as the table says");
_Static_assert(sizeof(struct pack_block) % 64 == 0, "blocks start at cache lines");

static void pack_lane(struct pack_block *b, size_t lane, const struct act_row *row, size_t block)
{
    for (size_t i = 0; i < 32; i++)
        b->q[i / STEP][lane][i % STEP] = row->q[32 * block + i];
    b->d[lane] = row->d[block];
    b->s32[lane] = row->s32[block];
    for (size_t h = 0; h < 2; h++)
        b->s16[h][lane] = row->s16[2 * block + h];
#if defined(__AVX512VNNI__)
    b->c32[lane] = -128 * row->sum32[block];
    for (size_t h = 0; h < 2; h++)
        b->c16[h][lane] = -128 * row->sum16[2 * block + h];
#endif
}

void LEVEL(pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst)
{
    struct pack_block *b = dst;
    for (size_t i = 0; i < k / 32; i++, b++) {
        if (n_rows < LANES)
            memset(b, 0, sizeof *b);
        for (size_t r = 0; r < n_rows; r++)
            pack_lane(b, r, &rows[r], i);
    }
}

static void widen_16(const int8_t *q, weight_t *w)
{
    __m128i v = _mm_loadu_si128((const __m128i *)q);
    if (sizeof *w == 1)
        _mm_storeu_si128((__m128i *)w, _mm_xor_si128(v, _mm_set1_epi8(-128)));
    else
        _mm256_storeu_si256((__m256i *)w, _mm256_cvtepi8_epi16(v));
}

void LEVEL(widen)(const int8_t *q, size_t n, size_t group, void *dst)
{
    weight_t *w = dst;
    for (size_t g = 0; g < n / group; g++, w += PANEL_ROWS * group, q += group) {
        widen_16(q, w);
        if (group == 32)
            widen_16(q + 16, w + 16);
    }
}

#if defined(__AVX512VNNI__)
typedef __m512 vec;
#define vec_zero _mm512_setzero_ps
#define vec_add  _mm512_add_ps
#define vec_load _mm512_loadu_ps
#define vec_save _mm512_storeu_ps

/* Adds group g of TILE_ROWS weight rows (w[TILE_ROWS][group], d and m [TILE_ROWS]) to sum. */
INLINE void add_group(vec sum[TILE_ROWS], const weight_t *w, const float *d, const float *m, const struct pack_block *x, size_t group,
                      size_t half)
{
    __m512i a[8];
    __m512 da = vec_load(x->d), s = vec_load(group == 16 ? x->s16[half] : x->s32);
    __m512i c = _mm512_loadu_si512(group == 16 ? x->c16[half] : x->c32);
#pragma GCC unroll 8
    for (size_t j = 0; j < group / 4; j++)
        a[j] = _mm512_loadu_si512(x->q[group / 4 * half + j]);
#pragma GCC unroll 16
    for (size_t r = 0; r < TILE_ROWS; r++) {
        __m512i even = c, odd = _mm512_setzero_si512(); /* two chains hide the latency */
#pragma GCC unroll 4
        for (size_t j = 0; j < group / 4; j += 2) {
            int32_t u[2];
            memcpy(u, w + r * group + 4 * j, sizeof u);
            even = _mm512_dpbusd_epi32(even, _mm512_set1_epi32(u[0]), a[j]);
            odd = _mm512_dpbusd_epi32(odd, _mm512_set1_epi32(u[1]), a[j + 1]);
        }
        sum[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)), _mm512_mul_ps(da, _mm512_set1_ps(d[r])), sum[r]);
        if (m)
            sum[r] = _mm512_fmadd_ps(s, _mm512_set1_ps(m[r]), sum[r]);
    }
}
#else
typedef __m256 vec;
#define vec_zero _mm256_setzero_ps
#define vec_add  _mm256_add_ps
#define vec_load _mm256_loadu_ps
#define vec_save _mm256_storeu_ps

/* In 16 bits: products of 8-bit pairs could saturate maddubs. */
INLINE void add_group(vec sum[TILE_ROWS], const weight_t *w, const float *d, const float *m, const struct pack_block *x, size_t group,
                      size_t half)
{
    __m256i acc[TILE_ROWS];
    for (size_t r = 0; r < TILE_ROWS; r++)
        acc[r] = _mm256_setzero_si256();
#pragma GCC unroll 16
    for (size_t j = 0; j < group / 2; j++) {
        __m256i a = _mm256_loadu_si256((const __m256i *)x->q[group / 2 * half + j]);
#pragma GCC unroll 4
        for (size_t r = 0; r < TILE_ROWS; r++) {
            int32_t pair;
            memcpy(&pair, w + r * group + 2 * j, sizeof pair);
            acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(_mm256_set1_epi32(pair), a));
        }
    }
    __m256 da = vec_load(x->d), s = vec_load(group == 16 ? x->s16[half] : x->s32);
    for (size_t r = 0; r < TILE_ROWS; r++) {
        sum[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[r]), _mm256_mul_ps(da, _mm256_set1_ps(d[r])), sum[r]);
        if (m)
            sum[r] = _mm256_fmadd_ps(s, _mm256_set1_ps(m[r]), sum[r]);
    }
}
#endif

/* part[TILE_ROWS] ← the eight lanes' sums, reduced: ((0+4) + (2+6)) + ((1+5) + (3+7)), + 0 */
INLINE vec reduce(float part[8][TILE_ROWS][LANES], size_t row)
{
#define P(i) vec_load(part[i][row])
    vec even = vec_add(vec_add(P(0), P(4)), vec_add(P(2), P(6))), odd = vec_add(vec_add(P(1), P(5)), vec_add(P(3), P(7)));
#undef P
    return vec_add(vec_add(even, odd), vec_zero());
}

/* TILE_ROWS rows × LANES activations; always inlined with constant group and has_min. */
INLINE void tile(const weight_t *w, const float *d, const float *m, const struct pack_block *x, size_t n_groups, size_t group, bool has_min,
                 float out[TILE_ROWS][LANES])
{
    _Alignas(64) float part[8][TILE_ROWS][LANES];
    for (size_t lane = 0; lane < 8; lane++) {
        vec sum[TILE_ROWS];
        for (size_t r = 0; r < TILE_ROWS; r++)
            sum[r] = vec_zero();
        for (size_t g = lane; g < n_groups; g += 8) {
            size_t at = g * PANEL_ROWS;
            add_group(sum, w + at * group, d + at, has_min ? m + at : NULL, x + g * group / 32, group, group == 16 ? g % 2 : 0);
        }
        for (size_t r = 0; r < TILE_ROWS; r++)
            vec_save(part[lane][r], sum[r]);
    }
    for (size_t r = 0; r < TILE_ROWS; r++)
        vec_save(out[r], reduce(part, r));
}

typedef void tile_fn(const weight_t *w, const float *d, const float *m, const struct pack_block *x, size_t n_groups,
                     float out[TILE_ROWS][LANES]);
#define TILE(name, group, has_min)                                                                                   \
    static void name(const weight_t *w, const float *d, const float *m, const struct pack_block *x, size_t n_groups, \
                     float out[TILE_ROWS][LANES])                                                                    \
    {                                                                                                                \
        tile(w, d, m, x, n_groups, group, has_min, out);                                                             \
    }
TILE(tile_16, 16, false)
TILE(tile_16_min, 16, true)
TILE(tile_32, 32, false)
TILE(tile_32_min, 32, true)

void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, float *out, size_t out_stride)
{
    static tile_fn *const fns[2][2] = {{tile_32, tile_32_min}, {tile_16, tile_16_min}};
    tile_fn *fn = fns[p->form.group == 16][p->form.has_min];
    size_t group = p->form.group, n_groups = p->k / group;
    for (size_t row = 0; row < p->n_rows; row += TILE_ROWS) {
        _Alignas(64) float t[TILE_ROWS][LANES];
        size_t at = row / PANEL_ROWS * PANEL_ROWS * n_groups + row % PANEL_ROWS;
        const weight_t *w = (const weight_t *)p->q + row / PANEL_ROWS * PANEL_ROWS * p->k + row % PANEL_ROWS * group;
        fn(w, p->d + at, p->m + at, packed, n_groups, t);
        size_t n = p->n_rows - row < TILE_ROWS ? p->n_rows - row : TILE_ROWS;
        for (size_t lane = 0; lane < n_lanes; lane++)
            for (size_t r = 0; r < n; r++)
                out[lane * out_stride + row + r] = t[r][lane];
    }
}
