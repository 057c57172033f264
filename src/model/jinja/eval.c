/* Expressions. */
#include "model/jinja/library.h"
#include "model/jinja/run.h"

typedef bool eval_fn(struct run *r, const struct node *n, struct value *ret);

static bool eval_const(struct run *r, const struct node *n, struct value *ret)
{
    (void)r;
    *ret = n->value;
    return true;
}

/* Own names, those that came in, then the functions that are always there. */
static bool eval_name(struct run *r, const struct node *n, struct value *ret)
{
    const struct native *f;
    if (scope_get(r, r->scope, n->name, ret))
        return true;
    if (r->failed)
        return false;
    if (dict_get_str(r, r->vars, n->name, ret))
        return true;
    if (r->failed)
        return false;
    if ((f = native_find(globals_table, n->name)))
        return method_new(r, f, v_none(), ret);
    *ret = v_undefined(n->name);
    return true;
}

static bool eval_items(struct run *r, const struct node *n, struct value *ret)
{
    struct list *l = list_new(r, n->kind == N_TUPLE ? SHAPE_TUPLE : SHAPE_LIST);
    struct value v;
    for (const struct node *item = n->a; l && item; item = item->next)
        if (!eval(r, item, &v) || !list_push(r, l, v))
            return false;
    *ret = v_list(l);
    return l;
}

static bool eval_dict(struct run *r, const struct node *n, struct value *ret)
{
    struct dict *d = dict_new(r);
    struct value key, v;
    for (const struct node *pair = n->a; d && pair; pair = pair->next)
        if (!eval(r, pair->a, &key) || !eval(r, pair->b, &v) || !dict_put(r, d, key, v))
            return false;
    *ret = v_dict(d);
    return d;
}

static bool eval_attr(struct run *r, const struct node *n, struct value *ret)
{
    struct value of;
    return eval(r, n->a, &of) && value_attr(r, of, n->name, ret);
}

static bool eval_optional(struct run *r, const struct node *n, struct value *ret)
{
    *ret = v_none();
    return !n || eval(r, n, ret);
}

static bool eval_item(struct run *r, const struct node *n, struct value *ret)
{
    struct value of, key, bound[3];
    if (!eval(r, n->a, &of))
        return false;
    if (n->b->kind != N_SLICE)
        return eval(r, n->b, &key) && value_item(r, of, key, ret);
    return eval_optional(r, n->b->a, &bound[0]) && eval_optional(r, n->b->b, &bound[1]) && eval_optional(r, n->b->c, &bound[2]) &&
           value_slice(r, of, bound, ret);
}

static bool eval_call(struct run *r, const struct node *n, struct value *ret)
{
    struct value f;
    struct args args;
    return eval(r, n->a, &f) && eval_args(r, n->b, &args) && call_value(r, f, &args, ret);
}

static bool eval_filter(struct run *r, const struct node *n, struct value *ret)
{
    struct value in = r->piped;
    struct args args;
    if (!n->native)
        return run_fail(r, ERR_INVAL, "there is no filter \"" STR_FMT "\"", STR_ARG(str_head(n->name, 60)));
    return (!n->a || eval(r, n->a, &in)) && eval_args(r, n->b, &args) && call_native(r, n->native, in, &args, ret);
}

static bool eval_test(struct run *r, const struct node *n, struct value *ret)
{
    struct value v;
    struct args args;
    if (!n->native)
        return run_fail(r, ERR_INVAL, "there is no test \"" STR_FMT "\"", STR_ARG(str_head(n->name, 60)));
    if (!eval(r, n->a, &v) || !eval_args(r, n->b, &args) || !call_native(r, n->native, v, &args, &v))
        return false;
    *ret = v_bool(value_truth(v) != n->flag);
    return true;
}

static bool eval_cond(struct run *r, const struct node *n, struct value *ret)
{
    struct value test;
    if (!eval(r, n->a, &test))
        return false;
    const struct node *branch = value_truth(test) ? n->b : n->c;
    *ret = v_undefined(STR("an if without else"));
    return !branch || eval(r, branch, ret);
}

static bool eval_and_or(struct run *r, const struct node *n, struct value *ret)
{
    struct value v;
    if (!eval(r, n->a, &v) || (value_truth(v) == (n->kind == N_AND) && !eval(r, n->b, &v)))
        return false;
    *ret = v;
    return true;
}

static bool eval_not(struct run *r, const struct node *n, struct value *ret)
{
    struct value v;
    if (!eval(r, n->a, &v))
        return false;
    *ret = v_bool(!value_truth(v));
    return true;
}

static bool eval_sign(struct run *r, const struct node *n, struct value *ret)
{
    struct value v;
    return eval(r, n->a, &v) && value_negate(r, v, n->kind == N_NEG, ret);
}

static bool eval_binary(struct run *r, const struct node *n, struct value *ret)
{
    struct value a, b;
    return eval(r, n->a, &a) && eval(r, n->b, &b) && value_binary(r, n->op, a, b, ret);
}

static bool eval_concat(struct run *r, const struct node *n, struct value *ret)
{
    struct value a, b;
    struct text x, y;
    return eval(r, n->a, &a) && eval(r, n->b, &b) && value_text(r, a, &x) && value_text(r, b, &y) && text_join(r, x, y, ret);
}

static bool compare(struct run *r, enum op op, struct value a, struct value b, bool *ret)
{
    int c = 0;
    bool ok = true;
    switch (op) {
    case OP_EQ:
    case OP_NE: ok = value_equal(r, a, b, ret); break;
    case OP_IN:
    case OP_NOT_IN: ok = value_contains(r, b, a, ret); break;
    default: ok = value_compare(r, a, b, &c);
    }
    bool nan = c == 2;
    switch (op) {
    case OP_NE:
    case OP_NOT_IN: *ret = !*ret; break;
    case OP_LT: *ret = c < 0; break;
    case OP_LE: *ret = c <= 0; break;
    case OP_GT: *ret = c > 0 && !nan; break;
    case OP_GE: *ret = c >= 0 && !nan; break;
    default: break;
    }
    return ok;
}

/* a < b < c is a < b and b < c, with b looked at once. */
static bool eval_compare(struct run *r, const struct node *n, struct value *ret)
{
    struct value a, b;
    bool holds = true;
    if (!eval(r, n->a, &a))
        return false;
    for (const struct node *pair = n->b; pair && holds; pair = pair->next) {
        if (!eval(r, pair->a, &b) || !compare(r, pair->op, a, b, &holds))
            return false;
        a = b;
    }
    *ret = v_bool(holds);
    return true;
}

static eval_fn *const evals[N_EXPRS] = {
    [N_CONST] = eval_const, [N_NAME] = eval_name,     [N_LIST] = eval_items,    [N_TUPLE] = eval_items,     [N_DICT] = eval_dict,
    [N_ATTR] = eval_attr,   [N_ITEM] = eval_item,     [N_CALL] = eval_call,     [N_FILTER] = eval_filter,   [N_TEST] = eval_test,
    [N_COND] = eval_cond,   [N_AND] = eval_and_or,    [N_OR] = eval_and_or,     [N_NOT] = eval_not,         [N_NEG] = eval_sign,
    [N_POS] = eval_sign,    [N_BINARY] = eval_binary, [N_CONCAT] = eval_concat, [N_COMPARE] = eval_compare,
};

bool eval(struct run *r, const struct node *n, struct value *ret)
{
    uint32_t line = r->line;
    r->line = n->line;
    if (!run_spend(r, 1) || !run_enter(r))
        return false;
    if (n->kind >= N_EXPRS || !evals[n->kind])
        return run_fail(r, ERR_INVAL, "a slice stands where a value is expected");
    struct value v;
    bool ok = evals[n->kind](r, n, &v);
    run_leave(r);
    if (ok) {
        r->line = line; /* what fails next is the node around this one */
        *ret = v;
    }
    return ok;
}
