/* Answers with tools as a grammar: calls that must or may come, their arguments valid, and the format that was asked for besides. */
#ifndef ENGINE_ENFORCE_H
#define ENGINE_ENFORCE_H

#include "engine/grammar/grammar.h"
#include "model/model.h"

/* Of a request that offers tools (prompt_offers_tools). ERR_INVAL, ERR_UNSUPPORTED or ERR_LIMIT for what cannot be enforced, with the
 * place; *ret_param is then the field. ERR_NOMEM. */
int enforce_build(const struct model *m, const struct gen_request *g, struct grammar **ret, const char **ret_param, struct err *e);
/* Can a tool's arguments be held to its schema? As enforce_build. */
int enforce_check(const struct gen_tool *tool, struct err *e);
/* Everything that the grammar depends on, of one model. ERR_LIMIT, ERR_NOMEM. */
int enforce_key(const struct gen_request *g, struct buf *key);

#endif
