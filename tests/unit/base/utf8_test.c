#include <string.h>

#include "../check.h"
#include "base/utf8.h"

static void utf8_follows_unicode(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",  "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                                      "a\xff", "\xe6\xb0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i]), NULL));
    assert_true(utf8_valid("plain ascii, then 水 and 🦙", strlen("plain ascii, then 水 and 🦙"), NULL));
    size_t at = 99;
    assert_false(utf8_valid("12345678\xff", 9, &at));
    assert_int_equal(at, 8);
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char b[4];
        uint32_t back = 0;
        int n = utf8_encode(cp, b);
        if (cp >= 0xd800 && cp <= 0xdfff) {
            assert_int_equal(n, 0);
            continue;
        }
        if (utf8_decode(b, (size_t)n, &back) != n || back != cp)
            fail_msg("U+%04X does not come back", cp);
        for (int cut = 1; cut < n; cut++)
            if (utf8_decode(b, (size_t)cut, &back) != 0 || utf8_complete_prefix(b, (size_t)cut) != 0)
                fail_msg("U+%04X cut to %d bytes is not seen as incomplete", cp, cut);
    }
    assert_int_equal(utf8_complete_prefix("ab\xe6\xb0", 4), 2);
    assert_int_equal(utf8_complete_prefix("ab\xe6\xb0\xb4", 5), 5);
    assert_int_equal(utf8_complete_prefix("ab\xff", 3), 3);
    assert_int_equal(utf8_complete_prefix("\x80\x80\x80\x80", 4), 4);
}

static void utf8_printable_has_no_controls(void **state)
{
    (void)state;
    static const char *const good[] = {"", "plain", "水 and 🦙", "a\u00a0b"};
    static const char *const bad[] = {"a\nb", "\x1b[2J", "tab\t", "\x7f", "\xc2\2332J", "\xc2\x80", "\xff", "a\xc2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_printable(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (utf8_printable(bad[i], strlen(bad[i])))
            fail_msg("number %zu is taken for printable", i);
    assert_false(utf8_printable("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_follows_unicode),
        cmocka_unit_test(utf8_printable_has_no_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
