/* The pump: what is to be done now, for all slots, in one place. It runs from the timer, so never within a caller of
 * runtime.h, and is idempotent: whoever changes something wakes it.
 *
 * Room: at most loaded_max slots have a backend. A slot that is wanted while all are taken makes the least recently used one
 * drain: that gets no more requests (they wait, and want it again, behind this one), and is unloaded when it is idle.
 * First come, first served: a busy model cannot keep another one out for ever. */
#include "runtime/runtime_internal.h"

void runtime_wake(struct runtime *rt)
{
    if (rt->ending || rt->woken)
        return;
    rt->woken = true;
    timer_start(rt->timer, 0, 0);
}

static struct slot *next_wanted(struct runtime *rt, uint64_t after)
{
    struct slot *best = NULL;
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->wanted && s->wanted_at > after && (!best || s->wanted_at < best->wanted_at))
            best = s;
    }
    return best;
}

/* Idle ones first, among these the least recently used. */
static bool better_victim(const struct slot *a, const struct slot *b)
{
    bool a_idle = !a->sent.count && !a->waiting.count, b_idle = !b->sent.count && !b->waiting.count;
    return a_idle != b_idle ? a_idle : a->used_ms < b->used_ms;
}

/* Makes so many slots leave that `needed` places become free. */
static void make_room(struct runtime *rt, size_t needed)
{
    size_t leaving = 0;
    struct slot *victim = NULL;
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->backend && (s->closing || s->draining))
            leaving++;
        else if (s->backend && s->entry.state == MODEL_READY && (!victim || better_victim(s, victim)))
            victim = s;
    }
    if (leaving < needed && victim)
        victim->draining = true;
}

static void start_wanted(struct runtime *rt)
{
    size_t taken = 0, waiting = 0;
    for (size_t i = 0; i < rt->n_slots; i++)
        taken += rt->slots[i]->backend != NULL;
    struct slot *s;
    for (uint64_t at = 0; (s = next_wanted(rt, at));) {
        at = s->wanted_at;
        if (s->backend)
            continue; /* it is ending; `closed` wakes the pump */
        if (slot_refuses(s)) {
            s->wanted = false;
            tickets_fail(&s->waiting, s->fault, s->failure.text);
        } else if (taken < rt->loaded_max) {
            slot_start(s);
            taken += s->backend != NULL;
        } else {
            make_room(rt, ++waiting);
        }
    }
}

static bool idle_too_long(const struct slot *s, uint64_t now)
{
    return s->rt->idle_unload_s && now - s->used_ms >= (uint64_t)s->rt->idle_unload_s * 1000;
}

/* Before room is made: a model that has just been loaded first serves those it was loaded for. */
static void send_waiting(struct runtime *rt)
{
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->entry.state == MODEL_READY && !s->closing && !s->draining)
            tickets_send(s);
    }
}

static void unload_idle(struct runtime *rt, uint64_t now)
{
    for (size_t i = 0; i < rt->n_slots; i++) {
        struct slot *s = rt->slots[i];
        if (s->entry.state == MODEL_READY && !s->sent.count && (s->draining || (!s->waiting.count && idle_too_long(s, now))))
            slot_unload(s);
    }
}

/* When something happens that no event announces: news for those who wait, and the end of idleness. */
static void set_timer(struct runtime *rt, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < rt->n_slots; i++) {
        const struct slot *s = rt->slots[i];
        uint64_t due = UINT64_MAX;
        if (s->waiting.count)
            due = now + NEWS_MS;
        else if (rt->idle_unload_s && s->entry.state == MODEL_READY && !s->closing && !s->sent.count)
            due = s->used_ms + (uint64_t)rt->idle_unload_s * 1000;
        if (due < next)
            next = due;
    }
    if (next == UINT64_MAX)
        timer_stop(rt->timer);
    else
        timer_start(rt->timer, next > now ? next - now : 0, 0);
}

/* Guests need no room and are never unloaded. */
static void serve_guests(struct runtime *rt, uint64_t now)
{
    for (size_t i = 0; i < rt->guests.n; i++) {
        struct slot *s = rt->guests.slots[i];
        if (s->wanted && !s->backend)
            slot_start(s);
        if (s->entry.state == MODEL_READY)
            tickets_send(s);
        slot_news(s, now);
    }
}

void runtime_pump(void *ctx)
{
    struct runtime *rt = ctx;
    uint64_t now = loop_now_ms(rt->loop);
    rt->calls++; /* slots stay where they are */
    rt->woken = false;
    send_waiting(rt);
    start_wanted(rt);
    unload_idle(rt, now); /* also what has just been asked to drain */
    serve_guests(rt, now);
    for (size_t i = 0; i < rt->n_slots; i++)
        slot_news(rt->slots[i], now);
    rt->calls--;
    if (!rt->woken)
        set_timer(rt, now);
}
