#include "api/tool_fields.h"

#include <stdio.h>

#define TOOL(member) offsetof(struct gen_tool, member)
#define CALL(member) offsetof(struct gen_tool_call, member)

enum { DESCRIPTION_BYTES_MAX = 1 << 20 };

int api_read_text(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (!json_is_string(v))
        return field_wrong(fr, f->name, "a string", v);
    *(struct str *)(void *)((char *)target + f->at) = field_str(v);
    return OK;
}

int api_read_role(struct field_reader *fr, const char *name, const struct api_role *roles, json_t *message, enum gen_role *ret)
{
    char field[80], wanted[120] = "";
    snprintf(field, sizeof field, "%s.role", name);
    if (!json_is_object(message))
        return field_wrong(fr, name, "an object with role and content", message);
    json_t *v = json_object_get(message, "role");
    if (!v)
        return field_missing(fr, field);
    for (const struct api_role *r = roles; r->name; r++) {
        if (json_is_string(v) && str_eq(field_str(v), str_of(r->name))) {
            *ret = r->role;
            return OK;
        }
        size_t used = strlen(wanted);
        snprintf(wanted + used, sizeof wanted - used, "%s\"%s\"", used ? " or " : "", r->name);
    }
    return json_is_string(v) ? api_error_set(fr->error, 400, "invalid_value", field, "'%s' is '%.40s', but must be %s", field,
                                             json_string_value(v), wanted)
                             : field_wrong(fr, field, wanted, v);
}

static int read_schema(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct gen_tool *t = target;
    return json_is_object(v) ? field_json(fr, v, &t->parameters) : field_wrong(fr, f->name, "an object (JSON Schema)", v);
}

int api_read_tool(struct field_reader *fr, const char *name, json_t *v, const char *schema_key, struct gen_tool *ret)
{
    const struct field rows[] = {
        {.name = "name", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = TOOL(name)},
        {.name = "description", .kind = FIELD_STR, .max = DESCRIPTION_BYTES_MAX, .at = TOOL(description)},
        {.name = "strict", .kind = FIELD_BOOL, .at = TOOL(strict)},
        {.name = schema_key, .kind = FIELD_OTHER, .read = read_schema},
    };
    char prefix[80];
    if (!json_is_object(v))
        return field_wrong(fr, name, "an object", v);
    snprintf(prefix, sizeof prefix, "%s.", name);
    int rc = fields_read(fr, rows, sizeof rows / sizeof *rows, prefix, v, ret);
    snprintf(prefix, sizeof prefix, "%s.name", name);
    return rc || ret->name.len ? rc : field_missing(fr, prefix);
}

static int read_openai_tool(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    char field[80];
    json_t *type = json_object_get(v, "type");
    if (!json_is_object(v))
        return field_wrong(fr, name, "an object with type and function", v);
    snprintf(field, sizeof field, "%s.type", name);
    if (type && !(json_is_string(type) && str_eq(field_str(type), STR("function"))))
        return json_is_string(type) ? field_unsupported(fr, field, "tools are functions") : field_wrong(fr, field, "\"function\"", type);
    json_t *function = json_object_get(v, "function");
    snprintf(field, sizeof field, "%s.function", name);
    return function ? api_read_tool(fr, field, function, "parameters", element) : field_missing(fr, field);
}

int api_read_openai_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    void *tools = NULL;
    int rc = field_list(fr, f->name, v, GEN_TOOLS_MAX, sizeof *r->gen.tools, read_openai_tool, &tools, &r->gen.n_tools);
    r->gen.tools = tools;
    return rc;
}

/* Arguments must be an object: templates take them apart. */
int api_read_arguments(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct gen_tool_call *c = target;
    if (json_is_object(v))
        return field_json(fr, v, &c->arguments);
    if (!json_is_string(v))
        return field_wrong(fr, f->name, f->type, v);
    json_t *parsed = json_loadb(json_string_value(v), json_string_length(v), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    bool object = json_is_object(parsed);
    json_decref(parsed);
    c->arguments = field_str(v);
    return object || !c->arguments.len ? OK : field_wrong(fr, f->name, "the JSON text of an object", v);
}

static int read_call(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    static const struct field id_row[] = {{.name = "id", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = CALL(id)}};
    static const struct field rows[] = {
        {.name = "name", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = CALL(name)},
        {.name = "arguments", .kind = FIELD_OTHER, .read = api_read_arguments, .type = "an object, or the JSON text of one"},
    };
    struct gen_tool_call *c = element;
    char prefix[80];
    if (!json_is_object(v))
        return field_wrong(fr, name, "an object with a function", v);
    snprintf(prefix, sizeof prefix, "%s.", name);
    int rc = fields_read(fr, id_row, 1, prefix, v, c);
    json_t *function = json_object_get(v, "function");
    snprintf(prefix, sizeof prefix, "%s.function", name);
    if (!rc && !json_is_object(function))
        return function ? field_wrong(fr, prefix, "an object with name and arguments", function) : field_missing(fr, prefix);
    snprintf(prefix, sizeof prefix, "%s.function.", name);
    if (!rc)
        rc = fields_read(fr, rows, sizeof rows / sizeof *rows, prefix, function, c);
    snprintf(prefix, sizeof prefix, "%s.function.name", name);
    return rc || c->name.len ? rc : field_missing(fr, prefix);
}

int api_read_calls(struct field_reader *fr, const char *name, json_t *v, struct gen_message *ret)
{
    void *calls = NULL;
    int rc = field_list(fr, name, v, GEN_TOOL_CALLS_MAX, sizeof *ret->tool_calls, read_call, &calls, &ret->n_tool_calls);
    ret->tool_calls = calls;
    return rc;
}
