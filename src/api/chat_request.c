/* POST /v1/chat/completions: messages. */
#include <stdio.h>

#include "api/body.h"
#include "api/chat_tools.h"
#include "api/request.h"

enum { TEMPLATE_KWARGS_BYTES_MAX = 1 << 16 };

#define AT(member) offsetof(struct api_request, member)

static const struct {
    const char *name;
    enum gen_role role;
} roles[] = {
    {"system", GEN_ROLE_SYSTEM},       {"developer", GEN_ROLE_SYSTEM}, {"user", GEN_ROLE_USER},
    {"assistant", GEN_ROLE_ASSISTANT}, {"tool", GEN_ROLE_TOOL},
};

static int read_role(struct field_reader *fr, size_t index, json_t *message, enum gen_role *ret)
{
    char name[64];
    snprintf(name, sizeof name, "messages[%zu].role", index);
    json_t *v = json_object_get(message, "role");
    if (!json_is_string(v))
        return v ? field_wrong(fr, name, "a string", v) : api_error_set(fr->error, 400, "missing_field", name, "'%s' is missing", name);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (str_eq(field_str(v), str_of(roles[i].name))) {
            *ret = roles[i].role;
            return OK;
        }
    return api_error_set(fr->error, 400, "invalid_value", name, "'%s' is '%.40s', but must be system, developer, user, assistant or tool",
                         name, json_string_value(v));
}

/* One element of an array as content; only text can be read. */
static int read_part(struct field_reader *fr, const char *name, json_t *part, struct str *ret)
{
    char field[96];
    json_t *type = json_object_get(part, "type"), *text = json_object_get(part, "text");
    if (!json_is_object(part))
        return field_wrong(fr, name, "an object with type and text", part);
    snprintf(field, sizeof field, "%s.type", name);
    if (!json_is_string(type))
        return type ? field_wrong(fr, field, "a string", type)
                    : api_error_set(fr->error, 400, "missing_field", field, "'%s' is missing", field);
    if (!str_eq(field_str(type), STR("text")))
        return api_error_set(fr->error, 400, "unsupported_content", field, "'%s' is '%.40s', but the models here read only text", field,
                             json_string_value(type));
    snprintf(field, sizeof field, "%s.text", name);
    if (!json_is_string(text))
        return text ? field_wrong(fr, field, "a string", text)
                    : api_error_set(fr->error, 400, "missing_field", field, "'%s' is missing", field);
    *ret = field_str(text);
    return OK;
}

/* The texts of all parts, one after the other. */
static int read_parts(struct field_reader *fr, size_t index, json_t *parts, struct str *ret)
{
    size_t n = json_array_size(parts), len = 0, at = 0;
    struct str *texts = field_array(fr, n, sizeof *texts);
    if (!texts)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char name[80];
        snprintf(name, sizeof name, "messages[%zu].content[%zu]", index, i);
        int rc = read_part(fr, name, json_array_get(parts, i), &texts[i]);
        if (rc)
            return rc;
        len += texts[i].len;
    }
    char *joined = field_array(fr, len, 1);
    if (!joined)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; at += texts[i++].len)
        memcpy(joined + at, texts[i].ptr, texts[i].len);
    *ret = str_from(joined, len);
    return OK;
}

static int read_content(struct field_reader *fr, size_t index, json_t *message, struct gen_message *ret)
{
    char name[64];
    snprintf(name, sizeof name, "messages[%zu].content", index);
    json_t *v = json_object_get(message, "content");
    if (json_is_array(v))
        return read_parts(fr, index, v, &ret->content);
    if (json_is_string(v))
        ret->content = field_str(v);
    else if (v && !json_is_null(v))
        return field_wrong(fr, name, "a string or an array of text parts", v);
    else if (ret->role != GEN_ROLE_ASSISTANT)
        return api_error_set(fr->error, 400, "missing_field", name, "'%s' is missing", name);
    return OK;
}

static int read_message(struct field_reader *fr, size_t index, json_t *message, struct gen_message *ret)
{
    char name[64];
    snprintf(name, sizeof name, "messages[%zu]", index);
    if (!json_is_object(message))
        return field_wrong(fr, name, "an object with role and content", message);
    int rc = read_role(fr, index, message, &ret->role);
    if (!rc)
        rc = read_content(fr, index, message, ret);
    if (rc)
        return rc;
    snprintf(name, sizeof name, "messages[%zu].", index);
    return chat_read_message_rest(fr, name, message, ret);
}

static int read_messages(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    size_t n = json_array_size(v);
    if (!n || n > GEN_MESSAGES_MAX)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'messages' has %zu messages, but must have 1 to %d", n,
                             GEN_MESSAGES_MAX);
    struct gen_message *messages = field_array(fr, n, sizeof *messages);
    if (!messages)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int rc = read_message(fr, i, json_array_get(v, i), &messages[i]);
        if (rc)
            return rc;
    }
    r->gen.messages = messages;
    r->gen.n_messages = n;
    return OK;
}

static int read_modalities(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)target;
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    for (size_t i = 0; i < json_array_size(v); i++) {
        if (!str_eq(field_str(json_array_get(v, i)), STR("text")))
            return field_unsupported(fr, f->name, "answers are text only");
    }
    return OK;
}

/* Further variables of the model's chat template. The switch that most templates know by this name is one of ours, too. */
static int read_template_kwargs(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_object(v))
        return field_wrong(fr, f->name, f->type, v);
    size_t n = json_dumpb(v, NULL, 0, JSON_COMPACT);
    if (n > TEMPLATE_KWARGS_BYTES_MAX)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'%s' has %zu bytes, but must have at most %d", f->name, n,
                             TEMPLATE_KWARGS_BYTES_MAX);
    char *text = field_array(fr, n, 1);
    if (!text)
        return ERR_NOMEM;
    json_dumpb(v, text, n, JSON_COMPACT);
    r->gen.template_kwargs = str_from(text, n);
    json_t *thinking = json_object_get(v, "enable_thinking");
    if (json_is_boolean(thinking))
        r->gen.thinking = json_is_true(thinking) ? GEN_THINK_ON : GEN_THINK_OFF;
    return OK;
}

static int refuse(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    (void)v;
    (void)target;
    return field_unsupported(fr, f->name, f->about);
}

/* clang-format off */
const struct field api_chat_fields[] = {
    {.name = "messages", .kind = FIELD_OTHER, .read = read_messages, .type = "an array of messages", .about = "role (system, developer, user, assistant, tool) and content (a string, or an array of text parts)"},
    {.name = "max_completion_tokens", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(max_completion_tokens), .about = "the newer name of max_tokens"},
    {.name = "logprobs", .kind = FIELD_BOOL, .at = AT(gen.logprobs), .about = "the log-probability of each token"},
    {.name = "top_logprobs", .kind = FIELD_U32, .max = GEN_TOP_LOGPROBS_MAX, .at = AT(gen.top_logprobs), .about = "and of so many likeliest tokens in its place; needs logprobs"},
    {.name = "continue_final_message", .kind = FIELD_BOOL, .at = AT(gen.continue_last), .about = "the last message is an assistant's, which is to be continued"},
    {.name = "tools", .kind = FIELD_OTHER, .read = chat_read_tools, .type = "an array of tools", .about = "functions that the model may call: name, description, and parameters as a JSON Schema, which arguments are held to"},
    {.name = "tool_choice", .kind = FIELD_OTHER, .read = chat_read_tool_choice, .type = "\"auto\", \"none\", \"required\", or an object that names a function", .about = "whether the model calls a tool"},
    {.name = "parallel_tool_calls", .kind = FIELD_BOOL, .at = AT(gen.parallel_tool_calls), .about = "false: at most one call in an answer"},
    {.name = "functions", .kind = FIELD_REFUSED, .about = "use tools, its newer form"},
    {.name = "function_call", .kind = FIELD_REFUSED, .about = "use tool_choice, its newer form"},
    {.name = "reasoning_effort", .kind = FIELD_OTHER, .read = chat_read_effort, .type = "\"none\", \"minimal\", \"low\", \"medium\", \"high\" or \"xhigh\"", .about = "how long the model may think before it answers: at most 256 tokens (minimal), 1,024 (low) or 4,096 (medium); none: not at all"},
    {.name = "thinking_budget", .kind = FIELD_U32, .min = 1, .max = INT32_MAX, .at = AT(gen.think_budget), .about = "the same in tokens; then thinking is ended"},
    {.name = "include_reasoning", .kind = FIELD_OTHER, .read = chat_read_include_reasoning, .type = "a boolean", .about = "false: reasoning_content is left out; its tokens count all the same"},
    {.name = "chat_template_kwargs", .kind = FIELD_OTHER, .read = read_template_kwargs, .type = "an object", .about = "further variables of the model's chat template, such as enable_thinking; at most 64 KiB"},
    {.name = "modalities", .kind = FIELD_OTHER, .read = read_modalities, .type = "an array of strings", .about = "only [\"text\"]"},
    {.name = "audio", .kind = FIELD_OTHER, .read = refuse, .type = "refused", .about = "answers are text only"},
    {.name = "web_search_options", .kind = FIELD_OTHER, .read = refuse, .type = "refused", .about = "models here do not search the web"},
};
/* clang-format on */
const size_t api_n_chat_fields = sizeof api_chat_fields / sizeof *api_chat_fields;

/* What no single field can say about itself. */
static int check(struct field_reader *fr, const struct api_request *r)
{
    const struct gen_request *g = &r->gen;
    if (!g->n_messages)
        return api_error_set(fr->error, 400, "missing_field", "messages", "'messages' is missing");
    int rc = chat_check_tools(fr, g);
    if (rc)
        return rc;
    if (g->top_logprobs && !g->logprobs)
        return api_error_set(fr->error, 400, "invalid_value", "top_logprobs", "'top_logprobs' needs 'logprobs' to be true");
    if (g->continue_last && g->messages[g->n_messages - 1].role != GEN_ROLE_ASSISTANT)
        return api_error_set(fr->error, 400, "invalid_value", "continue_final_message",
                             "'continue_final_message' needs a last message of the assistant");
    return OK;
}

int api_parse_chat(struct str body, size_t depth_max, struct arena *a, struct api_request *ret, struct api_error *e)
{
    struct field_reader fr = {.arena = a, .error = e};
    struct api_request r = {0};
    gen_request_init(&r.gen, GEN_CHAT);
    int rc = body_parse(body, depth_max, &r.root, e);
    if (!rc)
        rc = api_read_common(&fr, &r);
    if (!rc)
        rc = fields_read(&fr, api_chat_fields, api_n_chat_fields, "", r.root, &r);
    if (!rc)
        rc = check(&fr, &r);
    if (rc) {
        api_request_deinit(&r);
        return rc;
    }
    r.gen.max_tokens = r.max_completion_tokens ? r.max_completion_tokens : r.max_tokens;
    *ret = r;
    return OK;
}
