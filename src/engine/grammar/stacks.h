/* Stacks that share their lower parts: a frame is a state and the frame under it, and stands once however many stacks have it. A
 * stack is the number of its top frame; a set of stacks is an array of such numbers. Frame 0 is the bottom, of no state.
 *
 * A frame's number is above that of the frame under it, which makes compacting one pass down and one pass up. */
#ifndef ENGINE_GRAMMAR_STACKS_H
#define ENGINE_GRAMMAR_STACKS_H

#include "engine/grammar/automaton.h"

enum {
    STACKS_FRAMES_MAX = 1 << 17,
    STACKS_SET_MAX = 1 << 12, /* stacks of a closure: a grammar that has more is too ambiguous */
};

struct frame {
    uint32_t state, under;
    uint32_t next; /* with the same hash */
    uint32_t mark; /* the set that it was last put into */
};
struct stacks {
    struct frame *frames;
    uint32_t *heads; /* [mask + 1] */
    uint32_t n, cap, mask, marks;
};
struct stack_set {
    uint32_t *tops; /* owned */
    uint32_t n, cap;
    uint32_t mark;
};

int stacks_init(struct stacks *s);
void stacks_deinit(struct stacks *s);
int stacks_copy(const struct stacks *from, struct stacks *ret);
void stacks_clear(struct stacks *s);
/* Frames above the first n are forgotten. */
void stacks_cut(struct stacks *s, uint32_t n);
/* Keeps what the sets stand on, and renumbers. */
int stacks_compact(struct stacks *s, struct stack_set *set);

/* An empty set; one set at a time can be added to. */
void stack_set_begin(struct stacks *s, struct stack_set *set);
/* ERR_NOMEM; ERR_LIMIT: too many frames or stacks. */
int stack_set_add(struct stacks *s, struct stack_set *set, uint32_t state, uint32_t under);

/* All stacks that are reached without a byte, those of `set` included; *ret_out: one of them has popped everything. */
int stacks_close(const struct grammar *g, struct stacks *s, const struct stack_set *set, struct stack_set *closed, bool *ret_out);
/* What a closed set becomes by one byte: empty when nothing takes it. */
int stacks_step(const struct grammar *g, struct stacks *s, const struct stack_set *closed, uint8_t byte, struct stack_set *ret);

#endif
