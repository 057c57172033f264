/* The lexer. Text outside of tags becomes T_DATA with white space already removed as the tags around it want:
 *
 *   {%- {{- {#-   white space before the tag goes            -%} -}} -#}   white space after it goes
 *   {%  {#        lstrip_blocks: blanks between the line's   %} #}         trim_blocks: one line end after it goes
 *                 beginning and the tag go
 *   {%+           … do not                                   +%} +#}       … does not
 *
 * Line ends are \n, \r\n and \r in the source and \n afterwards; one at the very end of the source is dropped. Inside of tags
 * brackets are counted, since the braces of {{ {'a': {}}}} belong to the expression. */
#include <stdlib.h>

#include "base/utf8.h"
#include "model/jinja/ast.h"
#include "model/jinja/unicode.h"

enum { BRACKETS_MAX = 256 };

struct lexer {
    struct str s;
    size_t at;
    uint32_t line;
    bool trim_left;  /* the tag before ended with '-' */
    bool line_start; /* what comes stands at a line's beginning */
    struct arena *arena;
    struct tokens_of *out;
    struct err *e;
    int failed;
    char open[BRACKETS_MAX]; /* brackets that are to be closed */
    size_t n_open;
};

static bool fail(struct lexer *x, int code, const char *sentence)
{
    if (!x->failed)
        x->failed = err_set(x->e, code, "line %u: %s", x->line, sentence);
    return false;
}

static struct token *push(struct lexer *x, enum token_kind kind, struct str text)
{
    struct tokens_of *o = x->out;
    if (o->n == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : 256;
        struct token *p = arena_alloc(x->arena, cap * sizeof *p);
        if (!p) {
            fail(x, ERR_LIMIT, "the template is too large");
            return NULL;
        }
        if (o->n)
            memcpy(p, o->ptr, o->n * sizeof *p);
        o->ptr = p;
        o->cap = cap;
    }
    o->ptr[o->n] = (struct token){.kind = kind, .line = x->line, .text = text};
    return &o->ptr[o->n++];
}

static char peek(const struct lexer *x, size_t ahead)
{
    return x->at + ahead < x->s.len ? x->s.ptr[x->at + ahead] : '\0';
}

static void advance(struct lexer *x, size_t n)
{
    for (; n && x->at < x->s.len; n--)
        x->line += x->s.ptr[x->at++] == '\n';
}

static bool looking_at(const struct lexer *x, const char *text)
{
    return str_starts(str_skip(x->s, x->at), str_of(text));
}

static void skip_space(struct lexer *x)
{
    size_t n = unicode_space_prefix(str_skip(x->s, x->at));
    advance(x, n);
}

/* After the end of a tag whose sign is '-', '+' or none. */
static void after_tag(struct lexer *x, char sign, bool trims)
{
    x->line_start = false;
    if (sign == '-') {
        size_t from = x->at;
        skip_space(x);
        x->line_start = x->at > from && x->s.ptr[x->at - 1] == '\n';
    } else if (sign != '+' && trims && peek(x, 0) == '\n') {
        advance(x, 1);
        x->line_start = true;
    }
}

/* The text before a tag, whose sign is given; `strips`: lstrip_blocks applies to it. */
static struct str before_tag(const struct lexer *x, struct str text, char sign, bool strips)
{
    if (sign == '-')
        return str_head(text, text.len - unicode_space_suffix(text));
    if (sign == '+' || !strips)
        return text;
    size_t line = text.len;
    while (line && text.ptr[line - 1] != '\n')
        line--;
    if (!line && !x->line_start)
        return text;
    struct str tail = str_skip(text, line);
    return unicode_space_prefix(tail) == tail.len ? str_head(text, line) : text;
}

static char sign_here(const struct lexer *x)
{
    char c = peek(x, 2);
    return c == '-' || c == '+' ? c : '\0';
}

/* -%} and the like: the sign in *ret, the length of all of it; 0: not here. */
static size_t end_here(const struct lexer *x, const char *end, bool plus, char *ret_sign)
{
    char c = peek(x, 0);
    bool sign = c == '-' || (plus && c == '+');
    if (!str_starts(str_skip(x->s, x->at + sign), str_of(end)))
        return 0;
    *ret_sign = sign ? c : '\0';
    return (size_t)sign + 2;
}

static bool comment(struct lexer *x)
{
    advance(x, 2 + (sign_here(x) != 0));
    ptrdiff_t end = str_find(x->s, STR("#}"), x->at);
    if (end < 0)
        return fail(x, ERR_INVAL, "a comment has no end (#})");
    char last = (size_t)end > x->at ? x->s.ptr[end - 1] : '\0';
    advance(x, (size_t)end + 2 - x->at);
    after_tag(x, last == '-' || last == '+' ? last : '\0', true);
    return true;
}

/* ---- inside of tags */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (uint8_t)c >= 0x80 || (!first && is_digit(c));
}

static bool number(struct lexer *x)
{
    char digits[64];
    size_t n = 0, used = 0;
    static const struct base {
        const char *head;
        int base;
    } bases[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0O", 8}, {"0b", 2}, {"0B", 2}};
    int base = 10;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (looking_at(x, bases[i].head)) {
            base = bases[i].base;
            used = 2;
        }
    bool real = false;
    for (;; used++) {
        char c = peek(x, used);
        bool exponent =
            base == 10 && (c == 'e' || c == 'E') &&
            (is_digit(peek(x, used + 1)) || ((peek(x, used + 1) == '-' || peek(x, used + 1) == '+') && is_digit(peek(x, used + 2))));
        bool point = base == 10 && c == '.' && !real && is_digit(peek(x, used + 1));
        bool hex = base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
        bool sign = real && n && (digits[n - 1] == 'e' || digits[n - 1] == 'E') && (c == '-' || c == '+');
        if (c == '_')
            continue;
        if (!is_digit(c) && !exponent && !point && !hex && !sign)
            break;
        real |= exponent || point;
        if (n + 1 >= sizeof digits)
            return fail(x, ERR_INVAL, "a number has too many digits");
        digits[n++] = c;
    }
    digits[n] = '\0';
    struct token *t = push(x, real ? T_FLOAT : T_INT, str_head(str_skip(x->s, x->at), used));
    if (!t)
        return false;
    advance(x, used);
    char *end;
    if (real) {
        t->f = strtod(digits, &end);
        return true;
    }
    unsigned long long v = strtoull(digits, &end, base);
    if (!n || *end || v > INT64_MAX || n > 63)
        return fail(x, ERR_INVAL, "an integer is not valid, or does not fit 64 bits");
    t->i = (int64_t)v;
    return true;
}

static bool string(struct lexer *x)
{
    char quote = peek(x, 0);
    size_t end = x->at + 1;
    while (end < x->s.len && x->s.ptr[end] != quote)
        end += x->s.ptr[end] == '\\' ? 2 : 1;
    if (end >= x->s.len)
        return fail(x, ERR_INVAL, "a string has no end");
    struct str text = {0};
    x->failed = jinja_unescape(str_from(x->s.ptr + x->at + 1, end - x->at - 1), x->arena, x->line, &text, x->e);
    if (x->failed || !push(x, T_STRING, text))
        return false;
    advance(x, end + 1 - x->at);
    return true;
}

static bool bracket(struct lexer *x, char c)
{
    static const char opens[] = "([{", closes[] = ")]}";
    const char *open = strchr(opens, c), *close = strchr(closes, c);
    if (open) {
        if (x->n_open == BRACKETS_MAX)
            return fail(x, ERR_LIMIT, "brackets are nested too deeply");
        x->open[x->n_open++] = closes[open - opens];
    } else if (close) {
        if (!x->n_open || x->open[x->n_open - 1] != c)
            return fail(x, ERR_INVAL, "a bracket is closed that was not opened");
        x->n_open--;
    }
    return true;
}

static bool operator_here(struct lexer *x)
{
    static const char *const ops[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "|",
                                      "<",  ">",  "=",  ".",  ",",  ":",  "(", ")", "[", "]", "{", "}", ";"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (looking_at(x, ops[i])) {
            size_t n = strlen(ops[i]);
            bool ok = bracket(x, ops[i][0]) && push(x, T_OP, str_head(str_skip(x->s, x->at), n));
            advance(x, n);
            return ok;
        }
    return fail(x, ERR_INVAL, "a character that cannot stand in an expression");
}

static bool word(struct lexer *x)
{
    size_t n = 1;
    while (is_name(peek(x, n), false))
        n++;
    bool ok = push(x, T_NAME, str_head(str_skip(x->s, x->at), n));
    advance(x, n);
    return ok;
}

/* Up to and with the tag's end. */
static bool inside(struct lexer *x, const char *end, bool block)
{
    for (;;) {
        char sign, c;
        skip_space(x);
        if (x->at >= x->s.len)
            return fail(x, ERR_INVAL, block ? "a tag has no end (%})" : "an expression has no end (}})");
        size_t n = x->n_open ? 0 : end_here(x, end, block, &sign);
        if (n) {
            bool ok = push(x, block ? T_END : T_CLOSE, str_of(end));
            advance(x, n);
            after_tag(x, sign, block);
            return ok;
        }
        c = peek(x, 0);
        bool ok = is_digit(c) ? number(x) : c == '"' || c == '\'' ? string(x) : is_name(c, true) ? word(x) : operator_here(x);
        if (!ok)
            return false;
    }
}

/* ---- raw: {% raw %} is looked at here, since what follows is not Jinja */
static size_t raw_tag(const struct lexer *x, const char *name, char *ret_left, char *ret_right)
{
    struct lexer y = *x;
    if (!looking_at(&y, "{%"))
        return 0;
    *ret_left = sign_here(&y);
    y.at += 2 + (*ret_left != 0);
    y.at += unicode_space_prefix(str_skip(y.s, y.at));
    if (!looking_at(&y, name))
        return 0;
    y.at += strlen(name);
    y.at += unicode_space_prefix(str_skip(y.s, y.at));
    size_t n = end_here(&y, "%}", true, ret_right);
    return n ? y.at + n - x->at : 0;
}

static bool put_data(struct lexer *x, struct str text)
{
    return !text.len || push(x, T_DATA, text);
}

static bool raw(struct lexer *x, size_t head, char right)
{
    char left, end_right;
    advance(x, head);
    if (right == '-')
        skip_space(x);
    for (size_t from = x->at; x->at < x->s.len; advance(x, 1)) {
        size_t n = raw_tag(x, "endraw", &left, &end_right);
        if (!n)
            continue;
        x->line_start = !from || x->s.ptr[from - 1] == '\n';
        struct str text = before_tag(x, str_from(x->s.ptr + from, x->at - from), left, true);
        advance(x, n);
        after_tag(x, end_right, true);
        return put_data(x, text);
    }
    return fail(x, ERR_INVAL, "raw has no endraw");
}

/* ---- the whole */
static bool find_tag(const struct lexer *x, size_t *ret)
{
    for (size_t i = x->at; i + 1 < x->s.len; i++)
        if (x->s.ptr[i] == '{' && strchr("{%#", x->s.ptr[i + 1]) && x->s.ptr[i + 1]) {
            *ret = i;
            return true;
        }
    return false;
}

static bool tag(struct lexer *x)
{
    char left, right, c = peek(x, 1), sign = sign_here(x);
    x->n_open = 0;
    if (c == '#')
        return comment(x);
    size_t n = raw_tag(x, "raw", &left, &right);
    if (n)
        return raw(x, n, right);
    bool block = c == '%';
    if (!push(x, block ? T_BEGIN : T_OPEN, (struct str){0}))
        return false;
    advance(x, 2 + (sign != 0 && (block || sign == '-')));
    return inside(x, block ? "%}" : "}}", block);
}

static bool step(struct lexer *x)
{
    size_t at;
    if (!find_tag(x, &at)) {
        bool ok = put_data(x, str_skip(x->s, x->at));
        x->at = x->s.len;
        return ok;
    }
    struct str text = str_from(x->s.ptr + x->at, at - x->at);
    struct lexer there = *x;
    there.at = at;
    char c = x->s.ptr[at + 1], sign = sign_here(&there);
    if (c == '{' && sign == '+')
        sign = '\0';
    bool ok = put_data(x, before_tag(x, text, sign, c != '{'));
    advance(x, at - x->at);
    return ok && tag(x);
}

static bool normalise(struct lexer *x, struct str source)
{
    char *p = arena_alloc(x->arena, source.len + 1);
    size_t n = 0;
    if (!p)
        return fail(x, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < source.len; i++) {
        bool pair = source.ptr[i] == '\r' && i + 1 < source.len && source.ptr[i + 1] == '\n';
        if (!pair)
            p[n++] = source.ptr[i] == '\r' ? '\n' : source.ptr[i];
    }
    n -= n && p[n - 1] == '\n';
    x->s = str_from(p, n);
    return true;
}

int jinja_lex(struct str source, struct arena *a, struct tokens_of *ret, struct err *e)
{
    struct lexer x = {.arena = a, .out = ret, .line = 1, .line_start = true, .e = e};
    if (source.len > JINJA_SOURCE_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "a chat template of %zu bytes; at most %d are read", source.len, JINJA_SOURCE_BYTES_MAX);
    if (!utf8_valid(source.ptr, source.len, NULL) || (source.len && memchr(source.ptr, 0, source.len)))
        return err_set(e, ERR_INVAL, "the chat template is not UTF-8 text");
    if (normalise(&x, source))
        while (x.at < x.s.len && step(&x)) {
        }
    if (!x.failed)
        push(&x, T_EOF, (struct str){0});
    return x.failed;
}
