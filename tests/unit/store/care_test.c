/* Backup, restore, erasing, checking. */
#include "fixture.h"

#include "fault.h"

#include <sys/wait.h>

static void path_in(const struct fixture *f, const char *name, char ret[120])
{
    snprintf(ret, 120, "%s/%s", f->root, name);
}

static void expect_notes(const struct fixture *f, int64_t n)
{
    struct err e = {0};
    struct store *s = fixture_open(f);
    assert_int_equal(count_notes(s), n);
    if (store_check(s, &e))
        fail_msg("%s", e.text);
    store_free(s);
}

static void a_backup_is_a_snapshot_and_restores(void **state)
{
    struct fixture *f = *state;
    char backup[120], former[120];
    struct err e = {0};
    path_in(f, "backup", backup);
    path_in(f, "data/hearth.db.before-restore", former);
    struct store *s = fixture_open(f);
    for (int i = 0; i < 30; i++)
        add_note(s, "before", "body");
    assert_int_equal(store_backup(s, backup, &e), OK);
    assert_int_equal(store_backup(s, backup, &e), ERR_EXISTS);
    for (int i = 0; i < 5; i++)
        add_note(s, "after", "body");
    store_free(s);
    expect_notes(f, 35);
    if (store_restore(&f->config, backup, &e))
        fail_msg("%s", e.text);
    expect_notes(f, 30);
    assert_true(file_size_of(former) > 0);

    file_copy(former, f->db); /* and back by hand */
    expect_notes(f, 35);
}

/* As `hearth backup` does beside a server: the other process writes all the while. */
static void a_backup_beside_another_process_is_whole(void **state)
{
    struct fixture *f = *state;
    char backup[120], dir[120], c;
    int ready[2], status = 0;
    struct err e = {0};
    path_in(f, "elsewhere", dir);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (!child) {
        struct store *s = NULL;
        struct note n = {.title = "t", .body = "some words in a body"};
        if (store_open(&f->config, &s, NULL))
            _exit(1);
        for (int i = 0;; i++)
            if (store_write(s, note_add, &n, NULL) || (i == 20 && write(ready[1], "x", 1) != 1))
                _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    for (int i = 0; i < 5; i++) {
        char name[20];
        snprintf(name, sizeof name, "backup%d", i);
        path_in(f, name, backup);
        if (store_backup_beside(&f->config, backup, &e))
            fail_msg("%s", e.text);
    }
    assert_int_equal(waitpid(child, &status, WNOHANG), 0); /* it is still at work */
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    struct store *s = fixture_open(f);
    int64_t all = count_notes(s);
    assert_int_equal(store_check(s, &e), OK);
    store_free(s);
    f->config.dir = dir;
    assert_int_equal(store_restore(&f->config, backup, &e), OK);
    s = fixture_open(f);
    assert_true(count_notes(s) > 20 && count_notes(s) <= all);
    assert_int_equal(store_check(s, &e), OK);
    store_free(s);
}

static void a_backup_restores_where_there_is_nothing_but_the_key(void **state)
{
    struct fixture *f = *state;
    char backup[120], dir[120];
    struct err e = {0};
    path_in(f, "backup", backup);
    path_in(f, "elsewhere/deep", dir);
    struct store *s = fixture_open(f);
    add_note(s, "a", "body");
    assert_int_equal(store_backup(s, backup, &e), OK);
    store_free(s);
    f->config.dir = dir;
    assert_int_equal(store_restore(&f->config, backup, &e), OK);
    expect_notes(f, 1);
}

static void what_is_no_good_backup_is_refused_and_changes_nothing(void **state)
{
    struct fixture *f = *state, other;
    char backup[120], bad[120];
    struct err e = {0};
    path_in(f, "backup", backup);
    path_in(f, "bad", bad);
    struct store *s = fixture_open(f);
    for (int i = 0; i < 10; i++)
        add_note(s, "a", "body");
    assert_int_equal(store_backup(s, backup, &e), OK);
    store_free(s);

    assert_int_equal(store_restore(&f->config, bad, &e), ERR_NOENT);
    file_copy(backup, bad);
    file_flip(bad, 4096 * 5 + 9);
    assert_int_equal(store_restore(&f->config, bad, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.text, "page 5 is damaged"));
    file_copy(backup, bad);
    assert_int_equal(truncate(bad, file_size_of(bad) - 4096), 0);
    assert_int_equal(store_restore(&f->config, bad, &e), ERR_CORRUPT);
    file_copy(f->key, bad);
    assert_int_equal(store_restore(&f->config, bad, &e), ERR_CORRUPT);
    fixture_make(&other);
    store_free(fixture_open(&other));
    assert_int_equal(store_restore(&f->config, other.db, &e), ERR_DENIED);
    fixture_remove(&other);
    const struct store_schema older = {"tests", fixture_migrations, 0}, *const schemas[] = {&older};
    f->config.schemas = schemas;
    assert_int_equal(store_restore(&f->config, backup, &e), ERR_UNSUPPORTED);
    f->config.schemas = fixture_schemas;
    expect_notes(f, 10);
}

static void a_backup_from_before_a_rotation_restores_under_the_new_key(void **state)
{
    struct fixture *f = *state;
    char backup[120], former[120];
    struct err e = {0};
    path_in(f, "backup", backup);
    path_in(f, "key.old", former);
    struct store *s = fixture_open(f);
    add_note(s, "a", "body");
    assert_int_equal(store_backup(s, backup, &e), OK);
    add_note(s, "b", "body");
    store_free(s);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    if (store_restore(&f->config, backup, &e))
        fail_msg("%s", e.text);
    unlink(former);
    expect_notes(f, 1);
    assert_int_equal(store_restore(&f->config, backup, &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "the backup does not open"));
    expect_notes(f, 1);
}

static void a_restore_mends_a_damaged_database(void **state)
{
    struct fixture *f = *state;
    char backup[120];
    struct err e = {0};
    struct store *s = fixture_open(f);
    path_in(f, "backup", backup);
    add_note(s, "a", "body");
    assert_int_equal(store_backup(s, backup, &e), OK);
    store_free(s);
    file_flip(f->db, 4096 + 50);
    assert_int_equal(store_open(&f->config, &s, &e), ERR_CORRUPT);
    if (store_restore(&f->config, backup, &e))
        fail_msg("%s", e.text);
    expect_notes(f, 1);
}

static void a_restore_that_is_killed_leaves_one_or_the_other(void **state)
{
    struct fixture *f = *state;
    bool ended = false;
    for (long step = 1; !ended; step += 2) {
        char backup[120];
        struct err e = {0};
        fixture_remove(f);
        fixture_make(f);
        path_in(f, "backup", backup);
        struct store *s = fixture_open(f);
        add_note(s, "a", "body");
        assert_int_equal(store_backup(s, backup, &e), OK);
        add_note(s, "b", "body");
        store_free(s);
        pid_t child = fork();
        if (!child) {
            fault = (struct fault){.no_sync = 1, .kill_at = step};
            _exit(store_restore(&f->config, backup, NULL) ? 1 : 0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        ended = WIFEXITED(status);
        s = fixture_open(f);
        int64_t n = count_notes(s);
        assert_true(ended ? WEXITSTATUS(status) == 0 && n == 1 : n == 1 || n == 2);
        store_free(s);
        assert_int_equal(store_restore(&f->config, backup, &e), OK);
        expect_notes(f, 1);
        assert_true(step < 500);
    }
}

static void a_backup_to_a_full_disk_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    char backup[120], fresh[130];
    struct err e = {0};
    path_in(f, "backup", backup);
    path_in(f, "backup.tmp", fresh);
    struct store *s = fixture_open(f);
    add_note(s, "a", "body");
    fault = (struct fault){.no_sync = 1, .full_at = 4};
    assert_int_equal(store_backup(s, backup, &e), ERR_IO);
    fault = (struct fault){.no_sync = 1};
    assert_int_equal(file_size_of(backup), -1);
    assert_int_equal(file_size_of(fresh), -1);
    assert_int_equal(store_backup(s, backup, &e), OK);
    store_free(s);
}

static void erasing_leaves_neither_data_nor_key(void **state)
{
    struct fixture *f = *state;
    char path[120], second[120];
    struct err e = {0};
    int fd;
    struct store *s = fixture_open(f);
    add_note(s, "a", "body");
    store_free(s);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    path_in(f, "second", second);
    assert_int_equal(link(f->key, second), 0); /* to see that its bytes are gone, and not only its name */
    size_t n = 0, k = 0;
    char *key = file_all(second, &n);
    path_in(f, "data/prefix", path);
    mkdir(path, 0700);
    path_in(f, "data/prefix/one.kv", path);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    close(fd);
    if (store_erase(&f->config, &e))
        fail_msg("%s", e.text);
    assert_int_equal(file_size_of(f->dir), -1);
    assert_int_equal(file_size_of(f->key), -1);
    path_in(f, "key.old", path);
    assert_int_equal(file_size_of(path), -1);
    char *after = file_all(second, &k);
    assert_null(memmem(after, k, key, 32));
    free(key);
    free(after);
    assert_int_equal(store_erase(&f->config, &e), ERR_NOENT);
    expect_notes(f, 0); /* a new one may begin */
}

static void erasing_a_folder_with_a_passphrase_leaves_the_key_file_of_others(void **state)
{
    struct fixture *f = *state, other;
    struct err e = {0};
    store_free(fixture_open(f));
    fixture_make(&other);
    other.config.key_file = f->key;
    other.config.passphrase = STR("correct horse");
    store_free(fixture_open(&other));
    other.config.passphrase = STR("");
    assert_int_equal(store_erase(&other.config, &e), OK);
    assert_int_equal(file_size_of(other.db), -1);
    expect_notes(f, 0);
    fixture_remove(&other);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_backup_is_a_snapshot_and_restores),
        T(a_backup_beside_another_process_is_whole),
        T(a_backup_restores_where_there_is_nothing_but_the_key),
        T(what_is_no_good_backup_is_refused_and_changes_nothing),
        T(a_backup_from_before_a_rotation_restores_under_the_new_key),
        T(a_restore_mends_a_damaged_database),
        T(a_restore_that_is_killed_leaves_one_or_the_other),
        T(a_backup_to_a_full_disk_leaves_nothing),
        T(erasing_leaves_neither_data_nor_key),
        T(erasing_a_folder_with_a_passphrase_leaves_the_key_file_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
