/* An exchange whose answer comes from the store.
 *
 *   handler (loop) ── job_start ──► work (worker pool, in a transaction) ──► after (loop) ──► answer
 *
 * The job owns what both sides need: the parsed body, an arena, and the answer's bytes, which `work` renders so that the loop does
 * not. The client may go away meanwhile: the work is done all the same (what was asked for was perhaps to be stored), and nobody
 * is answered. A job ends when its work is done and its exchange is over, whichever comes last. */
#ifndef API_JOB_H
#define API_JOB_H

#include <jansson.h>

#include "api/fields.h"
#include "api/internal.h"
#include "base/link.h"
#include "talk/talk.h"

struct job;
/* Within a transaction, on any thread; an error rolls back and becomes the answer, with e's sentence. */
typedef int job_work(struct store_db *db, struct job *j, struct err *e);
/* On the loop, after `work` was done; j->x may be NULL. */
typedef void job_after(struct job *j);

struct job {
    struct api *api;         /* NULL: the server has ended */
    struct http_exchange *x; /* NULL: the exchange is over */
    struct link link;
    int64_t owner;
    int64_t now_ms;
    uint64_t stored_bytes_max; /* what this owner may keep; 0: anything */
    struct arena arena;
    json_t *root;   /* the body, whose strings the arguments point into */
    struct buf out; /* the answer */
    int status;     /* of a success */
    void *args;     /* the handler's own, zeroed */
    job_work *work;
    job_after *after;               /* NULL: job_respond */
    void (*failed)(struct job *j);  /* on the loop, before the refusal is sent; may be NULL */
    void (*drained)(struct job *j); /* of an answer in pieces; may be NULL */
    void (*gone)(struct job *j);    /* the exchange is over, however; may be NULL */
    void (*dispose)(struct job *j); /* at the very end: what the arguments own; may be NULL */
    struct store_job store;
    int code; /* of job_run's work */
    struct err err;
    bool finished, begun; /* begun: a part of the answer has gone out */
};

enum { JOB_ANSWER_BYTES_MAX = 256 << 20 };

/* NULL: there is no memory or no store, and the exchange is answered. */
struct job *job_create(struct api *a, struct http_exchange *x, size_t args_size);
/* One without an exchange: nobody is answered. NULL: there is no memory or no store. */
struct job *job_create_alone(struct api *a, int64_t owner, size_t args_size);
/* A copy that lives as long as the job: slices of a request end with it. */
struct str job_keep(struct job *j, struct str s);
/* The body by a table; an empty body counts as {}. False: refused, and the job is gone. */
bool job_body(struct job *j, const struct field *rows, size_t n, void *target);
/* A value of the query: {NULL, 0} when it is absent. False: malformed and refused, and the job is gone. */
bool job_query(struct job *j, const char *key, struct str *ret);
bool job_query_u32(struct job *j, const char *key, uint32_t min, uint32_t max, uint32_t *io);
/* Counts this request as one that makes a model work; it is given back when the job is refused, unless `failed` is cleared. False: too
 * many, refused, and the job is gone. */
bool job_admit(struct job *j);
void job_start(struct job *j, bool write, job_work *work, job_after *after);
/* The same for work that has transactions of its own (kb/kb.h): `db` is NULL. */
void job_run(struct job *j, job_work *work, job_after *after);
/* Sends j->status with j->out (none for 204) and ends the job. */
void job_respond(struct job *j);
/* Answers with the error and ends the job. */
void job_refuse(struct job *j, const struct api_error *e);
/* Ends it without a word: the exchange is somebody else's now, or over. */
void job_end(struct job *j);
/* Hands the exchange over to whoever sets events of its own; then job_end. */
struct http_exchange *job_take_exchange(struct job *j);

/* What the store says as an HTTP error. */
void job_error(struct api_error *e, const struct err *cause);
/* For api_free. */
void jobs_free_all(struct api *a);

#endif
