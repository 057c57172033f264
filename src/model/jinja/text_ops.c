/* Operations on texts that filters and methods share. Every byte of a result keeps the trust that it had. */
#include "model/jinja/lib.h"

bool lib_self_text(struct run *r, const struct call *c, struct text *ret)
{
    return value_text(r, c->self, ret);
}

bool lib_text(const struct build *b, struct value *ret)
{
    *ret = v_text(build_text(b));
    return true;
}

bool arg_int(struct run *r, struct value v, int64_t other, int64_t *ret)
{
    if (v.kind != V_MISSING && v.kind != V_INT && v.kind != V_BOOL)
        return run_fail(r, ERR_INVAL, "an integer is wanted, not %s", value_type(v));
    *ret = v.kind == V_MISSING ? other : v.kind == V_INT ? v.i : v.b;
    return true;
}

bool arg_text(struct run *r, struct value v, const char *what, struct text *ret)
{
    if (v.kind != V_TEXT)
        return run_fail(r, ERR_INVAL, "%s must be a str, not %s", what, value_type(v));
    *ret = v.t;
    return true;
}

static bool strips(struct value chars, uint32_t cp, struct str c)
{
    return chars.kind == V_TEXT ? str_find(chars.t.s, c, 0) >= 0 : unicode_is_space(cp);
}

bool text_strip(struct run *r, struct text t, struct value chars, int sides, struct value *ret)
{
    size_t from = 0, to = t.s.len, n;
    uint32_t cp;
    if (chars.kind != V_TEXT && chars.kind != V_MISSING && chars.kind != V_NONE)
        return run_fail(r, ERR_INVAL, "strip wants a str, not %s", value_type(chars));
    if (!run_spend_bytes(r, t.s.len) || (chars.kind == V_TEXT && !run_spend(r, t.s.len / 16 * (1 + chars.t.s.len / 64))))
        return false;
    for (; sides & SIDE_LEFT && from < to; from += n) {
        n = unicode_at(t.s, from, &cp);
        if (!strips(chars, cp, str_from(t.s.ptr + from, n)))
            break;
    }
    for (; sides & SIDE_RIGHT && to > from; to -= n) {
        n = unicode_before(t.s, to, &cp);
        if (!strips(chars, cp, str_from(t.s.ptr + to - n, n)))
            break;
    }
    *ret = v_text(text_cut(t, from, to - from));
    return true;
}

/* One character with the trust of the one that it was made from. */
static bool put_char(struct build *b, struct text t, size_t at, size_t n, enum unicode_case to)
{
    char dst[12];
    uint32_t cp;
    unicode_at(t.s, at, &cp);
    bool own = text_cut(t, at, n).mask == TEXT_OWN || (text_cut(t, at, n).mask != TEXT_PLAIN && text_cut(t, at, n).mask[0]);
    struct str s = str_from(dst, unicode_map(cp, to, dst));
    return own ? build_own(b, s) : build_plain(b, s);
}

bool text_change_case(struct run *r, struct text t, enum unicode_case to, struct value *ret)
{
    struct build b = build_in(r);
    bool ok = true, in_word = false;
    for (size_t at = 0, n; ok && at < t.s.len; at += n) {
        uint32_t cp;
        n = unicode_at(t.s, at, &cp);
        bool cased = unicode_is_upper(cp) || unicode_is_lower(cp);
        ok = put_char(&b, t, at, n, to != CASE_TITLE ? to : in_word ? CASE_LOWER : CASE_TITLE);
        in_word = cased;
    }
    return ok && lib_text(&b, ret);
}

bool text_capitalize(struct run *r, struct text t, struct value *ret)
{
    struct build b = build_in(r);
    bool ok = true;
    for (size_t at = 0, n; ok && at < t.s.len; at += n) {
        uint32_t cp;
        n = unicode_at(t.s, at, &cp);
        ok = put_char(&b, t, at, n, at ? CASE_LOWER : CASE_TITLE);
    }
    return ok && lib_text(&b, ret);
}

/* "" stands before, between and after all characters. */
static bool replace_nothing(struct run *r, struct text t, struct text new, int64_t count, struct value *ret)
{
    struct build b = build_in(r);
    bool ok = true;
    for (size_t at = 0, n = 0; ok; at += n) {
        uint32_t cp;
        if (count) {
            ok = build_put(&b, new);
            count -= count > 0;
        }
        if (at >= t.s.len)
            break;
        n = unicode_at(t.s, at, &cp);
        ok = ok && run_spend(r, 1) && build_put(&b, text_cut(t, at, n));
    }
    return ok && lib_text(&b, ret);
}

bool text_replace(struct run *r, struct text t, struct text old, struct text new, int64_t count, struct value *ret)
{
    struct build b = build_in(r);
    size_t at = 0;
    if (!old.s.len)
        return replace_nothing(r, t, new, count, ret);
    if (!run_spend_bytes(r, t.s.len))
        return false;
    for (; count; count -= count > 0) {
        ptrdiff_t hit = str_find(t.s, old.s, at);
        if (hit < 0)
            break;
        if (!run_spend(r, 1) || !build_put(&b, text_cut(t, at, (size_t)hit - at)) || !build_put(&b, new))
            return false;
        at = (size_t)hit + old.s.len;
    }
    return build_put(&b, text_cut(t, at, t.s.len - at)) && lib_text(&b, ret);
}

bool text_lines(struct run *r, struct text t, bool keep, struct list *out)
{
    size_t from = 0;
    if (!run_spend_bytes(r, t.s.len))
        return false;
    for (size_t at = 0, n; at < t.s.len; at += n) {
        uint32_t cp;
        n = unicode_at(t.s, at, &cp);
        if (!unicode_is_line_end(cp))
            continue;
        if (cp == '\r' && at + 1 < t.s.len && t.s.ptr[at + 1] == '\n')
            n = 2;
        if (!list_push(r, out, v_text(text_cut(t, from, at - from + (keep ? n : 0)))))
            return false;
        from = at + n;
    }
    return from >= t.s.len || list_push(r, out, v_text(text_cut(t, from, t.s.len - from)));
}

bool text_glue(struct run *r, const struct value *items, size_t n, struct text between, struct value *ret)
{
    struct build b = build_in(r);
    for (size_t i = 0; i < n; i++)
        if ((i && !build_put(&b, between)) || !run_spend(r, 1) || !print_str(&b, items[i]))
            return false;
    return lib_text(&b, ret);
}

static bool fill_up(struct build *b, struct text fill, int64_t n)
{
    for (; n > 0; n--)
        if (!build_put(b, fill))
            return false;
    return true;
}

bool text_pad(struct run *r, struct text t, int64_t width, struct text fill, int sides, struct value *ret)
{
    struct build b = build_in(r);
    int64_t gap = width - (int64_t)unicode_length(t.s);
    gap = gap < 0 ? 0 : gap;
    int64_t left = sides == SIDE_BOTH ? gap / 2 + (gap & width & 1) : sides == SIDE_LEFT ? gap : 0; /* as str.center halves it */
    return fill_up(&b, fill, left) && build_put(&b, t) && fill_up(&b, fill, gap - left) && lib_text(&b, ret);
}

bool text_all(struct text t, bool (*is)(uint32_t cp))
{
    bool all = t.s.len;
    for (size_t at = 0, n; all && at < t.s.len; at += n) {
        uint32_t cp;
        n = unicode_at(t.s, at, &cp);
        all = is(cp);
    }
    return all;
}

bool text_is_case(struct text t, bool upper)
{
    bool any = false;
    for (size_t at = 0, n; at < t.s.len; at += n) {
        uint32_t cp;
        n = unicode_at(t.s, at, &cp);
        if (upper ? unicode_is_lower(cp) : unicode_is_upper(cp))
            return false;
        any |= upper ? unicode_is_upper(cp) : unicode_is_lower(cp);
    }
    return any;
}
