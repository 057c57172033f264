/* A search on its way: the words of the query, the collections it goes through, what was found so far. */
#ifndef KB_QUERY_H
#define KB_QUERY_H

#include "kb/block.h"
#include "kb/terms.h"

enum {
    QUERY_TERMS_MAX = 32,
    RANGES_MAX = 1000, /* collections of one search */
    FOUND_MAX = 80,    /* chunks whose texts are looked at, of those found by words */
    NEAREST_MAX = 40,  /* and by vectors */
};

struct query_term {
    struct str text;
    bool begins;   /* a single character of a script without spaces: what begins with it */
    bool whole;    /* all of its chunks are known, and df is exact */
    int64_t df;    /* chunks that have it, or an estimate */
    double weight; /* its idf */
};

/* A collection as numbers of chunks. */
struct range {
    int64_t collection, first, last; /* both included */
    int64_t chunks;                  /* that are there */
    bool has_vectors;                /* by the query's encoder */
};

struct search {
    struct kb *kb;
    struct store_db *db;
    struct arena *arena;
    struct terms *terms;
    struct range *ranges;
    size_t n_ranges;
    int64_t chunks; /* of all ranges */
    struct query_term at[QUERY_TERMS_MAX];
    size_t n_terms;
};

/* Cuts the text into terms, without those that every question has unless there are no others. */
int query_cut(struct search *s, struct str text, struct err *e);

struct candidate {
    int64_t chunk;
    double score;
};
/* The chunks that share most of the terms, by the sum of their weights (lexical.c): at most FOUND_MAX, best first. Sets df and
 * weight of the terms. */
int lexical_find(struct search *s, struct candidate *found, size_t *ret_n, struct err *e);

/* Those nearest to the query's vector, at most NEAREST_MAX, best first; score: the cosine (nearest.c). */
int nearest_find(struct search *s, const struct kb_query *q, struct candidate *found, size_t *ret_n, struct err *e);

/* BM25 of a text under the terms' weights, see score.c. */
double score_text(struct search *s, struct str title, const struct kb_chunk *c);

#endif
