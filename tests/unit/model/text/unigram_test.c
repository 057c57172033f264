/* SentencePiece unigram with vocabularies made here. */
#include <stdio.h>

#include "../../check.h"
#include "../../sanitized.h"
#include "tiny.h"

#define SP "\xe2\x96\x81"
enum { CONTROL = 3, UNKNOWN = 2 };

static const struct tiny_piece pieces[] = {
    {"<unk>", 0, UNKNOWN}, {"<s>", 0, CONTROL}, {SP, -5, 0},  {"a", -4, 0},        {"b", -4, 0},   {"ab", -6, 0},
    {SP "a", -3, 0},       {"abc", -9, 0},      {"c", -1, 0}, {"\xc3\xa4", -2, 0}, {"xyz", -2, 0}, {"z", -1, 0},
};

static int make(void **state)
{
    struct tiny *t = malloc(sizeof *t);
    tiny_init(t);
    tiny_str(t, "tokenizer.ggml.model", "unigram");
    tiny_pieces(t, pieces, sizeof pieces / sizeof *pieces);
    *state = t;
    return tiny_open(t);
}

static int drop(void **state)
{
    tiny_free(*state);
    free(*state);
    return 0;
}

#define EXPECT(text, ids) assert_string_equal(tiny_encode(((struct tiny *)*state)->v, STR(text), (struct vocab_encode_options){0}), ids)

static void best_scores_win(void **state)
{
    EXPECT("a", "6");
    EXPECT("aab", "6 5");    /* -6 for "ab" beats -8 for "a" "b" */
    EXPECT("aabc", "6 5 8"); /* -7 beats -9 for "abc" */
    EXPECT("b a", "2 4 6");
    EXPECT("", "");
}

static void normalises(void **state)
{
    EXPECT("a\xcc\x88", "2 9");  /* a and a combining diaeresis are one character */
    EXPECT("\xef\xbd\x81", "6"); /* a full-width a is an a */
    EXPECT("a\xe3\x80\x80"
           "b",
           "6 2 4"); /* an ideographic space is a space */
}

static void unknown_characters(void **state)
{
    EXPECT("qqq", "2 0"); /* several are one */
    EXPECT("aqb", "6 0 4");
    EXPECT("<s>", "2 0"); /* people cannot write control tokens */
    EXPECT("a\xff\xfe"
           "b",
           "6 0 4");          /* bytes that are no text */
    EXPECT("axyz", "6 0 11"); /* nothing ends before z, so z stands behind something unknown: what the JavaScript does */
}

static void long_texts_are_quick(void **state)
{
    const struct vocab *v = ((struct tiny *)*state)->v;
    size_t n = SANITIZED ? 1 << 16 : 1 << 20;
    char *text = malloc(n);
    memset(text, 'a', n);
    struct tokens t = tokens_make(n + 2);
    assert_int_equal(vocab_encode(v, str_from(text, n), (struct vocab_encode_options){0}, &t), OK);
    assert_int_equal(t.len, n); /* "▁a" and then each a */
    tokens_free(&t);
    t = tokens_make(10);
    assert_int_equal(vocab_encode(v, str_from(text, n), (struct vocab_encode_options){0}, &t), ERR_LIMIT);
    assert_int_equal(t.len, 0);
    tokens_free(&t);
    free(text);
}

static void scores_must_be_there(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b"};
    struct tiny t;
    tiny_init(&t);
    tiny_str(&t, "tokenizer.ggml.model", "unigram");
    tiny_strs(&t, "tokenizer.ggml.tokens", texts, 2);
    assert_int_equal(tiny_open(&t), ERR_NOENT);
    assert_true(strstr(t.err.text, "tokenizer.ggml.scores") != NULL);
    tiny_free(&t);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, make, drop)
    const struct CMUnitTest tests[] = {CASE(best_scores_win), CASE(normalises), CASE(unknown_characters), CASE(long_texts_are_quick),
                                       cmocka_unit_test(scores_must_be_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
