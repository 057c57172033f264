/* Settings that are JSON themselves: tools, and the schema of answers. */
#ifndef TALK_TOOL_SETTINGS_H
#define TALK_TOOL_SETTINGS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "gen/request.h"

/* Tools as people paste them, each {"type": "function", "function": {…}} as OpenAI has them, or name, description and the schema under
 * "parameters", "input_schema" (Anthropic) or "inputSchema" (MCP). *ret is an array of the first form; the caller's. ERR_INVAL names what
 * is wrong; ERR_NOMEM. */
int tool_settings_read(const json_t *v, json_t **ret, struct err *e);
/* An array that tool_settings_read has made. Strings are copied into the arena. ERR_NOMEM. */
int tool_settings_apply(const json_t *v, struct arena *a, struct gen_request *r);

#endif
