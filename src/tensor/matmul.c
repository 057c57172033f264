/* out = x · wᵀ, split over the pool by rows of w.
 *
 * One row of activations (decode) is bound by memory: a thread streams through its rows of w once, in order. Many rows
 * (prefill, a batch) are bound by arithmetic: a thread unpacks a panel of w rows once into scratch memory and multiplies it
 * with all activations. Both add in the same order (kernels.h), so that a row's result does not depend on its company; where
 * the kernels have tiles, these do it faster, but not to the last bit. */
#include "tensor/act.h"

enum {
    STREAM_BYTES_MIN = 32 << 10, /* of w, in an item: small enough to balance, large enough to be worth the handing out */
    STREAM_BYTES_MAX = 256 << 10,
    TILE_BYTES = 8 << 10, /* of w, kept in the first-level cache while a few rows of activations use it and the next are fetched */
    DOT_M = 4,
    ITEMS_PER_THREAD = 8,
    TILE_PANELS_MAX = 8, /* cores fall into slow phases: what one of them has taken must not last */
    TILE_M_PART = 64,
};

struct matmul {
    const struct kernels *kn;
    const struct matrix *w;
    struct act *a;
    float *out;
    size_t out_stride, rows_per_item, m_per_item, n_threads;
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static const uint8_t *row_of(const struct matrix *w, size_t row)
{
    return (const uint8_t *)w->data + row * w->row_bytes;
}

/* Few rows of activations: all of them for a tile of w before the next tile. */
static void stream_item(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct matmul *mm = arg;
    const struct matrix *w = mm->w;
    const struct act *a = mm->a;
    size_t row = item * mm->rows_per_item, end = min_size(row + mm->rows_per_item, w->rows);
    size_t tile = TILE_BYTES / w->row_bytes + 1;
    for (size_t n; row < end; row += n) {
        n = min_size(tile, end - row);
        struct dot_rows rows = {row_of(w, row), w->row_bytes, n, (uintptr_t)row_of(w, row + n)};
        for (size_t i = 0; i < a->m; i += DOT_M) {
            struct act_row x[DOT_M];
            size_t m = min_size(DOT_M, a->m - i);
            for (size_t j = 0; j < m; j++)
                x[j] = act_row(a, i + j);
            mm->kn->dot[w->type](&rows, x, m, a->k, mm->out + i * mm->out_stride + row, mm->out_stride);
        }
    }
}

static size_t stream_rows(const struct matrix *w, int n_threads)
{
    size_t bytes = w->row_bytes * w->rows / ((size_t)n_threads * ITEMS_PER_THREAD);
    bytes = bytes < STREAM_BYTES_MIN ? STREAM_BYTES_MIN : min_size(bytes, STREAM_BYTES_MAX);
    return bytes / w->row_bytes + 1;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Unpacks rows row … row + n - 1 into a thread's scratch memory. Rows that fill up the last tile hold what was there before:
 * their results are computed and dropped. */
static struct panel make_panel(const struct matmul *mm, size_t row, size_t n, uint8_t *scratch)
{
    struct panel p = {.type = mm->w->type, .n_rows = n, .k = mm->a->k, .form = weight_forms[mm->w->type], .q = scratch};
    size_t rows = round_up(n, mm->kn->tile_rows);
    p.sums = (float *)(scratch + round_up(rows * p.k * mm->kn->panel_elem, 64));
    p.d = p.sums + 3 * rows * mm->kn->lanes;
    p.m = p.d + rows * (p.k / p.form.group);
    struct dot_rows rows_of = {row_of(mm->w, row), mm->w->row_bytes, n, (uintptr_t)row_of(mm->w, row + n)};
    mm->kn->panel_fill(&p, &rows_of);
    return p;
}

/* What the thread reads next: items are handed out in order, so about as many further as there are threads. */
static struct span next_item(const struct matmul *mm, size_t row)
{
    size_t next = row + mm->n_threads * mm->rows_per_item, rows = next < mm->w->rows ? min_size(mm->rows_per_item, mm->w->rows - next) : 0;
    return (struct span){(uintptr_t)row_of(mm->w, next), rows * mm->w->row_bytes};
}

/* Unpacking waits for memory, multiplying does not: so the next panel is fetched while this one is multiplied. */
static void panel_item(void *arg, size_t item, int thread)
{
    const struct matmul *mm = arg;
    const struct act *a = mm->a;
    size_t row = item * mm->rows_per_item, n = min_size(mm->rows_per_item, mm->w->rows - row), lanes = mm->kn->lanes;
    struct panel p = make_panel(mm, row, n, act_panel(a, thread));
    struct span next = next_item(mm, row), soon = {next.at, next.bytes * lanes / a->m + 1};
    for (size_t i = 0; i < a->m; i += lanes, soon.at += soon.bytes) {
        const uint8_t *packed = a->packed + i / lanes * act_packed_bytes(a, mm->kn);
        mm->kn->panel_q8(&p, packed, min_size(lanes, a->m - i), soon, mm->out + i * mm->out_stride + row, mm->out_stride);
    }
}

static void float_panel_item(void *arg, size_t item, int thread)
{
    const struct matmul *mm = arg;
    const struct act *a = mm->a;
    size_t row = item * mm->rows_per_item, n = min_size(mm->rows_per_item, mm->w->rows - row), stride = round_up(a->k, 16);
    struct panel p = {.n_rows = n, .k = a->k, .q = act_panel(a, thread)};
    for (size_t r = 0; r < n; r++) {
        float *dst = (float *)p.q + r * stride;
        mm->kn->row_to_f32(mm->w->type, row_of(mm->w, row + r), dst, a->k);
        for (size_t i = a->k; i < stride; i++)
            dst[i] = 0;
    }
    mm->kn->panel_f32(&p, a->x, a->m, mm->out + row, mm->out_stride);
}

/* Items go through the rows of w for some rows of activations, then for the next ones. */
static void tile_item(void *arg, size_t item, int thread)
{
    const struct matmul *mm = arg;
    const struct act *a = mm->a;
    const struct tiles *t = mm->kn->tiles;
    size_t row_items = (mm->w->rows + mm->rows_per_item - 1) / mm->rows_per_item;
    size_t row = item % row_items * mm->rows_per_item, first = item / row_items * mm->m_per_item;
    struct tile_product p = {
        .w = mm->w,
        .row = row,
        .n_rows = min_size(mm->rows_per_item, mm->w->rows - row),
        .packed = a->packed + first / t->lanes * t->pack_bytes,
        .step = act_tile_step(a, t),
        .m = min_size(mm->m_per_item, a->m - first),
        .out = mm->out + first * mm->out_stride,
        .out_stride = mm->out_stride,
        .scratch = act_panel(a, thread),
    };
    t->product(&p);
}

static size_t div_up(size_t n, size_t by)
{
    return (n + by - 1) / by;
}

/* Whole panels, as many as leave enough items for all threads. Where there are too few panels, the rows of activations are
 * divided, too, though each part then unpacks the panels again. */
static size_t tile_items(struct matmul *mm, int n_threads)
{
    const struct tiles *t = mm->kn->tiles;
    size_t panels = div_up(mm->w->rows, t->panel_rows), wanted = (size_t)n_threads * ITEMS_PER_THREAD, m = mm->a->m;
    mm->rows_per_item = min_size(div_up(panels, wanted), TILE_PANELS_MAX) * t->panel_rows;
    size_t parts = min_size(div_up(wanted, 2 * panels), div_up(m, TILE_M_PART));
    mm->m_per_item = min_size(round_up(div_up(m, parts), t->lanes), t->m_max);
    return div_up(mm->w->rows, mm->rows_per_item) * div_up(m, mm->m_per_item);
}

/* A panel's rows, fewer when there would not be enough panels for all threads. */
static size_t panel_rows(const struct matmul *mm, size_t elem, int n_threads)
{
    size_t fair = round_up(mm->w->rows / ((size_t)n_threads * ITEMS_PER_THREAD) + 1, mm->kn->tile_rows);
    return min_size(fair, act_panel_rows(mm->a->k, elem, mm->kn->tile_rows));
}

void op_matmul(const struct kernels *kn, struct pool *pool, const struct matrix *w, struct act *a, float *out, size_t out_stride)
{
    if (!w->rows || !a->m)
        return;
    struct matmul mm = {.kn = kn, .w = w, .a = a, .out = out, .out_stride = out_stride, .n_threads = (size_t)pool_threads(pool)};
    bool grouped = weight_forms[w->type].group;
    int n_threads = pool_threads(pool);
    if (act_wants_tiles(a, kn, w->type) && act_scratch(a, n_threads)) {
        act_make_tiles(a, kn->tiles, pool);
        pool_run(pool, tile_items(&mm, n_threads), tile_item, &mm);
        return;
    }
    if (grouped)
        act_make(a, kn, pool);
    pool_fn *item = stream_item;
    if (act_wants_panels(a, kn) && act_scratch(a, n_threads)) {
        item = grouped ? panel_item : float_panel_item;
        mm.rows_per_item = panel_rows(&mm, grouped ? kn->panel_elem : sizeof(float), n_threads);
    } else {
        mm.rows_per_item = stream_rows(w, n_threads);
    }
    pool_run(pool, (w->rows + mm.rows_per_item - 1) / mm.rows_per_item, item, &mm);
}
