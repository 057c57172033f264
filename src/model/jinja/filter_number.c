/* Filters on numbers, and to numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/jinja/lib.h"

bool filter_abs(struct run *r, const struct call *c, struct value *ret)
{
    bool minus = c->self.kind == V_FLOAT ? c->self.f < 0 : c->self.kind == V_INT && c->self.i < 0;
    return value_negate(r, c->self, minus, ret);
}

/* The whole text, without blanks around it and with single underscores between digits, as float() reads it. */
static bool parse_float(struct str s, double *ret)
{
    char text[128];
    char *end;
    s = str_trim(s);
    if (!s.len || s.len >= sizeof text || str_find(s, STR("0x"), 0) >= 0 || str_find(s, STR("0X"), 0) >= 0)
        return false;
    str_copy(text, sizeof text, s);
    *ret = strtod(text, &end);
    return !*end;
}

static bool parse_int(struct str s, int64_t base, int64_t *ret)
{
    char text[128], *end;
    s = str_trim(s);
    if (!s.len || s.len > 70 || base < 2 || base > 36)
        return false;
    str_copy(text, sizeof text, s);
    long long v = strtoll(text, &end, (int)base);
    if (*end || v == INT64_MAX || v == INT64_MIN)
        return false;
    *ret = v;
    return true;
}

bool filter_int(struct run *r, const struct call *c, struct value *ret)
{
    int64_t base, i;
    double f = NAN;
    *ret = arg_given(c->a[0]) ? c->a[0] : v_int(0);
    if (!arg_int(r, c->a[1], 10, &base))
        return false;
    switch (c->self.kind) {
    case V_INT: *ret = c->self; return true;
    case V_BOOL: *ret = v_int(c->self.b); return true;
    case V_FLOAT: f = c->self.f; break;
    case V_TEXT:
        if (parse_int(c->self.t.s, base, &i))
            *ret = v_int(i);
        else if (!parse_float(c->self.t.s, &f))
            f = NAN;
        break;
    case V_UNDEFINED: return undefined_used(r, c->self);
    default: break;
    }
    if (fabs(f) < 9.2e18)
        *ret = v_int((int64_t)f);
    return true;
}

bool filter_float(struct run *r, const struct call *c, struct value *ret)
{
    double f;
    *ret = arg_given(c->a[0]) ? c->a[0] : v_float(0);
    if (c->self.kind == V_INT || c->self.kind == V_BOOL)
        *ret = v_float(c->self.kind == V_INT ? (double)c->self.i : c->self.b);
    else if (c->self.kind == V_FLOAT)
        *ret = c->self;
    else if (c->self.kind == V_UNDEFINED)
        return undefined_used(r, c->self);
    else if (c->self.kind == V_TEXT && parse_float(c->self.t.s, &f))
        *ret = v_float(f);
    return true;
}

/* "common" rounds as Python does: to the nearest of what the number is exactly, which printf does, too. */
bool filter_round(struct run *r, const struct call *c, struct value *ret)
{
    char text[NUMBER_BYTES_MAX];
    int64_t precision;
    struct value v = c->self, method = c->a[1];
    if (!arg_int(r, c->a[0], 0, &precision))
        return false;
    if (v.kind != V_INT && v.kind != V_FLOAT && v.kind != V_BOOL)
        return run_fail(r, ERR_INVAL, "round wants a number, not %s", value_type(v));
    if (precision < -300 || precision > 60)
        return run_fail(r, ERR_INVAL, "round: a precision between -300 and 60");
    double f = v.kind == V_FLOAT ? v.f : v.kind == V_INT ? (double)v.i : v.b, scale = pow(10, (double)precision);
    if (v_is_text(method, "ceil") || v_is_text(method, "floor")) {
        *ret = v_float((v_is_text(method, "ceil") ? ceil(f * scale) : floor(f * scale)) / scale);
        return true;
    }
    if (arg_given(method) && !v_is_text(method, "common"))
        return run_fail(r, ERR_INVAL, "round: method is common, ceil or floor");
    if (v.kind != V_FLOAT && precision >= 0)
        *ret = v.kind == V_BOOL ? v_int(v.b) : v;
    else if (precision < 0)
        *ret = v.kind == V_FLOAT ? v_float(nearbyint(f * scale) / scale) : v_int((int64_t)(nearbyint(f * scale) / scale));
    else {
        snprintf(text, sizeof text, "%.*f", (int)precision, f);
        *ret = v_float(strtod(text, NULL));
    }
    return true;
}
