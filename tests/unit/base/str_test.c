#include "../check.h"
#include "base/err.h"
#include "base/str.h"

static void str_numbers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    double f = 7;
    assert_int_equal(str_to_u64(STR("18446744073709551615"), &u), OK);
    assert_true(u == UINT64_MAX);
    u = 7;
    assert_int_equal(str_to_u64(STR("18446744073709551616"), &u), ERR_LIMIT);
    assert_int_equal(str_to_u64(STR(""), &u), ERR_INVAL);
    assert_int_equal(str_to_u64(STR("1 "), &u), ERR_INVAL);
    assert_true(u == 7);
    assert_int_equal(str_to_i64(STR("-9223372036854775808"), &i), OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(str_to_i64(STR("9223372036854775808"), &i), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("-2.5e3"), &f), OK);
    assert_true(f == -2500);
    assert_int_equal(str_to_f64(STR("1e999"), &f), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("nan"), &f), ERR_LIMIT);
    assert_int_equal(str_to_f64(STR("1x"), &f), ERR_INVAL);
    assert_int_equal(str_to_f64(STR(" 1"), &f), ERR_INVAL);
}

static void str_search(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("abcabc"), STR("ca"), 0), 2);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
    assert_int_equal(str_find(STR("abc"), STR("abcd"), 0), -1);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR(""), 4), -1);
    assert_str(str_trim(STR(" \t a b\r\n")), "a b");
    assert_str(str_trim(STR("  ")), "");
    struct str s = STR("a,,b"), head;
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "a");
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "");
    assert_true(str_split(&s, ',', &head));
    assert_str(head, "b");
    assert_false(str_split(&s, ',', &head));
    assert_true(str_ieq(STR("Content-TYPE"), STR("content-type")));
    char small[4];
    assert_false(str_copy(small, sizeof small, STR("abcdef")));
    assert_string_equal(small, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_numbers),
        cmocka_unit_test(str_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
