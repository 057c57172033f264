/* What is due besides adding and searching, in steps that each hold the writer for some tens of milliseconds at most. */
#include "kb/block.h"
#include "kb/codes.h"
#include "kb/renew.h"
#include "kb/terms.h"

enum { BLOCKS_AT_ONCE = 32 };

/* ---- clearing away documents that nobody sees */

struct clearing {
    struct kb *kb;
    struct unpacker *unpacker;
    struct terms *terms;
    struct buf buf;
    bool found; /* there was something to clear */
    int64_t collection;
    size_t chunks; /* of it that were cleared */
};

static int delete_terms(struct store_db *db, struct clearing *c, struct str title, const struct kb_chunk *chunk, struct err *e)
{
    const struct str each[] = {title, chunk->heading, chunk->text};
    int rc = OK;
    buf_clear(&c->buf);
    for (size_t i = 0; i < sizeof each / sizeof *each && !rc; i++)
        rc = terms_put(c->terms, each[i], &c->buf);
    if (rc)
        return row_no_memory(e);
    struct store_stmt *st = db_prepare(db, "INSERT INTO kb_text (kb_text, rowid, terms) VALUES ('delete', ?1, ?2)");
    db_bind_str(st, 2, row_text(buf_str(&c->buf)));
    return row_run(db, st, chunk->id, e);
}

static int delete_block(struct store_db *db, struct clearing *c, int64_t collection, struct str title, int64_t n, struct err *e)
{
    struct block b;
    int rc = unpack_block(c->unpacker, db, n, &b, e);
    /* An index that keeps words of a text that is lost does no harm: what it finds is not there. */
    for (size_t i = 0; !rc && i < b.count; i++)
        rc = delete_terms(db, c, title, &b.chunks[i], e);
    c->collection = collection;
    c->chunks += rc ? 0 : b.count;
    if (rc && rc != ERR_CORRUPT)
        return rc;
    struct store_stmt *vectors = db_prepare(db, "DELETE FROM kb_vectors WHERE n BETWEEN ?1 AND ?2");
    db_bind_int(vectors, 2, n << CHUNK_BITS | (BLOCK_CHUNKS_MAX - 1));
    rc = row_run(db, vectors, n << CHUNK_BITS, e);
    if (!rc)
        rc = row_run(db, db_prepare(db, "DELETE FROM kb_codes WHERE n = ?1"), n, e);
    if (rc)
        return rc;
    struct store_stmt *packed = db_prepare(db, "UPDATE kb_collections SET packed_bytes = packed_bytes -"
                                               " (SELECT length(data) FROM kb_blocks WHERE n = ?2) WHERE n = ?1");
    db_bind_int(packed, 2, n);
    rc = row_run(db, packed, collection, e);
    return rc ? rc : row_run(db, db_prepare(db, "DELETE FROM kb_blocks WHERE n = ?1"), n, e);
}

/* The first blocks of a document; its row, when there are no more. */
static int clear_document(struct store_db *db, struct clearing *c, int64_t document, int64_t collection, struct str title, struct err *e)
{
    int64_t blocks[BLOCKS_AT_ONCE];
    size_t n = 0;
    int rc;
    struct store_stmt *st = db_prepare(db, "SELECT n FROM kb_blocks WHERE document = ?1 ORDER BY at LIMIT ?2");
    db_bind_int(st, 1, document);
    db_bind_int(st, 2, BLOCKS_AT_ONCE);
    while ((rc = db_step(db, st, e)) > 0 && n < BLOCKS_AT_ONCE)
        blocks[n++] = db_int(st, 0);
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = delete_block(db, c, collection, title, blocks[i], e);
    if (rc < 0)
        return rc;
    return n < BLOCKS_AT_ONCE ? row_run(db, db_prepare(db, "DELETE FROM kb_documents WHERE n = ?1"), document, e) : OK;
}

/* A collection that is removed: its documents one after the other, then what else it had. */
static int clear_collection(struct store_db *db, int64_t n, struct err *e)
{
    struct store_stmt *const each[] = {
        db_prepare(db, "DELETE FROM kb_readers WHERE collection = ?1"),
        db_prepare(db, "DELETE FROM kb_dictionaries WHERE collection = ?1"),
        db_prepare(db, "DELETE FROM kb_collections WHERE n = ?1"),
    };
    int rc = OK;
    for (size_t i = 0; i < sizeof each / sizeof *each && !rc; i++)
        rc = row_run(db, each[i], n, e);
    return rc;
}

/* A put that is at work on a removed collection fails at its next batch, so what it has written may go. */
static int clear_some(struct store_db *db, void *ctx, struct err *e)
{
    struct clearing *c = ctx;
    struct store_stmt *st =
        db_prepare(db, "SELECT n, collection, title FROM kb_documents WHERE state = 2 UNION ALL"
                       " SELECT d.n, d.collection, d.title FROM kb_collections x JOIN kb_documents d ON d.collection = x.n"
                       " WHERE x.state = 2 LIMIT 1");
    int rc = db_step(db, st, e);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        char title[KB_TITLE_BYTES_MAX + 1];
        int64_t document = db_int(st, 0), collection = db_int(st, 1);
        struct str kept = db_str(st, 2);
        str_copy(title, sizeof title, kept);
        c->found = true;
        return clear_document(db, c, document, collection, str_from(title, kept.len < sizeof title ? kept.len : sizeof title - 1), e);
    }
    st = db_prepare(db, "SELECT n FROM kb_collections WHERE state = 2 LIMIT 1");
    rc = db_step(db, st, e);
    if (rc <= 0)
        return rc;
    c->found = true;
    return clear_collection(db, db_int(st, 0), e);
}

/* Most of the time there is nothing to do, which is seen without the writer. */
static int is_due(struct store_db *db, void *ctx, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT EXISTS (SELECT 1 FROM kb_documents WHERE state = 2)"
                                           " OR EXISTS (SELECT 1 FROM kb_collections WHERE state = 2)");
    int rc = kb_row_must(db, st, "document", e);
    if (!rc)
        *(bool *)ctx = db_int(st, 0);
    return rc;
}

static int tend_clearing(struct kb *kb, bool *ret_more, struct err *e)
{
    struct clearing c = {.kb = kb, .buf = buf_make(32 * KB_CHUNK_BYTES_MAX)};
    bool due = false;
    int rc = store_read(kb->store, is_due, &due, e);
    if (rc || !due)
        return rc;
    c.terms = terms_create();
    rc = c.terms ? unpacker_create(kb, &c.unpacker, e) : row_no_memory(e);
    if (!rc)
        rc = store_write(kb->store, clear_some, &c, e);
    unpacker_free(c.unpacker);
    terms_free(c.terms);
    buf_free(&c.buf);
    if (rc)
        return rc;
    codes_cleared(kb, c.collection, c.chunks);
    *ret_more = c.found;
    return OK;
}

int kb_tend(struct kb *kb, bool *ret_more, struct err *e)
{
    bool more = false;
    int rc = tend_clearing(kb, &more, e);
    if (!rc && !more)
        rc = tend_renewing(kb, &more, e);
    if (!rc)
        *ret_more = more;
    return rc;
}
