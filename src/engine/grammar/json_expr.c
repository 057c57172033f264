#include <stdio.h>

#include "engine/grammar/dfa.h"
#include "engine/grammar/json.h"

/* What is used in many places is one rule of the builder, made when it is first asked for. */
enum { BREAK, COLON, COMMA, CONTROL, CHARACTER, STRING, INTEGER, NUMBER, VALUE, OBJECT, ARRAY };

static grammar_expr lit(struct grammar_builder *b, const char *text)
{
    return grammar_literal(b, str_of(text));
}

static grammar_expr share(struct grammar_builder *b, int which, grammar_expr (*make)(struct grammar_builder *b))
{
    if (b->err.code)
        return GRAMMAR_NEVER;
    if (!b->shared[which]) {
        grammar_expr rule = b->shared[which] = grammar_rule(b); /* first, since values hold values */
        grammar_define(b, rule, make(b));
    }
    return b->shared[which];
}

static grammar_expr make_break(struct grammar_builder *b)
{
    grammar_expr indent = grammar_repeat(b, build_alt2(b, build_range(b, ' ', ' '), build_range(b, '\t', '\t')), 0, JSON_INDENT_MAX);
    return grammar_alt(b, (grammar_expr[]){lit(b, ""), lit(b, " "), build_seq2(b, lit(b, "\n"), indent)}, 3);
}

grammar_expr json_break_expr(struct grammar_builder *b)
{
    return share(b, BREAK, make_break);
}

static grammar_expr make_colon(struct grammar_builder *b)
{
    return build_alt2(b, lit(b, ":"), lit(b, ": "));
}

grammar_expr json_colon_expr(struct grammar_builder *b)
{
    return share(b, COLON, make_colon);
}

static grammar_expr make_comma(struct grammar_builder *b)
{
    return build_seq2(b, lit(b, ","), json_break_expr(b));
}

grammar_expr json_comma_expr(struct grammar_builder *b)
{
    return share(b, COMMA, make_comma);
}

/* Strings */

/* "\u00" and two digits, in either case. */
static grammar_expr hex_escape(struct grammar_builder *b, uint32_t cp)
{
    char lower[8], upper[8];
    snprintf(lower, sizeof lower, "\\u%04x", cp);
    snprintf(upper, sizeof upper, "\\u%04X", cp);
    return strcmp(lower, upper) ? build_alt2(b, lit(b, lower), lit(b, upper)) : lit(b, lower);
}

grammar_expr json_escape_expr(struct grammar_builder *b, uint32_t cp)
{
    static const char letters[][2] = {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (cp == (uint8_t)letters[i][0])
            return build_alt2(b, grammar_literal(b, str_from((char[]){'\\', letters[i][1]}, 2)), hex_escape(b, cp));
    return hex_escape(b, cp);
}

static grammar_expr make_control(struct grammar_builder *b)
{
    grammar_expr all[0x20];
    for (uint32_t cp = 0; cp < 0x20; cp++)
        all[cp] = json_escape_expr(b, cp);
    return grammar_alt(b, all, 0x20);
}

grammar_expr json_control_expr(struct grammar_builder *b)
{
    return share(b, CONTROL, make_control);
}

static grammar_expr hex_digits(struct grammar_builder *b, uint32_t n)
{
    grammar_expr one = grammar_alt(b, (grammar_expr[]){build_range(b, '0', '9'), build_range(b, 'a', 'f'), build_range(b, 'A', 'F')}, 3);
    return grammar_repeat(b, one, n, n);
}

static grammar_expr one_of(struct grammar_builder *b, const char *letters)
{
    grammar_expr all[32];
    size_t n = strlen(letters);
    for (size_t i = 0; i < n; i++)
        all[i] = build_range(b, (uint8_t)letters[i], (uint8_t)letters[i]);
    return grammar_alt(b, all, n);
}

/* \uXXXX: no half of a pair alone. */
static grammar_expr unicode_escape(struct grammar_builder *b)
{
    grammar_expr d = one_of(b, "dD"), rest = hex_digits(b, 3);
    grammar_expr basic = build_alt2(b, build_seq2(b, one_of(b, "0123456789abcABCefEF"), rest),
                                    grammar_seq(b, (grammar_expr[]){d, build_range(b, '0', '7'), hex_digits(b, 2)}, 3));
    grammar_expr pair[] = {d, one_of(b, "89abAB"), hex_digits(b, 2), lit(b, "\\u"), d, one_of(b, "cdefCDEF"), hex_digits(b, 2)};
    return build_seq2(b, lit(b, "u"), build_alt2(b, basic, grammar_seq(b, pair, 7)));
}

static grammar_expr make_character(struct grammar_builder *b)
{
    static const struct range plain[] = {{0x20, 0x21}, {0x23, 0x5B}, {0x5D, CODE_POINT_MAX}};
    struct dfa_edge *edges = build_alloc(b, 3, sizeof *edges);
    struct dfa_state states[] = {{edges, 3, false}, {NULL, 0, true}};
    for (size_t i = 0; edges && i < 3; i++)
        edges[i] = (struct dfa_edge){plain[i], 1};
    const struct dfa one = {states, 2, 2};
    grammar_expr escape = build_seq2(b, lit(b, "\\"), build_alt2(b, one_of(b, "\"\\/bfnrt"), unicode_escape(b)));
    return build_alt2(b, edges ? dfa_expr(b, &one, false) : GRAMMAR_NEVER, escape);
}

static grammar_expr make_string(struct grammar_builder *b)
{
    grammar_expr inside = grammar_repeat(b, share(b, CHARACTER, make_character), 0, GRAMMAR_MANY);
    return grammar_seq(b, (grammar_expr[]){lit(b, "\""), inside, lit(b, "\"")}, 3);
}

grammar_expr json_string_expr(struct grammar_builder *b, uint32_t min, uint32_t max)
{
    if (!min && max == GRAMMAR_MANY)
        return share(b, STRING, make_string);
    grammar_expr inside = grammar_repeat(b, share(b, CHARACTER, make_character), min, max);
    return grammar_seq(b, (grammar_expr[]){lit(b, "\""), inside, lit(b, "\"")}, 3);
}

/* A name or a constant, as it is written: what must be escaped has its forms. */
grammar_expr json_literal_expr(struct grammar_builder *b, struct str s)
{
    struct graph *g = graph_make(b);
    uint32_t at = graph_node(b, g, false), next;
    graph_edge(b, g, at, next = graph_node(b, g, false), lit(b, "\""));
    for (size_t i = 0; i < s.len && !b->err.code;) {
        size_t n = 0;
        while (i + n < s.len && (uint8_t)s.ptr[i + n] >= 0x20 && s.ptr[i + n] != '"' && s.ptr[i + n] != '\\')
            n++;
        at = next;
        next = graph_node(b, g, false);
        graph_edge(b, g, at, next, n ? grammar_literal(b, str_from(s.ptr + i, n)) : json_escape_expr(b, (uint8_t)s.ptr[i]));
        i += n ? n : 1;
    }
    graph_edge(b, g, next, graph_node(b, g, true), lit(b, "\""));
    return graph_expr(b, g);
}

/* Numbers */

static grammar_expr make_integer(struct grammar_builder *b)
{
    grammar_expr more = grammar_repeat(b, build_range(b, '0', '9'), 0, JSON_INTEGER_DIGITS_MAX - 1);
    grammar_expr digits = build_alt2(b, lit(b, "0"), build_seq2(b, build_range(b, '1', '9'), more));
    return build_seq2(b, grammar_optional(b, lit(b, "-")), digits);
}

grammar_expr json_integer_expr(struct grammar_builder *b)
{
    return share(b, INTEGER, make_integer);
}

static grammar_expr make_number(struct grammar_builder *b)
{
    grammar_expr fraction = build_seq2(b, lit(b, "."), grammar_repeat(b, build_range(b, '0', '9'), 1, JSON_FRACTION_DIGITS_MAX));
    grammar_expr exponent[] = {one_of(b, "eE"), grammar_optional(b, one_of(b, "+-")), grammar_repeat(b, build_range(b, '0', '9'), 1, 2)};
    grammar_expr parts[] = {make_integer(b), grammar_optional(b, fraction), grammar_optional(b, grammar_seq(b, exponent, 3))};
    return grammar_seq(b, parts, 3);
}

grammar_expr json_number_expr(struct grammar_builder *b)
{
    return share(b, NUMBER, make_number);
}

/* Lists, and anything at all */

grammar_expr json_list_expr(struct grammar_builder *b, char open, char close, grammar_expr item, uint32_t min, uint32_t max)
{
    grammar_expr gap = json_break_expr(b), head = build_seq2(b, grammar_literal(b, str_from(&open, 1)), gap);
    grammar_expr tail = build_seq2(b, gap, grammar_literal(b, str_from(&close, 1)));
    grammar_expr none = grammar_seq(b, (grammar_expr[]){head, grammar_literal(b, str_from(&close, 1))}, 2);
    if (!max)
        return none;
    grammar_expr more =
        grammar_repeat(b, build_seq2(b, json_comma_expr(b), item), min > 1 ? min - 1 : 0, max == GRAMMAR_MANY ? max : max - 1);
    grammar_expr some = grammar_seq(b, (grammar_expr[]){head, item, more, tail}, 4);
    return min ? some : build_alt2(b, none, some);
}

static grammar_expr make_object(struct grammar_builder *b)
{
    grammar_expr member[] = {json_string_expr(b, 0, GRAMMAR_MANY), json_colon_expr(b), json_value_expr(b)};
    return json_list_expr(b, '{', '}', build_rule_of(b, grammar_seq(b, member, 3)), 0, GRAMMAR_MANY);
}

grammar_expr json_object_expr(struct grammar_builder *b)
{
    return share(b, OBJECT, make_object);
}

static grammar_expr make_array(struct grammar_builder *b)
{
    return json_list_expr(b, '[', ']', json_value_expr(b), 0, GRAMMAR_MANY);
}

grammar_expr json_array_expr(struct grammar_builder *b)
{
    return share(b, ARRAY, make_array);
}

static grammar_expr make_value(struct grammar_builder *b)
{
    grammar_expr all[] = {json_object_expr(b), json_array_expr(b), json_string_expr(b, 0, GRAMMAR_MANY),
                          json_number_expr(b), lit(b, "true"),     lit(b, "false"),
                          lit(b, "null")};
    return grammar_alt(b, all, sizeof all / sizeof *all);
}

grammar_expr json_value_expr(struct grammar_builder *b)
{
    return share(b, VALUE, make_value);
}

static grammar_expr const_list(struct grammar_builder *b, const json_t *v)
{
    struct graph *g = graph_make(b);
    bool object = json_is_object(v), first = true;
    uint32_t at = graph_node(b, g, false), next;
    graph_edge(b, g, at, next = graph_node(b, g, false), build_seq2(b, lit(b, object ? "{" : "["), json_break_expr(b)));
    size_t n = object ? json_object_size(v) : json_array_size(v);
    void *it = object ? json_object_iter((json_t *)v) : NULL;
    for (size_t i = 0; i < n && !b->err.code; i++, first = false) {
        const json_t *child = object ? json_object_iter_value(it) : json_array_get(v, i);
        grammar_expr one = json_const_expr(b, child);
        if (object) {
            struct str name = str_from(json_object_iter_key(it), json_object_iter_key_len(it));
            one = grammar_seq(b, (grammar_expr[]){json_literal_expr(b, name), json_colon_expr(b), one}, 3);
            it = json_object_iter_next((json_t *)v, it);
        }
        if (!first)
            one = build_seq2(b, json_comma_expr(b), one);
        at = next;
        graph_edge(b, g, at, next = graph_node(b, g, false), one);
    }
    grammar_expr close = lit(b, object ? "}" : "]");
    graph_edge(b, g, next, graph_node(b, g, true), n ? build_seq2(b, json_break_expr(b), close) : close);
    return graph_expr(b, g);
}

grammar_expr json_const_expr(struct grammar_builder *b, const json_t *v)
{
    if (json_is_string(v))
        return json_literal_expr(b, str_from(json_string_value(v), json_string_length(v)));
    if (json_is_object(v) || json_is_array(v))
        return const_list(b, v);
    char text[64];
    size_t n = json_dumpb(v, text, sizeof text, JSON_ENCODE_ANY | JSON_COMPACT);
    return grammar_literal(b, str_from(text, n < sizeof text ? n : 0));
}

json_t *json_parse_source(struct grammar_builder *b, struct str text, const char *what)
{
    json_error_t error;
    uint32_t depth = 0;
    bool within = false;
    if (b->err.code)
        return NULL;
    if (text.len > b->limits.source_bytes_max)
        return build_fail(b, ERR_LIMIT, "the %s has %zu bytes, but may have %zu", what, text.len, b->limits.source_bytes_max), NULL;
    for (size_t i = 0; i < text.len; i++) { /* the depth is jansson's recursion */
        char c = text.ptr[i];
        if (within && c == '\\')
            i++;
        else if (c == '"')
            within = !within;
        else if (!within && (c == '{' || c == '['))
            depth++;
        else if (!within && (c == '}' || c == ']'))
            depth -= depth > 0;
        if (depth > 4 * b->limits.nesting_max)
            return build_fail(b, ERR_LIMIT, "the %s is nested more than %u levels deep", what, 4 * b->limits.nesting_max), NULL;
    }
    json_t *v = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!v)
        build_fail(b, ERR_INVAL, "the %s is not JSON: %.200s (line %d)", what, error.text, error.line);
    return v;
}
