/* Time-outs of many connections for the price of one timer.
 *
 * There is a ring for each kind of time-out. All members of a ring wait equally long, so that adding at the end keeps it
 * sorted, and moving a connection from one to another costs a few stores: no heap, no timer calls in a request. The one
 * timer is armed for the earliest head; it is not moved when deadlines are put off, but fires, finds nothing and is armed
 * anew. */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include "base/link.h"
#include "loop/loop.h"

enum deadline_kind { DEADLINE_NONE, DEADLINE_HEADER, DEADLINE_BODY, DEADLINE_IDLE, DEADLINE_WRITE, DEADLINE_LINGER, DEADLINE_KINDS };

struct deadline {
    struct link link;
    uint64_t at_ms;
    enum deadline_kind kind;
};

struct deadlines {
    struct loop *loop;
    struct timer *timer;
    uint64_t armed_ms; /* 0: not armed */
    uint32_t wait_ms[DEADLINE_KINDS];
    struct link rings[DEADLINE_KINDS];
    void (*expired)(struct deadline *d, enum deadline_kind kind);
};

/* Fill in wait_ms and expired first. ERR_NOMEM. */
int deadlines_init(struct deadlines *ds, struct loop *l);
void deadlines_deinit(struct deadlines *ds);
void deadline_init(struct deadline *d);
/* From now on; DEADLINE_NONE takes it away. */
void deadline_set(struct deadlines *ds, struct deadline *d, enum deadline_kind kind);

#endif
