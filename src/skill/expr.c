#include "skill/expr.h"

#include <math.h>
#include <stdio.h>

typedef expr_wide wide;

struct parser {
    struct str s;
    size_t at;
    int depth;
    int failed;
    struct err *e;
};

static struct expr_value fail(struct parser *p, int code, const char *sentence)
{
    if (!p->failed)
        p->failed = err_set(p->e, code, "%s", sentence);
    return (struct expr_value){0};
}

/* ---- rational numbers */

static wide gcd(wide a, wide b)
{
    while (b) {
        wide t = a % b;
        a = b;
        b = t;
    }
    return a < 0 ? -a : a;
}

static struct expr_value inexact(double v)
{
    return (struct expr_value){.value = v};
}

static struct expr_value ratio(wide num, wide den)
{
    wide g = gcd(num, den);
    if (!g)
        g = 1;
    if (den < 0)
        g = -g;
    num /= g;
    den /= g;
    return (struct expr_value){true, num, den, (double)num / (double)den};
}

static struct expr_value add(struct expr_value a, struct expr_value b, int sign)
{
    wide x, y, n, d;
    if (!a.exact || !b.exact || __builtin_mul_overflow(a.num, b.den, &x) || __builtin_mul_overflow(b.num * sign, a.den, &y) ||
        __builtin_add_overflow(x, y, &n) || __builtin_mul_overflow(a.den, b.den, &d))
        return inexact(a.value + sign * b.value);
    return ratio(n, d);
}

static struct expr_value mul(struct expr_value a, struct expr_value b)
{
    wide n, d;
    if (!a.exact || !b.exact || __builtin_mul_overflow(a.num, b.num, &n) || __builtin_mul_overflow(a.den, b.den, &d))
        return inexact(a.value * b.value);
    return ratio(n, d);
}

static struct expr_value divide(struct parser *p, struct expr_value a, struct expr_value b)
{
    if (b.value == 0)
        return fail(p, ERR_INVAL, "Nothing can be divided by zero");
    wide n, d;
    if (!a.exact || !b.exact || __builtin_mul_overflow(a.num, b.den, &n) || __builtin_mul_overflow(a.den, b.num, &d))
        return inexact(a.value / b.value);
    return ratio(n, d);
}

static struct expr_value remainder_of(struct parser *p, struct expr_value a, struct expr_value b)
{
    if (b.value == 0)
        return fail(p, ERR_INVAL, "Nothing can be divided by zero");
    if (a.exact && b.exact && a.den == 1 && b.den == 1) {
        wide r = a.num % b.num;
        return ratio(r && (r < 0) != (b.num < 0) ? r + b.num : r, 1);
    }
    return inexact(a.value - b.value * floor(a.value / b.value));
}

static struct expr_value power(struct parser *p, struct expr_value a, struct expr_value b)
{
    if (a.value == 0 && b.value < 0)
        return fail(p, ERR_INVAL, "Nothing can be divided by zero");
    if (a.exact && b.exact && b.den == 1 && b.num >= -512 && b.num <= 512) {
        struct expr_value r = ratio(1, 1);
        for (wide i = 0; i < (b.num < 0 ? -b.num : b.num); i++)
            r = mul(r, a);
        return b.num < 0 ? divide(p, ratio(1, 1), r) : r;
    }
    double v = pow(a.value, b.value);
    return isnan(v) ? fail(p, ERR_INVAL, "That power is not a real number") : inexact(v);
}

/* ---- functions */

static struct expr_value root(struct parser *p, struct expr_value a, int n)
{
    if (a.value < 0 && n == 2)
        return fail(p, ERR_INVAL, "A negative number has no real square root");
    double r = n == 2 ? sqrt(a.value) : cbrt(a.value);
    if (a.exact && fabs(r) < 1e15) { /* a square of whole numbers stays exact */
        double of_num = n == 2 ? sqrt((double)a.num) : cbrt((double)a.num), of_den = n == 2 ? sqrt((double)a.den) : cbrt((double)a.den);
        if (fabs(of_num) < 1e12 && of_den < 1e12) {
            struct expr_value x = ratio((wide)llround(of_num), (wide)llround(of_den)), y = mul(x, x);
            if (n == 3)
                y = mul(y, x);
            if (y.exact && y.num == a.num && y.den == a.den)
                return x;
        }
    }
    return inexact(r);
}

static struct expr_value square_root(struct parser *p, struct expr_value a)
{
    return root(p, a, 2);
}

static struct expr_value cube_root(struct parser *p, struct expr_value a)
{
    return root(p, a, 3);
}

static struct expr_value common_log(struct parser *p, struct expr_value a)
{
    double v = log10(a.value);
    if (a.value <= 0)
        return fail(p, ERR_INVAL, "Only positive numbers have a logarithm");
    return v == floor(v) && a.exact ? ratio((wide)v, 1) : inexact(v);
}

static struct expr_value natural_log(struct parser *p, struct expr_value a)
{
    return a.value <= 0 ? fail(p, ERR_INVAL, "Only positive numbers have a logarithm") : inexact(log(a.value));
}

static struct expr_value absolute(struct parser *p, struct expr_value a)
{
    (void)p;
    return a.value < 0 ? mul(a, ratio(-1, 1)) : a;
}

static const struct {
    const char *name;
    struct expr_value (*fn)(struct parser *p, struct expr_value a);
} functions[] = {{"sqrt", square_root}, {"cbrt", cube_root}, {"log", common_log}, {"ln", natural_log}, {"abs", absolute}};

static struct expr_value factorial(struct parser *p, struct expr_value a)
{
    if (!a.exact || a.den != 1 || a.num < 0)
        return fail(p, ERR_INVAL, "Only whole numbers from 0 have a factorial");
    if (a.num > 170)
        return fail(p, ERR_LIMIT, "That factorial has more than 300 digits");
    struct expr_value r = ratio(1, 1);
    for (wide i = 2; i <= a.num; i++)
        r = mul(r, ratio(i, 1));
    return r;
}

/* ---- the grammar: sum = product (± product)*; product = unary ([* / %] unary)*; unary = -unary | postfix ^ unary; postfix = atom !* */

static char peek(struct parser *p)
{
    while (p->at < p->s.len && p->s.ptr[p->at] == ' ')
        p->at++;
    return p->at < p->s.len ? p->s.ptr[p->at] : 0;
}

static bool eat(struct parser *p, char c)
{
    if (peek(p) != c)
        return false;
    p->at++;
    return true;
}

static struct expr_value sum(struct parser *p);

static struct expr_value number(struct parser *p)
{
    wide n = 0, d = 1;
    double v = 0, scale = 1;
    bool point = false, exact = true;
    size_t begin = p->at;
    for (; p->at < p->s.len; p->at++) {
        char c = p->s.ptr[p->at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        exact = exact && !__builtin_mul_overflow(n, (wide)10, &n) && !__builtin_add_overflow(n, (wide)(c - '0'), &n) &&
                (!point || !__builtin_mul_overflow(d, (wide)10, &d));
        v = v * 10 + (c - '0');
        scale *= point ? 10 : 1;
    }
    if (p->at == begin || (p->at == begin + 1 && point))
        return fail(p, ERR_INVAL, "A number is missing");
    return exact ? ratio(n, d) : inexact(v / scale);
}

static struct expr_value atom(struct parser *p)
{
    struct expr_value v;
    char c = peek(p);
    if (c == '(') {
        p->at++;
        v = sum(p);
        return eat(p, ')') || p->failed ? v : fail(p, ERR_INVAL, "A ')' is missing");
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct str name = str_of(functions[i].name);
        if (!str_starts(str_skip(p->s, p->at), name))
            continue;
        p->at += name.len;
        if (!eat(p, '('))
            return fail(p, ERR_INVAL, "A '(' is missing");
        v = sum(p);
        if (!eat(p, ')'))
            return fail(p, ERR_INVAL, "A ')' is missing");
        return p->failed ? v : functions[i].fn(p, v);
    }
    return number(p);
}

static struct expr_value unary(struct parser *p)
{
    struct expr_value v;
    if (p->failed || ++p->depth > EXPR_DEPTH_MAX)
        return fail(p, ERR_LIMIT, "That is nested too deeply");
    if (eat(p, '-')) {
        v = mul(unary(p), ratio(-1, 1));
    } else if (eat(p, '+')) {
        v = unary(p);
    } else {
        v = atom(p);
        while (!p->failed && eat(p, '!'))
            v = factorial(p, v);
        if (!p->failed && eat(p, '^'))
            v = power(p, v, unary(p));
    }
    p->depth--;
    return v;
}

static struct expr_value product(struct parser *p)
{
    struct expr_value v = unary(p);
    while (!p->failed) {
        if (eat(p, '*'))
            v = mul(v, unary(p));
        else if (eat(p, '/'))
            v = divide(p, v, unary(p));
        else if (eat(p, '%'))
            v = remainder_of(p, v, unary(p));
        else
            break;
    }
    return v;
}

static struct expr_value sum(struct parser *p)
{
    struct expr_value v = product(p);
    while (!p->failed) {
        if (eat(p, '+'))
            v = add(v, product(p), 1);
        else if (eat(p, '-'))
            v = add(v, product(p), -1);
        else
            break;
    }
    return v;
}

int expr_eval(struct str text, struct expr_value *ret, struct err *e)
{
    struct parser p = {.s = text, .e = e};
    if (text.len > EXPR_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "That is too long to calculate");
    struct expr_value v = sum(&p);
    if (!p.failed && peek(&p))
        fail(&p, ERR_INVAL, "An operator is missing");
    if (!p.failed && !isfinite(v.value))
        fail(&p, ERR_LIMIT, "That is larger than any number here");
    if (p.failed)
        return p.failed;
    *ret = v;
    return OK;
}

/* ---- writing */

void expr_put_double(double v, struct buf *out)
{
    char text[64];
    double size = fabs(v);
    snprintf(text, sizeof text, size != 0 && (size >= 1e15 || size < 1e-6) ? "%.9e" : size >= 1e9 ? "%.4f" : "%.10g", v);
    char *e = strchr(text, 'e'), *end = e ? e : text + strlen(text);
    if (strchr(text, '.') && (!e || e > strchr(text, '.'))) {
        char *cut = end;
        while (cut[-1] == '0')
            cut--;
        if (cut[-1] == '.')
            cut--;
        memmove(cut, end, strlen(end) + 1);
    }
    buf_puts(out, text);
}

static void put_wide(wide v, struct buf *out)
{
    char text[48];
    size_t n = sizeof text;
    do
        text[--n] = (char)('0' + (int)(v % 10));
    while ((v /= 10));
    buf_put(out, str_from(text + n, sizeof text - n));
}

void expr_put(const struct expr_value *v, struct buf *out, bool *ret_rounded)
{
    wide rest = v->exact ? v->den : 0, scale = 1;
    int places = 0, twos = 0, fives = 0;
    for (; rest && rest % 2 == 0; rest /= 2)
        twos++;
    for (; rest && rest % 5 == 0; rest /= 5)
        fives++;
    places = twos > fives ? twos : fives;
    bool finite = rest == 1 && places <= 15;
    for (int i = 0; finite && i < places; i++)
        scale *= 10;
    wide all = 0;
    finite = finite && !__builtin_mul_overflow(v->num < 0 ? -v->num : v->num, scale / v->den ? scale / v->den : 1, &all);
    if (ret_rounded)
        *ret_rounded = !finite;
    if (!finite) {
        expr_put_double(v->value, out);
        return;
    }
    if (v->num < 0)
        buf_putc(out, '-');
    put_wide(all / scale, out);
    if (!places)
        return;
    buf_putc(out, '.');
    wide part = all % scale;
    for (wide unit = scale / 10; unit > 0; unit /= 10)
        buf_putc(out, (char)('0' + (int)(part / unit % 10)));
}
