/* Answers on the wire. A head or a chunk is put together in the server's scratch buffer and handed to the connection with
 * the body beside it, so that both leave in one system call and a large body is not copied. */
#include "net/conn.h"

enum { SMALL_CHUNK = 16 << 10 };

static void put_number(struct buf *b, uint64_t v, unsigned base)
{
    char digits[24];
    size_t n = sizeof digits;
    do
        digits[--n] = "0123456789abcdef"[v % base];
    while (v /= base);
    buf_put(b, str_from(digits + n, sizeof digits - n));
}

static void put_line(struct buf *b, struct str name, struct str value)
{
    buf_put(b, name);
    buf_put(b, value);
    buf_put(b, STR("\r\n"));
}

/* How the client learns where the body ends. */
static void put_length(struct buf *b, struct h1 *h, const struct answer *a)
{
    h->chunked = false;
    if (a->status == 204 || a->status == 304)
        return;
    if (a->whole) {
        buf_put(b, STR("Content-Length: "));
        put_number(b, a->body.len, 10);
        buf_put(b, STR("\r\n"));
    } else if (h->minor1) {
        buf_put(b, STR("Transfer-Encoding: chunked\r\n"));
        h->chunked = !a->bodiless;
    } else {
        h->close = true;
    }
}

static void h1_head(struct http_exchange *x, const struct answer *a)
{
    struct conn *c = x->conn;
    struct h1 *h = &c->h1;
    struct http_server *s = c->server;
    struct buf *b = &s->scratch;
    buf_clear(b);
    buf_put(b, STR("HTTP/1.1 "));
    put_number(b, (uint64_t)a->status, 10);
    put_line(b, STR(" "), str_of(http_status_text(a->status)));
    put_line(b, STR("Date: "), date_text(&s->date, clock_wall_ms(&clock_system) / 1000));
    buf_put(b, STR("Server: hearth\r\n"));
    if (a->content_type)
        put_line(b, STR("Content-Type: "), str_of(a->content_type));
    put_length(b, h, a);
    if (h->close || s->draining) {
        h->close = true;
        buf_put(b, STR("Connection: close\r\n"));
    } else if (!h->minor1) {
        buf_put(b, STR("Connection: keep-alive\r\n"));
    }
    buf_put(b, a->headers);
    if (buf_put(b, STR("\r\n"))) {
        conn_cut(c); /* no memory for a few hundred bytes */
        return;
    }
    conn_write(c, buf_str(b), a->bodiless ? (struct str){0} : a->body);
}

static void h1_chunk(struct http_exchange *x, struct str bytes)
{
    struct conn *c = x->conn;
    if (!c->h1.chunked) {
        conn_write(c, bytes, (struct str){0});
        return;
    }
    struct buf *b = &c->server->scratch;
    buf_clear(b);
    put_number(b, bytes.len, 16);
    buf_put(b, STR("\r\n"));
    if (bytes.len <= SMALL_CHUNK) {
        buf_put(b, bytes);
        buf_put(b, STR("\r\n"));
    }
    if (b->failed) {
        conn_cut(c);
    } else if (bytes.len <= SMALL_CHUNK) {
        conn_write(c, buf_str(b), (struct str){0});
    } else {
        conn_write(c, buf_str(b), bytes);
        conn_write(c, STR("\r\n"), (struct str){0});
    }
}

static void h1_end(struct http_exchange *x)
{
    struct conn *c = x->conn;
    if (c->h1.chunked)
        conn_write(c, STR("0\r\n\r\n"), (struct str){0});
    if (!c->corked)
        conn_wake(c); /* `ended` never comes from within http_finish */
}

static void h1_cut(struct http_exchange *x)
{
    conn_cut(x->conn);
}
static size_t h1_pending(const struct http_exchange *x)
{
    return conn_pending(x->conn);
}

static int h1_socket(const struct http_exchange *x)
{
    return conn_socket(x->conn);
}
static uint64_t *h1_note(struct http_exchange *x)
{
    return &((struct conn *)x->conn)->note;
}

const struct exchange_ops h1_exchange_ops = {h1_head, h1_chunk, h1_end, h1_cut, h1_pending, h1_socket, h1_note};
