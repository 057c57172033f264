/* The body of POST /v1/responses. */
#include <stdio.h>

#include "api/body.h"
#include "api/responses/internal.h"

enum { METADATA_MAX = 16, METADATA_KEY_MAX = 64, METADATA_VALUE_MAX = 512, INSTRUCTIONS_BYTES_MAX = 16 << 20 };

#define AT(member) offsetof(struct responses_request, member)

static int read_later(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    return json_is_array(v) || json_is_string(v) ? OK : field_wrong(fr, f->name, f->type, v);
}

/* ---- tools */

static int read_tool(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    char field[80];
    json_t *type = json_object_get(v, "type");
    snprintf(field, sizeof field, "%s.type", name);
    if (json_is_string(type) && !str_eq(field_str(type), STR("function")))
        return field_unsupported(fr, field, "no tools run here: only functions that you call yourself can be offered");
    return api_read_tool(fr, name, v, "parameters", element);
}

static int read_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    void *tools = NULL;
    int rc = field_list(fr, f->name, v, GEN_TOOLS_MAX, sizeof *r->gen.tools, read_tool, &tools, &r->gen.n_tools);
    r->gen.tools = tools;
    return rc;
}

static int read_tool_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct {
        const char *name;
        enum gen_tool_choice choice;
    } known[] = {{"auto", GEN_TOOLS_AUTO}, {"required", GEN_TOOLS_REQUIRED}, {"none", GEN_TOOLS_NONE}};
    struct api_request *r = target;
    for (size_t i = 0; json_is_string(v) && i < sizeof known / sizeof *known; i++)
        if (str_eq(field_str(v), str_of(known[i].name))) {
            r->gen.tool_choice = known[i].choice;
            return OK;
        }
    json_t *name = json_object_get(v, "name");
    if (!str_eq(field_str(json_object_get(v, "type")), STR("function")) || !json_is_string(name) || !json_string_length(name) ||
        json_string_length(name) > GEN_NAME_BYTES_MAX)
        return field_wrong(fr, f->name, f->type, v);
    r->gen.tool_choice = GEN_TOOLS_NAMED;
    r->gen.tool_choice_name = field_str(name);
    return OK;
}

/* ---- text and reasoning */

static int read_format(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    struct str type = field_str(json_object_get(v, "type"));
    json_t *schema = json_object_get(v, "schema");
    if (str_eq(type, STR("text")))
        return OK;
    if (str_eq(type, STR("json_object"))) {
        r->gen.format = GEN_FORMAT_JSON;
        return OK;
    }
    if (!str_eq(type, STR("json_schema")) || !json_is_object(schema))
        return field_wrong(fr, f->name, "an object with type \"text\", \"json_object\", or \"json_schema\" and a schema", v);
    r->gen.format = GEN_FORMAT_SCHEMA;
    return field_json(fr, schema, &r->gen.format_text);
}

static int read_text(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {
        {.name = "format", .kind = FIELD_OTHER, .read = read_format},
        {.name = "verbosity", .kind = FIELD_IGNORED},
    };
    return json_is_object(v) ? fields_read(fr, rows, 2, "text.", v, target) : field_wrong(fr, f->name, f->type, v);
}

static int read_effort(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const char *const known[] = {"none", "minimal", "low", "medium", "high", "xhigh"};
    struct api_request *r = target;
    for (size_t i = 0; json_is_string(v) && i < sizeof known / sizeof *known; i++)
        if (str_eq(field_str(v), str_of(known[i]))) {
            r->gen.thinking = i ? GEN_THINK_ON : GEN_THINK_OFF;
            r->gen.reasoning_effort = i ? field_str(v) : (struct str){0};
            return OK;
        }
    return field_wrong(fr, f->name, f->type, v);
}

static int read_reasoning(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {
        {.name = "effort", .kind = FIELD_OTHER, .read = read_effort, .type = "none, minimal, low, medium, high or xhigh"},
        {.name = "summary", .kind = FIELD_IGNORED},
        {.name = "generate_summary", .kind = FIELD_IGNORED},
    };
    return json_is_object(v) ? fields_read(fr, rows, 3, "reasoning.", v, target) : field_wrong(fr, f->name, f->type, v);
}

static int read_truncation(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    return json_is_string(v) && str_eq(field_str(v), STR("disabled"))
               ? OK
               : field_unsupported(fr, f->name, "conversations are never cut: send what the model is to read");
}

/* It is given back as it came. */
static int read_metadata(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    const char *key;
    json_t *one;
    if (!json_is_object(v) || json_object_size(v) > METADATA_MAX)
        return field_wrong(fr, f->name, f->type, v);
    json_object_foreach(v, key, one)
    {
        if (strlen(key) > METADATA_KEY_MAX || !json_is_string(one) || json_string_length(one) > METADATA_VALUE_MAX)
            return field_wrong(fr, f->name, f->type, v);
    }
    return OK;
}

#define SAMPLING(field, k, lo, hi, text)                                                                               \
    {                                                                                                                  \
        .name = #field, .kind = FIELD_##k, .min = (lo), .max = (hi), .at = AT(api.gen.sampling.field), .about = (text) \
    }

/* clang-format off */
const struct field responses_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(api.model), .about = "the model's name as /v1/models lists it; without it the default model answers"},
    {.name = "input", .kind = FIELD_OTHER, .read = read_later, .type = "a string or an array of items", .about = "items message (input_text, output_text), function_call, function_call_output, reasoning; images, files and references are refused"},
    {.name = "instructions", .kind = FIELD_STR, .max = INSTRUCTIONS_BYTES_MAX, .at = AT(instructions), .about = "the system prompt of this response only"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(api.stream), .about = "send the answer in pieces, as server-sent events"},
    {.name = "stream_options", .kind = FIELD_IGNORED, .about = "nothing is obfuscated"},
    {.name = "max_output_tokens", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(api.gen.max_tokens), .about = "the most tokens of the answer, thinking included"},
    SAMPLING(temperature, F32, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    SAMPLING(top_p, F32, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    {.name = "tools", .kind = FIELD_OTHER, .read = read_tools, .type = "an array of functions", .about = "what the model may call; tools that run at OpenAI are refused"},
    {.name = "tool_choice", .kind = FIELD_OTHER, .read = read_tool_choice, .type = "\"auto\", \"none\", \"required\" or {type: \"function\", name}", .about = "whether the model must call, and what"},
    {.name = "parallel_tool_calls", .kind = FIELD_BOOL, .at = AT(api.gen.parallel_tool_calls), .about = "more than one call in an answer (true)"},
    {.name = "max_tool_calls", .kind = FIELD_IGNORED, .about = "it bounds tools that run at OpenAI"},
    {.name = "reasoning", .kind = FIELD_OTHER, .read = read_reasoning, .type = "an object", .about = "effort: none, minimal, low, medium, high, xhigh; summary is ignored: the thoughts themselves are shown"},
    {.name = "text", .kind = FIELD_OTHER, .read = read_text, .type = "an object", .about = "format: text, json_object, or json_schema; verbosity is ignored"},
    {.name = "store", .kind = FIELD_BOOL, .at = AT(store), .about = "keep it for GET and previous_response_id (true): encrypted, the principal's last 500, for 30 days"},
    {.name = "previous_response_id", .kind = FIELD_STR, .max = 80, .at = AT(previous), .about = "a stored response that is continued"},
    {.name = "metadata", .kind = FIELD_OTHER, .read = read_metadata, .type = "an object of at most 16 short strings", .about = "given back as it came"},
    {.name = "user", .kind = FIELD_STR, .max = API_USER_BYTES_MAX, .at = AT(api.gen.owner), .about = "prompt prefixes are shared only between requests of the same user"},
    {.name = "safety_identifier", .kind = FIELD_IGNORED, .about = "nobody is told"},
    {.name = "prompt_cache_key", .kind = FIELD_IGNORED, .about = "beginnings of prompts are remembered anyway"},
    {.name = "prompt_cache_retention", .kind = FIELD_IGNORED, .about = "beginnings of prompts are remembered as long as there is room"},
    {.name = "include", .kind = FIELD_IGNORED, .about = "everything there is is shown; nothing is encrypted for you"},
    {.name = "service_tier", .kind = FIELD_IGNORED, .about = "there is one"},
    {.name = "truncation", .kind = FIELD_OTHER, .read = read_truncation, .type = "\"disabled\"", .about = "conversations are never cut"},
    {.name = "top_logprobs", .kind = FIELD_REFUSED, .about = "/v1/chat/completions has them"},
    {.name = "background", .kind = FIELD_REFUSED, .about = "an answer ends with its connection"},
    {.name = "conversation", .kind = FIELD_REFUSED, .about = "send previous_response_id"},
    {.name = "prompt", .kind = FIELD_REFUSED, .about = "there are no stored prompts"},
};
/* clang-format on */
const size_t responses_n_fields = sizeof responses_fields / sizeof *responses_fields;

static int read_root(struct field_reader *fr, struct responses_request *r)
{
    int rc = fields_read(fr, responses_fields, responses_n_fields, "", r->api.root, r);
    json_t *input = json_object_get(r->api.root, "input");
    if (!rc && (!input || json_is_null(input)))
        return field_missing(fr, "input");
    return rc ? rc : responses_read_input(fr, input, r->instructions, &r->api.gen);
}

int responses_read(json_t *root, struct arena *a, struct responses_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct responses_request r = {.api.root = root, .store = true};
    gen_request_init(&r.api.gen, GEN_CHAT);
    int rc = read_root(&fr, &r);
    if (rc) {
        api_request_deinit(&r.api);
        return rc;
    }
    r.api.stores = r.store;
    *ret = r;
    return OK;
}

int responses_parse(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    json_t *root = NULL;
    struct responses_request r;
    int rc = body_parse(body, depth_max, &root, e);
    if (!rc)
        rc = responses_read(root, a, &r, e);
    if (!rc)
        *ret = r.api;
    return rc;
}
