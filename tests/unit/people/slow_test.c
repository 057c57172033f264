#include "folk.h"

#include "people/slow.h"

static const struct people_visitor a = {"192.0.2.1", PEOPLE_ELSEWHERE}, b = {"192.0.2.2", PEOPLE_ELSEWHERE};

static struct slow *make(void)
{
    struct slow *s = calloc(1, sizeof *s);
    assert_non_null(s);
    slow_init(s, 42);
    return s;
}

static void waits_double(void **state)
{
    (void)state;
    static const uint32_t waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};
    struct slow *s = make();
    uint64_t now = 1000000;
    for (int i = 0; i < SLOW_FREE; i++) {
        assert_int_equal(slow_wait_s(s, &a, now), 0);
        slow_failed(s, &a, now);
    }
    assert_int_equal(slow_wait_s(s, &a, now), 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        slow_failed(s, &a, now);
        assert_int_equal(slow_wait_s(s, &a, now), waits[i]);
        assert_int_equal(slow_wait_s(s, &b, now), 0);
        now += (uint64_t)waits[i] * 1000 - 1;
        assert_int_equal(slow_wait_s(s, &a, now), 1);
        now++;
        assert_int_equal(slow_wait_s(s, &a, now), 0);
    }
    now += (uint64_t)SLOW_FORGET_S * 1000 + 1;
    slow_failed(s, &a, now); /* the first one again */
    assert_int_equal(slow_wait_s(s, &a, now), 0);
    free(s);
}

static void a_success_forgives(void **state)
{
    (void)state;
    struct slow *s = make();
    for (int i = 0; i < SLOW_FREE + 1; i++)
        slow_failed(s, &a, 1000);
    assert_int_equal(slow_wait_s(s, &a, 1000), 1);
    slow_succeeded(s, &a);
    for (int i = 0; i < SLOW_FREE; i++)
        slow_failed(s, &a, 3000);
    assert_int_equal(slow_wait_s(s, &a, 3000), 0);
    free(s);
}

static void who_is_whom(void **state)
{
    (void)state;
    static const struct {
        struct people_visitor one, two;
        bool same;
    } rows[] = {
        {{"127.0.0.1", 1000}, {"127.0.0.1", 1001}, false},         {{"127.0.0.1", 1000}, {"127.0.0.1", 1000}, true},
        {{"2001:db8::1", -1}, {"2001:db8::ffff", -1}, true},       {{"2001:db8::1", -1}, {"2001:db8:0:1::1", -1}, false},
        {{"::ffff:10.0.0.1", -1}, {"::ffff:10.0.0.2", -1}, false}, {{"", -1}, {"10.0.0.2", -1}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slow *s = make();
        for (int n = 0; n < SLOW_FREE + 1; n++)
            slow_failed(s, &rows[i].one, 1000);
        assert_int_equal(slow_wait_s(s, &rows[i].two, 1000) != 0, rows[i].same);
        free(s);
    }
}

static void all_together_are_bounded(void **state)
{
    (void)state;
    struct slow *s = make();
    char address[32];
    uint64_t now = 500000;
    for (int i = 0; i < SLOW_FAILURES_PER_MINUTE; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 250, i % 250);
        struct people_visitor v = {address, PEOPLE_ELSEWHERE};
        assert_int_equal(slow_wait_s(s, &v, now), 0);
        slow_failed(s, &v, now);
    }
    assert_int_equal(slow_wait_s(s, &b, now), 60); /* a stranger waits */
    now += 60000;
    assert_int_equal(slow_wait_s(s, &b, now), 0);
    free(s);
}

/* Half a million strangers do not make the table grow; whoever is at it now is remembered. */
static void the_table_is_bounded(void **state)
{
    (void)state;
    struct slow *s = make();
    char address[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof address, "10.%d.%d.%d", i / 62500, i / 250 % 250, i % 250);
        slow_failed(s, &(struct people_visitor){address, PEOPLE_ELSEWHERE}, 1000 + (uint64_t)i);
    }
    for (int i = 0; i < SLOW_FREE + 1; i++)
        slow_failed(s, &a, 200000);
    assert_true(slow_wait_s(s, &a, 200000) > 0);
    free(s);
}

static void people_are_slowed_down(void **state)
{
    struct folk *f = *state;
    struct people_session session;
    uint32_t wait_s = 0;
    const struct principal *who;
    folk_key(f, "laptop");
    for (int i = 0; i < SLOW_FREE; i++)
        assert_int_equal(folk_ask(f, "hearth_wrong", &folk_far), ERR_DENIED);
    assert_int_equal(folk_ask(f, "hearth_wrong", &folk_far), ERR_DENIED);
    assert_int_equal(people_by_key(f->people, STR("hearth_wrong"), &folk_far, &who, &wait_s), ERR_AGAIN);
    assert_int_equal(wait_s, 1);
    assert_int_equal(people_session_from_link(f->people, STR("x"), &folk_far, &session, &wait_s), ERR_AGAIN);
    assert_int_equal(people_session_from_key(f->people, STR("x"), &folk_far, &session, &wait_s), ERR_AGAIN);
    assert_int_equal(folk_ask(f, f->secret, &folk_here), OK);
    folk_pass(f, 1000);
    assert_int_equal(folk_ask(f, "hearth_wrong", &folk_far), ERR_DENIED);
}

/* Whoever sits behind the same proxy with an old key, or fails everywhere at once, locks nobody out. */
static void right_keys_are_never_slowed_down(void **state)
{
    struct folk *f = *state;
    struct people_session session;
    char link[PEOPLE_SECRET_MAX], address[32];
    uint32_t wait_s = 0;
    folk_key(f, "laptop");
    for (int i = 0; i < SLOW_FREE + 1; i++)
        assert_int_equal(folk_ask(f, "hearth_wrong", &folk_far), ERR_DENIED);
    assert_int_equal(folk_ask(f, f->secret, &folk_far), OK);
    for (int i = 0; i < SLOW_FAILURES_PER_MINUTE; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 250, i % 250);
        folk_ask(f, "hearth_wrong", &(struct people_visitor){address, PEOPLE_ELSEWHERE});
    }
    assert_int_equal(folk_ask(f, "hearth_wrong", &folk_here), ERR_AGAIN);
    assert_int_equal(folk_ask(f, f->secret, &folk_far), OK);
    assert_int_equal(people_session_from_key(f->people, str_of(f->secret), &folk_far, &session, &wait_s), OK);
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &session, &wait_s), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double),
        cmocka_unit_test(a_success_forgives),
        cmocka_unit_test(who_is_whom),
        cmocka_unit_test(all_together_are_bounded),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test_setup_teardown(people_are_slowed_down, folk_setup, folk_teardown),
        cmocka_unit_test_setup_teardown(right_keys_are_never_slowed_down, folk_setup, folk_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
