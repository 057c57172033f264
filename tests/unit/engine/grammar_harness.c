#include "grammar_harness.h"

#include "base/buf.h"
#include "engine/grammar/trie.h"

static const char *const longer[] = {
    "{\"",          "\":",          "\": \"",   "\",",   "\"}",    "\"},",    "},{",      "]}",    "}}",  "[[",   "true",     "false",
    "null",         "tr",           "ue",       "12",    "123",    "0.",      ".5",       "e1",    "  ",  "\n  ", ", ",       "\":{",
    "ab",           "abc",          "abcabc",   "bca",   "a\"",    "a\",",    "cat\"",    "\\u00", "\\n", "\\\"", "\xE4\xBD", "\xA0\xE5",
    "\xE4\xBD\xA0", "\xE5\xA5\xBD", "\xF0\x9F", "<tool", "<tool>", "name\":", "aaaaaaaa", "-1",    "x",   "ab",
};
enum { N_LONGER = sizeof longer / sizeof *longer, CALL = 256 + N_LONGER, END };

static int piece(void *ctx, uint32_t token, struct buf *out, bool *ret_end)
{
    (void)ctx;
    *ret_end = token == END;
    if (token < 255)
        buf_putc(out, (char)token);
    else if (token > 255 && token < CALL)
        buf_puts(out, longer[token - 256]);
    else if (token == CALL)
        buf_puts(out, "\xFF<|call|>\xFF");
    return out->failed;
}

struct grammar_vocab *tiny_vocab(void)
{
    struct grammar_vocab *v = NULL;
    assert_int_equal(trie_create(END + 1, piece, NULL, &v), OK);
    return v;
}

uint32_t tiny_token(struct str bytes)
{
    for (uint32_t i = 0; i < N_LONGER; i++)
        if (str_eq(bytes, str_of(longer[i])))
            return 256 + i;
    fail_msg("no token " STR_FMT, STR_ARG(bytes));
    return 0;
}

struct str tiny_bytes(uint32_t token)
{
    static char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    if (token < 255)
        return str_from(all + token, 1);
    return token > 255 && token < CALL ? str_of(longer[token - 256]) : STR("");
}

uint32_t tiny_call(void)
{
    return CALL;
}

uint32_t tiny_end(void)
{
    return END;
}

struct grammar *compiled(enum gen_format f, const char *text)
{
    struct grammar *g = NULL;
    struct err e = {0};
    if (grammar_compile(f, str_of(text), NULL, &g, &e))
        fail_msg("%s: %s", text, e.text);
    return g;
}

static bool follow(const struct grammar *g, struct str text, bool whole)
{
    struct grammar_vocab *v = tiny_vocab();
    struct grammar_matcher *m = NULL;
    struct grammar_state *s = NULL;
    assert_int_equal(grammar_matcher_create(g, v, &m), OK);
    assert_int_equal(grammar_state_create(m, &s), OK);
    bool ok = true;
    for (size_t i = 0; i < text.len && ok; i++)
        ok = grammar_accept(s, (uint8_t)text.ptr[i]) == OK;
    ok = ok && (!whole || grammar_can_end(s));
    grammar_state_free(s);
    grammar_matcher_free(m);
    grammar_vocab_free(v);
    return ok;
}

bool grammar_has(const struct grammar *g, struct str text)
{
    return follow(g, text, true);
}

bool grammar_begins(const struct grammar *g, struct str text)
{
    return follow(g, text, false);
}

void check_has(const struct grammar *g, const char *text, bool want, const char *file, int line)
{
    if (grammar_has(g, str_of(text)) == want)
        return;
    print_error("%s %s the grammar's\n", text, want ? "should be one of" : "must not be one of");
    _fail(file, line);
}

void check_refused(enum gen_format f, struct str text, int code, const char *words, const char *file, int line)
{
    struct grammar *g = NULL;
    struct err e = {0};
    int rc = grammar_compile(f, text, NULL, &g, &e);
    if (rc == code && str_find(str_of(e.text), str_of(words), 0) >= 0)
        return;
    print_error(STR_FMT ": %s (%s), wanted %s with \"%s\"\n", STR_ARG(str_head(text, 200)), rc ? e.text : "compiled", err_name(rc),
                err_name(code), words);
    grammar_free(g);
    _fail(file, line);
}
