/* Unpacked weights × many rows of 8-bit activations.
 *
 * A tile of 4 rows of weights × 8 rows of activations is worked on at once. An output is one place of a register, and nothing
 * is summed across. One function differs between the levels: `multiply`, the integer products of a tile with one group.
 *
 *   neon, dotprod   four rows of activations lie side by side, 4 values of each, and one row's 4 weights are held against all:
 *                   SDOT by element, or two products to 16 bits and pairwise additions
 *   i8mm            two rows of either, 8 values of each: SMMLA makes the four products of 2 × 2 rows; in the end the halves of
 *                   two registers change places
 *
 * A tile goes through the groups of lane 0, then of lane 1 …, each time in ascending order, and adds the eight lanes as a tree
 * (kernels.h). The activations of a call (8 rows) stay in the first-level cache, the panel in the second one. */
#include "tensor/arm/level.h"
#include "tensor/unpack.h"

#define UNROLL _Pragma("GCC unroll 16")

enum { VECS = 2, LANES = 4 * VECS, TILE_ROWS = 4, CHUNK = 256 };
/* Rows that lie side by side, and consecutive values of each. */
#if defined(__ARM_FEATURE_MATMUL_INT8)
enum { X_SIDE = 2, W_SIDE = 2, STEP = 8 };
#else
enum { X_SIDE = 4, W_SIDE = 1, STEP = 4 };
#endif
_Static_assert(LANES == (int)LEVEL(PANEL_LANES) && TILE_ROWS == (int)LEVEL(PANEL_TILE_ROWS), "as the table says");

/* 32 values of LANES rows, and what goes with them. */
struct pack_block {
    int8_t q[LANES / X_SIDE][32 / STEP][X_SIDE][STEP];
    float d[LANES], s32[LANES], s16[2][LANES];
};
_Static_assert(sizeof(struct pack_block) == LANES * (size_t)LEVEL(PANEL_LANE_BYTES), "as the table says");

INLINE void pack_lane(struct pack_block *b, size_t lane, const struct act_row *row, size_t block)
{
    for (size_t j = 0; j < 32 / STEP; j++)
        memcpy(b->q[lane / X_SIDE][j][lane % X_SIDE], row->q + 32 * block + STEP * j, STEP);
    b->d[lane] = row->d[block];
    b->s32[lane] = row->s32[block];
    b->s16[0][lane] = row->s16[2 * block];
    b->s16[1][lane] = row->s16[2 * block + 1];
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

/* A group of a tile: codes [TILE_ROWS / W_SIDE][group / STEP][W_SIDE][STEP], scales and offsets [TILE_ROWS]. The groups of a
 * tile lie one behind the other, and the tiles. */
INLINE void put_group(const int8_t *q, size_t group, size_t row, int8_t *tile)
{
    int8_t *dst = tile + row / W_SIDE * W_SIDE * group + row % W_SIDE * STEP;
    for (size_t j = 0; j < group; j += STEP)
        memcpy(dst + j * W_SIDE, q + j, STEP);
}

static unpack_fn *const unpackers[TENSOR_TYPE_COUNT] = {
#define X(id, name, ...) [TENSOR_##id] = unpack_##name,
    GROUPED_TYPES(X)
#undef X
};

static void fill_row(const struct panel *p, size_t r, const uint8_t *src)
{
    const struct tensor_type_info *t = tensor_type_info(p->type);
    size_t group = p->form.group, first = r / TILE_ROWS * (p->k / group), row = r % TILE_ROWS;
    const uint8_t *b = src;
    for (size_t i = 0; i < p->k; i += CHUNK, b += CHUNK / t->block_len * t->block_bytes) {
        int8_t q[CHUNK];
        float d[CHUNK / 16], m[CHUNK / 16];
        size_t n = p->k - i < CHUNK ? p->k - i : CHUNK;
        unpackers[p->type](b, n, q, d, m);
        for (size_t j = 0; j < n / group; j++) {
            size_t at = (first + i / group + j) * TILE_ROWS;
            if (group == 32)
                put_group(q + 32 * j, 32, row, (int8_t *)p->q + at * 32);
            else
                put_group(q + 16 * j, 16, row, (int8_t *)p->q + at * 16);
            p->d[at + row] = d[j];
            if (p->form.has_min)
                p->m[at + row] = m[j];
        }
    }
}

void LEVEL(panel_fill)(const struct panel *p, const struct dot_rows *w)
{
    for (size_t r = 0; r < p->n_rows; r++)
        fill_row(p, r, w->w + r * w->row_bytes);
}

/* multiply: acc[row][vec] ← Σ w · a of one group; `half` says which one of a block's groups of 16. */
#if defined(__ARM_FEATURE_MATMUL_INT8)
INLINE int32x4_t first_halves(int32x4_t a, int32x4_t b)
{
    return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
INLINE int32x4_t second_halves(int32x4_t a, int32x4_t b)
{
    return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

INLINE void multiply(int32x4_t acc[TILE_ROWS][VECS], const int8_t *w, const struct pack_block *x, size_t half, size_t group)
{
    UNROLL for (size_t r = 0; r < TILE_ROWS; r += 2, w += 2 * group)
    {
        int32x4_t s[LANES / 2]; /* row r with activations 2i and 2i + 1, then row r + 1 with them */
        UNROLL for (size_t i = 0; i < LANES / 2; i++)
        {
            s[i] = vdupq_n_s32(0);
            UNROLL for (size_t j = 0; j < group / STEP; j++) s[i] =
                vmmlaq_s32(s[i], vld1q_s8(w + j * 2 * STEP), vld1q_s8(x->q[i][half * 2 + j][0]));
        }
        UNROLL for (size_t v = 0; v < VECS; v++)
        {
            acc[r][v] = first_halves(s[2 * v], s[2 * v + 1]);
            acc[r + 1][v] = second_halves(s[2 * v], s[2 * v + 1]);
        }
    }
}
#else
/* sum + 16 weights · 16 values of each of four rows of activations, a[i] with values 4i … 4i + 3. */
INLINE int32x4_t add_16(int32x4_t sum, int8x16_t w, const int8x16_t a[4])
{
#if defined(__ARM_FEATURE_DOTPROD)
    sum = vdotq_laneq_s32(sum, a[0], w, 0);
    sum = vdotq_laneq_s32(sum, a[1], w, 1);
    sum = vdotq_laneq_s32(sum, a[2], w, 2);
    return vdotq_laneq_s32(sum, a[3], w, 3);
#else /* two products fit 16 bits: a is never −128 */
    int32x4_t fours = vreinterpretq_s32_s8(w);
    int8x8_t w0 = vreinterpret_s8_s32(vdup_laneq_s32(fours, 0)), w1 = vreinterpret_s8_s32(vdup_laneq_s32(fours, 1));
    int8x8_t w2 = vreinterpret_s8_s32(vdup_laneq_s32(fours, 2)), w3 = vreinterpret_s8_s32(vdup_laneq_s32(fours, 3));
    int16x8_t low01 = vmlal_s8(vmull_s8(vget_low_s8(a[0]), w0), vget_low_s8(a[1]), w1);
    int16x8_t low23 = vmlal_s8(vmull_s8(vget_low_s8(a[2]), w2), vget_low_s8(a[3]), w3);
    int16x8_t high01 = vmlal_s8(vmull_s8(vget_high_s8(a[0]), w0), vget_high_s8(a[1]), w1);
    int16x8_t high23 = vmlal_s8(vmull_s8(vget_high_s8(a[2]), w2), vget_high_s8(a[3]), w3);
    int32x4_t low = vpadalq_s16(vpaddlq_s16(low01), low23), high = vpadalq_s16(vpaddlq_s16(high01), high23);
    return vaddq_s32(sum, vpaddq_s32(low, high));
#endif
}

INLINE void multiply(int32x4_t acc[TILE_ROWS][VECS], const int8_t *w, const struct pack_block *x, size_t half, size_t group)
{
    UNROLL for (size_t v = 0; v < VECS; v++)
    {
        int8x16_t a[8];
        UNROLL for (size_t j = 0; j < group / STEP; j++) a[j] = vld1q_s8(x->q[v][half * 4 + j][0]);
        UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
        {
            acc[r][v] = add_16(vdupq_n_s32(0), vld1q_s8(w + r * group), a);
            if (group == 32)
                acc[r][v] = add_16(acc[r][v], vld1q_s8(w + r * group + 16), a + 4);
        }
    }
}
#endif

/* A tile's weights, group by group. */
struct tile {
    const int8_t *w;
    const float *d, *m;
    size_t n_groups;
};

/* What is constant for the compiler. */
struct shape {
    size_t group;
    bool has_min;
};

/* ret[row][vec] ← the groups lane, lane + 8 … of a tile. */
INLINE void lane_sums(float32x4_t ret[TILE_ROWS][VECS], const struct tile *t, size_t lane, const struct pack_block *x, struct shape s)
{
    float32x4_t sum[TILE_ROWS][VECS];
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) UNROLL for (size_t v = 0; v < VECS; v++) sum[r][v] = vdupq_n_f32(0);
    for (size_t g = lane; g < t->n_groups; g += 8) {
        const struct pack_block *b = x + g * s.group / 32;
        const float *d = t->d + g * TILE_ROWS, *sa = s.group == 32 ? b->s32 : b->s16[g % 2];
        int32x4_t acc[TILE_ROWS][VECS];
        multiply(acc, t->w + g * TILE_ROWS * s.group, b, s.group == 32 ? 0 : g % 2, s.group);
        UNROLL for (size_t v = 0; v < VECS; v++)
        {
            float32x4_t da = vld1q_f32(b->d + 4 * v);
            UNROLL for (size_t r = 0; r < TILE_ROWS; r++) sum[r][v] = vfmaq_f32(sum[r][v], vcvtq_f32_s32(acc[r][v]), vmulq_n_f32(da, d[r]));
        }
        UNROLL for (size_t v = 0; v < VECS; v++)
        {
            if (!s.has_min)
                break;
            float32x4_t a = vld1q_f32(sa + 4 * v);
            UNROLL for (size_t r = 0; r < TILE_ROWS; r++) sum[r][v] = vfmaq_n_f32(sum[r][v], a, t->m[g * TILE_ROWS + r]);
        }
    }
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) UNROLL for (size_t v = 0; v < VECS; v++) ret[r][v] = sum[r][v];
}

/* out[lane][TILE_ROWS] ← a tile. Always inlined with a constant shape. */
INLINE void multiply_tile(const struct tile *t, const struct pack_block *x, float out[LANES][TILE_ROWS], struct shape s)
{
    float32x4_t lane[8][TILE_ROWS][VECS];
    for (size_t l = 0; l < 8; l++)
        lane_sums(lane[l], t, l, x, s);
#define ADD(a, b) vaddq_f32(lane[a][r][v], lane[b][r][v])
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t v = 0; v < VECS; v++) {
            float four[4];
            float32x4_t even = vaddq_f32(ADD(0, 4), ADD(2, 6)), odd = vaddq_f32(ADD(1, 5), ADD(3, 7));
            vst1q_f32(four, vaddq_f32(vaddq_f32(even, odd), vdupq_n_f32(0)));
            for (size_t i = 0; i < 4; i++)
                out[4 * v + i][r] = four[i];
        }
#undef ADD
}

INLINE void multiply_panel(const struct panel *p, const struct pack_block *x, size_t n_lanes, float *out, size_t out_stride, struct shape s)
{
    size_t n_groups = p->k / s.group;
    for (size_t row = 0; row < p->n_rows; row += TILE_ROWS) {
        size_t at = row * n_groups, n = p->n_rows - row < TILE_ROWS ? p->n_rows - row : TILE_ROWS;
        struct tile t = {(const int8_t *)p->q + at * s.group, p->d + at, p->m + at, n_groups};
        float tile[LANES][TILE_ROWS];
        multiply_tile(&t, x, tile, s);
        for (size_t l = 0; l < n_lanes; l++)
            memcpy(out + l * out_stride + row, tile[l], n * sizeof *out);
    }
}

void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, struct span soon, float *out, size_t out_stride)
{
    prefetch(soon.at, soon.bytes);
    if (p->form.group == 16 && p->form.has_min)
        multiply_panel(p, packed, n_lanes, out, out_stride, (struct shape){16, true});
    else if (p->form.group == 16)
        multiply_panel(p, packed, n_lanes, out, out_stride, (struct shape){16, false});
    else if (p->form.has_min)
        multiply_panel(p, packed, n_lanes, out, out_stride, (struct shape){32, true});
    else
        multiply_panel(p, packed, n_lanes, out, out_stride, (struct shape){32, false});
}
