/* How llama-server's answers look, and what it tells about itself. */
#include "api/llama/llama.h"

static void put_timing(struct json *j, const char *n_key, const char *ms_key, const char *per_token, const char *per_second, uint64_t n,
                       double ms)
{
    json_kuint(j, n_key, n);
    json_knum(j, ms_key, ms, 3);
    json_knum(j, per_token, n ? ms / (double)n : 0, 3);
    json_knum(j, per_second, ms > 0 ? (double)n / ms * 1000 : 0, 3);
}

static void put_timings(struct json *j, const struct shape_totals *t)
{
    json_key(j, "timings");
    json_obj(j);
    put_timing(j, "prompt_n", "prompt_ms", "prompt_per_token_ms", "prompt_per_second", t->prompt > t->cached ? t->prompt - t->cached : 0,
               t->prefill_ms);
    put_timing(j, "predicted_n", "predicted_ms", "predicted_per_token_ms", "predicted_per_second", t->completion, t->decode_ms);
    json_obj_end(j);
}

static void put_head(struct json *j, struct str content, bool stop)
{
    json_obj(j);
    json_kuint(j, "index", 0);
    json_kstr(j, "content", content);
    json_key(j, "tokens");
    json_arr(j);
    json_arr_end(j);
    json_kint(j, "id_slot", -1);
    json_kbool(j, "stop", stop);
}

static void put_end(struct json *j, const struct generation *g, struct str content)
{
    const struct shape_totals t = shape_total(g);
    const struct choice *c = &g->choices[0];
    put_head(j, content, true);
    json_kcstr(j, "model", g->model);
    json_kuint(j, "tokens_predicted", t.completion);
    json_kuint(j, "tokens_evaluated", t.prompt);
    json_kuint(j, "tokens_cached", t.cached);
    json_kbool(j, "truncated", false);
    json_kcstr(j, "stop_type", c->reason != GEN_FINISH_STOP ? "limit" : c->stop[0] ? "word" : "eos");
    json_kcstr(j, "stopping_word", c->stop);
    put_timings(j, &t);
    json_obj_end(j);
}

static void put_whole(struct generation *g, struct json *j)
{
    put_end(j, g, buf_str(&g->choices[0].text));
}

static void send_text(struct generation *g, uint32_t choice, struct str text)
{
    struct json j = json_to(&g->scratch);
    buf_puts(&g->scratch, "data: ");
    put_head(&j, text, false);
    json_kuint(&j, "tokens_predicted", g->choices[choice].pieces);
    json_kuint(&j, "tokens_evaluated", g->calls[0].total);
    json_obj_end(&j);
    buf_puts(&g->scratch, "\n\n");
    stream_send(g);
}

static void done(struct generation *g, uint32_t choice)
{
    (void)g;
    (void)choice;
}

static void complete(struct generation *g)
{
    struct json j = json_to(&g->scratch);
    buf_puts(&g->scratch, "data: ");
    put_end(&j, g, (struct str){0});
    buf_puts(&g->scratch, "\n\n");
    stream_send(g);
}

const struct shape llama_shape = {
    .id_prefix = "llama-",
    .stream_type = "text/event-stream; charset=utf-8",
    .put_whole = put_whole,
    .text = send_text,
    .done = done,
    .complete = complete,
    .put_error = openai_put_error,
    .put_alive = sse_put_alive,
};

void handle_llama_completion(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    generation_handle(a, x, &llama_shape, llama_parse);
}

/* ---- about the server */

void handle_llama_props(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    const struct model_entry *m = models_pick(a, (struct str){0}, &e);
    if (!m) {
        respond_error(a, x, &e);
        return;
    }
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_key(&j, "default_generation_settings");
    json_obj(&j);
    json_kuint(&j, "n_ctx", m->info ? m->info->context_tokens : 0);
    json_key(&j, "params");
    json_obj(&j);
    json_knum(&j, "temperature", (double)gen_sampling_default.temperature, 3);
    json_kuint(&j, "top_k", gen_sampling_default.top_k);
    json_knum(&j, "top_p", (double)gen_sampling_default.top_p, 3);
    json_knum(&j, "min_p", (double)gen_sampling_default.min_p, 3);
    json_knum(&j, "repeat_penalty", (double)gen_sampling_default.repeat_penalty, 3);
    json_obj_end(&j);
    json_obj_end(&j);
    json_kstr(&j, "model_alias", m->name);
    json_kcstr(&j, "build_info", a->fingerprint);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

/* Requests that run, of everybody: for admins. There are no slots that wait for one. */
void handle_llama_slots(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    uint64_t id = 0;
    json_arr(&j);
    for (const struct generation *g = a->open; g; g = g->next) {
        if (g->over)
            continue;
        json_obj(&j);
        json_kuint(&j, "id", id++);
        json_kcstr(&j, "model", g->model);
        json_kbool(&j, "is_processing", true);
        json_kuint(&j, "n_prompt_tokens", g->calls[0].total);
        json_kuint(&j, "n_decoded", g->choices[0].pieces);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}
