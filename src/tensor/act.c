#include "tensor/act.h"

#include <assert.h>
#include <stdlib.h>

#include "sys/mem.h"

enum {
    ALIGN = 64,
    STRIDE = 256,         /* rows of forms are padded to super-blocks */
    LANES_MAX = 32,       /* of any level */
    LANE_BYTES_MAX = 128, /* of packed activations for 32 values, of any level */
    TILE_ROWS_MAX = 32,   /* of any level */
    PANEL_BYTES = 192 << 10,
    PANEL_ROWS_MAX = 64,
    PANEL_M_MIN = 8, /* fewer rows of activations go one by one: a panel takes as long as for all its lanes */
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

int act_create(size_t rows_max, size_t cols_max, struct act **ret)
{
    if (!rows_max || !cols_max || rows_max > (size_t)1 << 24 || cols_max > (size_t)1 << 24)
        return ERR_INVAL;
    struct act *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    size_t stride = round_up(cols_max, STRIDE), values = rows_max * stride, groups = values / 32 * sizeof(float);
    size_t packed = (round_up(rows_max, LANES_MAX) + LANES_MAX) * (stride / 32) * LANE_BYTES_MAX;
    *a = (struct act){.rows_max = rows_max, .cols_max = cols_max, .stride = stride};
    a->pages_len = 2 * values + 7 * groups + packed;
    uint8_t *p = a->pages = mem_pages_alloc(a->pages_len);
    if (!p) {
        free(a);
        return ERR_NOMEM;
    }
    a->packed = p; /* all sizes are multiples of 64 but that of d, s32 and sum32, which come last */
    p += packed;
    a->rows.q = (int8_t *)p;
    p += values;
    a->rows.halves = (int8_t *)p;
    p += values;
    a->rows.s16 = (float *)p;
    p += 2 * groups;
    a->rows.sum16 = (int32_t *)p;
    p += 2 * groups;
    a->rows.d = (float *)p;
    p += groups;
    a->rows.s32 = (float *)p;
    p += groups;
    a->rows.sum32 = (int32_t *)p;
    *ret = a;
    return OK;
}

void act_free(struct act *a)
{
    if (!a)
        return;
    mem_pages_free(a->pages, a->pages_len);
    mem_pages_free(a->scratch, a->scratch_len * (size_t)a->n_scratch);
    free(a);
}

void act_set(struct act *a, const float *x, size_t m, size_t k)
{
    assert(m <= a->rows_max && k <= a->cols_max);
    a->x = x;
    a->m = m;
    a->k = k;
    a->made_by = NULL;
}

static struct act_row_out row_out(const struct act *a, size_t row)
{
    size_t v = row * a->stride;
    const struct act_row_out *r = &a->rows;
    return (struct act_row_out){r->q + v,          r->d + v / 32,     r->s32 + v / 32, r->s16 + v / 16,
                                r->sum32 + v / 32, r->sum16 + v / 16, r->halves + v};
}

struct act_row act_row(const struct act *a, size_t row)
{
    struct act_row_out o = row_out(a, row);
    return (struct act_row){a->x + row * a->k, o.q, o.d, o.s32, o.s16, o.sum32, o.sum16, o.halves};
}

bool act_wants_panels(const struct act *a, const struct kernels *kn)
{
    return kn->panel_q8 && a->m >= PANEL_M_MIN;
}

size_t act_packed_bytes(const struct act *a, const struct kernels *kn)
{
    return a->k / 32 * kn->pack_bytes;
}

struct make {
    struct act *a;
    const struct kernels *kn;
    size_t lanes;
};

/* Quantises one group of rows and packs it. */
static void make_group(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct make *mk = arg;
    struct act *a = mk->a;
    size_t first = item * mk->lanes, n = a->m - first < mk->lanes ? a->m - first : mk->lanes;
    struct act_row rows[LANES_MAX];
    for (size_t i = 0; i < n; i++) {
        mk->kn->quantise(a->x + (first + i) * a->k, a->k, row_out(a, first + i));
        rows[i] = act_row(a, first + i);
    }
    if (act_wants_panels(a, mk->kn))
        mk->kn->pack(rows, n, a->k, a->packed + item * act_packed_bytes(a, mk->kn));
}

void act_make(struct act *a, const struct kernels *kn, struct pool *pool)
{
    if (a->made_by == kn)
        return;
    struct make mk = {a, kn, act_wants_panels(a, kn) ? kn->lanes : 1};
    assert(mk.lanes <= LANES_MAX && kn->pack_bytes <= LANE_BYTES_MAX * kn->lanes);
    pool_run(pool, (a->m + mk.lanes - 1) / mk.lanes, make_group, &mk);
    a->made_by = kn;
}

bool act_wants_tiles(const struct act *a, const struct kernels *kn, enum tensor_type type)
{
    return kn->tiles && kn->tiles->takes[type] && a->m >= kn->tiles->m_min;
}

size_t act_tile_step(const struct act *a, const struct tiles *t)
{
    return (a->m + t->lanes - 1) / t->lanes * t->pack_bytes;
}

struct make_tiles {
    struct act *a;
    const struct tiles *t;
};

static void pack_tiles(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct make_tiles *mk = arg;
    const struct act *a = mk->a;
    size_t first = item * mk->t->lanes, n = a->m - first < mk->t->lanes ? a->m - first : mk->t->lanes;
    mk->t->pack(a->x + first * a->k, a->k, n, a->k, a->packed + item * mk->t->pack_bytes, act_tile_step(a, mk->t));
}

void act_make_tiles(struct act *a, const struct tiles *t, struct pool *pool)
{
    if (a->made_by == t)
        return;
    assert(t->scratch_bytes <= PANEL_BYTES);
    assert(t->pack_bytes * 32 <= t->lanes * t->depth * LANE_BYTES_MAX && STRIDE % t->depth == 0 && t->lanes <= LANES_MAX);
    struct make_tiles mk = {a, t};
    pool_run(pool, (a->m + t->lanes - 1) / t->lanes, pack_tiles, &mk);
    a->made_by = t;
}

size_t act_panel_rows(size_t k, size_t elem, size_t tile)
{
    size_t fit = PANEL_BYTES / (round_up(k, 16) * elem), rows = (fit < PANEL_ROWS_MAX ? fit : PANEL_ROWS_MAX) / tile * tile;
    return rows ? rows : tile;
}

bool act_scratch(struct act *a, int n_threads)
{
    if (n_threads <= a->n_scratch)
        return true;
    size_t narrow = TILE_ROWS_MAX * a->stride * sizeof(float), values = narrow > PANEL_BYTES ? narrow : PANEL_BYTES;
    size_t sums = 3 * (PANEL_ROWS_MAX + TILE_ROWS_MAX) * LANES_MAX * sizeof(float);
    size_t len = round_up(values + values / 2 + sums + 4 * ALIGN, 4096); /* scales and offsets: at most half a byte a value */
    void *p = mem_pages_alloc(len * (size_t)n_threads);
    if (!p)
        return false;
    mem_pages_free(a->scratch, a->scratch_len * (size_t)a->n_scratch);
    a->scratch = p;
    a->scratch_len = len;
    a->n_scratch = n_threads;
    return true;
}

uint8_t *act_panel(const struct act *a, int thread)
{
    return (uint8_t *)a->scratch + (size_t)thread * a->scratch_len;
}
