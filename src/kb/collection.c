/* Collections: rows, and who may read them. */
#include "kb/internal.h"

#define COLUMNS "c.n, c.owner, c.id, c.name, c.encoder, c.dims, c.documents, c.chunks, c.created_ms, c.updated_ms FROM kb_collections c"

static int read_readers(struct store_db *db, struct kb_collection *c, struct arena *a, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT reader FROM kb_readers WHERE collection = ?1 ORDER BY reader");
    int64_t *readers = NULL;
    size_t n = 0;
    int rc;
    db_bind_int(st, 1, c->n);
    while ((rc = db_step(db, st, e)) > 0) {
        readers = kb_row_grow(a, readers, n, sizeof *readers);
        if (!readers)
            return row_no_memory(e);
        readers[n++] = db_int(st, 0);
    }
    c->readers = readers;
    c->n_readers = n;
    return rc;
}

static int read_row(struct store_stmt *st, struct arena *a, struct kb_collection *ret, struct err *e)
{
    int rc = OK;
    struct kb_collection c = {.n = db_int(st, 0), .owner = db_int(st, 1), .dims = (uint32_t)db_int(st, 5)};
    c.id = kb_row_str(a, st, 2, &rc);
    c.name = kb_row_str(a, st, 3, &rc);
    c.encoder = kb_row_str(a, st, 4, &rc);
    c.documents = db_int(st, 6);
    c.chunks = db_int(st, 7);
    c.created_ms = db_int(st, 8);
    c.updated_ms = db_int(st, 9);
    if (rc)
        return row_no_memory(e);
    *ret = c;
    return OK;
}

int kb_collection_get(struct store_db *db, int64_t who, struct str id_or_name, struct arena *a, struct kb_collection *ret, struct err *e)
{
    struct kb_collection c;
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE (c.id = ?2 OR c.name = ?2) AND " MAY_READ
                                           " ORDER BY c.id = ?2 DESC, c.owner = ?1 DESC, c.n LIMIT 1");
    db_bind_int(st, 1, who);
    db_bind_str(st, 2, row_text(id_or_name));
    int rc = db_step(db, st, e);
    if (!rc)
        return err_set(e, ERR_NOENT, "There is no collection of that name or id");
    if (rc > 0)
        rc = read_row(st, a, &c, e);
    if (!rc && c.owner == who)
        rc = read_readers(db, &c, a, e);
    if (!rc)
        *ret = c;
    return rc;
}

int kb_collection_list(struct store_db *db, int64_t who, struct arena *a, struct kb_collection **ret, size_t *ret_n, struct err *e)
{
    struct kb_collection *items = NULL;
    size_t n = 0;
    int rc;
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE " MAY_READ " ORDER BY c.owner = ?1 DESC, c.name, c.n");
    db_bind_int(st, 1, who);
    while ((rc = db_step(db, st, e)) > 0) {
        items = kb_row_grow(a, items, n, sizeof *items);
        rc = items ? read_row(st, a, &items[n++], e) : row_no_memory(e);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n && !rc; i++)
        if (items[i].owner == who)
            rc = read_readers(db, &items[i], a, e);
    if (rc)
        return rc;
    *ret = items;
    *ret_n = n;
    return OK;
}

/* ---- changes: one transaction each */

struct change {
    struct kb *kb;
    int64_t owner;
    struct str id, name;
    const int64_t *readers;
    size_t n_readers;
    struct arena *arena;
    struct kb_collection made;
};

static int run(struct kb *kb, store_fn *fn, struct change *c, struct err *e)
{
    int rc = store_write(kb->store, fn, c, e);
    if (!rc)
        kb_changed(kb);
    return rc;
}

static int exists(struct err *e, struct str name)
{
    return err_set(e, ERR_EXISTS, "There is a collection called '" STR_FMT "' already; choose another name", STR_ARG(name));
}

static int may_make_another(struct store_db *db, const struct change *c, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM kb_collections WHERE owner = ?1 AND state = 0");
    db_bind_int(st, 1, c->owner);
    int rc = kb_row_must(db, st, "collection", e);
    if (!rc && db_int(st, 0) >= c->kb->limits.collections_max)
        rc = err_set(e, ERR_LIMIT, "There are %u collections already, which is the most (kb.collections_max); remove one",
                     c->kb->limits.collections_max);
    return rc;
}

static int create(struct store_db *db, void *ctx, struct err *e)
{
    struct change *c = ctx;
    char id[KB_ID_LEN + 1];
    int64_t now_ms = clock_wall_ms(c->kb->clock);
    int rc = may_make_another(db, c, e);
    if (!rc)
        rc = row_id(id, e);
    if (rc)
        return rc;
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO kb_collections (id, owner, name, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?4)");
    db_bind_str(st, 1, str_of(id));
    db_bind_int(st, 2, c->owner);
    db_bind_str(st, 3, c->name);
    db_bind_int(st, 4, now_ms);
    rc = db_run(db, st, e);
    if (rc)
        return rc == ERR_EXISTS ? exists(e, c->name) : rc;
    return kb_collection_get(db, c->owner, str_of(id), c->arena, &c->made, e);
}

int kb_collection_create(struct kb *kb, int64_t owner, struct str name, struct arena *a, struct kb_collection *ret, struct err *e)
{
    struct change c = {.kb = kb, .owner = owner, .name = name, .arena = a};
    int rc = check_text("The name of a collection", name, 1, KB_NAME_BYTES_MAX, e);
    if (!rc)
        rc = run(kb, create, &c, e);
    if (!rc)
        *ret = c.made;
    return rc;
}

static int rename_it(struct store_db *db, void *ctx, struct err *e)
{
    const struct change *c = ctx;
    int64_t n;
    int rc = collection_owned(db, c->owner, c->id, &n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE kb_collections SET name = ?2 WHERE n = ?1");
    db_bind_str(st, 2, c->name);
    rc = row_run(db, st, n, e);
    return rc == ERR_EXISTS ? exists(e, c->name) : rc;
}

int kb_collection_rename(struct kb *kb, int64_t owner, struct str id, struct str name, struct err *e)
{
    struct change c = {.kb = kb, .owner = owner, .id = id, .name = name};
    int rc = check_text("The name of a collection", name, 1, KB_NAME_BYTES_MAX, e);
    return rc ? rc : run(kb, rename_it, &c, e);
}

static int set_readers(struct store_db *db, void *ctx, struct err *e)
{
    const struct change *c = ctx;
    int64_t n;
    int rc = collection_owned(db, c->owner, c->id, &n, e);
    if (!rc)
        rc = row_run(db, db_prepare(db, "DELETE FROM kb_readers WHERE collection = ?1"), n, e);
    for (size_t i = 0; i < c->n_readers && !rc; i++) {
        struct store_stmt *st = db_prepare(db, "INSERT OR IGNORE INTO kb_readers (collection, reader) VALUES (?1, ?2)");
        db_bind_int(st, 2, c->readers[i]);
        rc = row_run(db, st, n, e);
    }
    return rc;
}

int kb_collection_set_readers(struct kb *kb, int64_t owner, struct str id, const int64_t *readers, size_t n, struct err *e)
{
    struct change c = {.kb = kb, .owner = owner, .id = id, .readers = readers, .n_readers = n};
    if (n > KB_READERS_MAX)
        return err_set(e, ERR_LIMIT, "A collection has at most %d readers; %zu were given", KB_READERS_MAX, n);
    return run(kb, set_readers, &c, e);
}

static int remove_it(struct store_db *db, void *ctx, struct err *e)
{
    const struct change *c = ctx;
    int64_t n;
    int rc = collection_owned(db, c->owner, c->id, &n, e);
    return rc ? rc : row_run(db, db_prepare(db, "UPDATE kb_collections SET state = 2 WHERE n = ?1"), n, e);
}

int kb_collection_remove(struct kb *kb, int64_t owner, struct str id, struct err *e)
{
    struct change c = {.kb = kb, .owner = owner, .id = id};
    return run(kb, remove_it, &c, e);
}
