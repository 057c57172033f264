/* The bodies of /api/chat and /api/generate. */
#include "api/body.h"
#include "api/ollama/ollama.h"
#include "api/tool_fields.h"

#define AT(member) offsetof(struct ollama_request, member)

struct str ollama_model_name(struct str name)
{
    const struct str tag = STR(":latest");
    return str_ends(name, tag) ? str_head(name, name.len - tag.len) : name;
}

/* "json", a JSON Schema, or nothing. */
static int read_format(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (json_is_string(v) && !json_string_length(v))
        return OK;
    if (json_is_object(v)) {
        r->gen.format = GEN_FORMAT_SCHEMA;
        return field_json(fr, v, &r->gen.format_text);
    }
    if (!json_is_string(v) || !str_eq(field_str(v), STR("json")))
        return field_wrong(fr, f->name, f->type, v);
    r->gen.format = GEN_FORMAT_JSON;
    return OK;
}

static int read_think(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const char *const efforts[] = {"low", "medium", "high"};
    struct api_request *r = target;
    if (json_is_boolean(v)) {
        r->gen.thinking = json_is_true(v) ? GEN_THINK_ON : GEN_THINK_OFF;
        return OK;
    }
    for (size_t i = 0; json_is_string(v) && i < sizeof efforts / sizeof *efforts; i++)
        if (str_eq(field_str(v), str_of(efforts[i]))) {
            r->gen.thinking = GEN_THINK_ON;
            r->gen.reasoning_effort = field_str(v);
            return OK;
        }
    return field_wrong(fr, f->name, f->type, v);
}

/* clang-format off */
const struct field ollama_common_fields[] = {
    {.name = "model", .kind = FIELD_STR, .max = API_NAME_BYTES_MAX, .at = AT(api.model), .about = "the model's name, with or without \":latest\"; without it the default model answers"},
    {.name = "stream", .kind = FIELD_BOOL, .at = AT(api.stream), .about = "send the answer in pieces, a line of JSON each (true)"},
    {.name = "options", .kind = FIELD_OTHER, .read = ollama_read_options, .type = "an object", .about = "see below"},
    {.name = "format", .kind = FIELD_OTHER, .read = read_format, .type = "\"json\" or a JSON Schema", .about = "what the answer's text must be"},
    {.name = "think", .kind = FIELD_OTHER, .read = read_think, .type = "a boolean, or \"low\", \"medium\" or \"high\"", .about = "whether the model thinks before it answers; absent: as its template has it"},
    {.name = "keep_alive", .kind = FIELD_IGNORED, .about = "how long models stay loaded is the server's setting"},
    {.name = "logprobs", .kind = FIELD_REFUSED, .about = "/v1/chat/completions and /v1/completions have them"},
    {.name = "top_logprobs", .kind = FIELD_REFUSED, .about = "/v1/chat/completions and /v1/completions have them"},
};
const struct field ollama_chat_fields[] = {
    {.name = "messages", .kind = FIELD_OTHER, .read = ollama_read_messages, .type = "an array of messages", .about = "role (system, user, assistant, tool), content, thinking, tool_calls, tool_name; images are refused. None: the model is loaded"},
    {.name = "tools", .kind = FIELD_OTHER, .read = api_read_openai_tools, .type = "an array of functions", .about = "what the model may call"},
};
const struct field ollama_generate_fields[] = {
    {.name = "prompt", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(prompt), .type = "a string", .about = "what is asked; absent or empty: the model is loaded"},
    {.name = "system", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(system), .type = "a string", .about = "the system prompt"},
    {.name = "raw", .kind = FIELD_BOOL, .at = AT(raw), .about = "the prompt is continued as it is, without the model's chat format"},
    {.name = "suffix", .kind = FIELD_REFUSED, .about = "POST /infill fills in between, for models that can"},
    {.name = "images", .kind = FIELD_REFUSED, .about = "the models here read only text"},
    {.name = "template", .kind = FIELD_REFUSED, .about = "the model's own chat format is used; \"raw\" leaves it out"},
    {.name = "context", .kind = FIELD_REFUSED, .about = "send the conversation as messages to /api/chat; its beginning is remembered anyway"},
};
/* clang-format on */
const size_t ollama_n_common_fields = sizeof ollama_common_fields / sizeof *ollama_common_fields;
const size_t ollama_n_chat_fields = sizeof ollama_chat_fields / sizeof *ollama_chat_fields;
const size_t ollama_n_generate_fields = sizeof ollama_generate_fields / sizeof *ollama_generate_fields;

static int parse(struct str body, size_t depth_max, struct field_reader *fr, const struct field *rows, size_t n, struct ollama_request *ret)
{
    gen_request_init(&ret->api.gen, GEN_CHAT);
    ret->api.stream = true;
    int rc = body_parse(body, depth_max, &ret->api.root, fr->error);
    if (!rc)
        rc = fields_read(fr, ollama_common_fields, ollama_n_common_fields, "", ret->api.root, ret);
    if (!rc)
        rc = fields_read(fr, rows, n, "", ret->api.root, ret);
    ret->api.model = ollama_model_name(ret->api.model);
    return rc;
}

static int keep(int rc, struct ollama_request *r, struct api_request *ret)
{
    if (rc)
        api_request_deinit(&r->api);
    else
        *ret = r->api;
    return rc;
}

int ollama_parse_chat(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct ollama_request r = {0};
    return keep(parse(body, depth_max, &fr, ollama_chat_fields, ollama_n_chat_fields, &r), &r, ret);
}

/* A prompt is a conversation of one message, with the system prompt before it. */
static int make_messages(struct field_reader *fr, struct ollama_request *r)
{
    if (r->raw && r->system.len)
        return field_unsupported(fr, "system", "a raw prompt is sent as it is");
    if (!r->prompt.len)
        return OK;
    if (r->raw) {
        r->api.gen.kind = GEN_COMPLETE;
        r->api.gen.prompt = r->prompt;
        return OK;
    }
    struct gen_message *m = field_array(fr, 2, sizeof *m);
    if (!m)
        return ERR_NOMEM;
    size_t n = 0;
    if (r->system.len)
        m[n++] = (struct gen_message){.role = GEN_ROLE_SYSTEM, .content = r->system};
    m[n++] = (struct gen_message){.role = GEN_ROLE_USER, .content = r->prompt};
    r->api.gen.messages = m;
    r->api.gen.n_messages = n;
    return OK;
}

int ollama_parse_generate(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct ollama_request r = {0};
    int rc = parse(body, depth_max, &fr, ollama_generate_fields, ollama_n_generate_fields, &r);
    if (!rc)
        rc = make_messages(&fr, &r);
    return keep(rc, &r, ret);
}

bool ollama_only_loads(const struct api_request *r)
{
    return r->gen.kind == GEN_CHAT && !r->gen.n_messages;
}
