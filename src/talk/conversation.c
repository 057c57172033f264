#include "talk/rows.h"
#include "talk/search.h"

#define COLUMNS SUMMARY_COLUMNS("c.") ", c.system, c.settings, l.id FROM conversations c LEFT JOIN messages l ON l.n = c.leaf"

static int read_row(struct store_stmt *st, struct arena *a, struct talk_conversation *ret, struct err *e)
{
    struct talk_conversation c;
    int rc = summary_read(st, a, &c, e);
    if (rc)
        return rc;
    c.system = row_str(a, st, SUMMARY_N, &rc);
    c.settings = row_str(a, st, SUMMARY_N + 1, &rc);
    c.leaf = row_str(a, st, SUMMARY_N + 2, &rc);
    if (rc)
        return err_set(e, rc, "out of memory for a conversation");
    *ret = c;
    return OK;
}

int talk_get(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct talk_conversation *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " COLUMNS " WHERE c.id = ?1 AND c.owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = row_must(db, st, "conversation", e);
    return rc ? rc : read_row(st, a, ret, e);
}

int conversation_insert(struct store_db *db, int64_t owner, struct talk_conversation *c, struct str origin, struct arena *a, struct err *e)
{
    int rc = c->id.ptr ? OK : talk_id(a, &c->id);
    if (rc)
        return err_set(e, rc, "an id for the conversation: %s", err_text(rc));
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO conversations (id, owner, title, folder, model, system, settings, created_ms, updated_ms,"
                       " origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    db_bind_str(st, 1, c->id);
    db_bind_int(st, 2, owner);
    db_bind_str(st, 3, row_text(c->title));
    db_bind_str(st, 4, row_maybe(c->folder));
    db_bind_str(st, 5, row_maybe(c->model));
    db_bind_str(st, 6, row_text(c->system));
    db_bind_str(st, 7, c->settings.len ? c->settings : STR("{}"));
    db_bind_int(st, 8, c->created_ms);
    db_bind_int(st, 9, c->updated_ms);
    db_bind_str(st, 10, row_maybe(origin));
    rc = db_run(db, st, e);
    if (rc)
        return rc;
    c->n = db_last_id(db);
    return index_title(db, c->n, e);
}

int talk_create(struct store_db *db, int64_t owner, const struct talk_patch *p, int64_t now_ms, struct arena *a,
                struct talk_conversation *ret, struct err *e)
{
    struct talk_conversation c = {
        .title = p->title,
        .folder = p->folder,
        .model = p->model,
        .system = p->system,
        .settings = p->settings,
        .created_ms = now_ms,
        .updated_ms = now_ms,
    };
    int rc = conversation_insert(db, owner, &c, (struct str){0}, a, e);
    return rc ? rc : talk_get(db, owner, c.id, a, ret, e);
}

int conversation_grown(struct store_db *db, int64_t n, int64_t added, int64_t leaf_n, int64_t now_ms, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "UPDATE conversations SET messages = messages + ?2, leaf = ?3, updated_ms = max(updated_ms, ?4) WHERE n = ?1");
    db_bind_int(st, 1, n);
    db_bind_int(st, 2, added);
    if (leaf_n)
        db_bind_int(st, 3, leaf_n);
    else
        db_bind_null(st, 3);
    db_bind_int(st, 4, now_ms);
    return db_run(db, st, e);
}

static struct str patched(struct str old, struct str wanted)
{
    return wanted.ptr ? wanted : old;
}

static int set_leaf(struct store_db *db, int64_t conversation_n, struct str leaf, struct err *e)
{
    int64_t leaf_n;
    int rc = message_find(db, conversation_n, leaf, &leaf_n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE conversations SET leaf = ?2 WHERE n = ?1");
    db_bind_int(st, 1, conversation_n);
    db_bind_int(st, 2, leaf_n);
    return db_run(db, st, e);
}

static int set_title(struct store_db *db, int64_t n, struct str title, struct err *e)
{
    int rc = unindex_title(db, n, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE conversations SET title = ?2 WHERE n = ?1");
    db_bind_int(st, 1, n);
    db_bind_str(st, 2, row_text(title));
    rc = db_run(db, st, e);
    return rc ? rc : index_title(db, n, e);
}

int talk_update(struct store_db *db, int64_t owner, struct str id, const struct talk_patch *p, struct arena *a,
                struct talk_conversation *ret, struct err *e)
{
    struct talk_conversation c;
    int rc = talk_get(db, owner, id, a, &c, e);
    if (rc)
        return rc;
    struct store_stmt *st = db_prepare(db, "UPDATE conversations SET folder = ?2, model = ?3, system = ?4, settings = ?5 WHERE n = ?1");
    db_bind_int(st, 1, c.n);
    db_bind_str(st, 2, row_maybe(patched(c.folder, p->folder)));
    db_bind_str(st, 3, row_maybe(patched(c.model, p->model)));
    db_bind_str(st, 4, row_text(patched(c.system, p->system)));
    db_bind_str(st, 5, row_text(patched(c.settings, p->settings)));
    rc = db_run(db, st, e);
    if (!rc && p->title.ptr)
        rc = set_title(db, c.n, p->title, e);
    if (!rc && p->leaf.ptr)
        rc = set_leaf(db, c.n, p->leaf, e);
    return rc ? rc : talk_get(db, owner, id, a, ret, e);
}

/* The index first: it needs the texts that it forgets. Then the conversation, with the sum of its bytes. */
static int delete_by_n(struct store_db *db, int64_t n, struct err *e)
{
    struct store_stmt *const each[] = {
        db_prepare(db, "INSERT INTO messages_text (messages_text, rowid, content)"
                       " SELECT 'delete', n, content FROM messages WHERE conversation = ?1 AND state <> 1"),
        db_prepare(db, "INSERT INTO titles_text (titles_text, rowid, title) SELECT 'delete', n, title FROM conversations WHERE n = ?1"),
        db_prepare(db, "DELETE FROM conversations WHERE n = ?1"),
        db_prepare(db, "DELETE FROM attachments WHERE conversation = ?1"),
        db_prepare(db, "DELETE FROM messages WHERE conversation = ?1"),
    };
    int rc = OK;
    for (size_t i = 0; i < sizeof each / sizeof *each && !rc; i++) {
        db_bind_int(each[i], 1, n);
        rc = db_run(db, each[i], e);
    }
    return rc;
}

int talk_delete(struct store_db *db, int64_t owner, struct str id, struct err *e)
{
    int64_t n;
    int rc = conversation_find(db, owner, id, &n, e);
    return rc ? rc : delete_by_n(db, n, e);
}

/* One after the other, each found anew by `sql`: deleting changes what the search walks over. */
static int delete_found(struct store_db *db, const char *sql, int64_t arg, size_t max, bool *ret_left, struct err *e)
{
    for (size_t i = 0;; i++) {
        struct store_stmt *st = db_prepare(db, sql);
        db_bind_int(st, 1, arg);
        int rc = db_step(db, st, e);
        if (rc < 0)
            return rc;
        if (!rc || i == max) {
            *ret_left = rc > 0;
            return OK;
        }
        rc = delete_by_n(db, db_int(st, 0), e);
        if (rc)
            return rc;
    }
}

int talk_delete_some(struct store_db *db, int64_t owner, size_t max, bool *ret_left, struct err *e)
{
    return delete_found(db, "SELECT n FROM conversations WHERE owner = ?1 LIMIT 1", owner, max, ret_left, e);
}

int talk_delete_older(struct store_db *db, int64_t before_ms, size_t max, bool *ret_left, struct err *e)
{
    return delete_found(db, "SELECT n FROM conversations WHERE updated_ms < ?1 LIMIT 1", before_ms, max, ret_left, e);
}

int talk_folders(struct store_db *db, int64_t owner, struct arena *a, struct talk_folder **ret, size_t *ret_n, struct err *e)
{
    struct talk_folder *items = NULL;
    size_t n = 0;
    int rc, bad = OK;
    struct store_stmt *st =
        db_prepare(db,
                   "SELECT folder, count(*) FROM conversations WHERE owner = ?1 AND folder IS NOT NULL GROUP BY folder ORDER BY folder");
    db_bind_int(st, 1, owner);
    while ((rc = db_step(db, st, e)) > 0) {
        items = row_grow(a, items, n, sizeof *items);
        if (!items)
            return err_set(e, ERR_NOMEM, "out of memory for folders");
        items[n++] = (struct talk_folder){row_str(a, st, 0, &bad), db_int(st, 1)};
    }
    if (rc || bad)
        return rc ? rc : err_set(e, bad, "out of memory for folders");
    *ret = items;
    *ret_n = n;
    return OK;
}
