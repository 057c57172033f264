/* What the files of this room share; nobody outside includes it. */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/buf.h"
#include "loop/loop.h"

enum { READ_BYTES = 65536 };

/* Everything that a loop must close before it can go hangs in one of its rings. */
struct link {
    struct link *prev, *next;
};

static inline void link_init(struct link *ring)
{
    ring->prev = ring->next = ring;
}
static inline void link_add(struct link *ring, struct link *l)
{
    l->prev = ring->prev;
    l->next = ring;
    ring->prev->next = l;
    ring->prev = l;
}
static inline void link_del(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    link_init(l);
}
#define link_of(l, type, member) ((type *)(void *)((char *)(l)-offsetof(type, member)))

struct post {
    loop_fn *fn;
    void *ctx;
};

/* Filled by any thread under the loop's lock, emptied whole by the loop: one lock for a batch. */
struct posts {
    struct post *items;
    size_t len, cap;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    atomic_bool stopping; /* set by any thread (release), seen by the loop after its wake-up (acquire) */
    bool running;

    pthread_mutex_t lock; /* guards incoming and closed */
    struct posts incoming;
    bool closed;

    struct link streams, listeners, timers, signals, works;
    size_t n_works;
    char read_bytes[READ_BYTES]; /* one buffer for all streams: each event is over before the next read */
};

/* A libuv error (negative) as one of ours. */
int err_of_uv(int uv);

void stream_set_peer(struct stream *s, const struct sockaddr *addr);
void signals_close(struct loop *l);
void works_cancel(struct loop *l);

#endif
