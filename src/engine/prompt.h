/* A request's prompt as tokens. */
#ifndef ENGINE_PROMPT_H
#define ENGINE_PROMPT_H

#include "base/clock.h"
#include "gen/request.h"
#include "model/model.h"

/* Tools are shown to the model: there are some, and it may call them. */
bool prompt_offers_tools(const struct gen_request *g);
/* The conversation, ready for the answer. Tools and earlier calls are explained in words when the format has no place for them; thinking
 * that is switched off is there already, empty. OK with a sentence in *e: the model's template broke on this conversation, and a recognised
 * format stood in for it. ERR_DENIED: the template refuses the conversation (raise_exception). ERR_INVAL with a sentence, ERR_LIMIT,
 * ERR_NOMEM. */
int prompt_chat(const struct model *m, const struct gen_request *g, const struct clock *clock, struct tokens *out, struct err *e);
/* The same as text, by the model's own template; ERR_INVAL when it has none that works. */
int prompt_chat_text(const struct model *m, const struct gen_request *g, const struct clock *clock, struct buf *out, struct err *e);
/* The prompt ends within thinking: the answer begins with it. */
bool prompt_ends_thinking(const struct model *m, const struct tokens *prompt);
/* Tokens that thinking may take; UINT32_MAX: no limit. */
uint32_t prompt_think_budget(const struct gen_request *g);
/* Thinking is not wanted. */
bool prompt_thinks_not(const struct gen_request *g);
/* Tools that cannot be told apart or written: ERR_INVAL with a sentence. */
int prompt_check_tools(const struct gen_request *g, struct err *e);
/* What ends thinking. */
int prompt_think_end(const struct model *m, struct tokens *out);

#endif
