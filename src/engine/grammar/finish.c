#include <stdlib.h>

#include "engine/grammar/automaton.h"

/* Which states can reach the end of their rule: backwards from the ends. Each edge waits for one or two states: where it leads,
 * and the first state of the rule that it calls. */
struct backwards {
    uint32_t *head, *link; /* edges by the state they wait for: head[n_nodes], link[2 * n_edges] */
    uint32_t *from;        /* [n_edges] */
    uint8_t *waits;        /* [n_edges] */
    uint32_t *queue;       /* [n_nodes] */
    bool *reached;         /* [n_nodes] */
};

static void backwards_free(struct backwards *w)
{
    free(w->head);
    free(w->link);
    free(w->from);
    free(w->waits);
    free(w->queue);
    free(w->reached);
}

static int backwards_alloc(const struct grammar *g, struct backwards *w)
{
    size_t edges = g->n_edges ? g->n_edges : 1;
    *w = (struct backwards){calloc(g->n_nodes, sizeof *w->head),  calloc(2 * edges, sizeof *w->link),
                            calloc(edges, sizeof *w->from),       calloc(edges, 1),
                            calloc(g->n_nodes, sizeof *w->queue), calloc(g->n_nodes, sizeof *w->reached)};
    return w->head && w->link && w->from && w->waits && w->queue && w->reached ? OK : ERR_NOMEM;
}

static void wait_for(struct backwards *w, uint32_t state, uint32_t edge, uint32_t half)
{
    w->link[2 * edge + half] = w->head[state];
    w->head[state] = 2 * edge + half;
    w->waits[edge]++;
}

/* Fills `reached`: what can come to an end, with edges over bytes or without them. */
static int run_backwards(const struct grammar *g, bool with_bytes, struct backwards *w)
{
    if (backwards_alloc(g, w))
        return ERR_NOMEM;
    uint32_t n = 0;
    memset(w->head, 0xFF, g->n_nodes * sizeof *w->head);
    for (uint32_t s = 0; s < g->n_nodes; s++) {
        if (g->nodes[s].final) {
            w->reached[s] = true;
            w->queue[n++] = s;
        }
        for (uint32_t i = g->nodes[s].edges; i != GRAMMAR_NONE; i = g->edges[i].next) {
            const struct grammar_edge *edge = &g->edges[i];
            w->from[i] = s;
            if (edge->kind == EDGE_BYTES && !with_bytes)
                continue;
            wait_for(w, edge->to, i, 0);
            if (edge->kind == EDGE_CALL)
                wait_for(w, edge->rule, i, 1);
        }
    }
    for (uint32_t at = 0; at < n; at++)
        for (uint32_t half = w->head[w->queue[at]]; half != GRAMMAR_NONE; half = w->link[half]) {
            uint32_t from = w->from[half / 2];
            if (--w->waits[half / 2] || w->reached[from])
                continue;
            w->reached[from] = true;
            w->queue[n++] = from;
        }
    return OK;
}

/* Where one lands: a state whose only way on reads nothing is skipped. */
static uint32_t past_empty(const struct grammar *g, uint32_t state)
{
    for (int steps = 0; steps < 64; steps++) {
        const struct grammar_node *n = &g->nodes[state];
        uint32_t only = GRAMMAR_NONE;
        for (uint32_t i = n->edges; i != GRAMMAR_NONE; i = g->edges[i].next) {
            if (g->edges[i].dead)
                continue;
            if (only != GRAMMAR_NONE)
                return state;
            only = i;
        }
        if (n->final || n->chain != GRAMMAR_NONE || only == GRAMMAR_NONE || g->edges[only].kind != EDGE_EMPTY)
            return state;
        state = g->edges[only].to;
    }
    return state;
}

int grammar_trim(struct grammar *g)
{
    struct backwards w;
    int rc = run_backwards(g, true, &w);
    if (!rc && !w.reached[g->root])
        rc = ERR_UNSUPPORTED;
    for (uint32_t i = 0; !rc && i < g->n_edges; i++) {
        struct grammar_edge *e = &g->edges[i];
        e->dead = !w.reached[e->to] || (e->kind == EDGE_CALL && !w.reached[e->rule]);
    }
    for (uint32_t i = 0; !rc && i < g->n_edges; i++)
        if (!g->edges[i].dead)
            g->edges[i].to = past_empty(g, g->edges[i].to);
    backwards_free(&w);
    return rc;
}

/* Left recursion is a cycle of steps that read nothing and of which one pushes: an edge within a strongly connected component
 * (Tarjan, 1972, without recursion: a grammar may have hundreds of thousands of states in a row). */
struct tarjan {
    const struct grammar *g;
    const bool *nullable;                        /* [n_nodes] */
    uint32_t *order, *low, *stack, *path, *edge; /* [n_nodes] */
    uint8_t *half;                               /* [n_nodes] of a call: 0 the push, 1 behind it */
    bool *open;                                  /* [n_nodes] */
    uint32_t n_order, n_stack, n_path;
};

static void tarjan_free(struct tarjan *t)
{
    free(t->order);
    free(t->low);
    free(t->stack);
    free(t->path);
    free(t->edge);
    free(t->half);
    free(t->open);
}

static int tarjan_alloc(struct tarjan *t, uint32_t n)
{
    t->order = calloc(n, sizeof *t->order);
    t->low = calloc(n, sizeof *t->low);
    t->stack = calloc(n, sizeof *t->stack);
    t->path = calloc(n, sizeof *t->path);
    t->edge = calloc(n, sizeof *t->edge);
    t->half = calloc(n, sizeof *t->half);
    t->open = calloc(n, sizeof *t->open);
    return t->order && t->low && t->stack && t->path && t->edge && t->half && t->open ? OK : ERR_NOMEM;
}

static void enter(struct tarjan *t, uint32_t state)
{
    t->order[state] = t->low[state] = ++t->n_order;
    t->stack[t->n_stack++] = t->path[t->n_path++] = state;
    t->open[state] = true;
    t->edge[state] = t->g->nodes[state].edges;
    t->half[state] = 0;
}

/* The next state that is reached from `state` without a byte; GRAMMAR_NONE: all were seen. */
static uint32_t next_step(struct tarjan *t, uint32_t state)
{
    while (t->edge[state] != GRAMMAR_NONE) {
        const struct grammar_edge *e = &t->g->edges[t->edge[state]];
        uint8_t half = t->half[state];
        bool push = e->kind == EDGE_CALL && !half && !e->dead;
        if (push)
            t->half[state] = 1;
        else {
            t->half[state] = 0;
            t->edge[state] = e->next;
        }
        if (push)
            return e->rule;
        if (!e->dead && (e->kind == EDGE_EMPTY || (e->kind == EDGE_CALL && t->nullable[e->rule])))
            return e->to;
    }
    return GRAMMAR_NONE;
}

/* A component is complete: is there a push within it? All of it still stands on the stack, above `root`. */
static uint32_t push_within(const struct tarjan *t, uint32_t root)
{
    uint32_t found = GRAMMAR_NONE;
    for (uint32_t i = t->n_stack; i-- > 0;) {
        uint32_t s = t->stack[i];
        for (uint32_t k = t->g->nodes[s].edges; k != GRAMMAR_NONE; k = t->g->edges[k].next) {
            const struct grammar_edge *e = &t->g->edges[k];
            if (e->kind == EDGE_CALL && !e->dead && t->open[e->rule] && t->order[e->rule] >= t->order[root])
                found = e->rule;
        }
        if (s == root)
            break;
    }
    return found;
}

static uint32_t visit_from(struct tarjan *t, uint32_t start)
{
    enter(t, start);
    while (t->n_path) {
        uint32_t s = t->path[t->n_path - 1], next = next_step(t, s);
        if (next != GRAMMAR_NONE) {
            if (!t->order[next])
                enter(t, next);
            else if (t->open[next] && t->order[next] < t->low[s])
                t->low[s] = t->order[next];
            continue;
        }
        t->n_path--;
        if (t->n_path && t->low[s] < t->low[t->path[t->n_path - 1]])
            t->low[t->path[t->n_path - 1]] = t->low[s];
        if (t->low[s] != t->order[s])
            continue;
        uint32_t found = push_within(t, s);
        if (found != GRAMMAR_NONE)
            return found;
        do
            t->open[t->stack[--t->n_stack]] = false;
        while (t->stack[t->n_stack] != s);
    }
    return GRAMMAR_NONE;
}

int grammar_find_left_recursion(const struct grammar *g, uint32_t *ret_rule)
{
    struct backwards w;
    int rc = run_backwards(g, false, &w);
    struct tarjan t = {.g = g, .nullable = w.reached};
    if (!rc)
        rc = tarjan_alloc(&t, g->n_nodes);
    for (uint32_t s = 0; !rc && s < g->n_nodes; s++) {
        uint32_t found = t.order[s] ? GRAMMAR_NONE : visit_from(&t, s);
        if (found != GRAMMAR_NONE) {
            *ret_rule = found;
            rc = ERR_UNSUPPORTED;
        }
    }
    tarjan_free(&t);
    backwards_free(&w);
    return rc;
}
