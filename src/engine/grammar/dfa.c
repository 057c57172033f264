#include "engine/grammar/dfa.h"

#include <stdlib.h>

#include "base/strmap.h"
#include "base/utf8.h"

static const struct range any_character = {0, CODE_POINT_MAX};

static struct dfa *make(struct grammar_builder *b, uint32_t n)
{
    struct dfa *d = b->err.code ? NULL : build_alloc(b, 1, sizeof *d);
    if (!d || !(d->states = build_alloc(b, n, sizeof *d->states)))
        return NULL;
    d->cap = n;
    return d;
}

const struct dfa *dfa_of_words(struct grammar_builder *b, const struct str *words, size_t n)
{
    struct nfa *a = nfa_make(b);
    uint32_t start = nfa_state(b, a), end = nfa_state(b, a);
    for (size_t i = 0; i < n && !b->err.code; i++) {
        uint32_t at = start, cp = 0;
        for (size_t k = 0; k < words[i].len;) {
            int len = utf8_decode(words[i].ptr + k, words[i].len - k, &cp);
            struct range *r = build_alloc(b, 1, sizeof *r);
            if (len <= 0 || !r)
                return build_fail(b, ERR_INVAL, "a word is not UTF-8"), NULL;
            *r = (struct range){cp, cp};
            uint32_t next = nfa_state(b, a);
            nfa_add(b, a, at, next, NFA_CHAR, (struct charset){r, 1});
            at = next;
            k += (size_t)len;
        }
        nfa_add(b, a, at, end, NFA_EMPTY, (struct charset){NULL, 0});
    }
    if (b->err.code)
        return NULL;
    a->start = start;
    a->end = end;
    return dfa_of_nfa(b, a);
}

const struct dfa *dfa_of_length(struct grammar_builder *b, uint32_t min, uint32_t max)
{
    uint32_t last = max == GRAMMAR_MANY ? min : max;
    if (last >= b->limits.dfa_states_max)
        return build_fail(b, ERR_LIMIT, "a length together with a pattern may be at most %u", b->limits.dfa_states_max - 1), NULL;
    struct dfa *d = make(b, last + 1);
    for (uint32_t i = 0; d && i <= last; i++) {
        struct dfa_state *s = &d->states[d->n++];
        s->final = i >= min;
        s->n_edges = i < last || max == GRAMMAR_MANY;
        s->edges = build_alloc(b, 1, sizeof *s->edges);
        if (!s->edges)
            return NULL;
        s->edges[0] = (struct dfa_edge){any_character, i < last ? i + 1 : last};
    }
    return d;
}

const struct dfa *dfa_not(struct grammar_builder *b, const struct dfa *x)
{
    struct dfa *d = x ? make(b, x->n + 1) : NULL;
    if (!d)
        return NULL;
    d->n = x->n + 1;
    for (uint32_t i = 0; i < d->n; i++) {
        struct dfa_state *s = &d->states[i];
        uint32_t from = 0, n = i < x->n ? x->states[i].n_edges : 0;
        s->final = i == x->n || !x->states[i].final;
        s->edges = build_alloc(b, 2 * n + 1, sizeof *s->edges);
        if (!s->edges)
            return NULL;
        for (uint32_t k = 0; k < n; k++) {
            struct dfa_edge e = x->states[i].edges[k];
            if (e.on.lo > from)
                s->edges[s->n_edges++] = (struct dfa_edge){{from, e.on.lo - 1}, x->n};
            s->edges[s->n_edges++] = e;
            from = e.on.hi + 1;
        }
        if (from <= CODE_POINT_MAX)
            s->edges[s->n_edges++] = (struct dfa_edge){{from, CODE_POINT_MAX}, x->n};
    }
    return d;
}

/* Pairs of states, made as they are reached. */
struct product {
    struct grammar_builder *b;
    const struct dfa *x, *y;
    struct dfa *d;
    uint32_t (*pairs)[2]; /* [dfa_states_max] */
    struct strmap numbers;
};

static uint32_t pair_of(struct product *p, uint32_t x, uint32_t y)
{
    uint32_t key[2] = {x, y}, number;
    if (strmap_get(&p->numbers, str_from(key, sizeof key), &number))
        return number;
    if (p->d->n >= p->d->cap) {
        build_fail(p->b, ERR_LIMIT, "these patterns and lengths together are too complex: more than %u states", p->d->cap);
        return 0;
    }
    number = p->d->n++;
    p->pairs[number][0] = x;
    p->pairs[number][1] = y;
    p->d->states[number].final = p->x->states[x].final && p->y->states[y].final;
    strmap_put(&p->numbers, str_from(p->pairs[number], sizeof key), number);
    return number;
}

static void expand(struct product *p, uint32_t at)
{
    const struct dfa_state *x = &p->x->states[p->pairs[at][0]], *y = &p->y->states[p->pairs[at][1]];
    struct dfa_edge *edges = build_alloc(p->b, x->n_edges + y->n_edges, sizeof *edges);
    uint32_t n = 0, i = 0, k = 0;
    while (edges && i < x->n_edges && k < y->n_edges && !p->b->err.code) {
        struct dfa_edge a = x->edges[i], c = y->edges[k];
        uint32_t lo = a.on.lo > c.on.lo ? a.on.lo : c.on.lo, hi = a.on.hi < c.on.hi ? a.on.hi : c.on.hi;
        if (lo <= hi)
            edges[n++] = (struct dfa_edge){{lo, hi}, pair_of(p, a.to, c.to)};
        if (a.on.hi < c.on.hi)
            i++;
        else
            k++;
    }
    p->d->states[at].edges = edges;
    p->d->states[at].n_edges = n;
}

const struct dfa *dfa_and(struct grammar_builder *b, const struct dfa *x, const struct dfa *y)
{
    struct product p = {.b = b, .x = x, .y = y, .d = x && y ? make(b, b->limits.dfa_states_max) : NULL};
    p.pairs = p.d ? build_alloc(b, b->limits.dfa_states_max, sizeof *p.pairs) : NULL;
    if (!p.pairs)
        return NULL;
    if (strmap_init(&p.numbers, b->limits.dfa_states_max)) {
        build_fail(b, ERR_NOMEM, "not enough memory to compile the pattern");
        return NULL;
    }
    pair_of(&p, 0, 0);
    for (uint32_t i = 0; i < p.d->n && !b->err.code; i++)
        expand(&p, i);
    strmap_deinit(&p.numbers);
    return b->err.code ? NULL : p.d;
}

bool dfa_matches(const struct dfa *x, struct str text)
{
    uint32_t at = 0, cp = 0;
    for (size_t i = 0; i < text.len;) {
        int len = utf8_decode(text.ptr + i, text.len - i, &cp);
        if (len <= 0)
            return false;
        const struct dfa_state *s = &x->states[at];
        uint32_t k = 0;
        while (k < s->n_edges && s->edges[k].on.hi < cp)
            k++;
        if (k == s->n_edges || s->edges[k].on.lo > cp)
            return false;
        at = s->edges[k].to;
        i += (size_t)len;
    }
    return x->states[at].final;
}
