/* A conversation of hearth's own JSON. */
#include "base/utf8.h"
#include "talk/import.h"
#include "talk/settings.h"

static int name_index(struct str name, const char *const *names, int n, int otherwise)
{
    for (int i = 0; i < n; i++)
        if (str_eq(name, str_of(names[i])))
            return i;
    return otherwise;
}

static uint32_t count_of(json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    json_int_t n = json_is_integer(v) ? json_integer_value(v) : 0;
    return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static float ms_of(json_t *object, const char *key)
{
    double v = json_number_value(json_object_get(object, key));
    return v > 0 && v < 1e12 ? (float)v : 0;
}

static void read_usage(json_t *v, struct talk_message *m)
{
    if (!json_is_object(v))
        return;
    m->has_usage = true;
    m->usage = (struct talk_usage){
        .prompt_tokens = count_of(v, "prompt_tokens"),
        .cached_tokens = count_of(v, "cached_tokens"),
        .completion_tokens = count_of(v, "completion_tokens"),
        .first_ms = ms_of(v, "first_ms"),
        .decode_ms = ms_of(v, "decode_ms"),
    };
}

static int read_attachments(json_t *v, struct arena *a, struct talk_message *m, struct err *e)
{
    size_t n = json_is_array(v) ? json_array_size(v) : 0;
    if (n > TALK_ATTACHMENTS_MAX)
        return err_set(e, ERR_INVAL, "a message has %zu attachments, but %d are the most", n, TALK_ATTACHMENTS_MAX);
    struct talk_attachment *items = arena_calloc(a, n, sizeof *items);
    if (!items)
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(v, i), *tokens = json_object_get(one, "tokens");
        struct str name = import_str(one, "name"), text = import_str(one, "text");
        if (!name.len || name.len > TALK_ATTACHMENT_NAME_MAX || text.len > TALK_ATTACHMENT_BYTES_MAX)
            return err_set(e, ERR_INVAL, "an attachment has no name or is too long");
        bool counted = json_is_integer(tokens) && json_integer_value(tokens) >= 0 && json_integer_value(tokens) <= INT32_MAX;
        items[i] = (struct talk_attachment){name, text, (int64_t)text.len, counted ? json_integer_value(tokens) : -1};
    }
    m->attachments = items;
    m->n_attachments = n;
    return OK;
}

static int read_calls(json_t *v, struct arena *a, struct talk_message *m, struct err *e)
{
    bool results = m->role == TALK_TOOL;
    json_t *list = json_object_get(v, results ? "results" : "calls");
    size_t n = json_is_array(list) ? json_array_size(list) : 0, bytes = 0;
    if (n > GEN_TOOL_CALLS_MAX)
        return err_set(e, ERR_INVAL, "a message has %zu tool calls, but %d are the most", n, GEN_TOOL_CALLS_MAX);
    struct talk_call *calls = arena_calloc(a, n, sizeof *calls);
    if (!calls)
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(list, i);
        calls[i] = (struct talk_call){import_str(one, "id"), import_str(one, "name"), import_str(one, results ? "content" : "arguments")};
        bytes += calls[i].text.len;
        if (!calls[i].name.len || calls[i].name.len > GEN_NAME_BYTES_MAX || calls[i].id.len > GEN_NAME_BYTES_MAX ||
            bytes > TALK_CONTENT_BYTES_MAX)
            return err_set(e, ERR_INVAL, "a tool call has no name or is too long");
    }
    m->calls = calls;
    m->n_calls = m->role == TALK_USER ? 0 : n;
    return OK;
}

static int read_message(json_t *v, int64_t created_ms, struct arena *a, struct import_node *ret, struct err *e)
{
    struct talk_message m = {
        .content = import_str(v, "content"),
        .model = import_maybe(v, "model"),
        .error = import_maybe(v, "error"),
        .reasoning = import_maybe(v, "reasoning"),
        .created_ms = import_ms(v, "created_ms", 1, created_ms),
    };
    int role = name_index(import_str(v, "role"), talk_role_names, TALK_ROLE_COUNT, -1);
    m.role = role < 0 ? TALK_USER : (enum talk_role)role;
    m.state = (enum talk_state)name_index(import_str(v, "state"), talk_state_names, TALK_STATE_COUNT, TALK_DONE);
    if (m.state == TALK_WRITING)
        m.state = TALK_INTERRUPTED;
    json_int_t rating = json_integer_value(json_object_get(v, "rating"));
    m.rating = rating < 0 ? -1 : rating > 0;
    if (m.content.len > TALK_CONTENT_BYTES_MAX || m.reasoning.len > TALK_CONTENT_BYTES_MAX || m.model.len > TALK_MODEL_BYTES_MAX ||
        m.error.len > 1000)
        return err_set(e, ERR_INVAL, "a message is longer than %d MB", TALK_CONTENT_BYTES_MAX >> 20);
    read_usage(json_object_get(v, "usage"), &m);
    *ret = (struct import_node){.id = import_str(v, "id"), .parent = import_maybe(v, "parent"), .keep = role >= 0};
    int rc = read_attachments(json_object_get(v, "attachments"), a, &m, e);
    if (!rc)
        rc = read_calls(v, a, &m, e);
    ret->m = m;
    return rc;
}

static int read_head(json_t *v, int64_t now_ms, struct arena *a, struct talk_conversation *c, struct err *e)
{
    json_t *settings = json_object_get(v, "settings");
    *c = (struct talk_conversation){
        .title = import_str(v, "title"),
        .folder = import_maybe(v, "folder"),
        .model = import_maybe(v, "model"),
        .system = import_str(v, "system"),
        .settings = STR("{}"),
        .created_ms = import_ms(v, "created_ms", 1, now_ms),
    };
    c->updated_ms = import_ms(v, "updated_ms", 1, c->created_ms);
    c->title.len = c->title.len > TALK_TITLE_BYTES_MAX ? utf8_complete_prefix(c->title.ptr, TALK_TITLE_BYTES_MAX) : c->title.len;
    if (c->folder.len > TALK_FOLDER_BYTES_MAX || c->model.len > TALK_MODEL_BYTES_MAX || c->system.len > TALK_SYSTEM_BYTES_MAX)
        return err_set(e, ERR_INVAL, "its folder, model or system prompt is too long");
    return json_is_object(settings) ? talk_settings_read(settings, a, &c->settings, e) : OK;
}

int import_hearth(json_t *v, int64_t now_ms, struct arena *a, struct import_tree *t, struct err *e)
{
    json_t *messages = json_object_get(v, "messages");
    size_t n = json_is_array(messages) ? json_array_size(messages) : 0;
    *t = (struct import_tree){.own_id = import_maybe(v, "id"), .leaf = -1};
    if (!json_is_object(v))
        return err_set(e, ERR_INVAL, "it is no object");
    int rc = read_head(v, now_ms, a, &t->c, e);
    if (rc)
        return rc;
    if (n > TALK_MESSAGES_MAX)
        return err_set(e, ERR_INVAL, "it has %zu messages, but %d are the most", n, TALK_MESSAGES_MAX);
    struct import_node *nodes = arena_calloc(a, n, sizeof *nodes);
    if (!nodes)
        return err_set(e, ERR_NOMEM, "out of memory for an import");
    for (size_t i = 0; i < n && !rc; i++)
        rc = read_message(json_array_get(messages, i), t->c.created_ms, a, &nodes[i], e);
    if (rc || !n)
        return rc; /* one without messages is still somebody's */
    return import_build(nodes, n, import_maybe(v, "leaf"), a, t, e);
}
