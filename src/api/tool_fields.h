/* What the APIs' conversations have in common: who speaks, which tools there are, and which of them were called. */
#ifndef API_TOOL_FIELDS_H
#define API_TOOL_FIELDS_H

#include "api/request.h"

struct api_role {
    const char *name; /* NULL ends a table */
    enum gen_role role;
};
/* "role" of a message; `name` is what the message is called in errors. */
int api_read_role(struct field_reader *fr, const char *name, const struct api_role *roles, json_t *message, enum gen_role *ret);

/* One tool: name, description, strict, and its schema under `schema_key`. */
int api_read_tool(struct field_reader *fr, const char *name, json_t *v, const char *schema_key, struct gen_tool *ret);
/* "tools" as OpenAI's chat and Ollama have them: {"type": "function", "function": {…}}. The target begins with an api_request. */
int api_read_openai_tools(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* "arguments" of a call, an object or its JSON text, into the struct gen_tool_call that is the target. */
int api_read_arguments(struct field_reader *fr, const struct field *f, json_t *v, void *target);
/* The calls of an assistant's message: {"id", "function": {"name", "arguments"}}, arguments as an object or as its JSON text. */
int api_read_calls(struct field_reader *fr, const char *name, json_t *v, struct gen_message *ret);

#endif
