/* Texts by their beginnings: all tokens whose text begins at a place of a text, in one walk over its bytes.
 *
 * A node is a number, 0 the root; the edges of all nodes share one open-addressing table from (node, byte) to node, so that a walk is
 * one probe a byte, and a vocabulary of 8,000 tokens takes 1 MB. */
#ifndef MODEL_TEXT_TRIE_H
#define MODEL_TEXT_TRIE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct trie {
    uint64_t *edges; /* node << 8 | byte, + 1; 0: free */
    uint32_t *to;    /* [mask + 1] */
    uint32_t *token; /* [n_nodes] token whose text ends here + 1; 0: none */
    uint32_t mask, n_nodes, nodes_max;
};

/* Room for texts of `bytes` together. ERR_NOMEM, ERR_LIMIT above 2^28. */
int trie_init(struct trie *t, size_t bytes);
void trie_deinit(struct trie *t);
/* The last of two equal texts stays. ERR_LIMIT when there was not room for it, ERR_CORRUPT when too many edges collide. */
int trie_put(struct trie *t, struct str text, uint32_t token);
/* The node behind `byte`, or 0: there is none. */
uint32_t trie_step(const struct trie *t, uint32_t node, uint8_t byte);
/* The token whose text ends at a node, or UINT32_MAX. */
static inline uint32_t trie_token(const struct trie *t, uint32_t node)
{
    return t->token[node] - 1;
}

#endif
