/* Opening, transactions, statements, jobs, and who is kept out. */
#include "fixture.h"

#include "fault.h"

#include <signal.h>
#include <sys/wait.h>

static void what_was_written_is_there_after_closing(void **state)
{
    struct fixture *f = *state;
    struct store *s = fixture_open(f);
    struct err e = {0};
    add_note(s, "one", "the body of the first note");
    add_note(s, "two", "今天天气很好");
    assert_int_equal(count_notes(s), 2);
    assert_int_equal(store_check(s, &e), OK);
    store_free(s);
    assert_int_equal(file_size_of(f->wal), -1);
    s = fixture_open(f);
    assert_int_equal(count_notes(s), 2);
    store_free(s);
}

/* ---- who may look */

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void folder_and_files_are_their_owners_only(void **state)
{
    struct fixture *f = *state;
    mode_t former = umask(0);
    struct store *s = fixture_open(f);
    add_note(s, "one", "body");
    assert_int_equal(mode_of(f->dir), 0700);
    assert_int_equal(mode_of(f->key), 0600);
    assert_int_equal(mode_of(f->db), 0600);
    assert_int_equal(mode_of(f->wal), 0600);
    store_free(s);
    chmod(f->dir, 0755);
    s = fixture_open(f);
    assert_int_equal(mode_of(f->dir), 0700);
    store_free(s);
    umask(former);
}

static void expect_refusal(const struct fixture *f, int code, const char *sentence)
{
    struct store *s = NULL;
    struct err e = {0};
    int r = store_open(&f->config, &s, &e);
    if (r != code || !strstr(e.text, sentence))
        fail_msg("%s: \"%s\" should be %s: \"%s\"", err_name(r), e.text, err_name(code), sentence);
    assert_null(s);
}

static void key_files_that_are_no_good_are_refused(void **state)
{
    struct fixture *f = *state;
    char within[120];
    store_free(fixture_open(f));
    chmod(f->key, 0640);
    expect_refusal(f, ERR_DENIED, "can be read or written by others");
    chmod(f->key, 0600);
    assert_int_equal(truncate(f->key, 40), 0);
    expect_refusal(f, ERR_CORRUPT, "is not a key file");
    static const char no_digits[] = "0123456789abcdefg0123456789abcdef0123456789abcdef0123456789abcde\n";
    int fd = open(f->key, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, no_digits, sizeof no_digits - 1), sizeof no_digits - 1);
    close(fd);
    expect_refusal(f, ERR_CORRUPT, "is not a key file");
    unlink(f->key);
    expect_refusal(f, ERR_DENIED, "is missing");
    assert_int_equal(file_size_of(f->key), -1); /* no new one for a database that it could not open */
    snprintf(within, sizeof within, "%s/key", f->dir);
    f->config.key_file = within;
    expect_refusal(f, ERR_INVAL, "lies within the data folder");
}

static void a_key_within_the_folder_by_another_name_is_refused(void **state)
{
    struct fixture *f = *state;
    char other[100], within[120];
    mkdir(f->dir, 0700);
    snprintf(other, sizeof other, "%s/link", f->root);
    assert_int_equal(symlink(f->dir, other), 0);
    snprintf(within, sizeof within, "%s/deeper/key", other);
    f->config.key_file = within;
    expect_refusal(f, ERR_INVAL, "lies within the data folder");
}

static void another_key_is_told_from_damage(void **state)
{
    struct fixture *f = *state, other;
    store_free(fixture_open(f));
    fixture_make(&other);
    store_free(fixture_open(&other));
    f->config.key_file = other.key;
    expect_refusal(f, ERR_DENIED, "is not that of the data folder");
    fixture_remove(&other);
}

static void a_passphrase_locks_from_the_first_opening(void **state)
{
    struct fixture *f = *state;
    f->config.passphrase = STR("correct horse");
    store_free(fixture_open(f));
    assert_int_equal(file_size_of(f->key), -1);
    store_free(fixture_open(f));
    f->config.passphrase = STR("correct horsf");
    expect_refusal(f, ERR_DENIED, "the passphrase is not that of");
    f->config.passphrase = STR("");
    expect_refusal(f, ERR_DENIED, "is locked with a passphrase");
}

/* ---- two processes */

static void a_second_process_is_told_who_is_in(void **state)
{
    struct fixture *f = *state;
    int ready[2], done[2];
    char c, address[128];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    if (!child) {
        struct store *s = NULL;
        close(ready[0]);
        close(done[1]);
        if (store_open(&f->config, &s, NULL) || write(ready[1], "x", 1) != 1 || read(done[0], &c, 1) != 1)
            _exit(1);
        if (store_announce(s, "http://127.0.0.1:8765") || write(ready[1], "x", 1) != 1)
            _exit(1);
        if (read(done[0], &c, 1) < 0)
            _exit(1);
        store_free(s);
        _exit(0);
    }
    char sentence[100];
    assert_int_equal(read(ready[0], &c, 1), 1);
    snprintf(sentence, sizeof sentence, "is in use by process %ld", (long)child);
    expect_refusal(f, ERR_AGAIN, sentence);
    assert_false(store_find_server(f->dir, address, sizeof address));
    assert_int_equal(write(done[1], "x", 1), 1);
    assert_int_equal(read(ready[0], &c, 1), 1);
    expect_refusal(f, ERR_AGAIN, "which serves http://127.0.0.1:8765");
    assert_true(store_find_server(f->dir, address, sizeof address));
    assert_string_equal(address, "http://127.0.0.1:8765");
    kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(store_find_server(f->dir, address, sizeof address));
    store_free(fixture_open(f));
    close(ready[0]);
    close(ready[1]);
    close(done[0]);
    close(done[1]);
}

static void the_folder_of_an_open_store_cannot_be_rotated_restored_or_erased(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char address[16], backup[100];
    struct store *s = fixture_open(f);
    snprintf(backup, sizeof backup, "%s/backup", f->root);
    assert_int_equal(store_backup(s, backup, &e), OK);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), ERR_AGAIN);
    assert_int_equal(store_restore(&f->config, backup, &e), ERR_AGAIN);
    assert_int_equal(store_erase(&f->config, &e), ERR_AGAIN);
    assert_int_equal(store_announce(s, "an address that is longer than the buffer"), OK);
    assert_false(store_find_server(f->dir, address, sizeof address));
    store_free(s);
}

/* ---- transactions */

static int add_two_and_fail(struct store_db *db, void *ctx, struct err *e)
{
    struct note a = {.title = "a", .body = "a"};
    (void)ctx;
    int r = note_add(db, &a, e);
    return r ? r : err_set(e, ERR_FULL, "enough");
}

static int add_within_read(struct store_db *db, void *ctx, struct err *e)
{
    return note_add(db, ctx, e);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct store *s = fixture_open(*state);
    struct err e = {0};
    assert_int_equal(store_write(s, add_two_and_fail, NULL, &e), ERR_FULL);
    assert_string_equal(e.text, "enough");
    assert_int_equal(count_notes(s), 0);
    struct note n = {.title = "a", .body = "a"};
    assert_int_equal(store_read(s, add_within_read, &n, &e), ERR_DENIED);
    assert_int_equal(count_notes(s), 0);
    store_free(s);
}

/* 11 MB are written through it. */
static void the_log_does_not_grow_for_ever(void **state)
{
    struct fixture *f = *state;
    static char body[20000];
    struct store *s = fixture_open(f);
    memset(body, 'x', sizeof body - 1);
    for (int i = 0; i < 300; i++)
        add_note(s, "t", body);
    assert_true(file_size_of(f->db) > 5 << 20);
    assert_true(file_size_of(f->wal) < 6 << 20);
    store_free(s);
}

static int use_statements(struct store_db *db, void *ctx, struct err *e)
{
    (void)ctx;
    static const char insert[] = "INSERT INTO notes (id, title, n) VALUES (?1, ?2, ?3)";
    struct store_stmt *st = db_prepare(db, insert);
    db_bind_int(st, 1, 7);
    db_bind_str(st, 2, STR(""));
    db_bind_real(st, 3, 2.5);
    assert_int_equal(db_run(db, st, e), OK);
    assert_int_equal(db_last_id(db), 7);
    assert_int_equal(db_changes(db), 1);

    st = db_prepare(db, insert); /* the same statement, reset and empty */
    db_bind_int(st, 1, 7);
    db_bind_str(st, 2, STR("x"));
    db_bind_int(st, 3, 1);
    assert_int_equal(db_run(db, st, e), ERR_EXISTS);
    st = db_prepare(db, insert);
    db_bind_int(st, 1, 8);
    assert_int_equal(db_run(db, st, e), ERR_INVAL); /* title may not be null */
    st = db_prepare(db, "INSERT INTO parts (note, body) VALUES (99, 'x')");
    assert_int_equal(db_run(db, st, e), ERR_INVAL); /* no such note */

    st = db_prepare(db, "SELECT title, n, NULL, x'00ff', 'abc' FROM notes");
    assert_int_equal(db_step(db, st, e), 1);
    assert_non_null(db_str(st, 0).ptr);
    assert_int_equal(db_str(st, 0).len, 0);
    assert_true(db_real(st, 1) == 2.5);
    assert_true(db_null(st, 2));
    assert_null(db_str(st, 2).ptr);
    assert_memory_equal(db_str(st, 3).ptr, "\0\xff", 2);
    assert_int_equal(db_str(st, 3).len, 2);
    assert_str(db_str(st, 4), "abc");
    assert_int_equal(db_step(db, st, e), 0);

    st = db_prepare(db, "SELECT x FROM nowhere");
    assert_null(st);
    db_bind_int(st, 1, 1);
    assert_int_equal(db_step(db, st, e), ERR_INTERNAL);
    assert_non_null(strstr(e->text, "nowhere"));
    st = db_prepare(db, "SELECT ?1");
    db_bind_int(st, 2, 1);
    assert_int_equal(db_step(db, st, e), ERR_INTERNAL);
    st = db_prepare(db, "SELECT 1 UNION SELECT 2"); /* left half-way */
    assert_int_equal(db_step(db, st, e), 1);
    return OK;
}

static void statements_do_what_the_header_says(void **state)
{
    struct store *s = fixture_open(*state);
    struct err e = {0};
    if (store_write(s, use_statements, NULL, &e))
        fail_msg("%s", e.text);
    store_free(s);
}

static int defend(struct store_db *db, void *ctx, struct err *e)
{
    static const char *const refused[] = {
        "UPDATE sqlite_schema SET sql = 'x'", "DELETE FROM words_data", "ATTACH 'x.db' AS other",
        "SELECT load_extension('x')",         "SELECT \"text\"",
    };
    (void)ctx;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!db_exec(db, refused[i], e) && i != 0) /* a defensive connection ignores writable_schema */
            fail_msg("%s was not refused", refused[i]);
    return OK;
}

static void sql_cannot_do_harm(void **state)
{
    struct store *s = fixture_open(*state);
    struct err e = {0};
    add_note(s, "a", "b");
    assert_int_equal(store_write(s, defend, NULL, &e), OK);
    assert_int_equal(store_check(s, &e), OK);
    store_free(s);
}

/* ---- migrations */

static const char *const versions[] = {
    "CREATE TABLE first (x); INSERT INTO first VALUES (1)",
    "ALTER TABLE first ADD COLUMN y DEFAULT 2",
    "UPDATE first SET x = x + 10",
};

static int read_first(struct store_db *db, void *ctx, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT x * 100 + y FROM first");
    int r = db_step(db, st, e);
    if (r == 1)
        *(int64_t *)ctx = db_int(st, 0);
    return r < 0 ? r : OK;
}

static void migrations_run_once_and_a_newer_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    int64_t got = 0;
    for (size_t n = 1; n <= 3; n++) {
        const struct store_schema schema = {"room", versions, n}, *const schemas[] = {&fixture_schema, &schema};
        f->config.schemas = schemas;
        f->config.n_schemas = 2;
        for (int again = 0; again < 2; again++) {
            struct store *s = fixture_open(f);
            if (n > 1) {
                assert_int_equal(store_read(s, read_first, &got, &e), OK);
                assert_int_equal(got, n == 2 ? 102 : 1102);
            }
            store_free(s);
        }
    }
    const struct store_schema older = {"room", versions, 2}, *const schemas[] = {&older};
    f->config.schemas = schemas;
    f->config.n_schemas = 1;
    expect_refusal(f, ERR_UNSUPPORTED, "was used by a newer hearth (room 3, this one knows 2)");
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const broken[] = {"CREATE TABLE first (x)", "CREATE TABLE second (x); INSERT INTO nowhere VALUES (1)"};
    static const char *const mended[] = {"CREATE TABLE first (x)", "CREATE TABLE second (x)"};
    const struct store_schema bad = {"room", broken, 2}, good = {"room", mended, 2}, *const bads[] = {&bad}, *const goods[] = {&good};
    f->config.schemas = bads;
    expect_refusal(f, ERR_INTERNAL, "migration 2 of room: no such table");
    f->config.schemas = goods;
    store_free(fixture_open(f));
}

/* ---- jobs */

struct job {
    struct store_job job;
    struct loop *loop;
    struct note note;
    int code, *left;
};

static void job_done(void *ctx, int code, const struct err *e)
{
    struct note *n = ctx;
    struct job *j = (struct job *)((char *)n - offsetof(struct job, note));
    (void)e;
    j->code = code;
    if (!--*j->left)
        loop_stop(j->loop);
}

static void jobs_run_on_the_pool_and_end_on_the_loop(void **state)
{
    struct store *s = fixture_open(*state);
    struct loop *l = NULL;
    struct err e = {0};
    struct job jobs[20] = {0};
    int left = 20;
    assert_int_equal(loop_create(&l, &e), OK);
    for (int i = 0; i < 20; i++) {
        jobs[i] = (struct job){.loop = l, .note = {.title = "t", .body = "b"}, .code = 1, .left = &left};
        jobs[i].job = (struct store_job){.store = s, .write = i % 2 == 0, .fn = note_add, .done = job_done, .ctx = &jobs[i].note};
        assert_int_equal(store_job(l, &jobs[i].job), OK);
    }
    loop_run(l);
    for (int i = 0; i < 20; i++)
        assert_int_equal(jobs[i].code, i % 2 ? ERR_DENIED : OK);
    assert_int_equal(count_notes(s), 10);
    loop_free(l);
    store_free(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_was_written_is_there_after_closing),
        T(folder_and_files_are_their_owners_only),
        T(key_files_that_are_no_good_are_refused),
        T(a_key_within_the_folder_by_another_name_is_refused),
        T(another_key_is_told_from_damage),
        T(a_passphrase_locks_from_the_first_opening),
        T(a_second_process_is_told_who_is_in),
        T(the_folder_of_an_open_store_cannot_be_rotated_restored_or_erased),
        T(a_transaction_is_all_or_nothing),
        T(the_log_does_not_grow_for_ever),
        T(statements_do_what_the_header_says),
        T(sql_cannot_do_harm),
        T(migrations_run_once_and_a_newer_folder_is_refused),
        T(a_migration_that_fails_changes_nothing),
        T(jobs_run_on_the_pool_and_end_on_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
