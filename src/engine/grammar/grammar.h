/* Grammars: what a model may write, byte by byte, and which tokens that leaves it.
 *
 *   JSON Schema, regular expression, GBNF, choices ─┐
 *   the builder: literals, sequences, free text …  ─┴▶ struct grammar: a pushdown automaton over bytes, immutable
 *   a vocabulary's tokens ──────────────────────────▶ struct grammar_vocab: a trie, immutable
 *   both ───────────────────────────────────────────▶ struct grammar_matcher: masks, made as they are needed and kept
 *   one text that is being written ─────────────────▶ struct grammar_state: the set of stacks it may stand at
 *
 * Everything fails closed: what cannot be enforced exactly is refused when the grammar is compiled, with a sentence that names
 * the place (a JSON pointer, a line, an offset) and the reason. Sizes, depths and times are bounded by struct grammar_limits.
 *
 * Threads: grammars and vocabularies are immutable and any thread may read them. A matcher locks itself. A state belongs to
 * one thread at a time. */
#ifndef ENGINE_GRAMMAR_GRAMMAR_H
#define ENGINE_GRAMMAR_GRAMMAR_H

#include "base/err.h"
#include "base/str.h"
#include "gen/request.h"
#include "model/vocab.h"

struct grammar;
struct grammar_vocab;
struct grammar_matcher;
struct grammar_state;

struct grammar_limits {
    size_t source_bytes_max; /* of a schema, expression or grammar */
    size_t bytes_max;        /* memory while compiling */
    uint32_t states_max;     /* of the automaton */
    uint32_t dfa_states_max; /* of one pattern: where catastrophic ones end */
    uint32_t nesting_max;    /* of parentheses, schemas and values in the source */
    uint32_t repeat_max;     /* {n}, maxItems, maxLength */
};
void grammar_limits_init(struct grammar_limits *l);

/* GEN_FORMAT_JSON takes no text; GEN_FORMAT_CHOICE a JSON array of strings. `l` may be NULL. ERR_INVAL: not such a thing at all;
 * ERR_UNSUPPORTED: well-formed, but it cannot be enforced, or nothing could ever satisfy it; ERR_LIMIT: too large; ERR_NOMEM. */
int grammar_compile(enum gen_format f, struct str text, const struct grammar_limits *l, struct grammar **ret, struct err *e);
void grammar_free(struct grammar *g); /* NULL is fine */

/* ---- Building one by hand
 *
 * A handle names an expression of its builder and may be used any number of times. The first error is kept, later calls do nothing and
 * return a handle that is safe to pass on; grammar_build reports it. Texts are copied. */

struct grammar_builder;
typedef uint32_t grammar_expr;
#define GRAMMAR_MANY UINT32_MAX /* no upper bound of a repetition */

int grammar_builder_create(const struct grammar_limits *l, struct grammar_builder **ret); /* `l` may be NULL */
void grammar_builder_free(struct grammar_builder *b);                                     /* NULL is fine */

grammar_expr grammar_literal(struct grammar_builder *b, struct str bytes);
/* The control token whose text is exactly this, as a token and not as letters. Control tokens are allowed nowhere else. */
grammar_expr grammar_special(struct grammar_builder *b, struct str text);
grammar_expr grammar_seq(struct grammar_builder *b, const grammar_expr *items, size_t n); /* none: the empty text */
grammar_expr grammar_alt(struct grammar_builder *b, const grammar_expr *items, size_t n); /* none: nothing matches */
grammar_expr grammar_repeat(struct grammar_builder *b, grammar_expr item, uint32_t min, uint32_t max);
static inline grammar_expr grammar_optional(struct grammar_builder *b, grammar_expr item)
{
    return grammar_repeat(b, item, 0, 1);
}

/* A JSON value that satisfies a schema; `GEN_FORMAT_JSON`'s object; a text of a regular expression, … : as grammar_compile. */
grammar_expr grammar_format(struct grammar_builder *b, enum gen_format f, struct str text);

/* Free text, in which the first trigger that appears is followed by what belongs to it: inactive until then ("lazy").
 *     text₀ (trigger then)        when one trigger must come (text_may_end false)
 *     text₀ [trigger then]        when the text may also end without one
 * To go on after it, let `then` end with another such expression, by way of a rule. `text` of a trigger is not empty; `special`: it is a
 * control token. No trigger may begin another one or stand within it. */
struct grammar_trigger {
    struct str text;
    bool special;
    grammar_expr then;
};
grammar_expr grammar_text(struct grammar_builder *b, const struct grammar_trigger *triggers, size_t n, bool text_may_end);

/* Recursion: a rule is named first, used, and defined once before grammar_build. It must not begin with itself. */
grammar_expr grammar_rule(struct grammar_builder *b);
void grammar_define(struct grammar_builder *b, grammar_expr rule, grammar_expr body);

/* The builder's first error, or the grammar. The builder may be freed afterwards. */
int grammar_build(struct grammar_builder *b, grammar_expr root, struct grammar **ret, struct err *e);

/* ---- Following a text */

/* Reads all tokens' bytes once; the vocab need not outlive it. */
int grammar_vocab_create(const struct vocab *v, struct grammar_vocab **ret);
void grammar_vocab_free(struct grammar_vocab *v);
/* u64 words of a mask. */
size_t grammar_vocab_words(const struct grammar_vocab *v);

/* Grammar and vocabulary must outlive the matcher, the matcher its states. */
int grammar_matcher_create(const struct grammar *g, const struct grammar_vocab *v, struct grammar_matcher **ret);
void grammar_matcher_free(struct grammar_matcher *m);

int grammar_state_create(struct grammar_matcher *m, struct grammar_state **ret); /* at the beginning of a text */
int grammar_state_clone(const struct grammar_state *s, struct grammar_state **ret);
void grammar_state_free(struct grammar_state *s);

/* May this token come next? End tokens may exactly when the text may end, other control tokens only where grammar_special asks. */
bool grammar_allows(struct grammar_state *s, uint32_t token);
/* One bit a token, of grammar_vocab_words() words; bits beyond the vocabulary are 0. *ret_any: is one set? ERR_LIMIT: the grammar is
 * too ambiguous to be followed here; ERR_NOMEM. */
int grammar_mask(struct grammar_state *s, uint64_t *mask, bool *ret_any);
/* The token was written. ERR_INVAL when it was not allowed: the state is then as it was. An end token leaves it at its end. */
int grammar_accept(struct grammar_state *s, uint32_t token);
/* How many of the tokens may follow one after the other. The state stays as it is. */
size_t grammar_run(const struct grammar_state *s, const uint32_t *tokens, size_t n);
bool grammar_can_end(struct grammar_state *s);
/* It can end, and no byte may follow. */
bool grammar_must_end(struct grammar_state *s);

#endif
