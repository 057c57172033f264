/* GBNF as llama-server reads it: name ::= alternatives, of "literals", [classes], names, (groups) and repetitions. */
#include "base/strmap.h"
#include "base/utf8.h"
#include "engine/grammar/dfa.h"
#include "engine/grammar/format.h"

enum { RULES_MAX = 4096, ITEMS_MAX = 4096 };

struct gbnf {
    struct grammar_builder *b;
    struct str text;
    size_t at;
    uint32_t depth;
    struct strmap names; /* name → expression of its rule */
};

static grammar_expr wrong(struct gbnf *p, int code, const char *why)
{
    size_t line = 1;
    for (size_t i = 0; i < p->at && i < p->text.len; i++)
        line += p->text.ptr[i] == '\n';
    return build_fail(p->b, code, "the grammar's line %zu: %s", line, why);
}

static char peek(const struct gbnf *p)
{
    return p->at < p->text.len ? p->text.ptr[p->at] : 0;
}

static bool take(struct gbnf *p, char c)
{
    if (peek(p) != c || p->at >= p->text.len)
        return false;
    p->at++;
    return true;
}

/* White space and comments; new lines, too, where a rule cannot end. */
static void skip_space(struct gbnf *p, bool lines)
{
    for (; p->at < p->text.len; p->at++) {
        char c = peek(p);
        if (c == '#')
            while (p->at + 1 < p->text.len && p->text.ptr[p->at + 1] != '\n')
                p->at++;
        else if (!(c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))))
            return;
    }
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static struct str read_name(struct gbnf *p)
{
    size_t start = p->at;
    while (in_name(peek(p)))
        p->at++;
    return str_from(p->text.ptr + start, p->at - start);
}

static grammar_expr rule_named(struct gbnf *p, struct str name)
{
    uint32_t rule;
    if (strmap_get(&p->names, name, &rule))
        return rule;
    rule = build_named_rule(p->b, name);
    if (!p->b->err.code && strmap_put(&p->names, name, rule))
        return wrong(p, ERR_LIMIT, "there are too many rules");
    return rule;
}

/* Characters */

static bool read_hex(struct gbnf *p, uint32_t n, uint32_t *ret)
{
    uint32_t v = 0;
    for (uint32_t i = 0; i < n; i++) {
        char c = peek(p), low = (char)(c | 32);
        if (c >= '0' && c <= '9')
            v = v * 16 + (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v * 16 + (uint32_t)(low - 'a' + 10);
        else
            return wrong(p, ERR_INVAL, "an escape lacks hexadecimal digits"), false;
        p->at++;
    }
    *ret = v;
    return v <= CODE_POINT_MAX && (v < 0xD800 || v > 0xDFFF) ? true : (wrong(p, ERR_INVAL, "there is no such character"), false);
}

static bool read_character(struct gbnf *p, uint32_t *ret)
{
    static const char letters[] = "ntr\\\"[]-^", means[] = "\n\t\r\\\"[]-^";
    if (p->at >= p->text.len)
        return wrong(p, ERR_INVAL, "it ends within a literal or a class"), false;
    if (!take(p, '\\')) {
        int n = utf8_decode(p->text.ptr + p->at, p->text.len - p->at, ret);
        if (n <= 0)
            return wrong(p, ERR_INVAL, "it is not UTF-8"), false;
        p->at += (size_t)n;
        return true;
    }
    char c = peek(p);
    const char *found = c ? memchr(letters, c, sizeof letters - 1) : NULL;
    if (!found && c != 'x' && c != 'u' && c != 'U')
        return wrong(p, ERR_INVAL, "an unknown escape"), false;
    p->at++;
    if (!found)
        return read_hex(p, c == 'x' ? 2 : c == 'u' ? 4 : 8, ret);
    *ret = (uint8_t)means[found - letters];
    return true;
}

static grammar_expr read_literal(struct gbnf *p)
{
    size_t start = p->at, n = 0;
    while (p->at < p->text.len && peek(p) != '"')
        p->at += peek(p) == '\\' && p->at + 1 < p->text.len ? 2 : 1;
    char *out = build_alloc(p->b, p->at - start + 4, 1);
    p->at = start;
    while (out && !p->b->err.code && peek(p) != '"') {
        uint32_t cp;
        if (!read_character(p, &cp))
            return GRAMMAR_NEVER;
        n += (size_t)utf8_encode(cp, out + n);
    }
    take(p, '"');
    return grammar_literal(p->b, str_from(out, n));
}

static grammar_expr set_expr(struct gbnf *p, struct charset c)
{
    struct dfa_edge *edges = build_alloc(p->b, c.n, sizeof *edges);
    struct dfa_state states[] = {{edges, c.n, false}, {NULL, 0, true}};
    for (uint32_t i = 0; edges && i < c.n; i++)
        edges[i] = (struct dfa_edge){c.ranges[i], 1};
    const struct dfa one = {states, 2, 2};
    return edges ? dfa_expr(p->b, &one, false) : GRAMMAR_NEVER;
}

static grammar_expr read_class(struct gbnf *p)
{
    struct charset all = {0};
    bool negated = take(p, '^');
    for (uint32_t n = 0; !take(p, ']'); n++) {
        struct range *r = build_alloc(p->b, 1, sizeof *r);
        if (!r || !read_character(p, &r->lo))
            return GRAMMAR_NEVER;
        r->hi = r->lo;
        struct str rest = str_skip(p->text, p->at);
        if (rest.len > 1 && rest.ptr[0] == '-' && rest.ptr[1] != ']') {
            p->at++;
            if (!read_character(p, &r->hi))
                return GRAMMAR_NEVER;
        }
        if (r->hi < r->lo || n >= ITEMS_MAX)
            return wrong(p, ERR_INVAL, "a class has a range out of order, or too many of them");
        all = charset_or(p->b, all, (struct charset){r, 1});
    }
    return set_expr(p, negated ? charset_not(p->b, all) : all);
}

/* Sequences */

static grammar_expr read_alternatives(struct gbnf *p, bool nested);

static grammar_expr read_item(struct gbnf *p)
{
    if (take(p, '"'))
        return read_literal(p);
    if (take(p, '['))
        return read_class(p);
    if (take(p, '.'))
        return set_expr(p, charset_not(p->b, (struct charset){0}));
    if (in_name(peek(p)))
        return rule_named(p, read_name(p));
    if (!take(p, '('))
        return wrong(p, ERR_INVAL, "a literal, a class, a name or a group must stand here");
    if (++p->depth > p->b->limits.nesting_max)
        return wrong(p, ERR_LIMIT, "groups are nested too deeply");
    skip_space(p, true);
    grammar_expr x = read_alternatives(p, true);
    p->depth--;
    return take(p, ')') ? x : wrong(p, ERR_INVAL, "a group has no end");
}

static bool read_count(struct gbnf *p, uint32_t *ret)
{
    uint64_t n = 0;
    size_t start = p->at;
    while (peek(p) >= '0' && peek(p) <= '9') {
        n = n * 10 + (uint64_t)(peek(p) - '0');
        n = n < UINT32_MAX ? n : UINT32_MAX - 1;
        p->at++;
    }
    *ret = (uint32_t)n;
    return p->at > start;
}

static grammar_expr read_braces(struct gbnf *p, grammar_expr x)
{
    uint32_t min = 0, max = GRAMMAR_MANY;
    skip_space(p, true);
    bool has_min = read_count(p, &min);
    skip_space(p, true);
    if (take(p, ',')) {
        skip_space(p, true);
        if (!read_count(p, &max))
            max = GRAMMAR_MANY;
        skip_space(p, true);
    } else if (has_min) {
        max = min;
    } else {
        return wrong(p, ERR_INVAL, "a repetition lacks its numbers");
    }
    if (!take(p, '}') || min > max)
        return wrong(p, ERR_INVAL, "a repetition must be {n}, {n,}, {,m} or {n,m}");
    return grammar_repeat(p->b, x, min, max);
}

static grammar_expr read_repeated(struct gbnf *p, bool nested)
{
    grammar_expr x = read_item(p);
    skip_space(p, nested);
    for (bool more = true; more && !p->b->err.code; skip_space(p, nested)) {
        if (take(p, '*'))
            x = grammar_repeat(p->b, x, 0, GRAMMAR_MANY);
        else if (take(p, '+'))
            x = grammar_repeat(p->b, x, 1, GRAMMAR_MANY);
        else if (take(p, '?'))
            x = grammar_repeat(p->b, x, 0, 1);
        else if (take(p, '{'))
            x = read_braces(p, x);
        else
            more = false;
    }
    return x;
}

static bool at_end(const struct gbnf *p)
{
    char c = peek(p);
    return p->at >= p->text.len || c == '|' || c == ')' || c == '\n' || c == '\r' || p->b->err.code;
}

static grammar_expr read_sequence(struct gbnf *p, bool nested)
{
    struct graph *g = graph_make(p->b);
    uint32_t at = graph_node(p->b, g, false);
    skip_space(p, nested);
    while (!at_end(p)) {
        uint32_t next = graph_node(p->b, g, false);
        graph_edge(p->b, g, at, next, read_repeated(p, nested));
        at = next;
    }
    if (p->b->err.code)
        return GRAMMAR_NEVER;
    g->final[at] = true;
    return graph_expr(p->b, g);
}

static grammar_expr read_alternatives(struct gbnf *p, bool nested)
{
    struct graph *g = graph_make(p->b);
    uint32_t from = graph_node(p->b, g, false), to = graph_node(p->b, g, true);
    do {
        skip_space(p, true);
        graph_edge(p->b, g, from, to, read_sequence(p, nested));
    } while (!p->b->err.code && take(p, '|'));
    return graph_expr(p->b, g);
}

static void read_rule(struct gbnf *p)
{
    struct str name = read_name(p);
    skip_space(p, false);
    if (!name.len || !str_starts(str_skip(p->text, p->at), STR("::="))) {
        wrong(p, ERR_INVAL, "a rule must be written as name ::= …");
        return;
    }
    p->at += 3;
    grammar_expr rule = rule_named(p, name);
    if (p->b->err.code)
        return;
    if (p->b->exprs[rule].rule.body != GRAMMAR_NONE) {
        wrong(p, ERR_INVAL, "a rule of this name was defined before");
        return;
    }
    skip_space(p, true);
    grammar_define(p->b, rule, read_alternatives(p, false));
    skip_space(p, false);
    if (!p->b->err.code && p->at < p->text.len && peek(p) != '\n' && peek(p) != '\r')
        wrong(p, ERR_INVAL, "what stands here belongs to no rule");
}

grammar_expr gbnf_expr(struct grammar_builder *b, struct str text)
{
    struct gbnf p = {.b = b, .text = text};
    if (text.len > b->limits.source_bytes_max)
        return build_fail(b, ERR_LIMIT, "the grammar has %zu bytes, but may have %zu", text.len, b->limits.source_bytes_max);
    if (strmap_init(&p.names, RULES_MAX))
        return build_fail(b, ERR_NOMEM, "not enough memory to compile the grammar");
    for (skip_space(&p, true); p.at < text.len && !b->err.code; skip_space(&p, true))
        read_rule(&p);
    uint32_t root = GRAMMAR_NEVER;
    if (!b->err.code && !strmap_get(&p.names, STR("root"), &root))
        build_fail(b, ERR_INVAL, "the grammar has no rule named root");
    strmap_deinit(&p.names);
    return b->err.code ? GRAMMAR_NEVER : root;
}
