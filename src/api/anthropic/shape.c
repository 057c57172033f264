/* How Anthropic's answers look: a message of content blocks, or the events that build one.
 *
 *   message_start ping ( content_block_start content_block_delta* content_block_stop )* message_delta message_stop   or   … error
 *
 * g->at.item is the number of the block that is open, g->at.kind what it is. */
#include "api/anthropic/anthropic.h"

enum { KIND_NONE, KIND_THINKING, KIND_TEXT, KIND_TOOL };

void anthropic_put_error(const struct api_error *e, struct buf *out)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {{401, "authentication_error"}, {403, "permission_error"}, {404, "not_found_error"},
                 {413, "request_too_large"},    {429, "rate_limit_error"}, {503, "overloaded_error"}};
    const char *type = e->status >= 500 ? "api_error" : "invalid_request_error";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].status == e->status)
            type = types[i].type;
    struct json j = json_to(out);
    json_obj(&j);
    json_kcstr(&j, "type", "error");
    json_key(&j, "error");
    json_obj(&j);
    json_kcstr(&j, "type", type);
    json_kcstr(&j, "message", e->message);
    json_obj_end(&j);
    json_obj_end(&j);
}

static const char *stop_reason(const struct choice *c)
{
    if (c->reason == GEN_FINISH_TOOL_CALLS)
        return "tool_use";
    if (c->reason != GEN_FINISH_STOP)
        return "max_tokens";
    return c->stop[0] ? "stop_sequence" : "end_turn";
}

static void put_stop(struct json *j, const struct choice *c)
{
    json_kcstr(j, "stop_reason", stop_reason(c));
    json_kcstr(j, "stop_sequence", c->stop[0] ? c->stop : NULL);
}

/* input_tokens are those that were read; what was remembered is counted apart. */
static void put_usage(struct json *j, uint64_t prompt, uint64_t cached, uint64_t completion)
{
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "input_tokens", prompt > cached ? prompt - cached : 0);
    json_kuint(j, "output_tokens", completion);
    json_kuint(j, "cache_creation_input_tokens", 0);
    json_kuint(j, "cache_read_input_tokens", cached);
    json_obj_end(j);
}

static void put_head(struct json *j, const struct generation *g)
{
    json_kcstr(j, "id", g->id);
    json_kcstr(j, "type", "message");
    json_kcstr(j, "role", "assistant");
    json_kcstr(j, "model", g->model);
}

/* ---- whole */

static void put_block(struct json *j, const char *type, struct str text)
{
    json_obj(j);
    json_kcstr(j, "type", type);
    json_kstr(j, type, text);
    if (str_eq(str_of(type), STR("thinking")))
        json_kcstr(j, "signature", ""); /* nothing is signed: what comes back is only shown to the model */
    json_obj_end(j);
}

static void put_call(struct json *j, struct str id, struct str name, struct str input)
{
    json_obj(j);
    json_kcstr(j, "type", "tool_use");
    json_kstr(j, "id", id);
    json_kstr(j, "name", name);
    json_key(j, "input");
    json_raw(j, input);
    json_obj_end(j);
}

/* A call that a limit has cut has no object to show; stop_reason says "max_tokens". */
static void put_content(struct json *j, const struct choice *c)
{
    json_key(j, "content");
    json_arr(j);
    if (c->reasoning.len)
        put_block(j, "thinking", buf_str(&c->reasoning));
    if (c->text.len)
        put_block(j, "text", buf_str(&c->text));
    for (uint32_t i = 0; i < c->n_calls; i++) {
        struct str input = answer_arguments(&c->calls[i]);
        if (input.ptr)
            put_call(j, buf_str(&c->calls[i].id), buf_str(&c->calls[i].name), input);
    }
    json_arr_end(j);
}

static void put_whole(struct generation *g, struct json *j)
{
    const struct shape_totals t = shape_total(g);
    json_obj(j);
    put_head(j, g);
    put_content(j, &g->choices[0]);
    put_stop(j, &g->choices[0]);
    put_usage(j, t.prompt, t.cached, t.completion);
    json_obj_end(j);
}

static void put_count(struct generation *g, struct json *j)
{
    json_obj(j);
    json_kuint(j, "input_tokens", g->calls[0].total);
    json_obj_end(j);
}

/* ---- streamed */

static struct json event_open(struct generation *g, const char *type)
{
    buf_printf(&g->scratch, "event: %s\ndata: ", type);
    struct json j = json_to(&g->scratch);
    json_obj(&j);
    json_kcstr(&j, "type", type);
    return j;
}

/* Events that belong together go out together, by one stream_send. */
static void event_close(struct generation *g, struct json *j)
{
    json_obj_end(j);
    buf_puts(&g->scratch, "\n\n");
}

static void put_ping(const struct generation *g, const struct gen_event *ev, struct buf *out)
{
    (void)g;
    (void)ev;
    buf_puts(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
}

static bool begin(struct generation *g)
{
    struct json j = event_open(g, "message_start");
    json_key(&j, "message");
    json_obj(&j);
    put_head(&j, g);
    json_key(&j, "content");
    json_arr(&j);
    json_arr_end(&j);
    json_kcstr(&j, "stop_reason", NULL);
    json_kcstr(&j, "stop_sequence", NULL);
    put_usage(&j, g->calls[0].total, g->calls[0].cached, 0);
    json_obj_end(&j);
    event_close(g, &j);
    put_ping(g, NULL, &g->scratch);
    stream_send(g);
    return true;
}

static void close_block(struct generation *g)
{
    if (g->at.kind == KIND_NONE)
        return;
    struct json j = event_open(g, "content_block_stop");
    json_kuint(&j, "index", g->at.item++);
    event_close(g, &j);
    g->at.kind = KIND_NONE;
}

static struct json open_block(struct generation *g, int kind)
{
    close_block(g);
    g->at.kind = kind;
    struct json j = event_open(g, "content_block_start");
    json_kuint(&j, "index", g->at.item);
    json_key(&j, "content_block");
    return j;
}

static void send_delta(struct generation *g, const char *type, const char *key, struct str text)
{
    struct json j = event_open(g, "content_block_delta");
    json_kuint(&j, "index", g->at.item);
    json_key(&j, "delta");
    json_obj(&j);
    json_kcstr(&j, "type", type);
    json_kstr(&j, key, text);
    json_obj_end(&j);
    event_close(g, &j);
    stream_send(g);
}

static void send_text_of(struct generation *g, int kind, const char *type, const char *delta, struct str text)
{
    if (g->at.kind != kind) {
        struct json j = open_block(g, kind);
        put_block(&j, type, (struct str){0});
        event_close(g, &j);
    }
    send_delta(g, delta, type, text);
}

static void send_text(struct generation *g, uint32_t choice, struct str text)
{
    (void)choice;
    if (text.len)
        send_text_of(g, KIND_TEXT, "text", "text_delta", text);
}

static void send_thinking(struct generation *g, uint32_t choice, struct str text)
{
    (void)choice;
    send_text_of(g, KIND_THINKING, "thinking", "thinking_delta", text);
}

static void send_call(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    (void)choice;
    if (ev->tool_call.name.len) {
        struct json j = open_block(g, KIND_TOOL);
        put_call(&j, ev->tool_call.id, ev->tool_call.name, STR("{}"));
        event_close(g, &j);
    }
    if (g->at.kind == KIND_TOOL)
        send_delta(g, "input_json_delta", "partial_json", ev->tool_call.arguments);
}

static void send_done(struct generation *g, uint32_t choice)
{
    (void)choice;
    close_block(g);
}

static void send_end(struct generation *g)
{
    const struct shape_totals t = shape_total(g);
    struct json j = event_open(g, "message_delta");
    json_key(&j, "delta");
    json_obj(&j);
    put_stop(&j, &g->choices[0]);
    json_obj_end(&j);
    put_usage(&j, t.prompt, t.cached, t.completion);
    event_close(g, &j);
    j = event_open(g, "message_stop");
    event_close(g, &j);
    stream_send(g);
}

static void put_stream_error(const struct generation *g, const struct api_error *e, struct buf *out)
{
    (void)g;
    buf_puts(out, "event: error\ndata: ");
    anthropic_put_error(e, out);
    buf_puts(out, "\n\n");
}

const struct shape anthropic_messages = {
    .id_prefix = "msg_",
    .stream_type = "text/event-stream; charset=utf-8",
    .put_whole = put_whole,
    .begin = begin,
    .text = send_text,
    .reasoning = send_thinking,
    .tool_call = send_call,
    .done = send_done,
    .complete = send_end,
    .put_error = put_stream_error,
    .put_alive = put_ping,
};

/* The prompt is rendered and begun to be read, which tells its length, and then let go. */
const struct shape anthropic_count = {.id_prefix = "count_", .only_counts = true, .put_whole = put_count};

void handle_anthropic_messages(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    generation_handle(a, x, &anthropic_messages, anthropic_parse);
}

void handle_anthropic_count(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    generation_handle(a, x, &anthropic_count, anthropic_parse);
}
