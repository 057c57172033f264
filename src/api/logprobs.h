/* Log-probabilities in the two forms that OpenAI's endpoints have. They are rendered as tokens come, into bounded
 * buffers, so that the events' borrowed memory is not kept. */
#ifndef API_LOGPROBS_H
#define API_LOGPROBS_H

#include "base/json.h"
#include "gen/event.h"

enum { LOGPROBS_PARTS = 4 };

struct logprobs {
    struct buf part[LOGPROBS_PARTS]; /* JSON values separated by commas */
    uint64_t text_offset;            /* characters before the next token */
};

struct logprobs_form {
    const char *keys[LOGPROBS_PARTS]; /* of the arrays; NULL ends them */
    void (*add)(struct logprobs *l, const struct gen_token *t);
};
/* {"content": [{token, logprob, bytes, top_logprobs}]} */
extern const struct logprobs_form logprobs_chat;
/* {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []} */
extern const struct logprobs_form logprobs_completion;

void logprobs_init(struct logprobs *l, size_t bytes_max);
void logprobs_deinit(struct logprobs *l);
void logprobs_add(struct logprobs *l, const struct logprobs_form *f, const struct gen_token *tokens, size_t n);
/* The object; the tokens are forgotten, the offset goes on. */
void logprobs_write(struct logprobs *l, const struct logprobs_form *f, struct json *j);
/* ERR_LIMIT or ERR_NOMEM when something did not fit. */
int logprobs_failed(const struct logprobs *l);

#endif
