/* str's methods: looking, cutting, joining. */
#include "model/jinja/lib.h"
#include "model/jinja/method.h"

static bool m_upper(struct run *r, const struct call *c, struct value *ret)
{
    return text_change_case(r, c->self.t, CASE_UPPER, ret);
}

static bool m_lower(struct run *r, const struct call *c, struct value *ret)
{
    return text_change_case(r, c->self.t, CASE_LOWER, ret);
}

static bool m_title(struct run *r, const struct call *c, struct value *ret)
{
    return text_change_case(r, c->self.t, CASE_TITLE, ret);
}

static bool m_capitalize(struct run *r, const struct call *c, struct value *ret)
{
    return text_capitalize(r, c->self.t, ret);
}

static bool m_strip(struct run *r, const struct call *c, struct value *ret)
{
    return text_strip(r, c->self.t, c->a[0], SIDE_BOTH, ret);
}

static bool m_lstrip(struct run *r, const struct call *c, struct value *ret)
{
    return text_strip(r, c->self.t, c->a[0], SIDE_LEFT, ret);
}

static bool m_rstrip(struct run *r, const struct call *c, struct value *ret)
{
    return text_strip(r, c->self.t, c->a[0], SIDE_RIGHT, ret);
}

static bool m_replace(struct run *r, const struct call *c, struct value *ret)
{
    struct text old, new;
    int64_t count;
    return arg_text(r, c->a[0], "replace: what is replaced", &old) && arg_text(r, c->a[1], "replace: the new text", &new) &&
           arg_int(r, c->a[2], -1, &count) && text_replace(r, c->self.t, old, new, count, ret);
}

static bool m_join(struct run *r, const struct call *c, struct value *ret)
{
    const struct value *items;
    size_t n;
    if (!value_iterate(r, c->a[0], &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (items[i].kind != V_TEXT)
            return run_fail(r, ERR_INVAL, "join wants texts, not %s", value_type(items[i]));
    return text_glue(r, items, n, c->self.t, ret);
}

static bool m_splitlines(struct run *r, const struct call *c, struct value *ret)
{
    struct list *l = list_new(r, SHAPE_LIST);
    if (!l || !text_lines(r, c->self.t, arg_true(c->a[0]), l))
        return false;
    *ret = v_list(l);
    return true;
}

static bool three(struct run *r, struct text a, struct text b, struct text c, struct value *ret)
{
    struct list *l = list_new(r, SHAPE_TUPLE);
    *ret = v_list(l);
    return l && list_push(r, l, v_text(a)) && list_push(r, l, v_text(b)) && list_push(r, l, v_text(c));
}

static ptrdiff_t find_last(struct str s, struct str needle)
{
    for (size_t at = s.len >= needle.len ? s.len - needle.len + 1 : 0; at-- > 0;)
        if (!memcmp(s.ptr + at, needle.ptr, needle.len))
            return (ptrdiff_t)at;
    return -1;
}

static bool partition(struct run *r, const struct call *c, bool last, struct value *ret)
{
    struct text t = c->self.t, sep, none = text_cut(t, 0, 0);
    if (!arg_text(r, c->a[0], "the separator", &sep))
        return false;
    if (!sep.s.len)
        return run_fail(r, ERR_INVAL, "an empty separator");
    if (!run_spend(r, 1 + (last ? t.s.len / 64 * (1 + sep.s.len / 64) + t.s.len / 16 : t.s.len / 64)))
        return false;
    ptrdiff_t at = last ? find_last(t.s, sep.s) : str_find(t.s, sep.s, 0);
    if (at < 0)
        return last ? three(r, none, none, t, ret) : three(r, t, none, none, ret);
    size_t n = (size_t)at, after = n + sep.s.len;
    return three(r, text_cut(t, 0, n), sep, text_cut(t, after, t.s.len - after), ret);
}

static bool m_partition(struct run *r, const struct call *c, struct value *ret)
{
    return partition(r, c, false, ret);
}

static bool m_rpartition(struct run *r, const struct call *c, struct value *ret)
{
    return partition(r, c, true, ret);
}

static bool m_removeprefix(struct run *r, const struct call *c, struct value *ret)
{
    struct text t = c->self.t, head;
    if (!arg_text(r, c->a[0], "the prefix", &head))
        return false;
    size_t n = str_starts(t.s, head.s) ? head.s.len : 0;
    *ret = v_text(text_cut(t, n, t.s.len - n));
    return true;
}

static bool m_removesuffix(struct run *r, const struct call *c, struct value *ret)
{
    struct text t = c->self.t, tail;
    if (!arg_text(r, c->a[0], "the suffix", &tail))
        return false;
    *ret = v_text(text_cut(t, 0, t.s.len - (str_ends(t.s, tail.s) ? tail.s.len : 0)));
    return true;
}

static bool pad(struct run *r, const struct call *c, int sides, struct value *ret)
{
    struct text fill = text_plain(STR(" "));
    int64_t width;
    if (!arg_int(r, c->a[0], 0, &width) || (arg_given(c->a[1]) && !arg_text(r, c->a[1], "the fill character", &fill)))
        return false;
    if (unicode_length(fill.s) != 1)
        return run_fail(r, ERR_INVAL, "the fill character must be one character");
    return text_pad(r, c->self.t, width, fill, sides, ret);
}

static bool m_ljust(struct run *r, const struct call *c, struct value *ret)
{
    return pad(r, c, SIDE_RIGHT, ret);
}

static bool m_rjust(struct run *r, const struct call *c, struct value *ret)
{
    return pad(r, c, SIDE_LEFT, ret);
}

static bool m_center(struct run *r, const struct call *c, struct value *ret)
{
    return pad(r, c, SIDE_BOTH, ret);
}

static bool m_zfill(struct run *r, const struct call *c, struct value *ret)
{
    struct text t = c->self.t;
    int64_t width;
    struct value rest, all;
    bool sign = t.s.len && (t.s.ptr[0] == '-' || t.s.ptr[0] == '+');
    if (!arg_int(r, c->a[0], 0, &width) ||
        !text_pad(r, text_cut(t, sign, t.s.len - sign), width > sign ? width - sign : 0, text_plain(STR("0")), SIDE_LEFT, &rest) ||
        !text_join(r, text_cut(t, 0, sign), rest.t, &all))
        return false;
    *ret = all;
    return true;
}

static bool m_swapcase(struct run *r, const struct call *c, struct value *ret)
{
    struct build b = build_in(r);
    const struct value *items;
    size_t n;
    if (!value_iterate(r, c->self, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value v;
        bool upper = text_is_case(items[i].t, true);
        if (!text_change_case(r, items[i].t, upper ? CASE_LOWER : CASE_UPPER, &v) || !build_put(&b, v.t))
            return false;
    }
    return lib_text(&b, ret);
}

const struct native text_methods[] = {
    {"capitalize", m_capitalize, NULL, 0},
    {"casefold", m_lower, NULL, 0},
    {"center", m_center, "width fillchar", 1},
    {"count", method_count, "sub start end", 1},
    {"endswith", method_endswith, "suffix start end", 1},
    {"find", method_find, "sub start end", 1},
    {"format", method_format, "*", 0},
    {"index", method_index, "sub start end", 1},
    {"isalnum", method_isalnum, NULL, 0},
    {"isalpha", method_isalpha, NULL, 0},
    {"isascii", method_isascii, NULL, 0},
    {"isdecimal", method_isdigit, NULL, 0},
    {"isdigit", method_isdigit, NULL, 0},
    {"islower", method_islower, NULL, 0},
    {"isnumeric", method_isdigit, NULL, 0},
    {"isspace", method_isspace, NULL, 0},
    {"isupper", method_isupper, NULL, 0},
    {"join", m_join, "iterable", 1},
    {"ljust", m_ljust, "width fillchar", 1},
    {"lower", m_lower, NULL, 0},
    {"lstrip", m_lstrip, "chars", 0},
    {"partition", m_partition, "sep", 1},
    {"removeprefix", m_removeprefix, "prefix", 1},
    {"removesuffix", m_removesuffix, "suffix", 1},
    {"replace", m_replace, "old new count", 2},
    {"rfind", method_rfind, "sub start end", 1},
    {"rindex", method_rindex, "sub start end", 1},
    {"rjust", m_rjust, "width fillchar", 1},
    {"rpartition", m_rpartition, "sep", 1},
    {"rsplit", method_rsplit, "sep maxsplit", 0},
    {"rstrip", m_rstrip, "chars", 0},
    {"split", method_split, "sep maxsplit", 0},
    {"splitlines", m_splitlines, "keepends", 0},
    {"startswith", method_startswith, "prefix start end", 1},
    {"strip", m_strip, "chars", 0},
    {"swapcase", m_swapcase, NULL, 0},
    {"title", m_title, NULL, 0},
    {"upper", m_upper, NULL, 0},
    {"zfill", m_zfill, "width", 1},
    {0},
};
