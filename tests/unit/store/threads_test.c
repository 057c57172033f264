/* Readers beside a writer: each sees whole transactions, in the order in which they were written. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "../sanitized.h"

enum { READERS = 6, WRITERS = 2, WRITES = SANITIZED ? 30 : 80 };

struct shared {
    struct store *store;
    atomic_int writing;
    const char *dir;
};

/* A transaction adds two notes: nobody ever counts an odd number. */
static int add_two(struct store_db *db, void *ctx, struct err *e)
{
    struct note n = {.title = "t", .body = "a body of some words"};
    (void)ctx;
    int r = note_add(db, &n, e);
    return r ? r : note_add(db, &n, e);
}

/* Twice in one transaction: what others write in between is not seen. */
static int count_twice(struct store_db *db, void *ctx, struct err *e)
{
    int64_t *got = ctx;
    int r = notes_count(db, &got[0], e);
    return r ? r : notes_count(db, &got[1], e);
}

static void *write_some(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < WRITES; i++)
        if (store_write(s->store, add_two, NULL, NULL))
            abort();
    atomic_fetch_sub(&s->writing, 1);
    return NULL;
}

static void *read_all_the_time(void *arg)
{
    struct shared *s = arg;
    int64_t last = 0;
    do {
        int64_t got[2] = {-1, -2};
        if (store_read(s->store, count_twice, got, NULL) || got[0] % 2 || got[0] != got[1] || got[0] < last)
            abort();
        last = got[0];
    } while (atomic_load(&s->writing));
    return NULL;
}

/* Copies are made and the whole is checked meanwhile. */
static void *care(void *arg)
{
    struct shared *s = arg;
    char path[120];
    int i = 0;
    do {
        snprintf(path, sizeof path, "%s/copy%d", s->dir, i++ % 4);
        unlink(path);
        if (store_backup(s->store, path, NULL) || store_check(s->store, NULL))
            abort();
    } while (atomic_load(&s->writing));
    return NULL;
}

static void readers_see_whole_transactions(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[READERS + WRITERS + 1];
    fixture_make(&f);
    struct shared s = {.store = fixture_open(&f), .writing = WRITERS, .dir = f.root};
    for (int i = 0; i < READERS + WRITERS + 1; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < WRITERS ? write_some : i == WRITERS ? care : read_all_the_time, &s), 0);
    for (int i = 0; i < READERS + WRITERS + 1; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_notes(s.store), WRITERS * WRITES * 2);
    store_free(s.store);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
