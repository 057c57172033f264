/* A conversation of ChatGPT's export. `mapping` is an object of nodes {id, parent, children, message}; a message has author.role,
 * content {content_type, parts …}, create_time in seconds, and metadata. Only what people and the assistant said is kept: system
 * messages, tools and their calls, thoughts and hidden notes are left out. */
#include "base/utf8.h"
#include "talk/import.h"

static const struct str pictures = {"[picture]", 9};

/* Texts of `parts` with a blank line between; what is no text becomes a word that stands for it. */
static int join_parts(json_t *parts, struct arena *a, struct str *ret, struct err *e)
{
    struct buf b = buf_make(TALK_CONTENT_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(parts); i++) {
        json_t *one = json_array_get(parts, i);
        struct str text = json_is_string(one) ? str_from(json_string_value(one), json_string_length(one)) : import_str(one, "text");
        if (json_is_object(one) && !text.len)
            text = pictures;
        if (!text.len)
            continue;
        if (b.len)
            buf_puts(&b, "\n\n");
        buf_put(&b, text);
    }
    int rc = b.failed == ERR_LIMIT ? err_set(e, ERR_INVAL, "a message is longer than %d MB", TALK_CONTENT_BYTES_MAX >> 20) : b.failed;
    struct str s = rc ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    if (!rc && !s.ptr)
        rc = err_set(e, ERR_NOMEM, "out of memory for an import");
    if (!rc)
        *ret = s;
    return rc;
}

static int join_code(json_t *content, struct arena *a, struct str *ret, struct err *e)
{
    struct buf b = buf_make(TALK_CONTENT_BYTES_MAX);
    struct str language = import_str(content, "language");
    if (language.len > 20 || str_eq(language, STR("unknown")) || !utf8_printable(language.ptr, language.len))
        language = STR("");
    buf_printf(&b, "```" STR_FMT "\n", STR_ARG(language));
    buf_put(&b, import_str(content, "text"));
    buf_puts(&b, "\n```");
    struct str s = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    if (!s.ptr)
        return err_set(e, ERR_INVAL, "a message is longer than %d MB", TALK_CONTENT_BYTES_MAX >> 20);
    *ret = s;
    return OK;
}

/* "" for what is not shown to people. */
static int read_content(json_t *content, struct arena *a, struct str *ret, struct err *e)
{
    static const struct str hidden[] = {
        {"thoughts", 8}, {"reasoning_recap", 15}, {"user_editable_context", 21}, {"model_editable_context", 22}, {"system_error", 12},
    };
    struct str type = import_str(content, "content_type");
    *ret = STR("");
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (str_eq(type, hidden[i]))
            return OK;
    if (str_eq(type, STR("code")))
        return import_str(content, "text").len ? join_code(content, a, ret, e) : OK;
    if (json_is_array(json_object_get(content, "parts")))
        return join_parts(json_object_get(content, "parts"), a, ret, e);
    *ret = import_str(content, "text");
    return ret->len > TALK_CONTENT_BYTES_MAX ? err_set(e, ERR_INVAL, "a message is longer than %d MB", TALK_CONTENT_BYTES_MAX >> 20) : OK;
}

static int read_node(const char *key, json_t *v, int64_t created_ms, struct arena *a, struct import_node *ret, struct err *e)
{
    json_t *message = json_object_get(v, "message"), *metadata = json_object_get(message, "metadata");
    struct str role = import_str(json_object_get(message, "author"), "role"), recipient = import_str(message, "recipient");
    bool user = str_eq(role, STR("user")), assistant = str_eq(role, STR("assistant"));
    bool to_tool = recipient.len && !str_eq(recipient, STR("all"));
    bool unseen = json_is_true(json_object_get(metadata, "is_visually_hidden_from_conversation"));
    *ret = (struct import_node){.id = str_of(key), .parent = import_maybe(v, "parent")};
    if ((!user && !assistant) || to_tool || unseen)
        return OK;
    struct str model = import_maybe(metadata, "model_slug");
    ret->m = (struct talk_message){
        .role = user ? TALK_USER : TALK_ASSISTANT,
        .state = TALK_DONE,
        .created_ms = import_ms(message, "create_time", 1000, created_ms),
        .model = assistant && model.len <= TALK_MODEL_BYTES_MAX ? model : (struct str){0},
    };
    int rc = read_content(json_object_get(message, "content"), a, &ret->m.content, e);
    ret->keep = !rc && str_trim(ret->m.content).len > 0;
    return rc;
}

/* Without an id of its own a conversation is known by its title and time. */
static struct str name_it(json_t *v, const struct import_tree *t, struct arena *a)
{
    struct str id = import_maybe(v, "conversation_id");
    struct buf b = buf_make(4096);
    if (!id.ptr)
        id = import_maybe(v, "id");
    if (id.len && id.len < 200)
        buf_printf(&b, "chatgpt:" STR_FMT, STR_ARG(id));
    else
        buf_printf(&b, "chatgpt:%lld:" STR_FMT, (long long)t->c.created_ms, STR_ARG(t->c.title));
    struct str s = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

int import_chatgpt(json_t *v, int64_t now_ms, struct arena *a, struct import_tree *t, struct err *e)
{
    json_t *mapping = json_object_get(v, "mapping"), *one;
    *t = (struct import_tree){.leaf = -1};
    t->c.title = import_str(v, "title");
    t->c.title.len = t->c.title.len > TALK_TITLE_BYTES_MAX ? utf8_complete_prefix(t->c.title.ptr, TALK_TITLE_BYTES_MAX) : t->c.title.len;
    if (!json_is_object(mapping))
        return err_set(e, ERR_INVAL, "it has no messages");
    t->c.system = STR("");
    t->c.settings = STR("{}");
    t->c.created_ms = import_ms(v, "create_time", 1000, now_ms);
    t->c.updated_ms = import_ms(v, "update_time", 1000, t->c.created_ms);
    t->origin = name_it(v, t, a);
    size_t n = json_object_size(mapping), i = 0;
    struct import_node *nodes = n <= 4 * (size_t)TALK_MESSAGES_MAX ? arena_calloc(a, n, sizeof *nodes) : NULL;
    if (!nodes || !t->origin.ptr)
        return n > 4 * (size_t)TALK_MESSAGES_MAX ? err_set(e, ERR_INVAL, "it has too many messages (%zu)", n)
                                                 : err_set(e, ERR_NOMEM, "out of memory for an import");
    const char *key;
    json_object_foreach(mapping, key, one)
    {
        int rc = read_node(key, one, t->c.created_ms, a, &nodes[i++], e);
        if (rc)
            return rc;
    }
    return import_build(nodes, n, import_maybe(v, "current_node"), a, t, e);
}
