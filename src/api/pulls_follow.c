/* GET /api/models/pulls/{id}/events. A follower that is slow misses news, and hears the newest when its buffer has drained. */
#include <stdlib.h>

#include "api/pulls.h"

struct follower {
    struct link link;
    struct pull *pull; /* NULL: forgotten */
    struct http_exchange *x;
    bool blocked;
};

static void send(struct follower *f)
{
    struct buf out = buf_make(64 << 10);
    buf_puts(&out, "event: pull\ndata: ");
    struct json j = json_to(&out);
    pull_put(&j, f->pull);
    buf_puts(&out, "\n\n");
    if (out.failed)
        http_abort(f->x);
    else if (!http_write(f->x, buf_str(&out)))
        f->blocked = true;
    buf_free(&out);
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct follower *f = ctx;
    f->blocked = false;
    if (f->pull)
        send(f);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct follower *f = ctx;
    link_del(&f->link);
    free(f);
}

/* Writing and finishing may take followers out of the list, but never within the call (http.h). */
void followers_tell(struct pull *p, bool end)
{
    for (struct link *i = p->followers.next, *next; i != &p->followers; i = next) {
        struct follower *f = link_of(i, struct follower, link);
        next = i->next;
        if (!f->blocked || end)
            send(f);
        if (end) {
            link_del(&f->link);
            f->pull = NULL;
            http_finish(f->x);
        }
    }
}

void followers_forget(struct pull *p)
{
    while (!link_empty(&p->followers)) {
        struct follower *f = link_of(p->followers.next, struct follower, link);
        link_del(&f->link);
        f->pull = NULL;
    }
}

void handle_pull_events(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct pull *p = a->pulls ? pulls_find(a->pulls, args->at[0]) : NULL;
    struct follower *f = p ? calloc(1, sizeof *f) : NULL;
    struct api_error e;
    if (!f) {
        if (p)
            api_error_nomem(&e);
        else
            api_error_set(&e, 404, "pull_not_found", NULL, "There is no such pull");
        respond_error(a, x, &e);
        return;
    }
    *f = (struct follower){.pull = p, .x = x};
    link_init(&f->link);
    link_add(&p->followers, &f->link);
    http_listen_events(x, &events, f);
    http_add_header(x, "Cache-Control", STR("no-store"));
    http_add_header(x, "X-Accel-Buffering", STR("no"));
    http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
    http_begin(x, 200, "text/event-stream; charset=utf-8");
    send(f);
    if (!p->joined)
        return;
    link_del(&f->link);
    f->pull = NULL;
    http_finish(x);
}
