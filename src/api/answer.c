/* An answer that is collected and sent as one JSON. */
#include <stdlib.h>

#include "api/generation.h"

void answer_too_large(struct generation *g, int rc)
{
    struct api_error e;
    if (rc == ERR_NOMEM)
        api_error_nomem(&e);
    else
        api_error_set(&e, 500, "answer_too_large", NULL, "The answer is larger than %d MB: ask for it with \"stream\": true",
                      API_ANSWER_BYTES_MAX >> 20);
    generation_fail(g, &e);
}

static int add_text(struct generation *g, struct choice *c, const struct gen_event *ev)
{
    buf_put(&c->text, ev->text.text);
    if (g->logprobs && !g->stream) /* a stream sends them as they come */
        logprobs_add(&c->logprobs, g->shape->logprobs, ev->text.tokens, ev->text.n_tokens);
    return c->text.failed ? c->text.failed : logprobs_failed(&c->logprobs);
}

static int add_call(struct choice *c, const struct gen_event *ev)
{
    uint32_t i = ev->tool_call.index;
    if (i > c->n_calls || i >= GEN_TOOL_CALLS_MAX)
        return OK; /* calls come one after the other */
    if (i == c->n_calls) {
        struct choice_call *more = realloc(c->calls, (i + 1) * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        c->calls = more;
        c->calls[c->n_calls++] =
            (struct choice_call){buf_make(GEN_NAME_BYTES_MAX), buf_make(GEN_NAME_BYTES_MAX), buf_make(API_CALL_BYTES_MAX)};
    }
    struct choice_call *call = &c->calls[i];
    buf_put(&call->id, ev->tool_call.id);
    buf_put(&call->name, ev->tool_call.name);
    buf_put(&call->arguments, ev->tool_call.arguments);
    return call->id.failed ? call->id.failed : call->name.failed ? call->name.failed : call->arguments.failed;
}

void answer_part(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    struct choice *c = &g->choices[choice];
    int rc;
    if (ev->type == GEN_TOOL_CALL)
        rc = add_call(c, ev);
    else if (ev->type == GEN_REASONING)
        rc = buf_put(&c->reasoning, ev->text.text) ? c->reasoning.failed : OK;
    else
        rc = add_text(g, c, ev);
    if (rc)
        answer_too_large(g, rc);
}

struct str answer_arguments(const struct choice_call *call)
{
    struct str text = buf_str(&call->arguments);
    if (!text.len)
        return STR("{}");
    json_t *parsed = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
    bool whole = json_is_object(parsed);
    json_decref(parsed);
    return whole ? text : (struct str){0};
}

void answer_deinit(struct choice *c)
{
    for (uint32_t i = 0; i < c->n_calls; i++) {
        buf_free(&c->calls[i].id);
        buf_free(&c->calls[i].name);
        buf_free(&c->calls[i].arguments);
    }
    free(c->calls);
    buf_free(&c->text);
    buf_free(&c->reasoning);
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
