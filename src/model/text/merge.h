/* The merging of byte-pair encoding, for both kinds of vocabulary.
 *
 * A text begins as symbols (characters or bytes). The pair of neighbours that comes first in the vocabulary's order
 * is joined, the leftmost of equals first, until no pair can be joined. What comes first (a score, a rank) and what
 * a pair becomes is the caller's rule.
 *
 * A symbol lives at the offset of its first byte, so a neighbour is found by adding a length, and no list is needed. A
 * heap holds the pairs that could be joined. Joining makes its neighbours' entries stale; those are recognised when
 * they come up: symbols only grow, so an entry is fresh exactly if both symbols still have the length they had together.
 * Each join adds at most two entries: O(n log n) in all. 12 bytes of symbols and up to 32 of heap for a byte of text. */
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

/* True when the symbols at `left` and at `right` (the next one) may be joined. */
typedef bool join_fn(const void *ctx, const struct symbol *symbols, uint32_t left, uint32_t right, struct join *ret);

struct pair;
/* Scratch memory, reused from word to word. */
struct merger {
    struct symbol *symbols;
    struct pair *heap;
    size_t symbol_cap, heap_len, heap_cap;
};

void merger_deinit(struct merger *m);
/* Room for a text of len bytes; symbols are then set by merger_set from left to right without gaps. */
int merger_reserve(struct merger *m, size_t len);
static inline void merger_set(struct merger *m, uint32_t at, uint32_t len, uint32_t id)
{
    m->symbols[at].len = len;
    m->symbols[at].id = id;
    m->symbols[at + len - 1].back = len - 1;
}
/* Joins all that can be joined in text[0..len). Afterwards the symbols are at 0, at 0 + its len, … */
int merger_run(struct merger *m, size_t len, join_fn *rule, const void *ctx);

#endif
