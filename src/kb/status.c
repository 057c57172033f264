#include "kb/internal.h"

static int sum(struct store_db *db, int64_t who, struct str collection, struct kb_status *s, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "SELECT count(*), total(c.documents), total(c.chunks), total(c.vectors), total(c.source_bytes), total(c.text_bytes),"
                       " total(c.packed_bytes), total(c.vectors * (c.dims + 4 + c.dims / 8)),"
                       " total((SELECT total(length(data)) FROM kb_dictionaries d WHERE d.collection = c.n))"
                       " FROM kb_collections c WHERE (?2 IS NULL OR c.id = ?2) AND " MAY_READ);
    db_bind_int(st, 1, who);
    db_bind_str(st, 2, collection);
    int rc = kb_row_must(db, st, "collection", e);
    if (rc)
        return rc;
    int64_t *const each[] = {&s->collections,  &s->documents,  &s->chunks,       &s->vectors,
                             &s->source_bytes, &s->text_bytes, &s->packed_bytes, &s->vector_bytes};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        *each[i] = (int64_t)db_real(st, (int)i);
    s->packed_bytes += (int64_t)db_real(st, 8);
    if (collection.ptr && !s->collections)
        return err_set(e, ERR_NOENT, "There is no collection of that id");
    return OK;
}

static int of_all(struct store_db *db, struct kb_status *s, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT (SELECT total(length(block)) FROM kb_text_data),"
                                           " (SELECT count(*) FROM kb_documents WHERE state = 1),"
                                           " (SELECT count(*) FROM kb_documents WHERE state = 2)");
    int rc = kb_row_must(db, st, "collection", e);
    if (rc)
        return rc;
    s->index_bytes = (int64_t)db_real(st, 0);
    s->adding = db_int(st, 1);
    s->clearing = db_int(st, 2);
    return OK;
}

int kb_status(struct store_db *db, int64_t who, struct str collection, struct kb_status *ret, struct err *e)
{
    struct kb_status s = {0};
    int rc = sum(db, who, collection, &s, e);
    if (!rc && !collection.ptr)
        rc = of_all(db, &s, e);
    if (!rc)
        *ret = s;
    return rc;
}
