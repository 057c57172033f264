/* Expressions to states: Thompson's construction, in which no part adds an edge to the state behind it or into the one before it. */
#include <stdlib.h>

#include "engine/grammar/build.h"

struct emitter {
    struct grammar_builder *b;
    struct grammar *g;
    uint32_t cap_nodes, cap_edges, cap_chains;
    grammar_expr *pending; /* rules with a first state whose body is still to be written; [n_exprs] */
    uint32_t n_pending;
    uint64_t work; /* calls, so that shared expressions cannot multiply without bound */
};

static void *grow(struct emitter *m, void *old, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    uint32_t more = *cap ? *cap * 2 : 256;
    void *p = realloc(old, more * size);
    if (!p) {
        build_fail(m->b, ERR_NOMEM, "not enough memory to compile the grammar");
        return NULL;
    }
    *cap = more;
    return p;
}

static bool too_large(struct emitter *m, uint32_t n)
{
    if (n < m->b->limits.states_max * 4u)
        return false;
    build_fail(m->b, ERR_LIMIT, "the grammar is too large: it needs more than %u states", m->b->limits.states_max);
    return true;
}

/* 0, which is a state as good as any, after an error. */
static uint32_t new_state(struct emitter *m)
{
    struct grammar *g = m->g;
    if (m->b->err.code)
        return 0;
    if (g->n_nodes >= m->b->limits.states_max) {
        too_large(m, UINT32_MAX);
        return 0;
    }
    struct grammar_node *p = grow(m, g->nodes, g->n_nodes, &m->cap_nodes, sizeof *p);
    if (!p)
        return 0;
    g->nodes = p;
    g->nodes[g->n_nodes] = (struct grammar_node){.edges = GRAMMAR_NONE, .chain = GRAMMAR_NONE};
    return g->n_nodes++;
}

static void add_edge(struct emitter *m, uint32_t from, struct grammar_edge edge)
{
    struct grammar *g = m->g;
    if (m->b->err.code || too_large(m, g->n_edges))
        return;
    struct grammar_edge *p = grow(m, g->edges, g->n_edges, &m->cap_edges, sizeof *p);
    if (!p)
        return;
    g->edges = p;
    edge.next = g->nodes[from].edges;
    g->edges[g->n_edges] = edge;
    g->nodes[from].edges = g->n_edges++;
}

static void empty_edge(struct emitter *m, uint32_t from, uint32_t to)
{
    add_edge(m, from, (struct grammar_edge){.kind = EDGE_EMPTY, .to = to});
}

static void byte_edge(struct emitter *m, uint32_t from, uint32_t to, uint8_t lo, uint8_t hi)
{
    add_edge(m, from, (struct grammar_edge){.kind = EDGE_BYTES, .lo = lo, .hi = hi, .to = to});
}

static void emit(struct emitter *m, grammar_expr x, uint32_t from, uint32_t to);

static void emit_bytes(struct emitter *m, struct str s, uint32_t from, uint32_t to)
{
    if (!s.len)
        empty_edge(m, from, to);
    for (size_t i = 0; i < s.len && !m->b->err.code; i++) {
        uint32_t next = i + 1 < s.len ? new_state(m) : to;
        byte_edge(m, from, next, (uint8_t)s.ptr[i], (uint8_t)s.ptr[i]);
        from = next;
    }
}

static void emit_seq(struct emitter *m, const struct expr *x, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < x->list.n && !m->b->err.code; i++) {
        uint32_t next = i + 1 < x->list.n ? new_state(m) : to;
        emit(m, x->list.items[i], from, next);
        from = next;
    }
}

static uint32_t new_chain(struct emitter *m, struct grammar_chain chain)
{
    struct grammar_chain *p = grow(m, m->g->chains, m->g->n_chains, &m->cap_chains, sizeof *p);
    if (!p)
        return GRAMMAR_NONE;
    m->g->chains = p;
    m->g->chains[m->g->n_chains] = chain;
    return m->g->n_chains++;
}

/* s₀ ─item─▶ s₁ ─item─▶ … and out from every state that has seen enough; without a maximum the last one has a loop. */
static void emit_repeat(struct emitter *m, const struct expr *x, uint32_t from, uint32_t to)
{
    uint32_t min = x->repeat.min, max = x->repeat.max, last = max == GRAMMAR_MANY ? min : max, base = new_state(m);
    grammar_expr item = x->repeat.item;
    for (uint32_t i = 0; i < last && !m->b->err.code; i++)
        new_state(m);
    if (m->b->err.code)
        return;
    uint32_t chain = new_chain(m, (struct grammar_chain){base, min, max});
    empty_edge(m, from, base);
    for (uint32_t i = 0; i <= last && !m->b->err.code; i++) {
        m->g->nodes[base + i].chain = chain;
        if (i < last)
            emit(m, item, base + i, base + i + 1);
        else if (max == GRAMMAR_MANY)
            emit(m, item, base + i, base + i);
        if (i >= min)
            empty_edge(m, base + i, to);
    }
}

static void emit_graph(struct emitter *m, const struct graph *x, uint32_t from, uint32_t to)
{
    uint32_t base = new_state(m);
    for (uint32_t i = 1; i < x->n_nodes && !m->b->err.code; i++)
        new_state(m);
    if (m->b->err.code)
        return;
    empty_edge(m, from, base);
    for (uint32_t i = 0; i < x->n_nodes; i++)
        if (x->final[i])
            empty_edge(m, base + i, to);
    for (uint32_t i = 0; i < x->n_edges && !m->b->err.code; i++)
        emit(m, x->edges[i].by, base + x->edges[i].from, base + x->edges[i].to);
}

static uint32_t rule_first(struct emitter *m, grammar_expr rule)
{
    struct expr *x = &m->b->exprs[rule];
    if (x->rule.first == GRAMMAR_NONE) {
        x->rule.first = new_state(m);
        m->pending[m->n_pending++] = rule;
    }
    return x->rule.first;
}

static void emit(struct emitter *m, grammar_expr at, uint32_t from, uint32_t to)
{
    const struct expr *x = &m->b->exprs[at];
    if (m->b->err.code || (++m->work > 8ull * m->b->limits.states_max && too_large(m, UINT32_MAX)))
        return;
    switch (x->kind) {
    case EXPR_NEVER: return;
    case EXPR_BYTES: emit_bytes(m, x->bytes, from, to); return;
    case EXPR_RANGE: byte_edge(m, from, to, x->range.lo, x->range.hi); return;
    case EXPR_SEQ: emit_seq(m, x, from, to); return;
    case EXPR_ALT:
        for (uint32_t i = 0; i < x->list.n; i++)
            emit(m, x->list.items[i], from, to);
        return;
    case EXPR_REPEAT: emit_repeat(m, x, from, to); return;
    case EXPR_GRAPH: emit_graph(m, x->graph, from, to); return;
    case EXPR_RULE: {
        uint32_t first = rule_first(m, at);
        add_edge(m, from, (struct grammar_edge){.kind = EDGE_CALL, .to = to, .rule = first});
        return;
    }
    }
}

static void emit_rules(struct emitter *m)
{
    for (uint32_t i = 0; i < m->n_pending && !m->b->err.code; i++) {
        const struct expr *x = &m->b->exprs[m->pending[i]];
        if (x->rule.body == GRAMMAR_NONE) {
            build_fail(m->b, ERR_INVAL, "the rule '" STR_FMT "' is used, but not defined", STR_ARG(str_head(x->rule.name, 60)));
            return;
        }
        uint32_t first = x->rule.first, end = new_state(m);
        emit(m, x->rule.body, first, end);
        if (!m->b->err.code)
            m->g->nodes[end].final = true;
    }
}

static void refuse_left_recursion(struct grammar_builder *b, uint32_t first)
{
    struct str name = STR("");
    for (uint32_t i = 0; i < b->n_exprs; i++)
        if (b->exprs[i].kind == EXPR_RULE && b->exprs[i].rule.first == first)
            name = str_head(b->exprs[i].rule.name, 60);
    build_fail(b, ERR_UNSUPPORTED, "the rule '" STR_FMT "' begins with itself (left recursion): write it with the recursion at its end",
               STR_ARG(name));
}

static void check(struct grammar_builder *b, struct grammar *g)
{
    uint32_t rule = 0;
    int rc = grammar_trim(g);
    if (rc == ERR_UNSUPPORTED)
        build_fail(b, rc, "nothing could ever satisfy it");
    if (!rc && (rc = grammar_find_left_recursion(g, &rule)) == ERR_UNSUPPORTED)
        refuse_left_recursion(b, rule);
    if (rc)
        build_fail(b, rc, "not enough memory to compile the grammar");
}

int grammar_build(struct grammar_builder *b, grammar_expr root, struct grammar **ret, struct err *e)
{
    struct emitter m = {.b = b, .g = calloc(1, sizeof(struct grammar))};
    grammar_expr top = build_rule_of(b, root);
    m.pending = calloc(b->n_exprs, sizeof *m.pending);
    if (!m.g || !m.pending)
        build_fail(b, ERR_NOMEM, "not enough memory to compile the grammar");
    for (uint32_t i = 0; i < b->n_exprs; i++)
        if (b->exprs[i].kind == EXPR_RULE)
            b->exprs[i].rule.first = GRAMMAR_NONE;
    if (!b->err.code) {
        m.g->root = rule_first(&m, top);
        emit_rules(&m);
    }
    if (!b->err.code)
        check(b, m.g);
    free(m.pending);
    if (b->err.code) {
        grammar_free(m.g);
        return err_set(e, b->err.code, "%s", b->err.text);
    }
    *ret = m.g;
    return OK;
}

void grammar_free(struct grammar *g)
{
    if (!g)
        return;
    free(g->nodes);
    free(g->edges);
    free(g->chains);
    free(g);
}

uint32_t grammar_alike(const struct grammar *g, uint32_t state, uint32_t bytes)
{
    if (g->nodes[state].chain == GRAMMAR_NONE)
        return state;
    const struct grammar_chain *c = &g->chains[g->nodes[state].chain];
    uint32_t seen = state - c->base;
    if (seen < c->min)
        return c->min - seen > bytes ? c->base + c->min - bytes - 1 : state;
    return c->max != GRAMMAR_MANY && c->max - seen > bytes ? c->base + c->min : state;
}
