/* "messages" of /api/chat. */
#include <stdio.h>

#include "api/ollama/ollama.h"
#include "api/tool_fields.h"

static const struct api_role roles[] = {
    {"system", GEN_ROLE_SYSTEM}, {"user", GEN_ROLE_USER}, {"assistant", GEN_ROLE_ASSISTANT}, {"tool", GEN_ROLE_TOOL}, {NULL, 0},
};

#define AT(member) offsetof(struct gen_message, member)

static int read_calls(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    return api_read_calls(fr, f->name, v, target);
}

/* clang-format off */
static const struct field message_fields[] = {
    {.name = "content", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(content), .type = "a string"},
    {.name = "thinking", .kind = FIELD_OTHER, .read = api_read_text, .at = AT(reasoning), .type = "a string"},
    {.name = "tool_calls", .kind = FIELD_OTHER, .read = read_calls, .type = "an array of calls"},
    {.name = "tool_name", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = AT(name)},
    {.name = "tool_call_id", .kind = FIELD_STR, .max = GEN_NAME_BYTES_MAX, .at = AT(tool_call_id)},
    {.name = "images", .kind = FIELD_REFUSED, .about = "the models here read only text"},
};
/* clang-format on */

static int read_message(struct field_reader *fr, const char *name, json_t *v, void *element)
{
    struct gen_message *m = element;
    char prefix[40];
    snprintf(prefix, sizeof prefix, "%s.", name);
    int rc = api_read_role(fr, name, roles, v, &m->role);
    if (!rc)
        rc = fields_read(fr, message_fields, sizeof message_fields / sizeof *message_fields, prefix, v, m);
    snprintf(prefix, sizeof prefix, "%s.content", name);
    return rc || m->content.ptr || m->role == GEN_ROLE_ASSISTANT ? rc : field_missing(fr, prefix);
}

int ollama_read_messages(struct field_reader *fr, const struct field *f, json_t *v, void *target)
{
    struct api_request *r = target;
    void *messages = NULL;
    int rc = field_list(fr, f->name, v, GEN_MESSAGES_MAX, sizeof *r->gen.messages, read_message, &messages, &r->gen.n_messages);
    r->gen.messages = messages;
    return rc;
}
