/* Documents that are there: rows, lists, and their texts. */
#include "kb/block.h"
#include "kb/internal.h"

#define COLUMNS                                                                                                   \
    "d.n, d.id, c.id, d.source, d.title, d.kind, d.bytes, d.mtime_ms, d.text_bytes, d.chunks, d.added_ms, d.hash" \
    " FROM kb_documents d JOIN kb_collections c ON c.n = d.collection"

static int read_row(struct store_stmt *st, struct arena *a, struct kb_document *ret, struct err *e)
{
    int rc = OK;
    struct kb_document d = {.n = db_int(st, 0)};
    d.id = kb_row_str(a, st, 1, &rc);
    d.collection = kb_row_str(a, st, 2, &rc);
    d.source = kb_row_str(a, st, 3, &rc);
    d.title = kb_row_str(a, st, 4, &rc);
    d.kind = kb_row_str(a, st, 5, &rc);
    d.bytes = db_int(st, 6);
    d.mtime_ms = db_int(st, 7);
    d.text_bytes = db_int(st, 8);
    d.chunks = db_int(st, 9);
    d.added_ms = db_int(st, 10);
    struct str hash = db_str(st, 11);
    if (rc)
        return row_no_memory(e);
    if (hash.len == sizeof d.hash)
        memcpy(d.hash, hash.ptr, sizeof d.hash);
    *ret = d;
    return OK;
}

int kb_document_get(struct store_db *db, int64_t who, struct str id, struct arena *a, struct kb_document *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE d.id = ?2 AND d.state = 0 AND " MAY_READ);
    db_bind_int(st, 1, who);
    db_bind_str(st, 2, row_text(id));
    int rc = kb_row_must(db, st, "document", e);
    return rc ? rc : read_row(st, a, ret, e);
}

int kb_document_find(struct store_db *db, int64_t who, struct str collection, struct str source, struct arena *a, struct kb_document *ret,
                     struct err *e)
{
    int64_t n;
    int rc = collection_readable(db, who, collection, &n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE d.collection = ?1 AND d.source = ?2 AND d.state = 0");
    db_bind_int(st, 1, n);
    db_bind_str(st, 2, row_text(source));
    rc = db_step(db, st, e);
    if (!rc)
        return err_set(e, ERR_NOENT, "There is no document of that source in the collection");
    return rc < 0 ? rc : read_row(st, a, ret, e);
}

/* Sources are in the order of their bytes, so those that begin with `below` lie together: the first one that does not ends the list. */
static int list(struct store_db *db, int64_t collection, const struct kb_list *q, struct arena *a, struct kb_page *page, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE d.collection = ?1 AND d.state = 0 AND d.source > ?2"
                                           " AND d.source >= ?3 ORDER BY d.source LIMIT ?4");
    size_t limit = !q->limit ? 1 : q->limit > KB_PAGE_MAX ? KB_PAGE_MAX : q->limit;
    int rc;
    page->items = arena_calloc(a, limit + 1, sizeof *page->items);
    if (!page->items)
        return row_no_memory(e);
    db_bind_int(st, 1, collection);
    db_bind_str(st, 2, row_text(q->after));
    db_bind_str(st, 3, row_text(q->below));
    db_bind_int(st, 4, (int64_t)limit + 1);
    while ((rc = db_step(db, st, e)) > 0 && str_starts(db_str(st, 3), q->below)) {
        rc = read_row(st, a, &page->items[page->n++], e);
        if (rc)
            return rc;
    }
    if (rc < 0)
        return rc;
    if (page->n > limit) {
        page->n = limit;
        page->next = page->items[limit - 1].source;
    }
    return OK;
}

int kb_document_list(struct store_db *db, int64_t who, const struct kb_list *q, struct arena *a, struct kb_page *ret, struct err *e)
{
    int64_t n;
    struct kb_page page = {0};
    int rc = collection_readable(db, who, q->collection, &n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "SELECT documents FROM kb_collections WHERE n = ?1");
    db_bind_int(st, 1, n);
    rc = kb_row_must(db, st, "collection", e);
    if (rc)
        return rc;
    page.total = db_int(st, 0);
    rc = list(db, n, q, a, &page, e);
    if (!rc)
        *ret = page;
    return rc;
}

/* ---- texts */

struct reading {
    uint64_t from, bytes_max, bytes;
    struct kb_chunk *items;
    size_t n;
};

/* The chunks of a block that are asked for, with their texts in the arena. */
static int take_chunks(const struct block *b, struct reading *r, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < b->count && r->bytes < r->bytes_max; i++) {
        struct kb_chunk c = b->chunks[i];
        if (c.offset + c.text.len <= r->from)
            continue;
        c.text = arena_dup(a, c.text);
        c.heading = arena_dup(a, row_text(c.heading));
        r->items = kb_row_grow(a, r->items, r->n, sizeof *r->items);
        if (!c.text.ptr || !c.heading.ptr || !r->items)
            return row_no_memory(e);
        r->items[r->n++] = c;
        r->bytes += c.text.len;
    }
    return OK;
}

static int read_blocks(struct store_db *db, struct unpacker *u, int64_t document, struct reading *r, struct arena *a, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " BLOCK_COLUMNS " FROM kb_blocks WHERE document = ?1 AND at >="
                                           " (SELECT max(at) FROM kb_blocks WHERE document = ?1 AND at <= ?2) ORDER BY at");
    struct block b;
    int rc;
    db_bind_int(st, 1, document);
    db_bind_int(st, 2, r->from > INT64_MAX ? INT64_MAX : (int64_t)r->from);
    while (r->bytes < r->bytes_max && (rc = db_step(db, st, e)) != 0) {
        if (rc > 0)
            rc = unpack_row(u, db, st, &b, e);
        if (!rc)
            rc = take_chunks(&b, r, a, e);
        if (rc)
            return rc;
    }
    return OK;
}

int kb_document_read(struct kb *kb, struct store_db *db, int64_t who, struct str id, uint64_t from, uint64_t bytes_max, struct arena *a,
                     struct kb_chunk **ret, size_t *ret_n, struct err *e)
{
    struct kb_document d;
    struct unpacker *u = NULL;
    struct reading r = {.from = from, .bytes_max = bytes_max};
    int rc = kb_document_get(db, who, id, a, &d, e);
    if (!rc)
        rc = unpacker_create(kb, &u, e);
    if (!rc)
        rc = read_blocks(db, u, d.n, &r, a, e);
    unpacker_free(u);
    if (rc)
        return rc;
    *ret = r.items;
    *ret_n = r.n;
    return OK;
}
