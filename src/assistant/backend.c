/* The runtime's side: frames in, events out. A backend is loaded at once; its turns end on the loop thread, so that no event comes from
 * within a call of the runtime. */
#include <stdlib.h>

#include "assistant/internal.h"

enum { TURNS_MAX = 64, REQUEST_BYTES_MAX = 8 << 20 };

static void backend_free(struct backend *b)
{
    timer_free(b->soon);
    free(b->model);
    free(b);
}

static void turn_free(struct turn *t)
{
    struct backend *b = t->b;
    link_del(&t->link);
    b->a->turns--;
    buf_free(&t->answer);
    arena_free(&t->arena);
    free(t);
    if (link_empty(&b->turns) && !b->ev)
        backend_free(b);
    else if (link_empty(&b->turns) && b->closing)
        timer_start(b->soon, 0, 0);
}

static void tell(struct turn *t, struct gen_event *ev)
{
    struct gen_frame f = {.type = GEN_FRAME_EVENT};
    if (t->canceled || !t->b->ev)
        return;
    ev->id = t->request.id;
    f.event = *ev;
    t->b->ev->frame(t->b->ctx, &f);
}

void turn_text(struct turn *t, struct str text)
{
    struct gen_event ev = {.type = GEN_TEXT};
    ev.text.text = text;
    if (text.len)
        tell(t, &ev);
}

void turn_done(struct turn *t)
{
    for (uint32_t i = 0; i < t->request.n_choices; i++) {
        struct gen_event ev = {.type = GEN_DONE, .choice = i};
        ev.done.reason = GEN_FINISH_STOP;
        tell(t, &ev);
    }
    turn_free(t);
}

void turn_fail(struct turn *t, enum gen_fault fault, const char *sentence)
{
    struct gen_event ev = {.type = GEN_ERROR};
    ev.error.fault = fault;
    ev.error.message = str_of(sentence);
    tell(t, &ev);
    turn_free(t);
}

/* ---- handing over */

static void on_model_event(void *ctx, const struct gen_event *ev)
{
    struct turn *t = ctx;
    struct gen_event own = *ev;
    bool over = ev->type == GEN_ERROR || (ev->type == GEN_DONE && ++t->choices_done >= t->request.n_choices);
    if (over)
        t->ticket = NULL; /* gone with its last event */
    t->telling = true;
    tell(t, &own);
    t->telling = false;
    if (!over && t->canceled && t->ticket) {
        runtime_cancel(t->ticket);
        t->ticket = NULL;
        over = true;
    }
    if (over)
        turn_free(t);
}

int turn_hand_over(struct turn *t)
{
    struct err e = {0};
    return runtime_submit(t->b->a->c.runtime, str_of(t->b->model), &t->request, on_model_event, t, &t->ticket, &e);
}

/* ---- frames */

static void refuse(struct backend *b, uint64_t id, const char *sentence)
{
    struct gen_frame f = {.type = GEN_FRAME_FAILED};
    f.failed = (struct gen_failed){id, GEN_FAULT_REQUEST, str_of(sentence)};
    if (b->ev)
        b->ev->frame(b->ctx, &f);
}

struct refusal {
    struct backend *b;
    uint64_t id;
};

static void refuse_later(void *ctx)
{
    struct refusal *r = ctx;
    refuse(r->b, r->id, "hearth, the assistant, is no model: it has no tokens and no template");
    free(r);
}

static int on_request(struct backend *b, struct str frame)
{
    struct turn *t = calloc(1, sizeof *t);
    struct gen_frame f;
    size_t used;
    if (!t)
        return ERR_NOMEM;
    t->b = b;
    t->arena = arena_make(REQUEST_BYTES_MAX);
    t->answer = buf_make(SKILL_ANSWER_BYTES_MAX * SKILL_INTENTS_MAX);
    link_init(&t->link);
    struct str copy = arena_dup(&t->arena, frame);
    int r = !copy.ptr ? ERR_NOMEM : b->a->turns >= TURNS_MAX ? ERR_FULL : gen_get_frame(copy, &t->arena, &f, &used);
    if (!r)
        t->request = f.request;
    link_add(&b->turns, &t->link);
    b->a->turns++;
    if (!r)
        r = turn_start(t);
    if (r)
        turn_free(t);
    return r;
}

static void on_cancel(struct backend *b, uint64_t id)
{
    for (struct link *l = b->turns.next; l != &b->turns; l = l->next) {
        struct turn *t = link_of(l, struct turn, link);
        if (t->request.id != id || t->canceled)
            continue;
        t->canceled = true; /* what a skill has begun it finishes; nobody hears of it */
        if (t->ticket && !t->telling) {
            runtime_cancel(t->ticket);
            t->ticket = NULL;
            turn_free(t);
        }
        return;
    }
}

static void on_credit(struct backend *b, const struct gen_credit *credit)
{
    for (struct link *l = b->turns.next; l != &b->turns; l = l->next) {
        struct turn *t = link_of(l, struct turn, link);
        if (t->request.id == credit->id && t->ticket)
            runtime_credit(t->ticket, credit->events);
    }
}

static int other(struct backend *b, uint64_t id)
{
    struct refusal *r = malloc(sizeof *r);
    if (!r)
        return ERR_NOMEM;
    *r = (struct refusal){b, id};
    int rc = loop_post(b->a->c.loop, refuse_later, r);
    if (rc)
        free(r);
    return rc;
}

static int send(struct backend *b, struct str frames)
{
    int r = OK;
    while (!r && frames.len) {
        struct arena arena = arena_make(REQUEST_BYTES_MAX);
        struct gen_frame f;
        size_t used = 0;
        r = gen_get_frame(frames, &arena, &f, &used);
        if (!r && f.type == GEN_FRAME_REQUEST)
            r = on_request(b, str_head(frames, used));
        else if (!r && f.type == GEN_FRAME_CANCEL)
            on_cancel(b, f.cancel.id);
        else if (!r && f.type == GEN_FRAME_CREDIT)
            on_credit(b, &f.credit);
        else if (!r)
            r = other(b, f.type == GEN_FRAME_EMBED      ? f.embed.id
                         : f.type == GEN_FRAME_TEMPLATE ? f.request.id
                         : f.type == GEN_FRAME_TOKENIZE ? f.tokenize.id
                                                        : f.detokenize.id);
        arena_free(&arena);
        frames = str_skip(frames, used);
    }
    return r;
}

/* ---- life */

static void on_soon(void *ctx)
{
    struct backend *b = ctx;
    if (b->closing) {
        const struct backend_events *ev = b->ev;
        void *owner = b->ctx;
        if (!link_empty(&b->turns))
            return;
        backend_free(b);
        ev->closed(owner, OK);
        return;
    }
    if (b->loaded)
        return;
    b->loaded = true;
    struct gen_frame f = {.type = GEN_FRAME_LOADED};
    f.loaded = (struct gen_loaded){
        .name = STR("hearth"), .arch = STR("assistant"), .quant = STR(""), .chat_format = STR("hearth"), .context_tokens = 1 << 16};
    b->ev->frame(b->ctx, &f);
}

static int open(const struct backend_env *env, const struct gen_load *load, const struct backend_events *ev, void *ctx,
                struct backend **ret, struct err *e)
{
    struct backend *b = calloc(1, sizeof *b);
    int r = b && (b->model = str_dup(load->path)) ? timer_create_in(env->loop, on_soon, b, &b->soon) : ERR_NOMEM;
    if (r) {
        if (b)
            free(b->model);
        free(b);
        return err_set(e, r, "%s", err_text(r));
    }
    b->a = env->guest_ctx;
    b->ev = ev;
    b->ctx = ctx;
    link_init(&b->turns);
    timer_start(b->soon, 0, 0);
    *ret = b;
    return OK;
}

static void close(struct backend *b)
{
    b->closing = true;
    timer_start(b->soon, 0, 0);
}

static void destroy(struct backend *b)
{
    b->ev = NULL;
    for (struct link *l = b->turns.next, *next; l != &b->turns; l = next) {
        struct turn *t = link_of(l, struct turn, link);
        next = l->next;
        if (t->ticket) {
            runtime_cancel(t->ticket);
            t->ticket = NULL;
            link_del(&t->link);
            b->a->turns--;
            buf_free(&t->answer);
            arena_free(&t->arena);
            free(t);
        }
    }
    if (link_empty(&b->turns))
        backend_free(b);
}

static const struct backend_kind kind = {.name = "assistant", .open = open, .send = send, .close = close, .destroy = destroy};

int assistant_create(const struct assistant_config *c, struct assistant **ret, struct err *e)
{
    struct assistant *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(e, ERR_NOMEM, "out of memory");
    a->c = *c;
    pthread_rwlock_init(&a->kb_lock, NULL);
    int r = skill_env_create(c->clock, &c->paths, c->zone, &a->env, e);
    if (!r)
        r = due_create(a, &a->due, e);
    if (!r)
        r = runtime_invite(c->runtime, "hearth", &kind, a);
    if (r)
        assistant_free(a);
    else
        *ret = a;
    return r;
}

struct due *assistant_due(struct assistant *a)
{
    return a->due;
}

void assistant_leave_kb(struct assistant *a)
{
    if (!a)
        return;
    pthread_rwlock_wrlock(&a->kb_lock);
    a->c.kb = NULL;
    pthread_rwlock_unlock(&a->kb_lock);
}

void assistant_stop(struct assistant *a)
{
    if (!a)
        return;
    due_free(a->due);
    a->due = NULL;
}

void assistant_free(struct assistant *a)
{
    if (!a)
        return;
    assistant_stop(a);
    skill_env_free(a->env);
    pthread_rwlock_destroy(&a->kb_lock);
    free(a);
}
