/* Tools in words, for templates that know none. The model is shown what the form's texts look like, and its earlier calls in them. */
#include "base/json.h"
#include "model/toolform/impl.h"

enum { EXPLAINED_BYTES_MAX = GEN_TEXT_BYTES_MAX };

static void put_tool(struct buf *b, const struct gen_tool *tool)
{
    struct json j = json_to(b);
    json_obj(&j);
    json_kcstr(&j, "type", "function");
    json_key(&j, "function");
    json_obj(&j);
    json_kstr(&j, "name", tool->name);
    if (tool->description.len)
        json_kstr(&j, "description", tool->description);
    json_key(&j, "parameters");
    json_raw(&j, tool->parameters.len ? tool->parameters : STR("{\"type\":\"object\",\"properties\":{}}"));
    json_obj_end(&j);
    json_obj_end(&j);
    buf_putc(b, '\n');
}

/* A form's text as people would write it, without the marks. */
static void put_form(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != TOOLFORM_MARK)
            buf_putc(b, s.ptr[i]);
}

static void put_call(struct buf *b, const struct toolform_texts *t, struct str name, struct str arguments)
{
    put_form(b, t->open);
    buf_put(b, name);
    put_form(b, t->name_end);
    buf_put(b, arguments.len ? arguments : STR("{}"));
    put_form(b, t->close);
}

static void put_explanation(struct buf *b, const struct toolform *f, const struct gen_request *g)
{
    buf_puts(b, "You can call these tools; each line is one of them, in JSON:\n");
    for (size_t i = 0; i < g->n_tools; i++)
        put_tool(b, &g->tools[i]);
    buf_puts(b, "To call a tool, write exactly this, with arguments as its parameters demand:\n");
    put_call(b, toolform_texts(f), STR("NAME"), STR("{…}"));
    buf_puts(b, g->parallel_tool_calls ? "\nSeveral calls stand one after the other." : "\nCall at most one tool at a time.");
    if (g->tool_choice == GEN_TOOLS_REQUIRED)
        buf_puts(b, " You must call a tool now.");
    if (g->tool_choice == GEN_TOOLS_NAMED)
        buf_printf(b, " You must call " STR_FMT " now.", STR_ARG(g->tool_choice_name));
}

static void put_calls(struct buf *b, const struct toolform_texts *t, const struct gen_message *m)
{
    if (m->content.len)
        buf_putc(b, '\n');
    put_form(b, t->first);
    for (size_t i = 0; i < m->n_tool_calls; i++) {
        if (i)
            put_form(b, t->between);
        put_call(b, t, m->tool_calls[i].name, m->tool_calls[i].arguments);
    }
    put_form(b, t->last);
}

/* What one message becomes. */
static bool explain_message(const struct toolform *f, const struct gen_message *m, struct buf *b, struct arena *a, struct gen_message *ret)
{
    *ret = (struct gen_message){.role = m->role, .content = m->content, .reasoning = m->reasoning};
    if (m->role != GEN_ROLE_TOOL && !m->n_tool_calls)
        return true;
    buf_clear(b);
    if (m->role == GEN_ROLE_TOOL) {
        ret->role = GEN_ROLE_USER;
        buf_puts(b, "<tool_response>\n");
        buf_put(b, m->content);
        buf_puts(b, "\n</tool_response>");
    } else {
        buf_put(b, m->content);
        put_calls(b, toolform_texts(f), m);
    }
    ret->content = b->failed ? (struct str){0} : arena_dup(a, buf_str(b));
    return ret->content.ptr;
}

int toolform_explain(const struct toolform *f, const struct gen_request *g, struct arena *a, const struct gen_message **ret, size_t *ret_n)
{
    struct gen_message *m = arena_calloc(a, g->n_messages + 1, sizeof *m);
    struct buf b = buf_make(EXPLAINED_BYTES_MAX);
    bool ok = m, has_system = g->n_messages && g->messages[0].role == GEN_ROLE_SYSTEM;
    size_t n = 0;
    if (ok && g->n_tools) {
        if (has_system && g->messages[0].content.len) {
            buf_put(&b, g->messages[0].content);
            buf_puts(&b, "\n\n");
        }
        put_explanation(&b, f, g);
        m[n++] = (struct gen_message){.role = GEN_ROLE_SYSTEM, .content = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b))};
        ok = m[0].content.ptr;
    }
    for (size_t i = n && has_system ? 1 : 0; ok && i < g->n_messages; i++)
        ok = explain_message(f, &g->messages[i], &b, a, &m[n++]);
    buf_free(&b);
    if (!ok)
        return ERR_NOMEM;
    *ret = m;
    *ret_n = n;
    return OK;
}
