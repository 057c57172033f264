/* Equality, order, membership, sorting. */
#include "model/jinja/run.h"

static bool is_number(struct value v)
{
    return v.kind == V_INT || v.kind == V_FLOAT || v.kind == V_BOOL;
}

static int compare_numbers(struct value a, struct value b)
{
    if (a.kind != V_FLOAT && b.kind != V_FLOAT) {
        int64_t x = a.kind == V_BOOL ? a.b : a.i, y = b.kind == V_BOOL ? b.b : b.i;
        return x < y ? -1 : x > y;
    }
    double x = a.kind == V_FLOAT ? a.f : a.kind == V_BOOL ? a.b : (double)a.i;
    double y = b.kind == V_FLOAT ? b.f : b.kind == V_BOOL ? b.b : (double)b.i;
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2; /* 2: one is not a number */
}

static int compare_texts(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0; /* UTF-8 sorts as its characters do */
    return c ? (c < 0 ? -1 : 1) : a.len < b.len ? -1 : a.len > b.len;
}

static bool equal_lists(struct run *r, const struct list *a, const struct list *b, bool *ret)
{
    bool same = a == b || (a->n == b->n && a->shape == b->shape && a->shape <= SHAPE_TUPLE);
    for (size_t i = 0; a != b && same && i < a->n; i++)
        if (!value_equal(r, a->items[i], b->items[i], &same))
            return false;
    *ret = same;
    return true;
}

static bool equal_dicts(struct run *r, const struct dict *a, const struct dict *b, bool *ret)
{
    bool same = a->n == b->n;
    for (size_t i = 0; a != b && same && i < a->n; i++) {
        struct value other;
        same = dict_get(r, b, a->entries[i].key, &other);
        if (r->failed || (same && !value_equal(r, a->entries[i].value, other, &same)))
            return false;
    }
    *ret = same;
    return true;
}

static bool equal_same_kind(struct run *r, struct value a, struct value b, bool *ret)
{
    switch (a.kind) {
    case V_TEXT: *ret = str_eq(a.t.s, b.t.s); return run_spend(r, 1 + (a.t.s.len == b.t.s.len ? a.t.s.len / 64 : 0));
    case V_LIST: return equal_lists(r, a.list, b.list, ret);
    case V_DICT: return equal_dicts(r, a.dict, b.dict, ret);
    case V_NONE:
    case V_UNDEFINED: *ret = true; return true;
    case V_FUNC: *ret = a.func == b.func; return true;
    default: *ret = a.dict == b.dict; return true;
    }
}

bool value_equal(struct run *r, struct value a, struct value b, bool *ret)
{
    if (is_number(a) && is_number(b)) {
        *ret = !compare_numbers(a, b);
        return run_spend(r, 1);
    }
    if (a.kind != b.kind) {
        *ret = false;
        return run_spend(r, 1);
    }
    if (!run_spend(r, 1) || !run_enter(r))
        return false;
    bool ok = equal_same_kind(r, a, b, ret);
    run_leave(r);
    return ok;
}

static bool compare_lists(struct run *r, const struct list *a, const struct list *b, int *ret)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        bool same;
        if (!value_equal(r, a->items[i], b->items[i], &same))
            return false;
        if (!same)
            return value_compare(r, a->items[i], b->items[i], ret);
    }
    *ret = a->n < b->n ? -1 : a->n > b->n;
    return true;
}

bool value_compare(struct run *r, struct value a, struct value b, int *ret)
{
    if (a.kind == V_UNDEFINED || b.kind == V_UNDEFINED)
        return undefined_used(r, a.kind == V_UNDEFINED ? a : b);
    if (!run_spend(r, 1))
        return false;
    if (is_number(a) && is_number(b)) {
        *ret = compare_numbers(a, b);
        return true;
    }
    if (a.kind == V_TEXT && b.kind == V_TEXT) {
        *ret = compare_texts(a.t.s, b.t.s);
        return run_spend_bytes(r, a.t.s.len < b.t.s.len ? a.t.s.len : b.t.s.len);
    }
    if (a.kind != V_LIST || b.kind != V_LIST || a.list->shape != b.list->shape)
        return run_fail(r, ERR_INVAL, "%s and %s have no order", value_type(a), value_type(b));
    if (!run_enter(r))
        return false;
    bool ok = compare_lists(r, a.list, b.list, ret);
    run_leave(r);
    return ok;
}

bool value_contains(struct run *r, struct value in, struct value what, bool *ret)
{
    const struct value *items;
    size_t n;
    bool found = false;
    if (in.kind == V_TEXT) {
        if (what.kind == V_UNDEFINED)
            return undefined_used(r, what);
        if (what.kind != V_TEXT)
            return run_fail(r, ERR_INVAL, "\"in\" a str wants a str, not %s", value_type(what));
        *ret = str_find(in.t.s, what.t.s, 0) >= 0;
        return run_spend_bytes(r, in.t.s.len + what.t.s.len);
    }
    if (in.kind == V_DICT || in.kind == V_NAMESPACE) {
        struct value v;
        if (!value_hashable(what))
            return run_fail(r, ERR_INVAL, "a %s cannot be a key", value_type(what));
        *ret = dict_get(r, in.dict, what, &v);
        return !r->failed;
    }
    if (!value_iterate(r, in, &items, &n))
        return false;
    for (size_t i = 0; i < n && !found; i++)
        if (!value_equal(r, items[i], what, &found))
            return false;
    *ret = found;
    return true;
}

/* ---- sorting: merges of growing runs, which keep the order of equals */
struct keyed {
    struct value key, item;
};

static bool merge(struct run *r, const struct keyed *from, struct keyed *to, size_t lo, size_t mid, size_t hi, bool reverse)
{
    for (size_t a = lo, b = mid, at = lo; at < hi; at++) {
        int c = 0;
        if (a < mid && b < hi && !value_compare(r, from[a].key, from[b].key, &c))
            return false;
        bool left = b >= hi || (a < mid && (reverse ? c >= 0 : c <= 0));
        to[at] = left ? from[a++] : from[b++];
    }
    return true;
}

static bool merge_all(struct run *r, struct keyed *a, struct keyed *b, size_t n, bool reverse, struct keyed **ret)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            if (!merge(r, a, b, lo, mid, hi, reverse))
                return false;
        }
        struct keyed *t = a;
        a = b;
        b = t;
    }
    *ret = a;
    return true;
}

bool value_sort(struct run *r, struct value *items, size_t n, bool reverse, sort_key *key, const void *ctx)
{
    struct keyed *a = run_alloc(r, n + 1, sizeof *a), *b = a ? run_alloc(r, n + 1, sizeof *b) : NULL, *sorted;
    if (!b)
        return false;
    for (size_t i = 0; i < n; i++) {
        a[i] = (struct keyed){items[i], items[i]};
        if (key && !key(r, ctx, items[i], &a[i].key))
            return false;
    }
    if (!merge_all(r, a, b, n, reverse, &sorted))
        return false;
    for (size_t i = 0; i < n; i++)
        items[i] = sorted[i].item;
    return true;
}
