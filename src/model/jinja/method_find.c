/* str's methods that answer with a position, a number or a truth. */
#include "model/jinja/method.h"

/* The part of the text that start and end (in characters) leave; *ret_from is its first character's position. */
static bool window(struct run *r, const struct call *c, struct text *ret, int64_t *ret_from)
{
    struct value bound[3] = {arg_given(c->a[1]) ? c->a[1] : v_none(), arg_given(c->a[2]) ? c->a[2] : v_none(), v_none()}, v;
    int64_t n = (int64_t)unicode_length(c->self.t.s), from = bound[0].kind == V_INT ? bound[0].i : 0;
    if (!run_spend_bytes(r, c->self.t.s.len) || !value_slice(r, c->self, bound, &v))
        return false;
    *ret = v.t;
    *ret_from = from < 0 ? (from < -n ? 0 : from + n) : from > n ? n : from;
    return true;
}

static bool ends_with(struct text t, struct text part, bool at_end)
{
    return at_end ? str_ends(t.s, part.s) : str_starts(t.s, part.s);
}

/* One text, or a tuple of which any will do. */
static bool touches(struct run *r, const struct call *c, bool at_end, struct value *ret)
{
    struct text t, part;
    int64_t from;
    bool found = false;
    if (!window(r, c, &t, &from))
        return false;
    if (c->a[0].kind == V_LIST && c->a[0].list->shape == SHAPE_TUPLE) {
        for (size_t i = 0; i < c->a[0].list->n && !found; i++) {
            if (!run_spend(r, 1) || !arg_text(r, c->a[0].list->items[i], "what is looked for", &part))
                return false;
            found = ends_with(t, part, at_end);
        }
    } else if (!arg_text(r, c->a[0], "what is looked for", &part)) {
        return false;
    } else {
        found = ends_with(t, part, at_end);
    }
    *ret = v_bool(found);
    return true;
}

bool method_startswith(struct run *r, const struct call *c, struct value *ret)
{
    return touches(r, c, false, ret);
}

bool method_endswith(struct run *r, const struct call *c, struct value *ret)
{
    return touches(r, c, true, ret);
}

static ptrdiff_t search(struct str s, struct str part, bool last)
{
    ptrdiff_t hit = str_find(s, part, 0), next = hit;
    while (last && next >= 0) {
        hit = next;
        next = (size_t)hit + 1 <= s.len ? str_find(s, part, (size_t)hit + 1) : -1;
    }
    return hit;
}

static bool find(struct run *r, const struct call *c, bool last, bool must, struct value *ret)
{
    struct text t, part;
    int64_t from;
    if (!window(r, c, &t, &from) || !arg_text(r, c->a[0], "what is looked for", &part) || !run_spend(r, last ? t.s.len / 4 : 1))
        return false;
    ptrdiff_t hit = search(t.s, part.s, last);
    if (hit < 0 && must)
        return run_fail(r, ERR_INVAL, "index: the text is not there");
    *ret = v_int(hit < 0 ? -1 : from + (int64_t)unicode_length(str_head(t.s, (size_t)hit)));
    return true;
}

bool method_find(struct run *r, const struct call *c, struct value *ret)
{
    return find(r, c, false, false, ret);
}

bool method_rfind(struct run *r, const struct call *c, struct value *ret)
{
    return find(r, c, true, false, ret);
}

bool method_index(struct run *r, const struct call *c, struct value *ret)
{
    return find(r, c, false, true, ret);
}

bool method_rindex(struct run *r, const struct call *c, struct value *ret)
{
    return find(r, c, true, true, ret);
}

bool method_count(struct run *r, const struct call *c, struct value *ret)
{
    struct text t, part;
    int64_t from, n = 0;
    if (!window(r, c, &t, &from) || !arg_text(r, c->a[0], "what is counted", &part))
        return false;
    if (!part.s.len)
        n = (int64_t)unicode_length(t.s) + 1;
    else
        for (ptrdiff_t at = 0; (at = str_find(t.s, part.s, (size_t)at)) >= 0; at += (ptrdiff_t)part.s.len, n++)
            if (!run_spend(r, 1))
                return false;
    *ret = v_int(n);
    return true;
}

static bool is_alnum(uint32_t cp)
{
    return unicode_is_alpha(cp) || unicode_is_digit(cp);
}

static bool is_ascii(uint32_t cp)
{
    return cp < 0x80;
}

static bool all(struct run *r, const struct call *c, bool (*is)(uint32_t cp), struct value *ret)
{
    *ret = v_bool(text_all(c->self.t, is));
    return run_spend_bytes(r, c->self.t.s.len);
}

bool method_isalnum(struct run *r, const struct call *c, struct value *ret)
{
    return all(r, c, is_alnum, ret);
}

bool method_isalpha(struct run *r, const struct call *c, struct value *ret)
{
    return all(r, c, unicode_is_alpha, ret);
}

bool method_isdigit(struct run *r, const struct call *c, struct value *ret)
{
    return all(r, c, unicode_is_digit, ret);
}

bool method_isspace(struct run *r, const struct call *c, struct value *ret)
{
    return all(r, c, unicode_is_space, ret);
}

bool method_isascii(struct run *r, const struct call *c, struct value *ret)
{
    *ret = v_bool(!c->self.t.s.len || text_all(c->self.t, is_ascii));
    return run_spend_bytes(r, c->self.t.s.len);
}

bool method_islower(struct run *r, const struct call *c, struct value *ret)
{
    *ret = v_bool(text_is_case(c->self.t, false));
    return run_spend_bytes(r, c->self.t.s.len);
}

bool method_isupper(struct run *r, const struct call *c, struct value *ret)
{
    *ret = v_bool(text_is_case(c->self.t, true));
    return run_spend_bytes(r, c->self.t.s.len);
}
