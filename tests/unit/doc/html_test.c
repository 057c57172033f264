#include "fixture.h"

static void test_a_page(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(&s, DOC_HTML,
               STR("<!DOCTYPE html><html><head><title>A &amp; B</title><style>p{color:red}</style><script>var hidden = 1;</script></head>"
                   "<body><h1>Chapter&nbsp;One</h1><p>caf&eacute; &#x4e2d;&#25991; <b>bo</b>ld</p><h2>Section <em>two</em></h2>"
                   "<ul><li>first</li><li>second</li></ul><table><tr><th>k</th><th>v</th></tr><tr><td>x</td><td>1</td></tr></table>"
                   "<pre>  keep\n    this</pre><p>a<br>b</p><script>also hidden</script><noscript>shown</noscript></body></html>"));
    assert_int_equal(s.code, OK);
    assert_string_equal(s.info.title, "A & B");
    assert_has(&s, "café 中文 bold\n\n");
    assert_has(&s, "- first\n- second");
    assert_has(&s, "k | v |\nx | 1 |");
    assert_has(&s, "  keep\n    this\n\na\nb");
    assert_has_not(&s, "hidden");
    assert_has_not(&s, "color");
    assert_string_equal(see_chunk(&s, "café")->heading, "Chapter One");
    see_free(&s);
}

static void test_charsets(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(&s, DOC_HTML, STR("<meta charset=\"big5\"><p>\xb4\xfa\xb8\xd5</p>"));
    assert_str(buf_str(&s.text), "測試");
    see_free(&s);
    see_parsed(&s, DOC_HTML, STR("<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'><p>\xd4\xc5\xd3\xd4</p>"));
    assert_str(buf_str(&s.text), "тест");
    see_free(&s);
}

/* Depth is the document's to say: neither the walk nor the end of it may use the stack for it. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {"<div>", "<b><p>", "<table><tr><td>", "<h1>", "<pre>", "</p>", "<svg><a>", "<template>"};
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buf b = buf_make(1 << 20);
        struct seen s;
        for (int k = 0; k < 300; k++)
            buf_puts(&b, pieces[i]);
        buf_puts(&b, "end");
        see_parsed(&s, DOC_HTML, buf_str(&b));
        assert_int_equal(s.code, OK);
        see_free(&s);
        buf_free(&b);
    }
    struct seen s;
    see_parsed(&s, DOC_HTML, STR("<a href=\"unclosed <p &#xffffffff; &#0; <!-- "));
    assert_int_equal(s.code, OK);
    see_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page),
        cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
