/* A connection that stands on memory: what the server writes lands in `out`, and the test says what the other side takes.
 * For tests and for the fuzz target. */
#ifndef TESTS_NET_MEMORY_H
#define TESTS_NET_MEMORY_H

#include "net/conn.h"

struct memory {
    struct buf out;
    size_t pending;
    bool stalled; /* the other side takes nothing: what is written is pending */
    bool reading, ended, closed, aborted;
    int writes;
};

static inline int memory_write(void *io, struct str a, struct str b)
{
    struct memory *m = io;
    m->writes++;
    buf_put(&m->out, a);
    buf_put(&m->out, b);
    if (m->stalled)
        m->pending += a.len + b.len;
    return m->ended || m->closed ? ERR_CLOSED : OK;
}
static inline void memory_read(void *io, bool on)
{
    ((struct memory *)io)->reading = on;
}
static inline void memory_end(void *io)
{
    ((struct memory *)io)->ended = true;
}
static inline void memory_close(void *io, bool abort)
{
    struct memory *m = io;
    m->closed = true;
    m->aborted = abort;
}
static inline void memory_detach(void *io)
{
    memory_close(io, true);
}
static inline size_t memory_pending(const void *io)
{
    return ((const struct memory *)io)->pending;
}

static const struct transport_ops memory_transport = {memory_write,  memory_read,    memory_end, memory_close,
                                                      memory_detach, memory_pending, NULL};

static inline struct conn *memory_open(struct memory *m, struct http_server *s)
{
    *m = (struct memory){.out = buf_make(64 << 20)};
    return conn_open(s, (struct transport){&memory_transport, m}, "memory");
}

#endif
