/* A Redis server as a second level that is never relied on: it may be dead, slow, or full of other things.
 *
 *     RESTING ──back-off is over──► RESOLVING ──► CONNECTING ──AUTH, SELECT, PING──► READY
 *        ▲                              │              │                              │
 *        └────── the name is unknown ───┴── refused, or no answer in 2 s ─────────────┴── closed, or an answer took too long
 *
 * Only READY takes questions; everything else says ERR_AGAIN at once, and whoever asks does without. When one answer has not come within
 * timeout_ms, all that wait get none, the connection is dropped, and no one waits again before the server has answered a PING
 * on a new one. So a server that stops costs those who wait for it at that moment their time-out, and later ones nothing. The
 * back-off doubles while connections fail or do not last.
 *
 * hiredis does the protocol and the reading and writing; the loop tells it when (loop's watches). On the loop thread. */
#ifndef STORE_CACHE_REDIS_H
#define STORE_CACHE_REDIS_H

#include "base/err.h"
#include "base/log.h"
#include "loop/loop.h"

enum {
    REDIS_HOST_BYTES = 256,
    REDIS_GETS_MAX = 1024,             /* questions on their way */
    REDIS_KEYS_MAX = 4096,             /* of one question */
    REDIS_UNSENT_BYTES_MAX = 16 << 20, /* of values on their way; more are not kept */
    REDIS_REPLY_BYTES_MAX = 64 << 20,  /* a server that sends more at once is left */
    REDIS_CONNECT_MS_MAX = 2000,       /* to the answer to PING */
    REDIS_LASTING_MS = 60000,          /* a connection that held so long starts the back-off anew */
    REDIS_BACKOFF_MS = 250,            /* the first */
    REDIS_BACKOFF_MS_MAX = 30000,
};

/* "redis://host[:port][/db]", "unix:///path[?db=N]" or "/path[?db=N]". */
struct redis_address {
    char host[REDIS_HOST_BYTES]; /* or the socket's path */
    bool local;                  /* host is a path */
    uint16_t port;
    uint32_t db;
};
/* The sentence says what is expected. */
int redis_address_parse(struct str text, struct redis_address *ret, struct err *e);

struct redis_config {
    struct loop *loop;
    const struct log *log;
    struct redis_address address;
    struct str password; /* copied; may be empty */
    uint32_t timeout_ms;
};

struct redis;
/* Begins to connect. ERR_NOMEM. */
int redis_create(const struct redis_config *c, struct redis **ret, struct err *e);
/* What waits hears nothing more. NULL is fine. */
void redis_free(struct redis *r);
bool redis_ready(const struct redis *r);

/* The values of n keys in their order, ptr NULL where there is none; NULL instead of all: there is no answer. They live during the call.
 * Runs exactly once, from the loop, unless the question is canceled. */
struct redis_get;
typedef void redis_values_fn(void *ctx, const struct str *values, size_t n);
/* ERR_AGAIN: not READY; ERR_FULL: too many wait; ERR_NOMEM. */
int redis_get(struct redis *r, const struct str *keys, size_t n, redis_values_fn *fn, void *ctx, struct redis_get **ret);
void redis_cancel(struct redis_get *g);
/* Kept for ttl_ms, or not: nobody is told. */
void redis_set(struct redis *r, struct str key, struct str value, uint64_t ttl_ms);

#endif
