/* The side of the socket pair that owns a model: reads frames (gen/codec.h) from fd, runs the engine, writes frames back.
 * The same code serves as a thread of the server, as a process of its own, and for `hearth run` without a server.
 *
 * The first frame is LOAD; it is answered by PROGRESS*, then LOADED or FAILED (and the end). End of stream ends the worker.
 *
 * What LOAD leaves open: context_tokens 0 is what the model was trained with, cut to what the KV cache holds. kv_bytes_max 0
 * is a quarter of the memory that is free beside the weights, but not more than all sequences together could use, and not
 * less than one context (2,048 tokens when none is named). Blocks are taken as tokens come, so these are bounds, not
 * allocations. A model that does not fit into the free memory is refused with both numbers. */
#ifndef RUNTIME_WORKER_H
#define RUNTIME_WORKER_H

#include "base/clock.h"
#include "base/err.h"
#include "gen/codec.h"
#include "sys/cpu.h"

struct lease; /* runtime/lease.h */

struct worker_config {
    enum cpu_level level;
    const struct clock *clock; /* NULL: the system's */
    struct lease *lease;       /* taken for each step when several engines share the cores; may be NULL */
};

/* Returns when the stream ends; closes fd. ERR_CORRUPT when the other side broke the protocol. */
int worker_run(int fd, const struct worker_config *c);

/* worker_run in a thread of its own. Takes fd over, also on failure. */
struct worker_thread;
int worker_thread_start(int fd, const struct worker_config *c, struct worker_thread **ret, struct err *e);
/* The other end must have been closed. Waits for the thread to end. */
void worker_thread_join(struct worker_thread *w);

/* A blocking client for the command line: a worker thread and this end of its socket pair. */
struct worker_client;
typedef void worker_progress_fn(void *ctx, float progress);
/* Starts a worker, loads the model and returns when it is ready. `progress` may be NULL. *ret_info points into the client. */
int worker_client_open(const struct worker_config *c, const struct gen_load *load, worker_progress_fn *progress, void *ctx,
                       struct worker_client **ret, const struct gen_loaded **ret_info, struct err *e);
/* Sends frames made with gen_put_…; waits while the other side is slow. */
int worker_client_send(struct worker_client *w, struct str frames);
/* The next frame; valid until the next call. ERR_CLOSED when the worker has ended. A signal handler may make it return
 * ERR_CANCELED (EINTR). */
int worker_client_read(struct worker_client *w, struct gen_frame *ret);
void worker_client_close(struct worker_client *w); /* joins; NULL is fine */

#endif
