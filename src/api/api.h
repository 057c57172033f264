/* The addresses that clients speak to: a table of routes, and the translation between their JSON and gen's messages.
 * Everything is on the loop thread. */
#ifndef API_API_H
#define API_API_H

#include "base/log.h"
#include "net/http.h"
#include "runtime/runtime.h"

/* A file of the web page, embedded in the program. */
struct api_asset {
    const char *path, *content_type, *etag;
    struct str body;
    bool gzip;      /* body is gzip-compressed */
    bool immutable; /* its name changes with its content */
};

struct api_config {
    struct runtime *runtime;
    const struct log *log;
    const struct clock *clock;
    const struct api_asset *assets;
    size_t n_assets;
    const char *version;
    const char *models_dir;         /* shown to a person who has no model yet */
    const struct str *hosts;        /* server.hosts: names that a Host header may carry besides localhost and IP literals */
    size_t n_hosts;
    const struct str *origins;      /* server.origins: other pages that may call */
    size_t n_origins;
    size_t json_depth_max;
    uint32_t max_tokens_default;    /* of a request that names none; 0: what the context leaves */
    uint32_t retry_after_s;
};

struct api;
int api_create(const struct api_config *c, struct api **ret, struct err *e);
void api_free(struct api *a);
/* For struct http_config: handler, gate and error_body, with the api as ctx. */
void api_handle(void *api, struct http_exchange *x);
int api_gate(void *api, struct http_exchange *x, size_t *body_bytes_max);
void api_error_body(void *api, int status, const char *sentence, struct buf *out);

#endif
