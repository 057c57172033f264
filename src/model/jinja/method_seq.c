/* Methods of lists, dicts and cyclers. transformers forbids those that change something; templates written for other programs
 * use them, and here they can change only the template's own copy. */
#include "model/jinja/lib.h"

static bool none(struct value *ret)
{
    *ret = v_none();
    return true;
}

/* ---- lists */
static bool l_append(struct run *r, const struct call *c, struct value *ret)
{
    return list_push(r, c->self.list, c->a[0]) && none(ret);
}

static bool l_extend(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    if (!value_iterate(r, c->a[0], &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!list_push(r, c->self.list, items[i]))
            return false;
    return none(ret);
}

static size_t place(int64_t i, size_t n)
{
    i = i < 0 ? i + (int64_t)n : i;
    return i < 0 ? 0 : (uint64_t)i > n ? n : (size_t)i;
}

static bool l_insert(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = c->self.list;
    int64_t i;
    if (!arg_int(r, c->a[0], 0, &i) || !run_spend(r, l->n) || !list_push(r, l, c->a[1]))
        return false;
    size_t at = place(i, l->n - 1);
    memmove(&l->items[at + 1], &l->items[at], (l->n - 1 - at) * sizeof *l->items);
    l->items[at] = c->a[1];
    return none(ret);
}

static bool l_pop(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = c->self.list;
    int64_t i;
    if (!arg_int(r, c->a[0], -1, &i) || !run_spend(r, l->n))
        return false;
    i = i < 0 ? i + (int64_t)l->n : i;
    if (i < 0 || (uint64_t)i >= l->n)
        return run_fail(r, ERR_INVAL, "pop: there is no such item");
    *ret = l->items[i];
    memmove(&l->items[i], &l->items[i + 1], (l->n - (size_t)i - 1) * sizeof *l->items);
    l->n--;
    return true;
}

/* The first equal item, or n. */
static bool where(struct run *r, const struct list *l, struct value v, size_t *ret)
{
    bool same = false;
    for (*ret = 0; *ret < l->n; (*ret)++) {
        if (!value_equal(r, l->items[*ret], v, &same))
            return false;
        if (same)
            break;
    }
    return true;
}

static bool l_index(struct run *r, const struct call *c, struct value *ret)
{
    size_t i;
    if (!where(r, c->self.list, c->a[0], &i))
        return false;
    if (i == c->self.list->n)
        return run_fail(r, ERR_INVAL, "index: the item is not in the list");
    *ret = v_int((int64_t)i);
    return true;
}

static bool l_remove(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = c->self.list;
    size_t i;
    if (!where(r, l, c->a[0], &i))
        return false;
    if (i == l->n)
        return run_fail(r, ERR_INVAL, "remove: the item is not in the list");
    memmove(&l->items[i], &l->items[i + 1], (l->n - i - 1) * sizeof *l->items);
    l->n--;
    return none(ret);
}

static bool l_count(struct run *r, const struct call *c, struct value *ret)
{
    int64_t n = 0;
    bool same;
    for (size_t i = 0; i < c->self.list->n; i++) {
        if (!value_equal(r, c->self.list->items[i], c->a[0], &same))
            return false;
        n += same;
    }
    *ret = v_int(n);
    return true;
}

static bool l_copy(struct run *r, const struct call *c, struct value *ret)
{
    return filter_list(r, c, ret);
}

static bool l_clear(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    c->self.list->n = c->self.list->at = 0;
    return none(ret);
}

static bool l_reverse(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = c->self.list;
    if (!run_spend(r, l->n))
        return false;
    for (size_t i = 0; i < l->n / 2; i++) {
        struct value v = l->items[i];
        l->items[i] = l->items[l->n - 1 - i];
        l->items[l->n - 1 - i] = v;
    }
    return none(ret);
}

const struct native list_methods[] = {
    {"append", l_append, "item", 1},
    {"clear", l_clear, NULL, 0},
    {"copy", l_copy, NULL, 0},
    {"count", l_count, "item", 1},
    {"extend", l_extend, "items", 1},
    {"index", l_index, "item", 1},
    {"insert", l_insert, "at item", 2},
    {"pop", l_pop, "at", 0},
    {"remove", l_remove, "item", 1},
    {"reverse", l_reverse, NULL, 0},
    {0},
};

const struct native tuple_methods[] = {{"count", l_count, "item", 1}, {"index", l_index, "item", 1}, {0}};

/* ---- dicts */
static bool d_get(struct run *r, const struct call *c, struct value *ret)
{
    struct value other = arg_given(c->a[1]) ? c->a[1] : v_none();
    if (dict_get(r, c->self.dict, c->a[0], ret))
        return true;
    *ret = other;
    return !r->failed;
}

enum part { PART_KEYS, PART_VALUES, PART_ITEMS };

static bool parts(struct run *r, const struct dict *d, enum part part, struct value *ret)
{
    struct list *l = list_new(r, SHAPE_LIST);
    for (size_t i = 0; l && i < d->n; i++) {
        struct value v = part == PART_KEYS ? d->entries[i].key : d->entries[i].value;
        if (part == PART_ITEMS) {
            struct list *pair = list_new(r, SHAPE_TUPLE);
            if (!pair || !list_push(r, pair, d->entries[i].key) || !list_push(r, pair, d->entries[i].value))
                return false;
            v = v_list(pair);
        }
        if (!list_push(r, l, v))
            return false;
    }
    *ret = v_list(l);
    return l;
}

static bool d_keys(struct run *r, const struct call *c, struct value *ret)
{
    return parts(r, c->self.dict, PART_KEYS, ret);
}

static bool d_values(struct run *r, const struct call *c, struct value *ret)
{
    return parts(r, c->self.dict, PART_VALUES, ret);
}

static bool d_items(struct run *r, const struct call *c, struct value *ret)
{
    return parts(r, c->self.dict, PART_ITEMS, ret);
}

static bool d_copy(struct run *r, const struct call *c, struct value *ret)
{
    struct dict *d = dict_new(r);
    *ret = v_dict(d);
    return d && dict_update(r, d, c->self.dict);
}

static bool d_pop(struct run *r, const struct call *c, struct value *ret)
{
    if (dict_remove(r, c->self.dict, c->a[0], ret))
        return true;
    if (r->failed)
        return false;
    if (!arg_given(c->a[1]))
        return run_fail(r, ERR_INVAL, "pop: there is no such key");
    *ret = c->a[1];
    return true;
}

static bool d_setdefault(struct run *r, const struct call *c, struct value *ret)
{
    if (dict_get(r, c->self.dict, c->a[0], ret))
        return true;
    *ret = arg_given(c->a[1]) ? c->a[1] : v_none();
    return !r->failed && dict_put(r, c->self.dict, c->a[0], *ret);
}

static bool fill(struct run *r, struct dict *d, const struct args *args)
{
    if (args->n > 1)
        return run_fail(r, ERR_INVAL, "one mapping is wanted, and names");
    if (args->n && args->pos[0].kind == V_DICT && !dict_update(r, d, args->pos[0].dict))
        return false;
    if (args->n && args->pos[0].kind != V_DICT) {
        const struct value *items;
        size_t n;
        if (!value_iterate(r, args->pos[0], &items, &n))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (items[i].kind != V_LIST || items[i].list->n != 2)
                return run_fail(r, ERR_INVAL, "pairs are wanted");
            if (!dict_put(r, d, items[i].list->items[0], items[i].list->items[1]))
                return false;
        }
    }
    for (size_t i = 0; i < args->n_kw; i++)
        if (!dict_put(r, d, args->kw[i].key, args->kw[i].value))
            return false;
    return true;
}

static bool d_update(struct run *r, const struct call *c, struct value *ret)
{
    return fill(r, c->self.dict, c->raw) && none(ret);
}

static bool d_clear(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    *c->self.dict = (struct dict){0};
    return none(ret);
}

bool dict_from_args(struct run *r, const struct args *args, struct dict **ret)
{
    struct dict *d = dict_new(r);
    *ret = d;
    return d && fill(r, d, args);
}

const struct native dict_methods[] = {
    {"clear", d_clear, NULL, 0},
    {"copy", d_copy, NULL, 0},
    {"get", d_get, "key default", 1},
    {"items", d_items, NULL, 0},
    {"keys", d_keys, NULL, 0},
    {"pop", d_pop, "key default", 1},
    {"setdefault", d_setdefault, "key default", 1},
    {"update", d_update, "*", 0},
    {"values", d_values, NULL, 0},
    {0},
};

/* ---- cyclers */
static bool c_next(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    struct list *l = c->self.list;
    *ret = l->items[l->at];
    l->at = (l->at + 1) % l->n;
    return true;
}

static bool c_reset(struct run *r, const struct call *c, struct value *ret)
{
    (void)r;
    c->self.list->at = 0;
    return none(ret);
}

const struct native cycler_methods[] = {{"next", c_next, NULL, 0}, {"reset", c_reset, NULL, 0}, {0}};
