/* SentencePiece BPE with vocabularies made here. */
#include <stdio.h>

#include "../../check.h"
#include "../../sanitized.h"
#include "tiny.h"

#define SP "\xe2\x96\x81"
enum { CONTROL = 3, UNKNOWN = 2, USER = 4, BYTE = 6 };

static const struct tiny_piece pieces[] = {
    {"<unk>", 0, UNKNOWN}, {"<s>", 0, CONTROL}, {"</s>", 0, CONTROL}, {"<0x0A>", 0, BYTE},  {"<0xC3>", 0, BYTE},
    {"<0xff>", 0, BYTE}, /* 5 */
    {SP, -9, 0},           {"a", -10, 0},       {"b", -11, 0},        {"c", -12, 0},        {"ab", -1, 0},
    {"bc", -2, 0}, /* 11 */
    {"abc", -3, 0},        {SP "a", -4, 0},     {"<", -20, 0},        {"s", -21, 0},        {">", -22, 0},
    {"<s", -5, 0},                                                                                           /* 17 */
    {SP SP, -6, 0},        {"aa", -7, 0},       {"<u>", 0, USER},     {"\xc3\xa4", -23, 0}, {"aaaa", -8, 0}, /* 22 */
};

static int make(void **state)
{
    struct tiny *t = malloc(sizeof *t);
    tiny_init(t);
    tiny_str(t, "tokenizer.ggml.model", "llama");
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

static const struct vocab *vocab(void **state)
{
    return ((struct tiny *)*state)->v;
}

#define PLAIN                      ((struct vocab_encode_options){0})
#define CONTINUED                  ((struct vocab_encode_options){.no_space_prefix = true})
#define EXPECT(text, options, ids) assert_string_equal(tiny_encode(vocab(state), STR(text), options), ids)

static void merges_by_score(void **state)
{
    EXPECT("abc", CONTINUED, "12");
    EXPECT("bcab", CONTINUED, "11 10");
    EXPECT("abbc", CONTINUED, "10 11");
    EXPECT("aaaaa", CONTINUED, "22 7"); /* equal scores: leftmost first */
    EXPECT("abc", PLAIN, "6 12");       /* "ab" goes before "▁a" */
    EXPECT("a", PLAIN, "13");
    EXPECT("a a", PLAIN, "13 13");
    EXPECT("   a", CONTINUED, "18 13");
    EXPECT("", PLAIN, "");
    EXPECT("b" SP "a", CONTINUED, "8 13"); /* a typed ▁ is a space */
}

static void unknown_characters_go_out_as_bytes(void **state)
{
    EXPECT("\n", CONTINUED, "3");
    EXPECT("\xc3\xa4", CONTINUED, "21");
    EXPECT("\xc3", CONTINUED, "4"); /* half a character */
    EXPECT("\xff\xc3\x61", CONTINUED, "5 4 7");
    EXPECT("\xc3\xb6", CONTINUED, "0"); /* no <0xB6>: unknown, once */
    EXPECT("z", CONTINUED, "0");
}

static void special_tokens(void **state)
{
    const struct vocab_encode_options special = {.parse_special = true}, all = {.add_special = true, .parse_special = true};
    EXPECT("<s>a", special, "1 13");
    EXPECT("a</s>", all, "1 13 2");
    EXPECT("<s>", PLAIN, "6 17 16");    /* never the control token, though "<s" and ">" would join to its text */
    EXPECT("<u>a", CONTINUED, "20 13"); /* user-defined ones are always cut out; the text begins anew */
    const struct vocab_info *i = vocab_info(vocab(state));
    assert_int_equal(i->bos, 1);
    assert_int_equal(i->eos, 2);
    assert_int_equal(i->unk, 0);
    assert_int_equal(i->eot, TOKEN_NONE);
    assert_true(i->add_bos && !i->add_eos && i->add_space_prefix);
    assert_true(vocab_is_end(vocab(state), 2));
    assert_false(vocab_is_end(vocab(state), 1));
    assert_false(vocab_is_end(vocab(state), TOKEN_NONE));
    assert_true(vocab_is_special(vocab(state), 0) && vocab_is_special(vocab(state), 1));
    assert_false(vocab_is_special(vocab(state), 20) || vocab_is_special(vocab(state), 99999));
    assert_int_equal(vocab_find(vocab(state), STR("</s>")), 2);
    assert_int_equal(vocab_find(vocab(state), STR(SP "a")), 13);
    assert_int_equal(vocab_find(vocab(state), STR(" a")), TOKEN_NONE);
}

static void decodes(void **state)
{
    const uint32_t ids[] = {1, 13, 18, 3, 5, 20, 0};
    struct buf b = buf_make(100);
    assert_int_equal(vocab_decode(vocab(state), ids, 7, false, true, &b), OK);
    assert_string_equal(buf_cstr(&b), "a  \n\xff<u>");
    buf_clear(&b);
    assert_int_equal(vocab_decode(vocab(state), ids, 7, true, false, &b), OK);
    assert_string_equal(buf_cstr(&b), "<s> a  \n\xff<u><unk>");
    buf_clear(&b);
    const uint32_t wrong = 23;
    assert_int_equal(vocab_decode(vocab(state), &wrong, 1, true, false, &b), ERR_INVAL);
    assert_int_equal(vocab_piece(vocab(state), TOKEN_NONE, true, &b), ERR_INVAL);
    assert_int_equal(vocab_piece(vocab(state), 13, true, &b), OK);
    assert_string_equal(buf_cstr(&b), " a");
    buf_free(&b);
    b = buf_make(3);
    assert_int_equal(vocab_decode(vocab(state), ids, 7, false, true, &b), ERR_LIMIT);
    buf_free(&b);
}

static void limits(void **state)
{
    struct tokens t = tokens_make(3);
    assert_int_equal(tokens_push(&t, 7), OK);
    assert_int_equal(vocab_encode(vocab(state), STR("b b"), PLAIN, &t), ERR_LIMIT);
    assert_int_equal(t.len, 1); /* untouched */
    assert_int_equal(vocab_encode(vocab(state), STR("ab"), CONTINUED, &t), OK);
    assert_int_equal(t.len, 2);
    struct str huge = str_from("", (size_t)1 << 29); /* refused by its length, never read */
    assert_int_equal(vocab_encode(vocab(state), huge, PLAIN, &t), ERR_LIMIT);
    tokens_free(&t);
}

/* A text that is one word as far as merging can tell must not take quadratic time. */
static void long_runs_end(void **state)
{
    size_t n = SANITIZED ? 1u << 18 : 2u << 20;
    char *text = malloc(n);
    assert_non_null(text);
    for (int space = 0; space < 2; space++) {
        struct tokens t = tokens_make(n);
        memset(text, space ? ' ' : 'a', n);
        assert_int_equal(vocab_encode(vocab(state), str_from(text, n), CONTINUED, &t), OK);
        assert_int_equal(t.len, space ? n / 2 : n / 4);
        assert_int_equal(t.ptr[n / 8], space ? 18 : 22);
        tokens_free(&t);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(merges_by_score, make, drop),
        cmocka_unit_test_setup_teardown(unknown_characters_go_out_as_bytes, make, drop),
        cmocka_unit_test_setup_teardown(special_tokens, make, drop),
        cmocka_unit_test_setup_teardown(decodes, make, drop),
        cmocka_unit_test_setup_teardown(limits, make, drop),
        cmocka_unit_test_setup_teardown(long_runs_end, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
