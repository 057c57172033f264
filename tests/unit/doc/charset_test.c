/* Encodings: the same sentences in many, with nothing that declares them. */
#include "fixture.h"

#include <iconv.h>

#include "doc/charset.h"

#define CHINESE  "今天天气很好，我们去公园散步。知识库可以找到您的文件，并且说明出处。这是一个测试。\n"
#define TAIWAN   "今天天氣很好，我們去公園散步。知識庫可以找到您的檔案，並且說明出處。這是一個測試。\n"
#define JAPANESE "今日はいい天気ですから、公園まで散歩しましょう。これはテストです。\n"
#define FRENCH   "Le café est déjà prêt : garçon, où êtes-vous ? Ça va très bien, à bientôt.\n"

static struct str encode(struct buf *b, const char *to, const char *utf8)
{
    char *in = (char *)(uintptr_t)utf8, *out;
    size_t left = strlen(utf8), room;
    iconv_t cd = iconv_open(to, "UTF-8");
    assert_true(cd != (iconv_t)-1);
    *b = buf_make(1 << 16);
    assert_int_equal(buf_reserve(b, 4096), OK);
    out = b->ptr;
    room = 4096;
    assert_true(iconv(cd, &in, &left, &out, &room) != (size_t)-1);
    b->len = 4096 - room;
    iconv_close(cd);
    return buf_str(b);
}

static void test_guesses(void **state)
{
    static const struct {
        const char *encoding, *text;
    } cases[] = {
        {"UTF-8", CHINESE},        {"GB18030", CHINESE},   {"GBK", CHINESE},         {"BIG5", TAIWAN},     {"SHIFT_JIS", JAPANESE},
        {"EUC-JP", JAPANESE},      {"UTF-16", CHINESE},    {"UTF-16LE", FRENCH},     {"UTF-16BE", FRENCH}, {"UTF-32", JAPANESE},
        {"ISO-2022-JP", JAPANESE}, {"ISO-8859-1", FRENCH}, {"WINDOWS-1252", FRENCH}, {"UTF-8", FRENCH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf bytes, out = buf_make(1 << 16);
        unsigned notes = 0;
        struct str in = encode(&bytes, cases[i].encoding, cases[i].text);
        assert_int_equal(charset_to_utf8(in, NULL, &out, &notes), OK);
        if (!str_eq(buf_str(&out), str_of(cases[i].text)))
            fail_msg("%s: " STR_FMT, cases[i].encoding, STR_ARG(buf_str(&out)));
        assert_int_equal(notes, 0);
        assert_false(charset_is_binary(in));
        buf_free(&bytes);
        buf_free(&out);
    }
}

/* What is declared decides between encodings that bytes cannot tell apart, and not against the bytes. */
static void test_declarations(void **state)
{
    (void)state;
    struct buf out = buf_make(1000);
    unsigned notes = 0;
    assert_int_equal(charset_to_utf8(STR("\xcf\xd2\xc9\xd7\xc5\xd4"), "koi8-r", &out, &notes), OK);
    assert_str(buf_str(&out), "оривет");
    buf_clear(&out);
    assert_int_equal(charset_to_utf8(STR("déjà"), "iso-8859-1", &out, &notes), OK);
    assert_str(buf_str(&out), "déjà");
    buf_clear(&out);
    assert_int_equal(charset_to_utf8(STR("caf\xe9"), "no-such-charset//IGNORE", &out, &notes), OK);
    assert_str(buf_str(&out), "café");
    buf_clear(&out);
    assert_int_equal(charset_to_utf8(STR("+AGEAYg-"), "utf-7", &out, &notes), OK);
    assert_str(buf_str(&out), "ab");
    buf_free(&out);
}

static void test_lines_in_several(void **state)
{
    (void)state;
    struct buf gb, all = buf_make(1 << 16), out = buf_make(1 << 16);
    unsigned notes = 0;
    encode(&gb, "GB18030", CHINESE);
    buf_puts(&all, CHINESE "ascii\n");
    buf_put(&all, buf_str(&gb));
    buf_puts(&all, FRENCH);
    assert_int_equal(charset_to_utf8(buf_str(&all), NULL, &out, &notes), OK);
    assert_str(buf_str(&out), CHINESE "ascii\n" CHINESE FRENCH);
    assert_int_equal(notes, DOC_NOTE_MIXED);
    buf_free(&gb);
    buf_free(&all);
    buf_free(&out);
}

static void test_what_is_no_text(void **state)
{
    (void)state;
    struct seen s;
    assert_true(charset_is_binary(STR("\x7f"
                                      "ELF\0\0\0\1\2\3")));
    assert_false(charset_is_binary(STR("no zeros \xff\xfe\x80")));
    see_parsed(&s, DOC_TEXT, STR("a\0b\x01\x1b[31mc\x7f\r\nd\re\xc3\xa9\xe2\x80\xa8"));
    assert_str(buf_str(&s.text), "ab[31mc\nd\neé\xe2\x80\xa8");
    see_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_declarations),
        cmocka_unit_test(test_lines_in_several),
        cmocka_unit_test(test_what_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
