/* A connection: bytes in, bytes out, time-outs, and the orderly end. What the bytes mean is its protocol's.
 *
 * All events come in through conn_enter … conn_leave: between them the writes are collected (corked), so that any number
 * of pipelined answers leave in one system call; conn_leave sends them and sets the deadline that fits the state. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/deadline.h"
#include "net/h1.h"
#include "net/server.h"

struct conn;
struct protocol {
    /* Consumes what it can and returns how much; the rest is kept and offered again with what comes next. */
    size_t (*data)(struct conn *c, struct str bytes);
    /* Goes on after an answer was completed outside of `data`. */
    void (*resume)(struct conn *c);
    void (*drained)(struct conn *c);
    /* Answers what is being read with an error, and ends. */
    void (*refuse)(struct conn *c, int status, const char *sentence);
    /* The connection is over. */
    void (*lost)(struct conn *c);
    /* NONE while it waits for an answer from the program itself. */
    enum deadline_kind (*waits_for)(const struct conn *c);
};

struct conn {
    struct http_server *server;
    struct link link;  /* server->conns */
    struct link ready; /* server->ready */
    struct deadline deadline;
    uint32_t deadline_request; /* the request for which the deadline was set */
    struct transport io;
    const struct protocol *protocol;
    const char *peer;
    struct buf rest; /* came while an answer was being made */
    uint64_t written, taken_mark;
    uint64_t note; /* the program's */
    uint32_t lingered_bytes;
    uint32_t n_requests;
    bool turned_away; /* one too many: only there to read its 503 */
    bool corked;
    bool over;      /* closing: nothing is sent any more, only conn_closed follows */
    bool lingering; /* all is sent; what still comes is thrown away */
    bool eof;
    bool reading;
    struct h1 h1;
};

/* NULL when memory is out. The transport stays the caller's then. `peer` must live as long as the transport. */
struct conn *conn_open(struct http_server *s, struct transport io, const char *peer);
/* Says 503 and ends; for one connection too many. */
void conn_turn_away(struct conn *c);

/* The transport's events. */
void conn_data(struct conn *c, struct str bytes);
void conn_eof(struct conn *c);
void conn_drained(struct conn *c);
void conn_closed(struct conn *c); /* frees it */
/* As conn_closed, with the transport still there: for http_server_free. */
void conn_destroy(struct conn *c);

/* The deadline's and the ready list's. */
void conn_expired(struct deadline *d, enum deadline_kind kind);
void conn_resume(struct conn *c);
void conn_close_idle(struct conn *c);

/* For the protocol. */
void conn_write(struct conn *c, struct str a, struct str b);
size_t conn_pending(const struct conn *c);
int conn_socket(const struct conn *c); /* -1: there is none */
void conn_cut(struct conn *c);         /* at once */
void conn_end(struct conn *c);         /* after what is written; what the client still sends is read and dropped for a while */
void conn_wake(struct conn *c);

#endif
