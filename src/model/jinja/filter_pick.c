/* map, select, reject and their kin, which call other filters and tests by name. */
#include "model/jinja/lib.h"

static const struct entry *keyword(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->n_kw; i++)
        if (str_eq(args->kw[i].key.t.s, str_of(name)))
            return &args->kw[i];
    return NULL;
}

static bool map_attribute(struct run *r, struct value item, struct value attribute, const struct entry *other, struct value *ret)
{
    struct value v;
    if (!value_plain_attr(r, item, attribute, &v))
        return false;
    *ret = v.kind == V_UNDEFINED && other ? other->value : v;
    return true;
}

/* The named filter or test, and the arguments after its name. */
static bool named(struct run *r, const struct native *table, const char *what, const struct args *raw, size_t skip,
                  const struct native **ret, struct args *ret_rest)
{
    if (raw->n <= skip || raw->pos[skip].kind != V_TEXT)
        return run_fail(r, ERR_INVAL, "the name of a %s is wanted", what);
    const struct native *f = native_find(table, raw->pos[skip].t.s);
    if (!f)
        return run_fail(r, ERR_INVAL, "there is no %s \"" STR_FMT "\"", what, STR_ARG(str_head(raw->pos[skip].t.s, 60)));
    *ret = f;
    *ret_rest = (struct args){raw->pos + skip + 1, raw->n - skip - 1, raw->kw, raw->n_kw};
    return true;
}

/* What is not true (None, 0) has no items, though it cannot be gone through. */
static bool items_of(struct run *r, struct value v, const struct value **ret, size_t *ret_n)
{
    *ret = NULL;
    *ret_n = 0;
    return !value_truth(v) || value_iterate(r, v, ret, ret_n);
}

bool filter_map(struct run *r, const struct call *c, struct value *ret)
{
    const struct entry *attribute = keyword(c->raw, "attribute"), *other = keyword(c->raw, "default");
    const struct native *f = NULL;
    struct args rest;
    const struct value *items;
    size_t n;
    struct list *out = list_new(r, SHAPE_ITERATOR);
    if (!out || (!attribute && !named(r, filters_table, "filter", c->raw, 0, &f, &rest)) || !items_of(r, c->self, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value v;
        bool ok = attribute ? map_attribute(r, items[i], attribute->value, other, &v) : call_native(r, f, items[i], &rest, &v);
        if (!ok || !list_push(r, out, v))
            return false;
    }
    *ret = v_list(out);
    return true;
}

/* Items whose test (of an attribute, when `attr`) gives `wanted`; without a test, their truth. */
static bool pick(struct run *r, const struct call *c, bool attr, bool wanted, struct value *ret)
{
    const struct native *test = NULL;
    struct args rest;
    const struct value *items;
    size_t n;
    struct list *out = list_new(r, SHAPE_ITERATOR);
    if (attr && !c->raw->n)
        return run_fail(r, ERR_INVAL, "the name of an attribute is wanted");
    if (!out || (c->raw->n > attr && !named(r, tests_table, "test", c->raw, attr, &test, &rest)) || !items_of(r, c->self, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value v = items[i];
        if ((attr && !value_plain_attr(r, v, c->raw->pos[0], &v)) || (test && !call_native(r, test, v, &rest, &v)))
            return false;
        if (value_truth(v) == wanted && !list_push(r, out, items[i]))
            return false;
    }
    *ret = v_list(out);
    return true;
}

bool filter_select(struct run *r, const struct call *c, struct value *ret)
{
    return pick(r, c, false, true, ret);
}

bool filter_reject(struct run *r, const struct call *c, struct value *ret)
{
    return pick(r, c, false, false, ret);
}

bool filter_selectattr(struct run *r, const struct call *c, struct value *ret)
{
    return pick(r, c, true, true, ret);
}

bool filter_rejectattr(struct run *r, const struct call *c, struct value *ret)
{
    return pick(r, c, true, false, ret);
}
