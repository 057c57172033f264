/* Functions that are always there. */
#include "model/jinja/lib.h"

enum { RANGE_MAX = 100000 };

/* As Jinja's sandbox: at most 100,000 numbers. */
static bool g_range(struct run *r, const struct call *c, struct value *ret)
{
    int64_t start, stop, step;
    if (!arg_int(r, c->a[0], 0, &start) || !arg_int(r, c->a[1], 0, &stop) || !arg_int(r, c->a[2], 1, &step))
        return false;
    if (!arg_given(c->a[1])) {
        stop = start;
        start = 0;
    }
    if (!step)
        return run_fail(r, ERR_INVAL, "range: steps of 0");
    bool any = step > 0 ? start < stop : start > stop;
    uint64_t width = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step, n = any ? (width - 1) / by + 1 : 0;
    if (n > RANGE_MAX)
        return run_fail(r, ERR_LIMIT, "range: more than %d numbers", RANGE_MAX);
    struct list *l = list_new(r, SHAPE_LIST);
    for (uint64_t i = 0; l && i < n; i++)
        if (!list_push(r, l, v_int(start + (int64_t)i * step)))
            return false;
    *ret = v_list(l);
    return l;
}

static bool g_dict(struct run *r, const struct call *c, struct value *ret)
{
    struct dict *d;
    if (!dict_from_args(r, c->raw, &d))
        return false;
    *ret = v_dict(d);
    return true;
}

static bool g_namespace(struct run *r, const struct call *c, struct value *ret)
{
    if (!g_dict(r, c, ret))
        return false;
    ret->kind = V_NAMESPACE;
    return true;
}

static bool g_cycler(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = list_new(r, SHAPE_CYCLER);
    if (!c->raw->n)
        return run_fail(r, ERR_INVAL, "cycler: at least one value is wanted");
    for (size_t i = 0; l && i < c->raw->n; i++)
        if (!list_push(r, l, c->raw->pos[i]))
            return false;
    *ret = v_list(l);
    return l;
}

/* Nothing the first time, then what stands between. `self` is [separator, used]. */
static bool join_next(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    struct value *state = c->self.list->items;
    *ret = state[1].b ? state[0] : v_text(text_own(STR("")));
    state[1].b = true;
    return true;
}

static bool g_joiner(struct run *r, const struct call *c, struct value *ret)
{
    static const struct native next = {"joiner", join_next, NULL, 0};
    struct list *state = list_new(r, SHAPE_LIST);
    struct value sep = arg_given(c->a[0]) ? c->a[0] : v_text(text_own(STR(", ")));
    return state && list_push(r, state, sep) && list_push(r, state, v_bool(false)) && method_new(r, &next, v_list(state), ret);
}

/* The template refuses the conversation. Its sentence is for the person. */
static bool g_raise_exception(struct run *r, const struct call *c, struct value *ret)
{
    struct text t = {0};
    (void)ret;
    return value_text(r, c->a[0], &t) && run_fail(r, ERR_DENIED, "the template refuses: " STR_FMT, STR_ARG(str_head(t.s, 300)));
}

const struct native globals_table[] = {
    {"cycler", g_cycler, "*", 0},
    {"dict", g_dict, "*", 0},
    {"joiner", g_joiner, "sep", 0},
    {"namespace", g_namespace, "*", 0},
    {"raise_exception", g_raise_exception, "message", 1},
    {"range", g_range, "start stop step", 1},
    {"strftime_now", global_strftime_now, "format", 1},
    {0},
};
