/* An answer that is collected and sent as one JSON. */
#include "api/generation.h"

static void fail_limit(struct generation *g, int rc)
{
    struct api_error e;
    if (rc == ERR_NOMEM)
        api_error_nomem(&e);
    else
        api_error_set(&e, 500, "answer_too_large", NULL, "The answer is larger than %d MB: ask for it with \"stream\": true",
                      API_ANSWER_BYTES_MAX >> 20);
    generation_fail(g, &e);
}

void answer_text(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    struct choice *c = &g->choices[choice];
    buf_put(&c->text, ev->text.text);
    if (g->logprobs)
        logprobs_add(&c->logprobs, g->shape->logprobs, ev->text.tokens, ev->text.n_tokens);
    int rc = c->text.failed ? c->text.failed : logprobs_failed(&c->logprobs);
    if (rc)
        fail_limit(g, rc);
}

void answer_send(struct generation *g)
{
    /* Text doubles and triples when it is escaped; each choice was bounded when it was collected. */
    struct buf body = buf_make((size_t)8 * API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    g->shape->put_whole(g, &j);
    g->begun = true;
    respond_json(g->x, 200, &body);
    buf_free(&body);
}
