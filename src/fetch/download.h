/* One file from one address to one place: by several connections at once, resumed after a break and after kill -9, checked, and
 * complete or not there at all. Blocking, with a few threads of its own. */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/str.h"

enum { DOWNLOAD_CONNECTIONS = 4, DOWNLOAD_CONNECTIONS_MAX = 16 };

enum download_phase { DOWNLOAD_LOADING, DOWNLOAD_CHECKING };
struct download_progress {
    enum download_phase phase;
    uint64_t done, total; /* bytes; total 0: not known */
    uint64_t rate_bps;    /* bytes a second over the last seconds */
    int64_t eta_s;        /* -1: not known */
};

struct download_request {
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; of the url's host only. Or NULL */
    const char *path;           /* where it is to be; NAME.part and NAME.part.state stand beside it meanwhile */
    uint64_t size;              /* 0: not known; otherwise nothing of another size is taken */
    const char *sha256;         /* 64 hexadecimal digits, or NULL */
    const char *ca_file;        /* as in transfer.h */
    uint32_t connections;       /* 0: DOWNLOAD_CONNECTIONS */
    uint32_t attempts_max;      /* failures in a row without progress; 0: 8 */
    uint32_t retry_ms;          /* the first pause after a failure, doubled up to 30 times as long; 0: 500 */
    uint32_t stall_ms_max;      /* a connection that is silent for so long counts as broken; 0: 30 s */
    const atomic_bool *cancel;  /* or NULL; what is there is kept for resuming */
    /* The bytes are complete and their digest is right: is it what it should be? An error removes them. May be NULL. */
    int (*check)(void *ctx, const char *path, struct err *e);
    /* A few times a second, on the calling thread; after a failure once more, with what is kept. May be NULL. */
    void (*progress)(void *ctx, const struct download_progress *p);
    void *ctx;
};

/* OK: the file is at its path, whole. ERR_EXISTS: something is there already, or another process is loading it. ERR_CANCELED, ERR_CLOSED,
 * ERR_TIMEOUT, ERR_IO: the part stays, and the same call goes on from there. ERR_CORRUPT: it was wrong and is removed.
 * ERR_DENIED (401, 403), ERR_NOENT (404), ERR_LIMIT (no room): the sentence says what to do. */
int download_run(const struct download_request *q, struct err *e);

#endif
