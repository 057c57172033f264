/* Weights × many rows of activations in the AMX units, both as bf16, sums in f32.
 *
 * A tile is 16 rows of 64 bytes. TDPBF16PS adds A · B to C, where a row of A holds 32 values of one output and a row of B two
 * values of each of 16 columns. So the weights are A: a block of 32 weights is one row of a tile as it lies in the file, and
 * nothing is transposed but the activations, once for all matrices that read them, and the results.
 *
 *     panel    PANEL_ROWS weight rows × DEPTH values as tiles: [DEPTH / 32][4][16][32] bf16, 32 KB, in the first-level cache
 *     packed   16 rows of activations × DEPTH values: [DEPTH / 32][16][16][2] bf16, 8 KB, read from the second level
 *     C        4 tiles, one below the other; kept in scratch memory between pieces of DEPTH: [16 columns][4][16][16] f32
 *
 * A panel is used for all activations before the next one. With four tiles of A to one of B only B comes from the second-level
 * cache. */
#include "tensor/x86/bf16.h"
#include "tensor/x86/level.h"
#include "tensor/x86/transpose.h"

enum { LANES = 16, DEPTH = 256, STEPS = DEPTH / 32, PANEL_ROWS = 64, TILE = 1024, M_MAX = 512, AHEAD = 16 };
enum { PACK_BYTES = STEPS * TILE, PANEL_BYTES = STEPS * 4 * TILE, SUM_BYTES = 4 * TILE };

/* Compilers do not know what tile instructions read and write. */
#define TILES_SEE_MEMORY() __asm__ volatile("" : : : "memory")

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes_per_row[16];
    uint8_t rows[16];
};

/* Eight full tiles. */
static void configure(void)
{
    _Alignas(64) struct tile_config c = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        c.bytes_per_row[i] = 64;
        c.rows[i] = 16;
    }
    /* GCC 12 believes that the instruction reads eight bytes, and drops the stores of the others. */
    __asm__ volatile("" : : "m"(c), "r"(&c) : "memory");
    _tile_loadconfig(&c);
}

static __mmask16 first_of_16(size_t n)
{
    return n < 16 ? (__mmask16)((1u << n) - 1) : (__mmask16)~0u;
}

/* 32 values of 16 rows, as one tile. */
INLINE void pack_tile(const float *x, size_t stride, size_t n_rows, size_t n, uint8_t *dst)
{
    __m512i r[16];
    __mmask16 low = first_of_16(n), high = n > 16 ? first_of_16(n - 16) : 0;
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++, x += stride)
        r[i] = i < n_rows ? join_bf16(_mm512_maskz_loadu_ps(low, x), _mm512_maskz_loadu_ps(high, x + 16)) : _mm512_setzero_si512();
    transpose(r);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        _mm512_store_si512(dst + 64 * i, r[i]);
}

static void pack(const float *x, size_t stride, size_t n_rows, size_t k, uint8_t *dst, size_t step)
{
    for (size_t i = 0; i < k; i += 32) {
        uint8_t *tile = dst + i / DEPTH * step + i % DEPTH / 32 * TILE;
        if (n_rows == LANES && k - i >= 32)
            pack_tile(x + i, stride, LANES, 32, tile);
        else
            pack_tile(x + i, stride, n_rows, k - i, tile);
    }
}

/* A piece of `bytes` bytes of n_rows weight rows into a panel. AHEAD rows further, and then in the next piece, memory is
 * called for: the rows are too far apart for the processor to see by itself where the reading goes on. */
struct piece {
    const uint8_t *src, *next; /* next: the piece that follows, or src */
    size_t row_bytes, n_rows, n, bytes;
};

INLINE void unpack_rows(const struct piece *p, uint8_t *panel, void (*convert)(const uint8_t *src, size_t n, uint8_t *dst, size_t step))
{
    for (size_t r = 0; r < p->n_rows; r++) {
        const uint8_t *soon =
            r + AHEAD < PANEL_ROWS ? p->src + (r + AHEAD) * p->row_bytes : p->next + (r + AHEAD - PANEL_ROWS) * p->row_bytes;
        for (size_t i = 0; i < p->bytes; i += 64)
            _mm_prefetch((const char *)soon + i, _MM_HINT_T0);
        convert(p->src + r * p->row_bytes, p->n, panel + r / 16 * TILE + r % 16 * 64, 4 * TILE);
    }
}

#define TILE_TYPES(X) \
    X(Q4_0, q4_0)     \
    X(Q4_1, q4_1)     \
    X(Q5_0, q5_0)     \
    X(Q5_1, q5_1)     \
    X(Q8_0, q8_0)     \
    X(Q2_K, q2_k)     \
    X(Q3_K, q3_k)     \
    X(Q4_K, q4_k)     \
    X(Q5_K, q5_k)     \
    X(Q6_K, q6_k)     \
    X(IQ4_NL, iq4_nl) \
    X(F16, f16)       \
    X(BF16, bf16)

#define X(id, name)                                                       \
    static void unpack_rows_##name(const struct piece *p, uint8_t *panel) \
    {                                                                     \
        unpack_rows(p, panel, to_bf16_##name);                            \
    }
TILE_TYPES(X)
#undef X

typedef void unpack_rows_fn(const struct piece *p, uint8_t *panel);
static unpack_rows_fn *const unpackers[TENSOR_TYPE_COUNT] = {
#define X(id, name) [TENSOR_##id] = unpack_rows_##name,
    TILE_TYPES(X)
#undef X
};

/* Sums that are ready, [4][16 weight rows][16 lanes], and where they go: out[lane][weight row]. */
struct ready {
    const uint8_t *sums;
    size_t n_rows, n_lanes;
    float *out;
    size_t out_stride;
};

INLINE void write_tile(const struct ready *r, size_t tile)
{
    size_t row = tile * 16;
    if (row < r->n_rows)
        transpose_block((const float *)(const void *)(r->sums + tile * TILE), 16, r->n_rows - row < 16 ? r->n_rows - row : 16, r->out + row,
                        r->out_stride, r->n_lanes);
}

/* C += panel · packed over `steps` tiles of depth; C is tiles 0 to 3. Meanwhile the vector units write what is ready. */
INLINE void multiply(const uint8_t *panel, const uint8_t *packed, size_t steps, const struct ready *r)
{
    for (size_t i = 0; i < steps; i++, panel += 4 * TILE, packed += TILE) {
        _tile_loadd(4, packed, 64);
        _tile_loadd(5, panel, 64);
        _tile_dpbf16ps(0, 5, 4);
        _tile_loadd(5, panel + TILE, 64);
        _tile_dpbf16ps(1, 5, 4);
        _tile_loadd(5, panel + 2 * TILE, 64);
        _tile_dpbf16ps(2, 5, 4);
        _tile_loadd(5, panel + 3 * TILE, 64);
        _tile_dpbf16ps(3, 5, 4);
        if (r && i % 2)
            write_tile(r, i / 2);
    }
    for (size_t tile = steps / 2; r && tile < 4; tile++)
        write_tile(r, tile);
}

static void load_sums(const uint8_t *sums)
{
    _tile_loadd(0, sums, 64);
    _tile_loadd(1, sums + TILE, 64);
    _tile_loadd(2, sums + 2 * TILE, 64);
    _tile_loadd(3, sums + 3 * TILE, 64);
}

static void zero_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

static void store_sums(uint8_t *sums)
{
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + TILE, 64);
    _tile_stored(2, sums + 2 * TILE, 64);
    _tile_stored(3, sums + 3 * TILE, 64);
}

/* A panel × all activations, one piece of depth. After the last piece the sums of a group are written while the next group is
 * multiplied. */
static void multiply_piece(const struct tile_product *p, size_t row, size_t n_rows, size_t at, size_t n)
{
    const uint8_t *panel = p->scratch, *packed = p->packed + at / DEPTH * p->step;
    uint8_t *sums = (uint8_t *)p->scratch + PANEL_BYTES;
    bool last = at + n == p->w->cols;
    struct ready ready = {.n_rows = 0};
    for (size_t g = 0; g * LANES < p->m; g++, packed += PACK_BYTES, sums += SUM_BYTES) {
        TILES_SEE_MEMORY();
        if (at)
            load_sums(sums);
        else
            zero_sums();
        if (last)
            multiply(panel, packed, (n + 31) / 32, &ready);
        else
            multiply(panel, packed, (n + 31) / 32, NULL);
        store_sums(sums);
        TILES_SEE_MEMORY();
        ready = (struct ready){sums, n_rows, p->m - g * LANES < LANES ? p->m - g * LANES : LANES, p->out + g * LANES * p->out_stride + row,
                               p->out_stride};
    }
    for (size_t tile = 0; last && tile < 4; tile++)
        write_tile(&ready, tile);
}

/* At most PANEL_ROWS rows of w. */
static void panel_product(const struct tile_product *p, size_t row, size_t n_rows, const uint8_t *next)
{
    const struct tensor_type_info *t = tensor_type_info(p->w->type);
    size_t k = p->w->cols, row_bytes = p->w->row_bytes, piece_bytes = DEPTH / t->block_len * t->block_bytes;
    const uint8_t *src = (const uint8_t *)p->w->data + row * row_bytes;
    for (size_t at = 0; at < k; at += DEPTH, src += piece_bytes) {
        size_t n = k - at < DEPTH ? k - at : DEPTH;
        struct piece piece = {src, at + n == k ? next : src + piece_bytes, row_bytes, n_rows, n, n / t->block_len * t->block_bytes};
        unpackers[p->w->type](&piece, p->scratch);
        multiply_piece(p, row, n_rows, at, n);
    }
}

static void product(const struct tile_product *p)
{
    configure();
    for (size_t i = 0; i < p->n_rows; i += PANEL_ROWS) {
        size_t left = p->n_rows - i, row = p->row + i, further = left > PANEL_ROWS ? row + PANEL_ROWS : row;
        panel_product(p, row, left < PANEL_ROWS ? left : PANEL_ROWS, (const uint8_t *)p->w->data + further * p->w->row_bytes);
    }
    _tile_release(); /* or every switch of threads would carry the tiles along */
}

const struct tiles tiles_amx = {
    .m_min = 8,
    .lanes = LANES,
    .depth = DEPTH,
    .pack_bytes = PACK_BYTES,
    .panel_rows = PANEL_ROWS,
    .m_max = M_MAX,
    .scratch_bytes = PANEL_BYTES + M_MAX / LANES * SUM_BYTES,
#define X(id, name) [TENSOR_##id] = true,
    .takes = {TILE_TYPES(X)},
#undef X
    .pack = pack,
    .product = product,
};
