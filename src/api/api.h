/* The addresses that clients speak to: a table of routes, and the translation between their JSON and gen's messages.
 * Everything is on the loop thread. */
#ifndef API_API_H
#define API_API_H

#include "base/log.h"
#include "kb/ingest.h"
#include "net/http.h"
#include "observe/journal.h"
#include "people/people.h"
#include "runtime/runtime.h"
#include "store/cache/cache.h"
#include "talk/answer.h"

/* A file of the web page, embedded in the program. */
struct api_asset {
    const char *path; /* "index.html", "assets/app-1234.js": from the root, without its '/' */
    const char *content_type;
    const char *etag; /* with its quotes, or NULL */
    struct str body;
    bool gzip;      /* body is gzip-compressed: clients that do not accept that get 406 */
    bool immutable; /* its name changes with its content */
    struct str gz;  /* the same content compressed, when body is not; may be empty */
};

/* Everything is borrowed and must outlive the api. */
struct api_config {
    struct runtime *runtime;
    struct people *people; /* NULL: everybody is the local owner (tests) */
    struct loop *loop;
    struct store *store; /* NULL: nothing can be kept, and what wants to be is refused */
    struct answers *answers;
    struct due *due;           /* what rings (assistant/due.h); NULL: nothing does */
    struct kb *kb;             /* NULL: there are no documents */
    struct ingests *ingests;   /* NULL: none can be added */
    struct cache *cache;       /* NULL: nothing is remembered */
    struct journal *journal;   /* NULL: nothing is written down */
    const char *journal_dir;   /* where it can be read; NULL: nowhere */
    uint8_t journal_key[32];   /* with this */
    uint64_t cache_generation; /* what was kept under another is not good any more: settings and program that vectors depend on */
    const struct log *log;
    const struct clock *clock;
    const struct api_asset *assets;
    size_t n_assets;
    const char *version;
    const char *models_dir; /* shown to a person who has no model yet */
    /* Where models come from; NULL: huggingface.co, without a token. */
    const char *hub, *hub_token, *hub_token_file;
    const struct str *hosts; /* server.hosts: names that a Host header may carry besides localhost and IP literals */
    size_t n_hosts;
    const struct str *origins; /* server.origins: other pages that may call */
    size_t n_origins;
    size_t json_depth_max;       /* 0: 32 */
    uint64_t stored_bytes_max;   /* what a key may keep in the store; 0: anything */
    uint32_t max_tokens_default; /* of a request that names none; 0: what the context leaves */
    uint32_t retry_after_s;      /* 0: 1 */
    uint32_t session_s;          /* how long a browser keeps a session's cookie */
    struct str start_model;      /* loaded at start, so that /ready waits for it; may be empty */
};

struct api;
int api_create(const struct api_config *c, struct api **ret, struct err *e);
/* After http_server_free, which ends the exchanges, and before runtime_free. NULL is fine. */
void api_free(struct api *a);
/* From now on /ready answers 503, so that a load balancer looks elsewhere. What comes all the same is answered. */
void api_drain(struct api *a);
/* For struct http_config: handler, gate, error_body, refusal_body and ended, with the api as ctx. */
void api_handle(void *api, struct http_exchange *x);
int api_gate(void *api, struct http_exchange *x, size_t *body_bytes_max);
void api_error_body(void *api, struct http_exchange *x, int status, const char *sentence, struct buf *out);
void api_refusal_body(void *api, struct http_exchange *x, int status, struct buf *out);
void api_ended(void *api, struct http_exchange *x, bool aborted);
/* Endpoints and fields of requests as Markdown, from the tables that serve them. */
void api_describe(struct buf *out);

#endif
