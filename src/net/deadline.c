#include "net/deadline.h"

static void arm(struct deadlines *ds, uint64_t at_ms)
{
    uint64_t now = loop_now_ms(ds->loop);
    ds->armed_ms = at_ms;
    timer_start(ds->timer, at_ms > now ? at_ms - now : 1, 0);
}

static struct deadline *head_of(struct deadlines *ds, int kind)
{
    struct link *ring = &ds->rings[kind];
    return link_empty(ring) ? NULL : link_of(ring->next, struct deadline, link);
}

static void on_tick(void *ctx)
{
    struct deadlines *ds = ctx;
    uint64_t now = loop_now_ms(ds->loop), next = UINT64_MAX;
    ds->armed_ms = 0;
    for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_KINDS; kind++) {
        struct deadline *d;
        while ((d = head_of(ds, kind)) && d->at_ms <= now) {
            deadline_set(ds, d, DEADLINE_NONE);
            ds->expired(d, kind);
        }
    }
    for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_KINDS; kind++) {
        struct deadline *d = head_of(ds, kind);
        if (d && d->at_ms < next)
            next = d->at_ms;
    }
    if (next != UINT64_MAX)
        arm(ds, next);
}

int deadlines_init(struct deadlines *ds, struct loop *l)
{
    ds->loop = l;
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        link_init(&ds->rings[kind]);
        if (!ds->wait_ms[kind])
            ds->wait_ms[kind] = 1; /* so that an expired one that is set again waits for the next tick */
    }
    return timer_create_in(l, on_tick, ds, &ds->timer);
}

void deadlines_deinit(struct deadlines *ds)
{
    timer_free(ds->timer);
    ds->timer = NULL;
}

void deadline_init(struct deadline *d)
{
    link_init(&d->link);
    d->kind = DEADLINE_NONE;
}

void deadline_set(struct deadlines *ds, struct deadline *d, enum deadline_kind kind)
{
    link_del(&d->link);
    d->kind = kind;
    if (kind == DEADLINE_NONE)
        return;
    d->at_ms = loop_now_ms(ds->loop) + ds->wait_ms[kind];
    link_add(&ds->rings[kind], &d->link);
    if (!ds->armed_ms || d->at_ms < ds->armed_ms)
        arm(ds, d->at_ms);
}
