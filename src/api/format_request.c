/* What an answer must be like: OpenAI's response_format, and the fields by which vLLM and llama-server take schemas, expressions, choices
 * and grammars. All become gen's format and format_text; the worker compiles it and refuses what cannot be enforced. */
#include "api/request.h"

static int set(struct field_reader *fr, const struct field *f, struct api_request *r, enum gen_format format, struct str text)
{
    if (r->gen.format != GEN_FORMAT_TEXT)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'%s' is a second format: an answer can have only one", f->name);
    r->gen.format = format;
    r->gen.format_text = text;
    return OK;
}

/* A value as text again; it keeps the order of its keys. */
static int set_json(struct field_reader *fr, const struct field *f, struct api_request *r, enum gen_format format, json_t *v)
{
    struct str text;
    int rc = field_json(fr, v, &text);
    return rc ? rc : set(fr, f, r, format, text);
}

int api_read_schema(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (json_is_string(v)) /* vLLM takes it as text, too */
        return set(fr, f, target, GEN_FORMAT_SCHEMA, field_str(v));
    if (!json_is_object(v) && !json_is_boolean(v))
        return field_wrong(fr, f->name, f->type, v);
    return set_json(fr, f, target, GEN_FORMAT_SCHEMA, v);
}

int api_read_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    return set_json(fr, f, target, GEN_FORMAT_CHOICE, v);
}

int api_read_regex(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (!json_is_string(v) || !json_string_length(v))
        return field_wrong(fr, f->name, f->type, v);
    return set(fr, f, target, GEN_FORMAT_REGEX, field_str(v));
}

int api_read_grammar(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    if (!json_is_string(v))
        return field_wrong(fr, f->name, f->type, v);
    /* llama-server's clients send "" for none */
    return json_string_length(v) ? set(fr, f, target, GEN_FORMAT_GBNF, field_str(v)) : OK;
}

/* {"type": "json_schema", "json_schema": {"name": …, "schema": {…}}} */
static int read_json_schema(struct field_reader *fr, const struct field *f, json_t *v, struct api_request *r)
{
    json_t *outer = json_object_get(v, "json_schema"), *schema = json_object_get(outer, "schema");
    if (!json_is_object(outer))
        return outer ? field_wrong(fr, "response_format.json_schema", "an object", outer)
                     : api_error_set(fr->error, 400, "missing_field", "response_format.json_schema", "'%s' is missing",
                                     "response_format.json_schema");
    if (!schema)
        return api_error_set(fr->error, 400, "missing_field", "response_format.json_schema.schema", "'%s' is missing",
                             "response_format.json_schema.schema");
    if (!json_is_object(schema) && !json_is_boolean(schema))
        return field_wrong(fr, "response_format.json_schema.schema", "a JSON Schema", schema);
    return set_json(fr, f, r, GEN_FORMAT_SCHEMA, schema);
}

int api_read_response_format(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_t *type = json_object_get(v, "type"), *schema = json_object_get(v, "schema");
    if (!json_is_string(type))
        return field_wrong(fr, f->name, f->type, v);
    struct str name = field_str(type);
    if (str_eq(name, STR("text")))
        return OK;
    if (str_eq(name, STR("json_schema")))
        return read_json_schema(fr, f, v, r);
    if (!str_eq(name, STR("json_object")))
        return api_error_set(fr->error, 400, "invalid_value", "response_format.type",
                             "'response_format.type' is '%.40s', but must be text, json_object or json_schema", name.ptr);
    if (json_is_object(schema)) /* llama-server's form */
        return set_json(fr, f, r, GEN_FORMAT_SCHEMA, schema);
    return set(fr, f, r, GEN_FORMAT_JSON, STR(""));
}
