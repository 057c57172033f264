#include "../check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "people/digest.h"

static const uint8_t key[32] = {1, 2, 3};

static void secrets_are_all_different(void **state)
{
    (void)state;
    char seen[200][SECRET_CHARS + 3], small[SECRET_CHARS];
    for (int i = 0; i < 200; i++) {
        assert_int_equal(secret_make("x_", seen[i], sizeof seen[i]), OK);
        assert_int_equal(strlen(seen[i]), SECRET_CHARS + 2);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
    assert_int_equal(secret_make("", small, sizeof small), ERR_LIMIT);
}

static void text_is_base64url(void **state)
{
    (void)state;
    struct digest d = {{0}};
    char text[SECRET_CHARS + 1];
    for (int i = 0; i < DIGEST_BYTES; i++)
        d.bytes[i] = (uint8_t)(255 - i * 7);
    digest_text(&d, text);
    assert_string_equal(text, "__jx6uPc1c7HwLmyq6Sdlo-IgXpzbGVeV1BJQjs0LSY");
}

static void purposes_do_not_mix(void **state)
{
    (void)state;
    struct digest a, b, c;
    assert_true(digest_of(key, "key", STR("abc"), &a));
    assert_true(digest_of(key, "link", STR("abc"), &b));
    assert_false(digest_same(&a, &b));
    assert_true(digest_of(key, "key", STR("abc"), &c));
    assert_true(digest_same(&a, &c));
    assert_true(digest_of(key, "ke", STR("yabc"), &c));
    assert_false(digest_same(&a, &c));
    static char huge[4096];
    assert_false(digest_of(key, "key", str_from(huge, sizeof huge), &c));
    assert_true(digest_of(key, "key", (struct str){0}, &c));
}

/* Against a plain array, with digests whose homes collide. */
static void the_map_keeps_what_it_is_given(void **state)
{
    (void)state;
    enum { N = 64, STEPS = 20000 };
    struct digest all[N];
    bool in[N] = {0};
    size_t n_in = 0;
    struct digest_map m;
    struct rng rng;
    rng_seed(&rng, 7);
    assert_int_equal(digest_map_init(&m, N), OK);
    for (int i = 0; i < N; i++) {
        memset(&all[i], 0, sizeof all[i]);
        all[i].bytes[0] = (uint8_t)(rng_u64(&rng) % 5 * 60); /* few homes */
        all[i].bytes[20] = (uint8_t)i;
    }
    for (int step = 0; step < STEPS; step++) {
        size_t i = rng_u64(&rng) % N;
        if (rng_u64(&rng) & 1) {
            assert_int_equal(digest_map_put(&m, &all[i], (uint32_t)i), in[i] ? ERR_EXISTS : OK);
            n_in += !in[i];
            in[i] = true;
        } else {
            digest_map_remove(&m, &all[i]);
            n_in -= in[i];
            in[i] = false;
        }
        assert_int_equal(m.count, n_in);
        size_t at = rng_u64(&rng) % N;
        uint32_t value = 999;
        assert_int_equal(digest_map_get(&m, &all[at], &value), in[at]);
        assert_int_equal(value, in[at] ? at : 999);
    }
    digest_map_deinit(&m);
    digest_map_deinit(&m);
}

static void the_map_is_bounded(void **state)
{
    (void)state;
    struct digest_map m;
    int r = OK;
    size_t n = 0;
    assert_int_equal(digest_map_init(&m, 8), OK);
    for (; n < 100 && !r; n++) {
        struct digest d = {{(uint8_t)n}};
        r = digest_map_put(&m, &d, 0);
    }
    assert_int_equal(r, ERR_LIMIT);
    assert_true(n > 8);
    digest_map_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_all_different),      cmocka_unit_test(text_is_base64url),  cmocka_unit_test(purposes_do_not_mix),
        cmocka_unit_test(the_map_keeps_what_it_is_given), cmocka_unit_test(the_map_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
