/* The part of a text that a search has found. */
#ifndef TALK_SNIPPET_H
#define TALK_SNIPPET_H

#include "base/arena.h"

enum { SNIPPET_TOKENS_MAX = 64 };

/* What is looked for, cut as the index cuts (store/words.h). */
struct snippet_query {
    struct str tokens[SNIPPET_TOKENS_MAX];
    size_t n;
    bool typing; /* the last one may go on */
    struct arena *arena;
};
void snippet_query_init(struct snippet_query *q, struct str words, struct arena *a);

/* Some words around the first match, each match between \u0002 and \u0003; the beginning when nothing matches. ptr NULL: no memory. */
struct str snippet_of(const struct snippet_query *q, struct str text, struct arena *a);

#endif
