#include "talk/response.h"

#include "talk/rows.h"

static const char first[] =
    "CREATE TABLE responses ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, shown TEXT NOT NULL, items TEXT NOT NULL);"
    "CREATE INDEX responses_of ON responses (owner, n, bytes);"
    "CREATE INDEX responses_age ON responses (created_ms);";
static const char *const migrations[] = {first};
const struct store_schema response_schema = {.room = "responses", .migrations = migrations, .n_migrations = 1};

/* The owner's oldest beyond the bounds, and everybody's that are too old. */
static int make_room(struct store_db *db, int64_t owner, int64_t now_ms, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "DELETE FROM responses WHERE created_ms < ?1");
    db_bind_int(st, 1, now_ms - RESPONSES_DAYS * INT64_C(86400000));
    int rc = db_run(db, st, e);
    if (rc)
        return rc;
    st =
        db_prepare(db,
                   "DELETE FROM responses WHERE n IN (SELECT n FROM (SELECT n, row_number() OVER newest AS place, sum(bytes) OVER newest AS"
                   " total FROM responses WHERE owner = ?1 WINDOW newest AS (ORDER BY n DESC)) WHERE place > ?2 OR total > ?3)");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, RESPONSES_KEPT_MAX);
    db_bind_int(st, 3, RESPONSES_BYTES_MAX);
    return db_run(db, st, e);
}

int response_put(struct store_db *db, int64_t owner, struct str id, int64_t now_ms, struct str shown, struct str items, struct err *e)
{
    if (shown.len + items.len > RESPONSE_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "The response has more than %d MB with its conversation, and is not kept", RESPONSE_BYTES_MAX >> 20);
    struct store_stmt *st =
        db_prepare(db, "INSERT INTO responses (id, owner, created_ms, bytes, shown, items) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    db_bind_int(st, 3, now_ms);
    db_bind_int(st, 4, (int64_t)(shown.len + items.len));
    db_bind_str(st, 5, row_text(shown));
    db_bind_str(st, 6, row_text(items));
    int rc = db_run(db, st, e);
    return rc ? rc : make_room(db, owner, now_ms, e);
}

int response_get(struct store_db *db, int64_t owner, struct str id, struct arena *a, struct str *ret_shown, struct str *ret_items,
                 struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT shown, items FROM responses WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = row_must(db, st, "response", e);
    if (!rc && ret_shown)
        *ret_shown = row_str(a, st, 0, &rc);
    if (!rc && ret_items)
        *ret_items = row_str(a, st, 1, &rc);
    return rc;
}

int response_delete(struct store_db *db, int64_t owner, struct str id, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "DELETE FROM responses WHERE id = ?1 AND owner = ?2");
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, owner);
    int rc = db_run(db, st, e);
    return rc ? rc : db_changes(db) ? OK : err_set(e, ERR_NOENT, "There is no response of that id");
}
