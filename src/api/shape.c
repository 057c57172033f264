#include "api/generation.h"

#include <math.h>

void shape_put_head(struct json *j, const struct generation *g, const char *object)
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
    return reason == GEN_FINISH_STOP ? "stop" : "length";
}

static double per_second(double n, double ms)
{
    return ms > 0 ? n / ms * 1000 : NAN;
}

static void put_timings(struct json *j, double queue_ms, double prefill_ms, double decode_ms, double prefilled, double decoded)
{
    json_key(j, "timings");
    json_obj(j);
    json_knum(j, "queue_ms", queue_ms, 3);
    json_knum(j, "prefill_ms", prefill_ms, 3);
    json_knum(j, "decode_ms", decode_ms, 3);
    json_knum(j, "prefill_tokens_per_s", per_second(prefilled, prefill_ms), 2);
    json_knum(j, "decode_tokens_per_s", per_second(decoded, decode_ms), 2);
    json_obj_end(j);
}

/* Counts add up over prompts and choices, times do not: they run side by side, so the longest one counts. */
void shape_put_usage(struct json *j, const struct generation *g)
{
    uint64_t prompt = 0, cached = 0, completion = 0, decoded = 0;
    double queue_ms = 0, prefill_ms = 0, decode_ms = 0;
    for (uint32_t i = 0; i < g->n_calls; i++) {
        const struct call *c = &g->calls[i];
        prompt += c->usage.prompt_tokens;
        cached += c->usage.cached_tokens;
        queue_ms = fmax(queue_ms, (double)c->queue_ms);
        prefill_ms = fmax(prefill_ms, (double)c->prefill_ms);
    }
    for (uint32_t i = 0; i < g->n_choices; i++) {
        uint32_t n = g->choices[i].completion_tokens;
        completion += n;
        decoded += n ? n - 1 : 0; /* decoding is timed from the first token to the last */
        decode_ms = fmax(decode_ms, (double)g->choices[i].decode_ms);
    }
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "prompt_tokens", prompt);
    json_kuint(j, "completion_tokens", completion);
    json_kuint(j, "total_tokens", prompt + completion);
    json_key(j, "prompt_tokens_details");
    json_obj(j);
    json_kuint(j, "cached_tokens", cached);
    json_obj_end(j);
    json_obj_end(j);
    put_timings(j, queue_ms, prefill_ms, decode_ms, (double)(prompt > cached ? prompt - cached : 0), (double)decoded);
}

static void chat_whole(struct json *j, struct str text)
{
    json_key(j, "message");
    json_obj(j);
    json_kcstr(j, "role", "assistant");
    json_kstr(j, "content", text);
    json_key(j, "refusal");
    json_nil(j);
    json_obj_end(j);
}

static void chat_delta(struct json *j, struct str text, bool first)
{
    json_key(j, "delta");
    json_obj(j);
    if (first)
        json_kcstr(j, "role", "assistant");
    json_kstr(j, "content", text);
    json_obj_end(j);
}

static void chat_end(struct json *j)
{
    json_key(j, "delta");
    json_obj(j);
    json_obj_end(j);
}

static void completion_whole(struct json *j, struct str text)
{
    json_kstr(j, "text", text);
}

static void completion_delta(struct json *j, struct str text, bool first)
{
    (void)first;
    json_kstr(j, "text", text);
}

static void completion_end(struct json *j)
{
    json_kcstr(j, "text", "");
}

const struct shape shape_chat = {
    .id_prefix = "chatcmpl-",
    .object = "chat.completion",
    .chunk_object = "chat.completion.chunk",
    .has_role = true,
    .put_whole = chat_whole,
    .put_delta = chat_delta,
    .put_end = chat_end,
    .logprobs = &logprobs_chat,
};

const struct shape shape_completion = {
    .id_prefix = "cmpl-",
    .object = "text_completion",
    .chunk_object = "text_completion",
    .put_whole = completion_whole,
    .put_delta = completion_delta,
    .put_end = completion_end,
    .logprobs = &logprobs_completion,
};
