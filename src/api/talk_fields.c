#include "api/talk_fields.h"

#include <stdio.h>

#include "talk/settings.h"

/* The first word between quotes in a sentence of talk's is the field. */
static int refuse(struct field_reader *fr, const struct err *e)
{
    char param[96] = "settings";
    struct str text = str_of(e->text);
    ptrdiff_t end = str_starts(text, STR("'")) ? str_find(text, STR("'"), 1) : -1;
    if (end > 0)
        str_copy(param, sizeof param, str_from(text.ptr + 1, (size_t)end - 1));
    return api_error_set(fr->error, 400, "invalid_value", param, "%s", e->text);
}

static int read_settings(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct err e = {0};
    int rc = talk_settings_read(v, fr->arena, (struct str *)(void *)((char *)target + f->at), &e);
    return rc == ERR_NOMEM ? api_error_nomem(fr->error) : rc ? refuse(fr, &e) : OK;
}

static int read_attachment(struct field_reader *fr, size_t i, json_t *v, struct talk_attachment *ret)
{
    char name[64];
    json_t *file = json_object_get(v, "name"), *text = json_object_get(v, "text"), *tokens = json_object_get(v, "tokens");
    snprintf(name, sizeof name, "attachments[%zu].name", i);
    if (!json_is_string(file) || !json_string_length(file) || json_string_length(file) > TALK_ATTACHMENT_NAME_MAX)
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' must be a string of 1 to %d bytes", name,
                             TALK_ATTACHMENT_NAME_MAX);
    snprintf(name, sizeof name, "attachments[%zu].text", i);
    if (!json_is_string(text) || json_string_length(text) > TALK_ATTACHMENT_BYTES_MAX)
        return api_error_set(fr->error, 400, "invalid_value", name, "'%s' must be a string of at most %d MB", name,
                             TALK_ATTACHMENT_BYTES_MAX >> 20);
    bool counted = json_is_integer(tokens) && json_integer_value(tokens) >= 0 && json_integer_value(tokens) <= INT32_MAX;
    *ret = (struct talk_attachment){
        .name = field_str(file),
        .text = field_str(text),
        .bytes = (int64_t)json_string_length(text),
        .tokens = counted ? json_integer_value(tokens) : -1,
    };
    return OK;
}

static int read_attachments(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct message_body *b = target;
    size_t n = json_array_size(v);
    if (!json_is_array(v))
        return field_wrong(fr, f->name, f->type, v);
    if (n > TALK_ATTACHMENTS_MAX)
        return api_error_set(fr->error, 400, "invalid_value", f->name, "'attachments' has %zu files, but at most %d are possible", n,
                             TALK_ATTACHMENTS_MAX);
    struct talk_attachment *items = field_array(fr, n, sizeof *items);
    if (!items)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int rc = read_attachment(fr, i, json_array_get(v, i), &items[i]);
        if (rc)
            return rc;
    }
    b->post.attachments = items;
    b->post.n_attachments = n;
    return OK;
}

static int read_result(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    static const struct field rows[] = {
        {.name = "id", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = offsetof(struct talk_call, id)},
        {.name = "content", .kind = FIELD_STR, .max = TALK_CONTENT_BYTES_MAX, .at = offsetof(struct talk_call, text)},
    };
    char prefix[80];
    if (!json_is_object(v))
        return field_wrong(fr, name, "an object with id and content", v);
    snprintf(prefix, sizeof prefix, "%s.", name);
    return fields_read(fr, rows, sizeof rows / sizeof *rows, prefix, v, element);
}

static int read_results(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct message_body *b = target;
    void *results = NULL;
    int rc = field_list(fr, f->name, v, GEN_TOOL_CALLS_MAX, sizeof(struct talk_call), read_result, &results, &b->post.n_results);
    b->post.results = results;
    return rc;
}

static int read_rating(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct rating_body *b = target;
    if (!json_is_integer(v) || json_integer_value(v) < -1 || json_integer_value(v) > 1)
        return field_wrong(fr, f->name, f->type, v);
    b->rating = (int)json_integer_value(v);
    b->given = true;
    return OK;
}

#define TEXT(target, key, member, limit, text)                                                          \
    {                                                                                                   \
        .name = key, .kind = FIELD_STR, .max = (limit), .at = offsetof(target, member), .about = (text) \
    }
#define SETTINGS(target, member)                                                                                                         \
    {                                                                                                                                    \
        .name = "settings", .kind = FIELD_OTHER, .read = read_settings, .type = "an object of settings", .at = offsetof(target, member), \
        .about = "how answers are written: temperature, top_p, top_k, min_p, max_tokens, seed, repeat_penalty, presence_penalty, "       \
                 "frequency_penalty, stop; thinking, think_budget; tools, tool_choice; schema"                                           \
    }

/* clang-format off */
const struct field api_conversation_fields[] = {
    TEXT(struct conversation_body, "title", patch.title, TALK_TITLE_BYTES_MAX, "without one, the first message gives it"),
    TEXT(struct conversation_body, "folder", patch.folder, TALK_FOLDER_BYTES_MAX, "null: none"),
    TEXT(struct conversation_body, "model", patch.model, TALK_MODEL_BYTES_MAX, "who answers here; null: the default model"),
    TEXT(struct conversation_body, "system", patch.system, TALK_SYSTEM_BYTES_MAX, "the system prompt"),
    SETTINGS(struct conversation_body, patch.settings),
    TEXT(struct conversation_body, "leaf", patch.leaf, 64, "the message that ends the branch to be shown (PATCH only)"),
};
const struct field api_message_fields[] = {
    TEXT(struct message_body, "content", post.content, TALK_CONTENT_BYTES_MAX, "the words"),
    TEXT(struct message_body, "parent", post.parent, 64, "the message that this one follows; absent: the end of the branch that is shown; null: a new beginning"),
    {.name = "attachments", .kind = FIELD_OTHER, .read = read_attachments, .type = "an array of {name, text}", .about = "text files that the model reads with the message; tokens: their number, when the client knows it"},
    {.name = "results", .kind = FIELD_OTHER, .read = read_results, .type = "an array of {id, content}", .about = "instead of content: what came of the tool calls of the answer that this follows, each by its id"},
    {.name = "answer", .kind = FIELD_BOOL, .at = offsetof(struct message_body, post.answer), .about = "begin an answer (true)"},
    TEXT(struct message_body, "model", post.model, TALK_MODEL_BYTES_MAX, "who answers this time; absent: the conversation's model"),
};
const struct field api_answer_fields[] = {
    TEXT(struct talk_again, "parent", parent, 64, "a user's message that is to be answered again; or"),
    TEXT(struct talk_again, "continue", continued, 64, "an answer at the end of its branch that is to go on"),
    TEXT(struct talk_again, "model", model, TALK_MODEL_BYTES_MAX, "who answers this time"),
};
const struct field api_rating_fields[] = {
    {.name = "rating", .kind = FIELD_OTHER, .read = read_rating, .type = "an integer from -1 to 1", .about = "what the person thinks of the answer"},
};
const struct field api_preset_fields[] = {
    TEXT(struct talk_preset, "name", name, TALK_PRESET_NAME_MAX, "unique among the principal's presets"),
    TEXT(struct talk_preset, "system", system, TALK_SYSTEM_BYTES_MAX, "the system prompt"),
    SETTINGS(struct talk_preset, settings),
};
const struct field api_check_fields[] = {
    SETTINGS(struct check_body, settings),
};
/* clang-format on */
const size_t api_n_conversation_fields = sizeof api_conversation_fields / sizeof *api_conversation_fields;
const size_t api_n_message_fields = sizeof api_message_fields / sizeof *api_message_fields;
const size_t api_n_answer_fields = sizeof api_answer_fields / sizeof *api_answer_fields;
const size_t api_n_rating_fields = sizeof api_rating_fields / sizeof *api_rating_fields;
const size_t api_n_preset_fields = sizeof api_preset_fields / sizeof *api_preset_fields;
const size_t api_n_check_fields = sizeof api_check_fields / sizeof *api_check_fields;

void conversation_body_nulls(json_t *root, struct talk_patch *p)
{
    if (json_is_null(json_object_get(root, "folder")))
        p->folder = STR("");
    if (json_is_null(json_object_get(root, "model")))
        p->model = STR("");
    if (json_is_null(json_object_get(root, "system")))
        p->system = STR("");
    if (json_is_null(json_object_get(root, "settings")))
        p->settings = STR("{}");
}
