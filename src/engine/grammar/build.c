#include "engine/grammar/build.h"

#include <stdio.h>
#include <stdlib.h>

enum { GROW_FIRST = 64 };

void grammar_limits_init(struct grammar_limits *l)
{
    *l = (struct grammar_limits){
        .source_bytes_max = 1 << 20,
        .bytes_max = 64 << 20,
        .states_max = 1 << 18,
        .dfa_states_max = 4000,
        .nesting_max = 64,
        .repeat_max = 1 << 16,
    };
}

int grammar_builder_create(const struct grammar_limits *l, struct grammar_builder **ret)
{
    struct grammar_builder *b = calloc(1, sizeof *b);
    if (!b)
        return ERR_NOMEM;
    if (l)
        b->limits = *l;
    else
        grammar_limits_init(&b->limits);
    b->arena = arena_make(b->limits.bytes_max);
    b->cap_exprs = GROW_FIRST;
    b->exprs = calloc(b->cap_exprs, sizeof *b->exprs);
    if (!b->exprs) {
        grammar_builder_free(b);
        return ERR_NOMEM;
    }
    b->n_exprs = 1; /* GRAMMAR_NEVER */
    *ret = b;
    return OK;
}

void grammar_builder_free(struct grammar_builder *b)
{
    if (!b)
        return;
    arena_free(&b->arena);
    free(b->exprs);
    free(b);
}

grammar_expr build_fail(struct grammar_builder *b, int code, const char *fmt, ...)
{
    if (b->err.code)
        return GRAMMAR_NEVER;
    char text[sizeof b->err.text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(&b->err, code, "%s", text);
    return GRAMMAR_NEVER;
}

static grammar_expr out_of_room(struct grammar_builder *b)
{
    bool full = b->arena.used + (1 << 16) > b->arena.max;
    return full ? build_fail(b, ERR_LIMIT, "the grammar is too large: compiling it takes more than %zu MB", b->limits.bytes_max >> 20)
                : build_fail(b, ERR_NOMEM, "not enough memory to compile the grammar");
}

void *build_alloc(struct grammar_builder *b, size_t n, size_t size)
{
    void *p = arena_calloc(&b->arena, n ? n : 1, size);
    if (!p)
        out_of_room(b);
    return p;
}

static grammar_expr add(struct grammar_builder *b, struct expr x)
{
    if (b->err.code)
        return GRAMMAR_NEVER;
    if (x.depth > BUILD_DEPTH_MAX)
        return build_fail(b, ERR_LIMIT, "the grammar is nested too deeply");
    if (b->n_exprs == b->cap_exprs) {
        uint32_t cap = b->cap_exprs * 2;
        if (cap > b->limits.states_max * 4u)
            return build_fail(b, ERR_LIMIT, "the grammar is too large: more than %u parts", b->cap_exprs);
        struct expr *grown = realloc(b->exprs, cap * sizeof *grown);
        if (!grown)
            return build_fail(b, ERR_NOMEM, "not enough memory to compile the grammar");
        b->exprs = grown;
        b->cap_exprs = cap;
    }
    b->exprs[b->n_exprs] = x;
    return b->n_exprs++;
}

static uint32_t depth_of(const struct grammar_builder *b, grammar_expr x)
{
    return b->exprs[x].kind == EXPR_RULE ? 0 : b->exprs[x].depth;
}

static grammar_expr add_bytes(struct grammar_builder *b, const char *head, struct str s, const char *tail)
{
    size_t before = strlen(head), after = strlen(tail);
    char *copy = build_alloc(b, before + s.len + after, 1);
    if (!copy)
        return GRAMMAR_NEVER;
    memcpy(copy, head, before);
    if (s.len)
        memcpy(copy + before, s.ptr, s.len);
    memcpy(copy + before + s.len, tail, after);
    return add(b, (struct expr){.kind = EXPR_BYTES, .depth = 1, .bytes = {copy, before + s.len + after}});
}

grammar_expr grammar_literal(struct grammar_builder *b, struct str bytes)
{
    return add_bytes(b, "", bytes, "");
}

grammar_expr grammar_special(struct grammar_builder *b, struct str text)
{
    return add_bytes(b, "\xFF", text, "\xFF");
}

grammar_expr build_range(struct grammar_builder *b, uint8_t lo, uint8_t hi)
{
    return add(b, (struct expr){.kind = EXPR_RANGE, .depth = 1, .range = {lo, hi}});
}

static grammar_expr add_list(struct grammar_builder *b, enum expr_kind kind, const grammar_expr *items, size_t n)
{
    if (n == 1)
        return items[0];
    if (!n)
        return kind == EXPR_SEQ ? grammar_literal(b, STR("")) : GRAMMAR_NEVER;
    struct expr x = {.kind = kind, .list = {.items = build_alloc(b, n, sizeof *items), .n = (uint32_t)n}};
    if (!x.list.items)
        return GRAMMAR_NEVER;
    memcpy(x.list.items, items, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        if (depth_of(b, items[i]) >= x.depth)
            x.depth = depth_of(b, items[i]) + 1;
    return add(b, x);
}

grammar_expr grammar_seq(struct grammar_builder *b, const grammar_expr *items, size_t n)
{
    return add_list(b, EXPR_SEQ, items, n);
}

grammar_expr grammar_alt(struct grammar_builder *b, const grammar_expr *items, size_t n)
{
    return add_list(b, EXPR_ALT, items, n);
}

grammar_expr grammar_repeat(struct grammar_builder *b, grammar_expr item, uint32_t min, uint32_t max)
{
    if (min > max)
        return build_fail(b, ERR_INVAL, "a repetition of at least %u and at most %u", min, max);
    if (min > b->limits.repeat_max || (max != GRAMMAR_MANY && max > b->limits.repeat_max))
        return build_fail(b, ERR_LIMIT, "a repetition may count to %u, not to %u", b->limits.repeat_max, max == GRAMMAR_MANY ? min : max);
    /* What is counted stands once, as a rule; a single byte is no more than the call of one would be. */
    enum expr_kind kind = b->exprs[item].kind;
    if ((max == GRAMMAR_MANY ? min : max) > 1 && kind != EXPR_RANGE && kind != EXPR_RULE)
        item = build_rule_of(b, item);
    return add(b, (struct expr){.kind = EXPR_REPEAT, .depth = depth_of(b, item) + 1, .repeat = {item, min, max}});
}

grammar_expr build_named_rule(struct grammar_builder *b, struct str name)
{
    struct str copy = arena_dup(&b->arena, name);
    if (!copy.ptr)
        return out_of_room(b);
    return add(b, (struct expr){.kind = EXPR_RULE, .depth = 1, .rule = {.body = GRAMMAR_NONE, .first = GRAMMAR_NONE, .name = copy}});
}

grammar_expr grammar_rule(struct grammar_builder *b)
{
    return build_named_rule(b, STR(""));
}

void grammar_define(struct grammar_builder *b, grammar_expr rule, grammar_expr body)
{
    if (!b->err.code && b->exprs[rule].kind == EXPR_RULE)
        b->exprs[rule].rule.body = body;
}

grammar_expr build_rule_of(struct grammar_builder *b, grammar_expr body)
{
    grammar_expr rule = grammar_rule(b);
    grammar_define(b, rule, body);
    return rule;
}

/* Graphs */

struct graph *graph_make(struct grammar_builder *b)
{
    return b->err.code ? NULL : build_alloc(b, 1, sizeof(struct graph));
}

/* Doubles an array of the arena; what was there before stays until the builder goes. */
static void *grow(struct grammar_builder *b, void *old, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    uint32_t more = *cap ? *cap * 2 : 8;
    void *p = build_alloc(b, more, size);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, old, n * size);
    *cap = more;
    return p;
}

uint32_t graph_node(struct grammar_builder *b, struct graph *g, bool final)
{
    bool *grown = g && !b->err.code ? grow(b, g->final, g->n_nodes, &g->cap_nodes, sizeof *grown) : NULL;
    if (!grown)
        return 0;
    g->final = grown;
    g->final[g->n_nodes] = final;
    return g->n_nodes++;
}

void graph_edge(struct grammar_builder *b, struct graph *g, uint32_t from, uint32_t to, grammar_expr by)
{
    struct graph_edge *grown = g && !b->err.code ? grow(b, g->edges, g->n_edges, &g->cap_edges, sizeof *grown) : NULL;
    if (!grown)
        return;
    g->edges = grown;
    g->edges[g->n_edges++] = (struct graph_edge){from, to, by};
}

grammar_expr graph_expr(struct grammar_builder *b, struct graph *g)
{
    if (b->err.code)
        return GRAMMAR_NEVER;
    uint32_t depth = 1;
    for (uint32_t i = 0; i < g->n_edges; i++)
        if (depth_of(b, g->edges[i].by) >= depth)
            depth = depth_of(b, g->edges[i].by) + 1;
    return add(b, (struct expr){.kind = EXPR_GRAPH, .depth = depth, .graph = g});
}
