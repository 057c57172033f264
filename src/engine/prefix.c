/* The prefix index: which full blocks hold the beginning of which text.
 *
 * A chain of blocks is keyed link by link: (serial of the block before, the 32 tokens), and for the first block the owner
 * instead. A hash chooses the bucket; a hit counts only when all of the key is equal, owner and tokens compared. The hash
 * is keyed with a number from the kernel, so that nobody can send texts that fall into one bucket. */
#include <stdlib.h>

#include "engine/kv.h"

static uint64_t mix(uint64_t h, uint64_t v, uint64_t key)
{
    h = (h ^ v) * key;
    return h ^ h >> 29;
}

static uint32_t bucket_of(const struct kv *kv, struct str owner, uint64_t parent, const uint32_t *tokens)
{
    uint64_t h = mix(kv->hash_key, parent, kv->hash_key);
    if (!parent)
        for (size_t i = 0; i < owner.len; i++)
            h = mix(h, (uint8_t)owner.ptr[i], kv->hash_key);
    for (int i = 0; i < KV_BLOCK_TOKENS; i++)
        h = mix(h, tokens[i], kv->hash_key);
    return (uint32_t)(h >> 32) & kv->bucket_mask;
}

static uint32_t find(const struct kv *kv, struct str owner, uint64_t parent, const uint32_t *tokens)
{
    for (uint32_t at = kv->buckets[bucket_of(kv, owner, parent, tokens)]; at; at = kv->info[at - 1].bucket_next) {
        const struct kv_block *b = &kv->info[at - 1];
        if (b->parent == parent && !memcmp(b->tokens, tokens, sizeof b->tokens) && (parent || str_eq(b->owner, owner)))
            return at - 1;
    }
    return KV_NONE;
}

uint32_t kv_prefix_find(struct kv *kv, struct str owner, const uint32_t *tokens, uint32_t n_tokens, struct kv_table *t, uint64_t *ret_chain)
{
    uint64_t chain = 0;
    while (t->n < t->cap && n_tokens - t->n * KV_BLOCK_TOKENS >= KV_BLOCK_TOKENS) {
        uint32_t b = find(kv, owner, chain, tokens + (size_t)t->n * KV_BLOCK_TOKENS);
        if (b == KV_NONE)
            break;
        kv_ref(kv, b);
        t->blocks[t->n++] = b;
        chain = kv->info[b].serial;
    }
    *ret_chain = chain;
    return t->n * KV_BLOCK_TOKENS;
}

uint64_t kv_prefix_add(struct kv *kv, struct str owner, uint64_t parent, const uint32_t *tokens, struct kv_table *t, uint32_t i)
{
    uint32_t same = find(kv, owner, parent, tokens), id = t->blocks[i];
    if (same != KV_NONE) {
        if (same != id) {
            kv_ref(kv, same);
            kv_unref(kv, id);
            t->blocks[i] = same;
        }
        return kv->info[same].serial;
    }
    struct kv_block *b = &kv->info[id];
    if (!parent) {
        char *copy = str_dup(owner);
        if (!copy)
            return 0;
        b->owner = str_from(copy, owner.len);
    }
    b->parent = parent;
    memcpy(b->tokens, tokens, sizeof b->tokens);
    uint32_t *bucket = &kv->buckets[bucket_of(kv, owner, parent, tokens)];
    b->bucket_next = *bucket;
    *bucket = id + 1;
    return b->serial = ++kv->serial_last;
}

void kv_prefix_forget(struct kv *kv, uint32_t id)
{
    struct kv_block *b = &kv->info[id];
    uint32_t *at = &kv->buckets[bucket_of(kv, b->owner, b->parent, b->tokens)];
    while (*at != id + 1)
        at = &kv->info[*at - 1].bucket_next;
    *at = b->bucket_next;
    free((void *)b->owner.ptr);
    *b = (struct kv_block){.refs = b->refs};
}
