/* Transactions that outgrow the page cache: pages go to the log before the commit, and are written over there. The store's writer does
 * not let it happen (connect.c), so the transactions here ask for it. */
#include "fixture.h"

#include "fault.h"

#include <sys/wait.h>

#include "../sanitized.h"
#include "store/internal.h"

enum { NOTES = 200, ROUNDS = 4, LOG_HEAD = 64, LOG_FRAME = 4160 };

/* ---- transactions */

static const char sql_plant[] = "INSERT INTO notes (title) SELECT hex(randomblob(400)) FROM "
                                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 200) SELECT n FROM c);";

/* Only outside of a transaction. */
static struct store *open_spilling(const struct fixture *f)
{
    struct store *s = fixture_open(f);
    assert_int_equal(db_exec(s->writer, "PRAGMA cache_spill=ON; PRAGMA cache_size=5;", NULL), OK);
    return s;
}

static int expect_spilled(struct store_db *db, struct err *e)
{
    int spilled = 0, most = 0;
    sqlite3_db_status(db->db, SQLITE_DBSTATUS_CACHE_SPILL, &spilled, &most, true);
    return spilled > 30 ? OK : err_set(e, ERR_INTERNAL, "%d pages spilled", spilled);
}

/* Every page again and again, once from each end, so that frames are written over in any order. */
static int count_up(struct store_db *db, void *ctx, struct err *e)
{
    int r = OK;
    for (int round = 0; round < ROUNDS && !r; round++) {
        r = db_exec(db, "UPDATE notes SET n = n + 1 WHERE id % 2; UPDATE notes SET n = n + 1 WHERE NOT id % 2;", e);
        if (!r)
            r = db_exec(db, "INSERT INTO words (body) SELECT substr(title, 1, 60) FROM notes ORDER BY id DESC LIMIT 40;", e);
    }
    if (!r)
        r = expect_spilled(db, e);
    return r || !ctx ? r : err_set(e, ERR_CANCELED, "rolled back");
}

static int plant(struct store_db *db, void *ctx, struct err *e)
{
    (void)ctx;
    return db_exec(db, sql_plant, e);
}

static void write_ok(struct store *s, store_fn *fn, void *ctx)
{
    struct err e = {0};
    if (store_write(s, fn, ctx, &e))
        fail_msg("store_write: %s", e.text);
}

static int checkpoint(struct store *s, int how)
{
    return sqlite3_wal_checkpoint_v2(s->writer->db, NULL, how, NULL, NULL);
}

/* ---- what must be so afterwards */

static int look(struct store_db *db, void *ctx, struct err *e)
{
    int64_t *got = ctx;
    struct store_stmt *st = db_prepare(db, "SELECT count(*), min(n), max(n), (SELECT count(*) FROM words) FROM notes");
    int r = db_step(db, st, e);
    for (int i = 0; r == 1 && i < 4; i++)
        got[i] = db_int(st, i);
    return r < 0 ? r : OK;
}

/* Returns how many of count_up's transactions are there. */
static int64_t transactions(struct store *s)
{
    int64_t got[4] = {0};
    struct err e = {0};
    if (store_read(s, look, got, &e) || store_check(s, &e))
        fail_msg("%s", e.text);
    assert_int_equal(got[0], NOTES);
    assert_int_equal(got[1], got[2]);
    assert_int_equal(got[3], got[1] * 40);
    assert_int_equal(got[1] % ROUNDS, 0);
    return got[1] / ROUNDS;
}

/* The folder as a kill would leave it now, opened. */
static void expect_after_a_kill(const struct fixture *f, int64_t n)
{
    struct fixture copy;
    fixture_make(&copy);
    assert_int_equal(mkdir(copy.dir, 0700), 0);
    file_copy(f->key, copy.key);
    file_copy(f->db, copy.db);
    file_copy(f->wal, copy.wal);
    struct store *s = fixture_open(&copy);
    assert_int_equal(transactions(s), n);
    store_free(s);
    fixture_remove(&copy);
}

/* ---- tests */

static void pages_written_over_in_the_log_are_there_after_checkpoint_and_opening(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_spilling(f);
    write_ok(s, plant, NULL);
    for (int n = 1; n <= 3; n++) {
        off_t before = file_size_of(f->wal);
        write_ok(s, count_up, NULL);
        assert_true(file_size_of(f->wal) > before + 30 * LOG_FRAME);
        assert_int_equal(transactions(s), n);
        expect_after_a_kill(f, n);
    }
    assert_int_equal(checkpoint(s, SQLITE_CHECKPOINT_RESTART), SQLITE_OK);
    write_ok(s, count_up, NULL); /* in a new generation, over the old frames */
    expect_after_a_kill(f, 4);
    assert_int_equal(checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE), SQLITE_OK);
    write_ok(s, count_up, NULL); /* from the log's first frame on */
    expect_after_a_kill(f, 5);
    store_free(s);
    s = open_spilling(f);
    assert_int_equal(transactions(s), 5);
    store_free(s);
}

static void rolled_back_they_are_void_and_the_next_ones_written_over_them(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_spilling(f);
    int cancel = 1;
    write_ok(s, plant, NULL);
    for (int n = 1; n <= 3; n++) {
        assert_int_equal(store_write(s, count_up, &cancel, NULL), ERR_CANCELED);
        expect_after_a_kill(f, n - 1);
        if (n == 2) /* syncs the log, with the void frames in it */
            assert_int_equal(checkpoint(s, SQLITE_CHECKPOINT_PASSIVE), SQLITE_OK);
        write_ok(s, count_up, NULL);
        expect_after_a_kill(f, n);
    }
    store_free(s);
}

/* A reader of an old snapshot sees it, whatever is written meanwhile. */
struct reading {
    struct store *s;
    int64_t before[4], after[4];
};

static int read_while_written(struct store_db *db, void *ctx, struct err *e)
{
    struct reading *g = ctx;
    int r = look(db, g->before, e);
    write_ok(g->s, count_up, NULL);
    checkpoint(g->s, SQLITE_CHECKPOINT_PASSIVE);
    write_ok(g->s, count_up, NULL);
    return r ? r : look(db, g->after, e);
}

static void readers_keep_their_snapshot_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct reading g = {.s = open_spilling(f)};
    struct err e = {0};
    write_ok(g.s, plant, NULL);
    write_ok(g.s, count_up, NULL);
    if (store_read(g.s, read_while_written, &g, &e))
        fail_msg("%s", e.text);
    assert_int_equal(g.before[1], ROUNDS);
    assert_memory_equal(g.before, g.after, sizeof g.before);
    assert_int_equal(transactions(g.s), 3);
    expect_after_a_kill(f, 3);
    store_free(g.s);
}

/* At steps all over spilling, writing over, computing checksums anew, and committing. */
static void killed_at_any_step_the_transaction_is_there_or_not(void **state)
{
    struct fixture *f = *state, good = *f;
    struct store *s = open_spilling(f);
    write_ok(s, plant, NULL);
    write_ok(s, count_up, NULL);
    store_free(s);
    snprintf(good.db, sizeof good.db, "%s/good", f->root);
    file_copy(f->db, good.db);
    int survived = 0, killed = 0;
    for (long step = 1; !survived; step += SANITIZED ? 397 : 97) {
        file_copy(good.db, f->db);
        unlink(f->wal);
        pid_t child = fork();
        if (!child) {
            s = open_spilling(f);
            fault = (struct fault){.no_sync = 1, .kill_at = step};
            if (store_write(s, count_up, NULL, NULL) || store_write(s, count_up, NULL, NULL))
                _exit(2);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        survived = WIFEXITED(status);
        if (survived)
            assert_int_equal(WEXITSTATUS(status), 0);
        killed += !survived;
        s = open_spilling(f);
        int64_t n = transactions(s);
        assert_true(n >= 1 && n <= 3);
        if (survived)
            assert_int_equal(n, 3);
        write_ok(s, count_up, NULL);
        assert_int_equal(transactions(s), n + 1);
        store_free(s);
    }
    assert_true(killed > 2);
}

/* Damage in what was committed is found and named, as in any log. */
static void a_damaged_frame_of_one_that_spilled_is_named(void **state)
{
    struct fixture *f = *state, copy;
    struct store *s = open_spilling(f);
    write_ok(s, plant, NULL);
    off_t first = (file_size_of(f->wal) - LOG_HEAD) / LOG_FRAME;
    write_ok(s, count_up, NULL);
    write_ok(s, plant, NULL); /* it vouches */
    for (int i = 0; i < 4; i++) {
        static const off_t places[] = {3, 50, 64, 4159}; /* head, its trailer, page, its trailer */
        struct err e = {0};
        struct store *damaged = NULL;
        char sentence[80];
        fixture_make(&copy);
        assert_int_equal(mkdir(copy.dir, 0700), 0);
        file_copy(f->key, copy.key);
        file_copy(f->db, copy.db);
        file_copy(f->wal, copy.wal);
        file_flip(copy.wal, LOG_HEAD + (first + 5 + i * 7) * LOG_FRAME + places[i]);
        snprintf(sentence, sizeof sentence, "hearth.db-wal: frame %d is damaged", (int)first + 5 + i * 7);
        assert_int_equal(store_open(&copy.config, &damaged, &e), ERR_CORRUPT);
        if (!strstr(e.text, sentence))
            fail_msg("\"%s\" should say \"%s\"", e.text, sentence);
        fixture_remove(&copy);
    }
    store_free(s);
}

/* While it runs: what is read back for its checksums is never taken for the log's end. */
static int damaged_before_the_commit(struct store_db *db, void *ctx, struct err *e)
{
    const struct fixture *f = ctx;
    int r = count_up(db, NULL, e);
    for (off_t at = file_size_of(f->wal) - LOG_FRAME; at > file_size_of(f->wal) - 20 * LOG_FRAME; at -= LOG_FRAME)
        file_flip(f->wal, at + 1000);
    return r;
}

static void damage_before_the_commit_fails_it(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_spilling(f);
    struct err e = {0};
    write_ok(s, plant, NULL);
    assert_int_equal(checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE), SQLITE_OK);
    assert_int_equal(store_write(s, damaged_before_the_commit, f, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.text, "hearth.db-wal: frame "));
    write_ok(s, count_up, NULL);
    expect_after_a_kill(f, 1);
    store_free(s);
}

/* SQLite 3.40 leaves frames without checksums where a savepoint was rolled back whose frames had been written over. */
static int with_savepoint(struct store_db *db, void *ctx, struct err *e)
{
    static const char sql[] = "UPDATE notes SET title = title || 'x' WHERE id < 20; SAVEPOINT a;"
                              "UPDATE notes SET title = title || 'y' WHERE id > 50; UPDATE notes SET title = title || 'z' WHERE id > 50;"
                              "ROLLBACK TO a; UPDATE notes SET n = 1 WHERE id = 200;";
    (void)ctx;
    return db_exec(db, sql, e);
}

static int changed(struct store_db *db, void *ctx, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM notes WHERE n = 1 AND id = 200");
    int r = db_step(db, st, e);
    *(int64_t *)ctx = r == 1 ? db_int(st, 0) : -1;
    return r < 0 ? r : OK;
}

static void a_commit_after_a_savepoint_is_kept_or_fails_and_is_never_lost(void **state)
{
    struct fixture *f = *state, copy;
    for (int spills = 0; spills < 2; spills++) {
        fixture_remove(f);
        fixture_make(f);
        struct store *s = spills ? open_spilling(f) : fixture_open(f);
        write_ok(s, plant, NULL);
        int r = store_write(s, with_savepoint, NULL, NULL);
        if (!spills)
            assert_int_equal(r, OK);
        fixture_make(&copy);
        assert_int_equal(mkdir(copy.dir, 0700), 0);
        file_copy(f->key, copy.key);
        file_copy(f->db, copy.db);
        file_copy(f->wal, copy.wal);
        struct store *opened = fixture_open(&copy);
        int64_t found = -1;
        assert_int_equal(store_read(opened, changed, &found, NULL), OK);
        assert_int_equal(found, r == OK);
        store_free(opened);
        fixture_remove(&copy);
        add_note(s, "goes on", "body");
        assert_int_equal(count_notes(s), NOTES + 1);
        store_free(s);
    }
}

/* Without being asked, the writer does not spill, however large the transaction. */
static int grow(struct store_db *db, void *ctx, struct err *e)
{
    const struct fixture *f = ctx;
    off_t before = file_size_of(f->wal);
    int r = db_exec(db, "PRAGMA cache_size=5;", e);
    for (int i = 0; i < 5 && !r; i++)
        r = db_exec(db, sql_plant, e);
    assert_int_equal(file_size_of(f->wal), before);
    return r;
}

static void the_writer_writes_nothing_before_the_commit(void **state)
{
    struct fixture *f = *state;
    struct store *s = fixture_open(f);
    write_ok(s, grow, f);
    assert_int_equal(count_notes(s), 5 * NOTES);
    store_free(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(pages_written_over_in_the_log_are_there_after_checkpoint_and_opening),
        T(rolled_back_they_are_void_and_the_next_ones_written_over_them),
        T(readers_keep_their_snapshot_meanwhile),
        T(killed_at_any_step_the_transaction_is_there_or_not),
        T(a_damaged_frame_of_one_that_spilled_is_named),
        T(damage_before_the_commit_fails_it),
        T(a_commit_after_a_savepoint_is_kept_or_fails_and_is_never_lost),
        T(the_writer_writes_nothing_before_the_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
