/* Opening a connection: everything that must be so before the first statement. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/internal.h"

static const struct {
    int op, on;
} settings[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},             /* SQL cannot damage the file, nor write FTS5's own tables */
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},        /* a schema cannot call what has effects */
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},           /* foreign keys */
    {SQLITE_DBCONFIG_DQS_DML, 0},               /* "x" is a name, never a text */
    {SQLITE_DBCONFIG_DQS_DDL, 0},               /* the same in schemas */
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, /* no code from files */
};

static const struct {
    int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 256 << 20},     {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},       {SQLITE_LIMIT_COLUMN, 200},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},       {SQLITE_LIMIT_COMPOUND_SELECT, 50},       {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 1000}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000}, {SQLITE_LIMIT_TRIGGER_DEPTH, 20},
};

/* temp_store comes first: the VFS refuses temporary files. secure_delete is more than tidiness: with it SQLite writes every page, which is
 * what lets the VFS call a missing page damage. */
static const char pragmas_all[] = "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                                  "PRAGMA synchronous=FULL;";
/* The writer keeps what a transaction changes in memory until the commit, 4.3 kB a page however many there are: callers bound it by what
 * they put into one transaction, and do what is done in bulk in many. Else pages that do not fit the cache would go to the log before,
 * more than once, and SQLite 3.40 then loses a commit when a savepoint had been rolled back (vfs_wal.c, wal_sync). */
static const char pragmas_writer[] = "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=16777216; PRAGMA wal_autocheckpoint=0;"
                                     "PRAGMA cache_size=-16384; PRAGMA cache_spill=OFF;";
static const char *const pragmas[] = {
    [CONNECT_WRITER] = pragmas_writer,
    [CONNECT_READER] = "PRAGMA journal_mode=WAL; PRAGMA cache_size=-8192; PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;",
    [CONNECT_CREATE] = "PRAGMA page_size=4096; PRAGMA journal_mode=DELETE;",
    [CONNECT_COPY] = "PRAGMA page_size=4096; PRAGMA journal_mode=OFF;",
};

static int configure(struct store_db *db, enum connect_mode mode, struct err *e)
{
    int reserved = PAGE_RESERVED, on;
    sqlite3_extended_result_codes(db->db, 1);
    sqlite3_busy_timeout(db->db, BUSY_MS);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (sqlite3_db_config(db->db, settings[i].op, settings[i].on, &on))
            return err_set(e, ERR_INTERNAL, "this SQLite does not know setting %d", settings[i].op);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db->db, limits[i].limit, limits[i].value);
    if (mode == CONNECT_CREATE || mode == CONNECT_COPY)
        sqlite3_file_control(db->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    int r = db_exec(db, pragmas_all, e);
    if (!r)
        r = db_exec(db, pragmas[mode], e);
    if (!r && tokenizer_register(db->db))
        r = err_set(e, ERR_INTERNAL, "this SQLite has no FTS5");
    return r;
}

/* SQLite would take a database without pages for a new one, and begin anew. */
static int expect_pages(const char *path, struct err *e)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (stat(path, &st))
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    return st.st_size >= HEADER_BYTES + PAGE_BYTES
               ? OK
               : err_set(e, ERR_CORRUPT, "%s: the file ends before its first page; restore a backup", slash ? slash + 1 : path);
}

int connect_open(struct vfs *v, const char *path, enum connect_mode mode, struct store_db **ret, struct err *e)
{
    if (mode == CONNECT_WRITER || mode == CONNECT_READER) {
        int r = expect_pages(path, e);
        if (r)
            return r;
    }
    struct store_db *db = calloc(1, sizeof *db);
    if (!db || !(db->slots = calloc(STATEMENT_SLOTS, sizeof *db->slots))) {
        free(db);
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    }
    db->vfs = v;
    db->writes = mode != CONNECT_READER;
    /* One thread at a time uses a connection, so SQLite needs no mutex of its own. */
    int code = sqlite3_open_v2(path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, vfs_name(v));
    int r = code ? db_fail(db, code, e) : configure(db, mode, e);
    if (r) {
        connect_close(db);
        return r;
    }
    *ret = db;
    return OK;
}

void connect_close(struct store_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < STATEMENT_SLOTS; i++)
        sqlite3_finalize(db->slots[i].st);
    sqlite3_close(db->db);
    free(db->slots);
    free(db);
}

void connect_reset(struct store_db *db)
{
    for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(db->db, st));)
        if (sqlite3_stmt_busy(st))
            sqlite3_reset(st);
}

/* Within one transaction of the source, so that a writer at work does not make the copy begin again. */
int connect_copy(struct store_db *from, struct store_db *to, struct err *e)
{
    enum { PAGES_AT_ONCE = 256 };
    int r = db_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema;", e);
    if (r)
        return r;
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    int code = b ? SQLITE_OK : sqlite3_extended_errcode(to->db);
    while (b && code == SQLITE_OK)
        code = sqlite3_backup_step(b, PAGES_AT_ONCE);
    int finished = b ? sqlite3_backup_finish(b) : code;
    if (code == SQLITE_DONE)
        code = finished;
    if (code)
        r = db_fail(to, code, e);
    db_exec(from, "COMMIT", NULL);
    return r;
}
