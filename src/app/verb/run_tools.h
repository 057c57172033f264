/* hearth run --tools: tool definitions from a file, and calls on the terminal. */
#ifndef APP_VERB_RUN_TOOLS_H
#define APP_VERB_RUN_TOOLS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "gen/event.h"

struct run_tools {
    struct arena arena;
    json_t *root; /* owns the strings */
    const struct gen_tool *tools;
    size_t n_tools;
    enum gen_tool_choice choice;
    struct str choice_name;
};

/* The file holds OpenAI's "tools" array, or an object with it. `choice`: NULL, "auto", "none", "required", or the name of one of them.
 * *ret is to be deinited also on failure. */
int run_tools_read(const char *file, const char *choice, struct run_tools *ret, struct err *e);
void run_tools_deinit(struct run_tools *t); /* copes with a zeroed one */
void run_tools_apply(const struct run_tools *t, struct gen_request *r);

#endif
