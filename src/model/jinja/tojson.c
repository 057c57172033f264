/* tojson as transformers defines it: Python's json.dumps, without the escapes for HTML that Jinja's own has. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/utf8.h"
#include "model/jinja/run.h"
#include "model/jinja/unicode.h"

struct writer {
    struct build *b;
    const struct json_style *style;
    unsigned level;
};

static bool put(struct writer *w, const char *c)
{
    return build_plain(w->b, str_of(c));
}

/* Nothing of it is trusted, wherever it came from. */
static bool put_str(struct writer *w, struct str s)
{
    return build_plain(w->b, s);
}

static bool break_line(struct writer *w)
{
    bool ok = !w->style->pretty || put(w, "\n");
    for (unsigned i = 0; ok && w->style->pretty && i < w->level; i++)
        ok = put_str(w, w->style->indent.s);
    return ok;
}

/* The escape of a character, or "". */
static void escape(uint32_t cp, bool ascii, char dst[16])
{
    static const char from[] = "\"\\\n\r\t\f\b", to[] = "\"\\nrtfb";
    const char *at = cp && cp < 0x80 ? strchr(from, (int)cp) : NULL;
    dst[0] = '\0';
    if (at)
        snprintf(dst, 16, "\\%c", to[at - from]);
    else if (cp < 0x20 || (ascii && cp >= 0x80 && cp < 0x10000))
        snprintf(dst, 16, "\\u%04x", cp);
    else if (ascii && cp >= 0x10000)
        snprintf(dst, 16, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10), 0xdc00 + ((cp - 0x10000) & 0x3ff));
}

static bool put_quoted(struct writer *w, struct str s)
{
    bool ok = put(w, "\"") && run_spend_bytes(w->b->r, s.len);
    size_t from = 0, n;
    for (size_t at = 0; ok && at < s.len; at += n) {
        uint32_t cp;
        char text[16];
        n = unicode_at(s, at, &cp);
        escape(cp, w->style->ascii, text);
        if (!text[0])
            continue;
        ok = put_str(w, str_from(s.ptr + from, at - from)) && put(w, text);
        from = at + n;
    }
    return ok && put_str(w, str_skip(s, from)) && put(w, "\"");
}

static bool put_float(struct writer *w, double f)
{
    char text[NUMBER_BYTES_MAX];
    if (isnan(f) || isinf(f))
        return put(w, isnan(f) ? "NaN" : f < 0 ? "-Infinity" : "Infinity");
    return put_str(w, number_repr(f, text));
}

static bool put_value(struct writer *w, struct value v);

static bool put_list(struct writer *w, const struct list *l)
{
    bool ok = put(w, "[");
    w->level++;
    for (size_t i = l->at; ok && i < l->n; i++)
        ok = (i == l->at || put_str(w, w->style->comma.s)) && break_line(w) && put_value(w, l->items[i]);
    w->level--;
    return ok && (l->n == l->at || break_line(w)) && put(w, "]");
}

static bool put_key(struct writer *w, struct value key)
{
    if (key.kind == V_TEXT)
        return put_quoted(w, key.t.s);
    if (key.kind != V_INT && key.kind != V_FLOAT && key.kind != V_BOOL && key.kind != V_NONE)
        return run_fail(w->b->r, ERR_INVAL, "tojson: a %s cannot be a key", value_type(key));
    return put(w, "\"") && put_value(w, key) && put(w, "\"");
}

static bool by_key(struct run *r, const void *ctx, struct value v, struct value *ret)
{
    (void)r, (void)ctx;
    *ret = v.list->items[0];
    return true;
}

/* The entries in the order of their keys. */
static bool sorted_entries(struct run *r, const struct dict *d, struct entry *entries)
{
    struct value *pairs = run_alloc(r, d->n + 1, sizeof *pairs);
    for (size_t i = 0; pairs && i < d->n; i++) {
        struct list *l = list_new(r, SHAPE_TUPLE);
        if (!l || !list_push(r, l, d->entries[i].key) || !list_push(r, l, d->entries[i].value))
            return false;
        pairs[i] = v_list(l);
    }
    if (!pairs || !value_sort(r, pairs, d->n, false, by_key, NULL))
        return false;
    for (size_t i = 0; i < d->n; i++)
        entries[i] = (struct entry){pairs[i].list->items[0], pairs[i].list->items[1]};
    return true;
}

static bool put_dict(struct writer *w, const struct dict *d)
{
    const struct entry *entries = d->entries;
    if (w->style->sorted) {
        struct entry *sorted = run_alloc(w->b->r, d->n + 1, sizeof *sorted);
        if (!sorted || !sorted_entries(w->b->r, d, sorted))
            return false;
        entries = sorted;
    }
    bool ok = put(w, "{");
    w->level++;
    for (size_t i = 0; ok && i < d->n; i++)
        ok = (!i || put_str(w, w->style->comma.s)) && break_line(w) && put_key(w, entries[i].key) && put_str(w, w->style->colon.s) &&
             put_value(w, entries[i].value);
    w->level--;
    return ok && (!d->n || break_line(w)) && put(w, "}");
}

static bool put_any(struct writer *w, struct value v)
{
    char text[32];
    switch (v.kind) {
    case V_NONE: return put(w, "null");
    case V_BOOL: return put(w, v.b ? "true" : "false");
    case V_INT: snprintf(text, sizeof text, "%" PRIi64, v.i); return put(w, text);
    case V_FLOAT: return put_float(w, v.f);
    case V_TEXT: return put_quoted(w, v.t.s);
    case V_LIST: return put_list(w, v.list);
    case V_DICT: return put_dict(w, v.dict);
    case V_UNDEFINED: return undefined_used(w->b->r, v);
    default: return run_fail(w->b->r, ERR_INVAL, "tojson: a %s is not JSON", value_type(v));
    }
}

static bool put_value(struct writer *w, struct value v)
{
    if (!run_spend(w->b->r, 1) || !run_enter(w->b->r))
        return false;
    bool ok = put_any(w, v);
    run_leave(w->b->r);
    return ok;
}

bool print_json(struct build *b, struct value v, const struct json_style *style)
{
    struct writer w = {.b = b, .style = style};
    return put_value(&w, v);
}
