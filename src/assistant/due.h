/* What is due: reminders, alarms and timers ring at their time, whoever is looking, and whoever listens hears of it. On the loop thread. */
#ifndef ASSISTANT_DUE_H
#define ASSISTANT_DUE_H

#include "assistant/assistant.h"
#include "base/link.h"
#include "skill/things.h"

struct due;
enum { DUE_LISTENERS_MAX = 256, DUE_RECENT_MAX = 32, DUE_TEXT_MAX = 300 };

struct due_event {
    uint64_t id; /* counts from 1 in this process */
    int64_t owner, thing;
    enum thing_kind kind;
    int64_t due_ms, rang_ms;
    char text[DUE_TEXT_MAX];
};
struct due_listener {
    int64_t owner;
    void (*rang)(struct due_listener *l, const struct due_event *ev); /* may take itself out, and nothing else */
    void (*ended)(struct due_listener *l);                            /* nothing more will come; it is out already */
    struct link link;                                                 /* private */
};

int due_create(struct assistant *a, struct due **ret, struct err *e);
void due_free(struct due *d); /* NULL is fine */
/* Something has changed: looks what comes next. */
void due_refresh(struct due *d);
/* ERR_FULL. What has rung lately and is newer than `after` comes at once, from within this call. */
int due_listen(struct due *d, uint64_t after, struct due_listener *l);
void due_unlisten(struct due_listener *l);

/* Ends all listeners, since the server is stopping. */
void due_end_listeners(struct due *d);

#endif
