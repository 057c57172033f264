/* Masks against the plain way: a token is in the mask exactly when its bytes can be written one by one. Random grammars and real ones. */
#include "grammar_harness.h"

#include <stdio.h>

#include "base/rng.h"

enum { GRAMMARS = 250, STEPS = 24 };

struct bed {
    struct grammar_vocab *v;
    struct grammar_matcher *m;
    struct grammar_state *s;
    uint64_t mask[16];
};

static void bed_make(struct bed *b, const struct grammar *g)
{
    *b = (struct bed){.v = tiny_vocab()};
    assert_true(grammar_vocab_words(b->v) <= 16);
    assert_int_equal(grammar_matcher_create(g, b->v, &b->m), OK);
    assert_int_equal(grammar_state_create(b->m, &b->s), OK);
}

static void bed_free(struct bed *b)
{
    grammar_state_free(b->s);
    grammar_matcher_free(b->m);
    grammar_vocab_free(b->v);
}

static bool has_bit(const struct bed *b, uint32_t token)
{
    return b->mask[token / 64] >> (token % 64) & 1;
}

/* Byte by byte, by tokens of one byte: OK, ERR_INVAL when they cannot be written, ERR_LIMIT when the grammar is too ambiguous to tell. */
static int writable(const struct grammar_state *s, struct str bytes)
{
    struct grammar_state *copy = NULL;
    int rc = bytes.len ? grammar_state_clone(s, &copy) : ERR_INVAL;
    for (size_t i = 0; i < bytes.len && !rc; i++)
        rc = grammar_accept(copy, (uint8_t)bytes.ptr[i]);
    grammar_state_free(copy);
    return rc;
}

/* False: the grammar is too ambiguous here. */
static bool check_mask(struct bed *b, const char *what, int at)
{
    bool any = false, found = false;
    int rc = grammar_mask(b->s, b->mask, &any);
    assert_true(rc == OK || rc == ERR_LIMIT);
    for (uint32_t t = 0; t < tiny_end() && !rc; t++) {
        if (t == tiny_call())
            continue;
        rc = writable(b->s, tiny_bytes(t));
        bool want = rc == OK;
        if (rc == ERR_LIMIT)
            return false;
        rc = OK;
        found |= want;
        if (has_bit(b, t) != want || grammar_allows(b->s, t) != want)
            fail_msg("%s, step %d: token %u is %s", what, at, t, want ? "missing" : "wrong");
    }
    if (rc)
        return false;
    assert_int_equal(has_bit(b, tiny_end()), grammar_can_end(b->s));
    assert_int_equal(any, found || grammar_can_end(b->s));
    assert_int_equal(grammar_must_end(b->s), grammar_can_end(b->s) && !found);
    return true;
}

/* One of the allowed tokens, longer ones more often; TOKEN_NONE when none but the end is left. */
static uint32_t pick(const struct bed *b, struct rng *rng)
{
    uint32_t all[512], n = 0;
    for (uint32_t t = 0; t < tiny_end(); t++)
        for (uint32_t copies = t < 256 ? 1 : 3; copies && has_bit(b, t) && n < 512; copies--)
            all[n++] = t;
    return n ? all[rng_u64(rng) % n] : TOKEN_NONE;
}

static bool walk(const struct grammar *g, const char *what, struct rng *rng)
{
    bool clear = true;
    struct bed b;
    bed_make(&b, g);
    for (int i = 0; i < STEPS && clear; i++) {
        clear = check_mask(&b, what, i);
        uint32_t t = clear ? pick(&b, rng) : TOKEN_NONE;
        if (t == TOKEN_NONE)
            break;
        assert_int_equal(grammar_accept(b.s, t), OK);
        if (i % 5 == 4) { /* a copy goes on as the original would */
            struct grammar_state *copy = NULL;
            assert_int_equal(grammar_state_clone(b.s, &copy), OK);
            grammar_state_free(b.s);
            b.s = copy;
        }
    }
    bed_free(&b);
    return clear;
}

/* Random expressions */

static grammar_expr random_expr(struct grammar_builder *b, struct rng *rng, const grammar_expr *rules, int n_rules, int depth)
{
    static const char *const literals[] = {"a", "ab", "abc", "\"", "{\"", "\":", "true", "x", "你", "12", "", "}}", " "};
    grammar_expr items[4];
    uint64_t kind = rng_u64(rng) % (depth ? 9 : 3);
    size_t n = 1 + rng_u64(rng) % 3;
    if (kind < 2)
        return grammar_literal(b, str_of(literals[rng_u64(rng) % (sizeof literals / sizeof *literals)]));
    if (kind == 2) {
        static const char *const sets[] = {"[a-c]", "[^a\"]", ".", "[0-9]{1,3}", "(ab|c)*"};
        return grammar_format(b, GEN_FORMAT_REGEX, str_of(sets[rng_u64(rng) % 5]));
    }
    if (kind == 3) { /* behind a byte, so that it is no left recursion */
        items[0] = grammar_literal(b, STR("["));
        items[1] = rules[rng_u64(rng) % (uint64_t)n_rules];
        return grammar_seq(b, items, 2);
    }
    if (kind == 4) {
        uint32_t min = (uint32_t)(rng_u64(rng) % 3), more = (uint32_t)(rng_u64(rng) % 40);
        return grammar_repeat(b, random_expr(b, rng, rules, n_rules, depth - 1), min, more > 30 ? GRAMMAR_MANY : min + more);
    }
    for (size_t i = 0; i < n; i++)
        items[i] = random_expr(b, rng, rules, n_rules, depth - 1);
    return kind < 7 ? grammar_seq(b, items, n) : grammar_alt(b, items, n);
}

static void random_grammars(void **state)
{
    (void)state;
    struct rng rng;
    int compiled_ones = 0;
    rng_seed(&rng, 20261127);
    for (int i = 0; i < GRAMMARS; i++) {
        struct grammar_builder *b = NULL;
        struct grammar *g = NULL;
        struct err e;
        char what[32];
        snprintf(what, sizeof what, "grammar %d", i);
        assert_int_equal(grammar_builder_create(NULL, &b), OK);
        grammar_expr rules[3] = {grammar_rule(b), grammar_rule(b), grammar_rule(b)};
        for (int k = 0; k < 3; k++)
            grammar_define(b, rules[k], random_expr(b, &rng, rules, 3, 4));
        int rc = grammar_build(b, rules[0], &g, &e);
        grammar_builder_free(b);
        if (rc) {
            assert_int_equal(rc, ERR_UNSUPPORTED); /* nothing can satisfy it */
            continue;
        }
        compiled_ones += walk(g, what, &rng);
        grammar_free(g);
    }
    assert_true(compiled_ones > GRAMMARS / 2);
}

static void real_grammars(void **state)
{
    (void)state;
    static const struct {
        enum gen_format f;
        const char *text;
    } rows[] = {
        {GEN_FORMAT_JSON, ""},
        {GEN_FORMAT_SCHEMA, "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":20,\"maxLength\":60},"
                            "\"n\":{\"type\":\"integer\"}},\"required\":[\"name\"]}"},
        {GEN_FORMAT_SCHEMA, "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":30,\"maxItems\":90}"},
        {GEN_FORMAT_SCHEMA, "{\"type\":\"string\",\"pattern\":\"^a.{3,40}c$\"}"},
        {GEN_FORMAT_SCHEMA, "{\"type\":\"object\",\"properties\":{\"ab\":true,\"abc\":{\"enum\":[1,\"x\",null]}},\"additionalProperties\":{"
                            "\"type\":\"null\"}}"},
        {GEN_FORMAT_SCHEMA, "{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/"
                            "t\"}},{\"type\":\"boolean\"}]}}}"},
        {GEN_FORMAT_REGEX, "(a|ab|abc|abca)*"},
        {GEN_FORMAT_REGEX, "([^\"]|\\\\.)*"},
        {GEN_FORMAT_GBNF, "root ::= (item \",\")* item\nitem ::= [a-z]+ \" \"? | \"{\" root \"}\""},
        {GEN_FORMAT_CHOICE, "[\"true\",\"tr\",\"ab\",\"abcabc\",\"你好\"]"},
    };
    struct rng rng;
    rng_seed(&rng, 7);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grammar *g = compiled(rows[i].f, rows[i].text);
        for (int k = 0; k < 12; k++)
            assert_true(walk(g, rows[i].text, &rng));
        grammar_free(g);
    }
}

/* Nested a thousand deep and out again: memory stays small, and what was opened must be closed. */
static void deep_texts(void **state)
{
    (void)state;
    struct grammar *g = compiled(GEN_FORMAT_GBNF, "root ::= \"[\" root \"]\" | \"x\"");
    struct bed b;
    bool any;
    bed_make(&b, g);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(grammar_accept(b.s, '['), OK);
    assert_int_equal(grammar_mask(b.s, b.mask, &any), OK);
    assert_int_equal(grammar_accept(b.s, 'x'), OK);
    for (int i = 0; i < 5000; i++) {
        assert_false(grammar_can_end(b.s));
        assert_int_equal(grammar_accept(b.s, ']'), OK);
    }
    assert_true(grammar_must_end(b.s));
    bed_free(&b);
    grammar_free(g);
}

/* Without an end: refused with an error, not with endless memory. */
static void too_deep_texts(void **state)
{
    (void)state;
    struct grammar *g = compiled(GEN_FORMAT_GBNF, "root ::= \"[\" root \"]\" | \"x\"");
    struct bed b;
    int rc = OK;
    bed_make(&b, g);
    for (int i = 0; i < 1 << 20 && !rc; i++)
        rc = grammar_accept(b.s, '[');
    assert_int_equal(rc, ERR_LIMIT);
    bed_free(&b);
    grammar_free(g);
}

static void wrong_tokens(void **state)
{
    (void)state;
    struct grammar *g = compiled(GEN_FORMAT_REGEX, "abc");
    struct bed b;
    bed_make(&b, g);
    assert_int_equal(grammar_accept(b.s, tiny_end() + 1), ERR_INVAL);
    assert_int_equal(grammar_accept(b.s, UINT32_MAX), ERR_INVAL);
    assert_int_equal(grammar_accept(b.s, 255), ERR_INVAL); /* a token without text */
    assert_int_equal(grammar_accept(b.s, tiny_end()), ERR_INVAL);
    assert_int_equal(grammar_run(b.s, (uint32_t[]){'a', tiny_token(STR("bca")), 'c'}, 3), 1);
    assert_int_equal(grammar_run(b.s, (uint32_t[]){'a', 'b', 'c', tiny_end(), 'x'}, 5), 4);
    assert_int_equal(grammar_accept(b.s, tiny_token(STR("abc"))), OK); /* all of that left it where it was */
    assert_true(grammar_must_end(b.s));
    bed_free(&b);
    grammar_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_grammars), cmocka_unit_test(real_grammars), cmocka_unit_test(deep_texts),
        cmocka_unit_test(too_deep_texts),  cmocka_unit_test(wrong_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
