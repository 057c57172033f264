/* HTTP/1: reading requests and answering them, one after the other.
 *
 *     IDLE ──first byte──► HEAD ──headers──► BODY ──end──► ANSWER ──http_finish──► IDLE
 *                           │                 │               │
 *                           └───── refuse ────┴───────────────┴──► the connection ends (conn_end)
 *
 * Only one request is parsed at a time. What a client pipelines behind it waits as raw bytes, pipeline_bytes_max at most,
 * and then in the kernel: this bounds memory whatever the requests are, keeps the answers in order, and lets the end of
 * the connection be noticed while an answer is being made. The parser stops after every message (HPE_PAUSED), so that a
 * handler never runs within one of its callbacks. */
#include "net/conn.h"

/* What is said when there is no memory for an exchange. */
static const char no_memory[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

void h1_init(struct h1 *h, struct conn *c)
{
    llhttp_init(&h->parser, HTTP_REQUEST, &h1_settings);
    h->parser.data = c;
}

/* The answer is whole: tell, and be ready for the next request. */
static void finish(struct conn *c)
{
    struct h1 *h = &c->h1;
    struct http_exchange *x = h->x;
    h->x = NULL;
    h->phase = H1_IDLE;
    c->n_requests++;
    exchange_end(x, false);
    if (h->close || c->server->draining)
        conn_end(c);
}

static void finish_if_complete(struct conn *c)
{
    if (!c->over && c->h1.x && c->h1.x->state == EXCHANGE_COMPLETE)
        finish(c);
}

static void h1_refuse(struct conn *c, int status, const char *sentence)
{
    struct h1 *h = &c->h1;
    if (!h->x)
        h->x = exchange_new(c->server, &h1_exchange_ops, c);
    if (!h->x) {
        conn_write(c, str_of(no_memory), (struct str){0});
        conn_end(c);
        return;
    }
    h->phase = H1_ANSWER;
    h->close = true;
    exchange_refuse(h->x, status, sentence);
    finish_if_complete(c);
}

static void answer(struct conn *c)
{
    struct h1 *h = &c->h1;
    struct http_exchange *x = h->x;
    h->phase = H1_ANSWER;
    x->state = EXCHANGE_OPEN;
    x->req.body = buf_str(&x->body);
    if (x->refused) {
        exchange_refuse(x, x->refused, x->sentence);
    } else if (h->asterisk) {
        http_add_header(x, "Allow", STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        http_respond(x, 204, NULL, STR(""));
    } else {
        c->server->config.handler(c->server->config.ctx, x);
    }
    finish_if_complete(c);
}

/* One call of the parser; returns the bytes used. */
static size_t execute(struct conn *c, struct str bytes)
{
    struct h1 *h = &c->h1;
    enum h1_phase before = h->phase;
    h->input = bytes.ptr;
    h->refusal = 0;
    if (before == H1_IDLE)
        h->first_byte = bytes.ptr[0];
    llhttp_errno_t e = llhttp_execute(&h->parser, bytes.ptr, bytes.len);
    if (e == HPE_PAUSED) {
        size_t used = (size_t)(llhttp_get_error_pos(&h->parser) - bytes.ptr);
        llhttp_resume(&h->parser);
        answer(c);
        return used;
    }
    if (e != HPE_OK) {
        const char *sentence;
        int status = h1_error(h, e, &sentence);
        h1_refuse(c, status, sentence);
        return bytes.len;
    }
    h->last_byte = bytes.ptr[bytes.len - 1];
    /* Spaces before a value reach no callback: a head that is still open is also counted by what came. */
    if (before == H1_HEAD && h->phase == H1_HEAD &&
        (h->head_bytes += bytes.len) > 2 * c->server->config.limits.header_bytes_max + c->server->config.limits.url_bytes_max)
        h1_refuse(c, 431, "The headers of the request are too large.");
    return bytes.len;
}

static bool may_parse(const struct conn *c)
{
    return !c->over && !c->lingering && c->h1.phase != H1_ANSWER && conn_pending(c) <= HTTP_HIGH_WATER;
}

static size_t h1_data(struct conn *c, struct str bytes)
{
    size_t used = 0;
    uint32_t first = c->n_requests;
    while (used < bytes.len && may_parse(c)) {
        if (c->n_requests - first >= c->server->config.limits.pipeline_max) {
            conn_wake(c); /* others first */
            break;
        }
        used += execute(c, str_skip(bytes, used));
    }
    return used;
}

static void h1_resume(struct conn *c)
{
    finish_if_complete(c);
}

static void h1_drained(struct conn *c)
{
    if (c->h1.x)
        exchange_drained(c->h1.x);
    finish_if_complete(c);
}

static void h1_lost(struct conn *c)
{
    struct http_exchange *x = c->h1.x;
    c->h1.x = NULL;
    if (x)
        exchange_end(x, x->state != EXCHANGE_COMPLETE);
}

static enum deadline_kind h1_waits_for(const struct conn *c)
{
    static const enum deadline_kind kinds[] = {
        [H1_IDLE] = DEADLINE_IDLE, [H1_HEAD] = DEADLINE_HEADER, [H1_BODY] = DEADLINE_BODY, [H1_ANSWER] = DEADLINE_NONE};
    return kinds[c->h1.phase];
}

const struct protocol h1_protocol = {h1_data, h1_resume, h1_drained, h1_refuse, h1_lost, h1_waits_for};
