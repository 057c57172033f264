/* States of a connection, besides those of its protocol:
 *
 *     serving ──conn_end──► lingering ──client's end, time, bytes──► over ──conn_closed──► gone
 *        └──────────conn_cut, error, time-out─────────────────────────┘
 *
 * Lingering (RFC 9112 §9.6): closing a socket with unread bytes resets it, and the reset may destroy the answer before the
 * client has read it. So the server says that no more comes, and throws away what still arrives, for LINGER_MS and
 * LINGER_BYTES_MAX at most.
 *
 * A client that ends its half while an answer is being made counts as gone: there is no other sign of a closed connection
 * until something is written, and a generation must not go on for nobody. Answers that are complete are still delivered. */
#include "net/conn.h"

#include <stdlib.h>

enum { LINGER_BYTES_MAX = 4 << 20, CORK_FLUSH_BYTES = 64 << 10, READ_CHUNK_MAX = 64 << 10, REST_KEPT = 4096 };

struct conn *conn_open(struct http_server *s, struct transport io, const char *peer)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->server = s;
    c->io = io;
    c->peer = peer;
    c->rest = buf_make(s->config.limits.pipeline_bytes_max + READ_CHUNK_MAX);
    c->protocol = &h1_protocol;
    h1_init(&c->h1, c);
    link_init(&c->ready);
    link_init(&c->link);
    link_add(&s->conns, &c->link);
    s->n_conns++;
    deadline_init(&c->deadline);
    deadline_set(&s->deadlines, &c->deadline, DEADLINE_IDLE);
    c->reading = true;
    io.ops->read(io.io, true);
    return c;
}

size_t conn_pending(const struct conn *c)
{
    if (c->over)
        return 0;
    return c->io.ops->pending(c->io.io) + (c->corked ? c->server->cork.len : 0);
}

int conn_socket(const struct conn *c)
{
    return !c->over && c->io.ops->socket ? c->io.ops->socket(c->io.io) : -1;
}

/* A deadline stands for one request: it is set anew with the next, and not by every byte. */
static void set_deadline(struct conn *c)
{
    enum deadline_kind kind;
    if (c->over)
        kind = DEADLINE_NONE;
    else if (conn_pending(c))
        kind = DEADLINE_WRITE;
    else if (c->lingering)
        kind = DEADLINE_LINGER;
    else
        kind = c->protocol->waits_for(c);
    if (kind == c->deadline.kind && c->n_requests == c->deadline_request)
        return;
    c->deadline_request = c->n_requests;
    if (kind == DEADLINE_WRITE)
        c->taken_mark = c->written - conn_pending(c);
    deadline_set(&c->server->deadlines, &c->deadline, kind);
}

/* ---- writing */

static void transport_write(struct conn *c, struct str a, struct str b)
{
    if (c->over || (!a.len && !b.len))
        return;
    c->written += a.len + b.len;
    if (c->io.ops->write(c->io.io, a, b))
        c->over = true; /* the transport has closed itself */
}

static void flush(struct conn *c, struct str more)
{
    struct buf *cork = &c->server->cork;
    transport_write(c, buf_str(cork), more);
    buf_clear(cork);
}

static void cork(struct conn *c, struct str bytes)
{
    struct buf *b = &c->server->cork;
    if (b->len + bytes.len > CORK_FLUSH_BYTES || buf_put(b, bytes))
        flush(c, bytes); /* also when memory is out: `failed` is cleared with the content */
}

void conn_write(struct conn *c, struct str a, struct str b)
{
    if (c->over || c->lingering)
        return;
    if (c->corked) {
        cork(c, a);
        cork(c, b);
    } else {
        transport_write(c, a, b);
        set_deadline(c);
    }
}

/* ---- the end */

static void shut(struct conn *c, bool abort)
{
    if (c->over)
        return;
    c->over = true;
    c->io.ops->close(c->io.io, abort);
}

void conn_cut(struct conn *c)
{
    shut(c, true);
}

void conn_end(struct conn *c)
{
    if (c->over || c->lingering)
        return;
    if (c->corked)
        flush(c, (struct str){0});
    c->lingering = true;
    buf_free(&c->rest);
    if (c->eof)
        shut(c, false);
    else if (!c->over)
        c->io.ops->end(c->io.io);
}

void conn_close_idle(struct conn *c)
{
    if (c->protocol->waits_for(c) == DEADLINE_IDLE && !c->lingering && !c->rest.len)
        shut(c, false);
}

/* ---- in and out */

static void set_reading(struct conn *c)
{
    bool want = !c->eof && (c->lingering || c->rest.len < c->server->config.limits.pipeline_bytes_max);
    if (want != c->reading) {
        c->reading = want;
        c->io.ops->read(c->io.io, want);
    }
}

static void conn_enter(struct conn *c)
{
    c->corked = true;
}

static void conn_leave(struct conn *c)
{
    flush(c, (struct str){0});
    c->corked = false;
    if (c->eof && !c->over && link_empty(&c->ready)) {
        bool waits = c->protocol->waits_for(c) == DEADLINE_NONE;
        if (waits)
            shut(c, true);
        else if (!c->rest.len || conn_pending(c) <= HTTP_HIGH_WATER)
            shut(c, false); /* what is left can never become a request */
    }
    if (!c->over)
        set_reading(c);
    set_deadline(c);
}

/* Offers what is kept, then `bytes`; keeps what is not consumed. */
static void feed(struct conn *c, struct str bytes)
{
    if (c->rest.len) {
        if (buf_put(&c->rest, bytes)) {
            conn_cut(c);
            return;
        }
        buf_consume(&c->rest, c->protocol->data(c, buf_str(&c->rest)));
        if (!c->rest.len && c->rest.cap > REST_KEPT)
            buf_free(&c->rest);
    } else if (bytes.len) {
        struct str left = str_skip(bytes, c->protocol->data(c, bytes));
        if (left.len && !c->over && !c->lingering && buf_put(&c->rest, left))
            conn_cut(c);
    }
}

static void work(struct conn *c, struct str bytes)
{
    conn_enter(c);
    c->protocol->resume(c);
    if (!c->over && !c->lingering)
        feed(c, bytes);
    conn_leave(c);
}

void conn_data(struct conn *c, struct str bytes)
{
    if (c->over)
        return;
    if (!c->lingering) {
        work(c, bytes);
        return;
    }
    c->lingered_bytes += (uint32_t)bytes.len;
    if (c->lingered_bytes > LINGER_BYTES_MAX)
        conn_cut(c);
}

void conn_eof(struct conn *c)
{
    c->eof = true;
    c->reading = false;
    if (c->over)
        return;
    if (c->lingering) {
        shut(c, false);
        set_deadline(c);
    } else {
        work(c, (struct str){0});
    }
}

void conn_drained(struct conn *c)
{
    if (c->over)
        return;
    conn_enter(c);
    c->protocol->drained(c);
    if (!c->over && !c->lingering)
        feed(c, (struct str){0});
    conn_leave(c);
}

void conn_resume(struct conn *c)
{
    link_del(&c->ready);
    if (!c->over)
        work(c, (struct str){0});
}

void conn_wake(struct conn *c)
{
    if (!link_empty(&c->ready))
        return;
    link_add(&c->server->ready, &c->ready);
    server_wake(c->server);
}

static void refuse(struct conn *c, int status, const char *sentence)
{
    conn_enter(c);
    c->protocol->refuse(c, status, sentence);
    conn_leave(c);
}

void conn_expired(struct deadline *d, enum deadline_kind kind)
{
    struct conn *c = link_of(d, struct conn, deadline);
    if (c->over)
        return;
    if (kind == DEADLINE_WRITE && c->written - conn_pending(c) > c->taken_mark) {
        set_deadline(c); /* it moves: wait on */
        return;
    }
    if (kind == DEADLINE_HEADER)
        refuse(c, 408, "The headers of the request did not come in time.");
    else if (kind == DEADLINE_BODY)
        refuse(c, 408, "The body of the request did not come in time.");
    else
        shut(c, kind == DEADLINE_WRITE);
}

void conn_turn_away(struct conn *c)
{
    refuse(c, 503, "The server has all the connections that it takes: try again later.");
}

void conn_destroy(struct conn *c)
{
    c->over = true;
    c->protocol->lost(c);
    deadline_set(&c->server->deadlines, &c->deadline, DEADLINE_NONE);
    link_del(&c->ready);
    link_del(&c->link);
    c->server->n_conns--;
    c->server->n_turned_away -= c->turned_away;
    buf_free(&c->rest);
    free(c);
}

void conn_closed(struct conn *c)
{
    struct http_server *s = c->server;
    conn_destroy(c);
    server_conn_closed(s);
}
