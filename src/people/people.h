/* Who asks: the local owner, and API keys; the sessions of their pages; and what each may use up.
 *
 *   request ── Authorization: Bearer KEY, x-api-key ──► key ──┐
 *          ├── cookie hearth_session (+ CSRF) ────► session ──┼─► principal ──► limits
 *          └── loopback, own user or root ─► local owner ─────┘
 *
 * Keys and sessions live in memory, in tables that are found by hash, and are written through to the store, so that asking who it
 * is never waits for a disk. Secrets are random (256 bits) and kept as HMAC-SHA-256 under a subkey of the store. Everything is on the
 * loop thread. */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "loop/loop.h"
#include "store/store.h"

struct people;

enum people_scope { PEOPLE_USER, PEOPLE_ADMIN };
enum people_kind { PEOPLE_LOCAL, PEOPLE_KEY };

/* A principal owns rows by `id`; ids are never used again. */
struct principal {
    int64_t id; /* 1: the local owner */
    enum people_kind kind;
    enum people_scope scope;
    char name[64];
};
enum { PEOPLE_OWNER = 1 };

extern const struct store_schema people_schema;

/* Of each principal; 0: no limit. */
struct people_limits {
    uint32_t requests_per_minute, concurrent_max;
    uint64_t tokens_per_day;
};

struct people_config {
    struct store *store;
    const struct clock *clock;
    const struct log *log;
    struct people_limits limits; /* of keys that have none of their own; the local owner has none */
    uint32_t session_s;          /* a page's session ends after so long without use */
};

/* Reads keys and sessions (blocking: at start). */
int people_create(struct loop *l, const struct people_config *c, struct people **ret, struct err *e);
void people_free(struct people *p); /* NULL is fine */

/* Valid as long as people. */
const struct principal *people_local(const struct people *p);

/* Who is at the other end of the connection. */
struct people_visitor {
    const char *address; /* without port */
    int64_t uid;         /* of the process there, when it is on this machine; PEOPLE_ELSEWHERE; PEOPLE_UNKNOWN */
};
enum { PEOPLE_ELSEWHERE = -1, PEOPLE_UNKNOWN = -2 };

/* ERR_DENIED: unknown, expired or revoked (one sentence for all three); ERR_AGAIN: this visitor has failed too often and must wait
 * *ret_wait_s. The principal is valid until the next turn of the loop: copy it. */
int people_by_key(struct people *p, struct str key, const struct people_visitor *v, const struct principal **ret, uint32_t *ret_wait_s);
/* It has the form of a key of ours, whether or not there is such a one. */
bool people_looks_like_key(struct str s);
/* In a time that does not say where they differ. */
bool people_same_secret(struct str a, struct str b);

/* ---- keys: answers come through `done` on the loop, after they are on the disk */
struct people_key {
    int64_t id;
    char name[64];
    char hint[12]; /* the first characters, to tell keys apart */
    enum people_scope scope;
    int64_t created_ms, expires_ms, used_ms; /* Unix; 0: never */
    bool revoked;
    struct people_limits limits;
};
enum { PEOPLE_SECRET_MAX = 80, PEOPLE_KEYS_MAX = 10000 };
/* Of keys that have none of their own. */
const struct people_limits *people_default_limits(const struct people *p);
struct people_new_key {
    struct str name; /* 1 … 63 bytes of UTF-8, unique among live keys */
    enum people_scope scope;
    int64_t expires_ms;                 /* 0: never */
    const struct people_limits *limits; /* NULL: the defaults */
};
/* `secret` is shown here and never again. */
typedef void people_made_fn(void *ctx, int code, const struct err *e, const struct people_key *key, const char *secret);
int people_key_create(struct people *p, const struct people_new_key *k, people_made_fn *done, void *ctx, struct err *e);
typedef void people_done_fn(void *ctx, int code, const struct err *e);
/* Its sessions end with it; its rows stay. It is refused from now on; when the write fails it is valid again. ERR_NOENT. */
int people_key_revoke(struct people *p, int64_t id, people_done_fn *done, void *ctx, struct err *e);
/* In the order they were made; valid until the next turn of the loop. */
size_t people_keys(struct people *p, const struct people_key **ret);

/* ---- the page: a one-time link becomes a session */
/* Valid for ten minutes, once, and only in memory. */
enum { PEOPLE_LINK_S = 600 };
int people_link_create(struct people *p, const struct principal *who, char ret_secret[PEOPLE_SECRET_MAX]);
struct people_session {
    char cookie[PEOPLE_SECRET_MAX], csrf[PEOPLE_SECRET_MAX];
    const struct principal *who; /* until the next turn of the loop */
};
/* Browsers send a host's cookies to every port of it, so to programs of other users on this machine, too: a session therefore
 * holds for visitors of the uid that it was made by. Errors as people_by_key's. */
int people_session_from_link(struct people *p, struct str link, const struct people_visitor *v, struct people_session *ret,
                             uint32_t *ret_wait_s);
int people_session_from_key(struct people *p, struct str key, const struct people_visitor *v, struct people_session *ret,
                            uint32_t *ret_wait_s);
/* The session of a cookie, or ERR_DENIED. *ret_csrf is what the page must send in X-CSRF-Token with everything but GET and HEAD. */
int people_by_cookie(struct people *p, struct str cookie, const struct people_visitor *v, const struct principal **ret,
                     char ret_csrf[PEOPLE_SECRET_MAX]);
void people_session_end(struct people *p, struct str cookie);

/* ---- limits */
struct people_allowance { /* for the standard headers */
    uint32_t limit_requests, remaining_requests, reset_requests_s;
    uint64_t limit_tokens, remaining_tokens; /* of the day */
    uint32_t reset_tokens_s;
    uint32_t retry_after_s; /* when refused */
    const char *reason;     /* when refused: a sentence */
};
/* Counts a request that makes a model work. OK, or ERR_LIMIT. After OK, people_release must follow. */
int people_admit(struct people *p, const struct principal *who, struct people_allowance *ret);
/* The request is over; tokens of prompt and answer together. */
void people_release(struct people *p, int64_t principal, uint64_t tokens);

#endif
