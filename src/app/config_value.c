#include "app/config_value.h"

#include <stdio.h>

#include "app/text.h"
#include "base/utf8.h"

enum { EXPECTED_BYTES_MAX = 1024, SHOWN_BYTES_MAX = 60 };

struct unit {
    const char *suffix;
    uint64_t factor;
};
/* Printing takes the first whose factor divides, so the one of factor 1 ends the search. */
static const struct unit size_units[] = {{"G", 1 << 30},  {"M", 1 << 20},  {"K", 1 << 10},  {"", 1},
                                         {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {0}};
static const struct unit time_units[] = {{"h", 60 * 60 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}, {0}};

/* "512M": digits and one of the units. "0" needs none. */
static int parse_units(struct str text, const struct unit *units, uint64_t *ret)
{
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    uint64_t v;
    int r = str_to_u64(str_head(text, digits), &v);
    if (r)
        return r;
    struct str suffix = str_skip(text, digits);
    if (!v && !suffix.len) {
        *ret = 0;
        return OK;
    }
    for (; units->suffix; units++)
        if (str_ieq(suffix, str_of(units->suffix)))
            return __builtin_mul_overflow(v, units->factor, ret) ? ERR_LIMIT : OK;
    return ERR_INVAL;
}

static void print_units(uint64_t v, const struct unit *units, struct buf *out)
{
    while (units->factor > 1 && v % units->factor)
        units++;
    buf_printf(out, "%llu%s", (unsigned long long)(v / units->factor), units->suffix);
}

static void print_number(enum setting_kind kind, uint64_t v, struct buf *out)
{
    if (kind == SETTING_INT || (kind == SETTING_SIZE && !v))
        buf_printf(out, "%llu", (unsigned long long)v);
    else if (!v)
        buf_puts(out, "0s");
    else
        print_units(v, kind == SETTING_SIZE ? size_units : time_units, out);
}

static const char *number_text(enum setting_kind kind, uint64_t v, char dst[32])
{
    struct buf b = buf_make(31);
    print_number(kind, v, &b);
    str_copy(dst, 32, buf_str(&b));
    buf_free(&b);
    return dst;
}

static void put_names(const char *const *names, struct buf *out)
{
    for (size_t i = 0; names[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", names[i]);
}

void value_expected(enum lang lang, const struct setting *s, struct buf *out)
{
    char low[32], high[32];
    switch (s->kind) {
    case SETTING_BOOL: buf_puts(out, T(lang, WANT_BOOL)); break;
    case SETTING_INT: buf_printf(out, T(lang, WANT_INT), (unsigned long long)s->min, (unsigned long long)s->max); break;
    case SETTING_SIZE: buf_printf(out, T(lang, WANT_SIZE), number_text(s->kind, s->min, low), number_text(s->kind, s->max, high)); break;
    case SETTING_DURATION:
        buf_printf(out, T(lang, WANT_DURATION), number_text(s->kind, s->min, low), number_text(s->kind, s->max, high));
        break;
    case SETTING_STRING: buf_printf(out, T(lang, WANT_STRING), CONFIG_STRING_BYTES_MAX); break;
    case SETTING_LIST: buf_printf(out, T(lang, WANT_LIST), CONFIG_LIST_MAX); break;
    case SETTING_ENUM: {
        struct buf names = buf_make(256);
        put_names(s->names, &names);
        buf_printf(out, T(lang, WANT_ENUM), buf_cstr(&names));
        buf_free(&names);
    }
    }
}

/* What was found goes into a sentence for a terminal: control characters would move its cursor. */
static void put_shown(struct str text, struct buf *out)
{
    bool utf8 = utf8_valid(text.ptr, text.len, NULL);
    struct str head = str_head(text, SHOWN_BYTES_MAX);
    head.len = utf8 ? utf8_complete_prefix(head.ptr, head.len) : head.len;
    for (size_t i = 0; i < head.len; i++) {
        unsigned char ch = (unsigned char)head.ptr[i];
        buf_putc(out, ch < 0x20 || ch == 0x7f || (ch >= 0x80 && !utf8) ? '?' : (char)ch);
    }
    buf_puts(out, head.len < text.len ? "…" : "");
}

static int refuse(enum lang lang, const struct setting *s, struct str found, struct err *e)
{
    struct buf want = buf_make(EXPECTED_BYTES_MAX), shown = buf_make(4 * SHOWN_BYTES_MAX);
    value_expected(lang, s, &want);
    put_shown(found, &shown);
    int r = err_set(e, ERR_INVAL, T(lang, SETTING_WRONG), s->section, s->key, buf_cstr(&want), buf_cstr(&shown));
    buf_free(&want);
    buf_free(&shown);
    return r;
}

static bool plain_text(struct str s)
{
    return s.len <= CONFIG_STRING_BYTES_MAX && utf8_printable(s.ptr, s.len);
}

static int parse_number(const struct setting *s, struct str text, uint64_t *ret)
{
    uint64_t v = 0;
    int r = s->kind == SETTING_INT    ? str_to_u64(text, &v)
            : s->kind == SETTING_SIZE ? parse_units(text, size_units, &v)
                                      : parse_units(text, time_units, &v);
    if (r || v < s->min || v > s->max)
        return ERR_INVAL;
    *ret = v;
    return OK;
}

static int parse_name(const struct setting *s, struct str text, uint64_t *ret)
{
    for (uint64_t i = 0; s->names[i]; i++)
        if (str_eq(text, str_of(s->names[i]))) {
            *ret = i;
            return OK;
        }
    return ERR_INVAL;
}

static int parse_bool(struct str text, uint64_t *ret)
{
    bool yes = str_eq(text, STR("true"));
    if (!yes && !str_eq(text, STR("false")))
        return ERR_INVAL;
    *ret = yes;
    return OK;
}

static void *field_of(struct config *c, const struct setting *s)
{
    return (char *)c + s->offset;
}

static void store_integer(struct config *c, const struct setting *s, uint64_t v)
{
    void *field = field_of(c, s);
    if (s->width == sizeof(uint64_t))
        memcpy(field, &v, sizeof v);
    else if (s->width == sizeof(uint32_t))
        memcpy(field, &(uint32_t){(uint32_t)v}, sizeof(uint32_t));
    else
        memcpy(field, &(bool){v != 0}, sizeof(bool));
}

static uint64_t load_integer(const struct config *c, const struct setting *s)
{
    const char *field = (const char *)c + s->offset;
    uint64_t v = 0; /* the machine is little-endian (base/wire.h): the low bytes come first */
    memcpy(&v, field, s->width);
    return v;
}

static struct config_origin *origin_of(struct config *c, const struct setting *s)
{
    return &c->origin[s - settings];
}

static bool outranked(struct config *c, const struct setting *s, struct config_origin origin)
{
    return origin.source < origin_of(c, s)->source;
}

static int set_string(struct config *c, const struct setting *s, struct str text)
{
    if (!plain_text(text))
        return ERR_INVAL;
    struct str copy = arena_dup(&c->arena, text);
    if (!copy.ptr)
        return ERR_NOMEM;
    memcpy(field_of(c, s), &copy.ptr, sizeof copy.ptr);
    return OK;
}

static int set_integer(struct config *c, const struct setting *s, struct str text, bool keep)
{
    uint64_t v = 0;
    int r = s->kind == SETTING_BOOL ? parse_bool(text, &v) : s->kind == SETTING_ENUM ? parse_name(s, text, &v) : parse_number(s, text, &v);
    if (!r && keep)
        store_integer(c, s, v);
    return r;
}

int value_set_list(struct config *c, const struct setting *s, const struct str *items, size_t n, struct config_origin origin, struct err *e)
{
    if (n > CONFIG_LIST_MAX)
        return refuse(c->lang, s, STR("…"), e);
    for (size_t i = 0; i < n; i++)
        if (!items[i].len || !plain_text(items[i]))
            return refuse(c->lang, s, items[i], e);
    if (outranked(c, s, origin))
        return OK;
    struct str *copy = arena_calloc(&c->arena, n, sizeof *copy);
    if (!copy)
        return err_set(e, ERR_NOMEM, "%s", T(c->lang, NO_MEMORY));
    for (size_t i = 0; i < n; i++) {
        copy[i] = arena_dup(&c->arena, items[i]);
        if (!copy[i].ptr)
            return err_set(e, ERR_NOMEM, "%s", T(c->lang, NO_MEMORY));
    }
    memcpy(field_of(c, s), &(struct config_list){copy, n}, sizeof(struct config_list));
    *origin_of(c, s) = origin;
    return OK;
}

static int set_list_text(struct config *c, const struct setting *s, struct str text, struct config_origin origin, struct err *e)
{
    struct str items[CONFIG_LIST_MAX + 1], item;
    size_t n = 0;
    while (text.len && n <= CONFIG_LIST_MAX && str_split(&text, ',', &item))
        items[n++] = str_trim(item);
    return value_set_list(c, s, items, n, origin, e);
}

int value_set(struct config *c, const struct setting *s, struct str text, struct config_origin origin, struct err *e)
{
    if (s->kind == SETTING_LIST)
        return set_list_text(c, s, text, origin, e);
    bool keep = !outranked(c, s, origin);
    int r;
    if (s->kind != SETTING_STRING)
        r = set_integer(c, s, text, keep);
    else
        r = keep ? set_string(c, s, text) : plain_text(text) ? OK : ERR_INVAL;
    if (r == ERR_NOMEM)
        return err_set(e, r, "%s", T(c->lang, NO_MEMORY));
    if (r)
        return refuse(c->lang, s, text, e);
    if (keep)
        *origin_of(c, s) = origin;
    return OK;
}

/* Double quotes, so that no text can be taken for anything else. */
static void put_quoted(struct str s, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, s.ptr[i]);
    }
    buf_putc(out, '"');
}

static void print_list(const struct config_list *list, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        buf_puts(out, i ? ", " : "");
        put_quoted(list->items[i], out);
    }
    buf_putc(out, ']');
}

void value_print(const struct config *c, const struct setting *s, struct buf *out)
{
    const void *field = (const char *)c + s->offset;
    const char *text;
    switch (s->kind) {
    case SETTING_BOOL: buf_puts(out, load_integer(c, s) ? "true" : "false"); break;
    case SETTING_INT:
    case SETTING_SIZE:
    case SETTING_DURATION: print_number(s->kind, load_integer(c, s), out); break;
    case SETTING_ENUM: buf_puts(out, s->names[load_integer(c, s)]); break;
    case SETTING_LIST: print_list(field, out); break;
    case SETTING_STRING: memcpy(&text, field, sizeof text); put_quoted(str_of(text), out);
    }
}
