/* Patterns, choices, GBNF and the builder: what they admit and what is refused. */
#include "grammar_harness.h"

static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *yes[5], *no[5];
    } rows[] = {
        {"abc", {"abc"}, {"", "ab", "abcd", "xabc"}},
        {"a|bc|", {"", "a", "bc"}, {"b", "abc"}},
        {"^(cat|dog)s?$", {"cat", "dogs"}, {"s", "catdog"}},
        {"[a-c]{2,3}", {"ab", "cab"}, {"a", "abca", "ad"}},
        {"x*y+z?", {"y", "xxyyz"}, {"x", "z", "yzz"}},
        {"(ab){2}c{0}", {"abab"}, {"ab", "ababc", "ababab"}},
        {"\\d{3}-\\d{4}", {"555-0199"}, {"5550199", "555-019a"}},
        {"[^a-z\\s]+", {"A1", "你好"}, {"a", "A 1", ""}},
        {"\\x41\\u4f60\\u{1F600}\\ud83d\\ude00", {"A你😀😀"}, {"A"}},
        {"(?:a(?<name>b))+?", {"ab", "abab"}, {"a"}},
        {".", {"a", "你", "😀"}, {"\n", "ab", ""}},
        {"[\\]\\-x]+", {"]-x"}, {"\\"}},
        {"(a*)*b", {"b", "aaab"}, {"a"}},
        {"a{,2}", {"a{,2}"}, {"aa"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grammar *g = compiled(GEN_FORMAT_REGEX, rows[i].pattern);
        for (size_t k = 0; k < 5 && rows[i].yes[k]; k++)
            assert_has(g, rows[i].yes[k]);
        for (size_t k = 0; k < 5 && rows[i].no[k]; k++)
            assert_lacks(g, rows[i].no[k]);
        grammar_free(g);
    }
}

static void patterns_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        int code;
        const char *words;
    } rows[] = {
        {"(a)\\1", ERR_UNSUPPORTED, "offset 4"},
        {"(?=a)b", ERR_UNSUPPORTED, "look around"},
        {"(?<!a)b", ERR_UNSUPPORTED, "look around"},
        {"\\bword", ERR_UNSUPPORTED, "borders"},
        {"\\p{L}", ERR_UNSUPPORTED, "escape"},
        {"a**", ERR_UNSUPPORTED, "repetition"},
        {"*a", ERR_INVAL, "nothing to repeat"},
        {"(a", ERR_INVAL, "no end"},
        {"a)", ERR_INVAL, "ends"},
        {"[a", ERR_INVAL, "no end"},
        {"[z-a]", ERR_INVAL, "order"},
        {"a{3,2}", ERR_INVAL, "order"},
        {"\\", ERR_INVAL, "backslash"},
        {"\xFFz", ERR_INVAL, "UTF-8"},
        {"a^b", ERR_UNSUPPORTED, "nothing"},
        {".*a.{18}", ERR_LIMIT, "complex"},
        {"((((a{99}){99}){99}){99})", ERR_LIMIT, ""},
        {"(?i)a", ERR_UNSUPPORTED, "flags"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(GEN_FORMAT_REGEX, rows[i].pattern, rows[i].code, rows[i].words);
}

static void choices(void **state)
{
    (void)state;
    struct grammar *g = compiled(GEN_FORMAT_CHOICE, "[\"yes\", \"no\", \"maybe \\\"so\\\"\", \"你好\"]");
    assert_has(g, "yes");
    assert_has(g, "maybe \"so\"");
    assert_has(g, "你好");
    assert_lacks(g, "ye");
    assert_lacks(g, "yesno");
    grammar_free(g);
    assert_refused(GEN_FORMAT_CHOICE, "[]", ERR_INVAL, "at least one");
    assert_refused(GEN_FORMAT_CHOICE, "[1]", ERR_INVAL, "choice 0");
    assert_refused(GEN_FORMAT_CHOICE, "[\"\"]", ERR_INVAL, "choice 0");
    assert_refused(GEN_FORMAT_CHOICE, "{", ERR_INVAL, "not JSON");
}

static void gbnf(void **state)
{
    (void)state;
    struct grammar *g = compiled(GEN_FORMAT_GBNF, "# sums\n"
                                                  "root ::= sum (\"=\" [0-9]+)? # the end\n"
                                                  "sum  ::= term (\n  [-+] term)*\n"
                                                  "term ::= num | \"(\" sum \")\" |\n   \"\\u4f60\"\n"
                                                  "num ::= [1-9] [0-9]{0,2}\n");
    assert_has(g, "1");
    assert_has(g, "(1+20)-((3))=24");
    assert_has(g, "你+1");
    assert_lacks(g, "1234");
    assert_lacks(g, "(1");
    assert_lacks(g, "1=");
    grammar_free(g);
    grammar_free(compiled(GEN_FORMAT_GBNF, "root ::= ((((\"a\"{9999}){9999}){9999}){9999})")); /* each stands once */
    g = compiled(GEN_FORMAT_GBNF, "root ::= \"a\" root | .");
    assert_has(g, "aaab");
    assert_lacks(g, "ba");
    grammar_free(g);
}

static void grammars_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *words;
    } rows[] = {
        {"root ::= root \"a\" | \"b\"", ERR_UNSUPPORTED, "'root' begins with itself"},
        {"root ::= x\nx ::= e y\ny ::= x \"b\" | \"c\"\ne ::= \"\"", ERR_UNSUPPORTED, "left recursion"},
        {"root ::= (root)* \"a\"", ERR_UNSUPPORTED, "left recursion"},
        {"root ::= \"a\" root", ERR_UNSUPPORTED, "nothing could ever satisfy"},
        {"root ::= other", ERR_INVAL, "'other' is used, but not defined"},
        {"a ::= \"b\"", ERR_INVAL, "no rule named root"},
        {"root ::= \"b\"\nroot ::= \"c\"", ERR_INVAL, "line 2"},
        {"root ::= \"b", ERR_INVAL, "literal"},
        {"root ::= [b", ERR_INVAL, "class"},
        {"root ::= (\"b\"", ERR_INVAL, "no end"},
        {"root ::= \"b\" )", ERR_INVAL, "belongs to no rule"},
        {"root = \"b\"", ERR_INVAL, "::="},
        {"root ::= \"a\"{2,1}", ERR_INVAL, "repetition"},
        {"root ::= \"a\"{99999999999}", ERR_LIMIT, "repetition"},
        {"root ::= \"\\q\"", ERR_INVAL, "escape"},
        {"", ERR_INVAL, "root"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(GEN_FORMAT_GBNF, rows[i].text, rows[i].code, rows[i].words);
}

static void building(void **state)
{
    (void)state;
    struct grammar_builder *b = NULL;
    struct grammar *g = NULL;
    struct err e;
    assert_int_equal(grammar_builder_create(NULL, &b), OK);
    grammar_expr number = grammar_format(b, GEN_FORMAT_REGEX, STR("[0-9]+"));
    grammar_expr args = grammar_format(b, GEN_FORMAT_SCHEMA, STR("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}"));
    grammar_expr again = grammar_rule(b), call[] = {number, grammar_literal(b, STR(":")), args, grammar_literal(b, STR("</tool>")), again};
    struct grammar_trigger t = {STR("<tool>"), false, grammar_seq(b, call, 5)};
    grammar_define(b, again, grammar_text(b, &t, 1, true));
    assert_int_equal(grammar_build(b, again, &g, &e), OK);
    grammar_builder_free(b);
    assert_has(g, "");
    assert_has(g, "anything < <<tool at all\xF0");
    assert_has(g, "so <tool>12:{\"a\":1}</tool> and <<tool>3:{}</tool>");
    assert_lacks(g, "so <tool>");
    assert_lacks(g, "so <tool>x");
    assert_lacks(g, "so <tool>12:{\"a\":1}");
    grammar_free(g);
}

static void control_tokens(void **state)
{
    (void)state;
    struct grammar_builder *b = NULL;
    struct grammar *g = NULL;
    struct err e;
    struct grammar_vocab *v = tiny_vocab();
    struct grammar_matcher *m = NULL;
    struct grammar_state *s = NULL;
    uint64_t mask[8];
    bool any;
    assert_int_equal(grammar_builder_create(NULL, &b), OK);
    struct grammar_trigger t = {STR("<|call|>"), true, grammar_literal(b, STR("ab"))};
    assert_int_equal(grammar_build(b, grammar_text(b, &t, 1, false), &g, &e), OK);
    grammar_builder_free(b);
    assert_int_equal(grammar_matcher_create(g, v, &m), OK);
    assert_int_equal(grammar_state_create(m, &s), OK);
    assert_int_equal(grammar_mask(s, mask, &any), OK);
    assert_true(any && mask[tiny_call() / 64] >> tiny_call() % 64 & 1);
    assert_false(grammar_allows(s, tiny_end()));
    for (const char *c = "<|call|>"; *c; c++) /* the letters are not the token */
        assert_int_equal(grammar_accept(s, (uint8_t)*c), OK);
    assert_true(grammar_allows(s, 'z'));
    assert_int_equal(grammar_accept(s, tiny_call()), OK);
    assert_false(grammar_allows(s, 'z'));
    assert_false(grammar_allows(s, tiny_call()));
    assert_int_equal(grammar_accept(s, tiny_token(STR("ab"))), OK);
    assert_true(grammar_must_end(s));
    assert_int_equal(grammar_accept(s, tiny_end()), OK);
    assert_false(grammar_allows(s, 'z'));
    grammar_state_free(s);
    grammar_matcher_free(m);
    grammar_vocab_free(v);
    grammar_free(g);
}

static void triggers_that_are_refused(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", "a"}, {"ab", "abc"}, {"abc", "ab"}, {"xaby", "ab"}, {"same", "same"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct grammar_builder *b = NULL;
        struct grammar *g = NULL;
        struct err e;
        assert_int_equal(grammar_builder_create(NULL, &b), OK);
        grammar_expr x = grammar_literal(b, STR("x"));
        struct grammar_trigger two[] = {{str_of(pairs[i][0]), false, x}, {str_of(pairs[i][1]), false, x}};
        assert_int_equal(grammar_build(b, grammar_text(b, two, 2, true), &g, &e), ERR_INVAL);
        grammar_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),       cmocka_unit_test(patterns_that_are_refused), cmocka_unit_test(choices),
        cmocka_unit_test(gbnf),           cmocka_unit_test(grammars_that_are_refused), cmocka_unit_test(building),
        cmocka_unit_test(control_tokens), cmocka_unit_test(triggers_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
