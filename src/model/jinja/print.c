/* str() and repr(). What is printed of values is as trusted as they are; brackets, quotes and numbers are not, since
 * only the template's own text may become a special token. */
#include <inttypes.h>
#include <stdio.h>

#include "model/jinja/run.h"
#include "model/jinja/unicode.h"

static bool put(struct build *b, const char *c)
{
    return build_plain(b, str_of(c));
}

static bool repr_text(struct build *b, struct text t)
{
    bool single = str_chr(t.s, '\'') >= 0 && str_chr(t.s, '"') < 0; /* a quote within wants the other kind */
    const char *quote = single ? "\"" : "'";
    bool ok = put(b, quote);
    size_t from = 0;
    for (size_t i = 0; i < t.s.len && ok; i++) {
        uint8_t c = (uint8_t)t.s.ptr[i];
        char escape[8] = "";
        if (c == '\\' || c == (uint8_t)*quote)
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            snprintf(escape, sizeof escape, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7f)
            snprintf(escape, sizeof escape, "\\x%02x", c);
        if (!escape[0])
            continue;
        ok = build_put(b, text_cut(t, from, i - from)) && put(b, escape);
        from = i + 1;
    }
    return ok && build_put(b, text_cut(t, from, t.s.len - from)) && put(b, quote);
}

static bool repr_list(struct build *b, const struct list *l)
{
    bool tuple = l->shape == SHAPE_TUPLE, ok = put(b, tuple ? "(" : "[");
    for (size_t i = l->at; ok && i < l->n; i++)
        ok = (i == l->at || put(b, ", ")) && print_repr(b, l->items[i]);
    return ok && put(b, !tuple ? "]" : l->n == 1 ? ",)" : ")");
}

static bool repr_dict(struct build *b, const struct dict *d)
{
    bool ok = put(b, "{");
    for (size_t i = 0; ok && i < d->n; i++)
        ok = (!i || put(b, ", ")) && print_repr(b, d->entries[i].key) && put(b, ": ") && print_repr(b, d->entries[i].value);
    return ok && put(b, "}");
}

static bool print_number(struct build *b, struct value v)
{
    char text[NUMBER_BYTES_MAX];
    if (v.kind == V_FLOAT)
        return build_plain(b, number_repr(v.f, text));
    snprintf(text, sizeof text, "%" PRIi64, v.i);
    return put(b, text);
}

static bool repr(struct build *b, struct value v)
{
    switch (v.kind) {
    case V_UNDEFINED: return put(b, "Undefined");
    case V_NONE: return put(b, "None");
    case V_BOOL: return put(b, v.b ? "True" : "False");
    case V_INT:
    case V_FLOAT: return print_number(b, v);
    case V_TEXT: return repr_text(b, v.t);
    case V_LIST: return repr_list(b, v.list);
    case V_NAMESPACE: return put(b, "<Namespace ") && repr_dict(b, v.dict) && put(b, ">");
    case V_DICT: return repr_dict(b, v.dict);
    default: return put(b, "<") && put(b, value_type(v)) && put(b, ">");
    }
}

bool print_repr(struct build *b, struct value v)
{
    if (!run_spend(b->r, 1) || !run_enter(b->r))
        return false;
    bool ok = repr(b, v);
    run_leave(b->r);
    return ok;
}

bool print_str(struct build *b, struct value v)
{
    if (v.kind == V_UNDEFINED)
        return true;
    return v.kind == V_TEXT ? build_put(b, v.t) : print_repr(b, v);
}

bool value_text(struct run *r, struct value v, struct text *ret)
{
    if (v.kind == V_TEXT) {
        *ret = v.t;
        return true;
    }
    struct build b = build_in(r);
    if (!print_str(&b, v))
        return false;
    *ret = build_text(&b);
    return true;
}
