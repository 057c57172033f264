/* Listeners to a pull. A follower that is slow misses news, and hears the newest when its buffer has drained. */
#include <stdlib.h>

#include "api/pulls.h"

struct follower {
    struct link link;
    struct pull *pull; /* NULL: forgotten */
    const struct pull_form *form;
    struct http_exchange *x;
    bool blocked;
};

static void send(struct follower *f)
{
    struct buf out = buf_make(64 << 10);
    f->form->put(f->pull, &out);
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

/* The last word; of a follower that only waits for it, the only one. */
static void end(struct follower *f)
{
    struct buf out = buf_make(64 << 10);
    if (f->form->stream_type) {
        http_finish(f->x);
        return;
    }
    f->form->put(f->pull, &out);
    respond_json(f->x, 200, &out);
    buf_free(&out);
}

/* Writing and finishing may take followers out of the list, but never within the call (http.h). */
void followers_tell(struct pull *p, bool over)
{
    for (struct link *i = p->followers.next, *next; i != &p->followers; i = next) {
        struct follower *f = link_of(i, struct follower, link);
        next = i->next;
        if (f->form->stream_type && (!f->blocked || over))
            send(f);
        if (over) {
            link_del(&f->link);
            end(f);
            f->pull = NULL;
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

void pull_follow(struct api *a, struct http_exchange *x, struct pull *p, const struct pull_form *form)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct follower *f = calloc(1, sizeof *f);
    struct api_error e;
    if (!f) {
        api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    *f = (struct follower){.pull = p, .x = x, .form = form};
    link_init(&f->link);
    link_add(&p->followers, &f->link);
    http_listen_events(x, &events, f);
    if (form->stream_type) {
        http_add_header(x, "Cache-Control", STR("no-store"));
        http_add_header(x, "X-Accel-Buffering", STR("no"));
        http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
        http_begin(x, 200, form->stream_type);
        send(f);
    }
    if (!p->joined)
        return;
    link_del(&f->link);
    end(f);
    f->pull = NULL;
}

static void put_event(struct pull *p, struct buf *out)
{
    struct json j = json_to(out);
    buf_puts(out, "event: pull\ndata: ");
    pull_put(&j, p);
    buf_puts(out, "\n\n");
}

void handle_pull_events(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    static const struct pull_form form = {"text/event-stream; charset=utf-8", put_event};
    struct pull *p = a->pulls ? pulls_find(a->pulls, args->at[0]) : NULL;
    struct api_error e;
    if (p) {
        pull_follow(a, x, p, &form);
        return;
    }
    api_error_set(&e, 404, "pull_not_found", NULL, "There is no such pull");
    respond_error(a, x, &e);
}
