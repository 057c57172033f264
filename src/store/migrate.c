/* Each room's tables have a version of their own: the number of its migrations that have run. A migration and the new number
 * are one transaction. */
#include "store/internal.h"

static const char sql_table[] =
    "CREATE TABLE IF NOT EXISTS store_schema (room TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID";
static const char sql_get[] = "SELECT version FROM store_schema WHERE room = ?1";
static const char sql_set[] = "INSERT INTO store_schema (room, version) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET version = ?2";

static int version_of(struct store_db *db, const char *room, int64_t *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, sql_get);
    db_bind_str(st, 1, str_of(room));
    int r = db_step(db, st, e);
    if (r >= 0)
        *ret = r ? db_int(st, 0) : 0;
    if (st)
        sqlite3_reset(st->st);
    return r < 0 ? r : OK;
}

static int run_one(struct store_db *db, const struct store_schema *s, int64_t version, struct err *e)
{
    int r = db_exec(db, "BEGIN IMMEDIATE", e);
    if (r)
        return r;
    r = db_exec(db, s->migrations[version], e);
    if (!r) {
        struct store_stmt *st = db_prepare(db, sql_set);
        db_bind_str(st, 1, str_of(s->room));
        db_bind_int(st, 2, version + 1);
        r = db_run(db, st, e);
    }
    if (!r)
        r = db_exec(db, "COMMIT", e);
    if (r) {
        db_exec(db, "ROLLBACK", NULL);
        return err_prefix(e, r, "migration %lld of %s", (long long)version + 1, s->room);
    }
    return OK;
}

int migrate_check(struct store_db *db, const struct store_schema *const *schemas, size_t n, struct err *e)
{
    int r = db_exec(db, sql_table, e);
    for (size_t i = 0; !r && i < n; i++) {
        int64_t version = 0;
        r = version_of(db, schemas[i]->room, &version, e);
        if (!r && (version < 0 || (uint64_t)version > schemas[i]->n_migrations))
            r = err_set(e, ERR_UNSUPPORTED, "the data folder was used by a newer hearth (%s %lld, this one knows %zu); update hearth",
                        schemas[i]->room, (long long)version, schemas[i]->n_migrations);
    }
    return r;
}

int migrate(struct store_db *db, const struct store_schema *const *schemas, size_t n, struct err *e)
{
    int r = migrate_check(db, schemas, n, e);
    for (size_t i = 0; !r && i < n; i++) {
        int64_t version = 0;
        r = version_of(db, schemas[i]->room, &version, e);
        for (; !r && (size_t)version < schemas[i]->n_migrations; version++)
            r = run_one(db, schemas[i], version, e);
    }
    return r;
}
