/* Words are rewritten, rule after rule, until only the expression is left: first numbers, then what binds tighter. A text that still has
 * anything else in it at the end was no arithmetic. */
#include "skill/sum.h"

#include <stdio.h>
#include <stdlib.h>

#include "skill/expr.h"
#include "skill/number.h"
#include "skill/rx.h"

struct rule {
    const char *pattern, *replacement;
};

#define N "(\\d+(?:\\.\\d+)?)"
#define X "(\\d+(?:\\.\\d+)?|\\([^()]*\\)|(?:sqrt|cbrt|log|ln|abs)\\([^()]*\\))"
#define P " ?(?:%|per ?cent)"

/* Before numbers. */
static const struct rule before[] = {
    {"[×✕·]|\\*\\*", "${0}"},
    {"[，、]", ","},
    {"百分之(" NUMBER_ZH ")", "$1%"},
    {"(" NUMBER_ZH ")分之(" NUMBER_ZH ")", " ($2/$1) "},
    {"\\b(?:one[- ]|a )?(third)s?\\b(?= of)", "(1/3)"},
    {"\\btwo[- ]thirds\\b", "(2/3)"},
    {"\\b(?:dollars|bucks|euros|pounds)\\b|[$€£¥]|块钱?|元(?!旦)", " "},
    {"\\b(\\w+)[- ]hundred and\\b", "$1 hundred"},
};
/* After numbers; the order is what makes them right. */
static const struct rule after[] = {
    {"[×✕·]", "*"},
    {"÷|:", "/"},
    {"\\*\\*", "^"},
    {"−|–", "-"},
    {"＋", "+"},
    {"\\b(?:the|is|are|a|an)\\b(?! what)", " "},
    {" +", " "},
    {N P " (?:discount|off)(?: (?:of|on|from))? " X, "($2*(100-$1)/100)"},
    {X " with " N P " (?:discount|off)", "($1*(100-$2)/100)"},
    {N P " (?:tip|tax|vat)(?: (?:on|of|for))? " X, "($2*$1/100)"},
    {"\\b(?:tip|tax) of " N P "(?: (?:on|of|for))? " X, "($2*$1/100)"},
    {N P "(?: (?:of|from|on)) " X, "($2*$1/100)"},
    {"add " N P " to " X, "($2*(100+$1)/100)"},
    {"(?:take|subtract) " N P " (?:off|from)(?: of)? " X, "($2*(100-$1)/100)"},
    {X " ?(?:plus|\\+|increased by|with|and) ?" N P "(?: (?:tip|tax|vat))?", "($1*(100+$2)/100)"},
    {X " ?(?:minus|less|-|decreased by|reduced by) ?" N P, "($1*(100-$2)/100)"},
    {"what percent(?:age)? (?:of )?" X " (?:is )?" X, "($2/$1*100)"},
    {X " (?:is )?what percent(?:age)? of " X, "($1/$2*100)"},
    {X " as (?:a )?percent(?:age)? of " X, "($1/$2*100)"},
    {X " ?(?:是|占|为) ?" X " ?的? ?(?:百分之几|百分之多少|百分比|几%|多少%)", "($1/$2*100)"},
    {X " ?的 ?" N " ?%", "($1*$2/100)"},
    {X " ?打 ?(\\d)(\\d) ?折", "($1*$2$3/100)"},
    {X " ?打 ?" N " ?折", "($1*$2/10)"},
    {X " ?(?:再?加上?|增加|涨了?|上涨) ?" N " ?%", "($1*(100+$2)/100)"},
    {X " ?(?:再?减去?|减少|降了?|下降|便宜) ?" N " ?%", "($1*(100-$2)/100)"},
    {N " ?%", "($1/100)"},
    {"(?:cube root|cbrt) (?:of )?" X, "cbrt($1)"},
    {"(?:square root|sqrt|root) (?:of )?" X, "sqrt($1)"},
    {"根号 ?(?:下)?" X "|" X " ?(?:的平方根|开平方根?|开根号|开方|的算术平方根)", "sqrt($1$2)"},
    {X " ?(?:的立方根|开立方根?|开三次方)", "cbrt($1)"},
    {X " ?(?:squared|的平方|平方)", "($1^2)"},
    {X " ?(?:cubed|的立方|立方)", "($1^3)"},
    {X " ?的? ?" N " ?次(?:方|幂)", "($1^$2)"},
    {X " (?:to|raised to) (?:power of |power )?" N "(?:st|nd|rd|th)?(?: power)?", "($1^$2)"},
    {X " ?(?:factorial|的阶乘|阶乘)|factorial (?:of )?" X, "($1$2!)"},
    {"(?:log|logarithm)(?: base 10)?(?: of)? " X, "log($1)"},
    {X " ?的?(?:常用)对数", "log($1)"},
    {"(?:ln|natural log(?:arithm)?)(?: of)? " X "|" X " ?的?自然对数", "ln($1$2)"},
    {"(?:absolute value of|abs) " X "|" X " ?的绝对值", "abs($1$2)"},
    {X " ?的一半|half (?:of )?" X, "($1$2/2)"},
    {"(?:double|twice) " X, "(2*$1)"},
    {"(?:triple) " X, "(3*$1)"},
    {X " ?的 ?" N " ?倍", "($1*$2)"},
    {"remainder (?:of|when|for) " X " (?:is )?(?:divided by|/) " X, "($1%$2)"},
    {X " ?除以 ?" X " ?(?:的余数|余几|余多少|取余)|" X " ?对 ?" X " ?(?:取余|取模)", "($1$3%$2$4)"},
    {X " (?:mod|modulo|modulus) " X, "($1%$2)"},
    {"sum of " X " and " X "|" X " ?[和与跟] ?" X " ?的和", "($1$3+$2$4)"},
    {"product of " X " and " X "|" X " ?[和与跟] ?" X " ?的?(?:乘积|积)", "($1$3*$2$4)"},
    {"difference (?:between|of) " X " and " X "|" X " ?[和与跟] ?" X " ?的差", "($1$3-$2$4)"},
    {"subtract " X " from " X, "($2-$1)"},
    {"add " X " (?:and|to|with) " X, "($1+$2)"},
    {"multiply " X " (?:by|and|with) " X, "($1*$2)"},
    {"divide " X " by " X, "($1/$2)"},
    {"(\\(\\d+/\\d+\\)|0\\.\\d+) of " X, "($1*$2)"},
    {X " ?的 ?" X, "($1*$2)"},
    {"(?<=[\\d)]) ?x ?(?=[\\d(])", "*"},
    {" ?(?:divided by|over|除以) ?", "/"},
    {" ?(?:multiplied by|times|乘以|乘上|乘|\\bby\\b) ?", "*"},
    {X " ?除 ?" X, "($2/$1)"},
    {" ?(?:plus|added to|and|加上|加) ?", "+"},
    {" ?(?:minus|take away|less|减去|减掉|减) ?", "-"},
    {" ?(?:等于|是|=|一共|总共)(?:多少|几)? ?$", ""},
};
enum { N_BEFORE = sizeof before / sizeof *before, N_AFTER = sizeof after / sizeof *after };

struct sums {
    struct rx *before[N_BEFORE], *after[N_AFTER], *number, *shape;
};

int sums_create(struct sums **ret, struct err *e)
{
    struct sums *s = calloc(1, sizeof *s);
    int r = s ? OK : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !r && i < N_BEFORE; i++)
        r = rx_compile(before[i].pattern, false, &s->before[i], e);
    for (size_t i = 0; !r && i < N_AFTER; i++)
        r = rx_compile(after[i].pattern, false, &s->after[i], e);
    if (!r)
        r = rx_compile("\\b" NUMBER_EN "|" NUMBER_ZH, false, &s->number, e);
    if (!r)
        r = rx_compile("[-+*/^%()!.\\d ]*(?:(?:sqrt|cbrt|log|ln|abs)\\([-+*/^%()!.\\da-z ]*)*", true, &s->shape, e);
    if (r) {
        sums_free(s);
        return r;
    }
    *ret = s;
    return OK;
}

void sums_free(struct sums *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < N_BEFORE; i++)
        rx_free(s->before[i]);
    for (size_t i = 0; i < N_AFTER; i++)
        rx_free(s->after[i]);
    rx_free(s->number);
    rx_free(s->shape);
    free(s);
}

static void rewrite(struct rx *const *rules, const struct rule *texts, size_t n, struct buf *b, struct buf *spare)
{
    struct rx_match m;
    for (size_t i = 0; i < n; i++) {
        /* What a rule makes may be what it looks for: 20% of 30% of 50. */
        for (int again = 0; again < 4 && rx_find(rules[i], buf_str(b), 0, false, &m); again++) {
            buf_clear(spare);
            if (rx_replace(rules[i], buf_str(b), texts[i].replacement, spare))
                return;
            struct buf t = *b;
            *b = *spare;
            *spare = t;
            if (str_eq(buf_str(b), buf_str(spare)))
                break;
        }
    }
}

/* The longest beginning of the match that is one number: "two and three" are two. */
static size_t put_number(struct str s, struct buf *out)
{
    double v;
    for (size_t n = s.len; n; n--) {
        if (n < s.len && s.ptr[n] != ' ' && s.ptr[n] != '-' && (unsigned char)s.ptr[n] < 0x80)
            continue;
        if (!number_parse(str_head(s, n), &v))
            continue;
        if (str_chr(str_head(s, n), '/') > 0)
            buf_printf(out, STR_FMT, STR_ARG(str_head(s, n)));
        else
            buf_printf(out, v >= 1e15 ? "%.0f" : "%.15g", v);
        return n;
    }
    buf_put(out, s);
    return s.len;
}

static void numbers(const struct sums *s, struct str text, struct buf *out)
{
    struct rx_match m;
    size_t at = 0;
    while (at < text.len && rx_find(s->number, text, at, false, &m) && m.end > m.begin) {
        buf_put(out, str_from(text.ptr + at, m.begin - at));
        bool minus = m.all.ptr[0] == '-';
        if (minus)
            buf_putc(out, '-');
        at = m.begin + minus + put_number(str_skip(m.all, minus), out);
    }
    buf_put(out, str_skip(text, at));
}

bool sum_parse(const struct sums *s, struct str text, struct buf *out)
{
    struct buf a = buf_make(1 << 14), b = buf_make(1 << 14);
    struct rx_match m;
    struct expr_value v;
    bool ok = false;
    text = str_trim(text);
    if (text.len && text.len <= EXPR_BYTES_MAX / 2) {
        buf_put(&a, text);
        rewrite(s->before, before, N_BEFORE, &a, &b);
        buf_clear(&b);
        numbers(s, buf_str(&a), &b);
        rewrite(s->after, after, N_AFTER, &b, &a);
        struct str e = str_trim(buf_str(&b));
        bool digit = false, op = false;
        for (size_t i = 0; i < e.len; i++) {
            digit |= e.ptr[i] >= '0' && e.ptr[i] <= '9';
            op |= i && e.ptr[i] != 0 && strchr("+-*/^%!(", e.ptr[i]) != NULL;
        }
        ok = digit && op && rx_find(s->shape, e, 0, true, &m) && !expr_eval(e, &v, NULL);
        /* Division by zero is arithmetic, too: whoever asks is to hear why it has no answer. */
        struct err why = {0};
        if (!ok && digit && op && rx_find(s->shape, e, 0, true, &m) && expr_eval(e, &v, &why) && strstr(why.text, "zero"))
            ok = true;
        if (ok)
            buf_put(out, e);
    }
    buf_free(&a);
    buf_free(&b);
    return ok && !out->failed;
}
