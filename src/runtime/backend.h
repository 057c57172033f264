/* Whatever runs a model: it speaks gen's frames.
 *
 * The manager opens a backend for a model and sends it encoded frames (REQUEST, CANCEL, CREDIT, TOKENIZE, DETOKENIZE); what
 * comes back (PROGRESS*, then LOADED or FAILED; EVENT, TOKENS, BYTES, FAILED) is decoded and checked. So an engine in a
 * thread, a process, another library or another machine differ in one row.
 *
 * Everything is on the loop thread; callbacks come from the loop, never from within open, send or close. */
#ifndef RUNTIME_BACKEND_H
#define RUNTIME_BACKEND_H

#include "gen/codec.h"
#include "loop/loop.h"
#include "runtime/worker.h"

struct backend; /* each kind's own */

struct backend_events {
    /* A frame of the kinds above; valid during the call. */
    void (*frame)(void *ctx, const struct gen_frame *f);
    /* The last event, exactly once: the backend is gone. `reason` says why when nobody asked for it. */
    void (*closed)(void *ctx, int reason);
};

struct backend_env {
    struct loop *loop;
    struct worker_config worker;
    void *guest_ctx; /* of a guest (runtime_invite) */
};

struct backend_kind {
    const char *name;
    /* Begins to load. */
    int (*open)(const struct backend_env *env, const struct gen_load *load, const struct backend_events *ev, void *ctx,
                struct backend **ret, struct err *e);
    /* Copies the frames. ERR_FULL when too much is on its way already; ERR_CLOSED, ERR_NOMEM. */
    int (*send)(struct backend *b, struct str frames);
    /* Ends in order: `closed` comes when the model's memory has been given back. */
    void (*close)(struct backend *b);
    /* Ends now, waiting for a step or a load that runs; no callback comes any more. */
    void (*destroy)(struct backend *b);
};

extern const struct backend_kind backend_native; /* a worker thread behind a socket pair */

#endif
