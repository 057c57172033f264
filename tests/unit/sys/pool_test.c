#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "sys/pool.h"

enum { ITEMS = 500, THREADS = 8 };

struct loop {
    int done[ITEMS];            /* plain: each item is written by one thread, and read after the loop */
    atomic_int inside[THREADS]; /* a thread number is used by one thread at a time */
    atomic_int clashes;
    int n_threads;
};

static void item(void *arg, size_t i, int thread)
{
    struct loop *l = arg;
    if (thread < 0 || thread >= l->n_threads || atomic_fetch_add(&l->inside[thread], 1))
        atomic_fetch_add(&l->clashes, 1);
    l->done[i]++;
    atomic_fetch_sub(&l->inside[thread], 1);
}

static void every_item_once(void **state)
{
    (void)state;
    static struct loop l;
    for (int n = 1; n <= THREADS; n++) {
        struct pool *p = NULL;
        memset(&l, 0, sizeof l);
        l.n_threads = n;
        assert_int_equal(pool_create(n, &p, NULL), OK);
        assert_int_equal(pool_threads(p), n);
        int runs = 0, want[ITEMS] = {0};
        for (size_t items = 0; items <= ITEMS; items += items < 10 ? 1 : 49, runs++) {
            pool_run(p, items, item, &l);
            for (size_t i = 0; i < items; i++)
                want[i]++;
            assert_memory_equal(l.done, want, sizeof want);
        }
        assert_int_equal(l.clashes, 0);
        pool_free(p);
    }
}

static void add_one(void *arg, size_t i, int thread)
{
    (void)i;
    (void)thread;
    atomic_fetch_add((atomic_long *)arg, 1);
}

/* Thousands of short loops, some with pauses so that threads fall asleep in between. */
static void many_loops(void **state)
{
    (void)state;
    struct pool *p = NULL;
    atomic_long count = 0;
    long want = 0;
    assert_int_equal(pool_create(3, &p, NULL), OK);
    for (int i = 0; i < 3000; i++) {
        size_t items = (size_t)(i % 17);
        pool_run(p, items, add_one, &count);
        want += (long)items;
        assert_int_equal(count, want);
        if (i % 500 == 0)
            usleep(2000);
    }
    pool_free(p);
}

static void created_and_freed_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct pool *p = NULL;
        assert_int_equal(pool_create(1 + i % THREADS, &p, NULL), OK);
        pool_free(p);
    }
    pool_free(NULL);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Not a timing: processor time used, which a spinning thread would make as large as the pause. */
static void idle_threads_sleep(void **state)
{
    (void)state;
    struct pool *p = NULL;
    atomic_long count = 0;
    assert_int_equal(pool_create(2, &p, NULL), OK);
    pool_run(p, 100, add_one, &count);
    usleep(50000);
    double before = cpu_seconds();
    usleep(300000);
    assert_true(cpu_seconds() - before < 0.1);
    pool_free(p);
}

static void bad_sizes_are_refused(void **state)
{
    (void)state;
    static const int bad[] = {0, -1, 257, INT32_MAX};
    struct pool *p = NULL;
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(pool_create(bad[i], &p, &e), ERR_INVAL);
        assert_non_null(strstr(e.text, "256"));
        assert_null(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),           cmocka_unit_test(many_loops),
        cmocka_unit_test(created_and_freed_at_once), cmocka_unit_test(idle_threads_sleep),
        cmocka_unit_test(bad_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
