/* Unpacked weights × many rows of 8-bit activations, laid out as panel.h says. A tile of TILE_ROWS rows of weights × up to LANES rows
 * of activations has its sums in registers; its lanes are added up as a tree as they get ready, in an order that never holds
 * more than three partial sums.
 *
 * With VNNI four 8-bit products are one instruction. AVX2 multiplies and adds pairs to 16 bits, as many as fit there:
 *
 *     weights of  4 bits  8 pairs   5 bits  4 pairs   6 bits  2 pairs   8 bits: widened to 16 bits, pairs to 32 bits */
#include "tensor/x86/panel.h"

INLINE void pack_lane(struct pack_block *b, size_t lane, const struct act_row *row, size_t block)
{
    const int8_t *q = row->q + 32 * block;
    memcpy(b->q[lane], q, 32);
#if !HAS_VNNI
    for (size_t i = 0; i < 32; i++)
        b->q16[lane][i] = q[i];
#endif
    b->d[lane] = row->d[block];
    b->s32[lane] = row->s32[block];
    b->sum32[lane] = row->sum32[block];
    for (size_t h = 0; h < 2; h++) {
        b->s16[h][lane] = row->s16[2 * block + h];
        b->sum16[h][lane] = row->sum16[2 * block + h];
    }
}

void LEVEL(pack)(const struct act_row *rows, size_t n_rows, size_t k, void *dst)
{
    for (size_t i = 0; i < k / 32; i++) {
        struct pack_block *b = (struct pack_block *)dst + place_of(i, k / 32);
        if (n_rows < LANES)
            memset(b, 0, sizeof *b);
        for (size_t r = 0; r < n_rows; r++)
            pack_lane(b, r, &rows[r], i);
    }
}

INLINE ivec broadcast(const void *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return ivec_set1(v);
}

/* What a tile works on, with what is constant for the compiler. */
struct shape {
    size_t group, n; /* n: rows of activations */
    bool has_min, wide;
    uint8_t pairs; /* AVX2: how many times two products add up in 16 bits */
};

INLINE ivec weights(const uint8_t *w, size_t step, size_t v)
{
    return ivec_load(w + (step * VECS + v) * WIDTH * 4);
}

/* What the codes are too large by: Σ (w + bias) · a = Σ w · a + bias · Σ a. */
INLINE void begin(ivec acc[LANES][VECS], const struct pack_block *x, size_t half, int bias, struct shape s)
{
    UNROLL for (size_t t = 0; t < s.n; t++)
    {
        int32_t sum = s.group == 16 ? x->sum16[half][t] : x->sum32[t];
        UNROLL for (size_t v = 0; v < VECS; v++) acc[t][v] = ivec_set1(-bias * sum);
    }
}

/* acc ← Σ w · a of one group. */
#if HAS_VNNI
INLINE void multiply(ivec acc[LANES][VECS], const uint8_t *w, const struct pack_block *x, size_t half, int bias, struct shape s)
{
    begin(acc, x, half, bias, s);
    UNROLL for (size_t j = 0; j < s.group / 4; j++)
    {
        ivec c[VECS];
        UNROLL for (size_t v = 0; v < VECS; v++) c[v] = weights(w, j, v);
        UNROLL for (size_t t = 0; t < s.n; t++)
        {
            ivec a = broadcast(x->q[t] + 16 * half + 4 * j);
            UNROLL for (size_t v = 0; v < VECS; v++) acc[t][v] = dot_4(acc[t][v], c[v], a);
        }
    }
}
#else
/* A value that is needed here and now: left alone, GCC does all products of a group first, and then has no registers for them. */
INLINE ivec now(ivec v)
{
    __asm__("" : "+x"(v));
    return v;
}

/* Weights of 16 bits. */
INLINE void multiply_wide(ivec acc[LANES][VECS], const uint8_t *w, const struct pack_block *x, struct shape s)
{
    UNROLL for (size_t t = 0; t < s.n; t++) UNROLL for (size_t v = 0; v < VECS; v++) acc[t][v] = ivec_zero();
    UNROLL for (size_t j = 0; j < 16; j++)
    {
        ivec c[VECS];
        UNROLL for (size_t v = 0; v < VECS; v++) c[v] = weights(w, j, v);
        UNROLL for (size_t t = 0; t < s.n; t++)
        {
            ivec a = broadcast(x->q16[t] + 2 * j);
            UNROLL for (size_t v = 0; v < VECS; v++) acc[t][v] = now(_mm256_add_epi32(acc[t][v], _mm256_madd_epi16(c[v], a)));
        }
    }
}

/* Small weights: sums of `pairs` steps stay in 16 bits. */
INLINE void multiply_small(ivec acc[LANES][VECS], const uint8_t *w, const struct pack_block *x, size_t half, int bias, struct shape s)
{
    const ivec ones = _mm256_set1_epi16(1);
    size_t steps = s.group / 4, run = s.pairs < steps ? s.pairs : steps;
    begin(acc, x, half, bias, s);
    UNROLL for (size_t first = 0; first < steps; first += run)
    {
        ivec sum[LANES][VECS];
        UNROLL for (size_t j = 0; j < run; j++)
        {
            ivec c[VECS];
            UNROLL for (size_t v = 0; v < VECS; v++) c[v] = weights(w, first + j, v);
            UNROLL for (size_t t = 0; t < s.n; t++)
            {
                ivec a = broadcast(x->q[t] + 16 * half + 4 * (first + j));
                UNROLL for (size_t v = 0; v < VECS; v++)
                {
                    ivec two = _mm256_maddubs_epi16(c[v], a);
                    sum[t][v] = now(j ? _mm256_add_epi16(sum[t][v], two) : two);
                }
            }
        }
        UNROLL for (size_t t = 0; t < s.n; t++) UNROLL for (size_t v = 0; v < VECS; v++) acc[t][v] =
            _mm256_add_epi32(acc[t][v], _mm256_madd_epi16(sum[t][v], ones));
    }
}

INLINE void multiply(ivec acc[LANES][VECS], const uint8_t *w, const struct pack_block *x, size_t half, int bias, struct shape s)
{
    if (s.wide)
        multiply_wide(acc, w, x, s);
    else
        multiply_small(acc, w, x, half, bias, s);
}
#endif

/* A lane of a tile: its groups from `w` on. */
struct lane {
    const uint8_t *w;
    size_t first, n_groups, n_blocks; /* first group; of the lane; of 32 values in the whole row */
    uintptr_t soon;
    size_t soon_group; /* bytes to fetch beside each group */
    int bias;
};

/* sum[row of activations][vec] ← a lane of a tile. Always inlined with a constant shape. */
INLINE void lane_sums(vec sum[LANES][VECS], struct lane l, const struct pack_block *x, struct shape s)
{
    const size_t codes = TILE_ROWS * (s.group << s.wide);
    UNROLL for (size_t t = 0; t < s.n; t++) UNROLL for (size_t v = 0; v < VECS; v++) sum[t][v] = vec_zero();
    for (size_t i = 0; i < l.n_groups; i++, l.w += group_bytes(s.group, s.wide, s.has_min)) {
        size_t g = l.first + 8 * i, half = s.group == 16 ? g % 2 : 0;
        const struct pack_block *b = x + (s.group == 16 ? place_of(g / 2, l.n_blocks) : place_of(l.first, l.n_blocks) + i);
        const float *d = (const float *)(const void *)(l.w + codes), *m = d + TILE_ROWS;
        ivec acc[LANES][VECS];
        prefetch_far(l.soon, l.soon_group);
        l.soon += l.soon_group;
        multiply(acc, l.w, b, half, l.bias, s);
        UNROLL for (size_t v = 0; v < VECS; v++)
        {
            vec dw = vec_load(d + v * WIDTH);
            UNROLL for (size_t t = 0; t < s.n; t++) sum[t][v] = vec_fma(vec_from(acc[t][v]), vec_mul(dw, vec_set1(b->d[t])), sum[t][v]);
        }
        UNROLL for (size_t v = 0; v < VECS; v++)
        {
            if (!s.has_min)
                break;
            vec mw = vec_load(m + v * WIDTH);
            UNROLL for (size_t t = 0; t < s.n; t++) sum[t][v] =
                vec_fma(vec_set1(s.group == 16 ? b->s16[half][t] : b->s32[t]), mw, sum[t][v]);
        }
    }
}

/* ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)), + 0, with the lanes in the order of `lane_order`: part[0] holds the left half,
 * part[1] the right one. The sum of lanes 2 and 3 waits in part[1] and part[2]. */
static const uint8_t lane_order[8] = {0, 4, 2, 6, 1, 5, 3, 7};

INLINE void add_lane(size_t lane, vec s, vec *p0, vec *p1, vec *p2)
{
    switch (lane) {
    case 0: *p0 = s; break;
    case 4: *p0 = vec_add(*p0, s); break;
    case 2:
    case 1: *p1 = s; break;
    case 6: *p0 = vec_add(*p0, vec_add(*p1, s)); break;
    case 5: *p1 = vec_add(*p1, s); break;
    case 3: *p2 = s; break;
    default: *p0 = vec_add(vec_add(*p0, vec_add(*p1, vec_add(*p2, s))), vec_zero()); break;
    }
}

INLINE size_t lane_len(size_t lane, size_t n_groups)
{
    return (n_groups + 7 - lane) / 8;
}

/* part[0] ← the products of a tile. */
INLINE void multiply_tile(const uint8_t *tile, size_t k, int bias, const struct pack_block *x, struct span soon, vec part[3][LANES][VECS],
                          struct shape s)
{
    size_t n_groups = k / s.group, bytes = group_bytes(s.group, s.wide, s.has_min), soon_group = (soon.bytes / n_groups + 63) / 64 * 64;
    for (size_t i = 0; i < 8; i++) {
        size_t lane = lane_order[i];
        vec sum[LANES][VECS];
        struct lane l = {tile + place_of(lane, n_groups) * bytes, lane, lane_len(lane, n_groups), k / 32, soon.at, soon_group, bias};
        soon.at += l.n_groups * soon_group;
        lane_sums(sum, l, x, s);
        UNROLL for (size_t t = 0; t < s.n; t++) UNROLL for (size_t v = 0; v < VECS; v++)
            add_lane(lane, sum[t][v], &part[0][t][v], &part[1][t][v], &part[2][t][v]);
    }
}

/* `n` of the n_rows ≤ TILE_ROWS rows that a tile has, to out[n][n_rows]. */
INLINE void write_out(vec part[LANES][VECS], size_t n, size_t n_rows, float *out, size_t out_stride)
{
    for (size_t t = 0; t < n; t++, out += out_stride) {
        float row[TILE_ROWS];
        float *to = n_rows == TILE_ROWS ? out : row;
        for (size_t v = 0; v < VECS; v++)
            vec_save(to + v * WIDTH, part[t][v]);
        if (to == row)
            memcpy(out, row, n_rows * sizeof *out);
    }
}

/* All tiles of a panel × n of LANES rows of activations. */
INLINE void multiply_panel(const struct panel *p, const struct pack_block *x, size_t n, struct span soon, float *out, size_t out_stride,
                           int bias, struct shape s)
{
    size_t tile_bytes = p->k / s.group * group_bytes(s.group, s.wide, s.has_min);
    soon.bytes = soon.bytes * TILE_ROWS / p->n_rows + 1;
    const uint8_t *tile = p->q;
    for (size_t row = 0; row < p->n_rows; row += TILE_ROWS, tile += tile_bytes) {
        vec part[3][LANES][VECS];
        size_t left = p->n_rows - row;
        multiply_tile(tile, p->k, bias, x, soon, part, s);
        soon.at += soon.bytes;
        write_out(part[0], n, left < TILE_ROWS ? left : TILE_ROWS, out + row, out_stride);
    }
}

typedef void multiply_fn(const struct panel *p, const struct pack_block *x, size_t n, struct span soon, float *out, size_t out_stride,
                         int bias);

#define SHAPE(name, number, ...)                                                                                           \
    static void name##_##number(const struct panel *p, const struct pack_block *x, size_t n, struct span soon, float *out, \
                                size_t out_stride, int bias)                                                               \
    {                                                                                                                      \
        multiply_panel(p, x, n, soon, out, out_stride, bias, (struct shape){.n = (number), __VA_ARGS__});                  \
    }
enum { NUMBERS = 3 };
#define SHAPES(name, ...) SHAPE(name, 2, __VA_ARGS__) SHAPE(name, 4, __VA_ARGS__) SHAPE(name, 6, __VA_ARGS__)
#define NAMES(name)       name##_2, name##_4, name##_6
#if HAS_VNNI
SHAPES(group_32, .group = 32)
SHAPES(group_32_min, .group = 32, .has_min = true)
SHAPES(group_16, .group = 16)
SHAPES(group_16_min, .group = 16, .has_min = true)
#define BY_TYPE(X)           \
    X(Q4_0, 8, group_32)     \
    X(Q5_0, 16, group_32)    \
    X(Q8_0, 128, group_32)   \
    X(IQ4_NL, 128, group_32) \
    X(Q4_1, 0, group_32_min) \
    X(Q5_1, 0, group_32_min) \
    X(Q4_K, 0, group_32_min) \
    X(Q5_K, 0, group_32_min) \
    X(Q3_K, 4, group_16)     \
    X(Q6_K, 32, group_16)    \
    X(Q2_K, 0, group_16_min)
#else
SHAPES(q8, .group = 32, .wide = true)
SHAPES(q4_0, .group = 32, .pairs = 8)
SHAPES(q4_min, .group = 32, .has_min = true, .pairs = 8)
SHAPES(q5_0, .group = 32, .pairs = 4)
SHAPES(q5_min, .group = 32, .has_min = true, .pairs = 4)
SHAPES(q2_k, .group = 16, .has_min = true, .pairs = 8)
SHAPES(q3_k, .group = 16, .pairs = 8)
SHAPES(q6_k, .group = 16, .pairs = 2)
#define BY_TYPE(X)     \
    X(Q4_0, 8, q4_0)   \
    X(Q5_0, 16, q5_0)  \
    X(Q8_0, 0, q8)     \
    X(IQ4_NL, 0, q8)   \
    X(Q4_1, 0, q4_min) \
    X(Q5_1, 0, q5_min) \
    X(Q4_K, 0, q4_min) \
    X(Q5_K, 0, q5_min) \
    X(Q3_K, 4, q3_k)   \
    X(Q6_K, 32, q6_k)  \
    X(Q2_K, 0, q2_k)
#endif
static const struct {
    int bias; /* a code is its weight + bias (piece.h; with VNNI signed ones become unsigned) */
    multiply_fn *multiply[NUMBERS];
} products[TENSOR_TYPE_COUNT] = {
#define X(id, bias, name) [TENSOR_##id] = {bias, {NAMES(name)}},
    BY_TYPE(X)
#undef X
};

void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, struct span soon, float *out, size_t out_stride)
{
    size_t number = (n_lanes * NUMBERS + LANES - 1) / LANES - 1;
    products[p->type].multiply[number](p, packed, n_lanes, soon, out, out_stride, products[p->type].bias);
}
