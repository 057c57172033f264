/* An answer that goes out as it is written: what is the same for every API. The bytes are the shape's. */
#include "api/generation.h"
#include "api/visit.h"

void stream_send(struct generation *g)
{
    if (g->scratch.failed) {
        struct api_error e;
        api_error_nomem(&e);
        generation_fail(g, &e);
        return;
    }
    g->last_write_ms = generation_now_ms(g);
    if (g->x && g->scratch.len && !http_write(g->x, buf_str(&g->scratch)))
        g->blocked = true;
    buf_clear(&g->scratch);
}

/* False: there is nobody to send to any more. */
static bool begin(struct generation *g)
{
    if (g->begun)
        return true;
    g->begun = true;
    http_add_header(g->x, "Cache-Control", STR("no-cache"));
    http_add_header(g->x, "X-Accel-Buffering", STR("no")); /* nginx would collect the stream */
    http_add_header(g->x, "X-Content-Type-Options", STR("nosniff"));
    http_begin(g->x, 200, g->shape->stream_type);
    g->last_write_ms = generation_now_ms(g);
    if (g->shape->begin && !g->shape->begin(g)) {
        struct api_error e;
        api_error_nomem(&e);
        generation_fail(g, &e);
    }
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

static void send_text(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    struct logprobs *l = &g->choices[choice].logprobs;
    if (g->logprobs)
        logprobs_add(l, g->shape->logprobs, ev->text.tokens, ev->text.n_tokens);
    if (ev->text.text.len || l->part[0].len)
        g->shape->text(g, choice, ev->text.text);
}

void stream_show(struct generation *g, uint32_t choice, const struct gen_event *ev)
{
    if (ev->type == GEN_TEXT)
        send_text(g, choice, ev);
    else if (ev->type == GEN_REASONING && g->shape->reasoning && !g->hides_reasoning && ev->text.text.len)
        g->shape->reasoning(g, choice, ev->text.text);
    else if (ev->type == GEN_TOOL_CALL && g->shape->tool_call)
        g->shape->tool_call(g, choice, ev);
}

void stream_part(struct generation *g, struct call *c, uint32_t choice, const struct gen_event *ev)
{
    if (!begin(g))
        return;
    stream_show(g, choice, ev);
    c->owed++;
    if (!g->over)
        give_back(g, c, STREAM_CREDIT_BATCH);
}

void stream_done(struct generation *g, uint32_t choice)
{
    if (begin(g))
        g->shape->done(g, choice);
}

void stream_complete(struct generation *g)
{
    if (g->x)
        g->shape->complete(g);
    if (g->x)
        http_finish(g->x);
}

void stream_error(struct generation *g, const struct api_error *e)
{
    buf_clear(&g->scratch);
    note_reason(g->x, e->code ? e->code : "failed");
    g->shape->put_error(g, e, &g->scratch);
    if (g->scratch.failed) {
        http_abort(g->x); /* not even the reason fits into memory */
        return;
    }
    http_write(g->x, buf_str(&g->scratch));
    if (g->x)
        http_finish(g->x);
}

void stream_progress(struct generation *g, const struct gen_event *ev)
{
    bool reading = ev->type == GEN_PREFILL;
    if (!reading && generation_now_ms(g) - g->last_write_ms < STREAM_SILENCE_MS)
        return; /* an error may come yet, and it deserves a status of its own */
    bool new_stream = !g->begun;
    if (!begin(g) || (new_stream && reading) || g->blocked || generation_now_ms(g) - g->last_write_ms < STREAM_SILENCE_MS)
        return;
    if (g->shape->put_alive)
        g->shape->put_alive(g, ev, &g->scratch);
    stream_send(g);
}

void stream_drained(struct generation *g)
{
    g->blocked = false;
    for (uint32_t i = 0; i < g->n_calls && !g->over && !g->blocked; i++)
        give_back(g, &g->calls[i], 1);
}
