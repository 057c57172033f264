/* Tools and thinking of POST /v1/chat/completions. */
#include "api/chat_tools.h"

/* An empty array is no tools. */
int chat_read_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    return json_is_array(v) && !json_array_size(v) ? OK : api_read_openai_tools(fr, f, v, target);
}

int chat_read_include_reasoning(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    if (!json_is_boolean(v))
        return field_wrong(fr, f->name, f->type, v);
    r->hides_reasoning = json_is_false(v);
    return OK;
}

/* {"type": "function", "function": {"name": …}} */
static int read_named_tool(struct field_reader *fr, json_t *v, struct gen_request *g)
{
    json_t *type = json_object_get(v, "type"), *function = json_object_get(v, "function"), *name = json_object_get(function, "name");
    if (!json_is_string(type) || !str_eq(field_str(type), STR("function")))
        return field_wrong(fr, "tool_choice.type", "\"function\"", type ? type : v);
    if (!function)
        return field_missing(fr, "tool_choice.function");
    if (!json_is_object(function))
        return field_wrong(fr, "tool_choice.function", "an object with a name", function);
    if (!json_is_string(name))
        return name ? field_wrong(fr, "tool_choice.function.name", "a string", name) : field_missing(fr, "tool_choice.function.name");
    g->tool_choice = GEN_TOOLS_NAMED;
    g->tool_choice_name = field_str(name);
    return OK;
}

int chat_read_tool_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const struct {
        const char *name;
        enum gen_tool_choice choice;
    } choices[] = {{"auto", GEN_TOOLS_AUTO}, {"none", GEN_TOOLS_NONE}, {"required", GEN_TOOLS_REQUIRED}};
    struct api_request *r = target;
    if (json_is_object(v))
        return read_named_tool(fr, v, &r->gen);
    for (size_t i = 0; json_is_string(v) && i < sizeof choices / sizeof *choices; i++)
        if (str_eq(field_str(v), str_of(choices[i].name))) {
            r->gen.tool_choice = choices[i].choice;
            return OK;
        }
    return field_wrong(fr, f->name, f->type, v);
}

int chat_read_effort(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    static const char *const efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh"};
    struct api_request *r = target;
    for (size_t i = 0; json_is_string(v) && i < sizeof efforts / sizeof *efforts; i++) {
        if (!str_eq(field_str(v), str_of(efforts[i])))
            continue;
        r->gen.thinking = i ? r->gen.thinking : GEN_THINK_OFF;
        r->gen.reasoning_effort = field_str(v);
        return OK;
    }
    return field_wrong(fr, f->name, f->type, v);
}

int chat_check_tools(struct field_reader *fr, const struct gen_request *g)
{
    bool must = g->tool_choice == GEN_TOOLS_REQUIRED || g->tool_choice == GEN_TOOLS_NAMED, found = g->tool_choice != GEN_TOOLS_NAMED;
    if (must && !g->n_tools)
        return api_error_set(fr->error, 400, "invalid_value", "tool_choice", "'tool_choice' demands a call, but there are no 'tools'");
    for (size_t i = 0; i < g->n_tools; i++)
        found |= str_eq(g->tools[i].name, g->tool_choice_name);
    return found
               ? OK
               : api_error_set(fr->error, 400, "invalid_value", "tool_choice",
                               "'tool_choice' names '" STR_FMT "', which is not among 'tools'", STR_ARG(str_head(g->tool_choice_name, 64)));
}

/* What an assistant's and a tool's messages have beside role and content. */
static int read_calls(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    return json_is_array(v) && !json_array_size(v) ? OK : api_read_calls(fr, f->name, v, target);
}

#define AT(member) offsetof(struct gen_message, member)
int chat_read_message_rest(struct field_reader *fr, const char *prefix, json_t *message, struct gen_message *ret)
{
    static const struct field rows[] = {
        {.name = "name", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = AT(name)},
        {.name = "tool_call_id", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = AT(tool_call_id)},
        {.name = "reasoning_content", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(reasoning), .type = "a string"},
        {.name = "tool_calls", .kind = FIELD_OTHER, .read = read_calls, .type = "an array of calls"},
        {.name = "function_call", .kind = FIELD_REFUSED, .about = "use tool_calls, its newer form"},
    };
    return fields_read(fr, rows, sizeof rows / sizeof *rows, prefix, message, ret);
}
