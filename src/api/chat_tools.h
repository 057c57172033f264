/* Tools and thinking of POST /v1/chat/completions; the rows that use these readers are in chat_request.c. Targets are api_requests. */
#ifndef API_CHAT_TOOLS_H
#define API_CHAT_TOOLS_H

#include "api/tool_fields.h"

int chat_read_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int chat_read_include_reasoning(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int chat_read_tool_choice(struct field_reader *fr, const struct field *f, json_t *v, void *target);
int chat_read_effort(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* A call that is demanded must be possible. */
int chat_check_tools(struct field_reader *fr, const struct gen_request *g);
/* name, tool_call_id, tool_calls, reasoning_content of a message. */
int chat_read_message_rest(struct field_reader *fr, const char *prefix, json_t *message, struct gen_message *ret);

#endif
