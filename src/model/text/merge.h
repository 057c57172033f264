/* The merging of byte-pair encoding, for both kinds of vocabulary.
 *
 * A text begins as symbols (characters or bytes). The pair of neighbours that comes first in the vocabulary's order
 * is joined, the leftmost of equals first, until no pair can be joined. What comes first (a score, a rank) and what
 * a pair becomes is the caller's rule.
 *
 * A symbol lives at the offset of its first byte, so a neighbour is found by adding a length, and no list is needed. A
 * heap holds the pairs that could be joined, as (order, offset) in eight bytes. Joining makes neighbouring entries stale; so
 * the rule is asked again for an entry that comes up, and what has another order now is dropped (its own entry is
 * in the heap, too). Each join adds at most two entries: O(n log n) in all, 28 bytes of memory for a byte of text. */
#ifndef MODEL_TEXT_MERGE_H
#define MODEL_TEXT_MERGE_H

#include "base/err.h"
#include "base/str.h"

struct symbol {
    uint32_t len;  /* of the symbol that begins here; 0: none does */
    uint32_t back; /* at a symbol's last byte: how far back it begins */
    uint32_t id;   /* the caller's */
};

struct join {
    uint32_t order; /* smaller is joined earlier */
    uint32_t id;    /* of the joined symbol */
};

struct merge_rule {
    /* True when the symbols at `left` and at `right` (the next one) may be joined. */
    bool (*may_join)(const void *ctx, const struct symbol *symbols, uint32_t left, uint32_t right, struct join *ret);
    const void *ctx;
};

/* Scratch memory, reused from word to word. */
struct merger {
    struct symbol *symbols;
    uint64_t *heap; /* smallest first: order << 32 | offset of the left symbol */
    size_t symbol_cap, heap_len, heap_cap;
    uint32_t len; /* of the text */
};

void merger_deinit(struct merger *m);
/* Room for a text of len bytes; its symbols are then set by merger_set from left to right without gaps. */
int merger_reserve(struct merger *m, size_t len);
static inline void merger_set(struct merger *m, uint32_t at, uint32_t len, uint32_t id)
{
    m->symbols[at].len = len;
    m->symbols[at].id = id;
    m->symbols[at + len - 1].back = len - 1;
}
/* Joins all that can be joined. Afterwards the symbols are at 0, at 0 + its len, … */
int merger_run(struct merger *m, const struct merge_rule *rule);

#endif
