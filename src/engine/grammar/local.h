/* What a frame accepts by itself, whatever lies under it: the part of a mask that can be kept.
 *
 * The sets of stacks over an unknown bottom are the states of a deterministic automaton that is made as the trie is walked: one look
 * into a table for each node. A walk notes the tokens that stay above the bottom, and the trie's nodes at which the bottom
 * shows ("exits"), where what lies under the frame goes on.
 *
 * Memory: a kilobyte a set; at LOCAL_SETS_KEPT the next walk begins afresh, at LOCAL_SETS_MAX within one walk it is refused. */
#ifndef ENGINE_GRAMMAR_LOCAL_H
#define ENGINE_GRAMMAR_LOCAL_H

#include "engine/grammar/stacks.h"
#include "engine/grammar/trie.h"

enum { LOCAL_SETS_KEPT = 4096, LOCAL_SETS_MAX = 16384 };

struct local_set {
    uint32_t kernel, n_kernel; /* in `tops`, sorted */
    uint32_t closed, n_closed; /* in `tops`: those that read a byte */
    uint32_t next_hash;
    bool out;            /* the bottom shows */
    uint32_t after[256]; /* number of the set; LOCAL_DEAD, LOCAL_UNKNOWN */
};
#define LOCAL_DEAD    0u
#define LOCAL_UNKNOWN UINT32_MAX

struct local {
    const struct grammar *g;
    const struct grammar_vocab *v;
    struct stacks stacks;
    struct local_set **sets; /* [cap_sets]; number 0 stands for none */
    uint32_t n_sets, cap_sets;
    uint32_t *tops;
    uint32_t n_tops, cap_tops;
    uint32_t heads[1024]; /* sets by their hash */
    struct stack_set a, c;
    uint32_t depth[TRIE_TOKEN_BYTES_MAX + 1];
};

int local_init(struct local *l, const struct grammar *g, const struct grammar_vocab *v);
void local_deinit(struct local *l);

/* What a walk finds. */
struct local_found {
    uint64_t *mask;  /* [words] tokens are added here */
    uint32_t *exits; /* owned; nodes at which the bottom shows and that more tokens lie under, or node 0 */
    uint32_t n_exits, cap_exits;
};
/* Everything under `node` of the trie, from `state` with an unknown bottom. */
int local_walk(struct local *l, uint32_t state, uint32_t node, struct local_found *found);

#endif
