/* Subsets of states, made as they are reached. Anchors are edges that read nothing: those of the start may be taken before the first
 * character only, those of the end only when nothing follows. */
#include <stdlib.h>

#include "base/strmap.h"
#include "engine/grammar/dfa.h"

enum { NFA_PER_DFA = 16 /* states, against limits.dfa_states_max */ };

static void *grow(struct grammar_builder *b, void *old, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    uint32_t more = *cap ? *cap * 2 : 32;
    void *p = build_alloc(b, more, size);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, old, n * size);
    *cap = more;
    return p;
}

struct nfa *nfa_make(struct grammar_builder *b)
{
    return b->err.code ? NULL : build_alloc(b, 1, sizeof(struct nfa));
}

uint32_t nfa_state(struct grammar_builder *b, struct nfa *n)
{
    if (!n || b->err.code)
        return 0;
    if (n->n >= b->limits.dfa_states_max * NFA_PER_DFA) {
        build_fail(b, ERR_LIMIT, "the pattern is too large: its repetitions multiply to more than %u states", n->n);
        return 0;
    }
    uint32_t *first = grow(b, n->first, n->n, &n->cap, sizeof *first);
    if (!first)
        return 0;
    n->first = first;
    n->first[n->n] = GRAMMAR_NONE;
    return n->n++;
}

void nfa_add(struct grammar_builder *b, struct nfa *n, uint32_t from, uint32_t to, enum nfa_kind kind, struct charset on)
{
    if (!n || b->err.code)
        return;
    struct nfa_edge *edges = grow(b, n->edges, n->n_edges, &n->cap_edges, sizeof *edges);
    if (!edges)
        return;
    n->edges = edges;
    n->edges[n->n_edges] = (struct nfa_edge){kind, on, to, n->first[from]};
    n->first[from] = n->n_edges++;
}

struct subset {
    uint32_t *states; /* sorted */
    uint32_t n;
};
struct making {
    struct grammar_builder *b;
    const struct nfa *n;
    uint8_t *seen;          /* [n] */
    uint32_t *work;         /* [n] */
    struct subset *subsets; /* of each state of the result */
    uint32_t cap_subsets;
    struct dfa *d;
    struct strmap numbers; /* subset → state */
    uint64_t effort, effort_max;
};

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Adds what work[0 … n) reaches without a character; returns how many there are then. `seen` is clean before and after. */
static uint32_t close_subset(struct making *m, uint32_t n, enum nfa_kind anchor)
{
    for (uint32_t i = 0; i < n; i++)
        m->seen[m->work[i]] = 1;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = m->n->first[m->work[i]]; k != GRAMMAR_NONE; k = m->n->edges[k].next) {
            const struct nfa_edge *e = &m->n->edges[k];
            m->effort++;
            if ((e->kind != NFA_EMPTY && (e->kind == NFA_CHAR || e->kind != anchor)) || m->seen[e->to])
                continue;
            m->seen[e->to] = 1;
            m->work[n++] = e->to;
        }
    for (uint32_t i = 0; i < n; i++)
        m->seen[m->work[i]] = 0;
    for (uint32_t i = 0; i < n && m->n->absorbs; i++)
        if (m->work[i] == m->n->end) { /* whatever else may be going on does not matter any more */
            m->work[0] = m->n->end;
            return 1;
        }
    return n;
}

/* May the text end in this subset? Nothing was read yet when it is the first one, so that both anchors hold. */
static bool ends(struct making *m, struct subset s)
{
    memcpy(m->work, s.states, s.n * sizeof *s.states);
    uint32_t n = close_subset(m, s.n, NFA_AT_END);
    for (uint32_t i = 0; i < n; i++)
        if (m->work[i] == m->n->end)
            return true;
    return false;
}

/* The result's state for work[0 … n), which is closed. */
static uint32_t state_of(struct making *m, uint32_t n)
{
    struct grammar_builder *b = m->b;
    qsort(m->work, n, sizeof *m->work, ascending);
    uint32_t number;
    if (strmap_get(&m->numbers, str_from(m->work, n * sizeof *m->work), &number))
        return number;
    if (m->d->n >= b->limits.dfa_states_max || m->effort > m->effort_max) {
        build_fail(b, ERR_LIMIT, "the pattern is too complex: an automaton for it would have more than %u states", m->d->n);
        return 0;
    }
    struct subset s = {build_alloc(b, n, sizeof *s.states), n};
    struct dfa_state *states = grow(b, m->d->states, m->d->n, &m->d->cap, sizeof *states);
    struct subset *subsets = grow(b, m->subsets, m->d->n, &m->cap_subsets, sizeof *subsets);
    if (!s.states || !states || !subsets)
        return 0;
    m->d->states = states;
    m->subsets = subsets;
    memcpy(s.states, m->work, n * sizeof *s.states);
    m->subsets[m->d->n] = s;
    m->d->states[m->d->n] = (struct dfa_state){.final = ends(m, s)};
    strmap_put(&m->numbers, str_from(s.states, n * sizeof *s.states), m->d->n);
    return m->d->n++;
}

/* All borders of the ranges that leave a subset: within two neighbours every character does the same. */
static uint32_t borders_of(struct making *m, struct subset s, uint32_t **ret)
{
    uint32_t n = 0, cap = 0, *out = NULL;
    for (uint32_t i = 0; i < s.n; i++)
        for (uint32_t k = m->n->first[s.states[i]]; k != GRAMMAR_NONE; k = m->n->edges[k].next) {
            const struct nfa_edge *e = &m->n->edges[k];
            for (uint32_t r = 0; e->kind == NFA_CHAR && r < e->on.n; r++) {
                if (n + 2 > cap) {
                    cap = cap ? cap * 2 : 64;
                    uint32_t *grown = realloc(out, cap * sizeof *out);
                    if (!grown) {
                        build_fail(m->b, ERR_NOMEM, "not enough memory to compile the pattern");
                        free(out);
                        return 0;
                    }
                    out = grown;
                }
                out[n++] = e->on.ranges[r].lo;
                out[n++] = e->on.ranges[r].hi + 1;
            }
        }
    if (n)
        qsort(out, n, sizeof *out, ascending);
    *ret = out;
    return n;
}

static bool has(struct charset c, uint32_t cp)
{
    uint32_t lo = 0, hi = c.n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (c.ranges[mid].hi < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c.n && c.ranges[lo].lo <= cp;
}

static uint32_t step(struct making *m, struct subset s, uint32_t cp)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++)
        for (uint32_t k = m->n->first[s.states[i]]; k != GRAMMAR_NONE; k = m->n->edges[k].next) {
            const struct nfa_edge *e = &m->n->edges[k];
            m->effort++;
            if (e->kind != NFA_CHAR || m->seen[e->to] || !has(e->on, cp))
                continue;
            m->seen[e->to] = 1;
            m->work[n++] = e->to;
        }
    for (uint32_t i = 0; i < n; i++)
        m->seen[m->work[i]] = 0;
    return n ? close_subset(m, n, NFA_EMPTY) : 0;
}

static void add_edge(struct dfa_edge *edges, uint32_t *n, struct range on, uint32_t to)
{
    if (*n && edges[*n - 1].to == to && edges[*n - 1].on.hi + 1 == on.lo)
        edges[*n - 1].on.hi = on.hi;
    else
        edges[(*n)++] = (struct dfa_edge){on, to};
}

static void expand(struct making *m, uint32_t at)
{
    uint32_t *borders = NULL, n = borders_of(m, m->subsets[at], &borders), n_edges = 0;
    struct dfa_edge *edges = n ? build_alloc(m->b, n, sizeof *edges) : NULL;
    for (uint32_t i = 0; edges && i + 1 < n && !m->b->err.code; i++) {
        if (borders[i] == borders[i + 1])
            continue;
        uint32_t reached = step(m, m->subsets[at], borders[i]);
        if (reached)
            add_edge(edges, &n_edges, (struct range){borders[i], borders[i + 1] - 1}, state_of(m, reached));
    }
    free(borders);
    if (m->b->err.code)
        return;
    m->d->states[at].edges = edges;
    m->d->states[at].n_edges = n_edges;
}

const struct dfa *dfa_of_nfa(struct grammar_builder *b, const struct nfa *n)
{
    if (b->err.code)
        return NULL;
    struct making m = {.b = b, .n = n, .effort_max = 40000000};
    m.seen = build_alloc(b, n->n, 1);
    m.work = build_alloc(b, n->n, sizeof *m.work);
    m.d = build_alloc(b, 1, sizeof *m.d);
    if (!m.seen || !m.work || !m.d)
        return NULL;
    if (strmap_init(&m.numbers, b->limits.dfa_states_max)) {
        build_fail(b, ERR_NOMEM, "not enough memory to compile the pattern");
        return NULL;
    }
    m.work[0] = n->start;
    state_of(&m, close_subset(&m, 1, NFA_AT_START));
    for (uint32_t i = 0; i < m.d->n && !b->err.code; i++)
        expand(&m, i);
    strmap_deinit(&m.numbers);
    return b->err.code ? NULL : m.d;
}
