/* "%s is %d" % values: the conversions and flags that templates use. */
#include <inttypes.h>
#include <stdio.h>

#include "model/jinja/run.h"

enum { WIDTH_MAX = 1000 };

struct spec {
    char flags[6];
    int width, precision; /* -1: none */
    char conversion;
};

struct source {
    const struct value *items;
    size_t n, next;
    const struct dict *named;
};

static int digits(struct str s, size_t *at)
{
    int v = 0;
    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++)
        v = v < WIDTH_MAX ? v * 10 + (s.ptr[*at] - '0') : v;
    return v < WIDTH_MAX ? v : WIDTH_MAX;
}

/* After the '%' and the name. */
static void read_spec(struct str s, size_t *at, struct spec *ret)
{
    size_t n = 0;
    *ret = (struct spec){.precision = -1};
    for (; *at < s.len && s.ptr[*at] && strchr("-+ 0#", s.ptr[*at]); (*at)++)
        if (n + 1 < sizeof ret->flags)
            ret->flags[n++] = s.ptr[*at];
    ret->width = digits(s, at);
    if (*at < s.len && s.ptr[*at] == '.') {
        (*at)++;
        ret->precision = digits(s, at);
        ret->precision = ret->precision > 60 ? 60 : ret->precision;
    }
    if (*at < s.len)
        ret->conversion = s.ptr[(*at)++];
}

static bool pad(struct build *b, int n, char c)
{
    for (; n > 0; n--)
        if (!build_plain(b, str_from(&c, 1)))
            return false;
    return true;
}

static bool put_padded(struct build *b, const struct spec *s, struct text t)
{
    bool left = strchr(s->flags, '-'), zeros = strchr(s->flags, '0') && !left && s->conversion != 's' && s->conversion != 'r';
    int gap = t.s.len < (size_t)s->width ? s->width - (int)t.s.len : 0;
    bool sign = zeros && t.s.len && (t.s.ptr[0] == '-' || t.s.ptr[0] == '+');
    if (sign && !build_put(b, text_cut(t, 0, 1)))
        return false;
    return (left || pad(b, gap, zeros ? '0' : ' ')) && build_put(b, text_cut(t, sign, t.s.len - sign)) && (!left || pad(b, gap, ' '));
}

static bool put_number(struct build *b, const struct spec *s, struct value v)
{
    char text[NUMBER_BYTES_MAX], conversion = s->conversion;
    bool real = conversion != 'd' && conversion != 'i' && conversion != 'u' && conversion != 'x' && conversion != 'X' && conversion != 'o';
    if (v.kind != V_INT && v.kind != V_FLOAT && v.kind != V_BOOL)
        return run_fail(b->r, ERR_INVAL, "%%%c wants a number, not %s", conversion, value_type(v));
    double f = v.kind == V_FLOAT ? v.f : v.kind == V_BOOL ? v.b : (double)v.i;
    int64_t i = v.kind == V_INT ? v.i : v.kind == V_BOOL ? v.b : f > -9e18 && f < 9e18 ? (int64_t)f : 0;
    int precision = s->precision < 0 ? 6 : s->precision;
    const char *plus = f >= 0 && strchr(s->flags, '+') ? "+" : f >= 0 && strchr(s->flags, ' ') ? " " : "";
    if (!real && (conversion == 'x' || conversion == 'X' || conversion == 'o')) {
        uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
        snprintf(text, sizeof text,
                 conversion == 'x'   ? "%s%" PRIx64
                 : conversion == 'X' ? "%s%" PRIX64
                                     : "%s%" PRIo64,
                 i < 0 ? "-" : plus, u);
    } else if (!real)
        snprintf(text, sizeof text, "%s%" PRIi64, plus, i);
    else if (conversion == 'e')
        snprintf(text, sizeof text, "%s%.*e", plus, precision, f);
    else if (conversion == 'g')
        snprintf(text, sizeof text, "%s%.*g", plus, precision, f);
    else
        snprintf(text, sizeof text, "%s%.*f", plus, precision, f);
    return put_padded(b, s, text_plain(str_of(text)));
}

static bool put_one(struct build *b, const struct spec *s, struct value v)
{
    if (s->conversion == 's' || s->conversion == 'r') {
        struct build one = build_in(b->r);
        if (!(s->conversion == 's' ? print_str(&one, v) : print_repr(&one, v)))
            return false;
        struct text t = build_text(&one);
        return put_padded(b, s, s->precision >= 0 && (size_t)s->precision < t.s.len ? text_cut(t, 0, (size_t)s->precision) : t);
    }
    if (!s->conversion || !strchr("diuxXofFeg", s->conversion))
        return run_fail(b->r, ERR_INVAL, "a format has a conversion that is not known");
    return put_number(b, s, v);
}

/* %(name)s takes an entry, %s the next value. */
static bool next_value(struct run *r, struct text format, size_t *at, struct source *from, struct value *ret)
{
    if (*at < format.s.len && format.s.ptr[*at] == '(') {
        ptrdiff_t end = str_chr(str_skip(format.s, *at), ')');
        struct str name = end > 0 ? str_from(format.s.ptr + *at + 1, (size_t)end - 1) : (struct str){0};
        if (end < 0 || !from->named || !dict_get_str(r, from->named, name, ret))
            return run_fail(r, ERR_INVAL, "a format names a value that is not there");
        *at += (size_t)end + 1;
        return true;
    }
    *ret = (struct value){.kind = V_MISSING};
    return true;
}

bool print_percent(struct build *b, struct text format, struct value args)
{
    bool many = args.kind == V_LIST && args.list->shape == SHAPE_TUPLE;
    struct source from = {.items = many ? args.list->items : &args,
                          .n = many ? args.list->n : 1,
                          .named = args.kind == V_DICT ? args.dict : NULL};
    for (size_t at = 0; at < format.s.len;) {
        ptrdiff_t percent = str_chr(str_skip(format.s, at), '%');
        size_t n = percent < 0 ? format.s.len - at : (size_t)percent;
        struct value v;
        struct spec spec;
        if (!build_put(b, text_cut(format, at, n)))
            return false;
        at += n + 1;
        if (percent < 0)
            break;
        if (!run_spend(b->r, 1) || !next_value(b->r, format, &at, &from, &v))
            return false;
        read_spec(format.s, &at, &spec);
        if (spec.conversion == '%') {
            if (!build_put(b, text_cut(format, at - 1, 1)))
                return false;
            continue;
        }
        if (v.kind == V_MISSING && from.next == from.n)
            return run_fail(b->r, ERR_INVAL, "a format wants more values than there are");
        if (!put_one(b, &spec, v.kind == V_MISSING ? from.items[from.next++] : v))
            return false;
    }
    if (from.next < from.n && !from.named)
        return run_fail(b->r, ERR_INVAL, "a format has more values than it wants");
    return true;
}
