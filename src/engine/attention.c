/* Two passes over a sequence's blocks for each row: all scores, their softmax, then the weighted sum of values. Query heads
 * that share a K/V head go through a block together, so that it is read from memory once.
 *
 * Work is cut into items of some rows of one K/V head. Rows of a long prompt that follow each other read the same blocks,
 * so items of one head stand beside each other. When there are fewer items than threads (one short answer, few K/V heads),
 * the heads of a group are dealt out singly; the result has the same bits. */
#include "engine/attention.h"

#include <math.h>
#include <stdlib.h>

enum { TILE_ROWS = 8 };

int attention_init(struct attention *a, const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv,
                   uint32_t context_tokens)
{
    const struct hparams *hp = &m->hp;
    *a = (struct attention){
        .kn = kn, .pool = pool, .kv = kv, .n_heads = hp->n_heads, .n_kv_heads = hp->n_kv_heads, .d_k = hp->d_head_k, .d_v = hp->d_head_v};
    a->scores_cap = (context_tokens + KV_BLOCK_TOKENS - 1) / KV_BLOCK_TOKENS * KV_BLOCK_TOKENS;
    size_t lanes = (size_t)pool_threads(pool) * (hp->n_heads / hp->n_kv_heads);
    a->scores = calloc(lanes, a->scores_cap * sizeof *a->scores);
    return a->scores ? OK : ERR_NOMEM;
}

void attention_deinit(struct attention *a)
{
    free(a->scores);
}

struct job {
    struct attention *a;
    const struct forward_row *rows;
    uint32_t n, layer, tile, n_tiles, heads; /* heads: query heads of one item */
    const float *q;
    float *out;
};

static uint32_t block_fill(uint32_t n_pos, uint32_t b)
{
    uint32_t left = n_pos - b * KV_BLOCK_TOKENS;
    return left < KV_BLOCK_TOKENS ? left : KV_BLOCK_TOKENS;
}

/* `n_heads` query heads from `head` on, which share one K/V head, for one row. */
static void attend(const struct job *j, uint32_t row, uint32_t head, uint32_t n_heads, float *scores)
{
    const struct attention *a = j->a;
    const uint32_t *blocks = j->rows[row].blocks;
    uint32_t kv_head = head / (a->n_heads / a->n_kv_heads), n_pos = j->rows[row].pos + 1;
    uint32_t n_blocks = (n_pos + KV_BLOCK_TOKENS - 1) / KV_BLOCK_TOKENS;
    const float *q = j->q + ((size_t)row * a->n_heads + head) * a->d_k;
    float *out = j->out + ((size_t)row * a->n_heads + head) * a->d_v, scale = 1.0f / sqrtf((float)a->d_k);
    for (uint32_t b = 0; b < n_blocks; b++) {
        const uint16_t *keys = kv_k(a->kv, blocks[b], j->layer, kv_head);
        for (uint32_t h = 0; h < n_heads; h++)
            op_dot_f16(a->kn, q + (size_t)h * a->d_k, keys, block_fill(n_pos, b), a->d_k, scale,
                       scores + (size_t)h * a->scores_cap + (size_t)b * KV_BLOCK_TOKENS);
    }
    for (uint32_t h = 0; h < n_heads; h++)
        op_softmax(a->kn, scores + (size_t)h * a->scores_cap, n_pos);
    memset(out, 0, (size_t)n_heads * a->d_v * sizeof *out);
    for (uint32_t b = 0; b < n_blocks; b++) {
        const uint16_t *values = kv_v(a->kv, blocks[b], j->layer, kv_head);
        for (uint32_t h = 0; h < n_heads; h++)
            op_axpy_f16(a->kn, scores + (size_t)h * a->scores_cap + (size_t)b * KV_BLOCK_TOKENS, values, block_fill(n_pos, b), a->d_v,
                        out + (size_t)h * a->d_v);
    }
}

void attention_head(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, uint32_t kv_head, const float *q,
                    float *out, int thread)
{
    uint32_t group = a->n_heads / a->n_kv_heads;
    struct job j = {.a = a, .rows = rows, .n = n, .layer = layer, .q = q, .out = out, .heads = group};
    for (uint32_t row = 0; row < n; row++)
        attend(&j, row, kv_head * group, group, a->scores + (size_t)thread * group * a->scores_cap);
}

static void run_item(void *arg, size_t item, int thread)
{
    const struct job *j = arg;
    const struct attention *a = j->a;
    uint32_t tile = (uint32_t)(item % j->n_tiles), head = (uint32_t)(item / j->n_tiles) * j->heads;
    uint32_t end = (tile + 1) * j->tile < j->n ? (tile + 1) * j->tile : j->n;
    float *scores = a->scores + (size_t)thread * (a->n_heads / a->n_kv_heads) * a->scores_cap;
    for (uint32_t row = tile * j->tile; row < end; row++)
        attend(j, row, head, j->heads, scores);
}

void attention_run(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, const float *q, float *out)
{
    uint32_t group = a->n_heads / a->n_kv_heads, threads = (uint32_t)pool_threads(a->pool);
    struct job j = {.a = a, .rows = rows, .n = n, .layer = layer, .q = q, .out = out, .heads = group};
    j.tile = n >= TILE_ROWS * threads ? TILE_ROWS : 1;
    j.n_tiles = (n + j.tile - 1) / j.tile;
    if (j.n_tiles * a->n_kv_heads < threads)
        j.heads = 1;
    pool_run(a->pool, (size_t)j.n_tiles * (a->n_heads / j.heads), run_item, &j);
}
