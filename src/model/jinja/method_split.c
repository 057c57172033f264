/* str.split and rsplit: at a separator, or at white space, which also drops empty parts. */
#include "model/jinja/method.h"

static bool push(struct run *r, struct list *l, struct text t, size_t from, size_t to)
{
    return list_push(r, l, v_text(text_cut(t, from, to - from)));
}

static bool split_at(struct run *r, struct text t, struct str sep, int64_t most, struct list *l)
{
    size_t from = 0;
    for (; most; most -= most > 0) {
        ptrdiff_t hit = str_find(t.s, sep, from);
        if (hit < 0)
            break;
        if (!push(r, l, t, from, (size_t)hit))
            return false;
        from = (size_t)hit + sep.len;
    }
    return push(r, l, t, from, t.s.len);
}

static bool split_space(struct run *r, struct text t, int64_t most, struct list *l)
{
    size_t at = unicode_space_prefix(t.s);
    while (at < t.s.len) {
        size_t end = at, n;
        uint32_t cp;
        if (!most)
            return push(r, l, t, at, t.s.len);
        for (; end < t.s.len; end += n) {
            n = unicode_at(t.s, end, &cp);
            if (unicode_is_space(cp))
                break;
        }
        if (!push(r, l, t, at, end))
            return false;
        at = end + unicode_space_prefix(str_skip(t.s, end));
        most -= most > 0;
    }
    return true;
}

/* From the end; parts come in reverse and are turned round. */
static bool rsplit_at(struct run *r, struct text t, struct str sep, int64_t most, struct list *l)
{
    size_t to = t.s.len;
    for (size_t at = t.s.len; most && at >= sep.len; at--) {
        if (memcmp(t.s.ptr + at - sep.len, sep.ptr, sep.len) != 0 || at > to)
            continue;
        if (!push(r, l, t, at, to))
            return false;
        to = at - sep.len;
        most -= most > 0;
    }
    return push(r, l, t, 0, to);
}

static bool rsplit_space(struct run *r, struct text t, int64_t most, struct list *l)
{
    size_t end = t.s.len - unicode_space_suffix(t.s);
    while (end) {
        size_t at = end, n;
        uint32_t cp;
        if (!most)
            return push(r, l, t, 0, end);
        for (; at; at -= n) {
            n = unicode_before(t.s, at, &cp);
            if (unicode_is_space(cp))
                break;
        }
        if (!push(r, l, t, at, end))
            return false;
        end = at - unicode_space_suffix(str_head(t.s, at));
        most -= most > 0;
    }
    return true;
}

static void turn_round(struct list *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        struct value v = l->items[i];
        l->items[i] = l->items[l->n - 1 - i];
        l->items[l->n - 1 - i] = v;
    }
}

static bool split(struct run *r, const struct call *c, bool right, struct value *ret)
{
    struct text t = c->self.t, sep = {0};
    int64_t most;
    bool blank = !arg_given(c->a[0]) || c->a[0].kind == V_NONE;
    struct list *l = list_new(r, SHAPE_LIST);
    if (!l || !arg_int(r, c->a[1], -1, &most) || (!blank && !arg_text(r, c->a[0], "split: the separator", &sep)))
        return false;
    if (!blank && !sep.s.len)
        return run_fail(r, ERR_INVAL, "split: an empty separator");
    if (!run_spend(r, 1 + t.s.len / 64 + (right ? t.s.len / 16 * (1 + sep.s.len / 64) : 0)))
        return false;
    bool ok = right ? (blank ? rsplit_space(r, t, most, l) : rsplit_at(r, t, sep.s, most, l))
                    : (blank ? split_space(r, t, most, l) : split_at(r, t, sep.s, most, l));
    if (right)
        turn_round(l);
    *ret = v_list(l);
    return ok;
}

bool method_split(struct run *r, const struct call *c, struct value *ret)
{
    return split(r, c, false, ret);
}

bool method_rsplit(struct run *r, const struct call *c, struct value *ret)
{
    return split(r, c, true, ret);
}
