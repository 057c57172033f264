/* The automaton that every kind of grammar becomes: rules of states with edges over bytes, and calls of other rules.
 *
 *   state ──bytes lo…hi──▶ state        reads a byte
 *   state ──────ε────────▶ state        reads nothing
 *   state ──call R──▶ state             pushes that state, goes on at R's first one; R's last state pops
 *
 * Invariants after grammar_build: every state can reach the end of its rule, so a stack is never a dead end; no rule can call
 * itself before a byte was read, so the closure of a stack is finite.
 *
 * A control token stands in the automaton as the bytes 0xFF text 0xFF. 0xFF is no part of UTF-8, and tokens of text that have it are
 * never allowed, so nothing else can be mistaken for one. */
#ifndef ENGINE_GRAMMAR_AUTOMATON_H
#define ENGINE_GRAMMAR_AUTOMATON_H

#include "engine/grammar/grammar.h"

enum { GRAMMAR_SPECIAL_BYTE = 0xFF };
#define GRAMMAR_NONE UINT32_MAX

enum grammar_edge_kind { EDGE_BYTES, EDGE_EMPTY, EDGE_CALL };

struct grammar_edge {
    uint8_t kind, lo, hi; /* of EDGE_BYTES: both included */
    bool dead;            /* leads nowhere; skipped */
    uint32_t to;
    uint32_t rule; /* of EDGE_CALL: the first state of the rule */
    uint32_t next; /* of the same state; GRAMMAR_NONE at the end */
};

struct grammar_node {
    uint32_t edges; /* the first; GRAMMAR_NONE: none */
    uint32_t chain; /* GRAMMAR_NONE: in none */
    bool final;     /* the end of its rule */
};

/* States base … base + n of a counted repetition: state base + i has seen i items. */
struct grammar_chain {
    uint32_t base, min, max; /* max: GRAMMAR_MANY, or the last of them */
};

struct grammar {
    struct grammar_node *nodes;
    struct grammar_edge *edges;
    struct grammar_chain *chains;
    uint32_t n_nodes, n_edges, n_chains;
    uint32_t root;
};

/* A state of a chain from which the same bytes lead on, as far as `bytes` bytes can tell: what is more than that many items from both
 * borders does not see them. */
uint32_t grammar_alike(const struct grammar *g, uint32_t state, uint32_t bytes);

/* finish.c: what is checked once all states are there; both want memory in proportion to the states. */
/* Marks what leads nowhere as dead. ERR_UNSUPPORTED: nothing is left; ERR_NOMEM. */
int grammar_trim(struct grammar *g);
/* ERR_UNSUPPORTED: *ret_rule is the first state of a rule that calls itself before it has read a byte; ERR_NOMEM. */
int grammar_find_left_recursion(const struct grammar *g, uint32_t *ret_rule);

#endif
