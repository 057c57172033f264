/* Getting a model, from its name to a file in the models folder. Blocking. */
#ifndef FETCH_PULL_H
#define FETCH_PULL_H

#include "fetch/download.h"
#include "fetch/hub.h"

enum { PULL_HEAD_BYTES = 64 << 10 };

enum pull_state { PULL_RESOLVING, PULL_LOADING, PULL_CHECKING };

struct pull_progress {
    enum pull_state state;
    uint64_t done, total; /* bytes; total 0: not known */
    uint64_t rate_bps;
    int64_t eta_s; /* -1: not known */
};

struct pull_request {
    struct hub hub;
    struct str name;
    const char *revision, *sha256; /* or NULL */
    const char *dir;               /* the models folder, which exists */
    const atomic_bool *cancel;
    int (*check)(void *ctx, const char *path, struct err *e); /* as in download.h */
    /* The file's first bytes, PULL_HEAD_BYTES or fewer: is it worth loading? An error ends the pull before it takes time and room.
     * Not called when they could not be had: then `check` finds out. May be NULL. */
    int (*accept)(void *ctx, struct str head, struct err *e);
    void (*progress)(void *ctx, const struct pull_progress *p);
    void *ctx;
    uint32_t attempts_max, retry_ms, stall_ms_max; /* as in download.h */
};

/* OK: ret_file (HUB_FILE_MAX + 1 bytes) names the file in the folder; *ret_already: it was there and is the same. ERR_EXISTS: another file
 * of that name is there, or somebody is loading it. Else as download.h and hub.h say. */
int pull_run(const struct pull_request *q, char *ret_file, bool *ret_already, struct err *e);

#endif
