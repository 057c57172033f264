#include "folk.h"

static void a_key_is_somebody(void **state)
{
    struct folk *f = *state;
    const struct principal *who = NULL;
    uint32_t wait_s;
    int64_t id = folk_key(f, "laptop");
    assert_true(id > PEOPLE_OWNER);
    assert_true(people_looks_like_key(str_of(f->secret)));
    assert_memory_equal(f->secret, f->key.hint, strlen(f->key.hint));
    assert_true(strlen(f->key.hint) < strlen(f->secret) / 2);
    assert_int_equal(people_by_key(f->people, str_of(f->secret), &folk_far, &who, &wait_s), OK);
    assert_int_equal(who->id, id);
    assert_int_equal(who->kind, PEOPLE_KEY);
    assert_int_equal(who->scope, PEOPLE_USER);
    assert_string_equal(who->name, "laptop");
    assert_int_equal(people_local(f->people)->id, PEOPLE_OWNER);
    assert_int_equal(people_local(f->people)->scope, PEOPLE_ADMIN);
}

static void other_texts_are_nobody(void **state)
{
    struct folk *f = *state;
    folk_key(f, "laptop");
    char wrong[PEOPLE_SECRET_MAX];
    str_copy(wrong, sizeof wrong, str_of(f->secret));
    wrong[20] ^= 1;
    char shorter[PEOPLE_SECRET_MAX] = "", longer[PEOPLE_SECRET_MAX + 1];
    str_copy(shorter, sizeof shorter, str_head(str_of(f->secret), strlen(f->secret) - 1));
    snprintf(longer, sizeof longer, "%sA", f->secret);
    const char *const texts[] = {wrong, shorter, longer, "", "hearth_", f->secret + 7};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct people_visitor v = {"192.0.2.9", 100 + (int64_t)i};
        assert_int_equal(folk_ask(f, texts[i], &v), ERR_DENIED);
    }
}

static void keys_live_on(void **state)
{
    struct folk *f = *state;
    struct people_limits l = {7, 8, UINT64_C(9000000000)};
    struct people_new_key k = {.name = STR("家里的电脑"), .scope = PEOPLE_ADMIN, .expires_ms = f->wall_ms + 5000000, .limits = &l};
    f->config.limits = (struct people_limits){60, 4, 1000};
    folk_reopen(f);
    assert_int_equal(folk_add(f, &k), OK);
    char secret[PEOPLE_SECRET_MAX];
    memcpy(secret, f->secret, sizeof secret);
    folk_key(f, "second");
    assert_int_equal(folk_ask(f, secret, &folk_here), OK);
    f->config.limits = (struct people_limits){61, 5, 1001};
    folk_reopen(f);
    assert_int_equal(folk_ask(f, secret, &folk_here), OK);
    const struct people_key *keys;
    assert_int_equal(people_keys(f->people, &keys), 2);
    assert_string_equal(keys[0].name, "家里的电脑");
    assert_int_equal(keys[0].scope, PEOPLE_ADMIN);
    assert_true(keys[0].expires_ms == k.expires_ms && keys[0].created_ms == f->wall_ms && keys[0].used_ms == f->wall_ms);
    assert_int_equal(keys[0].limits.requests_per_minute, 7);
    assert_int_equal(keys[0].limits.concurrent_max, 8);
    assert_true(keys[0].limits.tokens_per_day == l.tokens_per_day);
    assert_int_equal(keys[1].limits.requests_per_minute, 61); /* the settings', as they are now */
    assert_int_equal(keys[1].used_ms, 0);
}

static void keys_expire(void **state)
{
    struct folk *f = *state;
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("short"), .expires_ms = f->wall_ms + 1000}), OK);
    folk_pass(f, 999);
    assert_int_equal(folk_ask(f, f->secret, &folk_here), OK);
    folk_pass(f, 1);
    assert_int_equal(folk_ask(f, f->secret, &folk_here), ERR_DENIED);
    folk_reopen(f);
    assert_int_equal(folk_ask(f, f->secret, &folk_here), ERR_DENIED);
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("late"), .expires_ms = f->wall_ms}), ERR_INVAL);
}

static void keys_are_revoked(void **state)
{
    struct folk *f = *state;
    int64_t id = folk_key(f, "laptop");
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("laptop")}), ERR_EXISTS);
    assert_non_null(strstr(f->err.text, "laptop"));
    struct folk *g = f;
    char secret[PEOPLE_SECRET_MAX];
    memcpy(secret, g->secret, sizeof secret);
    g->answered = false;
    assert_int_equal(people_key_revoke(g->people, id, folk_done, g, NULL), OK);
    assert_int_equal(folk_ask(g, secret, &folk_here), ERR_DENIED); /* at once, before the disk has answered */
    loop_run(g->loop);
    assert_int_equal(g->code, OK);
    assert_int_equal(folk_revoke(f, id), ERR_NOENT);
    assert_int_equal(folk_revoke(f, 12345), ERR_NOENT);
    assert_int_equal(folk_revoke(f, PEOPLE_OWNER), ERR_NOENT);
    folk_reopen(f);
    assert_int_equal(folk_ask(f, secret, &folk_here), ERR_DENIED);
    assert_true(folk_key(f, "laptop") > id); /* the name is free again; the id never is */
    const struct people_key *keys;
    assert_int_equal(people_keys(f->people, &keys), 2);
    assert_true(keys[0].revoked && !keys[1].revoked);
}

static void names_are_checked(void **state)
{
    struct folk *f = *state;
    static const char *const bad[] = {
        "", " a", "a ", "a\nb", "a\x7f", "\xff", "0123456789012345678901234567890123456789012345678901234567890123",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(folk_add(f, &(struct people_new_key){.name = str_of(bad[i])}), ERR_INVAL);
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("a\0b")}), ERR_INVAL);
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = STR("owner")}), ERR_EXISTS);
    folk_key(f, "012345678901234567890123456789012345678901234567890123456789012");
}

static void what_waits_is_written_at_the_end(void **state)
{
    struct folk *f = *state;
    f->answered = false;
    struct people_new_key k = {.name = STR("last minute")};
    assert_int_equal(people_key_create(f->people, &k, folk_made, f, NULL), OK);
    folk_close(f); /* the loop has not turned since */
    assert_true(f->answered);
    folk_open(f);
    const struct people_key *keys;
    if (!f->code) {
        assert_int_equal(people_keys(f->people, &keys), 1);
        assert_int_equal(folk_ask(f, f->secret, &folk_here), OK);
    }
}

static void two_keys_differ(void **state)
{
    struct folk *f = *state;
    char a[PEOPLE_SECRET_MAX];
    folk_key(f, "one");
    memcpy(a, f->secret, sizeof a);
    folk_key(f, "two");
    assert_string_not_equal(a, f->secret);
}

#define T(name) cmocka_unit_test_setup_teardown(name, folk_setup, folk_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_key_is_somebody), T(other_texts_are_nobody),           T(keys_live_on),    T(keys_expire), T(keys_are_revoked),
        T(names_are_checked), T(what_waits_is_written_at_the_end), T(two_keys_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
