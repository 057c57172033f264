/* "messages" and their content blocks. */
#include <stdio.h>

#include "api/anthropic/anthropic.h"

static const struct api_role roles[] = {{"user", GEN_ROLE_USER}, {"assistant", GEN_ROLE_ASSISTANT}, {NULL, 0}};

/* The messages that are being made; there is room for one a block and one a message. */
struct making {
    struct field_reader *fr;
    struct gen_message *all;
    size_t n;
};

/* One message as it is taken apart: blocks of text that are not yet in a message, and what an assistant's has besides. */
struct blocks {
    struct making *m;
    enum gen_role role;
    struct str *texts, *thoughts; /* [number of blocks] each */
    size_t n_texts, n_thoughts;
    struct gen_tool_call *calls;
    size_t n_calls;
};

/* A string of the block; it must be there. */
static int block_text(struct field_reader *fr, const char *name, json_t *block, const char *key, struct str *ret)
{
    char field[96];
    json_t *v = json_object_get(block, key);
    snprintf(field, sizeof field, "%s.%s", name, key);
    if (!v)
        return field_missing(fr, field);
    if (!json_is_string(v))
        return field_wrong(fr, field, "a string", v);
    *ret = field_str(v);
    return OK;
}

static int block_name(struct field_reader *fr, const char *name, json_t *block, const char *key, struct str *ret)
{
    char field[96];
    int rc = block_text(fr, name, block, key, ret);
    if (rc || (ret->len && ret->len <= GEN_NAME_BYTES_MAX))
        return rc;
    snprintf(field, sizeof field, "%s.%s", name, key);
    return api_error_set(fr->error, 400, "invalid_value", field, "'%s' has %zu bytes, but must have 1 to %d", field, ret->len,
                         GEN_NAME_BYTES_MAX);
}

static int read_text_block(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    struct str type = field_str(json_object_get(v, "type"));
    char field[96];
    if (!json_is_object(v))
        return field_wrong(fr, name, "a block with a type", v);
    snprintf(field, sizeof field, "%s.type", name);
    if (!str_eq(type, STR("text")))
        return api_error_set(fr->error, 400, "unsupported_content", field, "'%s' is '" STR_FMT "', but only text can be read here", field,
                             STR_ARG(str_head(type, 40)));
    return block_text(fr, name, v, "text", element);
}

int anthropic_read_text(struct field_reader *fr, const char *name, json_t *v, struct str *ret)
{
    void *texts = NULL;
    size_t n = 0;
    if (json_is_string(v)) {
        *ret = field_str(v);
        return OK;
    }
    if (!json_is_array(v))
        return field_wrong(fr, name, "a string or an array of text blocks", v);
    int rc = field_list(fr, name, v, GEN_MESSAGES_MAX, sizeof(struct str), read_text_block, &texts, &n);
    return rc ? rc : field_join(fr, texts, n, ret);
}

/* ---- blocks of a message */

/* What has come of an ordinary message becomes one. */
static int flush(struct blocks *b)
{
    struct gen_message m = {.role = b->role, .tool_calls = b->calls, .n_tool_calls = b->n_calls};
    if (!b->n_texts && !b->n_thoughts && !b->n_calls)
        return OK;
    int rc = field_join(b->m->fr, b->texts, b->n_texts, &m.content);
    if (!rc)
        rc = field_join(b->m->fr, b->thoughts, b->n_thoughts, &m.reasoning);
    if (!rc)
        b->m->all[b->m->n++] = m;
    b->n_texts = b->n_thoughts = 0;
    return rc;
}

static int take_text(struct blocks *b, const char *name, json_t *v)
{
    return block_text(b->m->fr, name, v, "text", &b->texts[b->n_texts++]);
}

static int take_thinking(struct blocks *b, const char *name, json_t *v)
{
    return block_text(b->m->fr, name, v, "thinking", &b->thoughts[b->n_thoughts++]);
}

static int take_nothing(struct blocks *b, const char *name, json_t *v)
{
    (void)b;
    (void)name;
    (void)v;
    return OK;
}

static int take_call(struct blocks *b, const char *name, json_t *v)
{
    struct field_reader *fr = b->m->fr;
    json_t *input = json_object_get(v, "input");
    char field[96];
    if (b->n_calls == GEN_TOOL_CALLS_MAX)
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' is one call too many: at most %d are possible", name,
                             GEN_TOOL_CALLS_MAX);
    struct gen_tool_call *c = &b->calls[b->n_calls++];
    snprintf(field, sizeof field, "%s.input", name);
    int rc = block_name(fr, name, v, "id", &c->id);
    if (!rc)
        rc = block_name(fr, name, v, "name", &c->name);
    if (rc)
        return rc;
    return json_is_object(input) ? field_json(fr, input, &c->arguments)
           : input               ? field_wrong(fr, field, "an object", input)
                                 : field_missing(fr, field);
}

/* Templates want to know which tool a result is of; the conversation knows it. */
static struct str name_of_call(const struct making *m, struct str id)
{
    for (size_t i = m->n; i-- > 0;)
        for (size_t k = 0; k < m->all[i].n_tool_calls; k++)
            if (str_eq(m->all[i].tool_calls[k].id, id))
                return m->all[i].tool_calls[k].name;
    return (struct str){0};
}

static int take_result(struct blocks *b, const char *name, json_t *v)
{
    struct gen_message m = {.role = GEN_ROLE_TOOL};
    json_t *content = json_object_get(v, "content");
    char field[96];
    snprintf(field, sizeof field, "%s.content", name);
    int rc = flush(b);
    if (!rc)
        rc = block_name(b->m->fr, name, v, "tool_use_id", &m.tool_call_id);
    if (!rc && content)
        rc = anthropic_read_text(b->m->fr, field, content, &m.content);
    m.name = name_of_call(b->m, m.tool_call_id);
    if (!rc)
        b->m->all[b->m->n++] = m;
    return rc;
}

static const struct block_kind {
    const char *type;
    enum gen_role role; /* COUNT: of both */
    int (*take)(struct blocks *b, const char *name, json_t *v);
} kinds[] = {
    {"text", GEN_ROLE_COUNT, take_text},
    {"thinking", GEN_ROLE_ASSISTANT, take_thinking},
    {"redacted_thinking", GEN_ROLE_ASSISTANT, take_nothing},
    {"tool_use", GEN_ROLE_ASSISTANT, take_call},
    {"tool_result", GEN_ROLE_USER, take_result},
};

static int take_block(struct blocks *b, const char *name, json_t *v)
{
    struct field_reader *fr = b->m->fr;
    json_t *type = json_object_get(v, "type");
    char field[96];
    if (!json_is_object(v))
        return field_wrong(fr, name, "a block with a type", v);
    snprintf(field, sizeof field, "%s.type", name);
    if (!json_is_string(type))
        return type ? field_wrong(fr, field, "a string", type) : field_missing(fr, field);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(field_str(type), str_of(kinds[i].type)) && (kinds[i].role == GEN_ROLE_COUNT || kinds[i].role == b->role))
            return kinds[i].take(b, name, v);
    return api_error_set(fr->error, 400, "unsupported_content", field, "'%s' is '%.40s', which cannot stand in a message of the %s here",
                         field, json_string_value(type), b->role == GEN_ROLE_USER ? "user" : "assistant");
}

static int take_blocks(struct making *m, const char *name, enum gen_role role, json_t *content)
{
    size_t n = json_array_size(content);
    struct blocks b = {.m = m, .role = role};
    char block[80];
    b.texts = field_array(m->fr, 2 * n, sizeof *b.texts);
    b.calls = b.texts ? field_array(m->fr, n < GEN_TOOL_CALLS_MAX ? n : GEN_TOOL_CALLS_MAX, sizeof *b.calls) : NULL;
    if (!b.calls)
        return ERR_NOMEM;
    b.thoughts = b.texts + n;
    for (size_t i = 0; i < n; i++) {
        snprintf(block, sizeof block, "%s.content[%zu]", name, i);
        int rc = take_block(&b, block, json_array_get(content, i));
        if (rc)
            return rc;
    }
    return flush(&b);
}

static int take_message(struct making *m, size_t index, json_t *v)
{
    char name[40], field[60];
    enum gen_role role = GEN_ROLE_USER;
    snprintf(name, sizeof name, "messages[%zu]", index);
    snprintf(field, sizeof field, "%s.content", name);
    int rc = api_read_role(m->fr, name, roles, v, &role);
    json_t *content = json_object_get(v, "content");
    if (rc)
        return rc;
    if (json_is_array(content))
        return take_blocks(m, name, role, content);
    if (!json_is_string(content))
        return content ? field_wrong(m->fr, field, "a string or an array of blocks", content) : field_missing(m->fr, field);
    m->all[m->n++] = (struct gen_message){.role = role, .content = field_str(content)};
    return OK;
}

int anthropic_read_messages(struct field_reader *fr, json_t *v, struct str system, struct gen_request *ret)
{
    size_t room = 1 + json_array_size(v), i;
    json_t *one;
    json_array_foreach(v, i, one)
    {
        room += json_array_size(json_object_get(one, "content"));
    }
    struct making m = {.fr = fr, .all = field_array(fr, room, sizeof *m.all)};
    if (!m.all)
        return ERR_NOMEM;
    if (system.len)
        m.all[m.n++] = (struct gen_message){.role = GEN_ROLE_SYSTEM, .content = system};
    json_array_foreach(v, i, one)
    {
        int rc = take_message(&m, i, one);
        if (rc)
            return rc;
        if (m.n > GEN_MESSAGES_MAX)
            return api_error_set(fr->error, 400, "invalid_value", "messages", "'messages' are more than %d, results of tools counted",
                                 GEN_MESSAGES_MAX);
    }
    const struct gen_message *end = &m.all[m.n - (m.n > 0)];
    if (!m.n || (m.n == 1 && system.len))
        return api_error_set(fr->error, 400, "invalid_value", "messages", "'messages' say nothing");
    ret->messages = m.all;
    ret->n_messages = m.n;
    ret->continue_last = end->role == GEN_ROLE_ASSISTANT && !end->n_tool_calls;
    return OK;
}
