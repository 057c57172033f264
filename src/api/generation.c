#include "api/generation.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/visit.h"

uint64_t generation_now_ms(const struct generation *g)
{
    return clock_ns(g->api->c.clock) / 1000000;
}

static void generation_free(struct generation *g)
{
    for (uint32_t i = 0; g->choices && i < g->n_choices; i++) {
        answer_deinit(&g->choices[i]);
        logprobs_deinit(&g->choices[i].logprobs);
    }
    if (g->shape->dispose)
        g->shape->dispose(g);
    buf_free(&g->scratch);
    free((char *)g->head.ptr);
    free(g->choices);
    free(g->calls);
    free(g->model);
    json_decref(g->body);
    free(g);
}

static void leave(struct generation *g)
{
    if (--g->busy == 0 && !g->x)
        generation_free(g);
}

/* What an answer that was cut has cost is not told: then what was seen of it counts. */
static uint64_t tokens_used(const struct generation *g)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < g->n_calls; i++)
        n += g->calls[i].usage.prompt_tokens ? g->calls[i].usage.prompt_tokens : g->calls[i].read;
    for (uint32_t i = 0; i < g->n_choices; i++)
        n += g->choices[i].done ? g->choices[i].completion_tokens : g->choices[i].pieces;
    return n;
}

static void note(const struct generation *g)
{
    struct shape_totals t = shape_total(g);
    uint64_t n = tokens_used(g);
    note_tokens(g->x, t.prompt, t.cached, n > t.prompt ? n - t.prompt : 0);
    note_first_ms(g->x, t.queue_ms + t.prefill_ms);
}

static void release(struct generation *g)
{
    if (g->admitted && g->x)
        note(g);
    if (g->admitted)
        limit_release(g->api, g->principal, tokens_used(g));
    g->admitted = false;
}

/* Nothing more is heard from the runtime. */
static void stop(struct generation *g)
{
    g->over = true;
    release(g);
    for (uint32_t i = 0; i < g->n_calls; i++) {
        struct ticket *t = g->calls[i].ticket;
        g->calls[i].ticket = NULL;
        if (t)
            runtime_cancel(t);
    }
}

void generation_fail(struct generation *g, const struct api_error *e)
{
    if (g->over)
        return;
    stop(g);
    if (!g->x)
        return;
    if (g->begun)
        stream_error(g, e);
    else
        respond_error(g->api, g->x, e);
}

static void deliver(struct generation *g)
{
    if (g->stream)
        stream_complete(g);
    else if (g->x)
        answer_send(g);
}

void generation_deliver(struct generation *g)
{
    deliver(g);
    leave(g);
}

static void finish(struct generation *g)
{
    g->over = true;
    release(g);
    g->busy++;
    if (g->shape->keep && g->shape->keep(g))
        return;
    generation_deliver(g);
}

/* ---- events of the runtime */

static void counted(struct generation *g)
{
    stop(g);
    if (g->x)
        answer_send(g);
}

static void on_progress(struct call *c, const struct gen_event *ev)
{
    if (ev->type == GEN_PREFILL) {
        c->read = ev->prefill.done;
        c->total = ev->prefill.total;
        c->cached = ev->prefill.cached;
    }
    if (ev->type == GEN_LOADING)
        c->g->loaded_ns = clock_ns(c->g->api->c.clock);
    if (c->g->stream)
        stream_progress(c->g, ev);
    else if (ev->type == GEN_PREFILL && c->g->shape->only_counts)
        counted(c->g);
}

static void on_part(struct call *c, const struct gen_event *ev)
{
    struct generation *g = c->g;
    uint32_t choice = c->first_choice + ev->choice;
    if (ev->choice >= g->n_per_call || g->choices[choice].done)
        return;
    g->choices[choice].pieces++;
    bool call = ev->type == GEN_TOOL_CALL, hidden = ev->type == GEN_REASONING && g->hides_reasoning;
    if (!hidden && (!g->stream || (call ? g->shape->collects_calls : g->shape->collects_text)))
        answer_part(g, choice, ev);
    if (g->stream && !g->over)
        stream_part(g, c, choice, ev);
    else if (g->shape->builds && !hidden)
        stream_show(g, choice, ev);
}

static void on_done(struct call *c, const struct gen_event *ev)
{
    struct generation *g = c->g;
    if (ev->choice >= g->n_per_call || g->choices[c->first_choice + ev->choice].done)
        return;
    struct choice *h = &g->choices[c->first_choice + ev->choice];
    h->done = true;
    h->reason = ev->done.reason;
    h->completion_tokens = ev->done.usage.completion_tokens;
    h->reasoning_tokens = ev->done.usage.reasoning_tokens;
    h->decode_ms = ev->done.timings.decode_ms;
    str_copy(h->stop, sizeof h->stop, ev->done.stop);
    if (ev->choice == 0) {
        c->usage = ev->done.usage;
        c->queue_ms = ev->done.timings.queue_ms;
        c->prefill_ms = ev->done.timings.prefill_ms;
    }
    if (--c->open == 0)
        c->ticket = NULL; /* gone with its last event */
    if (h->reason == GEN_FINISH_CANCELED) {
        struct api_error e;
        api_error_set(&e, 503, "canceled", NULL, "The server has stopped working on this request");
        generation_fail(g, &e);
        return;
    }
    if (!g->stream && g->shape->builds)
        g->shape->done(g, c->first_choice + ev->choice);
    if (g->stream)
        stream_done(g, c->first_choice + ev->choice);
    if (c->open == 0 && --g->n_open == 0 && !g->over)
        finish(g);
}

static void on_error(struct call *c, const struct gen_event *ev)
{
    struct api_error e;
    c->ticket = NULL;
    c->open = 0;
    api_error_from_fault(&e, ev->error.fault, ev->error.message, ev->error.param);
    generation_fail(c->g, &e);
}

static void on_event(void *ctx, const struct gen_event *ev)
{
    static void (*const handlers[GEN_EVENT_TYPE_COUNT])(struct call *, const struct gen_event *) = {
        [GEN_QUEUED] = on_progress, [GEN_LOADING] = on_progress, [GEN_PREFILL] = on_progress, [GEN_TEXT] = on_part,
        [GEN_DONE] = on_done,       [GEN_ERROR] = on_error,      [GEN_REASONING] = on_part,   [GEN_TOOL_CALL] = on_part,
    };
    struct call *c = ctx;
    struct generation *g = c->g;
    if (g->over || (unsigned)ev->type >= GEN_EVENT_TYPE_COUNT)
        return;
    g->busy++;
    handlers[ev->type](c, ev);
    leave(g);
}

/* ---- events of the exchange */

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct generation *g = ctx;
    g->busy++;
    stream_drained(g);
    leave(g);
}

static void unlink_open(struct generation *g)
{
    if (g->prev)
        g->prev->next = g->next;
    else
        g->api->open = g->next;
    if (g->next)
        g->next->prev = g->prev;
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct generation *g = ctx;
    g->busy++;
    stop(g);
    unlink_open(g);
    g->x = NULL;
    leave(g);
}

void generation_free_all(struct api *a)
{
    while (a->open)
        on_ended(a->open, a->open->x, true);
}

/* ---- the beginning */

static bool make_choices(struct generation *g, const struct api_request *r)
{
    g->n_per_call = r->gen.n_choices;
    g->n_calls = g->n_open = r->n_prompts ? (uint32_t)r->n_prompts : 1;
    g->n_choices = g->n_calls * g->n_per_call;
    g->calls = calloc(g->n_calls, sizeof *g->calls);
    g->choices = calloc(g->n_choices, sizeof *g->choices);
    if (!g->calls || !g->choices)
        return false;
    for (uint32_t i = 0; i < g->n_calls; i++)
        g->calls[i] = (struct call){.g = g, .first_choice = i * g->n_per_call, .open = g->n_per_call};
    for (uint32_t i = 0; i < g->n_choices; i++) {
        g->choices[i].text = g->choices[i].reasoning = buf_make(API_ANSWER_BYTES_MAX / g->n_choices);
        logprobs_init(&g->choices[i].logprobs, g->stream ? STREAM_EVENT_BYTES_MAX : API_ANSWER_BYTES_MAX / g->n_choices);
    }
    return true;
}

static struct generation *generation_create(struct api *a, struct http_exchange *x, const struct shape *shape, const struct api_request *r,
                                            struct str model)
{
    struct generation *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->api = a;
    g->x = x;
    g->shape = shape;
    g->stream = r->stream && !shape->only_counts;
    g->include_usage = g->stream && r->include_usage;
    g->logprobs = r->gen.logprobs;
    g->hides_reasoning = r->hides_reasoning;
    g->principal = api_principal(x)->id;
    note_subject(x, model);
    g->created_s = clock_wall_ms(a->c.clock) / 1000;
    g->last_write_ms = generation_now_ms(g);
    g->begin_ns = clock_ns(a->c.clock);
    g->body = shape->keeps_body ? json_incref(r->root) : NULL;
    g->scratch = buf_make(STREAM_EVENT_BYTES_MAX * 2);
    g->model = str_dup(model);
    snprintf(g->id, sizeof g->id, "%s%016llx%08x", shape->id_prefix, (unsigned long long)rng_u64(&a->rng), (unsigned)rng_u64(&a->rng));
    if (!g->model || !make_choices(g, r) || (shape->init && !shape->init(g, r))) {
        generation_free(g);
        return NULL;
    }
    g->next = a->open;
    if (g->next)
        g->next->prev = g;
    a->open = g;
    return g;
}

/* Prefixes are shared within a principal, and within its users when it names them. */
static void put_owner(const struct http_exchange *x, struct str user, char *owner, size_t cap)
{
    char id[API_OWNER_BYTES];
    snprintf(owner, cap, STR_FMT "%s" STR_FMT, STR_ARG(api_owner(api_principal(x), id)), user.len ? "/" : "", STR_ARG(user));
}

/* Each prompt becomes a request of its own; the engine runs them in one batch. When one cannot be taken, none is. */
static void submit(struct generation *g, const struct api_request *r)
{
    char owner[API_OWNER_BYTES + API_USER_BYTES_MAX + 2];
    put_owner(g->x, r->gen.owner, owner, sizeof owner);
    for (uint32_t i = 0; i < g->n_calls && !g->over; i++) {
        struct call *c = &g->calls[i];
        struct gen_request q = api_request_for_prompt(r, i);
        struct ticket *t = NULL;
        struct err err = {0};
        q.owner = str_of(owner);
        q.credit = g->stream ? STREAM_CREDIT : GEN_CREDIT_UNLIMITED;
        if (!q.max_tokens)
            q.max_tokens = g->api->c.max_tokens_default;
        if (q.sampling.has_seed)
            q.sampling.seed += i; /* or equal prompts would have equal answers */
        int rc = runtime_submit(g->api->c.runtime, str_of(g->model), &q, on_event, c, &t, &err);
        if (rc) {
            struct api_error e;
            err.code = rc;
            api_error_from_err(&e, &err);
            generation_fail(g, &e);
        } else if (g->over) {
            runtime_cancel(t); /* an event of this very call has ended everything */
        } else if (c->open) {
            c->ticket = t;
        }
    }
}

void generation_start(struct api *a, struct http_exchange *x, const struct shape *shape, const struct api_request *r)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct api_error e;
    const struct model_entry *m = models_pick(a, r->model, &e);
    struct generation *g = m ? generation_create(a, x, shape, r, m->name) : NULL;
    if (!g) {
        if (m)
            api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    g->busy++;
    http_listen_events(x, &events, g);
    g->admitted = limit_admit(a, x);
    if (g->admitted)
        submit(g, r);
    else
        g->over = true;
    leave(g);
}

void generation_handle(struct api *a, struct http_exchange *x, const struct shape *shape, api_parse_fn *parse)
{
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_request r;
    struct api_error e;
    if (parse(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e)) {
        respond_error(a, x, &e);
    } else {
        generation_start(a, x, shape, &r);
        api_request_deinit(&r);
    }
    arena_free(&arena);
}

void handle_chat(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    generation_handle(a, x, &shape_chat, api_parse_chat);
}

void handle_completion(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    generation_handle(a, x, &shape_completion, api_parse_completion);
}
