/* Queries that share a K/V head and a sequence go through its blocks together: the heads of a group, and in a prompt some rows
 * that follow each other, so that a block is read (and converted) once for up to 32 of them.
 *
 * A context is cut into segments of 512 positions. Each has its own running softmax, and they are put together in order. So
 * the segments of one row can be dealt out to several threads, and a row has the same bits whoever computes it: alone or in a
 * prompt, by one thread or by many.
 *
 * In a layer with a window a row sees the last positions only: blocks and segments that the window has left behind are not
 * looked at. They stay in the cache, since layers share blocks (kv.h). */
#include "engine/attention.h"

#include <math.h>
#include <stdlib.h>

#include "sys/mem.h"

enum { SEGMENT_BLOCKS = 16, QUERIES = ATTEND_QUERIES_MAX };

static size_t round16(size_t n)
{
    return (n + 15) / 16 * 16;
}

/* How a thread's memory is used. */
struct lane {
    float *q;                           /* [QUERIES][d_k] scaled */
    float *max, *sum, *acc;             /* of the segment */
    float *max_all, *sum_all, *acc_all; /* of those before it */
    float *scratch;
    uint32_t visible[QUERIES], hidden[QUERIES];
};

static size_t lane_floats(const struct attention *a)
{
    return round16(QUERIES * a->d_k) + 4 * QUERIES + 2 * QUERIES * attend_width(a->d_v) + round16(attend_scratch(&a->shape));
}

static struct lane lane_of(const struct attention *a, int thread)
{
    struct lane l = {.q = a->lanes + (size_t)thread * a->lane_floats};
    l.max = l.q + round16(QUERIES * a->d_k);
    l.sum = l.max + QUERIES;
    l.max_all = l.sum + QUERIES;
    l.sum_all = l.max_all + QUERIES;
    l.acc = l.sum_all + QUERIES;
    l.acc_all = l.acc + QUERIES * attend_width(a->d_v);
    l.scratch = l.acc_all + QUERIES * attend_width(a->d_v);
    return l;
}

static size_t partial_floats(const struct attention *a)
{
    return 2 + attend_width(a->d_v);
}

int attention_init(struct attention *a, const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv,
                   uint32_t context_tokens)
{
    const struct hparams *hp = &m->hp;
    *a = (struct attention){.kn = kn,
                            .pool = pool,
                            .kv = kv,
                            .m = m,
                            .n_heads = hp->n_heads,
                            .n_kv_heads = hp->n_kv_heads,
                            .d_k = hp->d_head_k,
                            .d_v = hp->d_head_v};
    a->shape = kv_attend_shape(kv);
    a->segments_max = context_tokens / (SEGMENT_BLOCKS * KV_BLOCK_TOKENS) + 1;
    a->lane_floats = round16(lane_floats(a));
    a->lanes = aligned_alloc(64, (size_t)pool_threads(pool) * a->lane_floats * sizeof(float));
    a->done = calloc((size_t)FEW_ROWS_MAX * hp->n_kv_heads, sizeof *a->done);
    /* Touched only as far as contexts are long. */
    a->partial_bytes = (size_t)FEW_ROWS_MAX * hp->n_heads * a->segments_max * partial_floats(a) * sizeof(float);
    a->partial = mem_pages_alloc(a->partial_bytes);
    return a->lanes && a->done && a->partial ? OK : ERR_NOMEM;
}

void attention_deinit(struct attention *a)
{
    free(a->lanes);
    free(a->done);
    mem_pages_free(a->partial, a->partial_bytes);
}

/* Queries of some rows of one sequence and one K/V head: `n_heads` heads from `head` on. */
struct tile {
    const struct forward_row *rows; /* the first of them */
    uint32_t n_rows, kv_head, head, n_heads, layer;
    uint32_t window; /* of the layer; 0: none */
};

static uint32_t n_queries(const struct tile *t)
{
    return t->n_rows * t->n_heads;
}

static void load_queries(const struct attention *a, const struct tile *t, const float *q, struct lane *l)
{
    float scale = a->m->hp.attention_scale;
    for (uint32_t r = 0; r < t->n_rows; r++) {
        const float *src = q + ((size_t)r * a->n_heads + t->head) * a->d_k;
        float *dst = l->q + (size_t)r * t->n_heads * a->d_k;
        for (size_t i = 0; i < t->n_heads * a->d_k; i++)
            dst[i] = src[i] * scale;
    }
}

static uint32_t seen_from(uint32_t pos, uint32_t block)
{
    uint32_t first = block * KV_BLOCK_TOKENS;
    return pos < first ? 0 : pos - first < KV_BLOCK_TOKENS ? pos - first + 1 : KV_BLOCK_TOKENS;
}

/* The first position that a row sees, and its segment. */
static uint32_t first_seen(uint32_t pos, uint32_t window)
{
    return window && pos >= window ? pos - window + 1 : 0;
}
static uint32_t first_segment(uint32_t pos, uint32_t window)
{
    return first_seen(pos, window) / (SEGMENT_BLOCKS * KV_BLOCK_TOKENS);
}

/* What query i sees of a block. */
static void see(const struct tile *t, uint32_t i, uint32_t block, struct lane *l)
{
    uint32_t pos = t->rows[i / t->n_heads].pos, start = block * KV_BLOCK_TOKENS, first = first_seen(pos, t->window);
    l->visible[i] = first >= start + KV_BLOCK_TOKENS ? 0 : seen_from(pos, block);
    l->hidden[i] = l->visible[i] && first > start ? first - start : 0;
}

/* One segment's blocks, from the first that the first row sees to the last that the last one sees. */
static void run_segment(const struct attention *a, const struct tile *t, uint32_t segment, struct lane *l)
{
    uint32_t n = n_queries(t), last = t->rows[t->n_rows - 1].pos / KV_BLOCK_TOKENS, from = segment * SEGMENT_BLOCKS;
    uint32_t end = last < from + SEGMENT_BLOCKS ? last + 1 : from + SEGMENT_BLOCKS;
    uint32_t first = first_seen(t->rows[0].pos, t->window) / KV_BLOCK_TOKENS;
    struct attend_queries queries = {n, l->q, l->visible, l->max, l->sum, l->acc, t->window ? l->hidden : NULL, a->m->hp.attention_cap};
    for (uint32_t i = 0; i < n; i++) {
        l->max[i] = -INFINITY;
        l->sum[i] = 0;
    }
    memset(l->acc, 0, n * attend_width(a->d_v) * sizeof(float));
    for (uint32_t b = first > from ? first : from; b < end; b++) {
        for (uint32_t i = 0; i < n; i++)
            see(t, i, b, l);
        op_attend(a->kn, &a->shape, kv_head_block(a->kv, t->rows[0].blocks[b], t->layer, t->kv_head), &queries, l->scratch);
    }
}

/* Adds a later segment to what is there. */
static void join(size_t width, float *max, float *sum, float *acc, float max_b, float sum_b, const float *acc_b)
{
    float top = *max > max_b ? *max : max_b, wa = expf(*max - top), wb = expf(max_b - top);
    *max = top;
    *sum = *sum * wa + sum_b * wb;
    for (size_t i = 0; i < width; i++)
        acc[i] = acc[i] * wa + acc_b[i] * wb;
}

static void write_out(const struct attention *a, float sum, const float *acc, float *out)
{
    float scale = 1 / sum;
    for (uint32_t i = 0; i < a->d_v; i++)
        out[i] = acc[i] * scale;
}

/* All segments of a tile, one after the other. */
static void run_tile(const struct attention *a, const struct tile *t, const float *q, float *out, int thread)
{
    struct lane l = lane_of(a, thread);
    size_t width = attend_width(a->d_v);
    load_queries(a, t, q, &l);
    uint32_t n = n_queries(t), last = t->rows[t->n_rows - 1].pos / (SEGMENT_BLOCKS * KV_BLOCK_TOKENS);
    for (uint32_t s = first_segment(t->rows[0].pos, t->window); s <= last; s++) {
        run_segment(a, t, s, &l);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t pos = t->rows[i / t->n_heads].pos, first = first_segment(pos, t->window);
            if (s == first) {
                l.max_all[i] = l.max[i];
                l.sum_all[i] = l.sum[i];
                memcpy(l.acc_all + i * width, l.acc + i * width, width * sizeof(float));
            } else if (s > first && pos >= s * SEGMENT_BLOCKS * KV_BLOCK_TOKENS) {
                join(width, &l.max_all[i], &l.sum_all[i], l.acc_all + i * width, l.max[i], l.sum[i], l.acc + i * width);
            }
        }
    }
    for (uint32_t i = 0; i < n; i++)
        write_out(a, l.sum_all[i], l.acc_all + i * width,
                  out + ((size_t)(i / t->n_heads) * a->n_heads + t->head + i % t->n_heads) * a->d_v);
}

/* Many rows */

struct job {
    struct attention *a;
    const struct forward_row *rows;
    uint32_t n, layer, tile_rows, n_tiles, group;
    const float *q;
    float *out;
};

/* The heads of one K/V head for rows from … end - 1 of one sequence; more than QUERIES heads go in parts. */
static void run_rows(const struct job *j, uint32_t kv_head, uint32_t from, uint32_t end, int thread)
{
    const struct attention *a = j->a;
    for (uint32_t h = 0; h < j->group; h += QUERIES) {
        struct tile t = {j->rows + from,
                         end - from,
                         kv_head,
                         kv_head * j->group + h,
                         j->group - h < QUERIES ? j->group - h : QUERIES,
                         j->layer,
                         a->m->layers[j->layer].window};
        run_tile(a, &t, j->q + (size_t)from * a->n_heads * a->d_k, j->out + (size_t)from * a->n_heads * a->d_v, thread);
    }
}

/* The last rows, which see most, come first: so the end of the loop is short. */
static void run_item(void *arg, size_t item, int thread)
{
    const struct job *j = arg;
    uint32_t tile = j->n_tiles - 1 - (uint32_t)(item / j->a->n_kv_heads), kv_head = (uint32_t)(item % j->a->n_kv_heads);
    uint32_t from = tile * j->tile_rows, end = from + j->tile_rows < j->n ? from + j->tile_rows : j->n;
    for (uint32_t row = from, next; row < end; row = next) {
        for (next = row + 1; next < end && j->rows[next].blocks == j->rows[row].blocks;)
            next++;
        run_rows(j, kv_head, row, next, thread);
    }
}

void attention_run(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, const float *q, float *out)
{
    uint32_t group = a->n_heads / a->n_kv_heads;
    struct job j = {.a = a, .rows = rows, .n = n, .layer = layer, .group = group, .q = q, .out = out};
    j.tile_rows = group < QUERIES ? QUERIES / group : 1;
    j.n_tiles = (n + j.tile_rows - 1) / j.tile_rows;
    pool_run(a->pool, (size_t)j.n_tiles * a->n_kv_heads, run_item, &j);
}

/* Few rows: a unit is one segment of one row and K/V head. */

static uint32_t n_segments(const struct forward_row *r, uint32_t window)
{
    return r->pos / (SEGMENT_BLOCKS * KV_BLOCK_TOKENS) + 1 - first_segment(r->pos, window);
}

static void plan_units(struct attention *a, struct attention_units *u, const struct forward_row *rows, uint32_t n, uint32_t window)
{
    u->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        u->first[i] = u->n;
        u->n += n_segments(&rows[i], window) * a->n_kv_heads;
    }
    u->first[n] = u->n;
}

void attention_few_plan(struct attention *a, const struct forward_row *rows, uint32_t n)
{
    plan_units(a, &a->whole, rows, n, 0);
    if (a->m->hp.window)
        plan_units(a, &a->windowed, rows, n, a->m->hp.window);
}

static const struct attention_units *units_of(const struct attention *a, uint32_t layer)
{
    return a->m->layers[layer].window ? &a->windowed : &a->whole;
}

uint32_t attention_few_units(const struct attention *a, uint32_t layer)
{
    return units_of(a, layer)->n;
}

static float *partial_of(const struct attention *a, uint32_t row, uint32_t head, uint32_t segment)
{
    return a->partial + (((size_t)row * a->n_heads + head) * a->segments_max + segment) * partial_floats(a);
}

/* Puts the n parts of a row's heads together, in order. */
static void join_segments(const struct attention *a, uint32_t row, uint32_t head, uint32_t n_heads, uint32_t n, float *out)
{
    size_t width = attend_width(a->d_v);
    for (uint32_t h = head; h < head + n_heads; h++) {
        float *all = partial_of(a, row, h, 0);
        for (uint32_t s = 1; s < n; s++) {
            const float *p = partial_of(a, row, h, s);
            join(width, &all[0], &all[1], all + 2, p[0], p[1], p + 2);
        }
        write_out(a, all[1], all + 2, out + ((size_t)row * a->n_heads + h) * a->d_v);
    }
}

static void keep_segment(const struct attention *a, uint32_t row, const struct tile *t, uint32_t part, const struct lane *l)
{
    size_t width = attend_width(a->d_v);
    for (uint32_t i = 0; i < t->n_heads; i++) {
        float *p = partial_of(a, row, t->head + i, part);
        p[0] = l->max[i];
        p[1] = l->sum[i];
        memcpy(p + 2, l->acc + i * width, width * sizeof(float));
    }
}

void attention_few_unit(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t unit, const float *q, float *out,
                        int thread)
{
    const struct attention_units *u = units_of(a, layer);
    uint32_t row = 0, group = a->n_heads / a->n_kv_heads, window = a->m->layers[layer].window;
    while (unit >= u->first[row + 1])
        row++;
    uint32_t n = n_segments(&rows[row], window), kv_head = (unit - u->first[row]) / n, part = (unit - u->first[row]) % n;
    uint32_t segment = first_segment(rows[row].pos, window) + part;
    const float *row_q = q + (size_t)row * a->n_heads * a->d_k;
    struct job j = {.a = a, .rows = rows, .layer = layer, .group = group, .q = q, .out = out};
    if (n == 1) {
        run_rows(&j, kv_head, row, row + 1, thread);
        return;
    }
    for (uint32_t h = 0; h < group; h += QUERIES) {
        struct tile t = {rows + row, 1, kv_head, kv_head * group + h, group - h < QUERIES ? group - h : QUERIES, layer, window};
        struct lane l = lane_of(a, thread);
        load_queries(a, &t, row_q, &l);
        run_segment(a, &t, segment, &l);
        keep_segment(a, row, &t, part, &l);
    }
    /* Release what this thread has kept, acquire what the others have. */
    atomic_uint *done = &a->done[row * a->n_kv_heads + kv_head];
    if (atomic_fetch_add_explicit(done, 1, memory_order_acq_rel) + 1 < n)
        return;
    atomic_store_explicit(done, 0, memory_order_relaxed); /* for the next layer, beyond a meeting */
    join_segments(a, row, kv_head * group, group, n, out);
}
