/* A knowledge base of its own for each test, in a folder that goes with it. */
#ifndef TESTS_KB_FIXTURE_H
#define TESTS_KB_FIXTURE_H

#include "../check.h"
#include "kb/internal.h"

enum { ME = 1, OTHER = 2, THIRD = 3 };

struct fixture {
    char root[64], dir[80], key[80];
    struct store *store;
    struct kb *kb;
    struct kb_limits limits; /* of the next opening */
    struct arena arena;
    struct err err;
};
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* As a server that starts again. */
void fixture_reopen(struct fixture *f);

/* What follows must succeed. */
struct str new_collection(struct fixture *f, int64_t owner, const char *name); /* its id */
/* A text cut into chunks of about 900 bytes, at spaces; its id. */
struct str put_text(struct fixture *f, struct str collection, const char *source, const char *title, struct str text);
struct str put_chunks(struct fixture *f, struct str collection, const char *source, const struct kb_chunk *chunks, size_t n);
struct kb_hits search_words(struct fixture *f, int64_t who, const char *text);
struct kb_hits search(struct fixture *f, int64_t who, struct kb_query q);
struct str read_text(struct fixture *f, int64_t who, struct str document); /* put together from its chunks, which must be in order */
void tend(struct fixture *f);                                              /* until nothing is due */
int64_t number(struct fixture *f, const char *sql);                        /* of a query with one row and column; a literal */
struct kb_status status_of(struct fixture *f, struct str collection);
/* No row of any table but the collections', and no word in the index. */
void check_empty(struct fixture *f);
/* About n bytes of words, the same for the same seed. */
struct str some_text(struct fixture *f, size_t n, uint64_t seed);

/* Any function over a snapshot, with its result. */
typedef int body_fn(struct fixture *f, struct store_db *db, void *ctx, struct err *e);
int with_db(struct fixture *f, body_fn *fn, void *ctx);

#endif
