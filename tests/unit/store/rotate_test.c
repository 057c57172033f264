/* New keys: by file and by passphrase, and killed at every step. */
#include "fixture.h"

#include "fault.h"

#include <sys/wait.h>

#include "../sanitized.h"

static void expect_notes(const struct fixture *f, int64_t n)
{
    struct err e = {0};
    struct store *s = fixture_open(f);
    assert_int_equal(count_notes(s), n);
    if (store_check(s, &e))
        fail_msg("%s", e.text);
    store_free(s);
}

static bool same_bytes(const char *a, const char *b)
{
    size_t n = 0, k = 0;
    char *x = file_all(a, &n), *y = file_all(b, &k);
    bool same = x && y && n == k && !memcmp(x, y, n);
    free(x);
    free(y);
    return same;
}

static void a_new_key_file_opens_and_the_former_one_does_not(void **state)
{
    struct fixture *f = *state;
    char former[120], copy[120];
    struct err e = {0};
    uint8_t before[32], after[32];
    struct store *s = fixture_open(f);
    add_note(s, "kept", "body");
    store_subkey(s, "hashes", before);
    store_free(s);
    snprintf(copy, sizeof copy, "%s/copy", f->root);
    file_copy(f->key, copy);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    snprintf(former, sizeof former, "%s.old", f->key);
    assert_true(same_bytes(former, copy));
    assert_false(same_bytes(f->key, copy));
    expect_notes(f, 1);

    s = fixture_open(f);
    store_subkey(s, "hashes", after);
    assert_memory_equal(before, after, sizeof before); /* hashes under it stay good */
    store_free(s);

    f->config.key_file = copy;
    assert_int_equal(store_open(&f->config, &s, &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "is not that of the data folder"));
}

static void from_key_file_to_passphrase_to_another_to_key_file(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct store *s = fixture_open(f);
    add_note(s, "kept", "body");
    store_free(s);
    assert_int_equal(store_rotate(&f->config, STR("correct horse"), &e), OK);

    assert_int_equal(store_open(&f->config, &s, &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "passphrase"));
    f->config.passphrase = STR("wrong horse");
    assert_int_equal(store_open(&f->config, &s, &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "the passphrase is not that of"));
    assert_int_equal(store_rotate(&f->config, STR("x"), &e), ERR_DENIED);
    f->config.passphrase = STR("correct horse");
    expect_notes(f, 1);

    assert_int_equal(store_rotate(&f->config, STR("battery staple"), &e), OK);
    f->config.passphrase = STR("battery staple");
    expect_notes(f, 1);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    f->config.passphrase = STR("");
    expect_notes(f, 1);
}

static void nothing_of_the_former_encryption_stays(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char before[120];
    struct store *s = fixture_open(f);
    add_note(s, "kept", "body");
    store_free(s);
    snprintf(before, sizeof before, "%s/before", f->root);
    file_copy(f->db, before);
    assert_int_equal(store_rotate(&f->config, STR(""), &e), OK);
    size_t n = 0, k = 0;
    char *x = file_all(before, &n), *y = file_all(f->db, &k);
    assert_int_equal(n, k);
    for (size_t at = 0; at < n; at += 64)
        if (at % 4096 != 0 || at >= 4096) /* the magic of the header is the same */
            assert_true(at < 4096 || memcmp(x + at, y + at, 64));
    free(x);
    free(y);
}

/* ---- kills */

struct turn {
    const char *from, *to; /* passphrases, or empty for the key file */
    long stride;           /* every step, or one of so many */
};

static void killed_at_every_step(struct fixture *f, const struct turn *turn)
{
    bool ended = false;
    long steps = 0;
    for (long step = 1; !ended; step += SANITIZED ? 9 : turn->stride, steps++) {
        struct store *s = NULL;
        struct err e = {0};
        fixture_remove(f);
        fixture_make(f);
        f->config.passphrase = str_of(turn->from);
        s = fixture_open(f);
        add_note(s, "kept", "body");
        add_note(s, "kept, too", "body");
        store_free(s);
        pid_t child = fork();
        if (!child) {
            fault = (struct fault){.no_sync = 1, .kill_at = step};
            _exit(store_rotate(&f->config, str_of(turn->to), NULL) ? 1 : 0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        ended = WIFEXITED(status);
        if (ended)
            assert_int_equal(WEXITSTATUS(status), 0);
        int r = store_open(&f->config, &s, &e);
        if (r) { /* then with the new one, and for no other reason */
            assert_int_equal(r, ERR_DENIED);
            f->config.passphrase = str_of(turn->to);
            if (store_open(&f->config, &s, &e))
                fail_msg("step %ld: %s", step, e.text);
        }
        assert_int_equal(count_notes(s), 2);
        if (store_check(s, &e))
            fail_msg("step %ld: %s", step, e.text);
        store_free(s);
        expect_notes(f, 2);
        /* and the next rotation is not in the way of what the last one left */
        if (store_rotate(&f->config, str_of(turn->to), &e))
            fail_msg("after step %ld: %s", step, e.text);
        f->config.passphrase = str_of(turn->to);
        expect_notes(f, 2);
        assert_true(step < 1000);
    }
    assert_true(steps > (SANITIZED ? 3 : 30 / turn->stride));
}

static void killed_while_the_key_file_changes(void **state)
{
    killed_at_every_step(*state, &(const struct turn){"", "", 1});
}

static void killed_while_a_passphrase_takes_its_place(void **state)
{
    killed_at_every_step(*state, &(const struct turn){"", "new passphrase", 3});
}

static void killed_while_the_passphrase_changes(void **state)
{
    killed_at_every_step(*state, &(const struct turn){"old passphrase", "new passphrase", 4});
}

/* ---- a full disk */

static void a_full_disk_leaves_the_former_key_in_place(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct store *s = fixture_open(f);
    add_note(s, "kept", "body");
    store_free(s);
    for (long at = 1; at < 40; at += 3) {
        fault = (struct fault){.no_sync = 1, .full_at = at};
        int r = store_rotate(&f->config, STR(""), &e);
        fault = (struct fault){.no_sync = 1};
        expect_notes(f, 1);
        if (!r)
            break;
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_new_key_file_opens_and_the_former_one_does_not), T(from_key_file_to_passphrase_to_another_to_key_file),
        T(nothing_of_the_former_encryption_stays),           T(killed_while_the_key_file_changes),
        T(killed_while_a_passphrase_takes_its_place),        T(killed_while_the_passphrase_changes),
        T(a_full_disk_leaves_the_former_key_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
