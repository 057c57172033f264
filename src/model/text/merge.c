#include "model/text/merge.h"

#include <stdlib.h>

struct pair {
    uint64_t key; /* order, then the left symbol's offset: the smallest is joined first */
    uint32_t len; /* of both symbols together when the entry was made */
    uint32_t id;
};

enum { ARITY = 4, FIRST_CAP = 64 }; /* a heap of four children touches half the cache lines of a binary one */

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
    return r;
}

static void sift_up(struct pair *heap, size_t i, struct pair p)
{
    while (i > 0) {
        size_t parent = (i - 1) / ARITY;
        if (heap[parent].key <= p.key)
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = p;
}

static void sift_down(struct pair *heap, size_t n, struct pair p)
{
    size_t i = 0;
    for (;;) {
        size_t first = i * ARITY + 1, best = first;
        if (first >= n)
            break;
        size_t last = first + ARITY < n ? first + ARITY : n;
        for (size_t c = first + 1; c < last; c++)
            best = heap[c].key < heap[best].key ? c : best;
        if (p.key <= heap[best].key)
            break;
        heap[i] = heap[best];
        i = best;
    }
    heap[i] = p;
}

static struct pair heap_pop(struct merger *m)
{
    struct pair top = m->heap[0], last = m->heap[--m->heap_len];
    if (m->heap_len)
        sift_down(m->heap, m->heap_len, last);
    return top;
}

/* Asks the rule for the symbol at `left` and its right neighbour. */
static int offer(struct merger *m, uint32_t left, size_t len, join_fn *rule, const void *ctx)
{
    uint32_t right = left + m->symbols[left].len;
    struct join j;
    if (right >= len || !rule(ctx, m->symbols, left, right, &j))
        return OK;
    void *p = m->heap;
    int r = grow(&p, &m->heap_cap, m->heap_len + 1, sizeof *m->heap);
    m->heap = p;
    if (r)
        return r;
    struct pair entry = {(uint64_t)j.order << 32 | left, m->symbols[left].len + m->symbols[right].len, j.id};
    sift_up(m->heap, m->heap_len++, entry);
    return OK;
}

static bool is_fresh(const struct merger *m, const struct pair *p, uint32_t left, size_t len)
{
    uint32_t n = m->symbols[left].len;
    return n && n < p->len && left + n < len && n + m->symbols[left + n].len == p->len;
}

int merger_run(struct merger *m, size_t len, join_fn *rule, const void *ctx)
{
    m->heap_len = 0;
    int r = OK;
    for (uint32_t at = 0; at < len && !r; at += m->symbols[at].len)
        r = offer(m, at, len, rule, ctx);
    while (m->heap_len && !r) {
        struct pair p = heap_pop(m);
        uint32_t left = (uint32_t)p.key;
        if (!is_fresh(m, &p, left, len))
            continue;
        m->symbols[left + m->symbols[left].len].len = 0;
        merger_set(m, left, p.len, p.id);
        r = offer(m, left, len, rule, ctx);
        if (left && !r)
            r = offer(m, left - 1 - m->symbols[left - 1].back, len, rule, ctx);
    }
    return r;
}
