/* An HTTP server: it parses, bounds and answers; what an address means is the caller's (`api`).
 *
 * One `http_exchange` is one request and its answer, whatever the protocol version underneath (HTTP/1.1 now, HTTP/2
 * later): callers must not assume a connection. The body is read whole, up to the limit, before the handler runs.
 * Everything is on the loop thread. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"

struct http_server;
struct http_exchange;

/* A limit of 0 takes its default. */
struct http_limits {
    size_t header_bytes_max;   /* request line and all headers: 431 */
    size_t headers_max;        /* their number: 431 */
    size_t url_bytes_max;      /* 414 */
    size_t body_bytes_max;     /* 413, as early as it is known */
    size_t connections_max;    /* further ones get 503 and are closed */
    size_t pipeline_max;       /* pipelined requests of one connection that are served before others get their turn */
    size_t pipeline_bytes_max; /* of pipelined requests that wait for the answer before them; reading stops there */
    uint32_t header_ms_max;    /* from the first byte of a request to the end of its headers: 408 */
    uint32_t body_ms_max;      /* from there to the end of the body: 408 */
    uint32_t idle_ms_max;      /* a kept-alive connection without a request is closed */
    uint32_t write_ms_max;     /* a response that makes no progress for this long is cut */
    uint32_t drain_ms_max;     /* http_server_drain ends after this at the latest */
};
extern const struct http_limits http_limits_default;

struct http_header {
    struct str name, value; /* name as it was sent: compare with str_ieq */
};

struct http_request {
    struct str method; /* "GET" */
    struct str target; /* as sent */
    struct str path;   /* percent-decoded, always begins with '/', no NUL */
    struct str query;  /* raw, without '?' */
    const struct http_header *headers;
    size_t n_headers;
    struct str body;
    const char *peer; /* "127.0.0.1:4711" */
};

/* Runs once for each request. It answers now or keeps the exchange and answers later. */
typedef void http_handler(void *ctx, struct http_exchange *x);
/* Runs when a request's headers are complete and before its body is read; a status other than 0 refuses it with that
 * status (Origin, Host, principal, per-route body limits); headers that it has added go with the refusal. May be NULL.
 * *body_bytes_max may be changed. */
typedef int http_gate(void *ctx, struct http_exchange *x, size_t *body_bytes_max);

struct http_config {
    struct http_limits limits;
    http_handler *handler;
    http_gate *gate;
    /* Writes the JSON body of errors that the server itself makes (400, 408, 413 …). NULL: a plain sentence. */
    void (*error_body)(void *ctx, struct http_exchange *x, int status, const char *sentence, struct buf *out);
    /* The same for what the gate has refused, which can tell more about it; NULL: error_body. */
    void (*refusal_body)(void *ctx, struct http_exchange *x, int status, struct buf *out);
    /* An exchange is over, whatever it was answered and by whom; after its own `ended`, and the last that is heard of it. May be NULL. */
    void (*ended)(void *ctx, struct http_exchange *x, bool aborted);
    void *ctx;
    const struct log *log;
};

int http_server_create(struct loop *l, const struct http_config *config, struct http_server **ret, struct err *e);
int http_server_listen(struct http_server *s, const char *host, uint16_t port, struct err *e);
uint16_t http_server_port(const struct http_server *s);
/* Takes no new connections, closes idle ones, answers what runs with `Connection: close`; `done` runs when all are gone
 * or limits.drain_ms_max has passed. */
void http_server_drain(struct http_server *s, loop_fn *done, void *ctx);
/* Cuts what is left; the loop must have run `done` or not have been started. NULL is fine. */
void http_server_free(struct http_server *s);
size_t http_server_connections(const struct http_server *s);

const struct http_request *http_request(const struct http_exchange *x);
/* The first header of that name, or {NULL, 0}. */
struct str http_header(const struct http_exchange *x, const char *name);
/* What the gate has found out about this request, for the handler; NULL at first, and borrowed. */
void http_set_user(struct http_exchange *x, const void *user);
const void *http_user(const struct http_exchange *x);
/* Status and body bytes of the answer so far; 0: none has begun. */
int http_status(const struct http_exchange *x);
uint64_t http_sent(const struct http_exchange *x);
/* The connection's socket, or -1: for asking the kernel who is at its other end, and nothing else. */
int http_socket(const struct http_exchange *x);
/* A number that lives as long as the connection, 0 at first: what was found out once need not be asked for each request. */
uint64_t *http_note(struct http_exchange *x);
/* Lives until the exchange ends. */
struct arena *http_arena(struct http_exchange *x);

/* What the handler wants to know later. Set before returning when the answer comes later. */
struct http_events {
    /* After http_write went over the high-water mark: the buffer is below the low-water mark again. */
    void (*drained)(void *ctx, struct http_exchange *x);
    /* The exchange is over (never from within a call of yours): `aborted` when the client went away or was cut before the answer was
     * complete. The exchange must not be used afterwards. Runs exactly once, also after a complete answer. */
    void (*ended)(void *ctx, struct http_exchange *x, bool aborted);
};
void http_listen_events(struct http_exchange *x, const struct http_events *ev, void *ctx);

/* Extra response headers; call before responding. CR, LF and NUL are refused (ERR_INVAL). */
int http_add_header(struct http_exchange *x, const char *name, struct str value);
/* The whole answer at once; HEAD and 204/304 send no body. */
void http_respond(struct http_exchange *x, int status, const char *content_type, struct str body);
/* An answer in pieces: chunked for HTTP/1.1, until close for 1.0. Each http_write goes out at once. */
void http_begin(struct http_exchange *x, int status, const char *content_type);
/* True while the client keeps up; false over the high-water mark (the bytes are taken all the same): wait for drained. */
bool http_write(struct http_exchange *x, struct str bytes);
void http_finish(struct http_exchange *x);
/* Cuts an answer that cannot be completed: the connection closes without the last chunk. */
void http_abort(struct http_exchange *x);
/* Bytes of this answer that the client has not taken yet. */
size_t http_pending(const struct http_exchange *x);

const char *http_status_text(int status);
/* Percent-decodes a query's value ("" for "?key", {NULL, 0} when the key is absent); false for malformed escapes or no memory.
 * Memory from the arena, or the query itself. */
bool http_query_get(struct arena *a, struct str query, const char *key, struct str *ret);

#endif
