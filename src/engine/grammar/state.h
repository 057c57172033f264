/* What state.c and mask.c share. */
#ifndef ENGINE_GRAMMAR_STATE_H
#define ENGINE_GRAMMAR_STATE_H

#include <pthread.h>

#include "engine/grammar/local.h"

/* Of one state of the automaton: what local_walk found from the trie's root. */
struct mask_part {
    uint32_t state;
    uint32_t next; /* with the same hash */
    uint32_t *few; /* the tokens, when they are few; otherwise `bits` */
    uint32_t n_few;
    uint64_t *bits;
    uint32_t *exits;
    uint32_t n_exits;
};

/* Whole masks of sets of stacks: a set is known by 128 bits of hash over all that its stacks hold. */
struct mask_key {
    uint64_t a, b;
};
enum { MASKS_KEPT = 128, PARTS_HEADS = 4096, PARTS_BYTES_MAX = 24 << 20 };

struct grammar_matcher {
    const struct grammar *g;
    const struct grammar_vocab *v;
    pthread_mutex_t lock; /* of all below */
    struct local local;
    struct mask_part *parts;
    uint32_t n_parts, cap_parts;
    uint32_t heads[PARTS_HEADS]; /* number + 1 */
    size_t parts_bytes;
    struct mask_key keys[MASKS_KEPT];
    uint64_t *masks;             /* [MASKS_KEPT][words]; NULL until the first */
    uint64_t *scratch;           /* [words] */
    struct mask_key *frame_keys; /* scratch: of a state's frames */
    uint32_t cap_frame_keys;
    struct mask_todo {
        uint32_t top, node;
    } * todo; /* scratch */
    uint32_t cap_todo;
};

struct grammar_state {
    struct grammar_matcher *m;
    struct stacks stacks;
    struct stack_set now;          /* where the text stands; not closed */
    struct stack_set closed, next; /* scratch */
    uint32_t compact_at;           /* frames */
    bool ended;                    /* an end token was accepted */
};

#endif
