#include <stdlib.h>

#include "../check.h"
#include "base/err.h"
#include "net/date.h"
#include "net/http.h"
#include "net/uri.h"

static void is(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("\"" STR_FMT "\" is not \"%s\"", STR_ARG(got), want);
}

static void targets(void **state)
{
    (void)state;
    static const struct {
        const char *target, *authority, *path, *query;
    } good[] = {
        {"/", "", "/", ""},
        {"/a/b%20c%2Fd?x=%20&y", "", "/a/b c/d", "x=%20&y"},
        {"/?", "", "/", ""},
        {"/a?b?c", "", "/a", "b?c"},
        {"/...", "", "/...", ""},
        {"/.well-known/x", "", "/.well-known/x", ""},
        {"/%E6%B0%B4", "", "/水", ""},
        {"//x", "", "//x", ""},
        {"http://h:1/p?q", "h:1", "/p", "q"},
        {"HTTPS://h", "h", "/", ""},
        {"http://h?q", "h", "/", "q"},
        {"*", "", "/", ""},
    };
    static const char *const bad[] = {"",          "a",           "?",       "**",        "/#",        "/%",       "/%0",
                                      "/%0g",      "/%g0",        "/%00",    "/.",        "/..",       "/a/./b",   "/a/..",
                                      "/%2e%2e/b", "/a%2f..%2fb", "http://", "http:///a", "http://?a", "ftp://h/", "http:/h"};
    struct arena a = arena_make(4096);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct uri u;
        assert_int_equal(uri_parse(&a, str_of(good[i].target), &u), OK);
        is(u.authority, good[i].authority);
        is(u.path, good[i].path);
        is(u.query, good[i].query);
        assert_int_equal(u.asterisk, good[i].target[0] == '*');
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct uri u;
        if (uri_parse(&a, str_of(bad[i]), &u) != ERR_INVAL)
            fail_msg("\"%s\" was taken", bad[i]);
    }
    struct arena none = arena_make(0);
    struct uri u;
    assert_int_equal(uri_parse(&none, STR("/%41"), &u), ERR_NOMEM);
    arena_free(&a);
}

static void queries(void **state)
{
    (void)state;
    struct arena a = arena_make(4096);
    struct str v;
    struct str q = STR("a=1&b=x+y%26z&c&%64=4&e=%zz&a=2&f=");
    assert_true(http_query_get(&a, q, "a", &v));
    is(v, "1");
    assert_true(http_query_get(&a, q, "b", &v));
    is(v, "x y&z");
    assert_true(http_query_get(&a, q, "c", &v));
    assert_true(v.ptr && !v.len);
    assert_true(http_query_get(&a, q, "d", &v));
    is(v, "4");
    assert_false(http_query_get(&a, q, "e", &v));
    assert_true(http_query_get(&a, q, "f", &v));
    assert_true(v.ptr && !v.len);
    assert_true(http_query_get(&a, q, "nothing", &v));
    assert_null(v.ptr);
    assert_true(http_query_get(&a, (struct str){0}, "a", &v));
    assert_null(v.ptr);
    arena_free(&a);
}

static void dates(void **state)
{
    (void)state;
    struct date_cache c = {0};
    is(date_text(&c, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
    is(date_text(&c, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    is(date_text(&c, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    is(date_text(&c, 951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

static void statuses(void **state)
{
    (void)state;
    assert_string_equal(http_status_text(200), "OK");
    assert_string_equal(http_status_text(431), "Request Header Fields Too Large");
    assert_string_equal(http_status_text(999), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets),
        cmocka_unit_test(queries),
        cmocka_unit_test(dates),
        cmocka_unit_test(statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
