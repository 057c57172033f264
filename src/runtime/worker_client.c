#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen/frames.h"
#include "runtime/worker.h"

enum { READ_BYTES = 1 << 16, INFO_BYTES_MAX = 1 << 14 };

struct worker_client {
    int fd;
    struct worker_thread *thread;
    struct gen_frames frames;
    struct gen_loaded info;
    struct arena info_arena; /* what info points at */
};

/* Takes what has come, waiting unless `flags` says otherwise. */
static int receive(struct worker_client *w, int flags)
{
    char piece[READ_BYTES];
    ssize_t n = recv(w->fd, piece, sizeof piece, flags);
    if (n > 0)
        return gen_frames_add(&w->frames, str_from(piece, (size_t)n));
    if (n < 0 && errno == EINTR)
        return ERR_CANCELED;
    return n < 0 && errno == EAGAIN ? ERR_AGAIN : ERR_CLOSED;
}

int worker_client_send(struct worker_client *w, struct str frames)
{
    while (frames.len) {
        ssize_t n = send(w->fd, frames.ptr, frames.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            frames = str_skip(frames, (size_t)n);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return ERR_CLOSED;
        /* The worker may be waiting for us to read before it reads on. */
        struct pollfd p = {.fd = w->fd, .events = POLLIN | POLLOUT};
        int r = OK;
        if (poll(&p, 1, -1) > 0 && p.revents & (POLLIN | POLLHUP) && !(p.revents & POLLOUT))
            r = receive(w, MSG_DONTWAIT);
        if (r && r != ERR_AGAIN && r != ERR_CANCELED)
            return r;
    }
    return OK;
}

int worker_client_read(struct worker_client *w, struct gen_frame *ret)
{
    int r;
    while ((r = gen_frames_next(&w->frames, ret)) == ERR_AGAIN) {
        r = receive(w, 0);
        if (r)
            return r;
    }
    return r;
}

static int failed_code(enum gen_fault fault)
{
    return fault == GEN_FAULT_MEMORY ? ERR_NOMEM : fault == GEN_FAULT_MODEL ? ERR_CORRUPT : ERR_INTERNAL;
}

static int wait_loaded(struct worker_client *w, worker_progress_fn *progress, void *ctx, struct err *e)
{
    for (;;) {
        struct gen_frame f;
        int r = worker_client_read(w, &f);
        if (r)
            return err_set(e, r,
                           r == ERR_CANCELED ? "interrupted while the model was being loaded"
                                             : "the worker ended while it loaded the model");
        if (f.type == GEN_FRAME_PROGRESS && progress)
            progress(ctx, f.progress);
        if (f.type == GEN_FRAME_FAILED)
            return err_set(e, failed_code(f.failed.fault), STR_FMT, STR_ARG(f.failed.message));
        if (f.type == GEN_FRAME_LOADED)
            return gen_loaded_copy(&w->info_arena, &f.loaded, &w->info) ? err_set(e, ERR_NOMEM, "out of memory") : OK;
    }
}

static int start(struct worker_client *w, const struct worker_config *c, const struct gen_load *load, struct err *e)
{
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
        return err_set(e, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    w->fd = fd[0];
    int r = worker_thread_start(fd[1], c, &w->thread, e);
    if (r)
        return r;
    struct buf b = buf_make(1 << 16);
    r = gen_put_load(&b, load);
    if (!r)
        r = worker_client_send(w, buf_str(&b));
    buf_free(&b);
    return r ? err_set(e, r, "cannot ask for the model: %s", err_text(r)) : OK;
}

int worker_client_open(const struct worker_config *c, const struct gen_load *load, worker_progress_fn *progress, void *ctx,
                       struct worker_client **ret, const struct gen_loaded **ret_info, struct err *e)
{
    struct worker_client *w = malloc(sizeof *w);
    if (!w)
        return err_set(e, ERR_NOMEM, "out of memory");
    *w = (struct worker_client){.fd = -1, .info_arena = arena_make(INFO_BYTES_MAX)};
    gen_frames_init(&w->frames);
    int r = start(w, c, load, e);
    if (!r)
        r = wait_loaded(w, progress, ctx, e);
    if (r) {
        worker_client_close(w);
        return r;
    }
    *ret = w;
    *ret_info = &w->info;
    return OK;
}

void worker_client_close(struct worker_client *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    worker_thread_join(w->thread);
    gen_frames_deinit(&w->frames);
    arena_free(&w->info_arena);
    free(w);
}
