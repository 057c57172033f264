#include "talk/put.h"

static void put_maybe(struct json *j, const char *key, struct str s)
{
    json_key(j, key);
    if (s.ptr)
        json_str(j, s);
    else
        json_nil(j);
}

void put_summary(struct json *j, const struct talk_conversation *c)
{
    json_kstr(j, "id", c->id);
    json_kstr(j, "title", c->title);
    put_maybe(j, "folder", c->folder);
    put_maybe(j, "model", c->model);
    json_kint(j, "created_ms", c->created_ms);
    json_kint(j, "updated_ms", c->updated_ms);
    if (c->snippet.ptr)
        json_kstr(j, "snippet", c->snippet);
}

void put_count(struct json *j, const struct talk_conversation *c)
{
    json_kint(j, "messages", c->messages);
}

void put_details(struct json *j, const struct talk_conversation *c)
{
    json_kstr(j, "system", c->system);
    json_key(j, "settings");
    json_raw(j, c->settings);
    put_maybe(j, "leaf", c->leaf);
}

static void put_attachments(struct json *j, const struct talk_message *m, bool texts)
{
    json_key(j, "attachments");
    json_arr(j);
    for (size_t i = 0; i < m->n_attachments; i++) {
        const struct talk_attachment *t = &m->attachments[i];
        json_obj(j);
        json_kstr(j, "name", t->name);
        json_kint(j, "bytes", t->bytes);
        json_key(j, "tokens");
        if (t->tokens >= 0)
            json_int(j, t->tokens);
        else
            json_nil(j);
        if (texts && t->text.ptr)
            json_kstr(j, "text", t->text);
        json_obj_end(j);
    }
    json_arr_end(j);
}

static void put_usage(struct json *j, const struct talk_usage *u)
{
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "prompt_tokens", u->prompt_tokens);
    json_kuint(j, "cached_tokens", u->cached_tokens);
    json_kuint(j, "completion_tokens", u->completion_tokens);
    json_knum(j, "first_ms", (double)u->first_ms, 1);
    json_knum(j, "decode_ms", (double)u->decode_ms, 1);
    json_obj_end(j);
}

void put_facts(struct json *j, const struct talk_message *m)
{
    json_kcstr(j, "role", talk_role_names[m->role]);
    if (m->model.len)
        json_kstr(j, "model", m->model);
    json_kcstr(j, "state", talk_state_names[m->state]);
    json_kint(j, "rating", m->rating);
    json_kint(j, "created_ms", m->created_ms);
    if (m->has_usage)
        put_usage(j, &m->usage);
}

void put_calls(struct json *j, const struct talk_message *m)
{
    bool results = m->role == TALK_TOOL;
    if (!m->n_calls)
        return;
    json_key(j, results ? "results" : "calls");
    json_arr(j);
    for (size_t i = 0; i < m->n_calls; i++) {
        json_obj(j);
        json_kstr(j, "id", m->calls[i].id);
        json_kstr(j, "name", m->calls[i].name);
        json_kstr(j, results ? "content" : "arguments", m->calls[i].text);
        json_obj_end(j);
    }
    json_arr_end(j);
}

void put_message(struct json *j, const struct talk_message *m, bool texts)
{
    json_obj(j);
    json_kstr(j, "id", m->id);
    put_maybe(j, "parent", m->parent);
    put_facts(j, m);
    json_kstr(j, "content", m->content);
    if (m->reasoning.len)
        json_kstr(j, "reasoning", m->reasoning);
    put_calls(j, m);
    if (m->error.len)
        json_kstr(j, "error", m->error);
    put_attachments(j, m, texts);
    json_obj_end(j);
}

void put_messages(struct json *j, const struct talk_message *m, size_t n, bool texts)
{
    json_arr(j);
    for (size_t i = 0; i < n; i++)
        put_message(j, &m[i], texts);
    json_arr_end(j);
}

void put_preset(struct json *j, const struct talk_preset *p)
{
    json_obj(j);
    json_kstr(j, "id", p->id);
    json_kstr(j, "name", p->name);
    json_kstr(j, "system", p->system);
    json_key(j, "settings");
    json_raw(j, p->settings);
    json_obj_end(j);
}
