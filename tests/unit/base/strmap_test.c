#include <stdio.h>

#include "../check.h"
#include "base/err.h"
#include "base/strmap.h"

static void strmap_finds_what_was_put(void **state)
{
    (void)state;
    enum { N = 20000 };
    static char keys[N][8];
    struct strmap m;
    assert_int_equal(strmap_init(&m, N), OK);
    for (uint32_t i = 0; i < N; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        assert_int_equal(strmap_put(&m, str_of(keys[i]), i), OK);
    }
    assert_int_equal(strmap_put(&m, STR("k77"), 1), ERR_EXISTS);
    for (uint32_t i = 0, v; i < N; i++) {
        assert_true(strmap_get(&m, str_of(keys[i]), &v));
        assert_int_equal(v, i);
    }
    uint32_t v = 5;
    assert_false(strmap_get(&m, STR("absent"), &v));
    assert_int_equal(v, 5);
    assert_int_equal(strmap_put(&m, STR(""), 42), OK);
    assert_true(strmap_get(&m, STR(""), &v));
    assert_int_equal(v, 42);
    strmap_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strmap_finds_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
