/* GET /api/openapi.json: OpenAPI 3.1, made from the table of routes, so that no address can be missing, and from the tables of fields that
 * the parsers read by, so that no description can be older than the code. */
#include "api/openapi.h"

#include <ctype.h>
#include <stdio.h>

#include "api/internal.h"

enum { OPENAPI_BYTES_MAX = 1 << 20 };

static const struct openapi_row *row_of(const struct route *r)
{
    for (size_t i = 0; i < openapi_n_rows; i++)
        if (!strcmp(openapi_rows[i].method, r->method) && !strcmp(openapi_rows[i].path, r->path))
            return &openapi_rows[i];
    return NULL;
}

static void put_ref(struct json *j, const char *schema)
{
    char text[120];
    snprintf(text, sizeof text, "#/components/schemas/%s", schema);
    json_obj(j);
    json_kcstr(j, "$ref", text);
    json_obj_end(j);
}

static void put_object(struct json *j, const char *type)
{
    json_obj(j);
    json_kcstr(j, "type", type);
    json_obj_end(j);
}

/* ---- the path: "{model*}" is called "{model}" here */

static void write_path(const char *path, struct buf *out)
{
    for (; *path; path++)
        if (*path != '*')
            buf_putc(out, *path);
}

static void put_path_parameters(struct json *j, const char *path)
{
    struct str rest = str_of(path), head, name;
    while (str_split(&rest, '{', &head) && rest.ptr && str_split(&rest, '}', &name)) {
        name.len -= str_ends(name, STR("*"));
        json_obj(j);
        json_kstr(j, "name", name);
        json_kcstr(j, "in", "path");
        json_kbool(j, "required", true);
        json_key(j, "schema");
        put_object(j, "string");
        json_obj_end(j);
    }
}

static void put_parameters(struct json *j, const struct route *r, const struct openapi_row *row)
{
    json_key(j, "parameters");
    json_arr(j);
    put_path_parameters(j, r->path);
    for (size_t i = 0; row && i < OPENAPI_QUERIES_MAX && row->query[i].name; i++) {
        json_obj(j);
        json_kcstr(j, "name", row->query[i].name);
        json_kcstr(j, "in", "query");
        json_kcstr(j, "description", row->query[i].about);
        json_key(j, "schema");
        put_object(j, row->query[i].type);
        json_obj_end(j);
    }
    json_arr_end(j);
}

/* ---- bodies */

/* FIELD_OTHER says its type in words; the first of them is one of JSON's. */
static const char *type_in_words(const char *words)
{
    static const struct {
        const char *head, *type;
    } known[] = {{"a string or", NULL},     {"an array", "array"},  {"an object", "object"},
                 {"an integer", "integer"}, {"a number", "number"}, {"a string", "string"}};
    for (size_t i = 0; words && i < sizeof known / sizeof *known; i++)
        if (str_starts(str_of(words), str_of(known[i].head)))
            return known[i].type;
    return NULL;
}

static const char *schema_type(const struct field *f)
{
    switch (f->kind) {
    case FIELD_BOOL: return "boolean";
    case FIELD_U32: return "integer";
    case FIELD_F32: return "number";
    case FIELD_STR: return "string";
    case FIELD_OTHER: return type_in_words(f->type);
    case FIELD_IGNORED:
    case FIELD_REFUSED: break;
    }
    return NULL;
}

static void put_field(struct json *j, const struct field *f)
{
    json_key(j, f->name);
    json_obj(j);
    if (schema_type(f))
        json_kcstr(j, "type", schema_type(f));
    if (f->kind == FIELD_U32 || f->kind == FIELD_F32) {
        json_knum(j, "minimum", f->min, 3);
        json_knum(j, "maximum", f->max, 3);
    }
    if (f->kind == FIELD_OTHER && f->type) {
        char text[600];
        snprintf(text, sizeof text, "%s: %s", f->type, f->about ? f->about : "");
        json_kcstr(j, "description", text);
    } else if (f->about) {
        json_kcstr(j, "description", f->about);
    }
    json_obj_end(j);
}

static void put_required(struct json *j, const char *names)
{
    struct str rest = str_of(names), one;
    json_key(j, "required");
    json_arr(j);
    while (str_split(&rest, ' ', &one))
        json_str(j, one);
    json_arr_end(j);
}

static void put_fields(struct json *j, const struct openapi_row *row)
{
    json_obj(j);
    json_kcstr(j, "type", "object");
    if (row->required)
        put_required(j, row->required);
    json_key(j, "properties");
    json_obj(j);
    for (size_t k = 0; k < OPENAPI_PARTS_MAX && row->body[k].rows; k++)
        for (size_t i = 0; i < *row->body[k].n; i++)
            put_field(j, &row->body[k].rows[i]);
    json_obj_end(j);
    json_obj_end(j);
}

static void put_body(struct json *j, const struct openapi_row *row)
{
    if (!row || (!row->body[0].rows && !row->body_schema))
        return;
    json_key(j, "requestBody");
    json_obj(j);
    json_kbool(j, "required", true);
    json_key(j, "content");
    json_obj(j);
    json_key(j, row->body_schema && !strcmp(row->body_schema, "File") ? "application/octet-stream" : "application/json");
    json_obj(j);
    json_key(j, "schema");
    if (row->body_schema)
        put_ref(j, row->body_schema);
    else
        put_fields(j, row);
    json_obj_end(j);
    json_obj_end(j);
    json_obj_end(j);
}

/* ---- answers */

static void put_content(struct json *j, const char *type, const char *schema)
{
    json_key(j, "content");
    json_obj(j);
    json_key(j, type);
    json_obj(j);
    json_key(j, "schema");
    if (schema)
        put_ref(j, schema);
    else
        put_object(j, strcmp(type, "application/json") != 0 ? "string" : "object");
    json_obj_end(j);
    json_obj_end(j);
}

static void put_answers(struct json *j, const struct openapi_row *row)
{
    char status[8];
    snprintf(status, sizeof status, "%d", row && row->status ? row->status : 200);
    json_key(j, "responses");
    json_obj(j);
    json_key(j, status);
    json_obj(j);
    json_kcstr(j, "description", "success");
    if (strcmp(status, "204") != 0)
        put_content(j, row && row->content_type ? row->content_type : "application/json", row ? row->answer : NULL);
    json_obj_end(j);
    json_key(j, "default");
    json_obj(j);
    json_kcstr(j, "description", "refused, or failed; the sentence says why");
    put_content(j, "application/json", "Error");
    json_obj_end(j);
    json_obj_end(j);
}

/* ---- one operation */

/* "POST /api/keys/{id}" → "post_api_keys_id" */
static void put_id(struct json *j, const struct route *r)
{
    char id[160];
    size_t n = 0;
    for (const char *p = r->method; *p && n + 1 < sizeof id; p++)
        id[n++] = (char)tolower((unsigned char)*p);
    for (const char *p = r->path; *p && n + 1 < sizeof id; p++)
        if (isalnum((unsigned char)*p))
            id[n++] = *p;
        else if (n && id[n - 1] != '_')
            id[n++] = '_';
    while (n && id[n - 1] == '_')
        n--;
    json_kstr(j, "operationId", str_from(id, n));
}

static void put_security(struct json *j, enum route_scope scope)
{
    static const char *const names[] = {[SCOPE_OPEN] = "open", [SCOPE_USER] = "user", [SCOPE_ADMIN] = "admin"};
    static const char *const ways[] = {"bearer", "apiKey", "session"};
    json_kcstr(j, "x-hearth-scope", names[scope]);
    json_key(j, "security");
    json_arr(j);
    for (size_t i = 0; scope != SCOPE_OPEN && i < sizeof ways / sizeof *ways; i++) {
        json_obj(j);
        json_key(j, ways[i]);
        json_arr(j);
        json_arr_end(j);
        json_obj_end(j);
    }
    if (scope != SCOPE_OPEN) { /* on the machine itself no key is needed */
        json_obj(j);
        json_obj_end(j);
    }
    json_arr_end(j);
}

static void put_operation(struct json *j, const struct route *r)
{
    const struct openapi_row *row = row_of(r);
    char method[16];
    size_t n = 0;
    for (; r->method[n] && n + 1 < sizeof method; n++)
        method[n] = (char)tolower((unsigned char)r->method[n]);
    method[n] = 0;
    json_key(j, method);
    json_obj(j);
    put_id(j, r);
    json_kcstr(j, "summary", r->about);
    put_security(j, r->scope);
    put_parameters(j, r, row);
    put_body(j, row);
    put_answers(j, row);
    json_obj_end(j);
}

static bool seen_before(const struct route *r)
{
    for (const struct route *before = api_routes; before < r; before++)
        if (!strcmp(before->path, r->path))
            return true;
    return false;
}

static void put_paths(struct json *j)
{
    struct buf path = buf_make(1024);
    json_key(j, "paths");
    json_obj(j);
    for (const struct route *r = api_routes; r < api_routes + api_n_routes; r++) {
        if (seen_before(r))
            continue;
        buf_clear(&path);
        write_path(r->path, &path);
        json_key(j, buf_cstr(&path));
        json_obj(j);
        for (const struct route *same = r; same < api_routes + api_n_routes; same++)
            if (!strcmp(same->path, r->path))
                put_operation(j, same);
        json_obj_end(j);
    }
    json_obj_end(j);
    buf_free(&path);
}

static void put_components(struct json *j)
{
    json_key(j, "components");
    json_obj(j);
    json_key(j, "securitySchemes");
    json_raw(j, STR("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"x-"
                    "api-key\"},"
                    "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"hearth_session\"}}"));
    json_key(j, "schemas");
    json_obj(j);
    for (size_t i = 0; i < openapi_n_schemas; i++) {
        json_key(j, openapi_schemas[i].name);
        json_raw(j, str_of(openapi_schemas[i].json));
    }
    json_obj_end(j);
    json_obj_end(j);
}

void openapi_write(const char *version, struct buf *out)
{
    struct json j = json_to(out);
    json_obj(&j);
    json_kcstr(&j, "openapi", "3.1.0");
    json_key(&j, "info");
    json_obj(&j);
    json_kcstr(&j, "title", "hearth");
    json_kcstr(&j, "version", version ? version : "");
    json_kcstr(&j, "description", "A private AI assistant on the machine you already have.");
    json_obj_end(&j);
    put_paths(&j);
    put_components(&j);
    json_obj_end(&j);
}

void handle_openapi(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct buf body = buf_make(OPENAPI_BYTES_MAX);
    openapi_write(a->c.version, &body);
    respond_json(x, 200, &body);
    buf_free(&body);
}
