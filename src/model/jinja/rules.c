/* Python's rules: types, truth, going through, arithmetic. */
#include <math.h>

#include "model/jinja/run.h"
#include "model/jinja/unicode.h"

const char *value_type(struct value v)
{
    static const char *const names[V_KINDS] = {
        [V_MISSING] = "nothing", [V_UNDEFINED] = "Undefined", [V_NONE] = "NoneType", [V_BOOL] = "bool",
        [V_INT] = "int",         [V_FLOAT] = "float",         [V_TEXT] = "str",      [V_LIST] = "list",
        [V_DICT] = "dict",       [V_NAMESPACE] = "namespace", [V_FUNC] = "function", [V_LOOP] = "loop",
    };
    static const char *const shapes[] = {"list", "tuple", "generator", "cycler"};
    return v.kind == V_LIST ? shapes[v.list->shape] : names[v.kind];
}

bool undefined_used(struct run *r, struct value v)
{
    return run_fail(r, ERR_INVAL, "\"" STR_FMT "\" is undefined", STR_ARG(str_head(v.t.s, 100)));
}

bool value_truth(struct value v)
{
    switch (v.kind) {
    case V_BOOL: return v.b;
    case V_INT: return v.i != 0;
    case V_FLOAT: return v.f != 0;
    case V_TEXT: return v.t.s.len != 0;
    case V_LIST: return v.list->shape > SHAPE_TUPLE || v.list->n;
    case V_DICT: return v.dict->n != 0;
    case V_MISSING:
    case V_UNDEFINED:
    case V_NONE: return false;
    default: return true;
    }
}

static bool characters(struct run *r, struct text t, const struct value **ret, size_t *ret_n)
{
    size_t n = unicode_length(t.s), count = 0;
    if (!run_spend(r, 1 + n))
        return false;
    struct value *items = run_alloc(r, n + 1, sizeof *items);
    if (!items)
        return false;
    for (size_t at = 0, len; at < t.s.len && count < n; at += len) {
        uint32_t cp;
        len = unicode_at(t.s, at, &cp);
        items[count++] = v_text(text_cut(t, at, len));
    }
    *ret = items;
    *ret_n = count;
    return true;
}

static bool keys(struct run *r, const struct dict *d, const struct value **ret, size_t *ret_n)
{
    if (!run_spend(r, 1 + d->n))
        return false;
    struct value *items = run_alloc(r, d->n + 1, sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < d->n; i++)
        items[i] = d->entries[i].key;
    *ret = items;
    *ret_n = d->n;
    return true;
}

bool value_iterate(struct run *r, struct value v, const struct value **ret, size_t *ret_n)
{
    switch (v.kind) {
    case V_UNDEFINED:
        *ret = NULL;
        *ret_n = 0;
        return true;
    case V_TEXT: return characters(r, v.t, ret, ret_n);
    case V_DICT: return keys(r, v.dict, ret, ret_n);
    case V_LIST:
        if (v.list->shape == SHAPE_CYCLER)
            break;
        *ret = v.list->items ? v.list->items + v.list->at : NULL;
        *ret_n = v.list->n - v.list->at;
        if (v.list->shape == SHAPE_ITERATOR)
            v.list->at = v.list->n;
        return true;
    default: break;
    }
    return run_fail(r, ERR_INVAL, "a %s has no items to go through", value_type(v));
}

bool value_length(struct run *r, struct value v, size_t *ret)
{
    bool sized = v.kind == V_TEXT || v.kind == V_DICT || v.kind == V_UNDEFINED || (v.kind == V_LIST && v.list->shape != SHAPE_CYCLER);
    if (!sized)
        return run_fail(r, ERR_INVAL, "a %s has no length", value_type(v));
    *ret = v.kind == V_TEXT ? unicode_length(v.t.s) : v.kind == V_DICT ? v.dict->n : v.kind == V_LIST ? v.list->n - v.list->at : 0;
    return v.kind != V_TEXT || run_spend_bytes(r, v.t.s.len);
}

/* ---- arithmetic */
static const char *const op_text[] = {"+", "-", "*", "/", "//", "%", "**"};

static bool is_number(struct value v)
{
    return v.kind == V_INT || v.kind == V_FLOAT || v.kind == V_BOOL;
}

static int64_t as_int(struct value v)
{
    return v.kind == V_BOOL ? v.b : v.i;
}

static double as_float(struct value v)
{
    return v.kind == V_FLOAT ? v.f : (double)as_int(v);
}

static bool too_large(struct run *r)
{
    return run_fail(r, ERR_LIMIT, "an integer does not fit 64 bits");
}

static bool int_power(struct run *r, int64_t base, int64_t exponent, struct value *ret)
{
    int64_t v = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1 && __builtin_mul_overflow(v, base, &v))
            return too_large(r);
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
            return too_large(r);
    }
    *ret = v_int(v);
    return true;
}

static bool int_divide(struct run *r, enum op op, int64_t a, int64_t b, struct value *ret)
{
    if (!b)
        return run_fail(r, ERR_INVAL, "division by zero");
    if (b == -1) { /* the one quotient that does not fit */
        int64_t q;
        if (__builtin_sub_overflow(0, a, &q))
            return too_large(r);
        *ret = v_int(op == OP_MOD ? 0 : q);
        return true;
    }
    int64_t q = a / b, m = a % b;
    if (m && (m < 0) != (b < 0)) { /* Python rounds down */
        q--;
        m += b;
    }
    *ret = v_int(op == OP_MOD ? m : q);
    return true;
}

static bool int_binary(struct run *r, enum op op, int64_t a, int64_t b, struct value *ret)
{
    int64_t v = 0;
    bool over = false;
    switch (op) {
    case OP_ADD: over = __builtin_add_overflow(a, b, &v); break;
    case OP_SUB: over = __builtin_sub_overflow(a, b, &v); break;
    case OP_MUL: over = __builtin_mul_overflow(a, b, &v); break;
    case OP_POW: return int_power(r, a, b, ret);
    default: return int_divide(r, op, a, b, ret);
    }
    if (over)
        return too_large(r);
    *ret = v_int(v);
    return true;
}

static bool float_binary(struct run *r, enum op op, double a, double b, struct value *ret)
{
    double v = 0;
    if (b == 0 && (op == OP_DIV || op == OP_FLOORDIV || op == OP_MOD))
        return run_fail(r, ERR_INVAL, "division by zero");
    switch (op) {
    case OP_ADD: v = a + b; break;
    case OP_SUB: v = a - b; break;
    case OP_MUL: v = a * b; break;
    case OP_DIV: v = a / b; break;
    case OP_FLOORDIV: v = floor(a / b); break;
    case OP_POW: v = pow(a, b); break;
    default: v = fmod(a, b); v = v != 0 && (v < 0) != (b < 0) ? v + b : v;
    }
    *ret = v_float(v);
    return true;
}

static bool repeat(struct run *r, struct value v, int64_t times, struct value *ret)
{
    if (v.kind == V_TEXT) {
        struct build b = build_in(r);
        for (int64_t i = 0; i < times && v.t.s.len; i++)
            if (!build_put(&b, v.t))
                return false;
        *ret = v_text(build_text(&b));
        return true;
    }
    struct list *l = list_new(r, v.list->shape);
    size_t n = v.list->n;
    for (int64_t t = 0; l && t < times && n; t++)
        for (size_t i = 0; i < n; i++)
            if (!list_push(r, l, v.list->items[i]))
                return false;
    *ret = v_list(l);
    return l;
}

static bool is_sequence(struct value v)
{
    return v.kind == V_TEXT || (v.kind == V_LIST && v.list->shape <= SHAPE_TUPLE);
}

static bool join_lists(struct run *r, const struct list *a, const struct list *b, struct value *ret)
{
    struct list *l = list_new(r, a->shape);
    for (size_t i = 0; l && i < a->n + b->n; i++)
        if (!list_push(r, l, i < a->n ? a->items[i] : b->items[i - a->n]))
            return false;
    *ret = v_list(l);
    return l;
}

bool value_binary(struct run *r, enum op op, struct value a, struct value b, struct value *ret)
{
    if (a.kind == V_UNDEFINED || b.kind == V_UNDEFINED)
        return undefined_used(r, a.kind == V_UNDEFINED ? a : b);
    if (is_number(a) && is_number(b)) {
        bool real = a.kind == V_FLOAT || b.kind == V_FLOAT || op == OP_DIV || (op == OP_POW && as_int(b) < 0);
        return real ? float_binary(r, op, as_float(a), as_float(b), ret) : int_binary(r, op, as_int(a), as_int(b), ret);
    }
    if (op == OP_ADD && a.kind == V_TEXT && b.kind == V_TEXT)
        return text_join(r, a.t, b.t, ret);
    if (op == OP_ADD && is_sequence(a) && is_sequence(b) && a.kind == b.kind && a.list->shape == b.list->shape)
        return join_lists(r, a.list, b.list, ret);
    if (op == OP_MUL && is_sequence(a) && (b.kind == V_INT || b.kind == V_BOOL))
        return repeat(r, a, as_int(b), ret);
    if (op == OP_MUL && is_sequence(b) && (a.kind == V_INT || a.kind == V_BOOL))
        return repeat(r, b, as_int(a), ret);
    if (op == OP_MOD && a.kind == V_TEXT) {
        struct build out = build_in(r);
        if (!print_percent(&out, a.t, b))
            return false;
        *ret = v_text(build_text(&out));
        return true;
    }
    return run_fail(r, ERR_INVAL, "\"%s\" does not work on %s and %s", op_text[op], value_type(a), value_type(b));
}

bool value_negate(struct run *r, struct value v, bool minus, struct value *ret)
{
    if (v.kind == V_UNDEFINED)
        return undefined_used(r, v);
    if (!is_number(v))
        return run_fail(r, ERR_INVAL, "\"%s\" does not work on %s", minus ? "-" : "+", value_type(v));
    if (v.kind == V_FLOAT) {
        *ret = v_float(minus ? -v.f : v.f);
        return true;
    }
    return int_binary(r, OP_SUB, minus ? 0 : as_int(v), minus ? as_int(v) : 0, ret);
}
