/* Killed at any moment, a store loses nothing that was acknowledged, and is whole. */
#include "fixture.h"

#include "fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../sanitized.h"
#include "base/rng.h"

enum { KILLS = SANITIZED ? 10 : 100, WORK_US = 12000 };

/* All of 1 … acknowledged, and at most the one more that had no time to be acknowledged; each whole. */
static int look(struct store_db *db, void *ctx, struct err *e)
{
    int64_t *got = ctx;
    struct store_stmt *st =
        db_prepare(db, "SELECT count(*), coalesce(max(n), 0), (SELECT count(*) FROM parts), (SELECT count(*) FROM words) FROM notes");
    int r = db_step(db, st, e);
    for (int i = 0; r == 1 && i < 4; i++)
        got[i] = db_int(st, i);
    return r < 0 ? r : OK;
}

/* Notes numbered without gaps, each acknowledged in memory that outlives the process. */
static void write_until_killed(const struct fixture *f, volatile int64_t *acknowledged)
{
    struct store *s = NULL;
    char body[2000];
    int64_t got[4] = {0};
    if (store_open(&f->config, &s, NULL) || store_read(s, look, got, NULL))
        _exit(1);
    if (got[1] < *acknowledged || got[1] > *acknowledged + 1)
        _exit(3);           /* lost, or from nowhere */
    *acknowledged = got[1]; /* or a second kill would find two that nobody acknowledged */
    for (int64_t n = got[1] + 1;; n++) {
        size_t len = 20 + (size_t)(n * 7919 % 1900);
        memset(body, 'a' + (int)(n % 26), len);
        body[len] = 0;
        struct note note = {.title = "killed", .body = body, .n = n};
        if (store_write(s, note_add, &note, NULL))
            _exit(2);
        *acknowledged = n;
    }
}

static void expect_whole(const struct fixture *f, volatile int64_t *acknowledged)
{
    struct store *s = fixture_open(f);
    struct err e = {0};
    int64_t got[4] = {0};
    assert_int_equal(store_read(s, look, got, &e), OK);
    if (got[1] < *acknowledged || got[1] > *acknowledged + 1)
        fail_msg("%lld acknowledged, %lld found", (long long)*acknowledged, (long long)got[1]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(got[i], got[1]);
    if (store_check(s, &e))
        fail_msg("%s", e.text);
    *acknowledged = got[1];
    store_free(s);
}

static void killed_at_random_moments_nothing_is_lost(void **state)
{
    struct fixture *f = *state;
    struct rng rng;
    volatile int64_t *acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal((void *)acknowledged, MAP_FAILED);
    rng_seed(&rng, 4711);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        if (!child)
            write_until_killed(f, acknowledged);
        for (int ms = 0; !*acknowledged && ms < 20000; ms++) /* the first one gets as far as something that could be lost */
            usleep(1000);
        usleep((useconds_t)(rng_u64(&rng) % WORK_US));
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status))
            fail_msg("the writer ended with %d", WEXITSTATUS(status));
        if (i % 4 == 3 || i == KILLS - 1) /* what the others left is the next one's to recover */
            expect_whole(f, acknowledged);
    }
    assert_true(*acknowledged > 0);
    print_message("%lld notes acknowledged\n", (long long)*acknowledged);
    munmap((void *)acknowledged, 4096);
}

/* At every call that changes a file, from the making of the folder on. */
static void killed_at_every_step_of_the_first_opening_it_opens_again(void **state)
{
    struct fixture *f = *state;
    int survived = 0;
    for (long step = 1; !survived; step += SANITIZED ? 7 : 1) {
        fixture_remove(f);
        fixture_make(f);
        pid_t child = fork();
        if (!child) {
            fault = (struct fault){.no_sync = 1, .kill_at = step};
            struct store *s = NULL;
            struct note note = {.title = "first", .body = "body", .n = 1};
            if (store_open(&f->config, &s, NULL) || store_write(s, note_add, &note, NULL))
                _exit(1);
            store_free(s);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        survived = WIFEXITED(status);
        if (survived)
            assert_int_equal(WEXITSTATUS(status), 0);
        struct store *s = fixture_open(f);
        int64_t n = count_notes(s);
        assert_true(n == 0 || n == 1);
        if (survived)
            assert_int_equal(n, 1);
        store_free(s);
        assert_true(step < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_random_moments_nothing_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(killed_at_every_step_of_the_first_opening_it_opens_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
