#include "engine/keep.h"

#include <stdlib.h>

#include "engine/engine_impl.h"
#include "store/blob.h"

enum {
    BLOCKS_MIN = 4,      /* of a text that is kept: 128 tokens */
    RESTORE_BLOCKS = 64, /* in one step: of a model of 0.6 billion weights some 100 ms */
    QUEUE_MAX = 1 << 12, /* blocks that wait to be written */
    MODEL_ID_BYTES = BLOB_NAME_BYTES,
};

struct pending {
    uint32_t block;
    uint64_t serial; /* another one by then: the block has been used for something else */
    struct kv_link link;
};

struct keep {
    struct kv_disk *disk;
    uint8_t key[KV_DISK_KEY_BYTES], model[MODEL_ID_BYTES];
    uint8_t **sealed;      /* [threads]; each made when its thread first reads */
    struct pending *queue; /* [QUEUE_MAX] a ring */
    uint32_t first, n;
};

/* ---- which model, and how it is computed */

static int mix(struct keep *k, struct str part)
{
    uint8_t next[MODEL_ID_BYTES];
    int r = blob_name(k->key, str_from(k->model, sizeof k->model), part, next);
    if (!r)
        memcpy(k->model, next, sizeof next);
    return r;
}

/* Samples from all over a tensor: reading every weight would take as long as loading it, and models that differ do so nearly everywhere. */
static int mix_tensor(struct keep *k, const struct gguf_tensor *t)
{
    enum { SAMPLES = 8, SAMPLE_BYTES = 32 };
    const uint8_t *data = t->data;
    size_t n = t->size < SAMPLE_BYTES ? (size_t)t->size : SAMPLE_BYTES, apart = (size_t)(t->size - n) / (SAMPLES - 1);
    uint64_t numbers[] = {t->type, t->size, t->offset};
    int r = mix(k, str_head(t->name, 128));
    r = r ? r : mix(k, str_from(numbers, sizeof numbers));
    for (size_t i = 0; !r && i < SAMPLES; i++)
        r = mix(k, str_from(data + i * apart, n));
    return r;
}

static int name_model(struct engine *en, struct keep *k)
{
    const struct model *m = en->m;
    /* What is written depends on the order of additions too, so the kernels count as a setting. */
    bool extended = m->rope_factors_long && en->context_tokens > m->hp.n_ctx_original; /* rotates otherwise */
    uint64_t numbers[] = {3, gguf_file_bytes(m->gguf), en->kv->block_bytes, en->c.deterministic, extended};
    int r = mix(k, str_from(numbers, sizeof numbers));
    r = r ? r : mix(k, str_of(m->arch->name));
    r = r ? r : mix(k, str_from(&m->hp, sizeof m->hp)); /* the file's metadata, as far as it is computed with */
    r = r ? r : mix(k, str_of(kernels_name(en->kn)));
    const struct gguf_tensor *t;
    for (uint64_t i = 0; !r && (t = gguf_tensor_at(m->gguf, i)); i++)
        r = mix_tensor(k, t);
    return r;
}

/* ---- opening */

static int open_parts(struct engine *en, struct keep *k)
{
    const struct engine_keep_config *c = &en->c.keep;
    memcpy(k->key, c->key, sizeof k->key);
    k->sealed = calloc((size_t)pool_threads(en->pool), sizeof(uint8_t *));
    k->queue = calloc(QUEUE_MAX, sizeof *k->queue);
    if (!k->sealed || !k->queue || name_model(en, k))
        return err_set(&en->warning, ERR_NOMEM, "no memory for the prefix cache");
    struct kv_disk_config dc = {.dir = c->dir,
                                .key = k->key,
                                .bytes_max = c->bytes_max,
                                .day_bytes_max = c->day_bytes_max,
                                .block_bytes = en->kv->block_bytes,
                                .clock = en->c.clock};
    return kv_disk_open(&dc, &k->disk, &en->warning);
}

void keep_open(struct engine *en)
{
    if (!en->c.keep.dir || !en->c.keep.bytes_max)
        return;
    en->keep = calloc(1, sizeof *en->keep);
    if (!en->keep)
        err_set(&en->warning, ERR_NOMEM, "no memory for the prefix cache");
    else if (open_parts(en, en->keep))
        keep_close(en);
}

void keep_close(struct engine *en)
{
    struct keep *k = en->keep;
    if (!k)
        return;
    for (int i = 0; k->sealed && i < pool_threads(en->pool); i++)
        free(k->sealed[i]);
    free(k->sealed);
    free(k->queue);
    kv_disk_close(k->disk);
    explicit_bzero(k->key, sizeof k->key);
    free(k);
    en->keep = NULL;
}

/* ---- links */

void keep_begin(struct seq *s)
{
    s->n_linked = 0;
    s->may_restore = true;
}

/* From the name of blocks 0 … block - 2 to that of blocks 0 … block - 1; block 0: the name to begin with. */
static int next_link(const struct keep *k, const struct seq *s, uint32_t block, struct kv_link *link)
{
    return block ? kv_disk_next(k->disk, link, s->tokens + (size_t)(block - 1) * KV_BLOCK_TOKENS, link)
                 : kv_disk_first(k->disk, str_from(k->model, sizeof k->model), s->rq->owner, link);
}

static void push(struct keep *k, struct pending p)
{
    if (k->n == QUEUE_MAX)
        return;
    k->queue[(k->first + k->n++) % QUEUE_MAX] = p;
}

/* Makes s->link the name of the first n_linked = `blocks` blocks, and queues those on the way that are not on disk. */
static bool link_to(struct engine *en, struct seq *s, uint32_t blocks)
{
    struct keep *k = en->keep;
    if (!s->n_linked && next_link(k, s, 0, &s->link))
        return false;
    while (s->n_linked < blocks) {
        if (next_link(k, s, s->n_linked + 1, &s->link))
            return false;
        uint32_t block = s->table.blocks[s->n_linked++];
        if (kv_disk_has(k->disk, &s->link))
            kv_disk_touch(k->disk, &s->link);
        else
            push(k, (struct pending){block, en->kv->info[block].serial, s->link});
    }
    return true;
}

void keep_note(struct engine *en, struct seq *s)
{
    if (en->keep && s->n_indexed >= BLOCKS_MIN && s->n_indexed > s->n_linked)
        link_to(en, s, s->n_indexed);
}

/* ---- reading */

struct restore {
    struct keep *k;
    struct engine *en;
    struct seq *s;
    uint32_t first;
    struct kv_link links[RESTORE_BLOCKS];
    bool whole[RESTORE_BLOCKS];
};

static void restore_item(void *arg, size_t item, int thread)
{
    struct restore *r = arg;
    struct keep *k = r->k;
    if (!k->sealed[thread])
        k->sealed[thread] = malloc(kv_disk_sealed_bytes(k->disk));
    uint32_t block = r->s->table.blocks[r->first + item];
    r->whole[item] = k->sealed[thread] && !kv_disk_read(k->disk, &r->links[item], k->sealed[thread], kv_head_block(r->en->kv, block, 0, 0));
}

/* How many of the blocks that follow are on disk, and their names. */
static uint32_t find_following(struct restore *r)
{
    const struct seq *s = r->s;
    uint32_t n = 0, whole = s->len / KV_BLOCK_TOKENS;
    struct kv_link link = s->link;
    while (n < RESTORE_BLOCKS && r->first + n < whole && !next_link(r->k, s, r->first + n + 1, &link) && kv_disk_has(r->k->disk, &link))
        r->links[n++] = link;
    return n;
}

static void take_in(struct engine *en, struct seq *s, uint32_t end)
{
    struct request *rq = s->rq;
    if (rq->n_cached == s->n_kv && !seq_generated(s)) /* the first reading, not that of a text that lost its blocks */
        rq->n_cached = end < rq->n_prompt ? end : rq->n_prompt - 1;
    seq_computed(en, s, end);
}

bool keep_restore(struct engine *en, struct seq *s)
{
    if (!en->keep || !s->may_restore)
        return false;
    struct restore r = {.k = en->keep, .en = en, .s = s, .first = s->n_kv / KV_BLOCK_TOKENS};
    bool at_border = s->n_kv == r.first * KV_BLOCK_TOKENS && r.first == s->n_indexed;
    uint32_t n = at_border && link_to(en, s, r.first) ? find_following(&r) : 0;
    s->may_restore = n == RESTORE_BLOCKS;
    if (n && kv_table_reserve(en->kv, &s->table, s->n_kv, s->n_kv + n * KV_BLOCK_TOKENS))
        n = s->table.n > r.first ? s->table.n - r.first : 0; /* nobody loses blocks for this */
    if (!n)
        return false;
    pool_run(en->pool, n, restore_item, &r);
    uint32_t whole = 0;
    while (whole < n && r.whole[whole])
        whole++;
    for (uint32_t i = whole; i < n; i++) {
        if (!r.whole[i])
            kv_disk_drop(r.k->disk, &r.links[i]);
        s->may_restore = false;
    }
    n = whole;
    if (n)
        take_in(en, s, s->n_kv + n * KV_BLOCK_TOKENS);
    return s->may_restore;
}

/* ---- writing */

bool keep_write(struct engine *en)
{
    struct keep *k = en->keep;
    while (k && k->n) {
        struct pending p = k->queue[k->first];
        k->first = (k->first + 1) % QUEUE_MAX;
        k->n--;
        if (en->kv->info[p.block].serial != p.serial || kv_disk_has(k->disk, &p.link))
            continue;
        if (kv_disk_write(k->disk, &p.link, kv_head_block(en->kv, p.block, 0, 0)))
            k->n = 0; /* the disk is full or the day's budget used up: what follows would be of no use without this one */
        return k->n;
    }
    return false;
}
