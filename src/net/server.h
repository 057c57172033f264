/* The server's own state, for the files of this room. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "base/link.h"
#include "net/date.h"
#include "net/deadline.h"
#include "net/http.h"
#include "net/transport.h"

struct http_server {
    struct loop *loop;
    struct http_config config;
    struct listener *listener;
    struct link conns;
    size_t n_conns, n_turned_away; /* the latter are among the former, and take nobody's place */
    struct deadlines deadlines;

    struct link ready; /* connections that conn_resume must be called for, soon */
    struct timer *ready_timer;
    bool resuming;

    struct buf cork;    /* what the connection that is being served writes: one system call at its end */
    struct buf scratch; /* one head of an answer or one chunk */
    struct http_exchange *free_exchanges;
    size_t n_free;
    struct date_cache date;

    bool draining;
    struct timer *drain_timer;
    loop_fn *drained;
    void *drained_ctx;
};

/* Zero takes the default. */
void limits_fill(struct http_limits *l);
/* The loop calls conn_resume for all that are in `ready`. */
void server_wake(struct http_server *s);
/* A connection is gone. */
void server_conn_closed(struct http_server *s);

#endif
