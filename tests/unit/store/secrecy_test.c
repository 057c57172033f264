/* Every byte of the data folder is searched for planted phrases: while it is in use, after closing, after a kill, on a full disk. */
#include "fixture.h"

#include "fault.h"

#include <dirent.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "store/internal.h"
#include "store/secret.h"

/* In a title, a body, a word that is indexed, a column's name, and what begins every file of SQLite. */
static const char *const phrases[] = {
    "plantedtitle", "planted phrase of the body", "plantedword", "这是一个秘密", "SQLite format 3", "CREATE TABLE", "notes", "hearth_words",
};
static const char title[] = "plantedtitle 7f3a", body[] = "a planted phrase of the body, plantedword, 这是一个秘密";

static bool holds(const char *path, const char *phrase)
{
    size_t n = 0;
    char *p = file_all(path, &n);
    bool found = p && memmem(p, n, phrase, strlen(phrase));
    free(p);
    return found;
}

/* Returns the number of files searched. */
static int search(const char *dir)
{
    int files = 0;
    char path[400];
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) < (int)sizeof path);
        for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
            if (holds(path, phrases[i]))
                fail_msg("%s holds \"%s\"", entry->d_name, phrases[i]);
        files++;
    }
    closedir(d);
    return files;
}

static void write_phrases(struct store *s, int n)
{
    for (int i = 0; i < n; i++)
        add_note(s, title, body);
}

/* The search finds them where they are: in a plain database. */
static void the_search_would_find_them(void **state)
{
    struct fixture *f = *state;
    char path[100], sql[400];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/plain.db", f->root);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    snprintf(sql, sizeof sql, "CREATE TABLE notes (title, body); INSERT INTO notes VALUES ('%s', '%s')", title, body);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    for (size_t i = 0; i < 7; i++)
        assert_true(holds(path, phrases[i]));
}

static void nothing_is_found_while_running_nor_after_closing(void **state)
{
    struct fixture *f = *state;
    struct store *s = fixture_open(f);
    write_phrases(s, 20);
    assert_true(file_size_of(f->wal) > 0);
    assert_true(search(f->dir) >= 4); /* database, log, its index, lock */
    write_phrases(s, 400);            /* past a checkpoint */
    assert_true(search(f->dir) >= 4);
    store_free(s);
    assert_true(search(f->dir) >= 2);
    assert_true(file_size_of(f->db) > 100000);
}

static void nothing_is_found_after_a_kill(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    if (!child) {
        struct store *s = fixture_open(f);
        write_phrases(s, 50);
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(search(f->dir) >= 4);
    struct store *s = fixture_open(f);
    assert_int_equal(count_notes(s), 50);
    assert_true(search(f->dir) >= 2);
    store_free(s);
}

/* Filling up at many different moments; what was acknowledged stays, and when there is room again, so does work. */
static void nothing_is_found_and_nothing_lost_on_a_full_disk(void **state)
{
    struct fixture *f = *state;
    int64_t acknowledged = 0;
    for (long full_at = 1; full_at < 400; full_at += 23) {
        struct store *s = fixture_open(f);
        struct err e = {0};
        int r = OK;
        fault = (struct fault){.no_sync = 1, .full_at = full_at};
        while (!r) {
            struct note n = {.title = title, .body = body};
            r = store_write(s, note_add, &n, &e);
            acknowledged += !r;
        }
        assert_int_equal(r, ERR_IO);
        assert_non_null(strstr(e.text, "disk"));
        search(f->dir);
        assert_int_equal(count_notes(s), acknowledged);
        fault = (struct fault){.no_sync = 1};
        add_note(s, title, body);
        acknowledged++;
        assert_int_equal(count_notes(s), acknowledged);
        search(f->dir);
        store_free(s);
    }
    struct store *s = fixture_open(f);
    struct err e = {0};
    if (store_check(s, &e))
        fail_msg("%s", e.text);
    store_free(s);
}

static void a_backup_and_a_rotation_show_nothing(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char path[120];
    struct store *s = fixture_open(f);
    write_phrases(s, 50);
    snprintf(path, sizeof path, "%s/backup", f->dir);
    assert_int_equal(store_backup(s, path, &e), OK);
    search(f->dir);
    store_free(s);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    search(f->dir);
}

/* The rollback journal, and SQLite's temporary files, which must not be. */
static void the_journal_shows_nothing_and_there_are_no_temporary_files(void **state)
{
    struct fixture *f = *state;
    char path[100];
    struct keys keys;
    const struct header h = {.source = KEY_FROM_FILE};
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    struct err e = {0};
    assert_int_equal(header_make(&h, (const uint8_t[KEY_BYTES]){1}, NULL, &keys), OK);
    mkdir(f->dir, 0700);
    snprintf(path, sizeof path, "%s/j.db", f->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, keys.header, HEADER_BYTES), HEADER_BYTES);
    close(fd);
    assert_int_equal(vfs_create(&keys, &v), OK);
    assert_int_equal(connect_open(v, path, CONNECT_CREATE, &db, &e), OK);
    assert_int_equal(db_exec(db,
                             "CREATE TABLE notes (x); INSERT INTO notes SELECT 'planted phrase of the body' || hex(randomblob(1000)) FROM "
                             "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 200) SELECT n FROM c);",
                             &e),
                     OK);
    assert_int_equal(db_exec(db, "PRAGMA cache_size=5; BEGIN; UPDATE notes SET x = 'plantedword' || x;", &e), OK);
    snprintf(path, sizeof path, "%s/j.db-journal", f->dir);
    assert_true(file_size_of(path) > 100000);
    assert_int_equal(search(f->dir), 2);
    /* sorting and a statement's own journal, which plain SQLite puts into files */
    assert_int_equal(db_exec(db,
                             "UPDATE notes SET x = x || 'y' WHERE x IN (SELECT x FROM notes ORDER BY random()); COMMIT;"
                             "CREATE INDEX byx ON notes (x); CREATE TEMP TABLE t AS SELECT * FROM notes ORDER BY x DESC",
                             &e),
                     OK);
    assert_int_equal(search(f->dir), 1);
    connect_close(db);
    vfs_free(v);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_search_would_find_them),           T(nothing_is_found_while_running_nor_after_closing),
        T(nothing_is_found_after_a_kill),        T(nothing_is_found_and_nothing_lost_on_a_full_disk),
        T(a_backup_and_a_rotation_show_nothing), T(the_journal_shows_nothing_and_there_are_no_temporary_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
