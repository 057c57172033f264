/* A data folder of its own for each test, and the schema that the tests write to. */
#ifndef UNIT_STORE_FIXTURE_H
#define UNIT_STORE_FIXTURE_H

#include "../check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

struct fixture {
    char root[64], dir[80], key[80], db[100], wal[100];
    struct store_config config;
};

static const char *const fixture_migrations[] = {
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE parts (note INTEGER NOT NULL REFERENCES notes(id) ON DELETE CASCADE, body TEXT NOT NULL);"
    "CREATE VIRTUAL TABLE words USING fts5(body, tokenize='hearth');",
};
static const struct store_schema fixture_schema = {"tests", fixture_migrations, 1};
static const struct store_schema *const fixture_schemas[] = {&fixture_schema};

static inline void fixture_make(struct fixture *f)
{
    if (!f)
        abort();
    *f = (struct fixture){0};
    snprintf(f->root, sizeof f->root, "/tmp/hearth-store-XXXXXX");
    if (!mkdtemp(f->root))
        fail_msg("no temporary folder");
    snprintf(f->dir, sizeof f->dir, "%s/data", f->root);
    snprintf(f->key, sizeof f->key, "%s/key", f->root);
    snprintf(f->db, sizeof f->db, "%s/hearth.db", f->dir);
    snprintf(f->wal, sizeof f->wal, "%s/hearth.db-wal", f->dir);
    f->config = (struct store_config){
        .dir = f->dir, .key_file = f->key, .scrypt_log2n = 10, .schemas = fixture_schemas, .n_schemas = 1, .clock = &clock_system};
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void fixture_remove(struct fixture *f)
{
    nftw(f->root, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct store *fixture_open(const struct fixture *f)
{
    struct store *s = NULL;
    struct err e = {0};
    if (store_open(&f->config, &s, &e))
        fail_msg("store_open: %s", e.text);
    return s;
}

/* ---- what the tests do with it */

struct note {
    int64_t id; /* in and out */
    const char *title, *body;
    int64_t n;
};

static inline int note_add(struct store_db *db, void *ctx, struct err *e)
{
    struct note *n = ctx;
    struct store_stmt *st = db_prepare(db, "INSERT INTO notes (title, n) VALUES (?1, ?2)");
    db_bind_str(st, 1, str_of(n->title));
    db_bind_int(st, 2, n->n);
    int r = db_run(db, st, e);
    if (r)
        return r;
    n->id = db_last_id(db);
    st = db_prepare(db, "INSERT INTO parts (note, body) VALUES (?1, ?2)");
    db_bind_int(st, 1, n->id);
    db_bind_str(st, 2, str_of(n->body));
    r = db_run(db, st, e);
    if (r)
        return r;
    st = db_prepare(db, "INSERT INTO words (rowid, body) VALUES (?1, ?2)");
    db_bind_int(st, 1, n->id);
    db_bind_str(st, 2, str_of(n->body));
    return db_run(db, st, e);
}

static inline int notes_count(struct store_db *db, void *ctx, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM notes");
    int r = db_step(db, st, e);
    if (r == 1)
        *(int64_t *)ctx = db_int(st, 0);
    return r < 0 ? r : OK;
}

static inline void add_note(struct store *s, const char *title, const char *body)
{
    struct err e = {0};
    struct note n = {.title = title, .body = body};
    if (store_write(s, note_add, &n, &e))
        fail_msg("store_write: %s", e.text);
}

static inline int64_t count_notes(struct store *s)
{
    struct err e = {0};
    int64_t n = -1;
    if (store_read(s, notes_count, &n, &e))
        fail_msg("store_read: %s", e.text);
    return n;
}

/* ---- files */

static inline char *file_all(const char *path, size_t *ret_len)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st)) {
        *ret_len = 0;
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    char *p = malloc((size_t)st.st_size + 1);
    ssize_t n = p ? read(fd, p, (size_t)st.st_size) : 0;
    *ret_len = n > 0 ? (size_t)n : 0;
    close(fd);
    return p;
}

static inline off_t file_size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) ? -1 : st.st_size;
}

/* Changes one bit of the byte at `at`. */
static inline void file_flip(const char *path, off_t at)
{
    unsigned char b = 0;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &b, 1, at), 1);
    b ^= 4;
    assert_int_equal(pwrite(fd, &b, 1, at), 1);
    close(fd);
}

static inline void file_copy(const char *from, const char *to)
{
    size_t n = 0;
    char *p = file_all(from, &n);
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_non_null(p);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
    free(p);
}

#endif
