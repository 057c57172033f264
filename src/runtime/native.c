/* The native backend: a worker (runtime/worker.h) in a thread, behind a socket pair.
 *
 *     open ──► frames both ways ──► stream_end ──► the worker frees its model and closes its end ──► closed, join
 *
 * The worker closes its end as the last thing it does, so a join after the end of the stream does not wait. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "gen/frames.h"
#include "runtime/backend.h"

enum { PENDING_BYTES_MAX = 2 * GEN_FRAME_BYTES_MAX };

struct backend {
    struct stream *stream;
    struct worker_thread *thread;
    struct gen_frames frames;
    const struct backend_events *ev; /* NULL: destroyed, only the stream's end is awaited */
    void *ctx;
    int failed; /* why the stream was closed by this side */
};

static void release(struct backend *b)
{
    worker_thread_join(b->thread);
    gen_frames_deinit(&b->frames);
    free(b);
}

static void give_up(struct backend *b, int reason)
{
    if (!b->failed)
        b->failed = reason;
    shutdown(stream_fd(b->stream), SHUT_RDWR); /* the worker sees it at once */
    stream_close(b->stream, true);
}

static void on_data(void *ctx, struct str bytes)
{
    struct backend *b = ctx;
    int r = b->failed ? b->failed : gen_frames_add(&b->frames, bytes);
    while (!r && b->ev) {
        struct gen_frame f;
        r = gen_frames_next(&b->frames, &f);
        if (!r && f.type < GEN_FRAME_LOADED)
            r = ERR_CORRUPT; /* that is ours to send */
        if (!r)
            b->ev->frame(b->ctx, &f);
    }
    if (r && r != ERR_AGAIN && b->ev && !b->failed)
        give_up(b, r);
}

static void on_closed(void *ctx, int reason)
{
    struct backend *b = ctx;
    const struct backend_events *ev = b->ev;
    void *owner = b->ctx;
    if (b->failed)
        reason = b->failed;
    release(b);
    if (ev)
        ev->closed(owner, reason);
}

static const struct stream_events on_stream = {.data = on_data, .closed = on_closed};

static int start(struct backend *b, const struct backend_env *env, const struct gen_load *load, struct err *e)
{
    struct buf first = buf_make(1 << 16);
    int r = gen_put_load(&first, load);
    if (r) {
        buf_free(&first);
        return err_set(e, r, "cannot ask for the model: %s", err_text(r));
    }
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd)) {
        buf_free(&first);
        return err_set(e, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    }
    r = stream_open_fd(env->loop, fd[0], &on_stream, b, &b->stream);
    int started = worker_thread_start(fd[1], &env->worker, &b->thread, e); /* takes fd[1] also when the stream failed */
    if (!r && !started)
        r = stream_write(b->stream, buf_str(&first));
    if (r)
        err_set(e, r, "cannot reach the worker: %s", err_text(r));
    buf_free(&first);
    if (!r && !started)
        stream_read(b->stream, true);
    return started ? started : r;
}

static int native_open(const struct backend_env *env, const struct gen_load *load, const struct backend_events *ev, void *ctx,
                       struct backend **ret, struct err *e)
{
    struct backend *b = calloc(1, sizeof *b);
    if (!b)
        return err_set(e, ERR_NOMEM, "no memory for a worker");
    gen_frames_init(&b->frames);
    int r = start(b, env, load, e);
    if (!r) {
        b->ev = ev;
        b->ctx = ctx;
        *ret = b;
    } else if (b->stream) {
        give_up(b, r); /* on_closed frees it */
    } else {
        release(b); /* the other end is closed, so the worker ends if it was started */
    }
    return r;
}

static int native_send(struct backend *b, struct str frames)
{
    if (b->failed)
        return ERR_CLOSED;
    if (frames.len > PENDING_BYTES_MAX - stream_pending(b->stream))
        return ERR_FULL;
    return stream_write(b->stream, frames);
}

static void native_close(struct backend *b)
{
    if (!b->failed)
        stream_end(b->stream);
}

static void native_destroy(struct backend *b)
{
    b->ev = NULL;
    give_up(b, ERR_CLOSED);
    worker_thread_join(b->thread);
    b->thread = NULL;
}

const struct backend_kind backend_native = {
    .name = "native", .open = native_open, .send = native_send, .close = native_close, .destroy = native_destroy};
