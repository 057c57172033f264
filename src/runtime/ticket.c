/* Tickets: requests and questions on their way to a model, and the way back of what is heard. */
#include <stdlib.h>

#include "runtime/runtime_internal.h"

enum { CREDIT_ROOM = 64 }; /* a CREDIT frame may follow the request */

static void take_out(struct ticket *t)
{
    struct tickets *l = t->in;
    if (!l)
        return;
    *(t->prev ? &t->prev->next : &l->head) = t->next;
    *(t->next ? &t->next->prev : &l->tail) = t->prev;
    l->count--;
    t->in = NULL;
    t->prev = t->next = NULL;
}

void tickets_push(struct tickets *l, struct ticket *t)
{
    take_out(t);
    t->prev = l->tail;
    *(l->tail ? &l->tail->next : &l->head) = t;
    l->tail = t;
    l->count++;
    t->in = l;
}

void ticket_free(struct ticket *t)
{
    take_out(t);
    buf_free(&t->frame);
    free(t);
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the analyser cannot know that a ticket that is freed is in no list any more */
static struct ticket *find(const struct tickets *l, uint64_t id)
{
    for (struct ticket *t = l->head; t; t = t->next) {
        if (t->id == id)
            return t;
    }
    return NULL;
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* The first after `id`: walks a list that sinks may change between two steps. */
static struct ticket *find_after(const struct tickets *l, uint64_t id)
{
    struct ticket *t = l->head;
    while (t && t->id <= id)
        t = t->next;
    return t;
}

int ticket_create(struct slot *s, enum ticket_kind kind, struct gen_frame *f, struct ticket **ret)
{
    struct ticket *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->slot = s;
    t->kind = kind;
    t->id = ++s->rt->next_id;
    t->frame = buf_make((size_t)GEN_FRAME_BYTES_MAX + CREDIT_ROOM);
    t->since_ms = loop_now_ms(s->rt->loop);
    t->told_position = UINT32_MAX;
    t->told_progress = -1;
    switch (kind) {
    case TICKET_REQUEST:
        f->request.id = t->id;
        t->n_choices = f->request.n_choices;
        t->deadline_ms = f->request.deadline_ms;
        break;
    case TICKET_TOKENS: f->tokenize.id = t->id; break;
    case TICKET_BYTES: f->detokenize.id = t->id; break;
    case TICKET_PROMPT: f->request.id = t->id; break;
    case TICKET_VECTORS: f->embed.id = t->id; break;
    }
    int r = gen_put_frame(&t->frame, f);
    if (r) {
        ticket_free(t);
        return r;
    }
    *ret = t;
    return OK;
}

/* ---- to the sink */
static void tell(struct ticket *t, const struct gen_event *ev)
{
    struct runtime *rt = t->slot->rt;
    runtime_sink *sink = t->sink;
    void *ctx = t->ctx;
    if (ev->type == GEN_DONE)
        t->done_mask |= 1u << ev->choice;
    if (ev->type == GEN_ERROR || t->done_mask == (1u << t->n_choices) - 1) {
        t->slot->used_ms = loop_now_ms(rt->loop);
        ticket_free(t);
        runtime_wake(rt);
    }
    rt->calls++;
    sink(ctx, ev);
    rt->calls--;
}

static void tell_answer(struct ticket *t, const struct gen_frame *f)
{
    struct ticket answered = *t;
    struct runtime *rt = t->slot->rt;
    const struct gen_failed *failed = f->type == GEN_FRAME_FAILED ? &f->failed : NULL;
    t->slot->used_ms = loop_now_ms(rt->loop);
    ticket_free(t);
    runtime_wake(rt);
    rt->calls++;
    if (answered.kind == TICKET_TOKENS)
        answered.tokens(answered.ctx, failed ? NULL : &f->tokens, failed);
    else if (answered.kind == TICKET_VECTORS)
        answered.vectors(answered.ctx, failed ? NULL : &f->vectors, failed);
    else
        answered.bytes(answered.ctx, failed ? NULL : &f->bytes, failed);
    rt->calls--;
}

static void fail(struct ticket *t, enum gen_fault fault, const char *sentence)
{
    if (t->kind == TICKET_REQUEST) {
        tell(t, &(struct gen_event){.id = t->id, .type = GEN_ERROR, .error = {.fault = fault, .message = str_of(sentence)}});
        return;
    }
    struct gen_frame f = {.type = GEN_FRAME_FAILED};
    f.failed = (struct gen_failed){.id = t->id, .fault = fault, .message = str_of(sentence)};
    tell_answer(t, &f);
}

void tickets_fail(struct tickets *l, enum gen_fault fault, const char *sentence)
{
    struct err copy; /* the sentence may be the slot's, which a sink may change */
    err_set(&copy, ERR_INTERNAL, "%s", sentence);
    uint64_t last = l->tail ? l->tail->id : 0;
    while (l->head && l->head->id <= last) /* NOLINT(clang-analyzer-unix.Malloc): as in find */
        fail(l->head, fault, copy.text);
}

static void deliver_event(struct slot *s, const struct gen_event *ev)
{
    struct ticket *t = find(&s->sent, ev->id);
    if (!t || t->kind != TICKET_REQUEST || ev->choice >= t->n_choices)
        return; /* canceled meanwhile */
    if (ev->type == GEN_WARNING) {
        log_event(s->rt->log, LOG_WARN, "a request works with less than was asked for", F_STR("model", s->entry.name),
                  F_STR("why", ev->warning.text));
        return;
    }
    bool ended = t->done_mask >> ev->choice & 1;
    if (!ended || ev->type == GEN_ERROR)
        tell(t, ev);
}

/* TOKENS answer to tokens that were asked for, BYTES to all other questions. */
static void deliver_answer(struct slot *s, uint64_t id, const struct gen_frame *f)
{
    struct ticket *t = find(&s->sent, id);
    if (!t || t->kind == TICKET_REQUEST)
        return;
    bool fits =
        (f->type == GEN_FRAME_TOKENS) == (t->kind == TICKET_TOKENS) && (f->type == GEN_FRAME_VECTORS) == (t->kind == TICKET_VECTORS);
    if (f->type == GEN_FRAME_FAILED || fits)
        tell_answer(t, f);
}

void slot_deliver(struct slot *s, const struct gen_frame *f)
{
    switch ((int)f->type) {
    case GEN_FRAME_EVENT: deliver_event(s, &f->event); break;
    case GEN_FRAME_TOKENS: deliver_answer(s, f->tokens.id, f); break;
    case GEN_FRAME_BYTES: deliver_answer(s, f->bytes.id, f); break;
    case GEN_FRAME_FAILED: deliver_answer(s, f->failed.id, f); break;
    case GEN_FRAME_VECTORS: deliver_answer(s, f->vectors.id, f); break;
    default: break;
    }
}

/* ---- to the model */
static uint64_t waited_ms(const struct ticket *t, uint64_t now_ms)
{
    return now_ms > t->since_ms ? now_ms - t->since_ms : 0;
}

/* The engine counts a deadline from the request's arrival there, so what has passed here is taken off. */
static int shorten_deadline(struct ticket *t)
{
    uint64_t waited = waited_ms(t, loop_now_ms(t->slot->rt->loop));
    if (!t->deadline_ms || !waited)
        return OK;
    struct arena a = arena_make(4 * (size_t)GEN_FRAME_BYTES_MAX);
    struct buf again = buf_make(t->frame.max);
    struct gen_frame f;
    size_t used;
    int r = gen_get_frame(buf_str(&t->frame), &a, &f, &used);
    if (!r) {
        f.request.deadline_ms = waited < t->deadline_ms ? t->deadline_ms - (uint32_t)waited : 1;
        r = gen_put_request(&again, &f.request);
    }
    if (r) {
        buf_free(&again);
    } else {
        buf_free(&t->frame);
        t->frame = again;
    }
    arena_free(&a);
    return r;
}

int ticket_send(struct ticket *t)
{
    struct slot *s = t->slot;
    int r = shorten_deadline(t);
    if (!r && t->credit)
        r = gen_put_credit(&t->frame, t->id, t->credit);
    if (!r)
        r = s->kind->send(s->backend, buf_str(&t->frame));
    if (r)
        return r;
    buf_free(&t->frame);
    s->used_ms = loop_now_ms(s->rt->loop);
    tickets_push(&s->sent, t);
    return OK;
}

void tickets_send(struct slot *s)
{
    uint64_t last = s->waiting.tail ? s->waiting.tail->id : 0;
    while (s->waiting.head && s->waiting.head->id <= last) { /* NOLINT(clang-analyzer-unix.Malloc): as in find */
        struct ticket *t = s->waiting.head;
        int r = ticket_send(t);
        if (r)
            fail(t, r == ERR_FULL ? GEN_FAULT_BUSY : r == ERR_NOMEM ? GEN_FAULT_MEMORY : GEN_FAULT_INTERNAL, err_text(r));
    }
}

void ticket_credit(struct ticket *t, uint32_t events)
{
    struct slot *s = t->slot;
    if (t->in != &s->sent) {
        t->credit = events > UINT32_MAX - t->credit ? UINT32_MAX : t->credit + events;
        return;
    }
    struct buf b = buf_make(64);
    if (!gen_put_credit(&b, t->id, events))
        s->kind->send(s->backend, buf_str(&b)); /* when it fails the backend ends, and says so */
    buf_free(&b);
}

void ticket_cancel(struct ticket *t)
{
    struct slot *s = t->slot;
    if (t->in == &s->sent) {
        struct buf b = buf_make(64);
        if (!gen_put_cancel(&b, t->id))
            s->kind->send(s->backend, buf_str(&b));
        buf_free(&b);
    }
    s->used_ms = loop_now_ms(s->rt->loop);
    ticket_free(t);
    runtime_wake(s->rt);
}

/* ---- news for those who wait */
static void tell_deadline(struct slot *s, uint64_t id)
{
    struct ticket *t;
    for (uint32_t choice = 0; (t = find(&s->waiting, id)) && choice < t->n_choices; choice++)
        tell(t, &(struct gen_event){.id = id, .choice = choice, .type = GEN_DONE, .done = {.reason = GEN_FINISH_DEADLINE}});
}

static void tell_news(struct slot *s, struct ticket *t, uint32_t position)
{
    if (s->entry.state == MODEL_LOADING && t->told_progress != s->progress) {
        t->told_progress = s->progress;
        tell(t, &(struct gen_event){.id = t->id, .type = GEN_LOADING, .loading = {s->progress}});
    } else if (s->entry.state != MODEL_LOADING && t->told_position != position) {
        t->told_position = position;
        tell(t, &(struct gen_event){.id = t->id, .type = GEN_QUEUED, .queued = {position}});
    }
}

void slot_news(struct slot *s, uint64_t now_ms)
{
    uint32_t position = 0;
    struct ticket *t;
    for (uint64_t id = 0; (t = find_after(&s->waiting, id)); position++) {
        id = t->id;
        if (t->kind != TICKET_REQUEST)
            continue;
        if (t->deadline_ms && waited_ms(t, now_ms) >= t->deadline_ms)
            tell_deadline(s, id);
        else
            tell_news(s, t, position);
    }
}
