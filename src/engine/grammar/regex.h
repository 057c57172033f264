/* What regex.c and regex_set.c share: the parser. */
#ifndef ENGINE_GRAMMAR_REGEX_H
#define ENGINE_GRAMMAR_REGEX_H

#include "engine/grammar/dfa.h"

struct regex {
    struct grammar_builder *b;
    struct nfa *n;
    struct str text;
    size_t at;
    uint32_t depth;
    uint64_t steps;
};

/* Records the error and returns false. */
bool regex_failed(struct regex *r, int code, const char *why);
bool regex_peek(const struct regex *r, const char *text);
bool regex_take(struct regex *r, const char *text);
bool regex_character(struct regex *r, uint32_t *ret);

/* regex_set.c: a character, an escape or a class. */
bool regex_set(struct regex *r, struct charset *ret);

#endif
