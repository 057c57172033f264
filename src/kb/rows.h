/* What the files of this room share about rows: states, ids, who may read. */
#ifndef KB_ROWS_H
#define KB_ROWS_H

#include "kb/kb.h"

enum kb_state {
    KB_THERE,
    KB_ADDING,   /* a document that is not whole yet */
    KB_CLEARING, /* forgotten, replaced or given up: waits for kb_tend */
};

enum { CHUNK_BITS = 4, BLOCK_BITS = 32, BLOCK_CHUNKS_MAX = 1 << CHUNK_BITS };

static inline int64_t block_of_chunk(int64_t chunk)
{
    return chunk >> CHUNK_BITS;
}
static inline int64_t collection_of_chunk(int64_t chunk)
{
    return chunk >> (CHUNK_BITS + BLOCK_BITS);
}
/* The numbers of a collection's chunks are first … next collection's first - 1. */
static inline int64_t first_chunk(int64_t collection)
{
    return collection << (CHUNK_BITS + BLOCK_BITS);
}
static inline int64_t first_block(int64_t collection)
{
    return collection << BLOCK_BITS;
}

/* A row of kb_collections, c, that principal ?1 may read. */
#define MAY_READ                               \
    "c.state = 0 AND (c.owner = ?1 OR EXISTS " \
    "(SELECT 1 FROM kb_readers r WHERE r.collection = c.n AND r.reader IN (?1, 0)))"

/* A column as a slice in the arena. Failure is sticky in *rc, so that a row is read whole and checked once. */
struct str kb_row_str(struct arena *a, struct store_stmt *st, int column, int *rc);
/* Texts of NOT NULL columns: a slice without bytes may have no pointer either. */
static inline struct str row_text(struct str s)
{
    return s.ptr ? s : (struct str){"", 0};
}
/* A step that must find a row: ERR_NOENT with "there is no WHAT of that id". */
int kb_row_must(struct store_db *db, struct store_stmt *st, const char *what, struct err *e);
int row_no_memory(struct err *e);
/* One statement with one number. */
int row_run(struct store_db *db, struct store_stmt *st, int64_t n, struct err *e);
/* Room for one more of n items in an array that doubles; what it outgrows stays in the arena until its end. */
void *kb_row_grow(struct arena *a, void *items, size_t n, size_t size);

/* Fills ret with random characters of a–z and 2–7. */
int row_id(char ret[KB_ID_LEN + 1], struct err *e);

/* ERR_INVAL, with a sentence that begins with `what`, unless s has 1 (or `min`) to max bytes of UTF-8. */
int check_text(const char *what, struct str s, size_t min, size_t max, struct err *e);

/* The collection's number. ERR_NOENT unless `who` may read it; or owns it. */
int collection_readable(struct store_db *db, int64_t who, struct str id, int64_t *ret_n, struct err *e);
int collection_owned(struct store_db *db, int64_t owner, struct str id, int64_t *ret_n, struct err *e);
/* A visible change: of its version and its time. */
int collection_touch(struct store_db *db, int64_t n, int64_t now_ms, struct err *e);

#endif
