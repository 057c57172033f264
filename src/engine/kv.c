#include "engine/kv.h"

#include <stdlib.h>

#include "base/rng.h"
#include "sys/mem.h"

enum { SLAB_BYTES = 8 << 20, SLAB_SHIFT_MAX = 6 };

_Static_assert((int)KV_BLOCK_TOKENS == (int)ATTEND_TOKENS, "a block is what attention takes at once");

static size_t head_bytes(const struct kv_shape *s)
{
    return attend_block_bytes(&(struct attend_shape){s->d_k, s->d_v, s->q8});
}

uint64_t kv_block_bytes(const struct kv_shape *s)
{
    return (uint64_t)s->n_layers * s->n_heads * head_bytes(s);
}

static int allocate(struct kv *kv)
{
    kv->n_slabs = (kv->n_total + (1u << kv->slab_shift) - 1) >> kv->slab_shift;
    uint32_t n_buckets = 16;
    while (n_buckets < kv->n_total)
        n_buckets *= 2;
    kv->bucket_mask = n_buckets - 1;
    kv->slabs = calloc(kv->n_slabs, sizeof *kv->slabs);
    kv->slab_alive = calloc(kv->n_slabs, sizeof *kv->slab_alive);
    kv->taken = calloc(kv->n_total / 64 + 1, sizeof *kv->taken);
    kv->info = calloc(kv->n_total, sizeof *kv->info);
    kv->buckets = calloc(n_buckets, sizeof *kv->buckets);
    return kv->slabs && kv->slab_alive && kv->taken && kv->info && kv->buckets ? OK : ERR_NOMEM;
}

int kv_create(const struct kv_shape *s, uint64_t bytes_max, struct kv **ret, struct err *e)
{
    uint64_t block = kv_block_bytes(s), n = block ? bytes_max / block : 0;
    if (!n)
        return err_set(e, ERR_NOMEM, "%d tokens of this model's KV cache take %llu bytes, its limit is %llu", KV_BLOCK_TOKENS,
                       (unsigned long long)block, (unsigned long long)bytes_max);
    struct kv *kv = calloc(1, sizeof *kv);
    if (!kv)
        return err_set(e, ERR_NOMEM, "no memory for the KV cache");
    kv->shape = *s;
    kv->head_bytes = head_bytes(s);
    kv->block_bytes = (size_t)block;
    kv->n_total = n < KV_BLOCKS_MAX ? (uint32_t)n : KV_BLOCKS_MAX;
    while (kv->slab_shift < SLAB_SHIFT_MAX && (block << (kv->slab_shift + 1)) <= SLAB_BYTES && 1u << kv->slab_shift < kv->n_total)
        kv->slab_shift++;
    kv->slab_bytes = (size_t)block << kv->slab_shift;
    kv->idle_first = kv->idle_last = KV_NONE;
    kv->hash_key = 0x9e3779b97f4a7c15u; /* a key that nobody can guess is better, and not worth a failure */
    (void)rng_entropy(&kv->hash_key, sizeof kv->hash_key);
    kv->hash_key |= 1;
    if (allocate(kv)) {
        kv_free(kv);
        return err_set(e, ERR_NOMEM, "no memory for the tables of %llu KV blocks", (unsigned long long)n);
    }
    *ret = kv;
    return OK;
}

void kv_free(struct kv *kv)
{
    if (!kv)
        return;
    for (uint32_t i = 0; kv->slabs && i < kv->n_slabs; i++)
        if (kv->slabs[i])
            mem_pages_free(kv->slabs[i], kv->slab_bytes);
    for (uint32_t i = 0; kv->info && i < kv->n_total; i++)
        free((void *)kv->info[i].owner.ptr);
    free(kv->slabs);
    free(kv->slab_alive);
    free(kv->taken);
    free(kv->info);
    free(kv->buckets);
    free(kv);
}

void kv_trim(struct kv *kv)
{
    for (uint32_t i = 0; kv->n_slabs_taken && i < kv->n_slabs; i++)
        if (kv->slabs[i] && !kv->slab_alive[i]) {
            mem_pages_free(kv->slabs[i], kv->slab_bytes);
            kv->slabs[i] = NULL;
            kv->n_slabs_taken--;
        }
}

uint32_t kv_available(const struct kv *kv)
{
    return kv->n_total - kv->n_used;
}
uint64_t kv_bytes(const struct kv *kv)
{
    return (uint64_t)kv->n_slabs_taken * kv->slab_bytes;
}

/* The list of idle blocks */

static void idle_append(struct kv *kv, uint32_t b)
{
    kv->info[b].idle_prev = kv->idle_last;
    kv->info[b].idle_next = KV_NONE;
    *(kv->idle_last == KV_NONE ? &kv->idle_first : &kv->info[kv->idle_last].idle_next) = b;
    kv->idle_last = b;
    kv->n_idle++;
}

static void idle_remove(struct kv *kv, uint32_t b)
{
    uint32_t prev = kv->info[b].idle_prev, next = kv->info[b].idle_next;
    *(prev == KV_NONE ? &kv->idle_first : &kv->info[prev].idle_next) = next;
    *(next == KV_NONE ? &kv->idle_last : &kv->info[next].idle_prev) = prev;
    kv->n_idle--;
}

/* Blocks */

/* The free block with the lowest number: low slabs fill up, high ones become empty and can be given back. */
static uint32_t lowest_free(struct kv *kv)
{
    uint32_t n_words = kv->n_total / 64 + 1;
    for (uint32_t w = kv->taken_hint; w < n_words; w++) {
        if (kv->taken[w] == UINT64_MAX)
            continue;
        kv->taken_hint = w;
        uint32_t b = w * 64 + (uint32_t)__builtin_ctzll(~kv->taken[w]);
        return b < kv->n_total ? b : KV_NONE;
    }
    kv->taken_hint = n_words;
    return KV_NONE;
}

static bool slab_ready(struct kv *kv, uint32_t slab)
{
    if (kv->slabs[slab])
        return true;
    kv->slabs[slab] = mem_pages_alloc(kv->slab_bytes);
    if (!kv->slabs[slab])
        return false;
    kv->n_slabs_taken++;
    return true;
}

static void give_free(struct kv *kv, uint32_t b)
{
    kv->taken[b / 64] &= ~(1ull << (b % 64));
    if (b / 64 < kv->taken_hint)
        kv->taken_hint = b / 64;
    kv->slab_alive[b >> kv->slab_shift]--;
}

/* A block with one reference; the oldest idle one when no other is left. */
static uint32_t block_take(struct kv *kv)
{
    uint32_t b = lowest_free(kv);
    if (b == KV_NONE || !slab_ready(kv, b >> kv->slab_shift)) {
        b = kv->idle_first;
        if (b == KV_NONE)
            return KV_NONE;
        idle_remove(kv, b);
        kv_prefix_forget(kv, b);
    } else {
        kv->taken[b / 64] |= 1ull << (b % 64);
        kv->slab_alive[b >> kv->slab_shift]++;
    }
    kv->info[b].refs = 1;
    kv->n_used++;
    return b;
}

void kv_ref(struct kv *kv, uint32_t b)
{
    if (kv->info[b].refs++)
        return;
    idle_remove(kv, b);
    kv->n_used++;
}

void kv_unref(struct kv *kv, uint32_t b)
{
    if (--kv->info[b].refs)
        return;
    kv->n_used--;
    if (kv->info[b].serial)
        idle_append(kv, b);
    else
        give_free(kv, b);
}

/* Tables */

static int make_exclusive(struct kv *kv, uint32_t *slot)
{
    if (kv->info[*slot].refs == 1)
        return OK;
    uint32_t b = block_take(kv);
    if (b == KV_NONE)
        return ERR_NOMEM;
    memcpy(kv_head_block(kv, b, 0, 0), kv_head_block(kv, *slot, 0, 0), kv->block_bytes);
    kv_unref(kv, *slot);
    *slot = b;
    return OK;
}

int kv_table_reserve(struct kv *kv, struct kv_table *t, uint32_t from, uint32_t to)
{
    if (from >= to)
        return OK;
    uint32_t need = (to - 1) / KV_BLOCK_TOKENS + 1, first = from / KV_BLOCK_TOKENS;
    if (need > t->cap)
        return ERR_LIMIT;
    /* Only the block that is begun can be shared and not full. */
    if (first < t->n && make_exclusive(kv, &t->blocks[first]))
        return ERR_NOMEM;
    while (t->n < need) {
        uint32_t b = block_take(kv);
        if (b == KV_NONE)
            return ERR_NOMEM;
        t->blocks[t->n++] = b;
    }
    return OK;
}

void kv_table_share(struct kv *kv, struct kv_table *dst, const struct kv_table *src)
{
    for (dst->n = 0; dst->n < src->n; dst->n++) {
        dst->blocks[dst->n] = src->blocks[dst->n];
        kv_ref(kv, dst->blocks[dst->n]);
    }
}

void kv_table_drop(struct kv *kv, struct kv_table *t)
{
    /* From the end, so that the idle list evicts the end of a text before its beginning. */
    while (t->n)
        kv_unref(kv, t->blocks[--t->n]);
}
