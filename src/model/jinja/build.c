/* Text that grows with its trust. As long as all bytes have the same there is no mask. */
#include "model/jinja/run.h"

const uint8_t text_own_mask[1] = {1};

static bool masked(struct text t)
{
    return t.mask != TEXT_PLAIN && t.mask != TEXT_OWN;
}

static bool grow(struct build *b, size_t len)
{
    if (len <= b->cap)
        return true;
    if (len > b->r->limits->output_max)
        return run_fail(b->r, ERR_LIMIT, "a text of more than %zu bytes", b->r->limits->output_max);
    size_t cap = b->cap ? b->cap * 2 : 64;
    cap = cap < len ? len : cap;
    char *p = run_alloc(b->r, cap, 1);
    uint8_t *mask = b->mask && p ? run_alloc(b->r, cap, 1) : NULL;
    if (!p || (b->mask && !mask))
        return false;
    if (b->len)
        memcpy(p, b->ptr, b->len);
    if (mask)
        memcpy(mask, b->mask, b->len);
    b->ptr = p;
    b->mask = mask;
    b->cap = cap;
    return true;
}

/* From now on each byte has its own. */
static bool mix(struct build *b)
{
    if (b->mask)
        return true;
    b->mask = run_alloc(b->r, b->cap, 1);
    if (!b->mask)
        return false;
    memset(b->mask, b->own, b->len);
    return true;
}

bool build_put(struct build *b, struct text t)
{
    if (!t.s.len)
        return true;
    bool own = t.mask == TEXT_OWN;
    if (!run_spend_bytes(b->r, t.s.len) || !grow(b, b->len + t.s.len))
        return false;
    if ((masked(t) || (b->len && own != b->own)) && !mix(b))
        return false;
    if (!b->len)
        b->own = own;
    memcpy(b->ptr + b->len, t.s.ptr, t.s.len);
    if (b->mask && masked(t))
        memcpy(b->mask + b->len, t.mask, t.s.len);
    else if (b->mask)
        memset(b->mask + b->len, own, t.s.len);
    b->len += t.s.len;
    return true;
}

struct text build_text(const struct build *b)
{
    return (struct text){{b->len ? b->ptr : "", b->len}, b->mask ? b->mask : b->own && b->len ? TEXT_OWN : TEXT_PLAIN};
}

bool text_join(struct run *r, struct text a, struct text b, struct value *ret)
{
    struct build out = build_in(r);
    if (!grow(&out, a.s.len + b.s.len) || !build_put(&out, a) || !build_put(&out, b))
        return false;
    *ret = v_text(build_text(&out));
    return true;
}
