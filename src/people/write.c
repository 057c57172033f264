#include "people/write.h"

#include <stdlib.h>

#include "base/log.h"

enum { RETRY_MS = 50 };

static void begin(struct writes *ws);

static void finish(struct writes *ws, struct write *w, int code, const struct err *e)
{
    if (code)
        log_event(ws->log, LOG_ERROR, "not written", F_CSTR("what", w->what), F_CSTR("why", e && e->text[0] ? e->text : err_text(code)));
    if (w->done)
        w->done(ws->people, w, code, e);
}

static int run_now(struct store_db *db, void *ctx, struct err *e)
{
    struct write *w = ctx;
    return w->run(db, w, e);
}

/* The exchange (sequentially consistent: it happens once a write) decides between the worker and writes_end. */
static int run_once(struct store_db *db, void *ctx, struct err *e)
{
    struct write *w = ctx;
    return atomic_exchange(&w->taken, true) ? OK : w->run(db, w, e);
}

static void on_done(void *ctx, int code, const struct err *e)
{
    struct write *w = ctx;
    struct writes *ws = w->writes;
    if (ws) {
        ws->under_way = NULL;
        finish(ws, w, code, e);
        begin(ws);
    }
    free(w);
}

static void begin(struct writes *ws)
{
    if (ws->under_way || link_empty(&ws->queue))
        return;
    struct write *w = link_of(ws->queue.next, struct write, link);
    w->job = (struct store_job){.store = ws->store, .write = true, .fn = run_once, .done = on_done, .ctx = w};
    if (store_job(ws->loop, &w->job)) {
        timer_start(ws->retry, RETRY_MS, 0); /* the pool is busy */
        return;
    }
    link_del(&w->link);
    ws->n_queued--;
    ws->under_way = w;
}

static void on_retry(void *ctx)
{
    begin(ctx);
}

int writes_init(struct writes *ws, struct people *p, struct loop *l, struct store *store, const struct log *log)
{
    *ws = (struct writes){.people = p, .loop = l, .store = store, .log = log};
    link_init(&ws->queue);
    return timer_create_in(l, on_retry, ws, &ws->retry);
}

void writes_push(struct writes *ws, struct write *w)
{
    w->writes = ws;
    atomic_init(&w->taken, false);
    link_add(&ws->queue, &w->link);
    ws->n_queued++;
    begin(ws);
}

bool writes_full(const struct writes *ws)
{
    return ws->n_queued >= WRITES_MAX;
}

static void write_blocking(struct writes *ws, struct write *w)
{
    struct err e = {0};
    int r = store_write(ws->store, run_now, w, &e);
    finish(ws, w, r, &e);
}

void writes_end(struct writes *ws)
{
    if (!ws->people)
        return;
    struct write *w = ws->under_way;
    if (w) {
        if (!atomic_exchange(&w->taken, true))
            write_blocking(ws, w);
        else
            finish(ws, w, ERR_CANCELED, NULL); /* the worker has it: it is being written, but nobody waits for that */
        w->writes = NULL;
    }
    while (!link_empty(&ws->queue)) {
        w = link_of(ws->queue.next, struct write, link);
        link_del(&w->link);
        write_blocking(ws, w);
        free(w);
    }
    timer_free(ws->retry);
    *ws = (struct writes){0};
}
