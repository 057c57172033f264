/* out = x · wᵀ, split over the pool by rows of w.
 *
 * One row of activations (decode) is bound by memory: a thread streams through its rows of w once, in order. Many rows
 * (prefill, a batch) are bound by arithmetic: a thread unpacks a panel of w rows once into scratch memory and multiplies it
 * with all activations. Both add in the same order (kernels.h), so that a row's result does not depend on its company. */
#include "tensor/act.h"

enum {
    STREAM_BYTES_MIN = 32 << 10, /* of w, in an item: small enough to balance, large enough to be worth the handing out */
    STREAM_BYTES_MAX = 256 << 10,
    TILE_BYTES = 16 << 10, /* of w, kept in the first-level cache while a few rows of activations use it */
    ITEMS_PER_THREAD = 8,
};

struct matmul {
    const struct kernels *kn;
    const struct matrix *w;
    struct act *a;
    float *out;
    size_t out_stride, rows_per_item;
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static const uint8_t *row_of(const struct matrix *w, size_t row)
{
    return (const uint8_t *)w->data + row * w->row_bytes;
}

/* Row by row: all activations of a tile of w before the next tile. */
static void stream_item(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct matmul *mm = arg;
    const struct matrix *w = mm->w;
    const struct act *a = mm->a;
    size_t row = item * mm->rows_per_item, end = min_size(row + mm->rows_per_item, w->rows);
    size_t tile = a->m == 1 ? end - row : TILE_BYTES / w->row_bytes + 1;
    for (; row < end; row += tile) {
        size_t n = min_size(tile, end - row);
        for (size_t i = 0; i < a->m; i++) {
            struct act_row x = act_row(a, i);
            mm->kn->dot[w->type](row_of(w, row), w->row_bytes, n, &x, a->k, mm->out + i * mm->out_stride + row);
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

enum { CHUNK = 256 };

/* Unpacks one row of w into row r of a panel. */
static void fill_panel_row(const struct matmul *mm, struct panel *p, size_t r, const uint8_t *src)
{
    const struct tensor_type_info *t = tensor_type_info(mm->w->type);
    size_t group = p->form.group, row_at = r / PANEL_ROWS * (p->k / group) * PANEL_ROWS + r % PANEL_ROWS; /* in groups */
    for (size_t i = 0; i < p->k; i += CHUNK) {
        int8_t q[CHUNK];
        float d[CHUNK / 16], m[CHUNK / 16];
        size_t n = min_size(p->k - i, CHUNK), at = row_at + i / group * PANEL_ROWS;
        mm->kn->unpack[mm->w->type](src + i / t->block_len * t->block_bytes, n, q, d, m);
        mm->kn->widen(q, n, group, (uint8_t *)p->q + at * group * mm->kn->panel_elem);
        for (size_t g = 0; g < n / group; g++)
            p->d[at + g * PANEL_ROWS] = d[g];
        for (size_t g = 0; g < n / group && p->form.has_min; g++)
            p->m[at + g * PANEL_ROWS] = m[g];
    }
}

/* Unpacks rows row … row + n - 1 into a thread's scratch memory. Rows that fill up the last block hold what was there before:
 * their results are computed and dropped. */
static struct panel make_panel(const struct matmul *mm, size_t row, size_t n, uint8_t *scratch)
{
    struct panel p = {.n_rows = n, .k = mm->a->k, .form = weight_forms[mm->w->type], .q = scratch};
    size_t rows = round_up(n, PANEL_ROWS);
    p.d = (float *)(scratch + round_up(rows * p.k * mm->kn->panel_elem, 64));
    p.m = p.d + rows * (p.k / p.form.group);
    for (size_t r = 0; r < n; r++)
        fill_panel_row(mm, &p, r, row_of(mm->w, row + r));
    return p;
}

static void panel_item(void *arg, size_t item, int thread)
{
    const struct matmul *mm = arg;
    const struct act *a = mm->a;
    size_t row = item * mm->rows_per_item, n = min_size(mm->rows_per_item, mm->w->rows - row), lanes = mm->kn->lanes;
    struct panel p = make_panel(mm, row, n, act_panel(a, thread));
    for (size_t i = 0; i < a->m; i += lanes) {
        const uint8_t *packed = a->packed + i / lanes * act_packed_bytes(a, mm->kn);
        mm->kn->panel_q8(&p, packed, min_size(lanes, a->m - i), mm->out + i * mm->out_stride + row, mm->out_stride);
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

/* A panel's rows, fewer when there would not be enough panels for all threads. */
static size_t panel_rows(const struct matmul *mm, size_t elem, int n_threads)
{
    size_t fair = round_up(mm->w->rows / ((size_t)n_threads * ITEMS_PER_THREAD) + 1, PANEL_ROWS);
    return min_size(fair, act_panel_rows(mm->a->k, elem));
}

void op_matmul(const struct kernels *kn, struct pool *pool, const struct matrix *w, struct act *a, float *out, size_t out_stride)
{
    if (!w->rows || !a->m)
        return;
    struct matmul mm = {kn, w, a, out, out_stride, 0};
    bool grouped = weight_forms[w->type].group;
    int n_threads = pool_threads(pool);
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
