/* value.name, value[key] and slices. As in Jinja, a dict's methods hide its keys of the same name in the first form, and
 * keys hide methods in the second. */
#include "model/jinja/library.h"
#include "model/jinja/run.h"
#include "model/jinja/unicode.h"

static const struct native *method_of(struct value v, struct str name)
{
    static const struct native *const of_shape[] = {
        [SHAPE_LIST] = list_methods, [SHAPE_TUPLE] = tuple_methods, [SHAPE_ITERATOR] = NULL, [SHAPE_CYCLER] = cycler_methods};
    const struct native *table = v.kind == V_TEXT   ? text_methods
                                 : v.kind == V_DICT ? dict_methods
                                 : v.kind == V_LIST ? of_shape[v.list->shape]
                                                    : NULL;
    return table ? native_find(table, name) : NULL;
}

/* The object's own attributes. False: there is none of that name, or a failure. */
static bool own_attr(struct run *r, struct value of, struct str name, struct value *ret)
{
    if (of.kind == V_NAMESPACE)
        return dict_get_str(r, of.dict, name, ret);
    if (of.kind == V_LOOP)
        return loop_attr(r, of, name, ret);
    if (of.kind == V_LIST && of.list->shape == SHAPE_CYCLER && str_eq(name, STR("current"))) {
        *ret = of.list->items[of.list->at];
        return true;
    }
    bool group = of.kind == V_LIST && of.list->shape == SHAPE_TUPLE && of.list->n == 2; /* as groupby gives them */
    if (group && (str_eq(name, STR("grouper")) || str_eq(name, STR("list")))) {
        *ret = of.list->items[name.ptr[0] == 'l'];
        return true;
    }
    if (of.kind == V_FUNC && of.func->macro && str_eq(name, STR("name"))) {
        *ret = v_text(text_own(of.func->macro->name));
        return true;
    }
    const struct native *m = method_of(of, name);
    return m && method_new(r, m, of, ret);
}

/* A position in something of n items, counted from the end when negative. */
static bool position(int64_t i, size_t n, size_t *ret)
{
    if (i < 0)
        i += (int64_t)n;
    if (i < 0 || (uint64_t)i >= n)
        return false;
    *ret = (size_t)i;
    return true;
}

static bool character_at(struct run *r, struct text t, int64_t i, struct value *ret)
{
    size_t at, byte = 0;
    if (!run_spend_bytes(r, t.s.len) || !position(i, unicode_length(t.s), &at))
        return false;
    uint32_t cp;
    for (; at; at--)
        byte += unicode_at(t.s, byte, &cp);
    *ret = v_text(text_cut(t, byte, unicode_at(t.s, byte, &cp)));
    return true;
}

static bool own_item(struct run *r, struct value of, struct value key, struct value *ret)
{
    size_t at;
    bool is_int = key.kind == V_INT || key.kind == V_BOOL;
    int64_t i = key.kind == V_INT ? key.i : is_int ? key.b : 0;
    if (of.kind == V_DICT)
        return dict_get(r, of.dict, key, ret);
    if (of.kind == V_TEXT && is_int)
        return character_at(r, of.t, i, ret);
    if (of.kind != V_LIST || of.list->shape > SHAPE_TUPLE || !is_int || !position(i, of.list->n, &at))
        return false;
    *ret = of.list->items[at];
    return true;
}

/* What is not there is undefined, and remembers its name. */
static bool missing(struct run *r, struct str name, struct value *ret)
{
    if (r->failed)
        return false;
    *ret = v_undefined(name);
    return true;
}

bool value_attr(struct run *r, struct value of, struct str name, struct value *ret)
{
    if (of.kind == V_UNDEFINED)
        return undefined_used(r, of);
    if (!run_spend(r, 1))
        return false;
    if (own_attr(r, of, name, ret) || (!r->failed && own_item(r, of, v_text(text_plain(name)), ret)))
        return true;
    return missing(r, name, ret);
}

bool value_item(struct run *r, struct value of, struct value key, struct value *ret)
{
    if (of.kind == V_UNDEFINED)
        return undefined_used(r, of);
    if (!run_spend(r, 1))
        return false;
    if (own_item(r, of, key, ret) || (!r->failed && key.kind == V_TEXT && own_attr(r, of, key.t.s, ret)))
        return true;
    return missing(r, key.kind == V_TEXT ? key.t.s : STR("an item"), ret);
}

bool value_plain_attr(struct run *r, struct value of, struct value key, struct value *ret)
{
    if (key.kind != V_TEXT)
        return value_item(r, of, key, ret);
    for (struct str rest = key.t.s, part; str_split(&rest, '.', &part);) {
        int64_t i;
        struct value k = str_to_i64(part, &i) ? v_text(text_cut(key.t, (size_t)(part.ptr - key.t.s.ptr), part.len)) : v_int(i);
        if (!value_item(r, of, k, &of))
            return false;
    }
    *ret = of;
    return true;
}

/* ---- slices */
struct range {
    int64_t start, step;
    size_t n;
};

static bool bound_of(struct run *r, struct value v, int64_t other, int64_t *ret)
{
    *ret = other;
    if (v.kind == V_INT || v.kind == V_BOOL)
        *ret = v.kind == V_INT ? v.i : v.b;
    else if (v.kind == V_UNDEFINED)
        return undefined_used(r, v);
    else if (v.kind != V_NONE)
        return run_fail(r, ERR_INVAL, "a slice wants integers, not %s", value_type(v));
    return true;
}

/* Python's: negative bounds count from the end, all are cut to what is there. */
static int64_t clamp(int64_t i, int64_t n, int64_t lo, int64_t hi)
{
    if (i < 0)
        i = i < -n ? -1 : i + n;
    return i < lo ? lo : i > hi ? hi : i;
}

static bool range_of(struct run *r, const struct value bound[3], size_t n_items, struct range *ret)
{
    int64_t n = (int64_t)n_items, step, start, stop;
    if (!bound_of(r, bound[2], 1, &step))
        return false;
    if (!step)
        return run_fail(r, ERR_INVAL, "a slice cannot have steps of 0");
    bool down = step < 0;
    if (!bound_of(r, bound[0], down ? INT64_MAX : 0, &start) || !bound_of(r, bound[1], down ? INT64_MIN : INT64_MAX, &stop))
        return false;
    start = clamp(start, n, down ? -1 : 0, down ? n - 1 : n);
    stop = stop == INT64_MIN ? -1 : clamp(stop, n, down ? -1 : 0, down ? n - 1 : n);
    *ret = (struct range){.start = start, .step = step};
    uint64_t width = down ? (uint64_t)(start - stop) : (uint64_t)(stop - start), by = down ? 0 - (uint64_t)step : (uint64_t)step;
    if (down ? start > stop : stop > start)
        ret->n = (size_t)((width - 1) / by + 1);
    return true;
}

static bool slice_list(struct run *r, const struct list *l, const struct range *s, struct value *ret)
{
    struct list *out = list_new(r, l->shape);
    for (size_t i = 0; out && i < s->n; i++)
        if (!list_push(r, out, l->items[s->start + (int64_t)i * s->step]))
            return false;
    *ret = v_list(out);
    return out;
}

/* Characters that stand side by side are cut out as they are. */
static bool slice_text(struct run *r, struct text t, const struct value bound[3], struct value *ret)
{
    struct range s;
    const struct value *c;
    size_t n;
    if (!range_of(r, bound, unicode_length(t.s), &s) || !run_spend_bytes(r, t.s.len))
        return false;
    if (s.step == 1 || !s.n) {
        uint32_t cp;
        size_t from = 0, to;
        for (int64_t i = 0; s.n && i < s.start; i++)
            from += unicode_at(t.s, from, &cp);
        to = from;
        for (size_t i = 0; i < s.n; i++)
            to += unicode_at(t.s, to, &cp);
        *ret = v_text(text_cut(t, from, to - from));
        return true;
    }
    struct build b = build_in(r);
    if (!value_iterate(r, v_text(t), &c, &n))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!build_put(&b, c[s.start + (int64_t)i * s.step].t))
            return false;
    *ret = v_text(build_text(&b));
    return true;
}

bool value_slice(struct run *r, struct value of, const struct value bound[3], struct value *ret)
{
    struct range s;
    if (of.kind == V_UNDEFINED)
        return undefined_used(r, of);
    if (of.kind == V_TEXT)
        return slice_text(r, of.t, bound, ret);
    if (of.kind != V_LIST || of.list->shape > SHAPE_TUPLE)
        return run_fail(r, ERR_INVAL, "a %s cannot be cut into slices", value_type(of));
    return range_of(r, bound, of.list->n, &s) && slice_list(r, of.list, &s, ret);
}
