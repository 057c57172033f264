/* Three looks, from the outside in: every page authenticates (vfs_verify), what SQLite builds of pages is sound
 * (integrity_check), and full-text indexes say what their tables say. A connection of its own reads, so that nothing comes from a
 * cache that was filled before the damage. */
#include "store/check.h"

#include <stdio.h>

static int first_problem(struct store_db *db, struct err *e)
{
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(db->db, "PRAGMA integrity_check(1)", -1, &st, NULL), r = OK;
    if (code == SQLITE_OK)
        code = sqlite3_step(st);
    if (code != SQLITE_ROW) {
        r = db_fail(db, code, e);
    } else {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        if (!text || strcmp(text, "ok"))
            r = err_set(e, ERR_CORRUPT, "hearth.db is damaged: %s; restore a backup", text ? text : "?");
    }
    sqlite3_finalize(st);
    return r;
}

static int check_index(struct store_db *db, const char *table, struct err *e)
{
    char *sql = sqlite3_mprintf("INSERT INTO \"%w\"(\"%w\") VALUES('integrity-check')", table, table);
    int r = sql ? db_exec(db, sql, e) : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    sqlite3_free(sql);
    return r ? err_prefix(e, r, "the full-text index %s", table) : OK;
}

static int check_indexes(struct store_db *db, struct err *e)
{
    static const char find[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'";
    sqlite3_stmt *st = NULL;
    int r = OK, code = sqlite3_prepare_v2(db->db, find, -1, &st, NULL);
    while (!r && code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
        r = check_index(db, (const char *)sqlite3_column_text(st, 0), e);
        code = SQLITE_OK;
    }
    if (!r && code != SQLITE_DONE)
        r = db_fail(db, code, e);
    sqlite3_finalize(st);
    return r;
}

int check_structures(struct vfs *v, const char *path, struct err *e)
{
    struct store_db *db = NULL;
    int r = connect_open(v, path, CONNECT_WRITER, &db, e);
    if (!r)
        r = first_problem(db, e);
    if (!r)
        r = check_indexes(db, e);
    connect_close(db);
    return r;
}

int store_check(struct store *s, struct err *e)
{
    pthread_mutex_lock(&s->writing); /* the log stays as it is, and no page is in the middle of being written */
    int r = vfs_verify(s->keys, s->path, e);
    if (!r)
        r = check_structures(s->vfs, s->path, e);
    pthread_mutex_unlock(&s->writing);
    return r;
}
