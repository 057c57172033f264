#include "folk.h"

static struct principal key_with(struct folk *f, const char *name, struct people_limits l)
{
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = str_of(name), .limits = &l}), OK);
    return (struct principal){.id = f->key.id, .kind = PEOPLE_KEY};
}

static void the_owner_has_no_limits(void **state)
{
    struct folk *f = *state;
    struct people_allowance a;
    f->config.limits = (struct people_limits){1, 1, 1};
    folk_reopen(f);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(people_admit(f->people, people_local(f->people), &a), OK);
        assert_int_equal(a.limit_requests, 0);
        assert_true(a.limit_tokens == 0);
    }
    people_release(f->people, PEOPLE_OWNER, 1000);
}

static void requests_in_a_minute(void **state)
{
    struct folk *f = *state;
    struct people_allowance a;
    struct principal who = key_with(f, "k", (struct people_limits){3, 0, 0}), other = key_with(f, "other", (struct people_limits){3, 0, 0});
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(people_admit(f->people, &who, &a), OK);
        assert_int_equal(a.limit_requests, 3);
        assert_int_equal(a.remaining_requests, 2 - i);
        assert_int_equal(a.reset_requests_s, 20 * (i + 1));
    }
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    assert_int_equal(a.retry_after_s, 20);
    assert_int_equal(a.remaining_requests, 0);
    assert_non_null(a.reason);
    assert_int_equal(people_admit(f->people, &other, &a), OK); /* each has its own */
    folk_pass(f, 19999);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    assert_int_equal(a.retry_after_s, 1);
    folk_pass(f, 1);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    folk_pass(f, 3600000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT); /* the bucket holds a minute's worth */
}

static void requests_at_once(void **state)
{
    struct folk *f = *state;
    struct people_allowance a;
    struct principal who = key_with(f, "k", (struct people_limits){0, 2, 0});
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(a.limit_requests, 0);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    assert_true(a.retry_after_s > 0);
    people_release(f->people, who.id, 0);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    for (int i = 0; i < 5; i++)
        people_release(f->people, who.id, 0); /* too many are harmless */
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
}

static void tokens_of_a_day(void **state)
{
    struct folk *f = *state;
    struct people_allowance a;
    f->wall_ms = INT64_C(20000) * 86400000 + 86400000 - 5000; /* five seconds before midnight */
    struct principal who = key_with(f, "k", (struct people_limits){0, 0, 100});
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_true(a.remaining_tokens == 100);
    people_release(f->people, who.id, 60);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_true(a.remaining_tokens == 40);
    people_release(f->people, who.id, 60); /* known only afterwards */
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    assert_true(a.remaining_tokens == 0);
    assert_int_equal(a.retry_after_s, 5);
    assert_int_equal(a.reset_tokens_s, 5);
    folk_reopen(f); /* kept on the disk */
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    folk_pass(f, 5000);
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    assert_true(a.remaining_tokens == 100);
    people_release(f->people, who.id, UINT64_MAX);
    people_release(f->people, who.id, UINT64_MAX);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
    folk_reopen(f);
    assert_int_equal(people_admit(f->people, &who, &a), ERR_LIMIT);
}

static void the_clock_may_turn_back(void **state)
{
    struct folk *f = *state;
    struct people_allowance a;
    struct principal who = key_with(f, "k", (struct people_limits){60, 1, 100});
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    people_release(f->people, who.id, 10);
    f->wall_ms -= 3 * 86400000;
    assert_int_equal(people_admit(f->people, &who, &a), OK);
    people_release(f->people, 424242, 10); /* nobody */
}

#define T(name) cmocka_unit_test_setup_teardown(name, folk_setup, folk_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_owner_has_no_limits), T(requests_in_a_minute), T(requests_at_once), T(tokens_of_a_day), T(the_clock_may_turn_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
