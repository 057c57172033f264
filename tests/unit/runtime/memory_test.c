/* How much memory a model gets, and the lease. */

#include <pthread.h>

#include "../check.h"
#include "runtime/lease.h"
#include "runtime/worker_internal.h"

static const uint64_t GB = 1000000000, KB = 1000;

static struct memory_plan plan(struct gen_load load, struct memory_need need, uint64_t free_bytes, int want)
{
    struct memory_plan p = {0};
    struct err e = {0};
    assert_int_equal(memory_plan(&load, &need, free_bytes, &p, &e), want);
    assert_int_equal(e.text[0] != 0, want != OK);
    return p;
}

static void free_choice_takes_a_share(void **state)
{
    (void)state;
    struct memory_need need = {.weights = 2 * GB, .kv_per_token = 100 * KB, .context_trained = 32768};
    /* 8 GB of room: a quarter is 2 GB, which holds 20,000 tokens */
    struct memory_plan p = plan((struct gen_load){.sequences_max = 8}, need, 10 * GB, OK);
    assert_true(p.kv_bytes_max == 2 * GB);
    assert_int_equal(p.context_tokens, 20000);
    /* a lot of room: not more than all sequences can use, and the context is the trained one */
    p = plan((struct gen_load){.sequences_max = 1}, need, 1000 * GB, OK);
    assert_true(p.kv_bytes_max == (32768 + 32) * 100 * KB);
    assert_int_equal(p.context_tokens, 32768);
    /* little room: at least 2,048 tokens */
    p = plan((struct gen_load){.sequences_max = 1}, need, 2 * GB + 300000 * KB, OK);
    assert_int_equal(p.context_tokens, 2080);
    plan((struct gen_load){.sequences_max = 1}, need, 2 * GB + 200000 * KB, ERR_NOMEM);
}

static void named_values_are_kept_or_refused(void **state)
{
    (void)state;
    struct memory_need need = {.weights = GB, .kv_per_token = 100 * KB, .context_trained = 4096};
    struct memory_plan p = plan((struct gen_load){.context_tokens = 8192, .sequences_max = 2}, need, 3 * GB, OK);
    assert_int_equal(p.context_tokens, 8192);
    assert_true(p.kv_bytes_max >= 8192 * 100 * KB);
    plan((struct gen_load){.context_tokens = 8192}, need, GB + GB / 2, ERR_NOMEM);
    p = plan((struct gen_load){.kv_bytes_max = 100000 * KB}, need, 3 * GB, OK);
    assert_int_equal(p.context_tokens, 992); /* whole blocks */
    assert_true(p.kv_bytes_max == 100000 * KB);
    plan((struct gen_load){.kv_bytes_max = 100000 * KB, .context_tokens = 2048}, need, 3 * GB, ERR_NOMEM);
    plan((struct gen_load){.kv_bytes_max = 5 * GB}, need, 3 * GB, ERR_NOMEM);
    plan((struct gen_load){.kv_bytes_max = 1000}, need, 3 * GB, ERR_NOMEM);
    plan((struct gen_load){0}, (struct memory_need){.weights = 4 * GB, .kv_per_token = 1}, 3 * GB, ERR_NOMEM);
}

static void the_sentence_names_need_and_free(void **state)
{
    (void)state;
    struct memory_plan p;
    struct err e;
    struct memory_need need = {.weights = 4 * GB, .kv_per_token = 100 * KB, .context_trained = 10208};
    assert_int_equal(memory_plan(&(struct gen_load){.context_tokens = 9968}, &need, 3 * GB, &p, &e), ERR_NOMEM);
    assert_string_equal(e.text, "needs about 5.00 GB of memory (weights 4.00, KV cache 1.00), 3.00 GB are available; choose a "
                                "smaller model or --context");
}

static void absurd_numbers_do_not_overflow(void **state)
{
    (void)state;
    struct memory_need need = {.weights = UINT64_MAX / 2,
                               .scratch = UINT64_MAX / 4,
                               .kv_per_token = UINT64_MAX / 2,
                               .context_trained = UINT32_MAX};
    plan((struct gen_load){.context_tokens = UINT32_MAX, .sequences_max = UINT32_MAX}, need, 16 * GB, ERR_NOMEM);
    need = (struct memory_need){.weights = GB, .kv_per_token = UINT64_MAX, .context_trained = UINT32_MAX};
    plan((struct gen_load){.sequences_max = UINT32_MAX}, need, 16 * GB, ERR_NOMEM);
    plan((struct gen_load){.kv_bytes_max = UINT64_MAX}, need, 16 * GB, ERR_NOMEM);
}

struct shared {
    struct lease *lease;
    int inside, most, rounds;
};

static void *compete(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 2000; i++) {
        lease_take(s->lease);
        s->inside++;
        if (s->inside > s->most)
            s->most = s->inside;
        s->rounds++;
        s->inside--;
        lease_give(s->lease);
    }
    return NULL;
}

static void one_holds_the_lease(void **state)
{
    (void)state;
    struct shared s = {0};
    pthread_t t[3];
    assert_int_equal(lease_create(&s.lease), OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, compete, &s), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(s.most, 1);
    assert_int_equal(s.rounds, 6000);
    lease_free(s.lease);
    lease_take(NULL);
    lease_give(NULL);
    lease_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_choice_takes_a_share),
        cmocka_unit_test(named_values_are_kept_or_refused),
        cmocka_unit_test(the_sentence_names_need_and_free),
        cmocka_unit_test(absurd_numbers_do_not_overflow),
        cmocka_unit_test(one_holds_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
