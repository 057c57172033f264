#include "engine/grammar/stacks.h"

#include <stdlib.h>

enum { FRAMES_FIRST = 64, SET_FIRST = 16 };

static uint32_t hash_of(uint32_t state, uint32_t under)
{
    uint64_t h = ((uint64_t)state << 32 | under) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> 32);
}

int stacks_init(struct stacks *s)
{
    *s = (struct stacks){.cap = FRAMES_FIRST, .mask = FRAMES_FIRST - 1};
    s->frames = calloc(s->cap, sizeof *s->frames);
    s->heads = calloc(s->mask + 1, sizeof *s->heads);
    if (!s->frames || !s->heads) {
        stacks_deinit(s);
        return ERR_NOMEM;
    }
    s->n = 1;
    return OK;
}

void stacks_deinit(struct stacks *s)
{
    free(s->frames);
    free(s->heads);
    *s = (struct stacks){0};
}

int stacks_copy(const struct stacks *from, struct stacks *ret)
{
    struct stacks s = *from;
    s.frames = malloc(s.cap * sizeof *s.frames);
    s.heads = malloc((s.mask + 1) * sizeof *s.heads);
    if (!s.frames || !s.heads) {
        stacks_deinit(&s);
        return ERR_NOMEM;
    }
    memcpy(s.frames, from->frames, s.n * sizeof *s.frames);
    memcpy(s.heads, from->heads, (s.mask + 1) * sizeof *s.heads);
    *ret = s;
    return OK;
}

void stacks_clear(struct stacks *s)
{
    s->n = 1;
    memset(s->heads, 0, (s->mask + 1) * sizeof *s->heads);
}

static void link_frame(struct stacks *s, uint32_t i)
{
    uint32_t h = hash_of(s->frames[i].state, s->frames[i].under) & s->mask;
    s->frames[i].next = s->heads[h];
    s->heads[h] = i;
}

void stacks_cut(struct stacks *s, uint32_t n)
{
    while (s->n > n) {
        const struct frame *f = &s->frames[--s->n]; /* the newest of its list, since it is the newest of all */
        s->heads[hash_of(f->state, f->under) & s->mask] = f->next;
    }
}

static int grow(struct stacks *s)
{
    if (s->cap >= STACKS_FRAMES_MAX)
        return ERR_LIMIT;
    uint32_t cap = s->cap * 2;
    struct frame *frames = realloc(s->frames, cap * sizeof *frames);
    if (frames)
        s->frames = frames;
    uint32_t *heads = frames ? calloc(cap, sizeof *heads) : NULL;
    if (!heads)
        return ERR_NOMEM;
    free(s->heads);
    s->heads = heads;
    s->cap = cap;
    s->mask = cap - 1;
    for (uint32_t i = 1; i < s->n; i++)
        link_frame(s, i);
    return OK;
}

static int intern(struct stacks *s, uint32_t state, uint32_t under, uint32_t *ret)
{
    for (uint32_t i = s->heads[hash_of(state, under) & s->mask]; i; i = s->frames[i].next)
        if (s->frames[i].state == state && s->frames[i].under == under) {
            *ret = i;
            return OK;
        }
    int rc = s->n == s->cap ? grow(s) : OK;
    if (rc)
        return rc;
    s->frames[s->n] = (struct frame){.state = state, .under = under};
    link_frame(s, s->n);
    *ret = s->n++;
    return OK;
}

int stacks_compact(struct stacks *s, struct stack_set *set)
{
    uint32_t *place = calloc(s->n, sizeof *place);
    if (!place)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < set->n; i++)
        place[set->tops[i]] = 1;
    for (uint32_t i = s->n; i-- > 1;)
        if (place[i])
            place[s->frames[i].under] = 1;
    uint32_t n = 1, old = s->n;
    place[0] = 0;
    stacks_clear(s);
    for (uint32_t i = 1; i < old; i++) {
        if (!place[i])
            continue;
        struct frame f = s->frames[i];
        place[i] = n;
        s->frames[n] = (struct frame){.state = f.state, .under = place[f.under]};
        link_frame(s, n++);
    }
    s->n = n;
    for (uint32_t i = 0; i < set->n; i++)
        set->tops[i] = place[set->tops[i]];
    free(place);
    return OK;
}

void stack_set_begin(struct stacks *s, struct stack_set *set)
{
    if (++s->marks == 0) { /* once in four thousand million sets: no frame may look as if it were in this one */
        for (uint32_t i = 0; i < s->n; i++)
            s->frames[i].mark = 0;
        s->marks = 1;
    }
    set->n = 0;
    set->mark = s->marks;
}

static int add_top(struct stacks *s, struct stack_set *set, uint32_t top)
{
    if (s->frames[top].mark == set->mark)
        return OK;
    if (set->n == set->cap) {
        uint32_t cap = set->cap ? set->cap * 2 : SET_FIRST;
        uint32_t *tops = cap > STACKS_SET_MAX ? NULL : realloc(set->tops, cap * sizeof *tops);
        if (!tops)
            return cap > STACKS_SET_MAX ? ERR_LIMIT : ERR_NOMEM;
        set->tops = tops;
        set->cap = cap;
    }
    s->frames[top].mark = set->mark;
    set->tops[set->n++] = top;
    return OK;
}

int stack_set_add(struct stacks *s, struct stack_set *set, uint32_t state, uint32_t under)
{
    uint32_t top;
    int rc = intern(s, state, under, &top);
    return rc ? rc : add_top(s, set, top);
}

/* A call whose way back is nothing but the end of its own rule leaves no frame: right recursion does not pile up. */
static bool returns_to_end(const struct grammar *g, uint32_t state)
{
    return g->nodes[state].final && g->nodes[state].edges == GRAMMAR_NONE;
}

static int follow(const struct grammar *g, struct stacks *s, struct stack_set *closed, uint32_t top)
{
    uint32_t state = s->frames[top].state, under = s->frames[top].under;
    int rc = OK;
    for (uint32_t i = g->nodes[state].edges; i != GRAMMAR_NONE && !rc; i = g->edges[i].next) {
        const struct grammar_edge *e = &g->edges[i];
        if (e->dead || e->kind == EDGE_BYTES)
            continue;
        if (e->kind == EDGE_EMPTY) {
            rc = stack_set_add(s, closed, e->to, under);
        } else if (returns_to_end(g, e->to)) {
            rc = stack_set_add(s, closed, e->rule, under);
        } else {
            uint32_t back;
            rc = intern(s, e->to, under, &back);
            if (!rc)
                rc = stack_set_add(s, closed, e->rule, back);
        }
    }
    return rc;
}

int stacks_close(const struct grammar *g, struct stacks *s, const struct stack_set *set, struct stack_set *closed, bool *ret_out)
{
    int rc = OK;
    bool out = false;
    stack_set_begin(s, closed);
    for (uint32_t i = 0; i < set->n && !rc; i++)
        rc = add_top(s, closed, set->tops[i]);
    for (uint32_t i = 0; i < closed->n && !rc; i++) {
        uint32_t top = closed->tops[i], under = s->frames[top].under;
        if (g->nodes[s->frames[top].state].final) {
            out |= !under;
            if (under)
                rc = add_top(s, closed, under);
        }
        if (!rc)
            rc = follow(g, s, closed, top);
    }
    *ret_out = out;
    return rc;
}

int stacks_step(const struct grammar *g, struct stacks *s, const struct stack_set *closed, uint8_t byte, struct stack_set *ret)
{
    int rc = OK;
    stack_set_begin(s, ret);
    for (uint32_t k = 0; k < closed->n && !rc; k++) {
        struct frame f = s->frames[closed->tops[k]];
        for (uint32_t i = g->nodes[f.state].edges; i != GRAMMAR_NONE && !rc; i = g->edges[i].next) {
            const struct grammar_edge *e = &g->edges[i];
            if (e->kind == EDGE_BYTES && !e->dead && e->lo <= byte && byte <= e->hi)
                rc = stack_set_add(s, ret, e->to, f.under);
        }
    }
    return rc;
}
