/* What download.c (the calling thread) and connection.c (the threads that load) share. */
#ifndef FETCH_DOWNLOAD_INTERNAL_H
#define FETCH_DOWNLOAD_INTERNAL_H

#include <pthread.h>

#include "fetch/download.h"
#include "fetch/part.h"
#include "fetch/transfer.h"

enum { RUN_PIECES_MAX = 64 }; /* 64 MB a request: few requests, and yet an address that expires after an hour does */

struct download {
    const struct download_request *q;
    struct part part;
    struct part_source source; /* its strings are owned by download.c */
    bool ranges;
    uint64_t limit;          /* without ranges: the most that may come */
    atomic_uint_fast64_t at; /* bytes that are there, for the progress; relaxed: nothing else hangs on it */
    atomic_bool stop;        /* all connections end: canceled, failed, or the file has changed */

    pthread_mutex_t lock; /* guards what follows, and part.pieces */
    pthread_cond_t news;
    int alive; /* connections whose threads run */
    int code;  /* why it ends; OK while it goes well */
    struct err err;
    bool changed;    /* the server has another file than at the beginning */
    uint64_t length; /* without ranges: what has come */

    /* of the calling thread */
    bool resumed; /* this round began with pieces of an earlier one */
    bool wrong;   /* all has come, and is not what it should be */
    bool begun;   /* the part is of this download; before that it is whatever an earlier one has left */
};

/* An answer's status that is neither the file nor worth another attempt, as an error; ERR_AGAIN when it is worth one. */
int download_refusal(int status, const char *url, struct err *e);
/* Whole seconds of a Retry-After header in ms; 0: none that is understood. */
uint32_t download_retry_after(struct str value);
/* "bytes 0-99/1000" */
bool download_content_range(struct str value, uint64_t *ret_from, uint64_t *ret_to, uint64_t *ret_size);
/* What tells one version of a file from another: the ETag, else Last-Modified; cut never, empty when unfit. */
struct str download_validator(struct transfer *t);
/* A failure that may be over in a while. */
bool download_later(int code);
/* Sleeps first_ms (0: 500), doubled for each further failure up to 30 times as long, or as the server asked; false when one of the flags
 * (or NULL) was raised meanwhile. */
bool download_pause(uint32_t first_ms, uint32_t failures, uint32_t asked_ms, const atomic_bool *cancel, const atomic_bool *stop);
/* The thread of one connection. */
void *connection_main(void *download);

#endif
