#include <stdlib.h>

#include "loop/internal.h"

struct signal_handler {
    struct link link;
    uv_signal_t uv;
    void (*fn)(void *ctx, int signum);
    void *ctx;
};

static void on_signal(uv_signal_t *uv, int signum)
{
    struct signal_handler *h = uv->data;
    h->fn(h->ctx, signum);
}

static void on_closed(uv_handle_t *uv)
{
    free(uv->data);
}

static struct signal_handler *find(struct loop *l, int signum)
{
    for (struct link *i = l->signals.next; i != &l->signals; i = i->next) {
        struct signal_handler *h = link_of(i, struct signal_handler, link);
        if (h->uv.signum == signum)
            return h;
    }
    return NULL;
}

int loop_on_signal(struct loop *l, int signum, void (*fn)(void *ctx, int signum), void *ctx)
{
    struct signal_handler *h = find(l, signum);
    if (h) {
        h->fn = fn;
        h->ctx = ctx;
        return OK;
    }
    h = calloc(1, sizeof *h);
    if (!h)
        return ERR_NOMEM;
    int r = uv_signal_init(&l->uv, &h->uv);
    if (r) {
        free(h);
        return err_of_uv(r);
    }
    h->uv.data = h;
    h->fn = fn;
    h->ctx = ctx;
    r = uv_signal_start(&h->uv, on_signal, signum);
    if (r) {
        uv_close((uv_handle_t *)&h->uv, on_closed);
        return err_of_uv(r);
    }
    uv_unref((uv_handle_t *)&h->uv); /* waiting for a signal is no reason to stay */
    link_add(&l->signals, &h->link);
    return OK;
}

void signals_close(struct loop *l)
{
    while (l->signals.next != &l->signals) {
        struct signal_handler *h = link_of(l->signals.next, struct signal_handler, link);
        link_del(&h->link);
        uv_close((uv_handle_t *)&h->uv, on_closed);
    }
}
