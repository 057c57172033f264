#include "../check.h"
#include "base/buf.h"
#include "base/err.h"

static void buf_has_a_maximum(void **state)
{
    (void)state;
    struct buf b = buf_make(1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buf_puts(&b, "0123456789"), OK);
    assert_int_equal(buf_putc(&b, 'x'), ERR_LIMIT);
    assert_int_equal(b.len, 1000);
    assert_int_equal(buf_put(&b, STR("")), ERR_LIMIT);
    buf_clear(&b);
    assert_int_equal(buf_printf(&b, "%0600d", 1), OK);
    assert_int_equal(buf_printf(&b, "%0600d", 1), ERR_LIMIT);
    assert_int_equal(b.len, 600);
    buf_clear(&b);
    buf_puts(&b, "abcdef");
    buf_consume(&b, 2);
    assert_str(buf_str(&b), "cdef");
    assert_string_equal(buf_cstr(&b), "cdef");
    buf_consume(&b, 99);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
