/*      look ──► next ──► wall timer ──► take what is due (one transaction) ──► tell ──► look
 *
 * Nothing is forgotten when the program ends: what became due meanwhile is late, and rings at the next start. A row's next time is on the
 * disk before anybody hears of it, so a crash between the two loses one ring rather than repeating it for ever. */
#include "assistant/due.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "assistant/internal.h"

struct due {
    struct assistant *a;
    struct wall_timer *timer;
    struct link listeners;
    struct due_event recent[DUE_RECENT_MAX];
    uint64_t next_id;
    struct store_job job;
    bool busy, again, freed;
    struct arena arena;
    struct thing *things;
    size_t n_things;
    int64_t next_ms, now_ms;
};

extern char **environ;

/* On a desktop the system shows it, too; where there is none, or no program for it, nothing happens. */
static void notify_desktop(const struct due_event *ev)
{
    static const char path[] = "/usr/bin/notify-send";
    const char *const argv[] = {path, "--app-name=hearth", "hearth", ev->text, NULL};
    pid_t pid;
    if ((getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")) && !access(path, X_OK))
        posix_spawn(&pid, path, NULL, NULL, (char *const *)(uintptr_t)argv, environ);
}

static void tell(struct due *d, const struct thing *t)
{
    struct due_event *ev = &d->recent[d->next_id % DUE_RECENT_MAX];
    *ev = (struct due_event){.id = ++d->next_id,
                             .owner = t->owner,
                             .thing = t->n,
                             .kind = t->kind,
                             .due_ms = t->due_ms,
                             .rang_ms = clock_wall_ms(d->a->c.clock)};
    str_copy(ev->text, sizeof ev->text, t->text);
    notify_desktop(ev);
    for (struct link *i = d->listeners.next, *next; i != &d->listeners; i = next) {
        struct due_listener *l = link_of(i, struct due_listener, link);
        next = i->next;
        if (l->owner == t->owner)
            l->rang(l, ev);
    }
}

static int run(struct store_db *db, void *ctx, struct err *e)
{
    struct due *d = ctx;
    int r = things_take_due(db, d->a->env->paths.zoneinfo, d->now_ms, &d->arena, &d->things, &d->n_things, e);
    return r ? r : things_next(db, &d->next_ms, e);
}

static void release(struct due *d)
{
    arena_free(&d->arena);
    free(d);
}

static void done(void *ctx, int code, const struct err *e)
{
    struct due *d = ctx;
    d->busy = false;
    if (d->freed) {
        release(d);
        return;
    }
    if (code) {
        log_event(d->a->c.log, LOG_ERROR, "reminders could not be read", F_CSTR("reason", e->text));
        wall_timer_set(d->timer, clock_wall_ms(d->a->c.clock) + 1000);
        return;
    }
    for (size_t i = 0; i < d->n_things; i++)
        tell(d, &d->things[i]);
    wall_timer_set(d->timer, d->next_ms);
    if (d->again)
        due_refresh(d);
}

void due_refresh(struct due *d)
{
    if (!d || !d->a->c.store)
        return;
    d->again = d->busy;
    if (d->busy)
        return;
    arena_free(&d->arena);
    d->n_things = 0;
    d->now_ms = clock_wall_ms(d->a->c.clock);
    d->job = (struct store_job){.store = d->a->c.store, .write = true, .fn = run, .done = done, .ctx = d};
    d->busy = !store_job(d->a->c.loop, &d->job);
    if (!d->busy)
        wall_timer_set(d->timer, d->now_ms + 1000);
}

static void on_time(void *ctx)
{
    due_refresh(ctx);
}

int due_create(struct assistant *a, struct due **ret, struct err *e)
{
    struct due *d = calloc(1, sizeof *d);
    int r = d ? wall_timer_create(a->c.loop, on_time, d, &d->timer) : ERR_NOMEM;
    if (r) {
        free(d);
        return err_set(e, r, "a timer cannot be made: %s", err_text(r));
    }
    d->a = a;
    d->arena = arena_make(SKILL_TURN_BYTES_MAX);
    link_init(&d->listeners);
    due_refresh(d);
    *ret = d;
    return OK;
}

void due_free(struct due *d)
{
    if (!d)
        return;
    wall_timer_free(d->timer);
    d->freed = true;
    if (!d->busy)
        release(d);
}

int due_listen(struct due *d, uint64_t after, struct due_listener *l)
{
    size_t n = 0;
    for (struct link *i = d->listeners.next; i != &d->listeners; i = i->next)
        n++;
    if (n >= DUE_LISTENERS_MAX)
        return ERR_FULL;
    link_init(&l->link);
    link_add(&d->listeners, &l->link);
    uint64_t first = d->next_id > DUE_RECENT_MAX ? d->next_id - DUE_RECENT_MAX + 1 : 1;
    for (uint64_t id = after + 1 > first ? after + 1 : first; id <= d->next_id; id++)
        if (d->recent[(id - 1) % DUE_RECENT_MAX].owner == l->owner)
            l->rang(l, &d->recent[(id - 1) % DUE_RECENT_MAX]);
    return OK;
}

void due_unlisten(struct due_listener *l)
{
    link_del(&l->link);
}

void due_end_listeners(struct due *d)
{
    while (d && !link_empty(&d->listeners)) {
        struct due_listener *l = link_of(d->listeners.next, struct due_listener, link);
        link_del(&l->link);
        l->ended(l);
    }
}
