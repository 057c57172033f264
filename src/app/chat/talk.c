/* Conversations of the server: begin, open, say, retry, change. */
#include "app/chat/chat.h"
#include "app/text.h"
#include "fetch/url.h"

enum { BODY_BYTES_MAX = 32 << 20 };

static void conversation_path(const struct chat *c, const char *id, const char *tail, char ret[CHAT_PATH_MAX])
{
    struct buf b = buf_make(CHAT_PATH_MAX - 1);
    buf_puts(&b, "/api/conversations/");
    url_put_encoded(&b, str_of(id ? id : c->id), false);
    buf_puts(&b, tail);
    str_copy(ret, CHAT_PATH_MAX, buf_str(&b));
    buf_free(&b);
}

/* Sends `body`, which is taken, and returns the answer. */
static int send(struct chat *c, const char *method, const char *path, json_t *body, json_t **ret, struct err *e)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text)
        return err_set(e, ERR_NOMEM, "%s", T(c->app->lang, NO_MEMORY));
    int r = client_call(c->client, method, path, str_of(text), ret, e);
    free(text);
    return r;
}

static void replace(json_t **place, json_t *value)
{
    json_decref(*place);
    *place = value;
}

void talk_new(struct chat *c)
{
    c->id[0] = c->title[0] = 0;
    replace(&c->branch, json_array());
}

static json_t *find_message(const json_t *messages, struct str id)
{
    size_t i;
    json_t *m;
    json_array_foreach(messages, i, m) if (str_eq(json_text(m, "id"), id)) return m;
    return NULL;
}

/* From the leaf up to the first message; all that is no loop. */
static json_t *branch_of(const json_t *conversation)
{
    const json_t *messages = json_object_get(conversation, "messages");
    json_t *branch = json_array(), *m = find_message(messages, json_text(conversation, "leaf"));
    for (size_t n = json_array_size(messages); m && n; n--, m = find_message(messages, json_text(m, "parent")))
        json_array_insert(branch, 0, m);
    return branch;
}

static void take_fields(struct chat *c, const json_t *conversation)
{
    struct str model = json_text(conversation, "model");
    str_copy(c->id, sizeof c->id, json_text(conversation, "id"));
    str_copy(c->title, sizeof c->title, json_text(conversation, "title"));
    if (model.len)
        str_copy(c->model, sizeof c->model, model);
}

int talk_open(struct chat *c, struct str id, struct err *e)
{
    char path[CHAT_PATH_MAX], name[CHAT_ID_MAX];
    json_t *conversation = NULL;
    str_copy(name, sizeof name, id);
    conversation_path(c, name, "", path);
    int r = client_call(c->client, "GET", path, (struct str){0}, &conversation, e);
    if (r)
        return r;
    take_fields(c, conversation);
    json_t *system = json_object_get(conversation, "system"), *sampling = json_object_get(conversation, "settings");
    replace(&c->system, json_is_string(system) ? json_incref(system) : json_string(""));
    replace(&c->settings, json_is_object(sampling) ? json_deep_copy(sampling) : json_object());
    replace(&c->branch, branch_of(conversation));
    json_decref(conversation);
    return OK;
}

int talk_newest(struct chat *c, char ret_id[CHAT_ID_MAX], struct err *e)
{
    json_t *list = NULL;
    int r = client_call(c->client, "GET", "/api/conversations?limit=1", (struct str){0}, &list, e);
    if (r)
        return r;
    struct str id = json_text(json_array_get(json_object_get(list, "conversations"), 0), "id");
    if (id.len)
        str_copy(ret_id, CHAT_ID_MAX, id);
    else
        r = err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_NONE));
    json_decref(list);
    return r;
}

static json_t *name_or_null(const char *name)
{
    return *name ? json_string(name) : json_null();
}

int talk_begin(struct chat *c, struct err *e)
{
    json_t *conversation = NULL;
    if (c->id[0])
        return OK;
    json_t *body = json_pack("{s:o, s:O, s:O}", "model", name_or_null(c->model), "system", c->system, "settings", c->settings);
    if (c->title[0])
        json_object_set_new(body, "title", json_string(c->title));
    int r = send(c, "POST", "/api/conversations", body, &conversation, e);
    if (!r)
        take_fields(c, conversation);
    json_decref(conversation);
    return r;
}

const json_t *talk_last(const struct chat *c, const char *role)
{
    for (size_t n = json_array_size(c->branch); n; n--) {
        const json_t *m = json_array_get(c->branch, n - 1);
        if (str_eq(json_text(m, "role"), str_of(role)))
            return m;
    }
    return NULL;
}

/* The branch ends before the answer to `parent`, or with it. */
static void cut_after(struct chat *c, struct str parent)
{
    while (json_array_size(c->branch)) {
        size_t last = json_array_size(c->branch) - 1;
        if (str_eq(json_text(json_array_get(c->branch, last), "id"), parent))
            return;
        json_array_remove(c->branch, last);
    }
}

/* Follows the answer and adds it to the branch. */
static int take_answer(struct chat *c, const json_t *posted, struct err *e)
{
    json_t *answer = json_incref(json_object_get(posted, "answer"));
    if (!json_is_object(answer)) {
        json_decref(answer);
        return err_set(e, ERR_CORRUPT, T(c->app->lang, SERVER_NOT_HEARTH), client_address(c->client));
    }
    int r = answer_follow(c, &answer, e);
    json_array_append_new(c->branch, answer);
    return r;
}

int talk_say(struct chat *c, struct str text, const json_t *parent, struct err *e)
{
    char path[CHAT_PATH_MAX];
    json_t *posted = NULL;
    int r = talk_begin(c, e);
    if (r)
        return r;
    json_t *body = json_pack("{s:s%}", "content", text.ptr ? text.ptr : "", text.len);
    if (!body)
        return err_set(e, ERR_INVAL, "%s", T(c->app->lang, CHAT_NOT_UTF8));
    if (parent)
        json_object_set(body, "parent", (json_t *)parent);
    if (json_array_size(c->files))
        json_object_set(body, "attachments", c->files);
    if (c->model[0])
        json_object_set_new(body, "model", json_string(c->model));
    conversation_path(c, NULL, "/messages", path);
    r = send(c, "POST", path, body, &posted, e);
    if (!r) {
        json_t *message = json_object_get(posted, "message");
        replace(&c->files, json_array());
        cut_after(c, json_text(message, "parent"));
        json_array_append(c->branch, message);
        r = take_answer(c, posted, e);
    }
    json_decref(posted);
    return r;
}

int talk_retry(struct chat *c, struct err *e)
{
    char path[CHAT_PATH_MAX];
    json_t *posted = NULL;
    const json_t *question = talk_last(c, "user");
    if (!question)
        return err_set(e, ERR_NOENT, "%s", T(c->app->lang, CHAT_NOTHING_ASKED));
    json_t *body = json_pack("{s:O}", "parent", json_object_get(question, "id"));
    if (c->model[0])
        json_object_set_new(body, "model", json_string(c->model));
    conversation_path(c, NULL, "/answers", path);
    int r = send(c, "POST", path, body, &posted, e);
    if (!r) {
        cut_after(c, json_text(question, "id"));
        r = take_answer(c, posted, e);
    }
    json_decref(posted);
    return r;
}

int talk_change(struct chat *c, const char *field, json_t *value, struct err *e)
{
    char path[CHAT_PATH_MAX];
    if (!c->id[0]) {
        json_decref(value);
        return OK;
    }
    conversation_path(c, NULL, "", path);
    return send(c, "PATCH", path, json_pack("{s:o}", field, value), NULL, e);
}
