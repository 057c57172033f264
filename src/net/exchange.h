/* One request and its answer. exchange.c is the half that callers see and every protocol shares; the other half is an
 * `exchange_ops` of the protocol (h1.c). */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "net/http.h"

enum { HTTP_HIGH_WATER = 64 << 10, HTTP_LOW_WATER = 16 << 10 };

/* The head of an answer as the caller wants it. */
struct answer {
    int status;
    const char *content_type; /* NULL: none */
    struct str headers;       /* "Name: value\r\n" each, checked */
    bool whole;               /* body is all of it; otherwise pieces follow */
    bool bodiless;            /* HEAD, 204, 304: the body is not sent */
    struct str body;
};

struct exchange_ops {
    void (*head)(struct http_exchange *x, const struct answer *a);
    void (*data)(struct http_exchange *x, struct str bytes);
    void (*end)(struct http_exchange *x); /* the answer is complete */
    void (*cut)(struct http_exchange *x);
    size_t (*pending)(const struct http_exchange *x);
    int (*socket)(const struct http_exchange *x);
    uint64_t *(*note)(struct http_exchange *x);
};

/*   READING ──► OPEN ──http_begin──► STREAMING ──http_finish──► COMPLETE ──► ended(false)
 *                 └────────────http_respond────────────────────────┘
 *   anywhere before COMPLETE ──http_abort, client gone──► ended(true)                                       */
enum exchange_state { EXCHANGE_READING, EXCHANGE_OPEN, EXCHANGE_STREAMING, EXCHANGE_COMPLETE };

struct http_exchange {
    const struct exchange_ops *ops;
    struct http_server *server;
    void *conn; /* the protocol's */
    struct http_exchange *next_free;
    enum exchange_state state;
    bool above_high; /* http_write said false: drained is owed */
    bool bodiless;
    int refused; /* status of a request that is read to its end only to be refused */
    const char *sentence;
    const void *user; /* the gate's */
    bool gated;       /* it was the gate that refused */
    struct http_request req;
    struct arena arena;
    struct buf head;  /* target, then name and value of each header, each ended by a NUL */
    size_t n_headers; /* in head */
    struct buf body;
    size_t body_bytes_max; /* of this request: the buffer, which is used again, may be larger */
    struct buf headers_out;
    int status;    /* of the answer; 0: not yet */
    uint64_t sent; /* bytes of its body, also those that wait */
    const struct http_events *ev;
    void *ev_ctx;
};

/* NULL when memory is out. */
struct http_exchange *exchange_new(struct http_server *s, const struct exchange_ops *ops, void *conn);
/* Tells `ended` and takes the exchange back. */
void exchange_end(struct http_exchange *x, bool aborted);
/* The other side has taken bytes. */
void exchange_drained(struct http_exchange *x);
/* Answers with the server's own error. */
void exchange_refuse(struct http_exchange *x, int status, const char *sentence);
/* Frees what exchange_end keeps for reuse. */
void exchanges_free(struct http_server *s);

#endif
