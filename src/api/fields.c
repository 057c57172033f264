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

int field_wrong(struct field_reader *r, const char *name, const char *wanted, const json_t *got)
{
    char value[48] = "";
    if (json_is_integer(got))
        snprintf(value, sizeof value, "%lld", (long long)json_integer_value(got));
    else if (json_is_real(got))
        snprintf(value, sizeof value, "%g", json_real_value(got));
    return api_error_set(r->error, 400, "invalid_value", name, "'%s' must be %s, but is %s", name, wanted,
                         value[0] ? value : type_name(got));
}

int field_unsupported(struct field_reader *r, const char *name, const char *why)
{
    return api_error_set(r->error, 400, "unsupported_parameter", name, "'%s' is not supported: %s", name, why);
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
    case FIELD_OTHER: break;
    }
    return false;
}

int fields_read(struct field_reader *r, const struct field *rows, size_t n, const char *prefix, json_t *object, void *target)
{
    for (const struct field *f = rows; f < rows + n; f++) {
        json_t *v = json_object_get(object, f->name);
        if (!v || json_is_null(v))
            continue;
        if (f->kind == FIELD_OTHER) {
            int rc = f->read(r, f, v, target);
            if (rc)
                return rc;
        } else if (!store_plain(f, v, (char *)target + f->at)) {
            char wanted[120], name[96];
            describe(f, wanted, sizeof wanted, true);
            snprintf(name, sizeof name, "%s%s", prefix, f->name);
            return field_wrong(r, name, wanted, v);
        }
    }
    return OK;
}
