#include "store/db.h"

#include <stdio.h>

#include "store/internal.h"

/* ---- errors */

static const struct {
    int sqlite, code; /* primary codes */
    const char *text; /* NULL: SQLite's own */
} codes[] = {
    {SQLITE_NOMEM, ERR_NOMEM, "out of memory"},
    {SQLITE_FULL, ERR_IO, "the disk is full; free some space, what was stored before is whole"},
    {SQLITE_BUSY, ERR_TIMEOUT, "the database was busy for too long"},
    {SQLITE_LOCKED, ERR_TIMEOUT, "the database was busy for too long"},
    {SQLITE_IOERR, ERR_IO, NULL},
    {SQLITE_CANTOPEN, ERR_IO, NULL},
    {SQLITE_PERM, ERR_DENIED, NULL},
    {SQLITE_READONLY, ERR_DENIED, NULL},
    {SQLITE_TOOBIG, ERR_LIMIT, NULL},
    {SQLITE_INTERRUPT, ERR_CANCELED, NULL},
};

static int of_constraint(int extended)
{
    return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID
               ? ERR_EXISTS
               : ERR_INVAL;
}

int db_fail(struct store_db *db, int sqlite_code, struct err *e)
{
    char damage[300];
    int primary = sqlite_code & 0xff;
    const char *text = db->db ? sqlite3_errmsg(db->db) : sqlite3_errstr(sqlite_code);
    /* SQLite may report a page that could not be authenticated in its own words; ours name the page. */
    if ((primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) && vfs_damage(db->vfs, damage, sizeof damage))
        return err_set(e, ERR_CORRUPT, "%s; restore a backup", damage);
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
        const char *path = db->db ? sqlite3_db_filename(db->db, "main") : NULL;
        if (path && vfs_cut_off(db->vfs, path, damage, sizeof damage))
            return err_set(e, ERR_CORRUPT, "%s; restore a backup", damage);
        return err_set(e, ERR_CORRUPT, "hearth.db: %s; restore a backup", text);
    }
    if (primary == SQLITE_CONSTRAINT)
        return err_set(e, of_constraint(sqlite_code), "%s", text);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].sqlite == primary)
            return err_set(e, codes[i].code, "%s", codes[i].text ? codes[i].text : text);
    return err_set(e, ERR_INTERNAL, "%s", text);
}

/* ---- statements */

static struct store_stmt *slot_of(struct store_db *db, const char *sql)
{
    size_t at = ((uintptr_t)sql >> 3) * 0x9e3779b97f4a7c15u >> 40;
    for (at &= STATEMENT_SLOTS - 1; db->slots[at].sql && db->slots[at].sql != sql; at = (at + 1) & (STATEMENT_SLOTS - 1))
        ;
    return &db->slots[at];
}

struct store_stmt *db_prepare(struct store_db *db, const char *sql)
{
    struct store_stmt *s = slot_of(db, sql);
    if (!s->sql) {
        if (db->n_statements >= STATEMENTS_MAX) {
            err_set(&db->prepare_err, ERR_LIMIT, "more than %d different statements", STATEMENTS_MAX);
            return NULL;
        }
        sqlite3_stmt *st = NULL;
        int code = sqlite3_prepare_v3(db->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
        if (code || !st) {
            db_fail(db, code ? code : SQLITE_MISUSE, &db->prepare_err);
            sqlite3_finalize(st);
            return NULL;
        }
        *s = (struct store_stmt){.sql = sql, .st = st};
        db->n_statements++;
    }
    sqlite3_reset(s->st);
    sqlite3_clear_bindings(s->st);
    s->code = SQLITE_OK;
    return s;
}

static void bound(struct store_stmt *s, int code)
{
    if (!s->code)
        s->code = code;
}

void db_bind_int(struct store_stmt *s, int at, int64_t v)
{
    if (s)
        bound(s, sqlite3_bind_int64(s->st, at, v));
}

void db_bind_real(struct store_stmt *s, int at, double v)
{
    if (s)
        bound(s, sqlite3_bind_double(s->st, at, v));
}

void db_bind_str(struct store_stmt *s, int at, struct str v)
{
    if (s)
        bound(s, v.ptr ? sqlite3_bind_text64(s->st, at, v.ptr, v.len, SQLITE_STATIC, SQLITE_UTF8) : sqlite3_bind_null(s->st, at));
}

void db_bind_blob(struct store_stmt *s, int at, struct str v)
{
    if (s)
        bound(s, v.ptr ? sqlite3_bind_blob64(s->st, at, v.ptr, v.len, SQLITE_STATIC) : sqlite3_bind_null(s->st, at));
}

void db_bind_null(struct store_stmt *s, int at)
{
    if (s)
        bound(s, sqlite3_bind_null(s->st, at));
}

int db_step(struct store_db *db, struct store_stmt *s, struct err *e)
{
    if (!s)
        return err_set(e, db->prepare_err.code ? db->prepare_err.code : ERR_INTERNAL, "%s", db->prepare_err.text);
    if (s->code)
        return err_set(e,
                       s->code == SQLITE_NOMEM    ? ERR_NOMEM
                       : s->code == SQLITE_TOOBIG ? ERR_LIMIT
                                                  : ERR_INTERNAL,
                       "%s", sqlite3_errstr(s->code));
    int code = sqlite3_step(s->st);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    int r = db_fail(db, code, e);
    sqlite3_reset(s->st);
    return r;
}

int db_run(struct store_db *db, struct store_stmt *s, struct err *e)
{
    int r = db_step(db, s, e);
    if (s) {
        sqlite3_reset(s->st);
        sqlite3_clear_bindings(s->st); /* the slices that were bound may go away now */
    }
    return r < 0 ? r : OK;
}

int db_exec(struct store_db *db, const char *sql, struct err *e)
{
    int code = sqlite3_exec(db->db, sql, NULL, NULL, NULL);
    return code ? db_fail(db, sqlite3_extended_errcode(db->db), e) : OK;
}

/* ---- columns */

int64_t db_int(struct store_stmt *s, int column)
{
    return sqlite3_column_int64(s->st, column);
}

double db_real(struct store_stmt *s, int column)
{
    return sqlite3_column_double(s->st, column);
}

struct str db_str(struct store_stmt *s, int column)
{
    if (sqlite3_column_type(s->st, column) == SQLITE_NULL)
        return (struct str){NULL, 0};
    const void *p = sqlite3_column_type(s->st, column) == SQLITE_BLOB ? sqlite3_column_blob(s->st, column)
                                                                      : (const void *)sqlite3_column_text(s->st, column);
    return p ? str_from(p, (size_t)sqlite3_column_bytes(s->st, column)) : STR("");
}

bool db_null(struct store_stmt *s, int column)
{
    return sqlite3_column_type(s->st, column) == SQLITE_NULL;
}

int64_t db_last_id(const struct store_db *db)
{
    return sqlite3_last_insert_rowid(db->db);
}

int64_t db_changes(const struct store_db *db)
{
    return sqlite3_changes64(db->db);
}
