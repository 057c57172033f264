#include "fixture.h"

#include "doc/mail.h"

static void test_plain(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(
        &s, DOC_MAIL,
        STR("From someone Mon Jan  1\nReceived: x\nFrom: =?utf-8?Q?Ren=C3=A9?= <r@example.org>\nTo: a@b\nSubject: =?gb2312?B?zOzG+A==?=\n"
            " =?gb2312?B?1KSxqA==?= today\nContent-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: "
            "quoted-printable\n\n"
            "caf=E9 is a long =\nline.\nSecond=20line\n"));
    assert_int_equal(s.code, OK);
    assert_string_equal(s.info.title, "天气预报 today");
    assert_str(buf_str(&s.text), "天气预报 today\n\nFrom: René <r@example.org>\nTo: a@b\n\ncafé is a long line.\nSecond line\n");
    assert_string_equal(s.chunks[0].heading, "天气预报 today");
    see_free(&s);
}

static void test_parts(void **state)
{
    (void)state;
    struct seen s;
    see_parsed(&s, DOC_MAIL,
               STR("Subject: Parts\r\nContent-Type: multipart/mixed; boundary=\"out er\"\r\n\r\npreamble\r\n--out er\r\n"
                   "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>as html</p>\r\n"
                   "--in\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nYXMg\r\ncGxhaW4=\r\n--in--\r\n--out er\r\n"
                   "Content-Type: text/html; charset=utf-8\r\n\r\n<b>and</b> html\r\n--out er\r\n"
                   "Content-Type: application/pdf; name=\"r.pdf\"\r\nContent-Disposition: attachment; filename=\"a "
                   "\\\"b\\\".pdf\"\r\n\r\n%PDF\r\n--out er\r\n"
                   "Content-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nforwarded words\r\n--out er--\r\nepilogue\r\n"));
    assert_int_equal(s.code, OK);
    assert_has(&s, "as plain");
    assert_has_not(&s, "as html");
    assert_has(&s, "and html");
    assert_has(&s, "Attachment: a \"b\".pdf");
    assert_has(&s, "forwarded words");
    assert_has_not(&s, "%PDF");
    assert_has_not(&s, "preamble");
    assert_has_not(&s, "epilogue");
    assert_int_equal(s.info.notes, DOC_NOTE_PARTS);
    see_free(&s);
}

static void test_hostile(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 20);
    struct seen s;
    for (int i = 0; i < 200; i++)
        buf_printf(&b, "Content-Type: multipart/mixed; boundary=b\n\n--b\n");
    see_parsed(&s, DOC_MAIL, buf_str(&b));
    assert_int_equal(s.code, OK);
    see_free(&s);
    buf_clear(&b);
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "Content-Type: message/rfc822\n\n");
    see_parsed(&s, DOC_MAIL, buf_str(&b));
    assert_int_equal(s.code, OK);
    assert_true(s.info.notes & DOC_NOTE_PARTS);
    see_free(&s);
    static const char *const odd[] = {"",
                                      ":",
                                      "Content-Type: multipart/mixed\n\nx",
                                      "Subject: =?x?Q?\n\n",
                                      "Subject: =?utf-8?B?///=?= =?",
                                      "Content-Type: text/plain; charset=\"\n\nx",
                                      "Content-Transfer-Encoding: quoted-printable\n\n=",
                                      "Content-Transfer-Encoding: quoted-printable\n\n=4"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        see_parsed(&s, DOC_MAIL, str_of(odd[i]));
        assert_int_equal(s.code, OK);
        see_free(&s);
    }
    buf_free(&b);
}

static void test_decoding(void **state)
{
    static const struct {
        const char *encoding, *in, *out;
    } cases[] = {
        {"base64", "aGVsbG8=", "hello"},
        {"base64", "aGVs\r\nbG8gdGhlcmU", "hello there"},
        {"quoted-printable", "a=3Db=\r\nc", "a=bc"},
        {"quoted-printable", "=E4=B8=AD=", "中="},
        {"quoted-printable", "50% =ZZ", "50% =ZZ"},
        {"8bit", "as is", "as is"},
        {"", "as is", "as is"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = buf_make(1000);
        mail_decode(str_of(cases[i].in), str_of(cases[i].encoding), &out);
        assert_str(buf_str(&out), cases[i].out);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
