#include "folk.h"

static int by_cookie(struct folk *f, const char *cookie, const struct people_visitor *v)
{
    const struct principal *who;
    char csrf[PEOPLE_SECRET_MAX];
    return people_by_cookie(f->people, str_of(cookie), v, &who, csrf);
}

static struct people_session sign_in(struct folk *f, const struct people_visitor *v)
{
    char link[PEOPLE_SECRET_MAX];
    struct people_session s;
    uint32_t wait_s;
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    assert_int_equal(people_session_from_link(f->people, str_of(link), v, &s, &wait_s), OK);
    return s;
}

static void a_link_is_a_session_once(void **state)
{
    struct folk *f = *state;
    char link[PEOPLE_SECRET_MAX], csrf[PEOPLE_SECRET_MAX];
    const struct principal *who;
    struct people_session s, none;
    uint32_t wait_s;
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &s, &wait_s), OK);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &none, &wait_s), ERR_DENIED);
    assert_int_equal(people_by_cookie(f->people, str_of(s.cookie), &folk_here, &who, csrf), OK);
    assert_int_equal(who->id, PEOPLE_OWNER);
    assert_int_equal(s.who->id, PEOPLE_OWNER);
    assert_string_equal(csrf, s.csrf);
    assert_string_not_equal(s.csrf, s.cookie);
    assert_int_equal(by_cookie(f, s.csrf, &folk_here), ERR_DENIED);
    assert_int_equal(by_cookie(f, link, &folk_here), ERR_DENIED);
    assert_int_equal(by_cookie(f, "", &folk_here), ERR_DENIED);
    assert_int_equal(folk_ask(f, s.cookie, &folk_here), ERR_DENIED);
}

static void links_end_after_ten_minutes(void **state)
{
    struct folk *f = *state;
    char link[PEOPLE_SECRET_MAX];
    struct people_session s;
    uint32_t wait_s;
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    folk_pass(f, PEOPLE_LINK_S * 1000 - 1);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &s, &wait_s), OK);
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    folk_pass(f, PEOPLE_LINK_S * 1000);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &s, &wait_s), ERR_DENIED);
    assert_int_equal(people_link_create(f->people, people_local(f->people), link), OK);
    folk_reopen(f); /* only in memory */
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &s, &wait_s), ERR_DENIED);
}

static void many_links_push_out_the_oldest(void **state)
{
    struct folk *f = *state;
    char first[PEOPLE_SECRET_MAX], link[PEOPLE_SECRET_MAX];
    struct people_session s;
    uint32_t wait_s;
    people_link_create(f->people, people_local(f->people), first);
    for (int i = 0; i < 16; i++) {
        folk_pass(f, 1);
        people_link_create(f->people, people_local(f->people), link);
    }
    assert_int_equal(people_session_from_link(f->people, str_of(first), &folk_here, &s, &wait_s), ERR_DENIED);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_here, &s, &wait_s), OK);
}

/* Other users' programs on this machine get to see cookies of localhost. */
static void a_stolen_cookie_is_worthless_to_others(void **state)
{
    struct folk *f = *state;
    struct people_session s = sign_in(f, &folk_here), far = sign_in(f, &folk_far);
    struct people_visitor unknown = {"127.0.0.1", PEOPLE_UNKNOWN};
    assert_int_equal(by_cookie(f, s.cookie, &folk_other), ERR_DENIED);
    assert_int_equal(by_cookie(f, s.cookie, &folk_far), ERR_DENIED);
    assert_int_equal(by_cookie(f, s.cookie, &unknown), ERR_DENIED);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), OK);
    assert_int_equal(by_cookie(f, far.cookie, &folk_here), ERR_DENIED);
    assert_int_equal(by_cookie(f, far.cookie, &folk_far), OK);
}

static void sessions_live_on_and_end(void **state)
{
    struct folk *f = *state;
    struct people_session s = sign_in(f, &folk_here), other = sign_in(f, &folk_here);
    folk_reopen(f);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), OK);
    people_session_end(f->people, str_of(s.cookie));
    people_session_end(f->people, STR("nothing"));
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), ERR_DENIED);
    assert_int_equal(by_cookie(f, other.cookie, &folk_here), OK);
    folk_reopen(f);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), ERR_DENIED);
    assert_int_equal(by_cookie(f, other.cookie, &folk_here), OK);
}

static void unused_sessions_end(void **state)
{
    struct folk *f = *state;
    struct people_session s = sign_in(f, &folk_here);
    folk_pass(f, 3600 * 1000);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), OK);
    folk_pass(f, 3600 * 1000);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), OK); /* each use counts */
    folk_reopen(f);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), OK); /* and was remembered at the end */
    folk_pass(f, 3600 * 1000 + 1);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), ERR_DENIED);
    folk_reopen(f);
    assert_int_equal(by_cookie(f, s.cookie, &folk_here), ERR_DENIED);
}

static void sessions_end_with_their_key(void **state)
{
    struct folk *f = *state;
    struct people_session s, late;
    uint32_t wait_s;
    const struct principal *who;
    char csrf[PEOPLE_SECRET_MAX], link[PEOPLE_SECRET_MAX];
    int64_t id = folk_key(f, "phone");
    assert_int_equal(people_session_from_key(f->people, str_of(f->secret), &folk_far, &s, &wait_s), OK);
    assert_int_equal(people_by_cookie(f->people, str_of(s.cookie), &folk_far, &who, csrf), OK);
    assert_int_equal(who->id, id);
    assert_int_equal(people_link_create(f->people, who, link), OK);
    assert_int_equal(folk_revoke(f, id), OK);
    assert_int_equal(by_cookie(f, s.cookie, &folk_far), ERR_DENIED);
    assert_int_equal(people_session_from_link(f->people, str_of(link), &folk_far, &late, &wait_s), ERR_DENIED);
    assert_int_equal(people_session_from_key(f->people, str_of(f->secret), &folk_far, &late, &wait_s), ERR_DENIED);
    folk_reopen(f);
    assert_int_equal(by_cookie(f, s.cookie, &folk_far), ERR_DENIED);

    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("tablet"), .expires_ms = f->wall_ms + 1000}), OK);
    assert_int_equal(people_session_from_key(f->people, str_of(f->secret), &folk_far, &s, &wait_s), OK);
    folk_pass(f, 1000);
    assert_int_equal(by_cookie(f, s.cookie, &folk_far), ERR_DENIED);
}

/* Who signs in often signs out nobody but themselves, and in the order of use, also after a restart. */
static void sessions_of_one_are_bounded(void **state)
{
    enum { EACH = 64 };
    struct folk *f = *state;
    struct people_session owner = sign_in(f, &folk_here), all[EACH + 8];
    uint32_t wait_s;
    folk_key(f, "laptop");
    for (int i = 0; i < EACH + 8; i++) {
        folk_pass(f, 1);
        assert_int_equal(people_session_from_key(f->people, str_of(f->secret), &folk_far, &all[i], &wait_s), OK);
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(by_cookie(f, owner.cookie, &folk_here), OK);
        for (int i = 0; i < EACH + 8; i++) {
            folk_pass(f, 1);
            assert_int_equal(by_cookie(f, all[i].cookie, &folk_far), i < 8 ? ERR_DENIED : OK);
        }
        folk_reopen(f);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, folk_setup, folk_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_link_is_a_session_once),       T(links_end_after_ten_minutes),
        T(many_links_push_out_the_oldest), T(a_stolen_cookie_is_worthless_to_others),
        T(sessions_live_on_and_end),       T(unused_sessions_end),
        T(sessions_end_with_their_key),    T(sessions_of_one_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
