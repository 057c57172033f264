/* The transactions of adding and forgetting. */
#include "kb/put.h"

/* ---- rows of a batch */

static int insert_document(struct store_db *db, struct kb_put *p, enum kb_state state, int64_t *ret_n, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO kb_documents (id, collection, state, source, title, kind, bytes, mtime_ms, hash, added_ms)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    db_bind_str(st, 1, str_of(p->id));
    db_bind_int(st, 2, p->collection);
    db_bind_int(st, 3, state);
    db_bind_str(st, 4, p->d.source);
    db_bind_str(st, 5, p->d.title);
    db_bind_str(st, 6, p->d.kind);
    db_bind_int(st, 7, p->d.bytes);
    db_bind_int(st, 8, p->d.mtime_ms);
    db_bind_blob(st, 9, str_from(p->d.hash, sizeof p->d.hash));
    db_bind_int(st, 10, clock_wall_ms(p->kb->clock));
    int rc = db_run(db, st, e);
    if (!rc)
        *ret_n = db_last_id(db);
    return rc;
}

/* Numbers for n blocks, none of which was used before: the first one. */
static int take_numbers(struct store_db *db, int64_t collection, int64_t n, int64_t *ret_first, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET blocks_made = blocks_made + ?2 WHERE n = ?1");
    db_bind_int(st, 2, n);
    int rc = row_run(db, st, collection, e);
    if (rc)
        return rc;
    st = db_prepare(db, "SELECT blocks_made FROM kb_collections WHERE n = ?1");
    db_bind_int(st, 1, collection);
    rc = kb_row_must(db, st, "collection", e);
    if (rc)
        return rc;
    int64_t made = db_int(st, 0);
    if (made >= INT64_C(1) << BLOCK_BITS)
        return err_set(e, ERR_LIMIT, "The collection has had too many texts; make another one");
    *ret_first = first_block(collection) + made - n;
    return OK;
}

static int insert_terms(struct store_db *db, int64_t block, const struct packed_block *b, struct err *e)
{
    int rc = OK;
    for (size_t i = 0; i < b->n && !rc; i++) {
        struct store_stmt *st = db_prepare(db, "INSERT INTO kb_text (rowid, terms) VALUES (?1, ?2)");
        db_bind_int(st, 1, block << CHUNK_BITS | (int64_t)i);
        db_bind_str(st, 2, b->terms[i]);
        rc = db_run(db, st, e);
    }
    return rc;
}

static int insert_vectors(struct store_db *db, const struct kb_put *p, int64_t block, const struct packed_block *b, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "INSERT INTO kb_codes (n, data) VALUES (?1, ?2)");
    db_bind_blob(st, 2, b->codes);
    int rc = row_run(db, st, block, e);
    struct str rest = b->vectors;
    for (int64_t i = 0; i < BLOCK_CHUNKS_MAX && !rc; i++) {
        if (!(b->has >> i & 1))
            continue;
        st = db_prepare(db, "INSERT INTO kb_vectors (n, data) VALUES (?1, ?2)");
        db_bind_blob(st, 2, str_head(rest, p->dims));
        rc = row_run(db, st, block << CHUNK_BITS | i, e);
        rest = str_skip(rest, p->dims);
    }
    return rc;
}

/* The encoder of a collection is that of its first vectors, as long as it has documents. */
static int settle_encoder(struct store_db *db, const struct kb_put *p, int64_t document, bool *ret_takes, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET encoder = ?2, dims = ?3 WHERE n = ?1 AND (encoder = '' OR"
                                           " NOT EXISTS (SELECT 1 FROM kb_documents d WHERE d.collection = ?1 AND d.n <> ?4))");
    db_bind_int(st, 4, document);
    db_bind_str(st, 2, p->d.encoder);
    db_bind_int(st, 3, p->dims);
    int rc = row_run(db, st, p->collection, e);
    if (rc)
        return rc;
    st = db_prepare(db, "SELECT 1 FROM kb_collections WHERE n = ?1 AND encoder = ?2 AND dims = ?3");
    db_bind_int(st, 1, p->collection);
    db_bind_str(st, 2, p->d.encoder);
    db_bind_int(st, 3, p->dims);
    rc = db_step(db, st, e);
    if (rc < 0)
        return rc;
    *ret_takes = rc > 0;
    return OK;
}

static int insert_block(struct store_db *db, struct kb_put *p, int64_t document, int64_t n, const struct packed_block *b, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "INSERT INTO kb_blocks (n, document, at, bytes, chunks, dictionary, data)"
                                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    db_bind_int(st, 1, n);
    db_bind_int(st, 2, document);
    db_bind_int(st, 3, (int64_t)b->at);
    db_bind_int(st, 4, (int64_t)b->bytes);
    db_bind_int(st, 5, (int64_t)b->n);
    db_bind_int(st, 6, p->dictionary ? dictionary_number(p->dictionary) : 0);
    db_bind_blob(st, 7, b->data);
    int rc = db_run(db, st, e);
    return rc ? rc : insert_terms(db, n, b, e);
}

static int insert_batch(struct store_db *db, struct kb_put *p, int64_t document, int64_t *ret_vectors, struct err *e)
{
    int64_t n = 0, blocks = 0, packed = 0;
    for (const struct packed_block *b = p->first; b; b = b->next) {
        blocks++;
        packed += (int64_t)b->data.len;
    }
    int rc = blocks ? take_numbers(db, p->collection, blocks, &n, e) : OK;
    bool takes = false;
    if (!rc && blocks && p->dims)
        rc = settle_encoder(db, p, document, &takes, e);
    for (const struct packed_block *b = p->first; b && !rc; b = b->next, n++) {
        rc = insert_block(db, p, document, n, b, e);
        if (!rc && takes && b->has)
            rc = insert_vectors(db, p, n, b, e);
    }
    if (rc)
        return rc;
    *ret_vectors = 0;
    for (const struct packed_block *b = p->first; b && takes; b = b->next)
        *ret_vectors += __builtin_popcount(b->has);
    struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET packed_bytes = packed_bytes + ?2 WHERE n = ?1");
    db_bind_int(st, 2, packed);
    return row_run(db, st, p->collection, e);
}

static void forget_batch(struct kb_put *p)
{
    arena_free(&p->batch);
    p->first = NULL;
    p->last = &p->first;
    p->batch_bytes = 0;
}

/* ---- a batch */

struct writing {
    struct kb_put *put;
    int64_t document, vectors; /* vectors: that this batch wrote */
};

/* The owner may have removed the collection meanwhile. */
static int begin(struct store_db *db, struct writing *w, enum kb_state state, struct err *e)
{
    int64_t n;
    w->document = w->put->document;
    int rc = collection_owned(db, w->put->who, w->put->d.collection, &n, e);
    if (!rc && !w->document)
        rc = insert_document(db, w->put, state, &w->document, e);
    return rc;
}

static int write_batch(struct store_db *db, void *ctx, struct err *e)
{
    struct writing *w = ctx;
    int rc = begin(db, w, KB_ADDING, e);
    return rc ? rc : insert_batch(db, w->put, w->document, &w->vectors, e);
}

int put_write(struct kb_put *p, struct err *e)
{
    struct writing w = {.put = p};
    int rc = store_write(p->kb->store, write_batch, &w, e);
    if (rc)
        return rc;
    p->document = w.document;
    p->vectors += w.vectors;
    forget_batch(p);
    return OK;
}

/* ---- documents that come and go */

/* The counts of a collection, with a document's (1) or without (-1). */
static int count(struct store_db *db, int64_t document, int sign, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "UPDATE kb_collections AS c SET documents = c.documents + ?2, chunks = c.chunks + ?2 * d.chunks,"
                       " vectors = c.vectors + ?2 * d.vectors, source_bytes = c.source_bytes + ?2 * d.bytes,"
                       " text_bytes = c.text_bytes + ?2 * d.text_bytes FROM kb_documents AS d WHERE d.n = ?1 AND c.n = d.collection");
    db_bind_int(st, 2, sign);
    return row_run(db, st, document, e);
}

static int clear(struct store_db *db, int64_t document, struct err *e)
{
    int rc = count(db, document, -1, e);
    return rc ? rc : row_run(db, db_prepare(db, "UPDATE kb_documents SET state = 2 WHERE n = ?1"), document, e);
}

static int clear_predecessor(struct store_db *db, const struct kb_put *p, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT n FROM kb_documents WHERE collection = ?1 AND source = ?2 AND state = 0");
    db_bind_int(st, 1, p->collection);
    db_bind_str(st, 2, p->d.source);
    int rc = db_step(db, st, e);
    return rc > 0 ? clear(db, db_int(st, 0), e) : rc;
}

static int appear(struct store_db *db, const struct writing *w, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE kb_documents SET state = 0, text_bytes = ?2, chunks = ?3, vectors = ?4 WHERE n = ?1");
    db_bind_int(st, 2, w->put->text_bytes);
    db_bind_int(st, 3, w->put->chunks);
    db_bind_int(st, 4, w->put->vectors + w->vectors);
    int rc = row_run(db, st, w->document, e);
    return rc ? rc : count(db, w->document, 1, e);
}

static int check_room(struct store_db *db, const struct kb_put *p, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT documents FROM kb_collections WHERE n = ?1");
    db_bind_int(st, 1, p->collection);
    int rc = kb_row_must(db, st, "collection", e);
    if (!rc && db_int(st, 0) > p->kb->limits.documents_max)
        rc = err_set(e, ERR_LIMIT, "The collection has %u documents already, which is the most (kb.documents_max); make another one",
                     p->kb->limits.documents_max);
    return rc;
}

static int finish(struct store_db *db, void *ctx, struct err *e)
{
    struct writing *w = ctx;
    struct kb_put *p = w->put;
    int rc = begin(db, w, KB_ADDING, e);
    if (!rc)
        rc = insert_batch(db, p, w->document, &w->vectors, e);
    if (!rc)
        rc = clear_predecessor(db, p, e);
    if (!rc)
        rc = appear(db, w, e);
    if (!rc)
        rc = check_room(db, p, e);
    return rc ? rc : collection_touch(db, p->collection, clock_wall_ms(p->kb->clock), e);
}

int put_finish(struct kb_put *p, struct err *e)
{
    struct writing w = {.put = p};
    int rc = store_write(p->kb->store, finish, &w, e);
    if (!rc)
        kb_changed(p->kb);
    return rc;
}

static int abandon(struct store_db *db, void *ctx, struct err *e)
{
    const struct kb_put *p = ctx;
    return row_run(db, db_prepare(db, "UPDATE kb_documents SET state = 2 WHERE n = ?1 AND state = 1"), p->document, e);
}

int put_abandon(struct kb_put *p, struct err *e)
{
    return store_write(p->kb->store, abandon, p, e);
}

/* ---- forgetting */

struct forgetting {
    struct kb *kb;
    int64_t who;
    struct str id;
};

static int forget(struct store_db *db, void *ctx, struct err *e)
{
    const struct forgetting *f = ctx;
    struct store_stmt *st = db_prepare(db, "SELECT d.n, c.n FROM kb_documents d JOIN kb_collections c ON c.n = d.collection"
                                           " WHERE d.id = ?2 AND d.state = 0 AND c.owner = ?1 AND c.state = 0");
    db_bind_int(st, 1, f->who);
    db_bind_str(st, 2, row_text(f->id));
    int rc = kb_row_must(db, st, "document", e);
    if (rc)
        return rc;
    int64_t document = db_int(st, 0), collection = db_int(st, 1);
    rc = clear(db, document, e);
    return rc ? rc : collection_touch(db, collection, clock_wall_ms(f->kb->clock), e);
}

int kb_forget(struct kb *kb, int64_t who, struct str document, struct err *e)
{
    struct forgetting f = {.kb = kb, .who = who, .id = document};
    int rc = store_write(kb->store, forget, &f, e);
    if (!rc)
        kb_changed(kb);
    return rc;
}
