/* All answers, and their way to the store. A job carries a copy of what it writes, so that it may outlive its answer. */
#include <stdlib.h>

#include "talk/answer_internal.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    FIRST_LOOK_MS = 60 * 1000, /* the daily look begins a minute after the start */
    ERASE_BATCH = 50,          /* conversations of one transaction: others write in between */
};

struct save {
    struct store_job job;
    struct answer *answer; /* NULL: the server has ended */
    struct arena arena;
    int64_t message_n, now_ms;
    bool last;
    struct talk_end end;
};

static void save_free(struct save *s)
{
    arena_free(&s->arena);
    free(s);
}

static int save_run(struct store_db *db, void *ctx, struct err *e)
{
    struct save *s = ctx;
    return s->last ? talk_write_end(db, s->message_n, &s->end, s->now_ms, e) : talk_write_text(db, s->message_n, s->end.text, e);
}

static void give_up(struct answer *a, const struct err *e)
{
    log_event(a->set->c.log, LOG_ERROR, "an answer could not be saved", F_CSTR("reason", e->text));
    struct buf b = buf_make(1024);
    buf_printf(&b, "The answer could not be saved: %s", e->text);
    a->end_state = TALK_FAILED;
    a->message.error = arena_dup(&a->arena, buf_str(&b));
    buf_free(&b);
    answer_saved(a);
}

static void save_done(void *ctx, int code, const struct err *e)
{
    struct save *s = ctx;
    struct answer *a = s->answer;
    bool last = s->last;
    save_free(s);
    if (!a)
        return;
    a->saving = NULL;
    if (code)
        a->dirty = true;
    if (last && !code)
        answer_saved(a);
    else if (last && ++a->tries >= ANSWER_SAVE_TRIES)
        give_up(a, e);
    else if (!last && a->news.phase == ANSWER_SAVING)
        answer_save(a); /* the end came while a part of the text was on its way */
}

/* The job may outlive the answer whose texts these are. */
static bool keep_calls(struct save *s, const struct talk_call *calls, size_t n)
{
    struct talk_call *kept = arena_calloc(&s->arena, n, sizeof *kept);
    bool ok = kept != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        kept[i] =
            (struct talk_call){arena_dup(&s->arena, calls[i].id), arena_dup(&s->arena, calls[i].name), arena_dup(&s->arena, calls[i].text)};
        ok = kept[i].id.ptr && kept[i].name.ptr && kept[i].text.ptr;
    }
    s->end.calls = kept;
    s->end.n_calls = n;
    return ok;
}

static bool fill(struct save *s, const struct answer *a)
{
    s->message_n = a->message.n;
    s->last = a->news.phase == ANSWER_SAVING;
    s->now_ms = clock_wall_ms(a->set->c.clock);
    s->end = (struct talk_end){
        .state = a->end_state,
        .text = arena_dup(&s->arena, answer_so_far(a)),
        .error = a->message.error.ptr ? arena_dup(&s->arena, a->message.error) : (struct str){0},
        .model = arena_dup(&s->arena, a->message.model),
        .reasoning = arena_dup(&s->arena, answer_thoughts(a)),
        .has_usage = a->message.has_usage,
        .usage = a->message.usage,
    };
    const struct talk_call *calls = NULL;
    size_t n = 0;
    return s->end.text.ptr && s->end.reasoning.ptr && !answer_calls(a, &s->arena, &calls, &n) && keep_calls(s, calls, n);
}

/* Without memory or room for a job the next tick tries again. */
void answer_save(struct answer *a)
{
    if (a->saving || !a->set)
        return;
    struct save *s = calloc(1, sizeof *s);
    if (!s)
        return;
    s->arena = arena_make((size_t)4 * TALK_CONTENT_BYTES_MAX);
    s->answer = a;
    s->job = (struct store_job){.store = a->set->c.store, .write = true, .fn = save_run, .done = save_done, .ctx = s};
    a->dirty = false;
    if (!fill(s, a) || store_job(a->set->c.loop, &s->job)) {
        a->dirty = true;
        save_free(s);
        return;
    }
    a->saving = s;
}

static void on_tick(void *ctx)
{
    struct answers *s = ctx;
    for (struct link *i = s->all.next; i != &s->all; i = i->next) {
        struct answer *a = link_of(i, struct answer, link);
        if (a->dirty || a->news.phase == ANSWER_SAVING)
            answer_save(a);
    }
    if (!s->n) {
        timer_stop(s->ticks);
        s->ticking = false;
    }
}

void answers_tick(struct answers *s)
{
    if (!s->ticking)
        timer_start(s->ticks, ANSWER_SAVE_MS, ANSWER_SAVE_MS);
    s->ticking = true;
}

int answers_room(const struct answers *s, int64_t owner, struct err *e)
{
    size_t all = 0, own = 0;
    for (const struct link *i = s->all.next; i != &s->all; i = i->next) {
        const struct answer *a = link_of(i, const struct answer, link);
        if (a->news.phase >= ANSWER_SAVING)
            continue;
        all++;
        own += a->owner == owner;
    }
    if (own >= ANSWERS_PER_PRINCIPAL_MAX)
        return err_set(e, ERR_FULL, "%zu answers are being written for you already, which is the most: wait for one, or stop it", own);
    if (all >= ANSWERS_MAX)
        return err_set(e, ERR_FULL, "The server is writing %zu answers already, which is the most", all);
    return OK;
}

struct answer *answers_find(const struct answers *s, int64_t owner, struct str conversation, struct str message)
{
    for (struct link *i = s->all.next; i != &s->all; i = i->next) {
        struct answer *a = link_of(i, struct answer, link);
        if (a->owner == owner && a->news.phase != ANSWER_OVER && str_eq(a->message.id, message) && str_eq(a->conversation, conversation))
            return a;
    }
    return NULL;
}

void answers_drop(struct answers *s, int64_t owner, struct str conversation)
{
    for (struct link *i = s->all.next, *next; i != &s->all; i = next) {
        struct answer *a = link_of(i, struct answer, link);
        next = i->next;
        if (a->owner == owner && (!conversation.len || str_eq(a->conversation, conversation)))
            answer_stop(a);
    }
}

/* ---- retention */

struct save_erase {
    struct store_job job;
    struct answers *set; /* NULL: the server has ended */
    int64_t before_ms;
    bool left;
};

static int erase_run(struct store_db *db, void *ctx, struct err *e)
{
    struct save_erase *s = ctx;
    return talk_delete_older(db, s->before_ms, ERASE_BATCH, &s->left, e);
}

static void erase_done(void *ctx, int code, const struct err *e)
{
    struct save_erase *s = ctx;
    if (s->set && code)
        log_event(s->set->c.log, LOG_WARN, "old conversations could not be erased", F_CSTR("reason", e->text));
    if (s->set && !code && s->left && !store_job(s->set->c.loop, &s->job))
        return;
    if (s->set)
        s->set->erase = NULL;
    free(s);
}

static void on_day(void *ctx)
{
    struct answers *set = ctx;
    struct save_erase *s = set->erase ? NULL : calloc(1, sizeof *s);
    if (!s)
        return;
    s->set = set;
    s->before_ms = clock_wall_ms(set->c.clock) - (int64_t)set->c.retention_days * DAY_MS;
    s->job = (struct store_job){.store = set->c.store, .write = true, .fn = erase_run, .done = erase_done, .ctx = s};
    if (store_job(set->c.loop, &s->job))
        free(s);
    else
        set->erase = s;
}

/* ---- beginning and end */

static int recover(struct store_db *db, void *ctx, struct err *e)
{
    return talk_recover(db, ctx, e);
}

int answers_create(const struct answers_config *c, struct answers **ret, struct err *e)
{
    int64_t interrupted = 0;
    struct answers *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "out of memory for answers");
    s->c = *c;
    link_init(&s->all);
    int rc = store_write(c->store, recover, &interrupted, e);
    if (!rc)
        rc = timer_create_in(c->loop, on_tick, s, &s->ticks);
    if (!rc)
        rc = timer_create_in(c->loop, on_day, s, &s->days);
    if (rc) {
        answers_free(s);
        return rc;
    }
    if (interrupted)
        log_event(c->log, LOG_WARN, "answers had been interrupted", F_INT("answers", interrupted));
    if (c->retention_days)
        timer_start(s->days, FIRST_LOOK_MS, DAY_MS);
    *ret = s;
    return OK;
}

/* Straight to the store: nobody waits for the loop any more. */
static void save_now(struct answer *a)
{
    struct save s = {.arena = arena_make((size_t)4 * TALK_CONTENT_BYTES_MAX)};
    struct err e = {0};
    if (a->news.phase != ANSWER_SAVING)
        a->end_state = TALK_INTERRUPTED;
    a->news.phase = ANSWER_SAVING;
    if (fill(&s, a) && store_write(a->set->c.store, save_run, &s, &e))
        log_event(a->set->c.log, LOG_ERROR, "an answer could not be saved", F_CSTR("reason", e.text));
    arena_free(&s.arena);
}

void answers_free(struct answers *s)
{
    if (!s)
        return;
    timer_free(s->ticks);
    timer_free(s->days);
    if (s->erase)
        s->erase->set = NULL;
    for (struct link *i = s->all.next, *next; i != &s->all; i = next) {
        struct answer *a = link_of(i, struct answer, link);
        next = i->next;
        if (a->ticket)
            runtime_cancel(a->ticket);
        a->ticket = NULL;
        if (a->news.phase != ANSWER_OVER)
            save_now(a);
        if (a->saving)
            a->saving->answer = NULL;
        a->saving = NULL;
        a->set = NULL;
        link_del(&a->link);
        while (!link_empty(&a->listeners)) {
            struct answer_listener *l = link_of(a->listeners.next, struct answer_listener, link);
            l->of = NULL;
            link_del(&l->link);
        }
        answer_free(a);
    }
    free(s);
}
