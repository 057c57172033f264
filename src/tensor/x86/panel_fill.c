/* Weights into panels: a stripe of WIDTH rows, one piece of 256 values after the other.
 *
 * The pieces of the stripe's rows are put down as units of four words (16 codes, or 8 wide ones, or 4 scales), those of rows r,
 * r + 4, r + 8 … side by side. Then four registers of units, of rows 0, 4 …, 1, 5 …, 2, 6 … and 3, 7 …, become four words of all
 * rows by transposing within their quarters. */
#include "tensor/x86/panel.h"
#include "tensor/x86/piece.h"

enum { UNITS_MAX = 32, SCALE_UNITS = 4 };

struct stripe {
    _Alignas(64) __m128i codes[UNITS_MAX][4][WIDTH / 4], d[SCALE_UNITS][4][WIDTH / 4], m[SCALE_UNITS][4][WIDTH / 4];
};

INLINE void put(__m128i unit[4][WIDTH / 4], size_t r, __m128i v)
{
    _mm_store_si128(&unit[r % 4][r / 4], v);
}

/* 32 codes: the units that the two halves begin at. */
INLINE void put_codes(struct stripe *s, size_t r, __m256i v, size_t low, size_t high, bool wide)
{
    __m128i half[2] = {_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)};
    size_t unit[2] = {low, high};
    for (int i = 0; i < 2; i++) {
        if (!wide) {
            put(s->codes[unit[i]], r, half[i]);
            continue;
        }
        __m256i w = _mm256_cvtepi8_epi16(half[i]);
        put(s->codes[2 * unit[i]], r, _mm256_castsi256_si128(w));
        put(s->codes[2 * unit[i] + 1], r, _mm256_extracti128_si256(w, 1));
    }
}

INLINE void put_scales(__m128i units[SCALE_UNITS][4][WIDTH / 4], size_t r, const __m256 v[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put(units[2 * i], r, _mm_castps_si128(_mm256_castps256_ps128(v[i])));
        put(units[2 * i + 1], r, _mm_castps_si128(_mm256_extractf128_ps(v[i], 1)));
    }
}

INLINE void put_piece(struct stripe *s, size_t r, const struct piece *p, struct form f, bool wide)
{
    for (size_t i = 0; i < 8; i++) {
        __m256i v = f.is_signed && !wide ? _mm256_xor_si256(p->codes[i], _mm256_set1_epi8(-128)) : p->codes[i];
        if (f.group == 16)
            put_codes(s, r, v, 2 * i, 2 * i + 1, wide);
        else
            put_codes(s, r, v, i / 2 * 4 + i % 2, i / 2 * 4 + i % 2 + 2, wide);
    }
    put_scales(s->d, r, p->d, 32 / f.group);
    if (f.has_min)
        put_scales(s->m, r, p->m, 32 / f.group);
}

/* The end of a row: its codes are values, which those of whole pieces are not always. */
INLINE void load_rest(unpack_fn *unpack, const uint8_t *w, size_t n, struct form f, struct piece *p)
{
    load_end(unpack, w, n, p);
    for (int i = 0; i < 8; i++)
        p->codes[i] = _mm256_add_epi8(p->codes[i], _mm256_set1_epi8((char)f.bias));
}

/* dst[j], `step` bytes apart: word j of the unit of each row. */
INLINE void spread(__m128i unit[4][WIDTH / 4], uint8_t *dst, size_t step)
{
#if defined(__AVX512VNNI__)
    __m512i t[4], a, b, c, d;
    for (int i = 0; i < 4; i++)
        t[i] = _mm512_load_si512(unit[i]);
    a = _mm512_unpacklo_epi32(t[0], t[1]), b = _mm512_unpackhi_epi32(t[0], t[1]);
    c = _mm512_unpacklo_epi32(t[2], t[3]), d = _mm512_unpackhi_epi32(t[2], t[3]);
    _mm512_storeu_si512(dst, _mm512_unpacklo_epi64(a, c));
    _mm512_storeu_si512(dst + step, _mm512_unpackhi_epi64(a, c));
    _mm512_storeu_si512(dst + 2 * step, _mm512_unpacklo_epi64(b, d));
    _mm512_storeu_si512(dst + 3 * step, _mm512_unpackhi_epi64(b, d));
#else
    __m256i t[4], a, b, c, d;
    for (int i = 0; i < 4; i++)
        t[i] = _mm256_load_si256((const __m256i *)unit[i]);
    a = _mm256_unpacklo_epi32(t[0], t[1]), b = _mm256_unpackhi_epi32(t[0], t[1]);
    c = _mm256_unpacklo_epi32(t[2], t[3]), d = _mm256_unpackhi_epi32(t[2], t[3]);
    _mm256_storeu_si256((__m256i *)dst, _mm256_unpacklo_epi64(a, c));
    _mm256_storeu_si256((__m256i *)(dst + step), _mm256_unpackhi_epi64(a, c));
    _mm256_storeu_si256((__m256i *)(dst + 2 * step), _mm256_unpacklo_epi64(b, d));
    _mm256_storeu_si256((__m256i *)(dst + 3 * step), _mm256_unpackhi_epi64(b, d));
#endif
}

/* The stripe's piece number `i` into its columns of a tile of n_groups; n values of it are there. */
INLINE void lay_piece(struct stripe *s, size_t i, size_t n, size_t n_groups, uint8_t *tile, struct form f, bool wide)
{
    const size_t bytes = group_bytes(f.group, wide, f.has_min), row = TILE_ROWS * 4, codes = (f.group << wide) / 4 * row,
                 units = f.group << wide >> 4;
    for (size_t g = 0; g < n / f.group; g++) {
        uint8_t *dst = tile + place_of(PIECE / f.group * i + g, n_groups) * bytes;
        for (size_t u = 0; u < units; u++)
            spread(s->codes[g * units + u], dst + 4 * u * row, row);
    }
    float d[4][WIDTH], m[4][WIDTH];
    for (size_t g = 0; g < n / f.group; g++) {
        if (g % 4 == 0) {
            spread(s->d[g / 4], (uint8_t *)d, sizeof *d);
            if (f.has_min)
                spread(s->m[g / 4], (uint8_t *)m, sizeof *m);
        }
        uint8_t *dst = tile + place_of(PIECE / f.group * i + g, n_groups) * bytes + codes;
        memcpy(dst, d[g % 4], sizeof *d);
        if (f.has_min)
            memcpy(dst + row, m[g % 4], sizeof *m);
    }
}

typedef void stripe_fn(const struct dot_rows *w, size_t k, uint8_t *tile);

/* Rows that are not there leave zeros behind, whose products nobody reads. */
INLINE void fill_stripe(load_fn *load, unpack_fn *unpack, struct form f, const struct dot_rows *rows, size_t k, uint8_t *tile)
{
    const bool wide = !HAS_VNNI && f.is_signed;
    struct stripe s;
    const uintptr_t ahead = rows->next - (uintptr_t)rows->w;
    if (rows->n < WIDTH)
        memset(&s, 0, sizeof s);
    for (size_t i = 0; i * PIECE < k; i++) {
        size_t n = k - i * PIECE < PIECE ? k - i * PIECE : PIECE;
        const uint8_t *w = rows->w + i * f.bytes;
        for (size_t r = 0; r < rows->n; r++, w += rows->row_bytes) {
            struct piece p;
            prefetch((uintptr_t)w + ahead, f.bytes);
            if (f.group == 32 && n < PIECE) /* types with groups of 16 have whole pieces only */
                load_rest(unpack, w, n, f, &p);
            else
                load(w, &p);
            put_piece(&s, r, &p, f, wide);
        }
        lay_piece(&s, i, n, k / f.group, tile, f, wide);
    }
}

#define STRIPE(name, ID, ...)                                                                    \
    static void stripe_##name(const struct dot_rows *w, size_t k, uint8_t *tile)                 \
    {                                                                                            \
        const struct form f = {.bytes = PIECE / BLOCK_LEN_##ID * BLOCK_BYTES_##ID, __VA_ARGS__}; \
        fill_stripe(load_##name, unpack_##name, f, w, k, tile);                                  \
    }
PIECE_TYPES(STRIPE)

static stripe_fn *const stripes[TENSOR_TYPE_COUNT] = {
#define X(name, ID, ...) [TENSOR_##ID] = stripe_##name,
    PIECE_TYPES(X)
#undef X
};

void LEVEL(panel_fill)(const struct panel *p, const struct dot_rows *w)
{
    bool wide = !HAS_VNNI && (p->type == TENSOR_Q8_0 || p->type == TENSOR_IQ4_NL);
    size_t tile_bytes = p->k / p->form.group * group_bytes(p->form.group, wide, p->form.has_min);
    for (size_t row = 0; row < p->n_rows; row += WIDTH) {
        size_t left = p->n_rows - row;
        const uint8_t *here = w->w + row * w->row_bytes;
        struct dot_rows stripe = {here, w->row_bytes, WIDTH, (uintptr_t)here + WIDTH * w->row_bytes};
        if (left <= WIDTH) {
            stripe.n = left;
            stripe.next = w->next;
        }
        stripes[p->type](&stripe, p->k, (uint8_t *)p->q + row / TILE_ROWS * tile_bytes + row % TILE_ROWS * 4);
    }
}
