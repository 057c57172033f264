#include "api/generation.h"

#include <math.h>

void openai_put_head(struct json *j, const struct generation *g, const char *object)
{
    json_kcstr(j, "id", g->id);
    json_kcstr(j, "object", object);
    json_kint(j, "created", g->created_s);
    json_kcstr(j, "model", g->model);
    json_kcstr(j, "system_fingerprint", g->api->fingerprint);
}

/* A deadline is a limit of length, in time. Cancelling by others is an error and does not come here. */
const char *shape_finish(enum gen_finish reason)
{
    return reason == GEN_FINISH_CANCELED || reason == GEN_FINISH_DEADLINE ? "length" : gen_finish_name(reason);
}

static double per_second(double n, double ms)
{
    return ms > 0 ? n / ms * 1000 : NAN;
}

static void put_timings(struct json *j, const struct shape_totals *t)
{
    uint64_t read = t->prompt > t->cached ? t->prompt - t->cached : 0;
    json_key(j, "timings");
    json_obj(j);
    json_knum(j, "queue_ms", t->queue_ms, 3);
    json_knum(j, "prefill_ms", t->prefill_ms, 3);
    json_knum(j, "decode_ms", t->decode_ms, 3);
    json_knum(j, "prefill_tokens_per_s", per_second((double)read, t->prefill_ms), 2);
    json_knum(j, "decode_tokens_per_s", per_second((double)t->decoded, t->decode_ms), 2);
    json_obj_end(j);
}

struct shape_totals shape_total(const struct generation *g)
{
    struct shape_totals t = {0};
    for (uint32_t i = 0; i < g->n_calls; i++) {
        const struct call *c = &g->calls[i];
        t.prompt += c->usage.prompt_tokens;
        t.cached += c->usage.cached_tokens;
        t.queue_ms = fmax(t.queue_ms, (double)c->queue_ms);
        t.prefill_ms = fmax(t.prefill_ms, (double)c->prefill_ms);
    }
    for (uint32_t i = 0; i < g->n_choices; i++) {
        uint32_t n = g->choices[i].completion_tokens;
        t.completion += n;
        t.reasoning += g->choices[i].reasoning_tokens;
        t.decoded += n ? n - 1 : 0; /* decoding is timed from the first token to the last */
        t.decode_ms = fmax(t.decode_ms, (double)g->choices[i].decode_ms);
    }
    return t;
}

void openai_put_usage(struct json *j, const struct generation *g)
{
    const struct shape_totals t = shape_total(g);
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "prompt_tokens", t.prompt);
    json_kuint(j, "completion_tokens", t.completion);
    json_kuint(j, "total_tokens", t.prompt + t.completion);
    json_key(j, "prompt_tokens_details");
    json_obj(j);
    json_kuint(j, "cached_tokens", t.cached);
    json_obj_end(j);
    if (t.reasoning) {
        json_key(j, "completion_tokens_details");
        json_obj(j);
        json_kuint(j, "reasoning_tokens", t.reasoning);
        json_obj_end(j);
    }
    json_obj_end(j);
    put_timings(j, &t);
}

static void put_choice(struct json *j, struct generation *g, uint32_t index)
{
    struct choice *c = &g->choices[index];
    json_obj(j);
    json_kuint(j, "index", index);
    g->shape->openai->put_whole(j, c);
    json_key(j, "logprobs");
    if (g->logprobs)
        logprobs_write(&c->logprobs, g->shape->logprobs, j);
    else
        json_nil(j);
    json_kcstr(j, "finish_reason", shape_finish(c->reason));
    json_obj_end(j);
}

static void put_whole(struct generation *g, struct json *j)
{
    json_obj(j);
    openai_put_head(j, g, g->shape->openai->object);
    json_key(j, "choices");
    json_arr(j);
    for (uint32_t i = 0; i < g->n_choices; i++)
        put_choice(j, g, i);
    json_arr_end(j);
    openai_put_usage(j, g);
    json_obj_end(j);
}

static void put_calls(struct json *j, const struct choice *c)
{
    json_key(j, "tool_calls");
    json_arr(j);
    for (const struct choice_call *call = c->calls; call < c->calls + c->n_calls; call++) {
        json_obj(j);
        json_kstr(j, "id", buf_str(&call->id));
        json_kcstr(j, "type", "function");
        json_key(j, "function");
        json_obj(j);
        json_kstr(j, "name", buf_str(&call->name));
        json_kstr(j, "arguments", buf_str(&call->arguments));
        json_obj_end(j);
        json_obj_end(j);
    }
    json_arr_end(j);
}

static void chat_whole(struct json *j, const struct choice *c)
{
    json_key(j, "message");
    json_obj(j);
    json_kcstr(j, "role", "assistant");
    if (c->n_calls && !c->text.len)
        json_kcstr(j, "content", NULL);
    else
        json_kstr(j, "content", buf_str(&c->text));
    if (c->reasoning.len)
        json_kstr(j, "reasoning_content", buf_str(&c->reasoning));
    json_key(j, "refusal");
    json_nil(j);
    if (c->n_calls)
        put_calls(j, c);
    json_obj_end(j);
}

static void chat_delta(struct json *j, const char *key, struct str text, bool first)
{
    json_key(j, "delta");
    json_obj(j);
    if (first)
        json_kcstr(j, "role", "assistant");
    json_kstr(j, key, text);
    json_obj_end(j);
}

static void chat_end(struct json *j)
{
    json_key(j, "delta");
    json_obj(j);
    json_obj_end(j);
}

static void completion_whole(struct json *j, const struct choice *c)
{
    json_kstr(j, "text", buf_str(&c->text));
}

static void completion_delta(struct json *j, const char *key, struct str text, bool first)
{
    (void)key;
    (void)first;
    json_kstr(j, "text", text);
}

static void completion_end(struct json *j)
{
    json_kcstr(j, "text", "");
}

static const struct openai_form chat_form = {"chat.completion", "chat.completion.chunk", true, chat_whole, chat_delta, chat_end};
static const struct openai_form completion_form = {"text_completion", "text_completion", false,
                                                   completion_whole,  completion_delta,  completion_end};

#define OPENAI                                                                                                             \
    .stream_type = "text/event-stream; charset=utf-8", .put_whole = put_whole, .begin = openai_begin, .text = openai_text, \
    .done = openai_done, .complete = openai_complete, .put_error = openai_put_error, .put_alive = sse_put_alive

const struct shape shape_chat = {OPENAI,
                                 .id_prefix = "chatcmpl-",
                                 .reasoning = openai_reasoning,
                                 .tool_call = openai_tool_call,
                                 .openai = &chat_form,
                                 .logprobs = &logprobs_chat};
const struct shape shape_completion = {OPENAI, .id_prefix = "cmpl-", .openai = &completion_form, .logprobs = &logprobs_completion};
