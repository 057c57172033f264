/* The table of tests: x is name(a). */
#include "model/jinja/lib.h"

static bool yes(struct value *ret, bool b)
{
    *ret = v_bool(b);
    return true;
}

#define KIND_TEST(name, condition)                                                  \
    static bool test_##name(struct run *r, const struct call *c, struct value *ret) \
    {                                                                               \
        (void)r;                                                                    \
        struct value v = c->self;                                                   \
        return yes(ret, condition);                                                 \
    }
KIND_TEST(defined, v.kind != V_UNDEFINED)
KIND_TEST(undefined, v.kind == V_UNDEFINED)
KIND_TEST(none, v.kind == V_NONE)
KIND_TEST(boolean, v.kind == V_BOOL)
KIND_TEST(true, v.kind == V_BOOL && v.b)
KIND_TEST(false, v.kind == V_BOOL && !v.b)
KIND_TEST(integer, v.kind == V_INT)
KIND_TEST(float, v.kind == V_FLOAT)
KIND_TEST(number, v.kind == V_INT || v.kind == V_FLOAT || v.kind == V_BOOL)
KIND_TEST(string, v.kind == V_TEXT)
KIND_TEST(mapping, v.kind == V_DICT)
KIND_TEST(iterable, v.kind == V_TEXT || v.kind == V_LIST || v.kind == V_DICT || v.kind == V_UNDEFINED)
KIND_TEST(sequence, v.kind == V_TEXT || (v.kind == V_LIST && v.list->shape <= SHAPE_TUPLE) || v.kind == V_DICT || v.kind == V_UNDEFINED)
KIND_TEST(callable, v.kind == V_FUNC || v.kind == V_UNDEFINED) /* calling an undefined says so */
KIND_TEST(escaped, v.kind == V_MISSING)
KIND_TEST(filter, v.kind == V_TEXT && native_find(filters_table, v.t.s))
KIND_TEST(test, v.kind == V_TEXT && native_find(tests_table, v.t.s))

static bool test_case(struct run *r, const struct call *c, bool upper, struct value *ret)
{
    struct text t;
    return lib_self_text(r, c, &t) && run_spend_bytes(r, t.s.len) && yes(ret, text_is_case(t, upper));
}

static bool test_lower(struct run *r, const struct call *c, struct value *ret)
{
    return test_case(r, c, false, ret);
}

static bool test_upper(struct run *r, const struct call *c, struct value *ret)
{
    return test_case(r, c, true, ret);
}

static bool remainder_is(struct run *r, const struct call *c, struct value by, int64_t wanted, struct value *ret)
{
    struct value v;
    bool same;
    return value_binary(r, OP_MOD, c->self, by, &v) && value_equal(r, v, v_int(wanted), &same) && yes(ret, same);
}

static bool test_divisibleby(struct run *r, const struct call *c, struct value *ret)
{
    return remainder_is(r, c, c->a[0], 0, ret);
}

static bool test_even(struct run *r, const struct call *c, struct value *ret)
{
    return remainder_is(r, c, v_int(2), 0, ret);
}

static bool test_odd(struct run *r, const struct call *c, struct value *ret)
{
    return remainder_is(r, c, v_int(2), 1, ret);
}

static bool test_eq(struct run *r, const struct call *c, struct value *ret)
{
    bool same;
    return value_equal(r, c->self, c->a[0], &same) && yes(ret, same);
}

static bool test_ne(struct run *r, const struct call *c, struct value *ret)
{
    bool same;
    return value_equal(r, c->self, c->a[0], &same) && yes(ret, !same);
}

static bool test_lt(struct run *r, const struct call *c, struct value *ret)
{
    int o;
    return value_compare(r, c->self, c->a[0], &o) && yes(ret, o < 0);
}

static bool test_le(struct run *r, const struct call *c, struct value *ret)
{
    int o;
    return value_compare(r, c->self, c->a[0], &o) && yes(ret, o <= 0);
}

static bool test_gt(struct run *r, const struct call *c, struct value *ret)
{
    int o;
    return value_compare(r, c->self, c->a[0], &o) && yes(ret, o == 1 || o > 2);
}

static bool test_ge(struct run *r, const struct call *c, struct value *ret)
{
    int o;
    return value_compare(r, c->self, c->a[0], &o) && yes(ret, o >= 0 && o != 2);
}

static bool test_in(struct run *r, const struct call *c, struct value *ret)
{
    bool in;
    return value_contains(r, c->a[0], c->self, &in) && yes(ret, in);
}

/* The same object; of plain values, the same kind and value. */
static bool test_sameas(struct run *r, const struct call *c, struct value *ret)
{
    struct value a = c->self, b = c->a[0];
    bool same = a.kind == b.kind;
    if (same && (a.kind == V_LIST || a.kind == V_DICT || a.kind == V_NAMESPACE || a.kind == V_FUNC || a.kind == V_LOOP))
        return yes(ret, a.dict == b.dict);
    return (!same || value_equal(r, a, b, &same)) && yes(ret, same);
}

const struct native tests_table[] = {
    {"!=", test_ne, "other", 1},
    {"<", test_lt, "other", 1},
    {"<=", test_le, "other", 1},
    {"==", test_eq, "other", 1},
    {">", test_gt, "other", 1},
    {">=", test_ge, "other", 1},
    {"boolean", test_boolean, NULL, 0},
    {"callable", test_callable, NULL, 0},
    {"defined", test_defined, NULL, 0},
    {"divisibleby", test_divisibleby, "num", 1},
    {"eq", test_eq, "other", 1},
    {"equalto", test_eq, "other", 1},
    {"escaped", test_escaped, NULL, 0},
    {"even", test_even, NULL, 0},
    {"false", test_false, NULL, 0},
    {"filter", test_filter, NULL, 0},
    {"float", test_float, NULL, 0},
    {"ge", test_ge, "other", 1},
    {"greaterthan", test_gt, "other", 1},
    {"gt", test_gt, "other", 1},
    {"in", test_in, "seq", 1},
    {"integer", test_integer, NULL, 0},
    {"iterable", test_iterable, NULL, 0},
    {"le", test_le, "other", 1},
    {"lessthan", test_lt, "other", 1},
    {"lower", test_lower, NULL, 0},
    {"lt", test_lt, "other", 1},
    {"mapping", test_mapping, NULL, 0},
    {"ne", test_ne, "other", 1},
    {"none", test_none, NULL, 0},
    {"number", test_number, NULL, 0},
    {"odd", test_odd, NULL, 0},
    {"sameas", test_sameas, "other", 1},
    {"sequence", test_sequence, NULL, 0},
    {"string", test_string, NULL, 0},
    {"test", test_test, NULL, 0},
    {"true", test_true, NULL, 0},
    {"undefined", test_undefined, NULL, 0},
    {"upper", test_upper, NULL, 0},
    {0},
};
