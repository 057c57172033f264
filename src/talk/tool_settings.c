#include "talk/tool_settings.h"

#include <stdlib.h>

enum { TOOL_NAME_MAX = 64 }; /* as the engine wants it (engine/prompt.c) */

static bool good_name(const json_t *name)
{
    struct str s = json_is_string(name) ? str_from(json_string_value(name), json_string_length(name)) : (struct str){0};
    const struct str chars = STR("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    for (size_t i = 0; i < s.len; i++)
        if (str_chr(chars, s.ptr[i]) < 0)
            return false;
    return s.len && s.len <= TOOL_NAME_MAX;
}

static const json_t *schema_of(const json_t *function)
{
    static const char *const keys[] = {"parameters", "input_schema", "inputSchema"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *v = json_object_get(function, keys[i]);
        if (v && !json_is_null(v))
            return v;
    }
    return NULL;
}

/* One tool in OpenAI's form. */
static int read_tool(const json_t *v, size_t i, json_t *list, struct err *e)
{
    const json_t *inner = json_object_get(v, "function"), *function = inner ? inner : v;
    json_t *name = json_object_get(function, "name"), *about = json_object_get(function, "description");
    const json_t *schema = schema_of(function);
    if (!json_is_object(function))
        return err_set(e, ERR_INVAL, "'settings.tools[%zu]' must be an object with name, description and parameters", i);
    if (!good_name(name))
        return err_set(e, ERR_INVAL, "'settings.tools[%zu].name' must be 1 to %d letters, digits, '_', '-' or '.'", i, TOOL_NAME_MAX);
    for (size_t k = 0; k < json_array_size(list); k++)
        if (json_equal(name, json_object_get(json_object_get(json_array_get(list, k), "function"), "name")))
            return err_set(e, ERR_INVAL, "'settings.tools[%zu].name': another tool is called '%s', too", i, json_string_value(name));
    if (about && !json_is_null(about) && !json_is_string(about))
        return err_set(e, ERR_INVAL, "'settings.tools[%zu].description' must be a string", i);
    if (schema && !json_is_object(schema))
        return err_set(e, ERR_INVAL, "'settings.tools[%zu].parameters' must be a JSON Schema, an object", i);
    json_t *ret = json_pack("{s:s, s:{s:O}}", "type", "function", "function", "name", name);
    json_t *target = json_object_get(ret, "function");
    if (json_is_string(about))
        json_object_set(target, "description", about);
    if (schema)
        json_object_set_new(target, "parameters", json_deep_copy(schema));
    return ret && !json_array_append_new(list, ret) ? OK : err_set(e, ERR_NOMEM, "out of memory for tools");
}

int tool_settings_read(const json_t *v, json_t **ret, struct err *e)
{
    size_t n = json_array_size(v);
    if (!json_is_array(v) || n > GEN_TOOLS_MAX)
        return err_set(e, ERR_INVAL, "'settings.tools' must be an array of at most %d tools", GEN_TOOLS_MAX);
    json_t *list = json_array();
    int rc = list ? OK : err_set(e, ERR_NOMEM, "out of memory for tools");
    for (size_t i = 0; i < n && !rc; i++)
        rc = read_tool(json_array_get(v, i), i, list, e);
    if (rc)
        json_decref(list);
    else
        *ret = list;
    return rc;
}

static bool keep(const json_t *v, struct arena *a, struct str *ret)
{
    *ret = json_is_string(v) ? arena_dup(a, str_from(json_string_value(v), json_string_length(v))) : (struct str){"", 0};
    return ret->ptr != NULL;
}

static bool keep_json(const json_t *v, struct arena *a, struct str *ret)
{
    char *text = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    *ret = text ? arena_dup(a, str_of(text)) : (struct str){"", 0};
    free(text);
    return ret->ptr != NULL && (text || !v);
}

int tool_settings_apply(const json_t *v, struct arena *a, struct gen_request *r)
{
    size_t n = json_array_size(v);
    struct gen_tool *tools = arena_calloc(a, n, sizeof *tools);
    for (size_t i = 0; tools && i < n; i++) {
        const json_t *f = json_object_get(json_array_get(v, i), "function");
        if (!keep(json_object_get(f, "name"), a, &tools[i].name) || !keep(json_object_get(f, "description"), a, &tools[i].description) ||
            !keep_json(json_object_get(f, "parameters"), a, &tools[i].parameters))
            return ERR_NOMEM;
    }
    r->tools = tools;
    r->n_tools = n;
    return tools ? OK : ERR_NOMEM;
}
