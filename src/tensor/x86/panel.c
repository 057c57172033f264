/* Unpacked weights × many rows of 8-bit activations. The rows of activations lie side by side in a register, STEP consecutive
 * values of each; a weight's STEP values are broadcast against them. So an output is one place of a register, and nothing is
 * ever summed across. A tile of TILE_ROWS weight rows × VECS registers of activations has its sums in registers.
 *
 * The order of additions is that of kernels.h: groups 0, 8, 16 … make one sum, 1, 9, 17 … the next, and eight of these are
 * added as a tree. So everything is laid out by lanes, first the groups whose number is 0 mod 8, then those of 1 mod 8 …,
 * and is read straight on; a lane's activations (an eighth) stay in the first-level cache for all tiles of the panel. The
 * tree is added up as lanes get ready, in an order that never holds more than three partial sums.
 *
 * With VNNI four 8-bit products are one instruction. AVX2 multiplies and adds pairs to 16 bits, as many as fit there:
 *
 *     weights of  4 bits  8 pairs   5 bits  4 pairs   6 bits  2 pairs   8 bits: widened to 16 bits, pairs to 32 bits */
#include "tensor/x86/level.h"
#include "tensor/x86/transpose.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* compiling would take minutes */
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(__AVX512VNNI__)
enum { WIDTH = 16, TILE_ROWS = 6 };
#else
enum { WIDTH = 8, TILE_ROWS = 3 };
#endif
enum { VECS = 2, LANES = VECS * WIDTH };
_Static_assert(LANES == (int)LEVEL(PANEL_LANES) && TILE_ROWS == (int)LEVEL(PANEL_TILE_ROWS), "as the table says");

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define HAS_VNNI 1
#else
#define HAS_VNNI 0
#endif

/* 32 values of LANES rows, and what goes with them. */
struct pack_block {
    int8_t q[VECS][8][WIDTH][4];
#if !HAS_VNNI
    int16_t q16[VECS][16][WIDTH][2];
#endif
    float d[VECS][WIDTH], s32[VECS][WIDTH], s16[2][VECS][WIDTH];
    int32_t sum32[VECS][WIDTH], sum16[2][VECS][WIDTH];
};
_Static_assert(sizeof(struct pack_block) == LANES * (size_t)LEVEL(PANEL_LANE_BYTES), "as the table says");
_Static_assert(sizeof(struct pack_block) % 64 == 0, "blocks start at cache lines");

/* Of n groups, those that lie before group g when they are sorted by g mod 8. */
INLINE size_t place_of(size_t g, size_t n)
{
    size_t lane = g % 8;
    return lane * (n / 8) + (lane < n % 8 ? lane : n % 8) + g / 8;
}

INLINE void pack_lane(struct pack_block *b, size_t lane, const struct act_row *row, size_t block)
{
    const int8_t *q = row->q + 32 * block;
    size_t v = lane / WIDTH, l = lane % WIDTH;
    for (size_t j = 0; j < 8; j++)
        memcpy(b->q[v][j][l], q + 4 * j, 4);
#if !HAS_VNNI
    for (size_t j = 0; j < 16; j++) {
        b->q16[v][j][l][0] = q[2 * j];
        b->q16[v][j][l][1] = q[2 * j + 1];
    }
#endif
    b->d[v][l] = row->d[block];
    b->s32[v][l] = row->s32[block];
    b->sum32[v][l] = row->sum32[block];
    for (size_t h = 0; h < 2; h++) {
        b->s16[h][v][l] = row->s16[2 * block + h];
        b->sum16[h][v][l] = row->sum16[2 * block + h];
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

/* How the weights of a type lie in a panel: as value + low in a byte, or, for AVX2's 8-bit types, as 16-bit values. `pairs`: how
 * many times two products, of weights this large, add up in 16 bits. */
struct code {
    uint8_t low, pairs;
    bool wide;
};
INLINE struct code code_of(enum tensor_type type)
{
    if (HAS_VNNI)
        return (struct code){.low = 128};
    switch (type) {
    case TENSOR_Q4_0: return (struct code){.low = 8, .pairs = 8};
    case TENSOR_Q3_K: return (struct code){.low = 4, .pairs = 8};
    case TENSOR_Q4_1:
    case TENSOR_Q4_K:
    case TENSOR_Q2_K: return (struct code){.pairs = 8};
    case TENSOR_Q5_0: return (struct code){.low = 16, .pairs = 4};
    case TENSOR_Q5_1:
    case TENSOR_Q5_K: return (struct code){.pairs = 4};
    case TENSOR_Q6_K: return (struct code){.low = 32, .pairs = 2};
    default: return (struct code){.wide = true};
    }
}

/* Where the group in `place` (of sorted groups) of row r is, in groups: [lane][tile][group of the lane][row of the tile]. */
INLINE size_t panel_at(size_t lane_start, size_t lane_len, size_t in_lane, size_t n_tiles, size_t r)
{
    return ((lane_start * n_tiles + r / TILE_ROWS * lane_len + in_lane) * TILE_ROWS) + r % TILE_ROWS;
}

INLINE size_t lane_len(size_t lane, size_t n_groups)
{
    return (n_groups + 7 - lane) / 8;
}

INLINE void put_16(const int8_t *q, struct code c, uint8_t *dst)
{
    __m128i v = _mm_loadu_si128((const __m128i *)q);
    if (c.wide)
        _mm256_storeu_si256((__m256i *)dst, _mm256_cvtepi8_epi16(v));
    else
        _mm_storeu_si128((__m128i *)dst, _mm_add_epi8(v, _mm_set1_epi8((char)c.low)));
}

enum { CHUNK = 256 };

void LEVEL(panel_fill)(const struct panel *p, size_t r, unpack_fn *unpack, const void *src)
{
    const struct tensor_type_info *t = tensor_type_info(p->type);
    size_t group = p->form.group, n_groups = p->k / group, n_tiles = (p->n_rows + TILE_ROWS - 1) / TILE_ROWS;
    struct code code = code_of(p->type);
    size_t group_bytes = group << code.wide;
    const uint8_t *b = src;
    for (size_t i = 0; i < p->k; i += CHUNK, b += CHUNK / t->block_len * t->block_bytes) {
        int8_t q[CHUNK];
        float d[CHUNK / 16], m[CHUNK / 16];
        size_t n = p->k - i < CHUNK ? p->k - i : CHUNK;
        unpack(b, n, q, d, m);
        for (size_t j = 0; j < n / group; j++) {
            size_t g = i / group + j, lane = g % 8;
            size_t at = panel_at(place_of(lane, n_groups), lane_len(lane, n_groups), g / 8, n_tiles, r);
            uint8_t *dst = (uint8_t *)p->q + at * group_bytes;
            put_16(q + j * group, code, dst);
            if (group == 32)
                put_16(q + j * group + 16, code, dst + (16 << code.wide));
            p->d[at] = d[j];
            if (p->form.has_min)
                p->m[at] = m[j];
        }
    }
}

#if defined(__AVX512VNNI__)
typedef __m512 vec;
typedef __m512i ivec;
#define vec_zero       _mm512_setzero_ps
#define vec_add        _mm512_add_ps
#define vec_mul        _mm512_mul_ps
#define vec_fma        _mm512_fmadd_ps
#define vec_set1       _mm512_set1_ps
#define vec_load       _mm512_loadu_ps
#define vec_save       _mm512_storeu_ps
#define vec_from       _mm512_cvtepi32_ps
#define ivec_zero      _mm512_setzero_si512
#define ivec_load      _mm512_loadu_si512
#define ivec_set1      _mm512_set1_epi32
#define ivec_sub       _mm512_sub_epi32
#define ivec_shift     _mm512_slli_epi32
#define dot_4(s, w, x) _mm512_dpbusd_epi32(s, w, x)
#else
typedef __m256 vec;
typedef __m256i ivec;
#define vec_zero     _mm256_setzero_ps
#define vec_add      _mm256_add_ps
#define vec_mul      _mm256_mul_ps
#define vec_fma      _mm256_fmadd_ps
#define vec_set1     _mm256_set1_ps
#define vec_load     _mm256_loadu_ps
#define vec_save     _mm256_storeu_ps
#define vec_from     _mm256_cvtepi32_ps
#define ivec_zero    _mm256_setzero_si256
#define ivec_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define ivec_set1    _mm256_set1_epi32
#define ivec_sub     _mm256_sub_epi32
#define ivec_shift   _mm256_slli_epi32
#if HAS_VNNI
#define dot_4(s, w, x) _mm256_dpbusd_avx_epi32(s, w, x)
#endif
#endif

INLINE ivec broadcast(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return ivec_set1(v);
}

/* What a tile works on, with what is constant for the compiler. */
struct shape {
    size_t group, n_vecs;
    bool has_min;
    struct code code;
};

#if HAS_VNNI
/* Σ (w + 128) · a − 128 · Σ a of one group. */
INLINE void multiply(ivec acc[TILE_ROWS][VECS], const uint8_t *w, const struct pack_block *x, size_t half, struct shape s)
{
    UNROLL for (size_t v = 0; v < s.n_vecs; v++)
    {
        ivec sum = ivec_load(s.group == 16 ? x->sum16[half][v] : x->sum32[v]);
        acc[0][v] = ivec_sub(ivec_zero(), ivec_shift(sum, 7));
        UNROLL for (size_t r = 1; r < TILE_ROWS; r++) acc[r][v] = acc[0][v];
    }
    UNROLL for (size_t j = 0; j < s.group / 4; j++)
    {
        ivec a[VECS];
        UNROLL for (size_t v = 0; v < s.n_vecs; v++) a[v] = ivec_load(x->q[v][s.group / 4 * half + j]);
        UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
        {
            ivec b = broadcast(w + r * s.group + 4 * j);
            UNROLL for (size_t v = 0; v < s.n_vecs; v++) acc[r][v] = dot_4(acc[r][v], b, a[v]);
        }
    }
}
#else
/* Weights of 16 bits. */
INLINE void multiply_wide(ivec acc[TILE_ROWS][VECS], const uint8_t *w, const struct pack_block *x, size_t half, struct shape s)
{
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) UNROLL for (size_t v = 0; v < s.n_vecs; v++) acc[r][v] = ivec_zero();
    UNROLL for (size_t j = 0; j < s.group / 2; j++)
    {
        UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
        {
            ivec b = broadcast(w + 2 * (r * s.group + 2 * j));
            UNROLL for (size_t v = 0; v < s.n_vecs; v++)
            {
                ivec a = ivec_load(x->q16[v][s.group / 2 * half + j]);
                acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(b, a));
            }
        }
    }
}

/* Small weights: sums of `pairs` steps stay in 16 bits. */
INLINE void multiply_small(ivec acc[TILE_ROWS][VECS], const uint8_t *w, const struct pack_block *x, size_t half, struct shape s)
{
    const ivec ones = _mm256_set1_epi16(1);
    UNROLL for (size_t v = 0; v < s.n_vecs; v++)
    {
        ivec start = ivec_zero();
        if (s.code.low)
            start = _mm256_mullo_epi32(ivec_load(s.group == 16 ? x->sum16[half][v] : x->sum32[v]), ivec_set1(-s.code.low));
        UNROLL for (size_t r = 0; r < TILE_ROWS; r++) acc[r][v] = start;
    }
    size_t steps = s.group / 4, run = s.code.pairs < steps ? s.code.pairs : steps;
    UNROLL for (size_t first = 0; first < steps; first += run)
    {
        ivec sum[TILE_ROWS][VECS];
        UNROLL for (size_t j = 0; j < run; j++)
        {
            UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
            {
                ivec b = broadcast(w + r * s.group + 4 * (first + j));
                UNROLL for (size_t v = 0; v < s.n_vecs; v++)
                {
                    ivec two = _mm256_maddubs_epi16(b, ivec_load(x->q[v][steps * half + first + j]));
                    sum[r][v] = j ? _mm256_add_epi16(sum[r][v], two) : two;
                }
            }
        }
        UNROLL for (size_t r = 0; r < TILE_ROWS; r++) UNROLL for (size_t v = 0; v < s.n_vecs; v++) acc[r][v] =
            _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(sum[r][v], ones));
    }
}

INLINE void multiply(ivec acc[TILE_ROWS][VECS], const uint8_t *w, const struct pack_block *x, size_t half, struct shape s)
{
    if (s.code.wide)
        multiply_wide(acc, w, x, half, s);
    else
        multiply_small(acc, w, x, half, s);
}
#endif

/* A tile's weights of one lane, and how many groups these are. */
struct lane {
    const uint8_t *w;
    const float *d, *m;
    size_t first, n_groups, n_blocks; /* first group; of the lane; of 32 values in the whole row */
};

/* sum[row][vec] ← a lane of a tile. Always inlined with a constant shape. */
INLINE void lane_sums(vec sum[TILE_ROWS][VECS], struct lane l, const struct pack_block *x, struct shape s)
{
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) UNROLL for (size_t v = 0; v < s.n_vecs; v++) sum[r][v] = vec_zero();
    for (size_t i = 0; i < l.n_groups; i++) {
        size_t g = l.first + 8 * i, half = s.group == 16 ? g % 2 : 0;
        const struct pack_block *b = x + (s.group == 16 ? place_of(g / 2, l.n_blocks) : place_of(l.first, l.n_blocks) + i);
        ivec acc[TILE_ROWS][VECS];
        multiply(acc, l.w, b, half, s);
        UNROLL for (size_t v = 0; v < s.n_vecs; v++)
        {
            vec da = vec_load(b->d[v]);
            UNROLL for (size_t r = 0; r < TILE_ROWS; r++) sum[r][v] =
                vec_fma(vec_from(acc[r][v]), vec_mul(da, vec_set1(l.d[r])), sum[r][v]);
        }
        UNROLL for (size_t v = 0; v < s.n_vecs; v++)
        {
            if (!s.has_min)
                break;
            vec sa = vec_load(s.group == 16 ? b->s16[half][v] : b->s32[v]);
            UNROLL for (size_t r = 0; r < TILE_ROWS; r++) sum[r][v] = vec_fma(sa, vec_set1(l.m[r]), sum[r][v]);
        }
        l.w += TILE_ROWS * s.group << s.code.wide;
        l.d += TILE_ROWS;
        l.m += s.has_min ? TILE_ROWS : 0;
    }
}

/* ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)), + 0, with the lanes in the order of `lane_order`: part[0] holds the left half,
 * part[1] the right one. The sum of lanes 2 and 3 waits in part[1] and part[2]. */
static const uint8_t lane_order[8] = {0, 4, 2, 6, 1, 5, 3, 7};

typedef float part_row[VECS][WIDTH];

INLINE void add_lane(size_t lane, vec s, float *p0, float *p1, float *p2)
{
    switch (lane) {
    case 0: vec_save(p0, s); break;
    case 4: vec_save(p0, vec_add(vec_load(p0), s)); break;
    case 2:
    case 1: vec_save(p1, s); break;
    case 6: vec_save(p0, vec_add(vec_load(p0), vec_add(vec_load(p1), s))); break;
    case 5: vec_save(p1, vec_add(vec_load(p1), s)); break;
    case 3: vec_save(p2, s); break;
    default: vec_save(p0, vec_add(vec_add(vec_load(p0), vec_add(vec_load(p1), vec_add(vec_load(p2), s))), vec_zero())); break;
    }
}

/* All tiles of a panel × one group of activations: part[0][row] ← the products. */
INLINE void multiply_panel(const struct panel *p, const struct pack_block *x, part_row *part[3], struct shape s)
{
    size_t n_groups = p->k / s.group, n_tiles = (p->n_rows + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t i = 0; i < 8; i++) {
        size_t lane = lane_order[i], len = lane_len(lane, n_groups);
        for (size_t tile = 0; tile < n_tiles; tile++) {
            vec sum[TILE_ROWS][VECS];
            size_t at = panel_at(place_of(lane, n_groups), len, 0, n_tiles, tile * TILE_ROWS);
            struct lane l = {(const uint8_t *)p->q + (at * s.group << s.code.wide), p->d + at, p->m + at, lane, len, p->k / 32};
            lane_sums(sum, l, x, s);
            for (size_t r = 0; r < TILE_ROWS; r++)
                for (size_t v = 0; v < s.n_vecs; v++) {
                    size_t row = tile * TILE_ROWS + r;
                    add_lane(lane, sum[r][v], part[0][row][v], part[1][row][v], part[2][row][v]);
                }
        }
    }
}

typedef void multiply_fn(const struct panel *p, const struct pack_block *x, part_row *part[3]);

#define SHAPE(name, vecs, ...)                                                                      \
    static void name##_##vecs(const struct panel *p, const struct pack_block *x, part_row *part[3]) \
    {                                                                                               \
        multiply_panel(p, x, part, (struct shape){.n_vecs = (vecs), __VA_ARGS__});                  \
    }
#define SHAPES(name, ...) SHAPE(name, 1, __VA_ARGS__) SHAPE(name, 2, __VA_ARGS__)
#if HAS_VNNI
SHAPES(group_32, .group = 32, .code = {.low = 128})
SHAPES(group_32_min, .group = 32, .has_min = true, .code = {.low = 128})
SHAPES(group_16, .group = 16, .code = {.low = 128})
SHAPES(group_16_min, .group = 16, .has_min = true, .code = {.low = 128})
#define BY_TYPE(X)        \
    X(Q4_0, group_32)     \
    X(Q5_0, group_32)     \
    X(Q8_0, group_32)     \
    X(IQ4_NL, group_32)   \
    X(Q4_1, group_32_min) \
    X(Q5_1, group_32_min) \
    X(Q4_K, group_32_min) \
    X(Q5_K, group_32_min) \
    X(Q3_K, group_16)     \
    X(Q6_K, group_16)     \
    X(Q2_K, group_16_min)
#else
SHAPES(q8, .group = 32, .code = {.wide = true})
SHAPES(q4_0, .group = 32, .code = {.low = 8, .pairs = 8})
SHAPES(q4_min, .group = 32, .has_min = true, .code = {.pairs = 8})
SHAPES(q5_0, .group = 32, .code = {.low = 16, .pairs = 4})
SHAPES(q5_min, .group = 32, .has_min = true, .code = {.pairs = 4})
SHAPES(q2_k, .group = 16, .has_min = true, .code = {.pairs = 8})
SHAPES(q3_k, .group = 16, .code = {.low = 4, .pairs = 8})
SHAPES(q6_k, .group = 16, .code = {.low = 32, .pairs = 2})
#define BY_TYPE(X)  \
    X(Q4_0, q4_0)   \
    X(Q5_0, q5_0)   \
    X(Q8_0, q8)     \
    X(IQ4_NL, q8)   \
    X(Q4_1, q4_min) \
    X(Q5_1, q5_min) \
    X(Q4_K, q4_min) \
    X(Q5_K, q5_min) \
    X(Q3_K, q3_k)   \
    X(Q6_K, q6_k)   \
    X(Q2_K, q2_k)
#endif
static multiply_fn *const multiply_fns[TENSOR_TYPE_COUNT][VECS] = {
#define X(id, name) [TENSOR_##id] = {name##_1, name##_2},
    BY_TYPE(X)
#undef X
};

void LEVEL(panel_q8)(const struct panel *p, const void *packed, size_t n_lanes, float *out, size_t out_stride)
{
    size_t rows = (p->n_rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    part_row *part[3] = {(part_row *)p->sums, (part_row *)p->sums + rows, (part_row *)p->sums + 2 * rows};
    multiply_fns[p->type][(n_lanes - 1) / WIDTH](p, packed, part);
    for (size_t row = 0; row < p->n_rows; row += TRANSPOSE_WIDTH) {
        size_t n = p->n_rows - row < TRANSPOSE_WIDTH ? p->n_rows - row : TRANSPOSE_WIDTH;
        for (size_t lane = 0; lane < n_lanes; lane += WIDTH)
            transpose_block(part[0][row][lane / WIDTH], LANES, n, out + lane * out_stride + row, out_stride,
                            n_lanes - lane < WIDTH ? n_lanes - lane : WIDTH);
    }
}
