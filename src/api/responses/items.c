/* "input": items to messages. Calls join the assistant's message before them, reasoning goes to what the assistant says next. */
#include <stdio.h>

#include "api/responses/internal.h"

static const struct api_role roles[] = {
    {"user", GEN_ROLE_USER}, {"assistant", GEN_ROLE_ASSISTANT}, {"system", GEN_ROLE_SYSTEM}, {"developer", GEN_ROLE_SYSTEM}, {NULL, 0},
};

struct making {
    struct field_reader *fr;
    struct gen_message *all;     /* [items + 2] */
    struct gen_tool_call *calls; /* [items]: calls of one message lie side by side */
    size_t n, n_calls;
    struct str thought; /* not yet in a message */
};

static struct gen_message *add(struct making *m, enum gen_role role)
{
    struct gen_message *one = &m->all[m->n++];
    *one = (struct gen_message){.role = role};
    if (role == GEN_ROLE_ASSISTANT) {
        one->reasoning = m->thought;
        m->thought = (struct str){0};
    }
    return one;
}

/* ---- texts */

static const struct part {
    const char *type, *key;
} parts[] = {{"input_text", "text"}, {"output_text", "text"},  {"text", "text"},
             {"refusal", "refusal"}, {"summary_text", "text"}, {"reasoning_text", "text"}};

static int read_part(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    char field[96];
    json_t *type = json_object_get(v, "type");
    if (!json_is_object(v))
        return field_wrong(fr, name, "a part with a type", v);
    snprintf(field, sizeof field, "%s.type", name);
    if (!json_is_string(type))
        return type ? field_wrong(fr, field, "a string", type) : field_missing(fr, field);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *text = json_object_get(v, parts[i].key);
        if (!str_eq(field_str(type), str_of(parts[i].type)))
            continue;
        snprintf(field, sizeof field, "%s.%s", name, parts[i].key);
        if (!json_is_string(text))
            return text ? field_wrong(fr, field, "a string", text) : field_missing(fr, field);
        *(struct str *)element = field_str(text);
        return OK;
    }
    return api_error_set(fr->error, 400, "unsupported_content", field, "'%s' is '%.40s', but the models here read only text", field,
                         json_string_value(type));
}

/* A string, or an array of parts, whose texts are joined. */
static int read_text(struct field_reader *fr, const char *name, json_t *v, struct str *ret)
{
    void *made = NULL;
    size_t n = 0;
    if (json_is_string(v)) {
        *ret = field_str(v);
        return OK;
    }
    if (!json_is_array(v))
        return v ? field_wrong(fr, name, "a string or an array of parts", v) : field_missing(fr, name);
    int rc = field_list(fr, name, v, GEN_MESSAGES_MAX, sizeof(struct str), read_part, &made, &n);
    return rc ? rc : field_join(fr, made, n, ret);
}

static int item_text(struct making *m, const char *name, json_t *v, const char *key, struct str *ret)
{
    char field[96];
    snprintf(field, sizeof field, "%s.%s", name, key);
    return read_text(m->fr, field, json_object_get(v, key), ret);
}

/* ---- items */

static int take_message(struct making *m, const char *name, json_t *v)
{
    enum gen_role role = GEN_ROLE_USER;
    int rc = api_read_role(m->fr, name, roles, v, &role);
    return rc ? rc : item_text(m, name, v, "content", &add(m, role)->content);
}

static int read_arguments(struct making *m, const char *name, json_t *v, struct gen_tool_call *ret)
{
    static const struct field rows[] = {
        {.name = "call_id", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = offsetof(struct gen_tool_call, id)},
        {.name = "name", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = offsetof(struct gen_tool_call, name)},
        {.name = "arguments", .kind = FIELD_OTHER, .read = api_read_arguments, .type = "the JSON text of an object"},
    };
    char prefix[60];
    snprintf(prefix, sizeof prefix, "%s.", name);
    int rc = fields_read(m->fr, rows, sizeof rows / sizeof *rows, prefix, v, ret);
    for (size_t i = 0; !rc && i < 2; i++) {
        snprintf(prefix, sizeof prefix, "%s.%s", name, rows[i].name);
        if (!json_object_get(v, rows[i].name))
            return field_missing(m->fr, prefix);
    }
    return rc;
}

static int take_call(struct making *m, const char *name, json_t *v)
{
    struct gen_tool_call *call = &m->calls[m->n_calls];
    int rc = read_arguments(m, name, v, call);
    if (rc)
        return rc;
    struct gen_message *last =
        m->n && m->all[m->n - 1].role == GEN_ROLE_ASSISTANT && !m->thought.len ? &m->all[m->n - 1] : add(m, GEN_ROLE_ASSISTANT);
    if (last->n_tool_calls == GEN_TOOL_CALLS_MAX)
        return api_error_set(m->fr->error, 400, "invalid_value", name, "'%s' is one call too many: at most %d can follow each other", name,
                             GEN_TOOL_CALLS_MAX);
    if (!last->n_tool_calls)
        last->tool_calls = call;
    last->n_tool_calls++;
    m->n_calls++;
    return OK;
}

static int take_output(struct making *m, const char *name, json_t *v)
{
    static const struct field rows[] = {
        {.name = "call_id", .kind = FIELD_STR, .min = 1, .max = GEN_NAME_BYTES_MAX, .at = offsetof(struct gen_message, tool_call_id)}};
    char prefix[60];
    struct gen_message *one = add(m, GEN_ROLE_TOOL);
    snprintf(prefix, sizeof prefix, "%s.", name);
    int rc = fields_read(m->fr, rows, 1, prefix, v, one);
    snprintf(prefix, sizeof prefix, "%s.call_id", name);
    if (!rc && !one->tool_call_id.len)
        return field_missing(m->fr, prefix);
    for (size_t i = m->n_calls; i-- > 0 && !one->name.len;) /* templates want to know which tool it was */
        if (str_eq(m->calls[i].id, one->tool_call_id))
            one->name = m->calls[i].name;
    return rc ? rc : item_text(m, name, v, "output", &one->content);
}

/* The thoughts, or what was kept of them; encrypted ones are not ours. */
static int take_reasoning(struct making *m, const char *name, json_t *v)
{
    const char *key = json_array_size(json_object_get(v, "content")) ? "content" : "summary";
    m->thought = (struct str){0};
    return json_array_size(json_object_get(v, key)) ? item_text(m, name, v, key, &m->thought) : OK;
}

static const struct {
    const char *type;
    int (*take)(struct making *m, const char *name, json_t *v);
} kinds[] = {
    {"message", take_message},
    {"function_call", take_call},
    {"function_call_output", take_output},
    {"reasoning", take_reasoning},
};

static int take_item(struct making *m, const char *name, json_t *v)
{
    char field[60];
    json_t *type = json_object_get(v, "type");
    if (!json_is_object(v))
        return field_wrong(m->fr, name, "an item", v);
    if (!type)
        return take_message(m, name, v);
    snprintf(field, sizeof field, "%s.type", name);
    if (!json_is_string(type))
        return field_wrong(m->fr, field, "a string", type);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(field_str(type), str_of(kinds[i].type)))
            return kinds[i].take(m, name, v);
    return api_error_set(m->fr->error, 400, "unsupported_content", field, "'%s' is '%.40s', which cannot be read here", field,
                         json_string_value(type));
}

int responses_read_input(struct field_reader *fr, json_t *v, struct str instructions, struct gen_request *ret)
{
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    char name[40];
    if (!n || n > GEN_MESSAGES_MAX - 1)
        return api_error_set(fr->error, 400, "invalid_value", "input", "'input' has %zu items, but must have 1 to %d", n,
                             GEN_MESSAGES_MAX - 1);
    struct making m = {.fr = fr, .all = field_array(fr, n + 2, sizeof *m.all)};
    m.calls = m.all ? field_array(fr, n, sizeof *m.calls) : NULL;
    if (!m.calls)
        return ERR_NOMEM;
    if (instructions.len)
        add(&m, GEN_ROLE_SYSTEM)->content = instructions;
    if (json_is_string(v))
        add(&m, GEN_ROLE_USER)->content = field_str(v);
    for (size_t i = 0; i < json_array_size(v); i++) {
        snprintf(name, sizeof name, "input[%zu]", i);
        int rc = take_item(&m, name, json_array_get(v, i));
        if (rc)
            return rc;
    }
    if (m.n == (instructions.len > 0))
        return api_error_set(fr->error, 400, "invalid_value", "input", "'input' says nothing");
    ret->messages = m.all;
    ret->n_messages = m.n;
    return OK;
}

json_t *responses_items(json_t *input)
{
    if (json_is_array(input))
        return json_incref(input);
    return json_pack("[{s:s,s:s,s:O}]", "type", "message", "role", "user", "content", input);
}
