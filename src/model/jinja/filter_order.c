/* Filters that compare: sort, dictsort, groupby, unique, min, max. Texts are compared without case unless asked otherwise. */
#include "model/jinja/lib.h"

static bool one_key(struct run *r, const struct order *o, struct value item, struct value attribute, struct value *ret)
{
    struct value v = item;
    if (arg_given(attribute) && attribute.kind != V_NONE && !value_plain_attr(r, item, attribute, &v))
        return false;
    if (v.kind == V_UNDEFINED && arg_given(o->fallback))
        v = o->fallback;
    if (v.kind == V_TEXT && !o->case_sensitive)
        return text_change_case(r, v.t, CASE_LOWER, ret);
    *ret = v;
    return true;
}

/* "a,b": by a, then by b. */
bool order_key(struct run *r, const void *ctx, struct value item, struct value *ret)
{
    const struct order *o = ctx;
    if (o->attribute.kind != V_TEXT || str_chr(o->attribute.t.s, ',') < 0)
        return one_key(r, o, item, o->attribute, ret);
    struct list *l = list_new(r, SHAPE_TUPLE);
    struct value v;
    for (struct str rest = o->attribute.t.s, part; l && str_split(&rest, ',', &part);)
        if (!one_key(r, o, item, v_text(text_plain(part)), &v) || !list_push(r, l, v))
            return false;
    *ret = v_list(l);
    return l;
}

static bool list_of(struct run *r, struct value v, struct list **ret)
{
    static const struct args none;
    struct value l;
    if (!call_native(r, native_find(filters_table, STR("list")), v, &none, &l))
        return false;
    *ret = l.list;
    return true;
}

bool filter_sort(struct run *r, const struct call *c, struct value *ret)
{
    struct order o = {.attribute = c->a[2], .case_sensitive = arg_true(c->a[1])};
    struct list *l;
    if (!list_of(r, c->self, &l) || !value_sort(r, l->items, l->n, arg_true(c->a[0]), order_key, &o))
        return false;
    *ret = v_list(l);
    return true;
}

bool filter_dictsort(struct run *r, const struct call *c, struct value *ret)
{
    static const struct args none;
    struct value items;
    struct order o = {.attribute = v_int(v_is_text(c->a[1], "value")), .case_sensitive = arg_true(c->a[0])};
    if (c->self.kind != V_DICT)
        return run_fail(r, ERR_INVAL, "dictsort wants a mapping, not %s", value_type(c->self));
    if (!call_native(r, native_find(dict_methods, STR("items")), c->self, &none, &items) ||
        !value_sort(r, items.list->items, items.list->n, arg_true(c->a[2]), order_key, &o))
        return false;
    *ret = items;
    return true;
}

/* A dict finds equal keys; what cannot be a key is compared with all before it. */
bool filter_unique(struct run *r, const struct call *c, struct value *ret)
{
    struct order o = {.attribute = c->a[1], .case_sensitive = arg_true(c->a[0])};
    const struct value *items;
    size_t n;
    struct list *out = list_new(r, SHAPE_ITERATOR);
    struct dict *seen = dict_new(r);
    if (!out || !seen || !value_iterate(r, c->self, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value key, old;
        if (!order_key(r, &o, items[i], &key))
            return false;
        if (dict_get(r, seen, key, &old))
            continue;
        if (r->failed || !dict_put(r, seen, key, v_none()) || !list_push(r, out, items[i]))
            return false;
    }
    *ret = v_list(out);
    return true;
}

static bool extreme(struct run *r, const struct call *c, int sign, struct value *ret)
{
    struct order o = {.attribute = c->a[1], .case_sensitive = arg_true(c->a[0])};
    const struct value *items;
    size_t n;
    struct value best = {.kind = V_MISSING}, key;
    if (!value_iterate(r, c->self, &items, &n))
        return false;
    *ret = v_undefined(STR("an empty sequence"));
    for (size_t i = 0; i < n; i++) {
        int order = sign;
        if (!order_key(r, &o, items[i], &key) || (arg_given(best) && !value_compare(r, key, best, &order)))
            return false;
        if (sign < 0 ? order < 0 : order > 0) {
            best = key;
            *ret = items[i];
        }
    }
    return true;
}

bool filter_min(struct run *r, const struct call *c, struct value *ret)
{
    return extreme(r, c, -1, ret);
}

bool filter_max(struct run *r, const struct call *c, struct value *ret)
{
    return extreme(r, c, 1, ret);
}

/* One group: (grouper, list), which also answers to .grouper and .list. */
static bool push_group(struct run *r, struct list *out, struct value grouper, struct list *members)
{
    struct list *pair = list_new(r, SHAPE_TUPLE);
    return pair && list_push(r, pair, grouper) && list_push(r, pair, v_list(members)) && list_push(r, out, v_list(pair));
}

bool filter_groupby(struct run *r, const struct call *c, struct value *ret)
{
    struct order o = {.attribute = c->a[0], .case_sensitive = arg_true(c->a[2]), .fallback = c->a[1]}, exact = o;
    struct list *l, *out = list_new(r, SHAPE_LIST), *members = NULL;
    struct value last, key;
    exact.case_sensitive = true;
    if (!out || !list_of(r, c->self, &l) || !value_sort(r, l->items, l->n, false, order_key, &o))
        return false;
    for (size_t i = 0; i < l->n; i++) {
        bool same = false;
        struct value grouper;
        if (!order_key(r, &o, l->items[i], &key) || (members && !value_equal(r, key, last, &same)))
            return false;
        last = key;
        if (!same &&
            (!(members = list_new(r, SHAPE_LIST)) || !order_key(r, &exact, l->items[i], &grouper) || !push_group(r, out, grouper, members)))
            return false;
        if (!list_push(r, members, l->items[i]))
            return false;
    }
    *ret = v_list(out);
    return true;
}
