#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "sys/pool.h"
#include "sys/share.h"

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

/* Phases between meetings: what was written in one is seen by all in the next, plainly. */
struct phases {
    struct pool *pool;
    int n_threads, n_phases;
    long cell[2][THREADS], wrong[THREADS];
};

static void run_phases(void *arg, int thread)
{
    struct phases *ph = arg;
    for (int i = 0; i < ph->n_phases; i++) {
        ph->cell[i % 2][thread] = i + thread;
        if (i % 97 == 0 && thread == i % ph->n_threads)
            usleep(300); /* late: the others fall asleep */
        pool_meet(ph->pool);
        for (int t = 0; t < ph->n_threads; t++)
            ph->wrong[thread] += ph->cell[i % 2][t] != i + t;
    }
}

static void a_team_meets(void **state)
{
    (void)state;
    for (int n = 1; n <= THREADS; n += n < 3 ? 1 : 5) {
        struct phases ph = {.n_threads = n, .n_phases = 1000};
        assert_int_equal(pool_create(n, &ph.pool, NULL), OK);
        for (int run = 0; run < 5; run++) {
            atomic_long count = 0;
            pool_team(ph.pool, run_phases, &ph);
            pool_run(ph.pool, 50, add_one, &count); /* loops and teams take turns */
            assert_int_equal(count, 50);
            ph.n_phases = run * 50;
        }
        for (int t = 0; t < n; t++)
            assert_int_equal(ph.wrong[t], 0);
        pool_free(ph.pool);
    }
}

/* Every item of every round once, also when one thread does nothing and the others have to take its part. */
struct rounds {
    struct pool *pool;
    struct share share;
    int lazy, done[ITEMS], foreign[THREADS];
    uint32_t n_items;
};

static void run_rounds(void *arg, int thread)
{
    struct rounds *r = arg;
    for (int i = 0; i < 20; i++) {
        uint32_t item, first, n = r->n_items + (uint32_t)i;
        share_deal(&r->share, thread, n);
        pool_meet(r->pool);
        share_begin(&r->share, thread);
        bool own, has = share_first(&r->share, thread, n, &first);
        for (int taken = 0; thread != r->lazy && share_take(&r->share, thread, &item, &own); taken++) {
            r->done[item]++; /* plain: the meetings order it */
            r->foreign[thread] += !own;
            if (!taken && own && (!has || item < first)) /* others take from the end */
                r->done[item] = -1000;
        }
    }
    pool_meet(r->pool);
}

static void shares_are_done_once(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 7, 40, ITEMS - 20};
    for (int n = 1; n <= 4; n++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            static struct rounds r;
            memset(&r, 0, sizeof r);
            r.n_items = sizes[k];
            r.lazy = n > 1 ? (int)(k % (size_t)n) : -1;
            assert_int_equal(pool_create(n, &r.pool, NULL), OK);
            assert_int_equal(share_init(&r.share, n), OK);
            pool_team(r.pool, run_rounds, &r);
            for (uint32_t i = 0; i < ITEMS; i++)
                assert_int_equal(r.done[i], i < r.n_items ? 20 : i < r.n_items + 19 ? r.n_items + 19 - i : 0);
            if (r.lazy >= 0 && r.n_items > 10)
                assert_true(r.foreign[(r.lazy + 1) % n] > 0 || n > 2);
            share_deinit(&r.share);
            pool_free(r.pool);
        }
    share_deinit(&(struct share){0});
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
        cmocka_unit_test(bad_sizes_are_refused),     cmocka_unit_test(a_team_meets),
        cmocka_unit_test(shares_are_done_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
