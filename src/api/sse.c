/* An answer that goes out as it is written: server-sent events (WHATWG HTML, section 9.2), each one JSON chunk. */
#include "api/generation.h"

/* The parts of a chunk around its choice. The head was rendered once: it is the same for each token. */
static struct json chunk_open(struct generation *g)
{
    buf_clear(&g->scratch);
    buf_puts(&g->scratch, "data: ");
    buf_put(&g->scratch, g->head);
    return json_to(&g->scratch);
}

static void event_send(struct generation *g)
{
    buf_puts(&g->scratch, "\n\n");
    if (g->scratch.failed) {
        struct api_error e;
        api_error_nomem(&e);
        generation_fail(g, &e);
        return;
    }
    g->last_write_ms = generation_now_ms(g);
    if (g->x && !http_write(g->x, buf_str(&g->scratch)))
        g->blocked = true;
}

/* The chunk's one choice. `text.ptr` NULL: the last one, with its reason. */
static void send_choice(struct generation *g, uint32_t index, struct str text, bool first, const char *finish)
{
    struct choice *c = &g->choices[index];
    struct json j = chunk_open(g);
    json_obj(&j);
    json_kuint(&j, "index", index);
    if (finish)
        g->shape->put_end(&j);
    else
        g->shape->put_delta(&j, text, first);
    json_key(&j, "logprobs");
    if (c->logprobs.part[0].len)
        logprobs_write(&c->logprobs, g->shape->logprobs, &j);
    else
        json_nil(&j);
    json_kcstr(&j, "finish_reason", finish);
    json_obj_end(&j);
    buf_puts(&g->scratch, g->include_usage ? "],\"usage\":null}" : "]}");
    event_send(g);
}

/* `{"id":…,"choices":[`, to which each chunk adds its choice and the closing brackets. */
static bool render_head(struct generation *g)
{
    struct buf b = buf_make(65536);
    struct json j = json_to(&b);
    json_obj(&j);
    shape_put_head(&j, g, g->shape->chunk_object);
    json_key(&j, "choices");
    json_arr(&j);
    const char *head = b.failed ? NULL : str_dup(buf_str(&b));
    g->head = str_of(head);
    buf_free(&b);
    return head;
}

bool sse_begin(struct generation *g)
{
    if (g->begun)
        return true;
    if (!render_head(g)) {
        struct api_error e;
        api_error_nomem(&e);
        generation_fail(g, &e);
        return false;
    }
    g->begun = true;
    http_add_header(g->x, "Cache-Control", STR("no-cache"));
    http_add_header(g->x, "X-Accel-Buffering", STR("no")); /* nginx would collect the stream */
    http_add_header(g->x, "X-Content-Type-Options", STR("nosniff"));
    http_begin(g->x, 200, "text/event-stream; charset=utf-8");
    g->last_write_ms = generation_now_ms(g);
    for (uint32_t i = 0; g->shape->has_role && i < g->n_choices && g->x; i++)
        send_choice(g, i, (struct str){0}, true, NULL);
    return g->x && !g->over;
}

static void give_back(struct generation *g, struct call *c, uint32_t at_least)
{
    if (g->blocked || c->owed < at_least || !c->ticket)
        return;
    uint32_t n = c->owed;
    c->owed = 0;
    runtime_credit(c->ticket, n);
}

void sse_text(struct generation *g, struct call *c, uint32_t choice, const struct gen_event *ev)
{
    if (!sse_begin(g))
        return;
    struct logprobs *l = &g->choices[choice].logprobs;
    if (g->logprobs)
        logprobs_add(l, g->shape->logprobs, ev->text.tokens, ev->text.n_tokens);
    if (ev->text.text.len || l->part[0].len)
        send_choice(g, choice, ev->text.text, false, NULL);
    c->owed++;
    if (!g->over)
        give_back(g, c, STREAM_CREDIT_BATCH);
}

void sse_done(struct generation *g, uint32_t choice)
{
    if (sse_begin(g))
        send_choice(g, choice, (struct str){0}, false, shape_finish(g->choices[choice].reason));
}

static void send_usage(struct generation *g)
{
    struct buf *b = &g->scratch;
    chunk_open(g);
    buf_puts(b, "]");
    struct json j = {.out = b, .depth = 1, .has_items = 2}; /* within the object that the head opened */
    shape_put_usage(&j, g);
    json_obj_end(&j);
    event_send(g);
}

static void send_text_line(struct generation *g, const char *line)
{
    buf_clear(&g->scratch);
    buf_puts(&g->scratch, line);
    event_send(g);
}

void sse_complete(struct generation *g)
{
    if (g->include_usage)
        send_usage(g);
    if (g->x)
        send_text_line(g, "data: [DONE]");
    if (g->x)
        http_finish(g->x);
}

void sse_error(struct generation *g, const struct api_error *e)
{
    buf_clear(&g->scratch);
    buf_puts(&g->scratch, "data: ");
    api_error_write(e, &g->scratch);
    buf_puts(&g->scratch, "\n\n");
    if (g->scratch.failed) {
        http_abort(g->x); /* not even the reason fits into memory */
        return;
    }
    http_write(g->x, buf_str(&g->scratch));
    if (g->x)
        http_finish(g->x);
}

void sse_progress(struct generation *g, const struct gen_event *ev)
{
    bool reading = ev->type == GEN_PREFILL;
    if (!reading && generation_now_ms(g) - g->last_write_ms < STREAM_SILENCE_MS)
        return; /* an error may come yet, and it deserves a status of its own */
    bool new_stream = !g->begun;
    if (!sse_begin(g) || (new_stream && reading) || g->blocked || generation_now_ms(g) - g->last_write_ms < STREAM_SILENCE_MS)
        return;
    buf_clear(&g->scratch);
    if (ev->type == GEN_QUEUED)
        buf_printf(&g->scratch, ": queued at %u", ev->queued.position);
    else if (ev->type == GEN_LOADING)
        buf_printf(&g->scratch, ": loading %.0f %%", (double)ev->loading.progress * 100);
    else
        buf_printf(&g->scratch, ": read %u of %u", ev->prefill.done, ev->prefill.total);
    event_send(g);
}

void sse_drained(struct generation *g)
{
    g->blocked = false;
    for (uint32_t i = 0; i < g->n_calls && !g->over && !g->blocked; i++)
        give_back(g, &g->calls[i], 1);
}
