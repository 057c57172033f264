/* A model's own chat template, rendered for a request (jinja/jinja.h) and turned to tokens.
 *
 * What it is given: messages (role, content, and where there are any reasoning_content, tool_calls with arguments as an object, name,
 * tool_call_id), tools, add_generation_prompt, bos_token, eos_token, enable_thinking (true unless the request says otherwise; "thinking"
 * only when it says), reasoning_effort, and the request's template_kwargs, which cannot replace messages, tools or tokens. A template that
 * refuses the conversation is tried once more with the system message at the head of the first user's, since some know no system role. Only
 * the template's own text, roles and bos_token and eos_token may become special tokens; nothing that people write does. */
#ifndef MODEL_CHAT_TEMPLATE_H
#define MODEL_CHAT_TEMPLATE_H

#include <time.h>

#include "gen/request.h"
#include "model/vocab.h"

struct chat_template; /* immutable: any thread may use it */

/* `tools`: the template for requests with tools, or empty: then `text` is for those, too. The texts are copied as far as they are needed,
 * the vocab must outlive it. A message is rendered for a trial, so that a template that does not work is refused here and not in the
 * middle of a conversation: ERR_UNSUPPORTED with line and reason, ERR_NOMEM. */
int chat_template_create(struct str text, struct str tools, const struct vocab *v, struct chat_template **ret, struct err *e);
void chat_template_free(struct chat_template *t);

/* Appends the text of a conversation as the model would read it. ERR_INVAL with a sentence for what is wrong with the request,
 * ERR_UNSUPPORTED when the template breaks on it, ERR_DENIED for what the template refuses itself (raise_exception), ERR_LIMIT when `out`
 * is full, ERR_NOMEM. */
int chat_template_text(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct buf *out, struct err *e);
/* The same as tokens, with a begin token where the vocabulary wants one. On failure out is as it was. */
int chat_template_tokens(const struct chat_template *t, const struct gen_request *g, const struct tm *now, struct tokens *out,
                         struct err *e);

#endif
