/* WordPiece with vocabularies made here. */
#include <stdio.h>

#include "../../check.h"
#include "tiny.h"

#define SP "\xe2\x96\x81"

static const struct tiny_piece pieces[] = {
    {"[PAD]", 0, 0},    {"[UNK]", 0, 0},  {"[CLS]", 0, 0},   {"[SEP]", 0, 0},
    {SP "un", 0, 0},    {"aff", 0, 0},    {"able", 0, 0}, /* 6 */
    {SP "hello", 0, 0}, {SP ",", 0, 0},   {SP "cafe", 0, 0}, {SP "\xe4\xbd\xa0", 0, 0},
    {SP "[", 0, 0},     {SP "cls", 0, 0}, {SP "]", 0, 0},
};

static int make_of(void **state, const struct tiny_piece *p, size_t n)
{
    struct tiny *t = malloc(sizeof *t);
    tiny_init(t);
    tiny_str(t, "tokenizer.ggml.model", "bert");
    tiny_pieces(t, p, n);
    *state = t;
    return tiny_open(t);
}

static int make(void **state)
{
    return make_of(state, pieces, sizeof pieces / sizeof *pieces);
}

static int drop(void **state)
{
    tiny_free(*state);
    free(*state);
    return 0;
}

#define ENCODE(text, special) tiny_encode(((struct tiny *)*state)->v, STR(text), (struct vocab_encode_options){.add_special = special})
#define EXPECT(text, ids)     assert_string_equal(ENCODE(text, false), ids)

static void longest_pieces_first(void **state)
{
    EXPECT("unaffable", "4 5 6");
    EXPECT("hello hello", "7 7");
    EXPECT("unafff", "1"); /* a word that cannot be cut is one unknown token */
    EXPECT("aff", "1");    /* what continues a word does not begin one */
    EXPECT("", "");
    EXPECT(" \t\n ", "");
    assert_string_equal(ENCODE("hello", true), "2 7 3");
    assert_string_equal(ENCODE("", true), "2 3");
}

static void cleans(void **state)
{
    EXPECT("HeLLo,hello", "7 8 7");
    EXPECT("caf\xc3\xa9", "9");
    EXPECT("cafe\xcc\x81", "9");
    EXPECT("hello\xe4\xbd\xa0hello", "7 10 7"); /* CJK characters are words */
    EXPECT("he\x01llo\xef\xbb\xbf", "7");       /* controls and marks without width vanish */
    EXPECT("he\xffllo", "7");                   /* so do bytes that are no text */
}

static void people_write_no_controls(void **state)
{
    EXPECT("[CLS]", "11 12 13");
    struct tiny *t = *state;
    assert_string_equal(tiny_encode(t->v, STR("[CLS]"), (struct vocab_encode_options){.parse_special = true}), "2");
    assert_true(vocab_is_special(t->v, 0) && vocab_is_special(t->v, 3));
}

static void capitals_in_the_vocabulary(void **state)
{
    (void)state;
    static const struct tiny_piece cased[] = {
        {"[UNK]", 0, 0}, {"[CLS]", 0, 0}, {"[SEP]", 0, 0}, {SP "Hello", 0, 0}, {SP "caf\xc3\xa9", 0, 0}};
    void *t;
    assert_int_equal(make_of(&t, cased, sizeof cased / sizeof *cased), OK);
    const struct vocab *v = ((struct tiny *)t)->v;
    assert_string_equal(tiny_encode(v, STR("Hello hello caf\xc3\xa9"), (struct vocab_encode_options){0}), "3 0 4");
    drop(&t);
}

static void endless_words(void **state)
{
    const struct vocab *v = ((struct tiny *)*state)->v;
    char text[4096];
    memset(text, 'z', sizeof text);
    assert_string_equal(tiny_encode(v, str_from(text, sizeof text), (struct vocab_encode_options){0}), "1");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)
    const struct CMUnitTest tests[] = {CASE(longest_pieces_first), CASE(cleans), CASE(people_write_no_controls), CASE(endless_words),
                                       cmocka_unit_test(capitals_in_the_vocabulary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
