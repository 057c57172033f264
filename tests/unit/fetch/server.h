/* A small HTTP server that does what a test tells it to, also what no server should: each connection has a thread, each request
 * goes to the test's handler, which writes whatever bytes it likes. */
#ifndef UNIT_FETCH_SERVER_H
#define UNIT_FETCH_SERVER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"

enum { SERVER_CONNS_MAX = 1024, SERVER_HEAD_MAX = 16384 };

struct server_request {
    int fd;
    struct str method, path; /* the target as sent */
    struct str head;         /* all header lines */
    struct str body;
    bool has_range;
    uint64_t from, to; /* "Range: bytes=from-(to-1)"; to is UINT64_MAX for an open end */
    int number;        /* 0, 1, 2 … of all requests */
};

/* False: the connection ends. Called on the connection's thread. */
typedef bool server_fn(void *ctx, const struct server_request *q);

struct server {
    int fd, port;
    server_fn *fn;
    void *ctx;
    pthread_t thread, conns[SERVER_CONNS_MAX];
    atomic_int n_conns;
    atomic_int requests, fds[SERVER_CONNS_MAX]; /* fds: 0 none; the connection's thread closes it */
    atomic_bool stopping;
    char url[64]; /* "http://127.0.0.1:4711" */
};

void server_start(struct server *s, server_fn *fn, void *ctx);
void server_start_at(struct server *s, struct in_addr address, server_fn *fn, void *ctx);
void server_stop(struct server *s);

/* Value of a header of the request; {NULL, 0}. */
struct str server_header(const struct server_request *q, const char *name);
/* False when the client has gone. */
bool server_send(int fd, struct str bytes);
bool server_printf(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A whole answer; `extra` are header lines with their ends, or "". */
bool server_answer(int fd, int status, const char *extra, struct str body);
void server_sleep_ms(int ms);

#endif
