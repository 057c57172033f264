#include <stdlib.h>

#include "net/conn.h"

enum { TURNED_AWAY_MAX = 64, LINGER_MS = 2000, SCRATCH_BYTES_MAX = 256 << 10, CORK_BYTES_MAX = 256 << 10, YIELD_MS = 1 };

/* ---- a stream as a transport */

static int io_write(void *io, struct str a, struct str b)
{
    return stream_write2(io, a, b);
}
static void io_read(void *io, bool on)
{
    stream_read(io, on);
}
static void io_end(void *io)
{
    stream_end(io);
}
static void io_close(void *io, bool abort)
{
    stream_close(io, abort);
}
static size_t io_pending(const void *io)
{
    return stream_pending(io);
}
static void io_detach(void *io)
{
    stream_set_handler(io, NULL, NULL);
    stream_close(io, true);
}
static int io_socket(const void *io)
{
    return stream_fd(io);
}
static const struct transport_ops stream_transport = {io_write, io_read, io_end, io_close, io_detach, io_pending, io_socket};

static void on_data(void *ctx, struct str bytes)
{
    conn_data(ctx, bytes);
}
static void on_eof(void *ctx)
{
    conn_eof(ctx);
}
static void on_drained(void *ctx)
{
    conn_drained(ctx);
}
static void on_closed(void *ctx, int reason)
{
    (void)reason;
    conn_closed(ctx);
}
static const struct stream_events conn_events = {on_data, on_eof, on_drained, on_closed};

static void on_accepted(void *ctx, struct stream *stream)
{
    struct http_server *s = ctx;
    size_t max = s->config.limits.connections_max;
    struct conn *c =
        s->n_conns < max + TURNED_AWAY_MAX ? conn_open(s, (struct transport){&stream_transport, stream}, stream_peer(stream)) : NULL;
    if (!c) {
        stream_close(stream, true);
        return;
    }
    stream_set_handler(stream, &conn_events, c);
    if (s->n_conns - s->n_turned_away > max)
        conn_turn_away(c);
}

/* ---- connections that have something to do */

static void on_ready(void *ctx)
{
    struct http_server *s = ctx;
    struct link batch;
    link_init(&batch);
    while (!link_empty(&s->ready)) {
        struct link *l = s->ready.next;
        link_del(l);
        link_add(&batch, l);
    }
    s->resuming = true;
    while (!link_empty(&batch))
        conn_resume(link_of(batch.next, struct conn, ready)); /* takes itself out */
    s->resuming = false;
    if (!link_empty(&s->ready))
        timer_start(s->ready_timer, YIELD_MS, 0); /* not 0: sockets get their turn in between */
}

void server_wake(struct http_server *s)
{
    if (!s->resuming)
        timer_start(s->ready_timer, 0, 0);
}

/* ---- the end */

static void finish_drain(struct http_server *s)
{
    loop_fn *done = s->drained;
    s->drained = NULL;
    timer_stop(s->drain_timer);
    if (done)
        done(s->drained_ctx);
}

void server_conn_closed(struct http_server *s)
{
    if (s->draining && !s->n_conns)
        finish_drain(s);
}

static void on_drain_timer(void *ctx)
{
    struct http_server *s = ctx;
    if (!s->n_conns) {
        finish_drain(s);
        return;
    }
    for (struct link *l = s->conns.next; l != &s->conns; l = l->next)
        conn_cut(link_of(l, struct conn, link));
}

void http_server_drain(struct http_server *s, loop_fn *done, void *ctx)
{
    if (s->draining)
        return;
    s->draining = true;
    s->drained = done;
    s->drained_ctx = ctx;
    listener_close(s->listener);
    s->listener = NULL;
    for (struct link *l = s->conns.next; l != &s->conns; l = l->next)
        conn_close_idle(link_of(l, struct conn, link));
    timer_start(s->drain_timer, s->n_conns ? s->config.limits.drain_ms_max : 0, 0);
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    listener_close(s->listener);
    while (!link_empty(&s->conns)) {
        struct conn *c = link_of(s->conns.next, struct conn, link);
        struct transport io = c->io;
        conn_destroy(c);
        io.ops->detach(io.io);
    }
    deadlines_deinit(&s->deadlines);
    timer_free(s->ready_timer);
    timer_free(s->drain_timer);
    exchanges_free(s);
    buf_free(&s->cork);
    buf_free(&s->scratch);
    free(s);
}

/* ---- the beginning */

static void set_waits(struct http_server *s)
{
    const struct http_limits *l = &s->config.limits;
    uint32_t *wait = s->deadlines.wait_ms;
    wait[DEADLINE_HEADER] = l->header_ms_max;
    wait[DEADLINE_BODY] = l->body_ms_max;
    wait[DEADLINE_IDLE] = l->idle_ms_max;
    wait[DEADLINE_WRITE] = l->write_ms_max;
    wait[DEADLINE_LINGER] = LINGER_MS;
    s->deadlines.expired = conn_expired;
}

int http_server_create(struct loop *l, const struct http_config *config, struct http_server **ret, struct err *e)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "no memory for the HTTP server");
    s->loop = l;
    s->config = *config;
    limits_fill(&s->config.limits);
    link_init(&s->conns);
    link_init(&s->ready);
    s->cork = buf_make(CORK_BYTES_MAX);
    s->scratch = buf_make(SCRATCH_BYTES_MAX);
    set_waits(s);
    int r = deadlines_init(&s->deadlines, l);
    if (!r)
        r = timer_create_in(l, on_ready, s, &s->ready_timer);
    if (!r)
        r = timer_create_in(l, on_drain_timer, s, &s->drain_timer);
    if (r) {
        http_server_free(s);
        return err_set(e, r, "no memory for the HTTP server");
    }
    *ret = s;
    return OK;
}

int http_server_listen(struct http_server *s, const char *host, uint16_t port, struct err *e)
{
    if (s->listener)
        return err_set(e, ERR_EXISTS, "the HTTP server listens already");
    return listener_open(s->loop, host, port, on_accepted, s, &s->listener, e);
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->listener ? listener_port(s->listener) : 0;
}
size_t http_server_connections(const struct http_server *s)
{
    return s->n_conns;
}
