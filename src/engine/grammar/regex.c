/* ECMAScript's regular expressions (ECMA-262 §22.2.1) by recursive descent, straight into a nondeterministic automaton. A counted
 * repetition reads its operand again for each copy, so nothing is kept but the automaton; copies multiply, which the bound on states and on
 * the parser's own steps ends. */
#include "engine/grammar/regex.h"

#include "base/utf8.h"

static const struct range everything[] = {{0, CODE_POINT_MAX}};
static const struct range line_ends[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

bool regex_failed(struct regex *r, int code, const char *why)
{
    build_fail(r->b, code, "the pattern at offset %zu: %s", r->at, why);
    return false;
}

bool regex_peek(const struct regex *r, const char *text)
{
    return str_starts(str_skip(r->text, r->at), str_of(text));
}

bool regex_take(struct regex *r, const char *text)
{
    if (!regex_peek(r, text))
        return false;
    r->at += strlen(text);
    return true;
}

/* One character of the pattern. */
bool regex_character(struct regex *r, uint32_t *ret)
{
    int n = utf8_decode(r->text.ptr + r->at, r->text.len - r->at, ret);
    if (n <= 0)
        return regex_failed(r, ERR_INVAL, "it is not UTF-8");
    r->at += (size_t)n;
    return true;
}

static uint32_t set_piece(struct regex *r, uint32_t from, struct charset c)
{
    uint32_t to = nfa_state(r->b, r->n);
    nfa_add(r->b, r->n, from, to, NFA_CHAR, c);
    return to;
}

static uint32_t anchor(struct regex *r, uint32_t from, enum nfa_kind kind)
{
    uint32_t to = nfa_state(r->b, r->n);
    nfa_add(r->b, r->n, from, to, kind, (struct charset){0});
    return to;
}

static uint32_t read_alternatives(struct regex *r, uint32_t from);

static bool open_group(struct regex *r)
{
    if (!regex_take(r, "(?"))
        return regex_take(r, "(");
    if (regex_take(r, ":"))
        return true;
    bool named = regex_take(r, "P<") || (regex_peek(r, "<") && !regex_peek(r, "<=") && !regex_peek(r, "<!") && regex_take(r, "<"));
    if (!named)
        return regex_failed(r, ERR_UNSUPPORTED, "groups that look around or change flags cannot be enforced");
    while (r->at < r->text.len && r->text.ptr[r->at] != '>')
        r->at++;
    return regex_take(r, ">") || regex_failed(r, ERR_INVAL, "a group's name has no end");
}

static uint32_t read_group(struct regex *r, uint32_t from)
{
    if (!open_group(r))
        return from;
    if (++r->depth > r->b->limits.nesting_max) {
        regex_failed(r, ERR_LIMIT, "it is nested too deeply");
        return from;
    }
    uint32_t to = read_alternatives(r, from);
    r->depth--;
    if (!r->b->err.code && !regex_take(r, ")"))
        regex_failed(r, ERR_INVAL, "a group has no end");
    return to;
}

/* One atom, from `from` to the state that is returned. */
static uint32_t read_atom(struct regex *r, uint32_t from)
{
    struct charset c = {everything, 1};
    if (++r->steps > r->b->limits.dfa_states_max * 64u) {
        regex_failed(r, ERR_LIMIT, "its repetitions multiply to too much");
        return from;
    }
    if (regex_peek(r, "("))
        return read_group(r, from);
    if (regex_take(r, "^"))
        return anchor(r, from, NFA_AT_START);
    if (regex_take(r, "$"))
        return anchor(r, from, NFA_AT_END);
    if (regex_take(r, "."))
        return set_piece(r, from, charset_not(r->b, (struct charset){line_ends, 3}));
    if (regex_peek(r, "*") || regex_peek(r, "+") || regex_peek(r, "?")) {
        regex_failed(r, ERR_INVAL, "there is nothing to repeat");
        return from;
    }
    return regex_set(r, &c) ? set_piece(r, from, c) : from;
}

static bool read_number(struct regex *r, uint32_t *ret)
{
    size_t start = r->at;
    uint32_t n = 0;
    while (r->at < r->text.len && r->text.ptr[r->at] >= '0' && r->text.ptr[r->at] <= '9' && n < 100000)
        n = n * 10 + (uint32_t)(r->text.ptr[r->at++] - '0');
    *ret = n;
    return r->at > start;
}

/* False: there is none. */
static bool read_quantifier(struct regex *r, uint32_t *min, uint32_t *max)
{
    size_t start = r->at;
    *min = regex_peek(r, "+");
    *max = regex_peek(r, "?") ? 1 : GRAMMAR_MANY;
    if (regex_take(r, "*") || regex_take(r, "+") || regex_take(r, "?"))
        return true;
    if (!regex_take(r, "{") || !read_number(r, min)) {
        r->at = start;
        return false;
    }
    *max = *min;
    if (regex_take(r, ",") && !read_number(r, max))
        *max = GRAMMAR_MANY;
    if (!regex_take(r, "}")) {
        r->at = start;
        return false;
    }
    if (*min > *max)
        return regex_failed(r, ERR_INVAL, "a repetition with its numbers out of order");
    return true;
}

static void skip(struct regex *r, uint32_t from, uint32_t to)
{
    nfa_add(r->b, r->n, from, to, NFA_EMPTY, (struct charset){0});
}

/* Copies of the atom at `start`, whose first copy was read from `from` to `to`. */
static uint32_t repeat(struct regex *r, size_t start, uint32_t from, uint32_t to, uint32_t min, uint32_t max)
{
    size_t after = r->at;
    uint32_t end = nfa_state(r->b, r->n), last = max == GRAMMAR_MANY ? (min ? min : 1) : max, begun = from;
    if (!min)
        skip(r, from, end);
    for (uint32_t i = 1; i < last && !r->b->err.code; i++) {
        if (i >= min)
            skip(r, to, end);
        r->at = start;
        begun = nfa_state(r->b, r->n);
        skip(r, to, begun);
        to = read_atom(r, begun);
    }
    r->at = after;
    if (max == GRAMMAR_MANY)
        skip(r, to, begun);
    if (max)
        skip(r, to, end);
    return end;
}

/* An atom and its quantifier. */
static uint32_t read_term(struct regex *r, uint32_t from)
{
    size_t start = r->at;
    uint32_t min, max, begun = nfa_state(r->b, r->n);
    skip(r, from, begun); /* a loop goes back to here and to nothing before it */
    uint32_t to = read_atom(r, begun);
    if (r->b->err.code || !read_quantifier(r, &min, &max))
        return to;
    to = repeat(r, start, begun, to, min, max);
    regex_take(r, "?"); /* which match is taken first makes no difference to a language */
    if (regex_peek(r, "*") || regex_peek(r, "+") || regex_peek(r, "?"))
        regex_failed(r, ERR_UNSUPPORTED, "a repetition of a repetition cannot be enforced");
    return to;
}

static uint32_t read_alternatives(struct regex *r, uint32_t from)
{
    uint32_t end = nfa_state(r->b, r->n);
    do {
        uint32_t at = from;
        while (!r->b->err.code && r->at < r->text.len && !regex_peek(r, "|") && !regex_peek(r, ")"))
            at = read_term(r, at);
        skip(r, at, end);
    } while (!r->b->err.code && regex_take(r, "|"));
    return end;
}

const struct dfa *regex_dfa(struct grammar_builder *b, struct str pattern, bool search)
{
    struct regex r = {.b = b, .text = pattern, .n = nfa_make(b)};
    if (pattern.len > b->limits.source_bytes_max)
        build_fail(b, ERR_LIMIT, "the pattern has %zu bytes, but may have %zu", pattern.len, b->limits.source_bytes_max);
    uint32_t start = nfa_state(b, r.n), inner = nfa_state(b, r.n), begin = nfa_state(b, r.n);
    struct charset any = {everything, 1};
    skip(&r, start, begin);
    if (search) { /* anything before it: but then the text's start is gone */
        nfa_add(b, r.n, start, inner, NFA_CHAR, any);
        nfa_add(b, r.n, inner, inner, NFA_CHAR, any);
        skip(&r, inner, begin);
    }
    uint32_t end = read_alternatives(&r, begin);
    if (!b->err.code && r.at < pattern.len)
        regex_failed(&r, ERR_INVAL, "a group ends that has not begun");
    if (b->err.code)
        return NULL;
    if (search)
        nfa_add(b, r.n, end, end, NFA_CHAR, any);
    r.n->absorbs = search;
    r.n->start = start;
    r.n->end = end;
    return dfa_of_nfa(b, r.n);
}
