#include "skill/number.h"

#include <stdio.h>

#include "base/utf8.h"

/* ---- digits: 1,240  3.5  -2  3/4 */

static bool digits(struct str s, double *ret)
{
    char text[NUMBER_BYTES_MAX + 1];
    size_t n = 0;
    bool point = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ',') { /* between groups of three only */
            if (point || !i || i + 3 >= s.len || (i + 4 < s.len && s.ptr[i + 4] != ',' && s.ptr[i + 4] != '.'))
                return false;
            continue;
        }
        if (c == '.' ? point : !(c >= '0' && c <= '9') && !(c == '-' && !i))
            return false;
        point |= c == '.';
        text[n++] = c;
    }
    return n && text[n - 1] != '.' && text[n - 1] != '-' && !str_to_f64(str_from(text, n), ret);
}

static bool fraction(struct str s, double *ret)
{
    ptrdiff_t slash = str_chr(s, '/');
    double a, b;
    if (slash < 0)
        return digits(s, ret);
    if (!digits(str_head(s, (size_t)slash), &a) || !digits(str_skip(s, (size_t)slash + 1), &b) || b == 0)
        return false;
    *ret = a / b;
    return true;
}

/* ---- English words */

struct word {
    const char *name;
    double value;
    enum { ADDS, MULTIPLIES, FRACTION } how;
};
static const struct word words[] = {
    {"zero", 0, ADDS},
    {"one", 1, ADDS},
    {"two", 2, ADDS},
    {"three", 3, ADDS},
    {"four", 4, ADDS},
    {"five", 5, ADDS},
    {"six", 6, ADDS},
    {"seven", 7, ADDS},
    {"eight", 8, ADDS},
    {"nine", 9, ADDS},
    {"ten", 10, ADDS},
    {"eleven", 11, ADDS},
    {"twelve", 12, ADDS},
    {"thirteen", 13, ADDS},
    {"fourteen", 14, ADDS},
    {"fifteen", 15, ADDS},
    {"sixteen", 16, ADDS},
    {"seventeen", 17, ADDS},
    {"eighteen", 18, ADDS},
    {"nineteen", 19, ADDS},
    {"twenty", 20, ADDS},
    {"thirty", 30, ADDS},
    {"forty", 40, ADDS},
    {"fourty", 40, ADDS},
    {"fifty", 50, ADDS},
    {"sixty", 60, ADDS},
    {"seventy", 70, ADDS},
    {"eighty", 80, ADDS},
    {"ninety", 90, ADDS},
    {"hundred", 100, MULTIPLIES},
    {"thousand", 1e3, MULTIPLIES},
    {"k", 1e3, MULTIPLIES},
    {"million", 1e6, MULTIPLIES},
    {"billion", 1e9, MULTIPLIES},
    {"dozen", 12, MULTIPLIES},
    {"half", 0.5, FRACTION},
    {"quarter", 0.25, FRACTION},
    {"quarters", 0.25, FRACTION},
    {"third", 1.0 / 3, FRACTION},
    {"thirds", 2.0 / 3 / 2, FRACTION},
};

static const struct word *find_word(struct str s)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(s, str_of(words[i].name)))
            return &words[i];
    return NULL;
}

/* total + group: "two million three hundred" is total 2e6, group 300. */
struct english {
    double total, group, decimals;
    bool any, point, negative, article, after_and;
    double scale; /* of the next decimal */
    const struct word *last;
};

static bool take_value(struct english *e, double v, bool is_digit_word)
{
    if (e->point) {
        if (!is_digit_word || v > 9)
            return false;
        e->decimals += v * e->scale;
        e->scale /= 10;
    } else {
        e->group += v;
    }
    e->any = true;
    return true;
}

static bool take_word(struct english *e, const struct word *w)
{
    const struct word *last = e->last;
    e->last = w;
    if (w->how == ADDS && !e->point && last) { /* twenty one, and hundred and one; but "two and three", "five six" are two numbers */
        bool tens = last->how == ADDS && last->value >= 20 && w->value > 0 && w->value < 10 && !e->after_and;
        if (last->how == FRACTION || (last->how == ADDS && !tens))
            return false;
    }
    if (w->how == ADDS)
        return take_value(e, w->value, true);
    if (w->how == FRACTION) {
        if (e->any && !e->after_and) /* three quarters */
            e->group *= w->value;
        else /* half; … and a half */
            e->group += w->value;
        e->any = true;
        return true;
    }
    double base = e->any ? e->group + e->decimals : 1;
    e->decimals = 0;
    e->point = false;
    if (w->value >= 1000) {
        e->total += base * w->value;
        e->group = 0;
    } else {
        e->group = (base == 0 ? 1 : base) * w->value;
    }
    e->any = true;
    return true;
}

static bool take_token(struct english *e, struct str t)
{
    double v;
    const struct word *w = find_word(t);
    if (w)
        return take_word(e, w);
    if (fraction(t, &v)) {
        if (e->any && (e->last || str_chr(t, '/') < 0))
            return false; /* 1 1/2 is one number, 1 2 are two */
        e->negative |= v < 0;
        return take_value(e, v < 0 ? -v : v, false);
    }
    if (str_ieq(t, STR("point")))
        return !e->point && (e->point = true);
    if (str_ieq(t, STR("couple")) || str_ieq(t, STR("few"))) {
        e->group = str_ieq(t, STR("few")) ? 3 : 2;
        return e->any = true;
    }
    if (str_ieq(t, STR("minus")) || str_ieq(t, STR("negative")))
        return !e->any && (e->negative = true);
    if (t.len > 1 && (t.ptr[t.len - 1] == 'k' || t.ptr[t.len - 1] == 'K') && digits(str_head(t, t.len - 1), &v))
        return take_value(e, v * 1000, false);
    return str_ieq(t, STR("of")) || str_ieq(t, STR("a")) || str_ieq(t, STR("an"));
}

static bool english(struct str s, double *ret)
{
    struct english e = {.scale = 0.1};
    if (s.len > 4 && str_ieq(str_skip(s, s.len - 4), STR(" and")))
        return false; /* "two and" goes on */
    size_t i = 0;
    while (i < s.len) {
        size_t begin = i;
        while (i < s.len && s.ptr[i] != ' ' && (s.ptr[i] != '-' || i == begin))
            i++;
        struct str t = str_from(s.ptr + begin, i - begin);
        while (t.len && t.ptr[t.len - 1] == ',')
            t.len--;
        if (str_ieq(t, STR("and")))
            e.after_and = true;
        else if (t.len && !take_token(&e, t))
            return false;
        i++;
    }
    if (!e.any)
        return false;
    double v = e.total + e.group + e.decimals;
    *ret = e.negative ? -v : v;
    return true;
}

/* ---- Chinese */

static int han_digit(uint32_t cp)
{
    static const uint32_t all[] = {0x96f6, 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d}; /* 零一…九 */
    for (int i = 0; i < 10; i++)
        if (all[i] == cp)
            return i;
    return cp == 0x3007 ? 0 : cp == 0x4e24 || cp == 0x4fe9 ? 2 : -1; /* 〇 两 俩 */
}

static double han_unit(uint32_t cp)
{
    return cp == 0x5341 ? 10 : cp == 0x767e ? 100 : cp == 0x5343 ? 1000 : cp == 0x4e07 ? 1e4 : cp == 0x4ebf ? 1e8 : 0; /* 十百千万亿 */
}

struct han {
    double total, section, digit;
    double last_unit;
    bool has_digit, zero, plain; /* plain: digits follow each other, as in 二〇二六 */
    bool any;
};

static void han_take_unit(struct han *h, double unit)
{
    double base = h->has_digit ? h->digit : 1;
    if (unit >= 1e4) {
        h->total = (h->total + h->section + (h->has_digit ? h->digit : h->section == 0 && h->total == 0 ? 1 : 0)) * unit;
        h->section = 0;
    } else {
        h->section += base * unit;
    }
    h->digit = 0;
    h->has_digit = h->zero = false;
    h->last_unit = unit;
    h->any = true;
}

/* 一百二 is 120: a last digit right after a unit counts the next smaller one. */
static double han_end(const struct han *h)
{
    double last = h->digit;
    if (h->has_digit && !h->zero && !h->plain && h->last_unit >= 100 && last < 10)
        last *= h->last_unit / 10;
    return h->total + h->section + last;
}

static bool han_take(struct han *h, uint32_t cp, struct str s, size_t *at)
{
    int d = han_digit(cp);
    double unit = han_unit(cp), v;
    if (unit > 0) {
        han_take_unit(h, unit);
        return true;
    }
    if (d >= 0) {
        h->plain |= h->has_digit;
        h->digit = h->has_digit ? h->digit * 10 + d : d;
        h->zero |= d == 0 && !h->has_digit;
        return h->any = h->has_digit = true;
    }
    size_t end = *at;
    while (end < s.len && ((s.ptr[end] >= '0' && s.ptr[end] <= '9') || s.ptr[end] == '.' || s.ptr[end] == ','))
        end++;
    if (end == *at || !digits(str_from(s.ptr + *at, end - *at), &v))
        return false;
    h->digit = v;
    h->plain = true;
    *at = end - 1; /* the caller goes on by one */
    return h->any = h->has_digit = true;
}

static bool han_whole(struct str s, double *ret)
{
    struct han h = {0};
    for (size_t i = 0; i < s.len;) {
        uint32_t cp = 0;
        int n = utf8_decode(s.ptr + i, s.len - i, &cp);
        if (n <= 0)
            return false;
        size_t at = i;
        if (!han_take(&h, cp, s, &at))
            return false;
        i = at == i ? i + (size_t)n : at + 1;
    }
    if (!h.any)
        return false;
    *ret = han_end(&h);
    return true;
}

static bool han_decimal(struct str s, double *ret)
{
    ptrdiff_t point = str_find(s, STR("点"), 0);
    double v, scale = 0.1;
    if (point < 0)
        return han_whole(s, ret);
    if (!han_whole(str_head(s, (size_t)point), &v))
        return false;
    for (size_t i = (size_t)point + 3; i < s.len;) {
        uint32_t cp = 0;
        int n = utf8_decode(s.ptr + i, s.len - i, &cp), d = n > 0 ? han_digit(cp) : -1;
        if (d < 0)
            return false;
        v += d * scale;
        scale /= 10;
        i += (size_t)n;
    }
    char text[64];
    return !str_to_f64(str_from(text, (size_t)snprintf(text, sizeof text, "%.12g", v)), ret); /* 2.5, not 2.5000000000000004 */
}

static bool han(struct str s, double *ret)
{
    double a, b;
    bool negative = str_starts(s, STR("负"));
    if (negative)
        s = str_skip(s, 3);
    if (str_starts(s, STR("百分之"))) {
        if (!han_decimal(str_skip(s, 9), &a))
            return false;
        *ret = (negative ? -a : a) / 100;
        return true;
    }
    ptrdiff_t of = str_find(s, STR("分之"), 0);
    if (str_eq(s, STR("半")))
        a = 0.5;
    else if (of > 0) {
        if (!han_decimal(str_head(s, (size_t)of), &b) || !han_decimal(str_skip(s, (size_t)of + 6), &a) || b == 0)
            return false;
        a /= b;
    } else if (str_ends(s, STR("半")) ? !han_decimal(str_head(s, s.len - 3), &a) : !han_decimal(s, &a)) {
        return false;
    } else if (str_ends(s, STR("半"))) {
        a += 0.5;
    }
    *ret = negative ? -a : a;
    return true;
}

bool number_parse(struct str s, double *ret)
{
    s = str_trim(s);
    if (!s.len || s.len > NUMBER_BYTES_MAX)
        return false;
    return fraction(s, ret) || english(s, ret) || han(s, ret);
}
