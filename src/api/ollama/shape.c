/* How Ollama's answers look: one JSON object, or a line of it for each piece, of which the last has `done` and what it took. */
#include <stdio.h>
#include <time.h>

#include "api/ollama/ollama.h"

void ollama_put_time(struct json *j, const char *key, int64_t wall_ms)
{
    char text[40];
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm = {0};
    gmtime_r(&s, &tm);
    snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
             (unsigned)tm.tm_sec % 100u, (unsigned)(wall_ms % 1000) % 1000u);
    json_kcstr(j, key, text);
}

void ollama_put_error(const struct api_error *e, struct buf *out)
{
    struct json j = json_to(out);
    json_obj(&j);
    json_kcstr(&j, "error", e->message);
    json_obj_end(&j);
}

static void put_error_line(const struct generation *g, const struct api_error *e, struct buf *out)
{
    (void)g;
    ollama_put_error(e, out);
    buf_putc(out, '\n');
}

static bool is_chat(const struct generation *g)
{
    return g->shape == &ollama_chat;
}

static void put_head(struct json *j, const struct generation *g)
{
    json_obj(j);
    json_kcstr(j, "model", g->model);
    ollama_put_time(j, "created_at", clock_wall_ms(g->api->c.clock));
}

/* A call that a limit has cut has no object to show; done_reason says "length". */
static void put_calls(struct json *j, const struct choice *c)
{
    json_key(j, "tool_calls");
    json_arr(j);
    for (uint32_t i = 0; i < c->n_calls; i++) {
        struct str arguments = answer_arguments(&c->calls[i]);
        if (!arguments.ptr)
            continue;
        json_obj(j);
        json_kstr(j, "id", buf_str(&c->calls[i].id));
        json_key(j, "function");
        json_obj(j);
        json_kuint(j, "index", i);
        json_kstr(j, "name", buf_str(&c->calls[i].name));
        json_key(j, "arguments");
        json_raw(j, arguments);
        json_obj_end(j);
        json_obj_end(j);
    }
    json_arr_end(j);
}

/* Chat has a message, generate has the texts at the top. */
static void put_part(struct json *j, const struct generation *g, struct str text, struct str thinking, const struct choice *calls)
{
    if (is_chat(g)) {
        json_key(j, "message");
        json_obj(j);
        json_kcstr(j, "role", "assistant");
        json_kstr(j, "content", text);
    } else {
        json_kstr(j, "response", text);
    }
    if (thinking.len)
        json_kstr(j, "thinking", thinking);
    if (calls && calls->n_calls)
        put_calls(j, calls);
    if (is_chat(g))
        json_obj_end(j);
}

static void put_ns(struct json *j, const char *key, double ms)
{
    json_kuint(j, key, ms > 0 ? (uint64_t)(ms * 1e6) : 0);
}

static void put_end(struct json *j, const struct generation *g)
{
    const struct shape_totals t = shape_total(g);
    json_kbool(j, "done", true);
    json_kcstr(j, "done_reason",
               g->choices[0].reason == GEN_FINISH_LENGTH || g->choices[0].reason == GEN_FINISH_DEADLINE ? "length" : "stop");
    json_kuint(j, "total_duration", clock_ns(g->api->c.clock) - g->begin_ns);
    json_kuint(j, "load_duration", g->loaded_ns ? g->loaded_ns - g->begin_ns : 0);
    json_kuint(j, "prompt_eval_count", t.prompt);
    put_ns(j, "prompt_eval_duration", t.prefill_ms);
    json_kuint(j, "eval_count", t.completion);
    put_ns(j, "eval_duration", t.decode_ms);
    json_obj_end(j);
}

static void put_whole(struct generation *g, struct json *j)
{
    const struct choice *c = &g->choices[0];
    put_head(j, g);
    put_part(j, g, buf_str(&c->text), buf_str(&c->reasoning), c);
    put_end(j, g);
}

static void send_part(struct generation *g, struct str text, struct str thinking, const struct choice *calls)
{
    struct json j = json_to(&g->scratch);
    put_head(&j, g);
    put_part(&j, g, text, thinking, calls);
    json_kbool(&j, "done", false);
    json_obj_end(&j);
    buf_putc(&g->scratch, '\n');
    stream_send(g);
}

static void send_text(struct generation *g, uint32_t choice, struct str text)
{
    (void)choice;
    send_part(g, text, (struct str){0}, NULL);
}

static void send_thinking(struct generation *g, uint32_t choice, struct str text)
{
    (void)choice;
    send_part(g, (struct str){0}, text, NULL);
}

/* Calls are shown whole, so they wait for the end. */
static void send_calls(struct generation *g, uint32_t choice)
{
    if (g->choices[choice].n_calls)
        send_part(g, (struct str){0}, (struct str){0}, &g->choices[choice]);
}

static void send_end(struct generation *g)
{
    struct json j = json_to(&g->scratch);
    put_head(&j, g);
    put_part(&j, g, (struct str){0}, (struct str){0}, NULL);
    put_end(&j, g);
    buf_putc(&g->scratch, '\n');
    stream_send(g);
}

#define OLLAMA                                                                                                                        \
    .id_prefix = "ollama-", .stream_type = "application/x-ndjson", .collects_calls = true, .put_whole = put_whole, .text = send_text, \
    .reasoning = send_thinking, .done = send_calls, .complete = send_end, .put_error = put_error_line

const struct shape ollama_chat = {OLLAMA};
const struct shape ollama_generate = {OLLAMA};
