/* Filters on sequences that do not choose. */
#include "model/jinja/lib.h"

/* The value when it is not there (or, with `boolean`, not true). */
bool filter_default(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    bool use = c->self.kind == V_UNDEFINED || (arg_true(c->a[1]) && !value_truth(c->self));
    *ret = !use ? c->self : arg_given(c->a[0]) ? c->a[0] : v_text(text_own(STR("")));
    return true;
}

bool filter_length(struct run *r, const struct call *c, struct value *ret)
{
    size_t n;
    if (!value_length(r, c->self, &n))
        return false;
    *ret = v_int((int64_t)n);
    return true;
}

bool filter_first(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    if (c->self.kind == V_LIST && c->self.list->shape == SHAPE_ITERATOR) { /* takes one only */
        struct list *l = c->self.list;
        *ret = l->at < l->n ? l->items[l->at++] : v_undefined(STR("first"));
        return true;
    }
    if (!value_iterate(r, c->self, &items, &n))
        return false;
    *ret = n ? items[0] : v_undefined(STR("first"));
    return true;
}

bool filter_last(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    if (!value_iterate(r, c->self, &items, &n))
        return false;
    *ret = n ? items[n - 1] : v_undefined(STR("last"));
    return true;
}

static bool copy(struct run *r, struct value v, enum shape shape, struct value *ret)
{
    const struct value *items;
    size_t n;
    struct list *l = list_new(r, shape);
    if (!l || !value_iterate(r, v, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!list_push(r, l, items[i]))
            return false;
    *ret = v_list(l);
    return true;
}

bool filter_list(struct run *r, const struct call *c, struct value *ret)
{
    return copy(r, c->self, SHAPE_LIST, ret);
}

bool filter_reverse(struct run *r, const struct call *c, struct value *ret)
{
    struct value v;
    if (!copy(r, c->self, SHAPE_ITERATOR, &v))
        return false;
    struct list *l = v.list;
    for (size_t i = 0; i < l->n / 2; i++) {
        struct value t = l->items[i];
        l->items[i] = l->items[l->n - 1 - i];
        l->items[l->n - 1 - i] = t;
    }
    if (c->self.kind == V_TEXT)
        return text_glue(r, l->items, l->n, text_plain(STR("")), ret);
    *ret = v;
    return true;
}

/* Items, or what an attribute of each is. */
static bool attributes(struct run *r, struct value seq, struct value attribute, const struct value **ret, size_t *ret_n)
{
    const struct value *items;
    size_t n;
    if (!value_iterate(r, seq, &items, &n))
        return false;
    *ret = items;
    *ret_n = n;
    if (!arg_given(attribute) || attribute.kind == V_NONE)
        return true;
    struct value *values = run_alloc(r, n + 1, sizeof *values);
    for (size_t i = 0; values && i < n; i++)
        if (!value_plain_attr(r, items[i], attribute, &values[i]))
            return false;
    *ret = values;
    return values;
}

bool filter_join(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    struct text between = text_plain(STR(""));
    return (!arg_given(c->a[0]) || value_text(r, c->a[0], &between)) && attributes(r, c->self, c->a[1], &items, &n) &&
           text_glue(r, items, n, between, ret);
}

bool filter_sum(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    struct value sum = arg_given(c->a[1]) ? c->a[1] : v_int(0);
    if (!attributes(r, c->self, c->a[0], &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!value_binary(r, OP_ADD, sum, items[i], &sum))
            return false;
    *ret = sum;
    return true;
}

bool filter_attr(struct run *r, const struct call *c, struct value *ret)
{
    struct text name;
    if (!arg_text(r, c->a[0], "attr: the name", &name))
        return false;
    if (c->self.kind != V_DICT)
        return value_attr(r, c->self, name.s, ret);
    const struct native *m = native_find(dict_methods, name.s); /* never a key */
    *ret = v_undefined(name.s);
    return !m || method_new(r, m, c->self, ret);
}

bool filter_items(struct run *r, const struct call *c, struct value *ret)
{
    static const struct args none;
    if (c->self.kind == V_UNDEFINED) {
        struct list *l = list_new(r, SHAPE_ITERATOR);
        *ret = v_list(l);
        return l;
    }
    if (c->self.kind != V_DICT)
        return run_fail(r, ERR_INVAL, "items wants a mapping, not %s", value_type(c->self));
    return call_native(r, native_find(dict_methods, STR("items")), c->self, &none, ret);
}

static bool push_row(struct run *r, struct list *out, const struct value *items, size_t n, size_t n_all, struct value fill)
{
    struct list *row = list_new(r, SHAPE_LIST);
    for (size_t i = 0; row && i < n_all; i++)
        if ((i < n || arg_given(fill)) && !list_push(r, row, i < n ? items[i] : fill))
            return false;
    return row && list_push(r, out, v_list(row));
}

static struct value fill_of(struct value v)
{
    return v.kind == V_NONE ? (struct value){.kind = V_MISSING} : v;
}

/* Rows of `linecount` items, the last filled up. */
bool filter_batch(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    int64_t per;
    struct list *out = list_new(r, SHAPE_ITERATOR);
    if (!out || !value_iterate(r, c->self, &items, &n) || !arg_int(r, c->a[0], 1, &per))
        return false;
    if (per < 1 || per > 1 << 20)
        return run_fail(r, ERR_INVAL, "batch wants between 1 and a million items in a row");
    for (size_t i = 0; i < n; i += (size_t)per) {
        size_t here = n - i < (size_t)per ? n - i : (size_t)per;
        if (!push_row(r, out, items + i, here, (size_t)per, fill_of(c->a[1])))
            return false;
    }
    *ret = v_list(out);
    return true;
}

/* That many rows, of lengths that differ by one at most. */
bool filter_slice(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n, at = 0;
    int64_t rows;
    struct list *out = list_new(r, SHAPE_ITERATOR);
    if (!out || !value_iterate(r, c->self, &items, &n) || !arg_int(r, c->a[0], 1, &rows))
        return false;
    if (rows < 1 || rows > 1 << 20)
        return run_fail(r, ERR_INVAL, "slice wants between 1 and a million rows");
    for (size_t i = 0; i < (size_t)rows; i++) {
        bool longer = i < n % (size_t)rows;
        size_t here = n / (size_t)rows + longer;
        if (!push_row(r, out, items + at, here, here + (!longer && n % (size_t)rows), fill_of(c->a[1])))
            return false;
        at += here;
    }
    *ret = v_list(out);
    return true;
}
