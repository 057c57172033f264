#include "sys/share.h"

#include <stdlib.h>
#include <string.h>

static uint64_t run_of(uint32_t first, uint32_t end)
{
    return (uint64_t)end << 32 | first;
}
static uint32_t run_first(uint64_t run)
{
    return (uint32_t)run;
}
static uint32_t run_end(uint64_t run)
{
    return (uint32_t)(run >> 32);
}

int share_init(struct share *s, int n_threads)
{
    size_t size = (size_t)n_threads * sizeof *s->hands;
    struct share_hand *hands = aligned_alloc(64, size);
    if (!hands)
        return ERR_NOMEM;
    memset(hands, 0, size);
    *s = (struct share){n_threads, hands};
    return OK;
}

void share_deinit(struct share *s)
{
    free(s->hands);
    *s = (struct share){0};
}

static uint32_t boundary(const struct share *s, int thread, uint32_t n_items)
{
    return (uint32_t)((uint64_t)n_items * (unsigned)thread / (unsigned)s->n_threads);
}

void share_deal(struct share *s, int thread, uint32_t n_items)
{
    struct share_hand *h = &s->hands[thread];
    uint64_t run = run_of(boundary(s, thread, n_items), boundary(s, thread + 1, n_items));
    /* Relaxed: the meeting that follows shows it to the others, and in this round nobody looks at it. */
    atomic_store_explicit(&h->left[(h->round + 1) % 2], run, memory_order_relaxed);
}

void share_begin(struct share *s, int thread)
{
    s->hands[thread].round++;
}

/* Relaxed throughout: only who gets what matters here; what the items read and write is ordered by meetings. */
static bool take(_Atomic uint64_t *left, bool front, uint32_t *ret_item)
{
    uint64_t run = atomic_load_explicit(left, memory_order_relaxed), rest;
    do {
        if (run_first(run) >= run_end(run))
            return false;
        rest = front ? run_of(run_first(run) + 1, run_end(run)) : run_of(run_first(run), run_end(run) - 1);
    } while (!atomic_compare_exchange_weak_explicit(left, &run, rest, memory_order_relaxed, memory_order_relaxed));
    *ret_item = front ? run_first(run) : run_end(run) - 1;
    return true;
}

bool share_take(struct share *s, int thread, uint32_t *ret_item, bool *ret_own)
{
    uint32_t round = s->hands[thread].round % 2;
    *ret_own = true;
    if (take(&s->hands[thread].left[round], true, ret_item))
        return true;
    *ret_own = false;
    for (int i = 1; i < s->n_threads; i++)
        if (take(&s->hands[(thread + i) % s->n_threads].left[round], false, ret_item))
            return true;
    return false;
}

bool share_peek(const struct share *s, int thread, uint32_t *ret_item)
{
    const struct share_hand *h = &s->hands[thread];
    uint64_t run = atomic_load_explicit(&h->left[h->round % 2], memory_order_relaxed);
    *ret_item = run_first(run);
    return run_first(run) < run_end(run);
}

bool share_first(const struct share *s, int thread, uint32_t n_items, uint32_t *ret_item)
{
    *ret_item = boundary(s, thread, n_items);
    return *ret_item < boundary(s, thread + 1, n_items);
}
