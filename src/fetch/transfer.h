/* HTTP requests that hearth itself makes (libcurl, which only this room knows). Blocking: a transfer runs on the thread that calls it,
 * never on the loop's. Only http and https; certificates are checked; redirects are followed within limits, and a header
 * such as Authorization never follows to another host. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct transfer;

struct transfer_request {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; or NULL */
    struct str body;
    const char *unix_socket;   /* or NULL */
    uint64_t from, to;         /* byte range [from, to); to 0: no range */
    uint32_t connect_ms_max;   /* 0: 10 s */
    uint32_t stall_ms_max;     /* no byte for so long: ERR_TIMEOUT; 0: 60 s */
    uint64_t answer_bytes_max; /* 0: 64 MB */
    const char *ca_file;       /* instead of the system's certificates; NULL */
    /* Looked at a few times a second and with each piece: ERR_CANCELED. May be NULL. */
    const atomic_bool *cancel;
    /* Once, when the final answer's head is there; a non-zero return (an error code) ends the transfer. May be NULL. */
    int (*head)(void *ctx, struct transfer *t);
    /* Each piece of the answer, as it comes; a non-zero return ends the transfer. NULL: it is collected (transfer_body). */
    int (*data)(void *ctx, struct transfer *t, struct str bytes);
    void *ctx;
};

/* A connection that may be used again and again, by one thread at a time. */
int transfer_create(struct transfer **ret, struct err *e);
void transfer_free(struct transfer *t); /* NULL is fine */

/* OK when an answer came, whatever its status. ERR_CLOSED, ERR_TIMEOUT, ERR_CANCELED, ERR_LIMIT, ERR_IO …: the sentence names the host and
 * the cause. */
int transfer_run(struct transfer *t, const struct transfer_request *q, struct err *e);
int transfer_status(const struct transfer *t);
/* Of the final answer; {NULL, 0} when absent. Valid until the next run. */
struct str transfer_header(struct transfer *t, const char *name);
struct str transfer_body(const struct transfer *t);
/* Where redirects have led. */
const char *transfer_url(const struct transfer *t);

#endif
