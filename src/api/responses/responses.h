/* OpenAI's Responses (POST /v1/responses, GET and DELETE /v1/responses/{id}), as
 * https://platform.openai.com/docs/api-reference/responses describes them. Input items become the messages of an ordinary request; the
 * answer is a list of output items, or the events that build one.
 *
 * A response that is stored keeps its whole conversation as items, so that previous_response_id needs one look-up. */
#ifndef API_RESPONSES_RESPONSES_H
#define API_RESPONSES_RESPONSES_H

#include "api/generation.h"
#include "api/tool_fields.h"

struct responses_request {
    struct api_request api; /* first, since common readers take it for the whole */
    struct str instructions, previous;
    bool store;
};

/* `root` is the body; it becomes ret->api.root, and is let go on failure. Items of an earlier response stand before the others in its
 * "input" already. */
int responses_read(json_t *root, struct arena *a, struct responses_request *ret, struct api_error *e);
/* The same from bytes; previous_response_id is not followed. */
api_parse_fn responses_parse;
extern const struct field responses_fields[];
extern const size_t responses_n_fields;
extern const struct shape responses_shape;

#endif
