/* The KV cache: keys and values of every position, in blocks of 32 tokens under one budget.
 *
 * A block holds its 32 positions for all layers and all heads, so that one number names it in a block table, one count
 * says who shares it, and one piece of memory is what a later version writes to disk:
 *
 *   block   [n_layers][n_heads] { keys, values and scales of 32 positions, as tensor/attend.h has them }
 *
 * What attention walks over lies together. Blocks are carved from slabs that are taken
 * from the kernel when first needed and given back by kv_trim when nothing in them is alive.
 *
 * A block is, at any time, one of:
 *
 *   free ──alloc──▶ held (refs > 0) ──last unref──▶ free
 *                     │ full: kv_prefix_add           ▲
 *                     ▼                               │ evicted, oldest first, when a block is wanted
 *                   held, indexed ──last unref──▶ idle (refs = 0, indexed)
 *                            ◀──kv_prefix_find──
 *
 * Invariants:
 *   1. A block that more than one table holds is never written (kv_table_reserve copies it first).
 *   2. An indexed block is full and is never written again.
 *   3. used + idle + free = total; idle blocks are exactly those on the list idle_first … idle_last.
 *
 * One thread at a time, but kv_head_block of blocks that are held may be called from any. */
#ifndef ENGINE_KV_H
#define ENGINE_KV_H

#include "base/err.h"
#include "base/str.h"
#include "tensor/attend.h"

enum { KV_BLOCK_TOKENS = 32, KV_BLOCKS_MAX = 1 << 20 };
#define KV_NONE UINT32_MAX

struct kv_shape {
    uint32_t n_layers, n_heads, d_k, d_v;
    bool q8; /* in 8 bits, not in F16 */
};

/* What is known about a block. `serial` names its content, never used twice; 0 when it is not in the prefix index. */
struct kv_block {
    uint32_t refs;
    uint32_t bucket_next;          /* in the index; block + 1, 0 ends */
    uint32_t idle_prev, idle_next; /* KV_NONE ends */
    uint64_t serial, parent;       /* parent: serial of the block before it, 0 for the first of a text */
    struct str owner;              /* of a first block: owned by it */
    uint32_t tokens[KV_BLOCK_TOKENS];
};

struct kv {
    struct kv_shape shape;
    size_t head_bytes, block_bytes, slab_bytes;
    uint32_t slab_shift; /* log2 of the blocks in a slab */
    uint32_t n_total, n_used, n_idle, n_slabs, n_slabs_taken;
    uint8_t **slabs;                /* [n_slabs]; NULL: not taken */
    uint32_t *slab_alive;           /* [n_slabs] blocks that are held or idle */
    uint64_t *taken;                /* a bit for each block that is held or idle */
    uint32_t taken_hint;            /* words before it are full */
    struct kv_block *info;          /* [n_total] */
    uint32_t idle_first, idle_last; /* least recently used first */
    uint32_t *buckets;              /* [bucket_mask + 1]; block + 1, 0: empty */
    uint32_t bucket_mask;
    uint64_t hash_key, serial_last;
};

uint64_t kv_block_bytes(const struct kv_shape *s);
/* ERR_NOMEM, with a sentence, when the budget does not hold one block. */
int kv_create(const struct kv_shape *s, uint64_t bytes_max, struct kv **ret, struct err *e);
void kv_free(struct kv *kv); /* NULL is fine */
/* Gives slabs without a living block back to the system. */
void kv_trim(struct kv *kv);
/* Blocks that can be had now without taking one from a sequence. */
uint32_t kv_available(const struct kv *kv);
uint64_t kv_bytes(const struct kv *kv); /* really allocated */

/* How attention sees them. */
static inline struct attend_shape kv_attend_shape(const struct kv *kv)
{
    return (struct attend_shape){kv->shape.d_k, kv->shape.d_v, kv->shape.q8};
}
/* One head's keys and values. */
static inline void *kv_head_block(const struct kv *kv, uint32_t block, uint32_t layer, uint32_t head)
{
    uint8_t *slab = kv->slabs[block >> kv->slab_shift];
    size_t in_slab = block & ((1u << kv->slab_shift) - 1);
    return slab + in_slab * kv->block_bytes + ((size_t)layer * kv->shape.n_heads + head) * kv->head_bytes;
}

/* The blocks of one sequence, in order: position p lies in blocks[p / 32]. */
struct kv_table {
    uint32_t *blocks; /* [cap], the owner's memory */
    uint32_t n, cap;
};

/* Makes positions from … to - 1 writable: takes blocks, and copies a shared one. ERR_NOMEM when the budget (or memory) is
 * out; what was taken stays in the table, so that a later call goes on from there. ERR_LIMIT: the table is too short. */
int kv_table_reserve(struct kv *kv, struct kv_table *t, uint32_t from, uint32_t to);
/* dst, which is empty, shares all of src's blocks. dst's cap is at least src's n. */
void kv_table_share(struct kv *kv, struct kv_table *dst, const struct kv_table *src);
/* Lets all blocks go. */
void kv_table_drop(struct kv *kv, struct kv_table *t);

/* The prefix index (prefix.c): full blocks by (block before, 32 tokens), and by owner for the first of a text. Serials are
 * never reused, so a block whose parent has been evicted cannot be found under another text. */

/* Fills the empty table with the longest run of indexed blocks that begins this owner's tokens, and takes a hold of each.
 * Returns the number of tokens covered; *ret_chain is the last block's serial (0: none). */
uint32_t kv_prefix_find(struct kv *kv, struct str owner, const uint32_t *tokens, uint32_t n_tokens, struct kv_table *t,
                        uint64_t *ret_chain);
/* Indexes the full block at t->blocks[i] under `parent`, the serial of the block before it. If the same text is indexed
 * already, the table takes that block instead of its own. Returns the serial to go on with, 0 when memory is out. */
uint64_t kv_prefix_add(struct kv *kv, struct str owner, uint64_t parent, const uint32_t *tokens, struct kv_table *t, uint32_t i);

/* Between kv.c and prefix.c. */
void kv_ref(struct kv *kv, uint32_t block);
void kv_unref(struct kv *kv, uint32_t block);
void kv_prefix_forget(struct kv *kv, uint32_t block);

#endif
