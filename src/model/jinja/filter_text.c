/* Filters that make texts. */
#include "model/jinja/lib.h"

bool filter_upper(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    return lib_self_text(r, c, &t) && text_change_case(r, t, CASE_UPPER, ret);
}

bool filter_lower(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    return lib_self_text(r, c, &t) && text_change_case(r, t, CASE_LOWER, ret);
}

bool filter_capitalize(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    return lib_self_text(r, c, &t) && text_capitalize(r, t, ret);
}

/* A word begins after white space, "-" or an opening bracket, which is not what str.title() does. */
bool filter_title(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    struct build b = build_in(r);
    bool ok = lib_self_text(r, c, &t), begins = true;
    size_t from = 0;
    for (size_t at = 0, n; ok && at <= t.s.len; at += n) {
        uint32_t cp = ' ';
        n = at < t.s.len ? unicode_at(t.s, at, &cp) : 1;
        bool gap = unicode_is_space(cp) || cp == '-' || cp == '(' || cp == '{' || cp == '[' || cp == '<';
        if (!gap) {
            from = begins ? at : from;
            begins = false;
            continue;
        }
        struct value word;
        if (!begins)
            ok = text_capitalize(r, text_cut(t, from, at - from), &word) && build_put(&b, word.t);
        ok = ok && (at >= t.s.len || build_put(&b, text_cut(t, at, n)));
        begins = true;
    }
    return ok && lib_text(&b, ret);
}

bool filter_trim(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    return lib_self_text(r, c, &t) && text_strip(r, t, c->a[0], SIDE_BOTH, ret);
}

bool filter_string(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    if (!lib_self_text(r, c, &t))
        return false;
    *ret = v_text(t);
    return true;
}

/* There is no automatic escaping that it could turn off. */
bool filter_safe(struct run *r, const struct call *c, struct value *ret)
{
    return filter_string(r, c, ret);
}

bool filter_replace(struct run *r, const struct call *c, struct value *ret)
{
    struct text t, old, new;
    int64_t count;
    struct value n = c->a[2].kind == V_NONE ? (struct value){.kind = V_MISSING} : c->a[2];
    return lib_self_text(r, c, &t) && value_text(r, c->a[0], &old) && value_text(r, c->a[1], &new) && arg_int(r, n, -1, &count) &&
           text_replace(r, t, old, new, count, ret);
}

bool filter_center(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    int64_t width;
    return lib_self_text(r, c, &t) && arg_int(r, c->a[0], 80, &width) && text_pad(r, t, width, text_plain(STR(" ")), SIDE_BOTH, ret);
}

bool filter_escape(struct run *r, const struct call *c, struct value *ret)
{
    static const struct entity {
        char c;
        const char *text;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}};
    struct text t;
    struct build b = build_in(r);
    bool ok = lib_self_text(r, c, &t);
    for (size_t at = 0; ok && at < t.s.len; at++) {
        const char *text = NULL;
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            text = t.s.ptr[at] == entities[i].c ? entities[i].text : text;
        ok = text ? build_plain(&b, str_of(text)) : build_put(&b, text_cut(t, at, 1));
    }
    return ok && lib_text(&b, ret);
}

bool filter_urlencode(struct run *r, const struct call *c, struct value *ret)
{
    static const char hex[] = "0123456789ABCDEF", safe[] = "-_.~/";
    struct text t;
    struct build b = build_in(r);
    bool ok = lib_self_text(r, c, &t);
    for (size_t at = 0; ok && at < t.s.len; at++) {
        uint8_t x = (uint8_t)t.s.ptr[at];
        bool plain = (x >= '0' && x <= '9') || (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x && x < 0x80 && strchr(safe, x));
        char code[3] = {'%', hex[x >> 4], hex[x & 15]};
        ok = plain ? build_put(&b, text_cut(t, at, 1)) : build_plain(&b, str_from(code, 3));
    }
    return ok && lib_text(&b, ret);
}

/* Lines after the first (or all, when `first`) get the width in spaces, or a text; empty ones only when `blank`. */
static bool indent_lines(struct build *b, const struct list *lines, struct text by, bool first, bool blank)
{
    for (size_t i = 0; i < lines->n; i++) {
        struct text line = lines->items[i].t;
        bool wanted = i ? blank || line.s.len : first;
        if ((i && !build_plain(b, STR("\n"))) || (wanted && !build_put(b, by)) || !build_put(b, line))
            return false;
    }
    return true;
}

bool filter_indent(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    struct value by = c->a[0], whole;
    struct build b = build_in(r);
    struct list *lines = list_new(r, SHAPE_LIST);
    int64_t width = 4;
    if (!lines || !lib_self_text(r, c, &t) || !text_join(r, t, text_plain(STR("\n")), &whole) || !text_lines(r, whole.t, false, lines))
        return false;
    if (by.kind != V_TEXT && (!arg_int(r, by, 4, &width) || !text_pad(r, text_plain(STR("")), width, text_plain(STR(" ")), SIDE_LEFT, &by)))
        return false;
    return indent_lines(&b, lines, by.t, arg_true(c->a[1]), arg_true(c->a[2])) && lib_text(&b, ret);
}

bool filter_format(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    struct build b = build_in(r);
    struct list *pos = list_new(r, SHAPE_TUPLE);
    struct dict *named = dict_new(r);
    if (!pos || !named || !lib_self_text(r, c, &t))
        return false;
    for (size_t i = 0; i < c->raw->n; i++)
        if (!list_push(r, pos, c->raw->pos[i]))
            return false;
    for (size_t i = 0; i < c->raw->n_kw; i++)
        if (!dict_put(r, named, c->raw->kw[i].key, c->raw->kw[i].value))
            return false;
    return print_percent(&b, t, named->n ? v_dict(named) : v_list(pos)) && lib_text(&b, ret);
}

static size_t cut_at(struct str s, int64_t characters)
{
    size_t at = 0;
    uint32_t cp;
    for (; characters > 0 && at < s.len; characters--)
        at += unicode_at(s, at, &cp);
    return at;
}

bool filter_truncate(struct run *r, const struct call *c, struct value *ret)
{
    struct text t, end = text_plain(STR("..."));
    int64_t length, leeway;
    struct build b = build_in(r);
    if (!lib_self_text(r, c, &t) || !arg_int(r, c->a[0], 255, &length) || !arg_int(r, c->a[3], 5, &leeway) ||
        (arg_given(c->a[2]) && !value_text(r, c->a[2], &end)) || !run_spend_bytes(r, t.s.len))
        return false;
    int64_t n = (int64_t)unicode_length(t.s), n_end = (int64_t)unicode_length(end.s);
    if (length < n_end || leeway < 0)
        return run_fail(r, ERR_INVAL, "truncate wants a length of at least that of its end, and no negative leeway");
    *ret = v_text(t);
    if (n - leeway <= length)
        return true;
    struct text head = text_cut(t, 0, cut_at(t.s, length - n_end));
    ptrdiff_t space = arg_true(c->a[1]) ? -1 : str_rchr(head.s, ' ');
    if (space >= 0)
        head = text_cut(head, 0, (size_t)space);
    return build_put(&b, head) && build_put(&b, end) && lib_text(&b, ret);
}

bool filter_wordcount(struct run *r, const struct call *c, struct value *ret)
{
    struct text t;
    int64_t n = 0;
    bool in = false;
    if (!lib_self_text(r, c, &t) || !run_spend_bytes(r, t.s.len))
        return false;
    for (size_t at = 0, len; at < t.s.len; at += len) {
        uint32_t cp;
        len = unicode_at(t.s, at, &cp);
        bool word = unicode_is_alpha(cp) || unicode_is_digit(cp) || cp == '_';
        n += word && !in;
        in = word;
    }
    *ret = v_int(n);
    return true;
}

/* ---- tojson */
static bool json_separators(struct run *r, struct value v, struct json_style *s)
{
    const struct value *items;
    size_t n;
    if (!arg_given(v) || v.kind == V_NONE)
        return true;
    if (!value_iterate(r, v, &items, &n))
        return false;
    if (n != 2)
        return run_fail(r, ERR_INVAL, "tojson: separators are two texts");
    return arg_text(r, items[0], "a separator", &s->comma) && arg_text(r, items[1], "a separator", &s->colon);
}

bool filter_tojson(struct run *r, const struct call *c, struct value *ret)
{
    struct value by = c->a[1];
    struct build b = build_in(r);
    int64_t width = 0;
    bool pretty = arg_given(by) && by.kind != V_NONE;
    struct json_style s = {.pretty = pretty,
                           .comma = text_plain(pretty ? STR(",") : STR(", ")),
                           .colon = text_plain(STR(": ")),
                           .ascii = arg_true(c->a[0]),
                           .sorted = arg_true(c->a[3])};
    if (pretty && by.kind != V_TEXT &&
        (!arg_int(r, by, 0, &width) || !text_pad(r, text_plain(STR("")), width, text_plain(STR(" ")), SIDE_LEFT, &by)))
        return false;
    if (pretty)
        s.indent = by.t;
    return json_separators(r, c->a[2], &s) && print_json(&b, c->self, &s) && lib_text(&b, ret);
}
