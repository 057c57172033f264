/* Descriptors that belong to somebody else: a library that reads and writes by itself and only wants to be told when. */
#include <stdlib.h>

#include "loop/internal.h"

struct watch {
    struct link link; /* first: loop_free finds the watch by it */
    uv_poll_t uv;
    watch_fn *ready;
    void *ctx;
    int events;
};

int watch_open(struct loop *l, int fd, watch_fn *ready, void *ctx, struct watch **ret)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    int r = uv_poll_init(&l->uv, &w->uv, fd);
    if (r) {
        free(w); /* the loop does not know it */
        return err_of_uv(r);
    }
    w->uv.data = w;
    w->ready = ready;
    w->ctx = ctx;
    link_add(&l->watches, &w->link);
    *ret = w;
    return OK;
}

static void on_ready(uv_poll_t *uv, int status, int events)
{
    struct watch *w = uv->data;
    int ready = (events & UV_READABLE ? WATCH_READ : 0) | (events & UV_WRITABLE ? WATCH_WRITE : 0);
    /* An error is seen by whoever reads or writes. */
    w->ready(w->ctx, status < 0 ? w->events : ready);
}

int watch_set(struct watch *w, int events)
{
    if (events == w->events)
        return OK;
    w->events = events;
    if (!events)
        return err_of_uv(uv_poll_stop(&w->uv));
    return err_of_uv(uv_poll_start(&w->uv, (events & WATCH_READ ? UV_READABLE : 0) | (events & WATCH_WRITE ? UV_WRITABLE : 0), on_ready));
}

static void on_closed(uv_handle_t *uv)
{
    free(uv->data);
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    link_del(&w->link);
    uv_close((uv_handle_t *)&w->uv, on_closed); /* takes the descriptor out of the loop at once */
}
