/* Measured on pages of the manual (24 MB of text) in blocks of 6 KB: 2.8 times smaller without a dictionary; with one of 110 KB 4.1, of
 * 256 KB 4.5, of 512 KB 4.8 (at level 19; 4.5 at ours). A dictionary is itself text that is kept, so it has its share of the collection's
 * size and not more. */
#include "kb/renew.h"

#include <stdlib.h>
#define ZDICT_STATIC_LINKING_ONLY /* for ZDICT_trainFromBuffer_fastCover, which is in Debian's library and unchanged since 1.3.6 */
#include <zdict.h>

#include "kb/block.h"

enum {
    TRAIN_BYTES = 256 << 10, /* of text: with less, a dictionary would not pay */
    TRAIN_GROWTH = 3,
    TRAIN_BYTES_MAX = 64 << 20, /* a dictionary that was trained on so much stays */
    SHARE = 20,                 /* of the text that a dictionary is: it will be a smaller one soon */
    DICTIONARY_BYTES_MAX = 512 << 10,
    SAMPLE_BYTES_MAX = 8 << 20,
    BLOCKS_AT_ONCE = 16,
};

/* ---- training */

struct training {
    struct kb *kb;
    int64_t collection, text_bytes;
    bool due;
    struct buf sample; /* blocks as they are before compression, one after the other */
    size_t *sizes, n;  /* of each */
    size_t sizes_max;
    struct str trained; /* empty: there was too little to learn from */
};

static int is_due(struct store_db *db, void *ctx, struct err *e)
{
    struct training *t = ctx;
    struct store_stmt *st = db_prepare(db, "SELECT text_bytes, trained_bytes FROM kb_collections WHERE n = ?1 AND state = 0");
    db_bind_int(st, 1, t->collection);
    int rc = db_step(db, st, e);
    if (rc <= 0)
        return rc;
    int64_t trained = db_int(st, 1);
    t->text_bytes = db_int(st, 0);
    t->due = t->text_bytes >= TRAIN_BYTES && trained < TRAIN_BYTES_MAX && t->text_bytes / TRAIN_GROWTH >= trained;
    return OK;
}

static int add_sample(struct training *t, const struct block *b, struct err *e)
{
    size_t before = t->sample.len;
    if (t->n == t->sizes_max)
        return OK;
    for (size_t i = 0; i < b->count; i++)
        buf_put(&t->sample, b->chunks[i].text);
    if (t->sample.failed == ERR_LIMIT) { /* it is large enough */
        t->sizes_max = t->n;
        t->sample.failed = OK;
    } else if (t->sample.failed) {
        return row_no_memory(e);
    } else {
        t->sizes[t->n++] = t->sample.len - before;
    }
    return OK;
}

/* Every so many-th block, over all of the collection. */
static int read_sample(struct store_db *db, void *ctx, struct err *e)
{
    struct training *t = ctx;
    struct unpacker *u = NULL;
    struct block b;
    int rc = unpacker_create(t->kb, &u, e);
    struct store_stmt *st = db_prepare(db, "SELECT " BLOCK_COLUMNS " FROM kb_blocks WHERE n BETWEEN ?1 AND ?2 AND n % ?3 = 0");
    db_bind_int(st, 1, first_block(t->collection));
    db_bind_int(st, 2, first_block(t->collection + 1) - 1);
    db_bind_int(st, 3, t->text_bytes / SAMPLE_BYTES_MAX + 1);
    while (!rc && t->n < t->sizes_max && (rc = db_step(db, st, e)) > 0) {
        rc = unpack_row(u, db, st, &b, e);
        if (!rc)
            rc = add_sample(t, &b, e);
    }
    unpacker_free(u);
    return rc;
}

static int train(struct training *t, struct err *e)
{
    int64_t share = t->text_bytes / SHARE;
    size_t max = share < DICTIONARY_BYTES_MAX ? (size_t)share : DICTIONARY_BYTES_MAX;
    char *data = malloc(max);
    if (!data)
        return row_no_memory(e);
    /* Segments of 800 bytes are longer than what is usual for short records: texts repeat whole phrases. Searching for the best length, as
     * ZDICT_trainFromBuffer does, takes ten times as long and found nothing better. */
    ZDICT_fastCover_params_t how = {.k = 800, .d = 8, .f = 18, .steps = 1, .splitPoint = 1, .accel = 4};
    how.zParams.compressionLevel = BLOCK_LEVEL;
    size_t len = ZDICT_trainFromBuffer_fastCover(data, max, t->sample.ptr, t->sizes, (unsigned)t->n, how);
    if (ZDICT_isError(len)) {
        free(data);
        return OK;
    }
    t->trained = str_from(data, len);
    return OK;
}

/* Also when nothing could be learnt: or else it would be tried again at once. */
static int keep_trained(struct store_db *db, void *ctx, struct err *e)
{
    const struct training *t = ctx;
    struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET trained_bytes = ?2 WHERE n = ?1 AND state = 0");
    db_bind_int(st, 2, t->text_bytes);
    int rc = row_run(db, st, t->collection, e);
    if (rc || !t->trained.len || !db_changes(db))
        return rc;
    st = db_prepare(db, "INSERT INTO kb_dictionaries (collection, data) VALUES (?1, ?2)");
    db_bind_blob(st, 2, t->trained);
    rc = row_run(db, st, t->collection, e);
    if (rc)
        return rc;
    st = db_prepare(db, "UPDATE kb_collections SET dictionary = ?2 WHERE n = ?1");
    db_bind_int(st, 2, db_last_id(db));
    return row_run(db, st, t->collection, e);
}

static int train_now(struct training *t, struct err *e)
{
    t->sizes_max = SAMPLE_BYTES_MAX / 1024;
    t->sizes = malloc(t->sizes_max * sizeof *t->sizes);
    t->sample = buf_make(SAMPLE_BYTES_MAX);
    int rc = t->sizes ? store_read(t->kb->store, read_sample, t, e) : row_no_memory(e);
    if (!rc)
        rc = train(t, e);
    if (!rc)
        rc = store_write(t->kb->store, keep_trained, t, e);
    free((char *)t->trained.ptr);
    free(t->sizes);
    buf_free(&t->sample);
    return rc;
}

static int train_if_due(struct kb *kb, int64_t collection, bool *ret_done, struct err *e)
{
    struct training t = {.kb = kb, .collection = collection};
    int rc = store_read(kb->store, is_due, &t, e);
    if (rc || !t.due || pthread_mutex_trylock(&kb->training))
        return rc;
    t.due = false; /* another thread may just have done it */
    rc = store_read(kb->store, is_due, &t, e);
    *ret_done = t.due;
    if (!rc && t.due)
        rc = train_now(&t, e);
    pthread_mutex_unlock(&kb->training);
    return rc;
}

int renew_dictionary(struct kb *kb, int64_t collection, struct err *e)
{
    bool done = false;
    return train_if_due(kb, collection, &done, e);
}

/* ---- compressing anew */

struct renewing {
    struct kb *kb;
    int64_t after, collection, dictionary, old; /* collection 0: none has blocks of an older dictionary */
    const struct dictionary *held;
    int64_t blocks[BLOCKS_AT_ONCE];
    struct str packed[BLOCKS_AT_ONCE];
    size_t n;
    struct arena arena;
};

/* The next collection, for is_due to be asked. */
static int next_collection(struct store_db *db, void *ctx, struct err *e)
{
    struct renewing *r = ctx;
    struct store_stmt *st =
        db_prepare(db, "SELECT n FROM kb_collections WHERE n > ?1 AND state = 0 AND text_bytes >= ?2 ORDER BY n LIMIT 1");
    db_bind_int(st, 1, r->after);
    db_bind_int(st, 2, TRAIN_BYTES);
    int rc = db_step(db, st, e);
    r->collection = rc > 0 ? db_int(st, 0) : 0;
    return rc < 0 ? rc : OK;
}

/* Blocks without a dictionary count as those of dictionary 0. */
static int find_old(struct store_db *db, struct renewing *r, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "WITH olds (collection, dictionary, old) AS ("
                       " SELECT n, dictionary, 0 FROM kb_collections WHERE dictionary <> 0 AND state = 0 UNION ALL"
                       " SELECT c.n, c.dictionary, d.n FROM kb_collections c JOIN kb_dictionaries d ON d.collection = c.n"
                       " WHERE d.n <> c.dictionary AND c.state = 0)"
                       " SELECT collection, dictionary, old FROM olds WHERE EXISTS (SELECT 1 FROM kb_blocks b WHERE b.dictionary = old"
                       " AND b.n BETWEEN collection << 32 AND ((collection + 1) << 32) - 1) LIMIT 1");
    int rc = db_step(db, st, e);
    r->collection = rc > 0 ? db_int(st, 0) : 0;
    if (rc <= 0)
        return rc;
    r->dictionary = db_int(st, 1);
    r->old = db_int(st, 2);
    return dictionary_hold(r->kb, db, r->dictionary, &r->held, e);
}

static int pack_anew(struct store_db *db, struct renewing *r, struct unpacker *u, struct packer *p, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "SELECT " BLOCK_COLUMNS " FROM kb_blocks WHERE dictionary = ?1 AND n BETWEEN ?2 AND ?3 ORDER BY n LIMIT ?4");
    struct block b;
    struct str packed;
    int rc;
    db_bind_int(st, 1, r->old);
    db_bind_int(st, 2, first_block(r->collection));
    db_bind_int(st, 3, first_block(r->collection + 1) - 1);
    db_bind_int(st, 4, BLOCKS_AT_ONCE);
    while ((rc = db_step(db, st, e)) > 0) {
        rc = unpack_row(u, db, st, &b, e);
        if (!rc)
            rc = pack(p, b.chunks, b.count, &packed, e);
        if (rc)
            return rc;
        r->blocks[r->n] = b.n;
        r->packed[r->n] = arena_dup(&r->arena, packed);
        if (!r->packed[r->n++].ptr)
            return row_no_memory(e);
    }
    return rc;
}

static int read_old(struct store_db *db, void *ctx, struct err *e)
{
    struct renewing *r = ctx;
    struct unpacker *u = NULL;
    struct packer *p = NULL;
    int rc = find_old(db, r, e);
    if (rc || !r->collection)
        return rc;
    rc = unpacker_create(r->kb, &u, e);
    if (!rc)
        rc = packer_create(r->held, &p, e);
    if (!rc)
        rc = pack_anew(db, r, u, p, e);
    packer_free(p);
    unpacker_free(u);
    return rc;
}

/* A block may have gone, or been renewed by another, since it was read: then it is left alone. */
static int write_anew(struct store_db *db, void *ctx, struct err *e)
{
    const struct renewing *r = ctx;
    int rc = OK;
    for (size_t i = 0; i < r->n && !rc; i++) {
        struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET packed_bytes = packed_bytes + ?2 -"
                                               " (SELECT length(data) FROM kb_blocks WHERE n = ?3 AND dictionary = ?4) WHERE n = ?1"
                                               " AND EXISTS (SELECT 1 FROM kb_blocks WHERE n = ?3 AND dictionary = ?4)");
        db_bind_int(st, 2, (int64_t)r->packed[i].len);
        db_bind_int(st, 3, r->blocks[i]);
        db_bind_int(st, 4, r->old);
        rc = row_run(db, st, r->collection, e);
        if (rc || !db_changes(db))
            continue;
        st = db_prepare(db, "UPDATE kb_blocks SET data = ?2, dictionary = ?3 WHERE n = ?1");
        db_bind_blob(st, 2, r->packed[i]);
        db_bind_int(st, 3, r->dictionary);
        rc = row_run(db, st, r->blocks[i], e);
    }
    return rc;
}

static int renew_blocks(struct kb *kb, bool *ret_more, struct err *e)
{
    struct renewing r = {.kb = kb, .arena = arena_make(4 << 20)};
    int rc = store_read(kb->store, read_old, &r, e);
    if (!rc && r.n)
        rc = store_write(kb->store, write_anew, &r, e);
    dictionary_release(kb, r.held);
    arena_free(&r.arena);
    if (!rc)
        *ret_more = r.n;
    return rc;
}

int tend_renewing(struct kb *kb, bool *ret_more, struct err *e)
{
    struct renewing r = {.kb = kb};
    for (;;) {
        int rc = store_read(kb->store, next_collection, &r, e);
        if (!rc && r.collection)
            rc = train_if_due(kb, r.collection, ret_more, e);
        if (rc || *ret_more)
            return rc;
        if (!r.collection)
            return renew_blocks(kb, ret_more, e);
        r.after = r.collection;
    }
}
