/* Flipped, swapped, zeroed and cut-off pages, in the database, the log and the journal: each is found, and named. */
#include "fixture.h"

#include "fault.h"

#include <sys/wait.h>

#include "store/internal.h"
#include "store/secret.h"

enum { PAGES = 60 };

static const char *long_body(int i)
{
    static char body[3000];
    for (size_t k = 0; k < sizeof body - 1; k++)
        body[k] = (char)('a' + (k * 7 + (size_t)i * 13 + k / 26) % 26);
    for (size_t k = 9; k < sizeof body - 1; k += 10)
        body[k] = ' ';
    return body;
}

/* A database of some 60 pages, closed. */
static void fill(const struct fixture *f)
{
    struct store *s = fixture_open(f);
    for (int i = 0; i < 25; i++)
        add_note(s, "title", long_body(i));
    store_free(s);
    assert_true(file_size_of(f->db) > (PAGES + 1) * 4096);
}

static int open_and_check(const struct fixture *f, struct err *e)
{
    struct store *s = NULL;
    int r = store_open(&f->config, &s, e);
    if (!r)
        r = store_check(s, e);
    store_free(s);
    return r;
}

static void expect_corrupt(const struct fixture *f, const char *sentence)
{
    struct err e = {0};
    int r = open_and_check(f, &e);
    if (r != ERR_CORRUPT || !strstr(e.text, sentence))
        fail_msg("%s: \"%s\" should say \"%s\"", err_name(r), e.text, sentence);
}

static void a_flipped_bit_in_any_page_is_found_and_the_page_named(void **state)
{
    struct fixture *f = *state;
    char good[120], sentence[100];
    fill(f);
    snprintf(good, sizeof good, "%s/good", f->root);
    file_copy(f->db, good);
    off_t pages = file_size_of(f->db) / 4096 - 1;
    for (off_t page = 1; page <= pages; page += page < 5 ? 1 : 7) {
        static const off_t places[] = {0, 100, 2000, 4063, 4064, 4079, 4095}; /* content, session, counter, tag */
        file_copy(good, f->db);
        file_flip(f->db, page * 4096 + places[(size_t)page % 7]);
        snprintf(sentence, sizeof sentence, "hearth.db: page %d is damaged", (int)page);
        expect_corrupt(f, sentence);
    }
    struct err e = {0};
    file_copy(good, f->db);
    assert_int_equal(open_and_check(f, &e), OK);
}

static void page_to(const char *from, off_t page, const char *to, off_t place)
{
    char bytes[4096];
    int in = open(from, O_RDONLY), out = open(to, O_RDWR);
    assert_int_equal(pread(in, bytes, sizeof bytes, page * 4096), sizeof bytes);
    assert_int_equal(pwrite(out, bytes, sizeof bytes, place * 4096), sizeof bytes);
    close(in);
    close(out);
}

static void pages_that_changed_places_are_found(void **state)
{
    struct fixture *f = *state;
    char good[120];
    fill(f);
    snprintf(good, sizeof good, "%s/good", f->root);
    file_copy(f->db, good);
    page_to(good, 9, f->db, 12);
    page_to(good, 12, f->db, 9);
    expect_corrupt(f, "hearth.db: page 9 is damaged, or belongs elsewhere");
}

static void a_page_of_another_database_is_found(void **state)
{
    struct fixture *f = *state, other;
    fill(f);
    fixture_make(&other);
    file_copy(f->key, other.key); /* even with the same key file */
    fill(&other);
    page_to(other.db, 9, f->db, 9);
    expect_corrupt(f, "hearth.db: page 9 is damaged, or belongs elsewhere");
    fixture_remove(&other);
}

static void zeros_are_no_page(void **state)
{
    struct fixture *f = *state;
    char zeros[4096] = {0};
    fill(f);
    int fd = open(f->db, O_RDWR);
    assert_int_equal(pwrite(fd, zeros, sizeof zeros, 20 * 4096), sizeof zeros);
    close(fd);
    expect_corrupt(f, "hearth.db: page 20 is damaged");
}

static void a_cut_off_end_is_found(void **state)
{
    struct fixture *f = *state;
    static const struct {
        off_t cut;
        const char *sentence;
    } cuts[] = {
        {4096, "hearth.db: the file ends after page"},
        {4096 * 10, "hearth.db: the file ends after page"},
        {1000, "hearth.db: the file ends after page"},
    };
    char good[120];
    fill(f);
    snprintf(good, sizeof good, "%s/good", f->root);
    file_copy(f->db, good);
    off_t size = file_size_of(f->db);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        file_copy(good, f->db);
        assert_int_equal(truncate(f->db, size - cuts[i].cut), 0);
        expect_corrupt(f, cuts[i].sentence);
    }
    static const off_t left[] = {0, 100, 4095, 4096, 4097, 8191, 8192};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        file_copy(good, f->db);
        assert_int_equal(truncate(f->db, left[i]), 0);
        expect_corrupt(f, "hearth.db");
    }
}

static void a_damaged_header_is_told_from_a_wrong_key(void **state)
{
    struct fixture *f = *state;
    char good[120];
    fill(f);
    snprintf(good, sizeof good, "%s/good", f->root);
    file_copy(f->db, good);
    static const off_t places[] = {0, 16, 24, 33, 50, 70, 85, 100, 160, 180};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        file_copy(good, f->db);
        file_flip(f->db, places[i]);
        expect_corrupt(f, "header is damaged");
    }
}

/* ---- the log */

/* A process that is killed after its transactions leaves the log behind. */
static void leave_log(const struct fixture *f, int transactions)
{
    pid_t child = fork();
    if (!child) {
        struct store *s = NULL;
        if (store_open(&f->config, &s, NULL))
            _exit(1);
        for (int i = 0; i < transactions; i++) {
            struct note n = {.title = "t", .body = long_body(i)};
            if (store_write(s, note_add, &n, NULL))
                _exit(1);
        }
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(file_size_of(f->wal) > 64 + 3 * 4160);
}

enum { FRAME_AT = 64, FRAME_SIZE = 4160 };

static void damage_in_the_middle_of_the_log_is_found_and_the_frame_named(void **state)
{
    struct fixture *f = *state;
    char good_db[120], good_wal[120], sentence[100];
    fill(f);
    leave_log(f, 8);
    snprintf(good_db, sizeof good_db, "%s/good", f->root);
    snprintf(good_wal, sizeof good_wal, "%s/good-wal", f->root);
    file_copy(f->db, good_db);
    file_copy(f->wal, good_wal);
    static const off_t places[] = {3, 30, 50, 64, 2000, 4159}; /* head, its trailer, page, its trailer */
    for (int frame = 0; frame < 12; frame += 2) {
        file_copy(good_db, f->db);
        file_copy(good_wal, f->wal);
        file_flip(f->wal, FRAME_AT + frame * FRAME_SIZE + places[frame / 2]);
        snprintf(sentence, sizeof sentence, "hearth.db-wal: frame %d is damaged", frame);
        expect_corrupt(f, sentence);
    }
    file_copy(good_db, f->db);
    file_copy(good_wal, f->wal);
    file_flip(f->wal, 10);
    expect_corrupt(f, "hearth.db-wal: its head is damaged");

    file_copy(good_db, f->db);
    file_copy(good_wal, f->wal);
    struct store *s = fixture_open(f);
    assert_int_equal(count_notes(s), 25 + 8);
    store_free(s);
}

static void frames_that_changed_places_are_found(void **state)
{
    struct fixture *f = *state;
    char a[FRAME_SIZE], b[FRAME_SIZE];
    leave_log(f, 8);
    int fd = open(f->wal, O_RDWR);
    assert_int_equal(pread(fd, a, sizeof a, FRAME_AT + 4 * FRAME_SIZE), sizeof a);
    assert_int_equal(pread(fd, b, sizeof b, FRAME_AT + 5 * FRAME_SIZE), sizeof b);
    assert_int_equal(pwrite(fd, b, sizeof b, FRAME_AT + 4 * FRAME_SIZE), sizeof b);
    assert_int_equal(pwrite(fd, a, sizeof a, FRAME_AT + 5 * FRAME_SIZE), sizeof a);
    close(fd);
    expect_corrupt(f, "hearth.db-wal: frame 4 is damaged, or belongs elsewhere");
}

/* A torn end is what a power failure leaves, and no damage: what was acknowledged before it is there. */
static void a_torn_end_of_the_log_ends_it_there(void **state)
{
    struct fixture *f = *state;
    leave_log(f, 8);
    off_t size = file_size_of(f->wal);
    assert_int_equal(truncate(f->wal, size - 1000), 0);
    struct store *s = fixture_open(f);
    struct err e = {0};
    assert_int_equal(count_notes(s), 7);
    assert_int_equal(store_check(s, &e), OK);
    store_free(s);
}

static void an_unfinished_transaction_after_the_last_is_no_damage(void **state)
{
    struct fixture *f = *state;
    leave_log(f, 8);
    char noise[FRAME_SIZE * 2];
    memset(noise, 0x5a, sizeof noise);
    int fd = open(f->wal, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, noise, sizeof noise), sizeof noise);
    close(fd);
    struct store *s = fixture_open(f);
    assert_int_equal(count_notes(s), 8);
    store_free(s);
}

static int spill(struct store_db *db, void *ctx, struct err *e)
{
    (void)ctx;
    int r = db_exec(db,
                    "INSERT INTO notes (title) SELECT hex(randomblob(1000)) FROM "
                    "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 100) SELECT n FROM c);",
                    e);
    return r ? r : err_set(e, ERR_CANCELED, "rolled back");
}

/* Frames of a transaction that was rolled back may be written over, and torn: nobody vouches for them. */
static void a_torn_frame_where_a_transaction_was_rolled_back_ends_the_log(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    if (!child) {
        struct store *s = fixture_open(f);
        if (db_exec(s->writer, "PRAGMA cache_spill=ON; PRAGMA cache_size=5;", NULL))
            _exit(3);
        add_note(s, "kept", "body");
        if (store_write(s, spill, NULL, NULL) != ERR_CANCELED || file_size_of(f->wal) < FRAME_AT + 60 * FRAME_SIZE)
            _exit(1);
        add_note(s, "kept", "body");
        off_t end = file_size_of(f->wal);
        add_note(s, "the last", long_body(1));
        if (file_size_of(f->wal) != end)
            _exit(2); /* it was not written over the spilled frames */
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct fixture copy = *f;
    char wal[120], db[120];
    snprintf(wal, sizeof wal, "%s/good-wal", f->root);
    snprintf(db, sizeof db, "%s/good", f->root);
    file_copy(f->wal, wal);
    file_copy(f->db, db);
    int torn = 0;
    for (int frame = 59; frame > 0 && torn < 2; frame--) {
        struct store *s = NULL;
        struct err e = {0};
        file_copy(wal, f->wal);
        file_copy(db, f->db);
        file_flip(f->wal, FRAME_AT + frame * FRAME_SIZE + 100);
        int r = store_open(&copy.config, &s, &e);
        if (r)
            fail_msg("frame %d: %s", frame, e.text);
        torn += count_notes(s) == 2; /* the last frame of the last transaction, and the one before it */
        store_free(s);
    }
    assert_int_equal(torn, 2);
}

static int read_bodies(struct store_db *db, void *ctx, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT body FROM parts");
    int r;
    while ((r = db_step(db, st, e)) == 1)
        ++*(int *)ctx;
    return r;
}

/* Not at opening, but while it is in use. */
static void damage_that_happens_later_is_found_when_the_page_is_read(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    int n = 0;
    fill(f);
    struct store *s = fixture_open(f);
    off_t size = file_size_of(f->db);
    for (off_t at = 6 * 4096; at < size; at += 4096)
        file_flip(f->db, at + 77);
    assert_int_equal(store_read(s, read_bodies, &n, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.text, "hearth.db: page "));
    assert_non_null(strstr(e.text, "is damaged"));
    store_free(s);
}

/* ---- the journal */

/* A connection without WAL, as at the making of a database, killed in the middle of a transaction whose pages were already
 * being written: leaves a hot journal. */
static void leave_journal(const struct fixture *f, const struct keys *keys, const char *path)
{
    pid_t child = fork();
    if (!child) {
        struct vfs *v = NULL;
        struct store_db *db = NULL;
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0 || write(fd, keys->header, HEADER_BYTES) != HEADER_BYTES || vfs_create(keys, &v))
            _exit(1);
        if (connect_open(v, path, CONNECT_CREATE, &db, NULL))
            _exit(2);
        if (db_exec(db,
                    "CREATE TABLE t (x); INSERT INTO t SELECT 'planted ' || hex(randomblob(2000)) FROM "
                    "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 40) SELECT n FROM c);",
                    NULL))
            _exit(3);
        if (db_exec(db, "PRAGMA cache_size=5; BEGIN; UPDATE t SET x = 'changed';", NULL))
            _exit(4);
        raise(SIGKILL);
    }
    int status = 0;
    (void)f;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status))
        fail_msg("the child ended with %d", WEXITSTATUS(status));
}

static int open_hot(const struct keys *keys, const char *path, struct err *e)
{
    struct vfs *v = NULL;
    struct store_db *db = NULL;
    assert_int_equal(vfs_create(keys, &v), OK);
    int r = connect_open(v, path, CONNECT_CREATE, &db, e);
    if (!r) {
        struct store_stmt *st = db_prepare(db, "SELECT count(*) FROM t WHERE x LIKE 'planted %'");
        r = db_step(db, st, e);
        if (r == 1)
            r = db_int(st, 0) == 40 ? OK : ERR_INTERNAL;
    }
    connect_close(db);
    vfs_free(v);
    return r;
}

static void a_damaged_journal_is_found_and_a_whole_one_rolls_back(void **state)
{
    struct fixture *f = *state;
    char db[120], journal[130], good[120], good_journal[130];
    struct keys keys;
    struct err e = {0};
    const uint8_t master[KEY_BYTES] = {7};
    const struct header h = {.source = KEY_FROM_FILE};
    assert_int_equal(header_make(&h, master, NULL, &keys), OK);
    snprintf(db, sizeof db, "%s/j.db", f->root);
    snprintf(journal, sizeof journal, "%s/j.db-journal", f->root);
    snprintf(good, sizeof good, "%s/good", f->root);
    snprintf(good_journal, sizeof good_journal, "%s/good-journal", f->root);
    leave_journal(f, &keys, db);
    assert_true(file_size_of(journal) > 20 * 4096);
    file_copy(db, good);
    file_copy(journal, good_journal);
    if (open_hot(&keys, db, &e))
        fail_msg("rolling back: %s", e.text);

    off_t blocks = file_size_of(good_journal) / 4096;
    for (off_t block = 0; block < blocks - 1; block += 5) {
        char sentence[100];
        file_copy(good, db);
        file_copy(good_journal, journal);
        file_flip(journal, block * 4096 + 50);
        snprintf(sentence, sizeof sentence, "j.db-journal: block %d is damaged", (int)block + 1);
        assert_int_equal(open_hot(&keys, db, &e), ERR_CORRUPT);
        if (!strstr(e.text, sentence))
            fail_msg("\"%s\" should say \"%s\"", e.text, sentence);
    }
    file_copy(good, db);
    file_copy(good_journal, journal);
    assert_int_equal(truncate(journal, 3 * 4096), 0);
    assert_int_equal(open_hot(&keys, db, &e), ERR_CORRUPT);
    assert_non_null(strstr(e.text, "j.db-journal: block 4 is missing"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_flipped_bit_in_any_page_is_found_and_the_page_named),
        T(pages_that_changed_places_are_found),
        T(a_page_of_another_database_is_found),
        T(zeros_are_no_page),
        T(a_cut_off_end_is_found),
        T(a_damaged_header_is_told_from_a_wrong_key),
        T(damage_in_the_middle_of_the_log_is_found_and_the_frame_named),
        T(frames_that_changed_places_are_found),
        T(a_torn_end_of_the_log_ends_it_there),
        T(an_unfinished_transaction_after_the_last_is_no_damage),
        T(a_torn_frame_where_a_transaction_was_rolled_back_ends_the_log),
        T(damage_that_happens_later_is_found_when_the_page_is_read),
        T(a_damaged_journal_is_found_and_a_whole_one_rolls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
