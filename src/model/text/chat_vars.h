/* The variables of a chat template, made from a request. */
#ifndef MODEL_TEXT_CHAT_VARS_H
#define MODEL_TEXT_CHAT_VARS_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "gen/request.h"

/* How this template wants things that templates do not agree on. */
struct chat_shape {
    bool typed_content;  /* content as [{"type": "text", "text": …}] */
    bool text_arguments; /* arguments of calls as the text that they came as, not as an object */
};

/* Stands behind the text that is to be continued: what the template writes after it is cut off. Characters that are none. */
#define CHAT_CONTINUE_MARK "\xef\xb7\x90\xef\xb7\x91\xef\xb7\x92"

enum { CHAT_TRUSTED_MAX = GEN_ROLE_COUNT + 2 };
struct chat_vars {
    json_t *root, *role[GEN_ROLE_COUNT];     /* owned */
    const json_t *trusted[CHAT_TRUSTED_MAX]; /* roles, bos_token, eos_token */
    size_t n_trusted;
};

/* ERR_INVAL for texts that must be JSON and are not, with their place; ERR_NOMEM. */
int chat_vars_make(const struct gen_request *g, const struct chat_shape *shape, struct str bos, struct str eos, struct chat_vars *ret,
                   struct err *e);
void chat_vars_free(struct chat_vars *v);

#endif
