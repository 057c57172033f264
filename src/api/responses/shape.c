/* How Responses look: the object, and the events around its items. */
#include <stdlib.h>

#include "api/responses/internal.h"

static bool init(struct generation *g, const struct api_request *r)
{
    struct responses_output *o = calloc(1, sizeof *o);
    if (!o)
        return false;
    *o = (struct responses_output){.done = buf_make((size_t)8 * API_ANSWER_BYTES_MAX),
                                   .text = buf_make(API_ANSWER_BYTES_MAX),
                                   .call = buf_make(GEN_NAME_BYTES_MAX),
                                   .name = buf_make(GEN_NAME_BYTES_MAX),
                                   .stores = r->stores && g->api->c.store};
    g->own = o;
    return true;
}

static void dispose(struct generation *g)
{
    struct responses_output *o = g->own;
    if (!o)
        return;
    buf_free(&o->done);
    buf_free(&o->text);
    buf_free(&o->call);
    buf_free(&o->name);
    free(o);
    g->own = NULL;
}

/* ---- the object */

/* A field of the request as it came, or the JSON text of what it is without. */
static void put_echo(struct json *j, const struct generation *g, const char *key, const char *absent)
{
    json_t *v = json_object_get(g->body, key);
    char *text = v && !json_is_null(v) ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_key(j, key);
    json_raw(j, str_of(text ? text : absent));
    free(text);
}

static void put_usage(struct json *j, const struct generation *g)
{
    const struct shape_totals t = shape_total(g);
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "input_tokens", t.prompt);
    json_key(j, "input_tokens_details");
    json_obj(j);
    json_kuint(j, "cached_tokens", t.cached);
    json_obj_end(j);
    json_kuint(j, "output_tokens", t.completion);
    json_key(j, "output_tokens_details");
    json_obj(j);
    json_kuint(j, "reasoning_tokens", t.reasoning);
    json_obj_end(j);
    json_kuint(j, "total_tokens", t.prompt + t.completion);
    json_obj_end(j);
}

static void put_error(struct json *j, const struct api_error *e)
{
    json_key(j, "error");
    if (!e) {
        json_nil(j);
        return;
    }
    json_obj(j);
    json_kcstr(j, "code", e->code ? e->code : "server_error");
    json_kcstr(j, "message", e->message);
    json_obj_end(j);
}

static void put_incomplete(struct json *j, const char *status)
{
    json_key(j, "incomplete_details");
    if (strcmp(status, "incomplete") != 0) {
        json_nil(j);
        return;
    }
    json_obj(j);
    json_kcstr(j, "reason", "max_output_tokens");
    json_obj_end(j);
}

static void put_echoes(struct json *j, const struct generation *g)
{
    static const struct {
        const char *key, *absent;
    } echoes[] = {
        {"instructions", "null"},
        {"max_output_tokens", "null"},
        {"metadata", "{}"},
        {"parallel_tool_calls", "true"},
        {"previous_response_id", "null"},
        {"reasoning", "{\"effort\":null,\"summary\":null}"},
        {"temperature", "null"},
        {"text", "{\"format\":{\"type\":\"text\"}}"},
        {"tool_choice", "\"auto\""},
        {"tools", "[]"},
        {"top_p", "null"},
        {"user", "null"},
    };
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++)
        put_echo(j, g, echoes[i].key, echoes[i].absent);
}

void responses_put(struct json *j, const struct generation *g, const char *status, const struct api_error *e)
{
    const struct responses_output *o = g->own;
    json_obj(j);
    json_kcstr(j, "id", g->id);
    json_kcstr(j, "object", "response");
    json_kint(j, "created_at", g->created_s);
    json_kcstr(j, "status", status);
    json_kbool(j, "background", false);
    put_error(j, e);
    put_incomplete(j, status);
    json_kcstr(j, "model", g->model);
    json_key(j, "output");
    json_arr(j);
    json_raw(j, buf_str(&o->done));
    json_arr_end(j);
    put_echoes(j, g);
    json_kbool(j, "store", o->stores);
    json_kcstr(j, "truncation", "disabled");
    if (!strcmp(status, "in_progress"))
        json_kcstr(j, "usage", NULL);
    else
        put_usage(j, g);
    json_obj_end(j);
}

const char *responses_status(const struct generation *g)
{
    enum gen_finish reason = g->choices[0].reason;
    return reason == GEN_FINISH_LENGTH || reason == GEN_FINISH_DEADLINE ? "incomplete" : "completed";
}

static void put_whole(struct generation *g, struct json *j)
{
    responses_put(j, g, responses_status(g), NULL);
}

/* ---- streams */

static void event_response(struct generation *g, const char *type, const char *status)
{
    struct json j = responses_event_open(g, type);
    json_key(&j, "response");
    responses_put(&j, g, status, NULL);
    responses_event_close(g, &j);
}

static bool begin(struct generation *g)
{
    event_response(g, "response.created", "in_progress");
    event_response(g, "response.in_progress", "in_progress");
    stream_send(g);
    return true;
}

static void done(struct generation *g, uint32_t choice)
{
    (void)choice;
    responses_close_item(g, responses_status(g));
    if (g->stream)
        stream_send(g);
}

static void complete(struct generation *g)
{
    const char *status = responses_status(g);
    event_response(g, strcmp(status, "incomplete") ? "response.completed" : "response.incomplete", status);
    stream_send(g);
}

/* Clients look for `error` in what they read. */
static void put_stream_error(const struct generation *g, const struct api_error *e, struct buf *out)
{
    const struct responses_output *o = g->own;
    struct json j = json_to(out);
    buf_puts(out, "event: error\ndata: ");
    json_obj(&j);
    json_kcstr(&j, "type", "error");
    json_kuint(&j, "sequence_number", o->sequence);
    json_kcstr(&j, "code", e->code);
    json_kcstr(&j, "message", e->message);
    json_kcstr(&j, "param", e->param[0] ? e->param : NULL);
    json_obj_end(&j);
    buf_puts(out, "\n\n");
}

const struct shape responses_shape = {
    .id_prefix = RESPONSES_PREFIX,
    .stream_type = "text/event-stream; charset=utf-8",
    .keeps_body = true,
    .builds = true,
    .init = init,
    .dispose = dispose,
    .put_whole = put_whole,
    .begin = begin,
    .text = responses_text,
    .reasoning = responses_reasoning,
    .tool_call = responses_call,
    .done = done,
    .keep = responses_keep,
    .complete = complete,
    .put_error = put_stream_error,
    .put_alive = sse_put_alive,
};
