/* "{} {0} {name} {:>5}".format(…): fields by order, number and name, with .attributes and [items]; specs of fill, alignment, width,
 * precision and d, f, s. */
#include "model/jinja/method.h"

struct fields {
    struct run *r;
    struct text format;
    const struct args *args;
    size_t next;
};

static bool named_value(struct fields *f, struct str name, struct value *ret)
{
    int64_t i;
    if (!name.len || !str_to_i64(name, &i)) {
        size_t at = name.len ? (size_t)i : f->next++;
        if (at >= f->args->n)
            return run_fail(f->r, ERR_INVAL, "format wants more values than there are");
        *ret = f->args->pos[at];
        return true;
    }
    for (size_t k = 0; k < f->args->n_kw; k++)
        if (str_eq(f->args->kw[k].key.t.s, name)) {
            *ret = f->args->kw[k].value;
            return true;
        }
    return run_fail(f->r, ERR_INVAL, "format names a value that is not there");
}

/* name.attr[item]… */
static bool field_value(struct fields *f, struct str field, struct value *ret)
{
    size_t n = 0;
    while (n < field.len && field.ptr[n] != '.' && field.ptr[n] != '[')
        n++;
    struct value v;
    if (!named_value(f, str_head(field, n), &v))
        return false;
    for (struct str rest = str_skip(field, n); rest.len;) {
        bool item = rest.ptr[0] == '[';
        int64_t i;
        for (n = 1; n < rest.len && (item ? rest.ptr[n] != ']' : rest.ptr[n] != '.' && rest.ptr[n] != '['); n++) {
        }
        struct str name = str_from(rest.ptr + 1, n - 1);
        bool number = item && !str_to_i64(name, &i);
        if (!(item ? value_item(f->r, v, number ? v_int(i) : v_text(text_plain(name)), &v) : value_attr(f->r, v, name, &v)))
            return false;
        rest = str_skip(rest, item ? n + 1 : n);
    }
    *ret = v;
    return true;
}

struct spec {
    struct text fill;
    char align; /* '<', '>', '^'; 0: as the kind wants */
    int64_t width;
    struct str rest; /* precision and conversion */
};

static bool is_align(char c)
{
    return c == '<' || c == '>' || c == '^';
}

static void read_spec(struct text t, struct spec *ret)
{
    *ret = (struct spec){.fill = text_plain(STR(" "))};
    uint32_t cp;
    size_t at = 0, n = t.s.len ? unicode_at(t.s, 0, &cp) : 0;
    if (n && n < t.s.len && is_align(t.s.ptr[n])) {
        ret->fill = text_cut(t, 0, n);
        ret->align = t.s.ptr[n];
        at = n + 1;
    } else if (n && is_align(t.s.ptr[0])) {
        ret->align = t.s.ptr[0];
        at = 1;
    } else if (n && t.s.ptr[0] == '0') {
        ret->fill = text_plain(STR("0"));
        ret->align = '>';
        at = 1;
    }
    for (; at < t.s.len && t.s.ptr[at] >= '0' && t.s.ptr[at] <= '9'; at++)
        ret->width = ret->width < 100000 ? ret->width * 10 + (t.s.ptr[at] - '0') : ret->width;
    ret->rest = str_skip(t.s, at);
}

/* What is left of the spec is printf's, as far as percent.c knows it. */
static bool converted(struct run *r, struct value v, struct str rest, struct text *ret)
{
    char format[16] = "%";
    bool known = !rest.len || (rest.len < 8 && strchr("dfFeegxXos", rest.ptr[rest.len - 1]));
    if (!rest.len)
        return value_text(r, v, ret);
    if (!known)
        return run_fail(r, ERR_INVAL, "format: a specification that is not known");
    memcpy(format + 1, rest.ptr, rest.len);
    struct build b = build_in(r);
    struct list *one = list_new(r, SHAPE_TUPLE);
    if (!one || !list_push(r, one, v) || !print_percent(&b, text_plain(str_of(format)), v_list(one)))
        return false;
    *ret = build_text(&b);
    return true;
}

static bool put_field(struct fields *f, struct build *b, struct text field)
{
    ptrdiff_t colon = str_chr(field.s, ':');
    size_t n = colon < 0 ? field.s.len : (size_t)colon;
    struct spec spec;
    struct value v, padded;
    struct text t;
    if (!field_value(f, str_head(field.s, n), &v))
        return false;
    read_spec(text_cut(field, colon < 0 ? n : n + 1, colon < 0 ? 0 : field.s.len - n - 1), &spec);
    if (!converted(f->r, v, spec.rest, &t))
        return false;
    bool number = v.kind == V_INT || v.kind == V_FLOAT;
    char align = spec.align ? spec.align : number ? '>' : '<';
    int sides = align == '<' ? SIDE_RIGHT : align == '>' ? SIDE_LEFT : SIDE_BOTH;
    return text_pad(f->r, t, spec.width, spec.fill, sides, &padded) && build_put(b, padded.t);
}

bool method_format(struct run *r, const struct call *c, struct value *ret)
{
    struct fields f = {.r = r, .format = c->self.t, .args = c->raw};
    struct build b = build_in(r);
    struct text t = c->self.t;
    for (size_t at = 0; at < t.s.len;) {
        char x = t.s.ptr[at];
        bool twice = at + 1 < t.s.len && t.s.ptr[at + 1] == x;
        if ((x != '{' && x != '}') || twice) {
            if (!build_put(&b, text_cut(t, at, 1)))
                return false;
            at += x == '{' || x == '}' ? 2 : 1;
            continue;
        }
        ptrdiff_t end = str_find(t.s, STR("}"), at);
        if (x == '}' || end < 0)
            return run_fail(r, ERR_INVAL, "format: a single brace");
        if (!put_field(&f, &b, text_cut(t, at + 1, (size_t)end - at - 1)))
            return false;
        at = (size_t)end + 1;
    }
    return lib_text(&b, ret);
}
