/* A loop within a team (pool.h), for work that streams through memory: every thread has a run of neighbouring items of its own
 * and takes them from the front, so that it knows what it reads next; one that has finished takes from the back of the others.
 *
 * Rounds follow each other: share_deal says how many items the next one has while the present one is still running, and a
 * meeting of the team lies between. */
#ifndef SYS_SHARE_H
#define SYS_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Items that are left of a thread's own, first in the low half, end in the high one. Two: of this round and the next. */
struct share_hand {
    _Alignas(64) _Atomic uint64_t left[2];
    uint32_t round; /* its owner's count */
};

struct share {
    int n_threads;
    struct share_hand *hands; /* [n_threads] */
};

int share_init(struct share *s, int n_threads);
void share_deinit(struct share *s); /* copes with a zeroed one */
/* Each thread for itself, before the meeting that the round begins with; the same number on all threads. */
void share_deal(struct share *s, int thread, uint32_t n_items);
/* After that meeting: the next round is the present one. */
void share_begin(struct share *s, int thread);
/* The next item to do; false: none is left. *ret_own: it is one of the thread's own. */
bool share_take(struct share *s, int thread, uint32_t *ret_item, bool *ret_own);
/* The item that this thread would get next, if it is one of its own. */
bool share_peek(const struct share *s, int thread, uint32_t *ret_item);
/* The first item of a round of n that is a thread's own; false: it has none. */
bool share_first(const struct share *s, int thread, uint32_t n_items, uint32_t *ret_item);

#endif
