/* Expressions of a builder, and what the compilers of schemas, patterns and grammars add to grammar.h's calls. */
#ifndef ENGINE_GRAMMAR_BUILD_H
#define ENGINE_GRAMMAR_BUILD_H

#include "base/arena.h"
#include "engine/grammar/automaton.h"

enum expr_kind { EXPR_NEVER, EXPR_BYTES, EXPR_RANGE, EXPR_SEQ, EXPR_ALT, EXPR_REPEAT, EXPR_RULE, EXPR_GRAPH };

/* A small automaton whose edges are expressions. Node 0 is the first; a node is final when `final` says so. */
struct graph_edge {
    uint32_t from, to;
    grammar_expr by;
};
struct graph {
    struct graph_edge *edges;
    bool *final; /* [n_nodes] */
    uint32_t n_nodes, n_edges, cap_nodes, cap_edges;
};

struct expr {
    enum expr_kind kind;
    uint32_t depth; /* of nesting, so that walking down is bounded */
    union {
        struct str bytes;
        struct {
            uint8_t lo, hi;
        } range;
        struct {
            grammar_expr *items;
            uint32_t n;
        } list; /* EXPR_SEQ, EXPR_ALT */
        struct {
            grammar_expr item;
            uint32_t min, max;
        } repeat;
        struct {
            grammar_expr body; /* GRAMMAR_NONE: not defined yet */
            uint32_t first;    /* state, while emitting; GRAMMAR_NONE before */
            struct str name;   /* "" or what a person calls it */
        } rule;
        struct graph *graph;
    };
};

struct grammar_builder {
    struct grammar_limits limits;
    struct arena arena;
    struct err err; /* the first one; err.code is 0 while all is well */
    struct expr *exprs;
    uint32_t n_exprs, cap_exprs;
    grammar_expr shared[24]; /* rules that are made once: see json.h; 0: not yet */
};

enum { BUILD_DEPTH_MAX = 2000 };

/* Records the first error; returns GRAMMAR_NEVER. */
grammar_expr build_fail(struct grammar_builder *b, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Expression 0 of every builder. */
#define GRAMMAR_NEVER ((grammar_expr)0)

/* Room that lives as long as the builder; NULL (and the error recorded) when there is none. */
void *build_alloc(struct grammar_builder *b, size_t n, size_t size);
grammar_expr build_range(struct grammar_builder *b, uint8_t lo, uint8_t hi);
grammar_expr build_named_rule(struct grammar_builder *b, struct str name);
/* A rule with this body, so that what is used in several places stands once. */
grammar_expr build_rule_of(struct grammar_builder *b, grammar_expr body);
static inline grammar_expr build_seq2(struct grammar_builder *b, grammar_expr a, grammar_expr c)
{
    return grammar_seq(b, (grammar_expr[]){a, c}, 2);
}
static inline grammar_expr build_alt2(struct grammar_builder *b, grammar_expr a, grammar_expr c)
{
    return grammar_alt(b, (grammar_expr[]){a, c}, 2);
}

struct graph *graph_make(struct grammar_builder *b); /* NULL after an error */
uint32_t graph_node(struct grammar_builder *b, struct graph *g, bool final);
void graph_edge(struct grammar_builder *b, struct graph *g, uint32_t from, uint32_t to, grammar_expr by);
grammar_expr graph_expr(struct grammar_builder *b, struct graph *g);

#endif
