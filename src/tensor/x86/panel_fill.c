/* Weights into panels: a stripe of WIDTH rows, one piece of 256 values after the other.
 *
 * Any type: the pieces of the stripe's rows are put down as units of four words (16 codes, or 8 wide ones, or 4 scales), those of
 * rows r, r + 4, r + 8 … side by side. Then four registers of units, of rows 0, 4 …, 1, 5 …, 2, 6 … and 3, 7 …, become four words
 * of all rows by transposing within their quarters.
 *
 * The types that most files have: the file's own bytes are transposed, and codes are made of the words of all rows at once,
 * which takes a fifth of the instructions. */
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

/* Registers of units to words: t[j] has word j of each row. */
INLINE void transpose_units(ivec t[4])
{
    ivec a = ivec_low32(t[0], t[1]), b = ivec_high32(t[0], t[1]), c = ivec_low32(t[2], t[3]), d = ivec_high32(t[2], t[3]);
    t[0] = ivec_low64(a, c);
    t[1] = ivec_high64(a, c);
    t[2] = ivec_low64(b, d);
    t[3] = ivec_high64(b, d);
}

/* dst[j], `step` bytes apart: word j of the unit of each row. */
INLINE void spread(__m128i unit[4][WIDTH / 4], uint8_t *dst, size_t step)
{
    ivec t[4];
    for (int i = 0; i < 4; i++)
        t[i] = ivec_load(unit[i]);
    transpose_units(t);
    for (int i = 0; i < 4; i++, dst += step)
        ivec_save(dst, t[i]);
}

/* Where a piece goes: the tile's columns of a stripe, by groups. */
struct place {
    uint8_t *tile;
    size_t n_groups, bytes, codes; /* groups of the tile; bytes of a group, and those of its codes */
};
enum { WORD_BYTES = TILE_ROWS * 4 }; /* from one word of a row to the next */

INLINE struct place place_for(uint8_t *tile, size_t k, size_t group, bool wide, bool has_min)
{
    return (struct place){tile, k / group, group_bytes(group, wide, has_min), TILE_ROWS * (group << wide)};
}

INLINE uint8_t *group_at(const struct place *p, size_t g)
{
    return p->tile + place_of(g, p->n_groups) * p->bytes;
}

/* Scales, and offsets, of `n` groups from `first` on. */
INLINE void lay_scales(struct stripe *s, const struct place *p, size_t first, size_t n, bool has_min)
{
    float d[4][WIDTH], m[4][WIDTH];
    for (size_t g = 0; g < n; g++) {
        if (g % 4 == 0) {
            spread(s->d[g / 4], (uint8_t *)d, sizeof *d);
            if (has_min)
                spread(s->m[g / 4], (uint8_t *)m, sizeof *m);
        }
        uint8_t *dst = group_at(p, first + g) + p->codes;
        memcpy(dst, d[g % 4], sizeof *d);
        if (has_min)
            memcpy(dst + WORD_BYTES, m[g % 4], sizeof *m);
    }
}

/* The stripe's piece number `i`; n values of it are there. */
INLINE void lay_piece(struct stripe *s, const struct place *p, size_t i, size_t n, struct form f, bool wide)
{
    const size_t units = f.group << wide >> 4, first = PIECE / f.group * i;
    for (size_t g = 0; g < n / f.group; g++) {
        uint8_t *dst = group_at(p, first + g);
        for (size_t u = 0; u < units; u++)
            spread(s->codes[g * units + u], dst + 4 * u * WORD_BYTES, WORD_BYTES);
    }
    lay_scales(s, p, first, n / f.group, f.has_min);
}

typedef void stripe_fn(const struct dot_rows *w, size_t k, uint8_t *tile);

/* Rows that are not there leave zeros behind, whose products nobody reads. */
INLINE void fill_stripe(load_fn *load, unpack_fn *unpack, struct form f, const struct dot_rows *rows, size_t k, uint8_t *tile)
{
    const bool wide = !HAS_VNNI && f.is_signed;
    const struct place place = place_for(tile, k, f.group, wide, f.has_min);
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
        lay_piece(&s, &place, i, n, f, wide);
    }
}

#define STRIPE(name, ID, ...)                                                                    \
    static void stripe_##name(const struct dot_rows *w, size_t k, uint8_t *tile)                 \
    {                                                                                            \
        const struct form f = {.bytes = PIECE / BLOCK_LEN_##ID * BLOCK_BYTES_##ID, __VA_ARGS__}; \
        fill_stripe(load_##name, unpack_##name, f, w, k, tile);                                  \
    }
PIECE_TYPES(STRIPE)

/* ---- types whose own bytes are transposed */

/* The 16 bytes at p of each row, as words of all rows. */
INLINE void load_words(const uint8_t *p, size_t row_bytes, ivec t[4])
{
    for (size_t i = 0; i < 4; i++, p += row_bytes) {
#if defined(__AVX512VNNI__)
        __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
        v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 4 * row_bytes)), 1);
        v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 8 * row_bytes)), 2);
        t[i] = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 12 * row_bytes)), 3);
#else
        t[i] = two(p, p + 4 * row_bytes);
#endif
    }
    transpose_units(t);
}

/* The f16 at p of each row, as floats. */
INLINE void lay_halves(const uint8_t *p, size_t row_bytes, uint8_t *dst)
{
    for (size_t i = 0; i < WIDTH; i += 8, p += 8 * row_bytes, dst += 8 * sizeof(float))
        _mm256_storeu_ps((float *)(void *)dst, load_halves(p, row_bytes));
}

/* Four words of codes from step `step` of a group on. */
INLINE void lay_words(const ivec t[4], uint8_t *group, size_t step)
{
    for (size_t j = 0; j < 4; j++)
        ivec_save(group + (step + j) * WORD_BYTES, t[j]);
}

INLINE void take_bits(const ivec t[4], int right, int mask, ivec ret[4])
{
    for (size_t j = 0; j < 4; j++)
        ret[j] = ivec_and(ivec_right(t[j], right), ivec_set1_8(mask));
}

/* Low and high nibbles, each of four words. */
INLINE void lay_nibbles(const ivec t[4], uint8_t *low, uint8_t *high, size_t high_step)
{
    ivec v[4];
    take_bits(t, 0, 15, v);
    lay_words(v, low, 0);
    take_bits(t, 4, 15, v);
    lay_words(v, high, high_step);
}

/* The same place of the stripe that comes next. */
INLINE void fetch(const struct dot_rows *w, size_t at, size_t n)
{
    for (size_t r = 0; r < WIDTH; r++)
        prefetch(w->next + r * w->row_bytes + at, n);
}

static void whole_q4_0(const struct dot_rows *w, size_t k, uint8_t *tile)
{
    const struct place place = place_for(tile, k, 32, false, false);
    for (size_t b = 0; b < k / 32; b++) {
        const size_t at = b * BLOCK_BYTES_Q4_0;
        uint8_t *group = group_at(&place, b);
        ivec t[4];
        if (b % 8 == 0)
            fetch(w, at, 8 * BLOCK_BYTES_Q4_0);
        load_words(w->w + at + 2, w->row_bytes, t);
        lay_nibbles(t, group, group, 4);
        lay_halves(w->w + at, w->row_bytes, group + place.codes);
    }
}

/* Signed codes of 8 bits, the unit-th 16 of a group: unsigned with VNNI, else of 16 bits. */
INLINE void lay_signed(ivec t[4], uint8_t *group, size_t unit)
{
#if HAS_VNNI
    for (size_t j = 0; j < 4; j++)
        t[j] = ivec_xor(t[j], ivec_set1_8(-128));
    lay_words(t, group, 4 * unit);
#else
    /* A byte to the upper half of 16 bits, and down again with its sign. */
    const __m256i even = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13));
    const __m256i odd = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15));
    uint8_t *dst = group + 8 * unit * WORD_BYTES;
    for (size_t j = 0; j < 4; j++, dst += 2 * WORD_BYTES) {
        ivec_save(dst, _mm256_srai_epi16(_mm256_shuffle_epi8(t[j], even), 8));
        ivec_save(dst + WORD_BYTES, _mm256_srai_epi16(_mm256_shuffle_epi8(t[j], odd), 8));
    }
#endif
}

static void whole_q8_0(const struct dot_rows *w, size_t k, uint8_t *tile)
{
    const struct place place = place_for(tile, k, 32, !HAS_VNNI, false);
    for (size_t b = 0; b < k / 32; b++) {
        const size_t at = b * BLOCK_BYTES_Q8_0;
        uint8_t *group = group_at(&place, b);
        if (b % 2 == 0)
            fetch(w, at, 2 * BLOCK_BYTES_Q8_0);
        for (size_t u = 0; u < 2; u++) {
            ivec t[4];
            load_words(w->w + at + 2 + 16 * u, w->row_bytes, t);
            lay_signed(t, group, u);
        }
        lay_halves(w->w + at, w->row_bytes, group + place.codes);
    }
}

/* Scales of super-blocks are put together row by row. */
static void whole_q4_k(const struct dot_rows *w, size_t k, uint8_t *tile)
{
    const struct place place = place_for(tile, k, 32, false, true);
    struct stripe s;
    for (size_t b = 0; b < k / 256; b++) {
        const size_t at = b * BLOCK_BYTES_Q4_K;
        const uint8_t *p = w->w + at + offsetof(struct block_q4_k, qs);
        fetch(w, at, BLOCK_BYTES_Q4_K);
        for (size_t u = 0; u < 8; u++, p += 16) {
            ivec t[4];
            load_words(p, w->row_bytes, t);
            uint8_t *low = group_at(&place, 8 * b + u / 2 * 2), *high = group_at(&place, 8 * b + u / 2 * 2 + 1);
            lay_nibbles(t, low + u % 2 * 4 * WORD_BYTES, high, u % 2 * 4);
        }
        for (size_t r = 0; r < WIDTH; r++) {
            const struct block_q4_k *row = (const void *)(w->w + at + r * w->row_bytes);
            struct piece piece;
            load_k4_scales(row->scales, half_to_f32(row->d), half_to_f32(row->dmin), &piece);
            put_scales(s.d, r, piece.d, 1);
            put_scales(s.m, r, piece.m, 1);
        }
        lay_scales(&s, &place, 8 * b, 8, true);
    }
}

/* Four times 16 values of half a super-block: nibbles of x and y with two bits each of h. */
INLINE void lay_sixes(const ivec x[4], const ivec y[4], const ivec h[4], const struct place *p, size_t group)
{
    for (size_t c = 0; c < 4; c++) {
        uint8_t *dst = group_at(p, group + 2 * c);
        for (size_t j = 0; j < 4; j++) {
            const ivec nibbles = c % 2 ? y[j] : x[j], low = ivec_and(c < 2 ? nibbles : ivec_right(nibbles, 4), ivec_set1_8(15));
            const ivec bits = c == 0 ? ivec_left(h[j], 4) : c == 1 ? ivec_left(h[j], 2) : c == 2 ? h[j] : ivec_right(h[j], 2);
            ivec_save(dst + j * WORD_BYTES, ivec_or(low, ivec_and(bits, ivec_set1_8(48))));
        }
    }
}

static void whole_q6_k(const struct dot_rows *w, size_t k, uint8_t *tile)
{
    const struct place place = place_for(tile, k, 16, false, false);
    struct stripe s;
    for (size_t b = 0; b < k / 256; b++) {
        const size_t at = b * BLOCK_BYTES_Q6_K;
        const uint8_t *ql = w->w + at + offsetof(struct block_q6_k, ql), *qh = w->w + at + offsetof(struct block_q6_k, qh);
        fetch(w, at, BLOCK_BYTES_Q6_K);
        for (size_t u = 0; u < 4; u++) { /* half a super-block, and half of that */
            ivec x[4], y[4], h[4];
            load_words(ql + u / 2 * 64 + u % 2 * 16, w->row_bytes, x);
            load_words(ql + u / 2 * 64 + u % 2 * 16 + 32, w->row_bytes, y);
            load_words(qh + u * 16, w->row_bytes, h);
            lay_sixes(x, y, h, &place, 16 * b + u / 2 * 8 + u % 2);
        }
        for (size_t r = 0; r < WIDTH; r++) {
            const struct block_q6_k *row = (const void *)(w->w + at + r * w->row_bytes);
            __m256 d[2];
            for (size_t i = 0; i < 2; i++) {
                uint64_t scales;
                memcpy(&scales, row->scales + 8 * i, sizeof scales);
                d[i] = scaled(half_to_f32(row->d), scales, true);
            }
            put_scales(s.d, r, d, 2);
        }
        lay_scales(&s, &place, 16 * b, 16, false);
    }
}

/* For any number of rows, and for whole stripes; NULL: the same. */
static const struct {
    stripe_fn *any, *whole;
} stripes[TENSOR_TYPE_COUNT] = {
#define X(name, ID, ...) [TENSOR_##ID].any = stripe_##name,
    PIECE_TYPES(X)
#undef X
        [TENSOR_Q4_0]
            .whole = whole_q4_0,
    [TENSOR_Q8_0].whole = whole_q8_0,
    [TENSOR_Q4_K].whole = whole_q4_k,
    [TENSOR_Q6_K].whole = whole_q6_k,
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
        stripe_fn *whole = left < WIDTH ? NULL : stripes[p->type].whole;
        (whole ? whole : stripes[p->type].any)(&stripe, p->k, (uint8_t *)p->q + row / TILE_ROWS * tile_bytes + row % TILE_ROWS * 4);
    }
}
