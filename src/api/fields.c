#include "api/fields.h"

#include <stdio.h>

struct str field_str(const json_t *v)
{
    return str_from(json_string_value(v), json_string_length(v));
}

void *field_array(struct field_reader *r, size_t n, size_t size)
{
    void *p = arena_calloc(r->arena, n, size);
    if (!p)
        api_error_nomem(r->error);
    return p;
}

static const char *type_name(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    case JSON_NULL: return "null";
    }
    return "unknown";
}

/* Where errors say the field is. */
static const char *full_name(const struct field_reader *r, const char *name, char ret[96])
{
    snprintf(ret, 96, "%s%s", r->prefix, name);
    return ret;
}

int field_wrong(struct field_reader *r, const char *name, const char *wanted, const json_t *got)
{
    char value[48] = "", full[96];
    name = full_name(r, name, full);
    if (json_is_integer(got))
        snprintf(value, sizeof value, "%lld", (long long)json_integer_value(got));
    else if (json_is_real(got))
        snprintf(value, sizeof value, "%g", json_real_value(got));
    return api_error_set(r->error, 400, "invalid_value", name, "'%s' must be %s, but is %s", name, wanted,
                         value[0] ? value : type_name(got));
}

int field_unsupported(struct field_reader *r, const char *name, const char *why)
{
    char full[96];
    name = full_name(r, name, full);
    return api_error_set(r->error, 400, "unsupported_parameter", name, "'%s' is not supported: %s", name, why);
}

int field_missing(struct field_reader *r, const char *name)
{
    char full[96];
    name = full_name(r, name, full);
    return api_error_set(r->error, 400, "missing_field", name, "'%s' is missing", name);
}

int field_json(struct field_reader *r, const json_t *v, struct str *ret)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    size_t n = json_dumpb(v, NULL, 0, flags);
    char *text = n ? field_array(r, n, 1) : NULL;
    if (!n)
        return api_error_nomem(r->error);
    if (!text)
        return ERR_NOMEM;
    *ret = str_from(text, json_dumpb(v, text, n, flags));
    return OK;
}

int field_join(struct field_reader *r, const struct str *texts, size_t n, struct str *ret)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        len += texts[i].len;
    if (n <= 1) {
        *ret = n ? texts[0] : (struct str){0};
        return OK;
    }
    char *joined = field_array(r, len, 1);
    if (!joined)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; at += texts[i++].len)
        memcpy(joined + at, texts[i].ptr, texts[i].len);
    *ret = str_from(joined, len);
    return OK;
}

int field_list(struct field_reader *r, const char *name, json_t *v, size_t max, size_t size, field_element_fn *one, void **ret,
               size_t *ret_n)
{
    char element[96], full[96];
    size_t n = json_array_size(v);
    if (!json_is_array(v))
        return field_wrong(r, name, "an array", v);
    if (n > max) {
        name = full_name(r, name, full);
        return api_error_set(r->error, 400, "invalid_value", name, "'%s' has %zu elements, but at most %zu are possible", name, n, max);
    }
    char *all = field_array(r, n, size);
    if (!all)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        snprintf(element, sizeof element, "%s[%zu]", name, i);
        int rc = one(r, element, json_array_get(v, i), all + i * size);
        if (rc)
            return rc;
    }
    *ret = all;
    *ret_n = n;
    return OK;
}

static void describe(const struct field *f, char *dst, size_t cap, bool article)
{
    const char *a = article ? "a " : "", *an = article ? "an " : "";
    switch (f->kind) {
    case FIELD_BOOL: snprintf(dst, cap, "%sboolean", a); break;
    case FIELD_U32: snprintf(dst, cap, "%sinteger from %.0f to %.0f", an, f->min, f->max); break;
    case FIELD_F32: snprintf(dst, cap, "%snumber from %g to %g", a, f->min, f->max); break;
    case FIELD_STR: snprintf(dst, cap, "%sstring of at most %.0f bytes", a, f->max); break;
    case FIELD_OTHER: snprintf(dst, cap, "%s", f->type); break;
    case FIELD_IGNORED: snprintf(dst, cap, "ignored"); break;
    case FIELD_REFUSED: snprintf(dst, cap, "refused"); break;
    }
}

void field_describe(const struct field *f, struct buf *out)
{
    char text[120];
    describe(f, text, sizeof text, false);
    buf_puts(out, text);
}

static bool in_range(const struct field *f, double v)
{
    return v >= f->min && v <= f->max;
}

/* Stores the value and says true, or leaves the target alone. */
static bool store_plain(const struct field *f, json_t *v, void *dst)
{
    switch (f->kind) {
    case FIELD_BOOL:
        if (!json_is_boolean(v))
            return false;
        *(bool *)dst = json_is_true(v);
        return true;
    case FIELD_U32:
        /* An integer that came through a language without integers ("16.0") is one. */
        if (!json_is_number(v) || !in_range(f, json_number_value(v)) || json_number_value(v) != (double)(uint32_t)json_number_value(v))
            return false;
        *(uint32_t *)dst = (uint32_t)json_number_value(v);
        return true;
    case FIELD_F32:
        if (!json_is_number(v) || !in_range(f, json_number_value(v)))
            return false;
        *(float *)dst = (float)json_number_value(v);
        return true;
    case FIELD_STR:
        if (!json_is_string(v) || !in_range(f, (double)json_string_length(v)))
            return false;
        *(struct str *)dst = field_str(v);
        return true;
    case FIELD_OTHER:
    case FIELD_IGNORED:
    case FIELD_REFUSED: break;
    }
    return false;
}

static bool asks_nothing(const json_t *v)
{
    return json_is_false(v) || (json_is_string(v) && !json_string_length(v)) || (json_is_array(v) && !json_array_size(v)) ||
           (json_is_object(v) && !json_object_size(v));
}

static int read_one(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    char wanted[120];
    switch (f->kind) {
    case FIELD_OTHER: return f->read(r, f, v, target);
    case FIELD_IGNORED: return OK;
    case FIELD_REFUSED: return asks_nothing(v) ? OK : field_unsupported(r, f->name, f->about);
    default: break;
    }
    if (store_plain(f, v, (char *)target + f->at))
        return OK;
    describe(f, wanted, sizeof wanted, true);
    return field_wrong(r, f->name, wanted, v);
}

int fields_read(struct field_reader *r, const struct field *rows, size_t n, const char *prefix, json_t *object, void *target)
{
    char outer[sizeof r->prefix];
    int rc = OK;
    memcpy(outer, r->prefix, sizeof outer);
    snprintf(r->prefix, sizeof r->prefix, "%.*s%s", (int)sizeof r->prefix / 2, outer, prefix);
    for (const struct field *f = rows; !rc && f < rows + n; f++) {
        json_t *v = json_object_get(object, f->name);
        if (v && !json_is_null(v))
            rc = read_one(r, f, v, target);
    }
    memcpy(r->prefix, outer, sizeof outer);
    return rc;
}
