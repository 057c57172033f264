#include "api/people_fields.h"

#include "api/body.h"

#define SESSION(f) .at = offsetof(struct session_fields, f)
#define KEY(f)     .at = offsetof(struct key_fields, f)
#define LIMIT(f)   .at = offsetof(struct people_limits, f)

static const char *const scope_names[] = {[PEOPLE_USER] = "user", [PEOPLE_ADMIN] = "admin"};

const char *people_scope_name(enum people_scope s)
{
    return scope_names[s == PEOPLE_ADMIN];
}

static int read_scope(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    for (size_t i = 0; i < sizeof scope_names / sizeof *scope_names; i++)
        if (json_is_string(v) && str_eq(field_str(v), str_of(scope_names[i]))) {
            ((struct key_fields *)target)->scope = (enum people_scope)i;
            return OK;
        }
    return field_wrong(r, f->name, "\"user\" or \"admin\"", v);
}

/* A count or a time, into an int64_t or uint64_t. */
static int read_count(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return field_wrong(r, f->name, "an integer from 0", v);
    int64_t n = json_integer_value(v);
    memcpy((char *)target + f->at, &n, sizeof n);
    return OK;
}

static int read_limits(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    struct key_fields *k = target;
    if (!json_is_object(v))
        return field_wrong(r, f->name, "an object", v);
    k->has_limits = true;
    return fields_read(r, limit_rows, n_limit_rows, "limits.", v, &k->limits);
}

/* clang-format off */
const struct field session_rows[] = {
    {.name = "link", .kind = FIELD_STR, .max = PEOPLE_SECRET_MAX, SESSION(link), .about = "the secret of a one-time link, as it stands behind #link="},
    {.name = "key", .kind = FIELD_STR, .max = PEOPLE_SECRET_MAX, SESSION(key), .about = "or a key"},
};
const struct field key_rows[] = {
    {.name = "name", .kind = FIELD_STR, .min = 1, .max = 63, KEY(name), .about = "what people call it; no two keys that are not revoked have the same"},
    {.name = "scope", .kind = FIELD_OTHER, .read = read_scope, .type = "\"user\" or \"admin\"", .about = "admins may make keys, and add and remove models; \"user\" unless said"},
    {.name = "expires_ms", .kind = FIELD_OTHER, .read = read_count, KEY(expires_ms), .type = "integer", .about = "Unix time in milliseconds from which it is refused; 0 or null: never"},
    {.name = "limits", .kind = FIELD_OTHER, .read = read_limits, .type = "object", .about = "of this key, instead of those in the settings; 0: no limit"},
};
const struct field limit_rows[] = {
    {.name = "requests_per_minute", .kind = FIELD_U32, .max = 1000000, LIMIT(requests_per_minute), .about = "requests that make a model work"},
    {.name = "concurrent_max", .kind = FIELD_U32, .max = 100000, LIMIT(concurrent_max), .about = "of them at the same time"},
    {.name = "tokens_per_day", .kind = FIELD_OTHER, .read = read_count, LIMIT(tokens_per_day), .type = "integer", .about = "tokens of prompts and answers together; a day begins at midnight UTC"},
};
/* clang-format on */
const size_t n_session_rows = sizeof session_rows / sizeof *session_rows, n_key_rows = sizeof key_rows / sizeof *key_rows,
             n_limit_rows = sizeof limit_rows / sizeof *limit_rows;

/* None of these rows needs an arena. */
static int read(struct str body, size_t depth_max, const struct field *rows, size_t n, void *target, json_t **ret, struct api_error *e)
{
    struct field_reader r = {.error = e};
    json_t *root;
    int rc = body_parse(body, depth_max, &root, e);
    if (rc)
        return rc;
    rc = fields_read(&r, rows, n, "", root, target);
    if (rc)
        json_decref(root);
    else
        *ret = root;
    return rc;
}

int people_parse_session(struct str body, size_t depth_max, struct session_fields *ret, struct api_error *e)
{
    struct session_fields f = {0};
    int rc = read(body, depth_max, session_rows, n_session_rows, &f, &f.root, e);
    if (!rc)
        *ret = f;
    return rc;
}

int people_parse_key(struct str body, size_t depth_max, const struct people_limits *defaults, struct key_fields *ret, struct api_error *e)
{
    struct key_fields f = {.scope = PEOPLE_USER, .limits = *defaults};
    int rc = read(body, depth_max, key_rows, n_key_rows, &f, &f.root, e);
    if (!rc)
        *ret = f;
    return rc;
}
