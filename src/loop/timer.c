#include <stdlib.h>

#include "loop/internal.h"

struct timer {
    struct link link; /* first: loop_free finds the timer by it */
    uv_timer_t uv;
    loop_fn *fn;
    void *ctx;
};

int timer_create_in(struct loop *l, loop_fn *fn, void *ctx, struct timer **ret)
{
    struct timer *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    uv_timer_init(&l->uv, &t->uv); /* never fails */
    t->uv.data = t;
    t->fn = fn;
    t->ctx = ctx;
    link_add(&l->timers, &t->link);
    *ret = t;
    return OK;
}

static void on_timer(uv_timer_t *uv)
{
    struct timer *t = uv->data;
    t->fn(t->ctx);
}

void timer_start(struct timer *t, uint64_t delay_ms, uint64_t repeat_ms)
{
    uv_timer_start(&t->uv, on_timer, delay_ms, repeat_ms);
}
void timer_stop(struct timer *t)
{
    uv_timer_stop(&t->uv);
}

static void on_closed(uv_handle_t *uv)
{
    free(uv->data);
}

void timer_free(struct timer *t)
{
    if (!t)
        return;
    link_del(&t->link);
    uv_close((uv_handle_t *)&t->uv, on_closed);
}
