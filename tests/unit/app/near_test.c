#include <stdlib.h>

#include "../check.h"
#include "app/near.h"

static const char *nearest(const char *wanted)
{
    static const char *const names[] = {"serve", "run", "list", "show", "tokenize", "quantize", "bench", "config", "version", "help"};
    struct near n = near_to(str_of(wanted));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        near_try(&n, names[i]);
    return n.best ? n.best : "(none)";
}

static void finds_the_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("srve"), "serve");
    assert_string_equal(nearest("evres"), "(none)");
    assert_string_equal(nearest("quantise"), "quantize");
    assert_string_equal(nearest("tokenise"), "tokenize");
    assert_string_equal(nearest("lsit"), "list");
    assert_string_equal(nearest("exterminate"), "(none)");
    assert_string_equal(nearest(""), "(none)");
}

static void long_names_are_not_compared(void **state)
{
    (void)state;
    char longer[300];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_string_equal(nearest(longer), "(none)");
    struct near n = near_to(STR("serve"));
    near_try(&n, longer);
    assert_null(n.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_nearest),
        cmocka_unit_test(long_names_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
