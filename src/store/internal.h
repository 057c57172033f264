/* What the files of this room share: connections, the store, the folder's names. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/store.h"
#include "store/vfs.h"

enum { STATEMENTS_MAX = 512, STATEMENT_SLOTS = 1024, READERS_MAX = 4, PATH_MAX_BYTES = 4096 };
enum { BUSY_MS = 10000, CHECKPOINT_PAGES = 1000, CHECKPOINT_PAGES_MAX = 16384 };

/* ---- connections (connect.c, db.c) */

struct store_stmt {
    const char *sql; /* the literal, which is its key */
    sqlite3_stmt *st;
    int code; /* of the binding that failed first */
};

struct store_db {
    sqlite3 *db;
    struct vfs *vfs;
    struct store_stmt *slots; /* open addressing by the literal's address, [STATEMENT_SLOTS] */
    size_t n_statements;
    struct err prepare_err; /* of the last db_prepare that returned NULL */
    bool writes;
    struct store_db *next; /* of the idle readers */
};

enum connect_mode {
    CONNECT_WRITER, /* WAL, the one that writes */
    CONNECT_READER, /* the same, and cannot write */
    CONNECT_CREATE, /* an empty file behind its header; rollback journal */
    CONNECT_COPY,   /* the same without a journal: for files that are thrown away when they are not finished */
};
int connect_open(struct vfs *v, const char *path, enum connect_mode mode, struct store_db **ret, struct err *e);
void connect_close(struct store_db *db); /* NULL is fine */
/* Ends what a transaction left half-way. */
void connect_reset(struct store_db *db);
/* A code of SQLite as one of ours, with its sentence. */
int db_fail(struct store_db *db, int sqlite_code, struct err *e);

/* Copies all of `from` (a snapshot that may be in use) to `to`, and closes neither. */
int connect_copy(struct store_db *from, struct store_db *to, struct err *e);

/* Writes all of `from` to a new file, under these keys and behind their header, and verifies it. */
int copy_database(struct store_db *from, const struct keys *keys, const char *path, struct err *e);

int migrate(struct store_db *db, const struct store_schema *const *schemas, size_t n, struct err *e);
/* ERR_UNSUPPORTED when the database knows a later version than we do. */
int migrate_check(struct store_db *db, const struct store_schema *const *schemas, size_t n, struct err *e);

/* Registers the tokenizers "hearth" and "hearth_terms" for FTS5. */
int tokenizer_register(sqlite3 *db);

/* ---- the store */

struct store {
    char path[PATH_MAX_BYTES]; /* of the database */
    int lock_fd;
    struct keys *keys;
    struct vfs *vfs;
    const struct log *log;
    pthread_mutex_t writing;
    struct store_db *writer;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t reader_idle;
    struct store_db *idle;
    int n_readers;
};

#endif
