#include "../check.h"
#include "base/err.h"
#include "base/utf8.h"

static void err_keeps_whole_characters(void **state)
{
    (void)state;
    struct err e;
    char longer[2000];
    for (size_t i = 0; i + 3 < sizeof longer; i += 3)
        memcpy(longer + i, "水", 4);
    assert_int_equal(err_set(&e, ERR_INVAL, "x%s", longer), ERR_INVAL);
    assert_true(utf8_valid(e.text, strlen(e.text), NULL));
    assert_true(strlen(e.text) > sizeof e.text - 5);
    err_set(&e, ERR_IO, "cause");
    assert_int_equal(err_prefix(&e, ERR_INVAL, "file %d", 7), ERR_IO);
    assert_string_equal(e.text, "file 7: cause");
    assert_int_equal(err_set(NULL, ERR_NOMEM, "nobody listens"), ERR_NOMEM);
    assert_string_equal(err_name(ERR_NOMEM), "NOMEM");
    assert_string_equal(err_name(12345), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_keeps_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
