/* Lists and dicts. */
#include "model/jinja/run.h"

enum { DICT_SMALL = 8, CONTAINER_MAX = 1 << 24 };

void *run_alloc(struct run *r, size_t n, size_t size)
{
    size_t bytes, left = r->arena.max - r->arena.used;
    bool fits = !__builtin_mul_overflow(n, size, &bytes) && bytes <= left && left - bytes >= 16; /* it rounds up */
    void *p = fits ? arena_calloc(&r->arena, n, size) : NULL;
    if (!fits)
        run_fail(r, ERR_LIMIT, "the template takes more than %zu bytes of memory", r->arena.max);
    else if (!p)
        run_fail(r, ERR_NOMEM, "out of memory");
    return p;
}

struct list *list_new(struct run *r, enum shape shape)
{
    struct list *l = run_alloc(r, 1, sizeof *l);
    if (l)
        l->shape = shape;
    return l;
}

/* A larger copy of an array, or NULL. */
static void *grown(struct run *r, const void *old, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 4;
    if (more > CONTAINER_MAX) {
        run_fail(r, ERR_LIMIT, "a list of more than %d items", CONTAINER_MAX);
        return NULL;
    }
    void *p = run_alloc(r, more, size);
    if (p && n)
        memcpy(p, old, n * size);
    if (p)
        *cap = more;
    return p;
}

bool list_push(struct run *r, struct list *l, struct value v)
{
    if (l->n == l->cap) {
        struct value *p = grown(r, l->items, l->n, &l->cap, sizeof *p);
        if (!p)
            return false;
        l->items = p;
    }
    l->items[l->n++] = v;
    return run_spend(r, 1);
}

struct dict *dict_new(struct run *r)
{
    return run_alloc(r, 1, sizeof(struct dict));
}

bool value_hashable(struct value v)
{
    bool ok = v.kind != V_DICT && (v.kind != V_LIST || v.list->shape == SHAPE_TUPLE);
    if (v.kind == V_LIST && ok)
        for (size_t i = 0; i < v.list->n && ok; i++)
            ok = v.list->items[i].kind != V_LIST && v.list->items[i].kind != V_DICT; /* tuples of plain things are enough */
    return ok;
}

/* Equal keys have equal hashes: True is 1 is 1.0. */
static uint64_t hash(struct value v)
{
    switch (v.kind) {
    case V_TEXT: return str_hash(v.t.s);
    case V_BOOL: return (uint64_t)v.b * 0x9e3779b97f4a7c15u;
    case V_INT: return (uint64_t)v.i * 0x9e3779b97f4a7c15u;
    case V_FLOAT: return v.f >= -9e18 && v.f <= 9e18 ? (uint64_t)(int64_t)v.f * 0x9e3779b97f4a7c15u : 1;
    default: return 2;
    }
}

static bool place(struct run *r, struct dict *d, size_t i)
{
    size_t at = hash(d->entries[i].key) & d->mask;
    for (; d->slots[at]; at = (at + 1) & d->mask)
        if (!run_spend(r, 1))
            return false;
    d->slots[at] = (uint32_t)i + 1;
    return true;
}

/* Small dicts have no index; the index of others is at most half full. */
static bool reindex(struct run *r, struct dict *d)
{
    d->slots = NULL;
    if (d->cap <= DICT_SMALL)
        return true;
    uint32_t *slots = run_alloc(r, d->cap * 2, sizeof *slots);
    if (!slots)
        return false;
    d->slots = slots;
    d->mask = d->cap * 2 - 1;
    for (size_t i = 0; i < d->n; i++)
        if (!place(r, d, i))
            return false;
    return true;
}

static bool same_key(struct run *r, struct value a, struct value b, bool *ret)
{
    if (a.kind == V_TEXT || b.kind == V_TEXT) {
        *ret = a.kind == b.kind && str_eq(a.t.s, b.t.s);
        return true;
    }
    return value_equal(r, a, b, ret);
}

/* The entry's place, or d->n. */
static bool find(struct run *r, const struct dict *d, struct value key, size_t *ret)
{
    bool same = false;
    size_t i = 0;
    if (!d->slots) {
        for (; i < d->n && !same; i++)
            if (!same_key(r, d->entries[i].key, key, &same))
                return false;
        *ret = same ? i - 1 : d->n;
        return true;
    }
    for (size_t at = hash(key) & d->mask; d->slots[at]; at = (at + 1) & d->mask) {
        i = d->slots[at] - 1;
        if (!run_spend(r, 1) || !same_key(r, d->entries[i].key, key, &same))
            return false;
        if (same) {
            *ret = i;
            return true;
        }
    }
    *ret = d->n;
    return true;
}

bool dict_get(struct run *r, const struct dict *d, struct value key, struct value *ret)
{
    size_t i;
    if (!value_hashable(key) || !find(r, d, key, &i) || i == d->n)
        return false;
    *ret = d->entries[i].value;
    return true;
}

bool dict_get_str(struct run *r, const struct dict *d, struct str key, struct value *ret)
{
    return dict_get(r, d, v_text(text_plain(key)), ret);
}

bool dict_put(struct run *r, struct dict *d, struct value key, struct value v)
{
    size_t i;
    if (!value_hashable(key))
        return run_fail(r, ERR_INVAL, "a %s cannot be a key", value_type(key));
    if (!run_spend(r, 1) || !find(r, d, key, &i))
        return false;
    if (i < d->n) {
        d->entries[i].value = v;
        return true;
    }
    if (d->n == d->cap) {
        struct entry *p = grown(r, d->entries, d->n, &d->cap, sizeof *p);
        if (!p)
            return false;
        d->entries = p;
        if (!reindex(r, d))
            return false;
    }
    d->entries[d->n++] = (struct entry){key, v};
    return !d->slots || place(r, d, d->n - 1);
}

bool dict_remove(struct run *r, struct dict *d, struct value key, struct value *ret)
{
    size_t i;
    if (!value_hashable(key) || !find(r, d, key, &i) || i == d->n || !run_spend(r, d->n))
        return false;
    *ret = d->entries[i].value;
    memmove(&d->entries[i], &d->entries[i + 1], (d->n - i - 1) * sizeof *d->entries);
    d->n--;
    return reindex(r, d);
}

bool dict_update(struct run *r, struct dict *d, const struct dict *from)
{
    for (size_t i = 0, n = from->n; i < n; i++)
        if (!dict_put(r, d, from->entries[i].key, from->entries[i].value))
            return false;
    return true;
}
