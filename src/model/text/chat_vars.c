#include "model/text/chat_vars.h"

struct maker {
    const struct gen_request *g;
    const struct chat_shape *shape;
    struct chat_vars *v;
    struct err *e;
    int failed; /* OK or the reason, sticky */
};

static void wrong(struct maker *k, const char *what, size_t i, const char *sentence)
{
    if (!k->failed)
        k->failed = err_set(k->e, ERR_INVAL, "%s %zu: %s", what, i, sentence);
}

static void set(struct maker *k, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) && !k->failed)
        k->failed = err_set(k->e, ERR_NOMEM, "out of memory for a conversation");
}

static void append(struct maker *k, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) && !k->failed)
        k->failed = err_set(k->e, ERR_NOMEM, "out of memory for a conversation");
}

static json_t *text(struct str s)
{
    return json_stringn_nocheck(s.ptr ? s.ptr : "", s.len);
}

static json_t *parse(struct str s)
{
    return json_loadb(s.ptr ? s.ptr : "", s.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
}

static json_t *content(struct maker *k, const struct gen_message *m, bool open)
{
    struct buf b = buf_make(m->content.len + sizeof CHAT_CONTINUE_MARK);
    buf_put(&b, m->content);
    buf_puts(&b, open ? CHAT_CONTINUE_MARK : "");
    json_t *s = b.failed ? NULL : text(buf_str(&b));
    buf_free(&b);
    return k->shape->typed_content ? json_pack("[{s:s, s:o}]", "type", "text", "text", s) : s;
}

static json_t *calls(struct maker *k, const struct gen_message *m, size_t at)
{
    json_t *array = json_array();
    for (size_t i = 0; i < m->n_tool_calls; i++) {
        const struct gen_tool_call *c = &m->tool_calls[i];
        json_t *call = json_object(), *function = json_object();
        json_t *arguments = k->shape->text_arguments ? text(c->arguments) : c->arguments.len ? parse(c->arguments) : json_object();
        if (!arguments)
            wrong(k, "message", at, "the arguments of a tool call are not JSON");
        set(k, function, "name", text(c->name));
        set(k, function, "arguments", arguments);
        if (c->id.len)
            set(k, call, "id", text(c->id));
        set(k, call, "type", json_string("function"));
        set(k, call, "function", function);
        append(k, array, call);
    }
    return array;
}

static json_t *message(struct maker *k, size_t i)
{
    const struct gen_message *m = &k->g->messages[i];
    json_t *object = json_object();
    set(k, object, "role", json_incref(k->v->role[m->role]));
    set(k, object, "content", content(k, m, k->g->continue_last && i + 1 == k->g->n_messages));
    if (m->reasoning.len)
        set(k, object, "reasoning_content", text(m->reasoning));
    if (m->n_tool_calls)
        set(k, object, "tool_calls", calls(k, m, i));
    if (m->name.len)
        set(k, object, "name", text(m->name));
    if (m->tool_call_id.len)
        set(k, object, "tool_call_id", text(m->tool_call_id));
    return object;
}

static json_t *tool(struct maker *k, size_t i)
{
    const struct gen_tool *t = &k->g->tools[i];
    json_t *object = json_object(), *function = json_object();
    json_t *parameters = t->parameters.len ? parse(t->parameters) : json_pack("{s:s, s:{}}", "type", "object", "properties");
    if (!parameters)
        wrong(k, "tool", i, "its parameters are not JSON");
    set(k, function, "name", text(t->name));
    if (t->description.len)
        set(k, function, "description", text(t->description));
    set(k, function, "parameters", parameters);
    set(k, object, "type", json_string("function"));
    set(k, object, "function", function);
    return object;
}

static json_t *messages(struct maker *k)
{
    json_t *array = json_array();
    for (size_t i = 0; i < k->g->n_messages && !k->failed; i++)
        append(k, array, message(k, i));
    return array;
}

static json_t *tools(struct maker *k)
{
    json_t *array = json_array();
    for (size_t i = 0; i < k->g->n_tools && !k->failed; i++)
        append(k, array, tool(k, i));
    return array;
}

/* What the request's template_kwargs say; ours are written over them. */
static json_t *further(struct maker *k)
{
    struct str s = k->g->template_kwargs;
    json_t *root = s.len ? parse(s) : json_object();
    if (json_is_object(root))
        return root;
    json_decref(root);
    if (!k->failed)
        k->failed = err_set(k->e, ERR_INVAL, "chat_template_kwargs is not a JSON object");
    return json_object();
}

static void set_thinking(struct maker *k, json_t *root)
{
    bool on = k->g->thinking != GEN_THINK_OFF;
    if (k->g->thinking != GEN_THINK_DEFAULT) {
        set(k, root, "enable_thinking", json_boolean(on));
        set(k, root, "thinking", json_boolean(on));
    } else if (!json_object_get(root, "enable_thinking")) {
        set(k, root, "enable_thinking", json_true());
    }
    if (k->g->reasoning_effort.len)
        set(k, root, "reasoning_effort", text(k->g->reasoning_effort));
}

static void make_trusted(struct maker *k, json_t *root, struct str bos, struct str eos)
{
    static const char *const names[GEN_ROLE_COUNT] = {"system", "user", "assistant", "tool"};
    struct chat_vars *v = k->v;
    json_t *begin = text(bos), *end = text(eos);
    for (size_t i = 0; i < GEN_ROLE_COUNT; i++) {
        v->role[i] = json_string(names[i]);
        v->trusted[v->n_trusted++] = v->role[i];
    }
    v->trusted[v->n_trusted++] = begin;
    v->trusted[v->n_trusted++] = end;
    set(k, root, "bos_token", begin);
    set(k, root, "eos_token", end);
}

int chat_vars_make(const struct gen_request *g, const struct chat_shape *shape, struct str bos, struct str eos, struct chat_vars *ret,
                   struct err *e)
{
    struct chat_vars v = {0};
    struct maker k = {.g = g, .shape = shape, .v = &v, .e = e};
    v.root = further(&k);
    make_trusted(&k, v.root, bos, eos);
    set(&k, v.root, "messages", messages(&k));
    json_object_del(v.root, "tools");
    if (g->n_tools && g->tool_choice != GEN_TOOLS_NONE)
        set(&k, v.root, "tools", tools(&k));
    set(&k, v.root, "add_generation_prompt", json_boolean(!g->continue_last));
    set_thinking(&k, v.root);
    if (k.failed) {
        chat_vars_free(&v);
        return k.failed;
    }
    *ret = v;
    return OK;
}

void chat_vars_free(struct chat_vars *v)
{
    for (size_t i = 0; i < GEN_ROLE_COUNT; i++)
        json_decref(v->role[i]);
    json_decref(v->root);
    *v = (struct chat_vars){0};
}
