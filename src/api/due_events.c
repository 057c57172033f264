/* GET /api/events: reminders, alarms and timers of the principal, as they ring. */
#include <stdlib.h>

#include "api/internal.h"
#include "assistant/due.h"

enum { ALIVE_MS = 25000 }; /* proxies close what is silent */

struct listening {
    struct due_listener listener; /* first */
    struct http_exchange *x;
    struct timer *alive;
};

static void on_rang(struct due_listener *l, const struct due_event *ev)
{
    static const char *const names[] = {[THING_REMINDER] = "reminder", [THING_ALARM] = "alarm", [THING_TIMER] = "timer"};
    struct listening *w = (struct listening *)(void *)l;
    struct buf out = buf_make(8 << 10);
    struct json j = json_to(&out);
    buf_printf(&out, "id: %llu\nevent: %s\ndata: ", (unsigned long long)ev->id, names[ev->kind]);
    json_obj(&j);
    json_kuint(&j, "id", ev->id);
    json_kint(&j, "thing", ev->thing);
    json_kstr(&j, "text", str_of(ev->text));
    json_kint(&j, "due_ms", ev->due_ms);
    json_kint(&j, "late_ms", ev->rang_ms - ev->due_ms);
    json_obj_end(&j);
    buf_puts(&out, "\n\n");
    if (out.failed)
        http_abort(w->x);
    else
        http_write(w->x, buf_str(&out)); /* rare and small: a client that does not read them is closed by the server's own limits */
    buf_free(&out);
}

static void on_stopping(struct due_listener *l)
{
    struct listening *w = (struct listening *)(void *)l;
    timer_stop(w->alive);
    http_finish(w->x);
}

static void on_alive(void *ctx)
{
    struct listening *w = ctx;
    http_write(w->x, STR(": alive\n\n"));
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct listening *w = ctx;
    due_unlisten(&w->listener);
    timer_free(w->alive);
    free(w);
}

/* The last one that the client has heard: ?after=, or what an EventSource sends when it comes again. */
static uint64_t heard_before(const struct http_exchange *x)
{
    uint64_t id = 0;
    struct str query = http_request(x)->query, field;
    str_to_u64(http_header(x, "Last-Event-ID"), &id);
    while (str_split(&query, '&', &field))
        if (str_starts(field, STR("after=")))
            str_to_u64(str_skip(field, 6), &id);
    return id;
}

void handle_events(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    static const struct http_events events = {.ended = on_ended};
    struct api_error e;
    struct due *due = a->c.due;
    struct listening *w = due ? calloc(1, sizeof *w) : NULL;
    (void)args;
    if (!w || timer_create_in(a->c.loop, on_alive, w, &w->alive)) {
        free(w);
        api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    link_init(&w->listener.link);
    w->listener.owner = api_principal(x)->id;
    w->listener.rang = on_rang;
    w->listener.ended = on_stopping;
    w->x = x;
    http_listen_events(x, &events, w);
    http_add_header(x, "Cache-Control", STR("no-store"));
    http_add_header(x, "X-Accel-Buffering", STR("no"));
    http_begin(x, 200, "text/event-stream; charset=utf-8");
    http_write(x, STR(": hearth\n\n"));
    timer_start(w->alive, ALIVE_MS, ALIVE_MS);
    if (due_listen(due, heard_before(x), &w->listener))
        http_finish(x);
}
