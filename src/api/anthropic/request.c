/* The body of POST /v1/messages. */
#include <stdio.h>

#include "api/anthropic/anthropic.h"
#include "api/body.h"

#define AT(member) offsetof(struct anthropic_request, member)

static int read_system(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    return anthropic_read_text(fr, f->name, v, &((struct anthropic_request *)target)->system);
}

/* What is only read once the system prompt is known. */
static int read_later(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    return json_is_array(v) ? OK : field_wrong(fr, f->name, f->type, v);
}

static int read_metadata(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {{.name = "user_id", .kind = FIELD_STR, .max = API_USER_BYTES_MAX, .at = AT(api.gen.owner)}};
    return json_is_object(v) ? fields_read(fr, rows, 1, "metadata.", v, target) : field_wrong(fr, f->name, f->type, v);
}

/* ---- tools */

/* Tools with a type of their own run at Anthropic. */
static int read_tool(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    char field[80];
    json_t *type = json_object_get(v, "type");
    snprintf(field, sizeof field, "%s.type", name);
    if (json_is_string(type) && !str_eq(field_str(type), STR("custom")))
        return field_unsupported(fr, field, "no tools run here: only those that you call yourself can be offered");
    return api_read_tool(fr, name, v, "input_schema", element);
}

static int read_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    void *tools = NULL;
    int rc = field_list(fr, f->name, v, GEN_TOOLS_MAX, sizeof *r->gen.tools, read_tool, &tools, &r->gen.n_tools);
    r->gen.tools = tools;
    return rc;
}

static int read_choice_type(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct {
        const char *name;
        enum gen_tool_choice choice;
    } known[] = {{"auto", GEN_TOOLS_AUTO}, {"any", GEN_TOOLS_REQUIRED}, {"tool", GEN_TOOLS_NAMED}, {"none", GEN_TOOLS_NONE}};
    struct api_request *r = target;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(field_str(v), str_of(known[i].name))) {
            r->gen.tool_choice = known[i].choice;
            return OK;
        }
    return field_wrong(fr, f->name, f->type, v);
}

static int read_one_call(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_boolean(v))
        return field_wrong(fr, f->name, f->type, v);
    r->gen.parallel_tool_calls = !json_is_true(v);
    return OK;
}

static int read_tool_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {
        {.name = "type", .kind = FIELD_OTHER, .read = read_choice_type, .type = "\"auto\", \"any\", \"tool\" or \"none\""},
        {.name = "name", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = AT(api.gen.tool_choice_name)},
        {.name = "disable_parallel_tool_use", .kind = FIELD_OTHER, .read = read_one_call, .type = "a boolean"},
    };
    struct api_request *r = target;
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    int rc = fields_read(fr, rows, sizeof rows / sizeof *rows, "tool_choice.", v, target);
    if (!rc && !json_object_get(v, "type"))
        return field_missing(fr, "tool_choice.type");
    return rc || r->gen.tool_choice != GEN_TOOLS_NAMED || r->gen.tool_choice_name.len ? rc : field_missing(fr, "tool_choice.name");
}

/* ---- thinking and formats */

static int read_thinking_type(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    struct str type = field_str(v);
    if (str_eq(type, STR("enabled")) || str_eq(type, STR("adaptive")))
        r->gen.thinking = GEN_THINK_ON;
    else if (str_eq(type, STR("disabled")))
        r->gen.thinking = GEN_THINK_OFF;
    else
        return field_wrong(fr, f->name, f->type, v);
    return OK;
}

static int read_thinking(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {
        {.name = "type", .kind = FIELD_OTHER, .read = read_thinking_type, .type = "\"enabled\", \"disabled\" or \"adaptive\""},
        {.name = "budget_tokens", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(api.gen.think_budget)},
        {.name = "display", .kind = FIELD_IGNORED},
    };
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    int rc = fields_read(fr, rows, sizeof rows / sizeof *rows, "thinking.", v, target);
    return rc || json_object_get(v, "type") ? rc : field_missing(fr, "thinking.type");
}

static int read_format(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    json_t *schema = json_object_get(v, "schema");
    if (!str_eq(field_str(json_object_get(v, "type")), STR("json_schema")) || !json_is_object(schema))
        return field_wrong(fr, f->name, "an object with type \"json_schema\" and a schema", v);
    r->gen.format = GEN_FORMAT_SCHEMA;
    return field_json(fr, schema, &r->gen.format_text);
}

static int read_output(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct field rows[] = {
        {.name = "format", .kind = FIELD_OTHER, .read = read_format},
        {.name = "effort", .kind = FIELD_STR, .max = 20, .at = AT(api.gen.reasoning_effort)},
    };
    return json_is_object(v) ? fields_read(fr, rows, 2, "output_config.", v, target) : field_wrong(fr, f->name, f->type, v);
}

#define SAMPLING(field, k, lo, hi, text)                                                                               \
    {                                                                                                                  \
        .name = #field, .kind = FIELD_##k, .min = (lo), .max = (hi), .at = AT(api.gen.sampling.field), .about = (text) \
    }

/* clang-format off */
const struct field anthropic_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(api.model), .about = "the model's name as /v1/models lists it; without it the default model answers"},
    {.name = "max_tokens", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(api.gen.max_tokens), .about = "the most tokens of the answer, thinking included"},
    {.name = "messages", .kind = FIELD_OTHER, .read = read_later, .type = "an array of messages", .about = "role (user, assistant) and content: a string, or blocks text, thinking, redacted_thinking (ignored), tool_use, tool_result (its is_error is ignored). A last message of the assistant is continued"},
    {.name = "system", .kind = FIELD_OTHER, .read = read_system, .type = "a string or an array of text blocks", .about = "the system prompt"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(api.stream), .about = "send the answer in pieces, as server-sent events"},
    {.name = "stop_sequences", .kind = FIELD_OTHER, .read = api_read_stop, .type = "an array of strings", .about = "texts that end an answer; they are not part of it"},
    SAMPLING(temperature, F32, 0, 2, "0 takes the likeliest token always; higher is livelier"),
    SAMPLING(top_k, U32, 0, INT32_MAX, "choose among the k likeliest tokens; 0: off"),
    SAMPLING(top_p, F32, 0, 1, "choose among the likeliest tokens that together have this probability; 1: off"),
    {.name = "tools", .kind = FIELD_OTHER, .read = read_tools, .type = "an array of tools", .about = "name, description, input_schema; what the model may call. Tools that run at Anthropic are refused"},
    {.name = "tool_choice", .kind = FIELD_OTHER, .read = read_tool_choice, .type = "an object with a type", .about = "auto, any, none, or tool with a name; disable_parallel_tool_use"},
    {.name = "thinking", .kind = FIELD_OTHER, .read = read_thinking, .type = "an object with a type", .about = "enabled (with budget_tokens, if any), adaptive, disabled. Without it the model does as its template has it, and thinking is not shown"},
    {.name = "output_config", .kind = FIELD_OTHER, .read = read_output, .type = "an object", .about = "format: {type: \"json_schema\", schema}; effort"},
    {.name = "output_format", .kind = FIELD_OTHER, .read = read_format, .type = "an object with type and schema", .about = "an older place of output_config.format"},
    {.name = "metadata", .kind = FIELD_OTHER, .read = read_metadata, .type = "an object", .about = "user_id: prompt prefixes are shared only between requests of the same user"},
    {.name = "cache_control", .kind = FIELD_IGNORED, .about = "beginnings of prompts are remembered anyway"},
    {.name = "service_tier", .kind = FIELD_IGNORED, .about = "there is one"},
    {.name = "inference_geo", .kind = FIELD_IGNORED, .about = "models run here"},
    {.name = "container", .kind = FIELD_REFUSED, .about = "no tools run here"},
    {.name = "mcp_servers", .kind = FIELD_REFUSED, .about = "no tools run here"},
    {.name = "context_management", .kind = FIELD_REFUSED, .about = "conversations are never cut: send what the model is to read"},
};
/* clang-format on */
const size_t anthropic_n_fields = sizeof anthropic_fields / sizeof *anthropic_fields;

static int parse(struct field_reader *fr, struct str body, size_t depth_max, struct anthropic_request *r)
{
    int rc = body_parse(body, depth_max, &r->api.root, fr->error);
    if (!rc)
        rc = fields_read(fr, anthropic_fields, anthropic_n_fields, "", r->api.root, r);
    json_t *messages = json_object_get(r->api.root, "messages");
    if (!rc && !json_array_size(messages))
        return field_missing(fr, "messages");
    return rc ? rc : anthropic_read_messages(fr, messages, r->system, &r->api.gen);
}

int anthropic_parse(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct anthropic_request r = {0};
    gen_request_init(&r.api.gen, GEN_CHAT);
    int rc = parse(&fr, body, depth_max, &r);
    if (rc) {
        api_request_deinit(&r.api);
        return rc;
    }
    r.api.hides_reasoning = r.api.gen.thinking != GEN_THINK_ON;
    *ret = r.api;
    return OK;
}
