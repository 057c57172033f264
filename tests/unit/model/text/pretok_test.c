/* Splits of each pre-tokenizer on difficult texts; expected ones follow from the regular expressions in pretok.h. */
#include <stdio.h>

#include "../../check.h"
#include "model/text/pretok.h"

/* The words with | between them. */
static void expect(const char *name, const char *text, const char *words)
{
    const struct pretok *p = pretok_find(str_of(name));
    assert_non_null(p);
    struct buf b = buf_make(4096);
    for (struct str s = str_of(text); s.len;) {
        size_t n = pretok_next(p, s);
        assert_in_range(n, 1, s.len);
        buf_puts(&b, b.len ? "|" : "");
        buf_put(&b, str_head(s, n));
        s = str_skip(s, n);
    }
    assert_string_equal(buf_cstr(&b), words);
    buf_free(&b);
}

static void words_and_spaces(void **state)
{
    (void)state;
    expect("gpt-2", "Hello world", "Hello| world");
    expect("gpt-2", "a  b", "a| | b");
    expect("gpt-2", "a   ", "a|   ");
    expect("gpt-2", "a\tb", "a|\t|b");
    expect("gpt-2", "a \tb", "a| |\t|b");
    expect("gpt-2", " ", " ");
    expect("gpt-2", "a\n\n b", "a|\n\n| b");
    expect("gpt-2", "a\n\nb", "a|\n|\n|b");
    expect("llama-bpe", "a\tb", "a|\tb");
    expect("llama-bpe", "a  b", "a| | b");
    expect("llama-bpe", "a   ", "a|   ");
    expect("llama-bpe", "a\n\nb", "a|\n\n|b");
    expect("llama-bpe", "a \n \n  b", "a| \n \n| | b");
    expect("llama-bpe", "a\n  ", "a|\n|  ");
    expect("qwen2", "x = 1\n\ty", "x| =| |1|\n|\ty");
}

static void line_ends(void **state)
{
    (void)state;
    expect("gpt-2", "a.\r\nb", "a|.|\r|\n|b");
    expect("llama-bpe", "a.\r\nb", "a|.\r\n|b");
    expect("qwen2", "a\r\n\r\nb", "a|\r\n\r\n|b");
    expect("qwen2", "{\n\n  x", "{\n\n| | x");
    expect("qwen2", " !\n a", " !\n| a");
}

static void contractions(void **state)
{
    (void)state;
    expect("gpt-2", "I've we'll he's 'tis", "I|'ve| we|'ll| he|'s| '|tis");
    expect("gpt-2", "I'VE", "I|'|VE");
    expect("gpt-2", "'t", "'t");
    expect("gpt-2", "'", "'");
    expect("gpt-2", "'r", "'|r");
    expect("llama-bpe", "I'VE y'all", "I|'VE| y|'all");
    expect("qwen2", "A'lL 'RE 'Dx", "A|'lL| '|RE| '|Dx");
    expect("qwen2", "'\xc5\xbf", "'\xc5\xbf"); /* ſ folds to s */
    expect("qwen2",
           "'\xc5\xbf"
           "at",
           "'\xc5\xbf|at");
    expect("gpt-2", "''s", "''|s");
}

static void numbers(void **state)
{
    (void)state;
    expect("gpt-2", "a 12345", "a| 12345");
    expect("llama-bpe", "1234567", "123|456|7");
    expect("llama-bpe", "a 12", "a| |12");
    expect("qwen2", "123", "1|2|3");
    expect("qwen2", "3.14", "3|.|1|4");
    expect("qwen2", "\xc2\xbd\xd9\xa3", "\xc2\xbd|\xd9\xa3"); /* ½ is No, ٣ is Nd */
    expect("llama-bpe", "\xc2\xbd\xd9\xa3", "\xc2\xbd\xd9\xa3");
}

static void beyond_ascii(void **state)
{
    (void)state;
    expect("gpt-2", "caf\xc3\xa9 \xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x81", "caf\xc3\xa9| \xe4\xbd\xa0\xe5\xa5\xbd|\xef\xbc\x81");
    /* A combining mark (Mn) is no letter. */
    expect("gpt-2", "e\xcc\x81x", "e|\xcc\x81|x");
    expect("qwen2", "e\xcc\x81x", "e|\xcc\x81x");
    expect("qwen2", "hi \xf0\x9f\x98\x81\xf0\x9f\x98\x81 ho", "hi| \xf0\x9f\x98\x81\xf0\x9f\x98\x81| ho");
    expect("qwen2",
           "\xf0\x9f\x98\x81"
           "a",
           "\xf0\x9f\x98\x81"
           "a");
    /* U+00A0, U+3000 and U+0085 are white space, but not the space of " ?". U+200B is none. */
    expect("gpt-2",
           "a\xc2\xa0"
           "b",
           "a|\xc2\xa0|b");
    expect("llama-bpe",
           "a\xc2\xa0"
           "b",
           "a|\xc2\xa0"
           "b");
    expect("gpt-2", "a \xe3\x80\x80", "a| \xe3\x80\x80");
    expect("gpt-2", "\xc2\x85!", "\xc2\x85|!");
    expect("gpt-2", "\xe2\x80\x8b!", "\xe2\x80\x8b!");
    /* Bytes that are not UTF-8 count as symbols. */
    expect("gpt-2", "a\xff\xfe!b", "a|\xff\xfe!|b");
    expect("qwen2", "\xe2\x82", "\xe2\x82");
}

static void digits_apart(void **state)
{
    (void)state;
    expect("smollm", "a 12  3b", "a| |1|2|  |3|b");
    expect("smollm", "It's 5pm ok", "It|'s| |5|pm| ok");
    expect("refact", "x   y\n\n1", "x|  | y|\n\n|1");
    expect("smollm", " !? 7", " !?| |7");
}

static void letters_of_cases(void **state)
{
    (void)state;
    expect("gpt-4o", "HelloWorld fooBAR", "Hello|World| foo|BAR");
    expect("gpt-4o", "HTTPServer don't I'LL", "HTTPServer| don't| I'LL");
    expect("tekken", "don't 1234", "don|'t| |1|2|3|4");
    expect("gpt-4o", "1234567 a", "123|456|7| a");
    expect("gpt-4o", "a//b\n/ c", "a|//|b|\n|/| c");
    expect("gpt-4o", "x !\n\n  y", "x| !\n\n| | y");
    /* 你 has no case: it ends a word that began with capitals, and W+ begins with it. */
    expect("gpt-4o", "AB\xe4\xbd\xa0XY", "AB\xe4\xbd\xa0|XY");
    expect("gpt-4o", "\xe4\xbd\xa0\xe5\xa5\xbd ok", "\xe4\xbd\xa0\xe5\xa5\xbd| ok");
    expect("gpt-4o", "e\xcc\x81x", "e\xcc\x81x"); /* a mark goes with letters */
    expect("gpt-4o", "a\tb \r\n", "a|\tb| \r\n");
    expect("tekken", "a\xff\xfe", "a|\xff\xfe");
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(pretok_find(STR(""))->name, "gpt-2");
    assert_string_equal(pretok_find(STR("llama-v3"))->like, "llama-bpe");
    assert_true(pretok_find(STR("llama3"))->ignore_merges);
    assert_false(pretok_find(STR("smaug-bpe"))->ignore_merges);
    assert_true(pretok_find(STR("tekken"))->ignore_merges);
    assert_string_equal(pretok_find(STR("refact"))->like, "smollm");
    assert_null(pretok_find(STR("viking")));
    struct buf b = buf_make(1000);
    pretok_list(&b);
    assert_non_null(strstr(buf_cstr(&b), "gpt-2, llama-bpe, qwen2"));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_spaces), cmocka_unit_test(line_ends),    cmocka_unit_test(contractions),     cmocka_unit_test(numbers),
        cmocka_unit_test(beyond_ascii),     cmocka_unit_test(digits_apart), cmocka_unit_test(letters_of_cases), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
