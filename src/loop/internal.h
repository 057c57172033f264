/* What the files of this room share; nobody outside includes it. */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/buf.h"
#include "base/link.h"
#include "loop/loop.h"

enum { READ_BYTES = 65536 };

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

    /* Everything that must be closed before the loop can go hangs in one of these rings. */
    struct link streams, listeners, timers, signals, works, watches;
    size_t n_works;
    char read_bytes[READ_BYTES]; /* one buffer for all streams: each event is over before the next read */
};

/* A libuv error (negative) as one of ours. */
int err_of_uv(int uv);

void stream_set_peer(struct stream *s, const struct sockaddr *addr);
void signals_close(struct loop *l);
void works_cancel(struct loop *l);

#endif
