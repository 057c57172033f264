#include <stdlib.h>

#include "loop/internal.h"

struct work {
    struct link link;
    uv_work_t uv;
    struct loop *loop;
    void (*run)(void *ctx);
    void (*done)(void *ctx, bool canceled);
    void *ctx;
};

static void on_run(uv_work_t *uv)
{
    struct work *w = uv->data;
    w->run(w->ctx);
}

static void on_done(uv_work_t *uv, int status)
{
    struct work *w = uv->data;
    link_del(&w->link);
    w->loop->n_works--;
    if (w->done)
        w->done(w->ctx, status == UV_ECANCELED);
    free(w);
}

int loop_work(struct loop *l, void (*run)(void *ctx), void (*done)(void *ctx, bool canceled), void *ctx)
{
    if (l->closed) /* written by this thread alone */
        return ERR_CLOSED;
    if (l->n_works >= LOOP_WORK_MAX)
        return ERR_FULL;
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    *w = (struct work){.loop = l, .run = run, .done = done, .ctx = ctx};
    w->uv.data = w;
    int r = uv_queue_work(&l->uv, &w->uv, on_run, on_done);
    if (r) {
        free(w);
        return err_of_uv(r);
    }
    l->n_works++;
    link_add(&l->works, &w->link);
    return OK;
}

/* What has not begun comes back as canceled; what runs is waited for. */
void works_cancel(struct loop *l)
{
    for (struct link *i = l->works.next; i != &l->works; i = i->next)
        uv_cancel((uv_req_t *)&link_of(i, struct work, link)->uv);
}
