/* Anthropic's Messages (POST /v1/messages, /v1/messages/count_tokens), as https://docs.anthropic.com/en/api/messages describes them. Bodies
 * become the same requests as OpenAI's, by tables of fields; answers are content blocks. */
#ifndef API_ANTHROPIC_ANTHROPIC_H
#define API_ANTHROPIC_ANTHROPIC_H

#include "api/generation.h"
#include "api/tool_fields.h"

struct anthropic_request {
    struct api_request api; /* first, since common readers take it for the whole */
    struct str system;
};

api_parse_fn anthropic_parse;
extern const struct field anthropic_fields[];
extern const size_t anthropic_n_fields;

/* ---- messages.c */
/* A string, or an array of text blocks, which are joined. */
int anthropic_read_text(struct field_reader *fr, const char *name, json_t *v, struct str *ret);
/* The conversation with the system prompt before it. One message becomes several where it carries results of tools. */
int anthropic_read_messages(struct field_reader *fr, json_t *v, struct str system, struct gen_request *ret);

extern const struct shape anthropic_messages, anthropic_count;
/* {"type": "error", "error": {"type", "message"}} */
void anthropic_put_error(const struct api_error *e, struct buf *out);

#endif
