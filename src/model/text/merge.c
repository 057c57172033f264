#include "model/text/merge.h"

#include <stdlib.h>

enum { ARITY = 8, FIRST_CAP = 64 }; /* the eight children of an entry fill a cache line */

void merger_deinit(struct merger *m)
{
    free(m->symbols);
    free(m->heap);
    *m = (struct merger){0};
}

/* Grows an array to at least `need` items, by half its size. */
static int grow(void **array, size_t *cap, size_t need, size_t item)
{
    if (need <= *cap)
        return OK;
    size_t n = *cap + *cap / 2;
    n = n < need ? need : n;
    n = n < FIRST_CAP ? FIRST_CAP : n;
    void *p = n <= SIZE_MAX / item ? realloc(*array, n * item) : NULL;
    if (!p)
        return ERR_NOMEM;
    *array = p;
    *cap = n;
    return OK;
}

int merger_reserve(struct merger *m, size_t len)
{
    if (len > UINT32_MAX)
        return ERR_LIMIT;
    void *p = m->symbols;
    int r = grow(&p, &m->symbol_cap, len, sizeof *m->symbols);
    m->symbols = p;
    m->len = r ? 0 : (uint32_t)len;
    return r;
}

static void sift_up(uint64_t *heap, size_t i, uint64_t key)
{
    while (i > 0) {
        size_t parent = (i - 1) / ARITY;
        if (heap[parent] <= key)
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = key;
}

static void sift_down(uint64_t *heap, size_t n, uint64_t key)
{
    size_t i = 0;
    for (size_t first = 1; first < n; first = i * ARITY + 1) {
        size_t best = first, last = first + ARITY < n ? first + ARITY : n;
        for (size_t c = first + 1; c < last; c++)
            best = heap[c] < heap[best] ? c : best;
        if (key <= heap[best])
            break;
        heap[i] = heap[best];
        i = best;
    }
    heap[i] = key;
}

static int heap_push(struct merger *m, uint64_t key)
{
    void *p = m->heap;
    int r = grow(&p, &m->heap_cap, m->heap_len + 1, sizeof *m->heap);
    m->heap = p;
    if (!r)
        sift_up(m->heap, m->heap_len++, key);
    return r;
}

static uint64_t heap_pop(struct merger *m)
{
    uint64_t top = m->heap[0], last = m->heap[--m->heap_len];
    if (m->heap_len)
        sift_down(m->heap, m->heap_len, last);
    return top;
}

/* What the rule says of the symbol at `left` and its right neighbour. */
static bool ask(const struct merger *m, const struct merge_rule *rule, uint32_t left, struct join *ret)
{
    uint32_t len = m->symbols[left].len, right = left + len;
    return len && right < m->len && rule->may_join(rule->ctx, m->symbols, left, right, ret);
}

static int offer(struct merger *m, const struct merge_rule *rule, uint32_t left)
{
    struct join j;
    return ask(m, rule, left, &j) ? heap_push(m, (uint64_t)j.order << 32 | left) : OK;
}

static void join(struct merger *m, uint32_t left, uint32_t id)
{
    uint32_t right = left + m->symbols[left].len, len = m->symbols[left].len + m->symbols[right].len;
    m->symbols[right].len = 0;
    merger_set(m, left, len, id);
}

int merger_run(struct merger *m, const struct merge_rule *rule)
{
    int r = OK;
    m->heap_len = 0;
    for (uint32_t at = 0; at < m->len && !r; at += m->symbols[at].len)
        r = offer(m, rule, at);
    while (m->heap_len && !r) {
        uint64_t key = heap_pop(m);
        uint32_t left = (uint32_t)key;
        struct join j;
        if (!ask(m, rule, left, &j) || j.order != key >> 32)
            continue;
        join(m, left, j.id);
        r = offer(m, rule, left);
        if (left && !r)
            r = offer(m, rule, left - 1 - m->symbols[left - 1].back);
    }
    return r;
}
