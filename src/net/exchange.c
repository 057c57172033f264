#include "net/exchange.h"

#include <stdlib.h>

#include "net/server.h"

enum { ARENA_BYTES_MAX = 64 << 20, HEADERS_OUT_BYTES_MAX = 16 << 10, FREE_MAX = 64, HEAD_KEPT = 4096, BODY_KEPT = 16 << 10 };

/* ---- life */

struct http_exchange *exchange_new(struct http_server *s, const struct exchange_ops *ops, void *conn)
{
    struct http_exchange *x = s->free_exchanges;
    struct buf head = {0}, body = {0};
    if (x) {
        s->free_exchanges = x->next_free;
        s->n_free--;
        head = x->head;
        body = x->body;
    } else if (!(x = malloc(sizeof *x))) {
        return NULL;
    }
    const struct http_limits *l = &s->config.limits;
    *x = (struct http_exchange){.ops = ops, .server = s, .conn = conn, .head = head, .body = body};
    x->arena = arena_make(ARENA_BYTES_MAX);
    x->headers_out = buf_make(HEADERS_OUT_BYTES_MAX);
    x->head.max = l->url_bytes_max + l->header_bytes_max + 2 * l->headers_max + 2; /* the NULs are ours */
    x->body.max = x->body_bytes_max = l->body_bytes_max;
    return x;
}

static void keep_small(struct buf *b, size_t max)
{
    buf_clear(b);
    if (b->cap > max)
        buf_free(b);
}

void exchange_end(struct http_exchange *x, bool aborted)
{
    if (x->ev && x->ev->ended)
        x->ev->ended(x->ev_ctx, x, aborted);
    if (x->server->config.ended)
        x->server->config.ended(x->server->config.ctx, x, aborted);
    arena_free(&x->arena);
    buf_free(&x->headers_out);
    struct http_server *s = x->server;
    if (s->n_free >= FREE_MAX) {
        buf_free(&x->head);
        buf_free(&x->body);
        free(x);
        return;
    }
    keep_small(&x->head, HEAD_KEPT);
    keep_small(&x->body, BODY_KEPT);
    x->next_free = s->free_exchanges;
    s->free_exchanges = x;
    s->n_free++;
}

void exchanges_free(struct http_server *s)
{
    while (s->free_exchanges) {
        struct http_exchange *x = s->free_exchanges;
        s->free_exchanges = x->next_free;
        buf_free(&x->head);
        buf_free(&x->body);
        free(x);
    }
    s->n_free = 0;
}

/* ---- the request */

const struct http_request *http_request(const struct http_exchange *x)
{
    return &x->req;
}

struct str http_header(const struct http_exchange *x, const char *name)
{
    struct str want = str_of(name);
    for (size_t i = 0; i < x->req.n_headers; i++)
        if (str_ieq(x->req.headers[i].name, want))
            return x->req.headers[i].value;
    return (struct str){0};
}

void http_set_user(struct http_exchange *x, const void *user)
{
    x->user = user;
}

const void *http_user(const struct http_exchange *x)
{
    return x->user;
}

int http_status(const struct http_exchange *x)
{
    return x->status;
}

uint64_t http_sent(const struct http_exchange *x)
{
    return x->sent;
}

int http_socket(const struct http_exchange *x)
{
    return x->ops->socket(x);
}

uint64_t *http_note(struct http_exchange *x)
{
    return x->ops->note(x);
}

struct arena *http_arena(struct http_exchange *x)
{
    return &x->arena;
}

void http_listen_events(struct http_exchange *x, const struct http_events *ev, void *ctx)
{
    x->ev = ev;
    x->ev_ctx = ctx;
}

/* ---- the answer */

static bool value_is_clean(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || !s.ptr[i])
            return false;
    return true;
}

static bool name_is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c))
            return false;
    }
    return s.len > 0;
}

int http_add_header(struct http_exchange *x, const char *name, struct str value)
{
    struct buf *b = &x->headers_out;
    if (!name_is_token(str_of(name)) || !value_is_clean(value))
        return ERR_INVAL;
    size_t before = b->len;
    buf_puts(b, name);
    buf_put(b, STR(": "));
    buf_put(b, value);
    int r = buf_put(b, STR("\r\n"));
    if (r)
        b->len = before; /* whole lines only; the answer goes out without this one */
    b->failed = OK;
    return r;
}

static bool answered(const struct http_exchange *x)
{
    return x->state != EXCHANGE_OPEN && x->state != EXCHANGE_READING;
}

static void send_head(struct http_exchange *x, int status, const char *content_type, bool whole, struct str body)
{
    if (status < 200 || status > 599)
        status = 500;
    x->bodiless = str_eq(x->req.method, STR("HEAD")) || status == 204 || status == 304;
    struct answer a = {
        .status = status,
        .content_type = content_type && value_is_clean(str_of(content_type)) ? content_type : NULL,
        .headers = buf_str(&x->headers_out),
        .whole = whole,
        .bodiless = x->bodiless,
        .body = body,
    };
    x->status = status;
    x->sent = x->bodiless ? 0 : body.len;
    x->ops->head(x, &a);
}

static void complete(struct http_exchange *x)
{
    x->state = EXCHANGE_COMPLETE;
    x->ops->end(x);
}

void http_respond(struct http_exchange *x, int status, const char *content_type, struct str body)
{
    if (answered(x))
        return;
    x->state = EXCHANGE_STREAMING;
    send_head(x, status, content_type, true, body);
    complete(x);
}

void http_begin(struct http_exchange *x, int status, const char *content_type)
{
    if (answered(x))
        return;
    x->state = EXCHANGE_STREAMING;
    send_head(x, status, content_type, false, (struct str){0});
}

bool http_write(struct http_exchange *x, struct str bytes)
{
    if (x->state != EXCHANGE_STREAMING || x->bodiless)
        return true;
    x->sent += bytes.len;
    if (bytes.len) /* an empty chunk would end the body */
        x->ops->data(x, bytes);
    x->above_high = x->above_high || http_pending(x) > HTTP_HIGH_WATER;
    return !x->above_high;
}

void http_finish(struct http_exchange *x)
{
    if (x->state == EXCHANGE_STREAMING)
        complete(x);
}

void http_abort(struct http_exchange *x)
{
    if (x->state != EXCHANGE_COMPLETE)
        x->ops->cut(x);
}

size_t http_pending(const struct http_exchange *x)
{
    return x->ops->pending(x);
}

void exchange_drained(struct http_exchange *x)
{
    if (!x->above_high || http_pending(x) > HTTP_LOW_WATER)
        return;
    x->above_high = false;
    if (x->state == EXCHANGE_STREAMING && x->ev && x->ev->drained)
        x->ev->drained(x->ev_ctx, x);
}

void exchange_refuse(struct http_exchange *x, int status, const char *sentence)
{
    const struct http_config *c = &x->server->config;
    struct buf body = buf_make(64 << 10);
    if (x->gated && c->refusal_body)
        c->refusal_body(c->ctx, x, status, &body);
    else if (c->error_body)
        c->error_body(c->ctx, x, status, sentence, &body);
    else
        buf_printf(&body, "%s\n", sentence);
    http_respond(x, status, c->error_body ? "application/json" : "text/plain; charset=utf-8", body.failed ? STR("") : buf_str(&body));
    buf_free(&body);
}
