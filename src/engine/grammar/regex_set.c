/* Sets of characters in a regular expression: escapes and [classes]. \d, \w and \s mean what ECMAScript says. */
#include "engine/grammar/regex.h"

static const struct range digits[] = {{'0', '9'}};
static const struct range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct range space[] = {{9, 13},          {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
                                     {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};

static struct charset single(struct regex *r, uint32_t lo, uint32_t hi)
{
    struct range *one = build_alloc(r->b, 1, sizeof *one);
    if (!one)
        return (struct charset){0};
    *one = (struct range){lo, hi};
    return (struct charset){one, 1};
}

static bool hex(struct regex *r, uint32_t digits_min, uint32_t digits_max, uint32_t *ret)
{
    uint32_t n = 0, v = 0;
    for (; n < digits_max && r->at < r->text.len; n++, r->at++) {
        char c = r->text.ptr[r->at];
        uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (uint32_t)((c | 32) - 'a' + 10) : 16;
        if (d == 16)
            break;
        v = v * 16 + d;
    }
    if (n < digits_min)
        return regex_failed(r, ERR_INVAL, "an escape lacks hexadecimal digits");
    *ret = v;
    return true;
}

static bool unicode_escape(struct regex *r, uint32_t *ret)
{
    bool braces = regex_take(r, "{");
    if (!hex(r, braces ? 1 : 4, braces ? 6 : 4, ret))
        return false;
    if (braces && !regex_take(r, "}"))
        return regex_failed(r, ERR_INVAL, "\\u{ has no end");
    if (*ret > CODE_POINT_MAX)
        return regex_failed(r, ERR_INVAL, "there is no such character");
    uint32_t low = 0;
    size_t at = r->at;
    if (braces || *ret < 0xD800 || *ret > 0xDBFF || !regex_take(r, "\\u"))
        return true;
    if (!hex(r, 4, 4, &low))
        return false;
    if (low >= 0xDC00 && low <= 0xDFFF)
        *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
    else
        r->at = at;
    return true;
}

/* Behind the backslash, when it stands for one character. */
static bool escaped_character(struct regex *r, uint32_t *ret)
{
    static const char letters[] = "tnrfv", means[] = "\t\n\r\f\v";
    if (r->at >= r->text.len)
        return regex_failed(r, ERR_INVAL, "a backslash stands at the end");
    char c = r->text.ptr[r->at];
    const char *found = memchr(letters, c, sizeof letters - 1);
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z', digit = c >= '0' && c <= '9';
    if (!letter && !digit)
        return regex_character(r, ret);
    r->at++;
    if (found) {
        *ret = (uint8_t)means[found - letters];
        return true;
    }
    if (c == 'x')
        return hex(r, 2, 2, ret);
    if (c == 'u')
        return unicode_escape(r, ret);
    if (c == 'c' && r->at < r->text.len) {
        *ret = (uint8_t)r->text.ptr[r->at++] & 31;
        return true;
    }
    if (c == '0' && (r->at >= r->text.len || r->text.ptr[r->at] < '0' || r->text.ptr[r->at] > '9')) {
        *ret = 0;
        return true;
    }
    r->at--;
    return regex_failed(r, ERR_UNSUPPORTED, digit ? "a reference to a group cannot be enforced" : "this escape cannot be enforced");
}

/* \d \D \w \W \s \S */
static bool named_set(struct regex *r, struct charset *ret)
{
    static const struct {
        char name;
        struct charset set;
    } sets[] = {{'d', {digits, 1}}, {'w', {word, 4}}, {'s', {space, 10}}};
    char c = r->at + 1 < r->text.len && r->text.ptr[r->at] == '\\' ? r->text.ptr[r->at + 1] : 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (c && (c | 32) == sets[i].name) {
            r->at += 2;
            *ret = c & 32 ? sets[i].set : charset_not(r->b, sets[i].set);
            return true;
        }
    return false;
}

/* One character of a class, escaped or not. */
static bool class_character(struct regex *r, uint32_t *ret)
{
    if (regex_take(r, "\\b")) {
        *ret = '\b';
        return true;
    }
    return regex_take(r, "\\") ? escaped_character(r, ret) : regex_character(r, ret);
}

static bool class_item(struct regex *r, struct charset *ret)
{
    uint32_t lo = 0, hi;
    if (named_set(r, ret))
        return true;
    if (regex_peek(r, "[:") || regex_peek(r, "&&"))
        return regex_failed(r, ERR_UNSUPPORTED, "named classes and operations within brackets cannot be enforced");
    if (!class_character(r, &lo))
        return false;
    hi = lo;
    struct str rest = str_skip(r->text, r->at);
    if (rest.len > 1 && rest.ptr[0] == '-' && rest.ptr[1] != ']') {
        r->at++;
        if (named_set(r, ret))
            return regex_failed(r, ERR_INVAL, "a range ends with a set");
        if (!class_character(r, &hi))
            return false;
    }
    if (hi < lo)
        return regex_failed(r, ERR_INVAL, "a range is out of order");
    *ret = single(r, lo, hi);
    return true;
}

static bool read_class(struct regex *r, struct charset *ret)
{
    bool negated = regex_take(r, "^");
    struct charset all = {0};
    while (!regex_peek(r, "]")) {
        struct charset item;
        if (r->at >= r->text.len)
            return regex_failed(r, ERR_INVAL, "a [ has no end");
        if (++r->steps > r->b->limits.dfa_states_max * 64u)
            return regex_failed(r, ERR_LIMIT, "its repetitions multiply to too much");
        if (!class_item(r, &item))
            return false;
        all = charset_or(r->b, all, item);
    }
    regex_take(r, "]");
    *ret = negated ? charset_not(r->b, all) : all;
    return !r->b->err.code;
}

bool regex_set(struct regex *r, struct charset *ret)
{
    uint32_t c = 0;
    if (named_set(r, ret))
        return true;
    if (regex_take(r, "["))
        return read_class(r, ret);
    if (regex_peek(r, "\\b") || regex_peek(r, "\\B"))
        return regex_failed(r, ERR_UNSUPPORTED, "borders of words cannot be enforced");
    if (!(regex_take(r, "\\") ? escaped_character(r, &c) : regex_character(r, &c)))
        return false;
    *ret = single(r, c, c);
    return !r->b->err.code;
}
