/* Regular languages over characters, as deterministic automata: patterns, lengths and lists of words are made to one, cut with each
 * other, turned around, and at last written out as bytes, raw or as the inside of a JSON string.
 *
 * A state's edges are ranges of code points, sorted and disjoint; a character without an edge is refused. All memory is the builder's;
 * after its first error the calls return NULL. */
#ifndef ENGINE_GRAMMAR_DFA_H
#define ENGINE_GRAMMAR_DFA_H

#include "engine/grammar/build.h"

enum { CODE_POINT_MAX = 0x10FFFF };

struct range {
    uint32_t lo, hi; /* code points, both included */
};
struct charset {
    const struct range *ranges; /* sorted, disjoint, not adjacent */
    uint32_t n;
};

struct dfa_edge {
    struct range on;
    uint32_t to;
};
struct dfa_state {
    struct dfa_edge *edges;
    uint32_t n_edges;
    bool final;
};
struct dfa {
    struct dfa_state *states; /* 0 is the first */
    uint32_t n, cap;
};

/* charset.c: in the builder's arena; NULL ranges and n 0 after an error. `raw` is sorted in place. */
struct charset charset_make(struct grammar_builder *b, struct range *raw, uint32_t n);
struct charset charset_not(struct grammar_builder *b, struct charset c);
struct charset charset_or(struct grammar_builder *b, struct charset a, struct charset c);

/* Nondeterministic automata, on their way. */
enum nfa_kind { NFA_EMPTY, NFA_AT_START, NFA_AT_END, NFA_CHAR };
struct nfa_edge {
    enum nfa_kind kind;
    struct charset on; /* of NFA_CHAR */
    uint32_t to, next; /* next: of the same state; GRAMMAR_NONE at the end */
};
struct nfa {
    uint32_t *first; /* [n] edges of a state */
    struct nfa_edge *edges;
    uint32_t n, cap, n_edges, cap_edges;
    uint32_t start, end;
    bool absorbs; /* once the end was reached anything may follow */
};
struct nfa *nfa_make(struct grammar_builder *b);
uint32_t nfa_state(struct grammar_builder *b, struct nfa *n);
void nfa_add(struct grammar_builder *b, struct nfa *n, uint32_t from, uint32_t to, enum nfa_kind kind, struct charset on);
/* `what` names the pattern in a refusal. ERR_LIMIT at limits.dfa_states_max. */
const struct dfa *dfa_of_nfa(struct grammar_builder *b, const struct nfa *n);

/* dfa.c */
const struct dfa *dfa_of_words(struct grammar_builder *b, const struct str *words, size_t n); /* UTF-8 */
const struct dfa *dfa_of_length(struct grammar_builder *b, uint32_t min, uint32_t max);       /* characters; GRAMMAR_MANY */
const struct dfa *dfa_and(struct grammar_builder *b, const struct dfa *x, const struct dfa *y);
const struct dfa *dfa_not(struct grammar_builder *b, const struct dfa *x);
bool dfa_matches(const struct dfa *x, struct str text); /* false for what is not UTF-8 */

/* dfa_expr.c: as UTF-8, or escaped as between the quotes of a JSON string. A JSON string escapes only what must be, in the short form
 * or as \u00XX, so one text has few forms and no name can be written in disguise. */
grammar_expr dfa_expr(struct grammar_builder *b, const struct dfa *x, bool json);

/* regex.c: ECMAScript's syntax without what no automaton has: backreferences, lookaround, word borders, \p. `search`: it may match
 * anywhere within the text, as JSON Schema says; otherwise the whole text. Errors name the offset. */
const struct dfa *regex_dfa(struct grammar_builder *b, struct str pattern, bool search);

#endif
