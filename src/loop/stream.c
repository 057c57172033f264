/* A connected socket.
 *
 * Writing is direct: what the kernel takes at once never touches our memory. The rest is copied into `queued`; while a
 * uv_write is under way its bytes lie in `sending`, so at most one write request exists and both buffers are reused.
 *
 *     stream_write ──try_write──► kernel
 *           │ rest
 *           ▼
 *        queued ──swap──► sending ──uv_write──► kernel ──► `drained` when both are empty
 *
 * An error closes the stream; `closed` always comes from the loop, never from within a call of the owner. After
 * stream_close nothing but `closed` is delivered. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop/internal.h"

enum { PENDING_BYTES_MAX = 256 << 20, PEER_CHARS = 56, BUFFER_KEPT = 64 << 10 };

struct stream {
    struct link link; /* first: loop_free finds the stream by it */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct loop *loop;
    const struct stream_events *ev; /* NULL: nobody listens any more */
    void *ctx;
    uv_write_t write;
    struct buf queued, sending;
    int reason;
    bool reading, writing;
    bool closing;     /* uv_close has been called */
    bool close_after; /* when all has been written */
    bool end_after;   /* the same, but only the writing half */
    bool ended;       /* the writing half is shut */
    char peer[PEER_CHARS];
};

static void on_closed(uv_handle_t *uv)
{
    struct stream *s = uv->data;
    link_del(&s->link);
    if (s->ev && s->ev->closed)
        s->ev->closed(s->ctx, s->reason);
    buf_free(&s->queued);
    buf_free(&s->sending);
    free(s);
}

static void close_now(struct stream *s, int reason)
{
    if (s->closing)
        return;
    s->closing = true;
    s->reason = reason;
    uv_close(&s->uv.handle, on_closed);
}

static int open_handle(struct loop *l, struct stream *s, int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &len))
        return -errno;
    bool local = addr.ss_family == AF_UNIX;
    int r = local ? uv_pipe_init(&l->uv, &s->uv.pipe, 0) : uv_tcp_init(&l->uv, &s->uv.tcp);
    if (r)
        return r;
    s->uv.handle.data = s;
    link_add(&l->streams, &s->link);
    return local ? uv_pipe_open(&s->uv.pipe, fd) : uv_tcp_open(&s->uv.tcp, fd);
}

int stream_open_fd(struct loop *l, int fd, const struct stream_events *ev, void *ctx, struct stream **ret)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        return ERR_NOMEM;
    }
    s->loop = l;
    s->queued = s->sending = buf_make(PENDING_BYTES_MAX);
    link_init(&s->link);
    int r = open_handle(l, s, fd);
    if (r) {
        close(fd);
        if (s->uv.handle.data)
            close_now(s, err_of_uv(r)); /* the loop knows the handle: it is freed there */
        else
            free(s);
        return err_of_uv(r);
    }
    s->ev = ev;
    s->ctx = ctx;
    *ret = s;
    return OK;
}

void stream_set_handler(struct stream *s, const struct stream_events *ev, void *ctx)
{
    s->ev = ev;
    s->ctx = ctx;
}

/* ---- reading */

static void on_alloc(uv_handle_t *uv, size_t hint, uv_buf_t *ret)
{
    (void)hint;
    struct stream *s = uv->data;
    *ret = uv_buf_init(s->loop->read_bytes, READ_BYTES);
}

static void on_read(uv_stream_t *uv, ssize_t n, const uv_buf_t *bytes)
{
    struct stream *s = uv->data;
    if (s->closing || n == 0)
        return;
    if (n > 0) {
        if (s->ev && s->ev->data)
            s->ev->data(s->ctx, str_from(bytes->base, (size_t)n));
        return;
    }
    stream_read(s, false);
    if (n == UV_EOF && s->ev && s->ev->eof)
        s->ev->eof(s->ctx);
    else
        close_now(s, n == UV_EOF ? OK : err_of_uv((int)n));
}

void stream_read(struct stream *s, bool on)
{
    if (s->closing || on == s->reading)
        return;
    s->reading = on;
    int r = on ? uv_read_start(&s->uv.stream, on_alloc, on_read) : uv_read_stop(&s->uv.stream);
    if (r)
        close_now(s, err_of_uv(r));
}

/* ---- writing */

static void on_written(uv_write_t *write, int status);

static void end_writing(struct stream *s)
{
    if (!s->ended)
        shutdown(stream_fd(s), SHUT_WR);
    s->ended = true;
}

/* All has reached the kernel. */
static void on_empty(struct stream *s, bool tell)
{
    if (s->close_after)
        close_now(s, OK);
    else if (s->end_after)
        end_writing(s);
    if (tell && !s->closing && s->ev && s->ev->drained)
        s->ev->drained(s->ctx);
}

static void send_queued(struct stream *s)
{
    struct buf swap = s->sending;
    s->sending = s->queued;
    s->queued = swap;
    buf_clear(&s->queued);
    uv_buf_t b = uv_buf_init(s->sending.ptr, (unsigned)s->sending.len);
    int r = uv_write(&s->write, &s->uv.stream, &b, 1, on_written);
    if (r)
        close_now(s, err_of_uv(r));
    else
        s->writing = true;
}

static void release_large(struct buf *b)
{
    buf_clear(b);
    if (b->cap > BUFFER_KEPT)
        buf_free(b);
}

static void on_written(uv_write_t *write, int status)
{
    struct stream *s = write->handle->data;
    s->writing = false;
    if (s->closing)
        return;
    if (status) {
        close_now(s, err_of_uv(status));
        return;
    }
    release_large(&s->sending);
    if (s->queued.len) {
        send_queued(s);
        return;
    }
    release_large(&s->queued);
    on_empty(s, true);
}

/* How many bytes of both the kernel took, or a libuv error. */
static int try_write(struct stream *s, struct str a, struct str b)
{
    uv_buf_t bufs[2];
    unsigned n = 0;
    if (a.len)
        bufs[n++] = uv_buf_init((char *)(uintptr_t)a.ptr, (unsigned)a.len);
    if (b.len)
        bufs[n++] = uv_buf_init((char *)(uintptr_t)b.ptr, (unsigned)b.len);
    if (!n)
        return 0;
    int r = uv_try_write(&s->uv.stream, bufs, n);
    return r == UV_EAGAIN ? 0 : r;
}

int stream_write2(struct stream *s, struct str a, struct str b)
{
    if (s->closing || s->close_after || s->end_after)
        return ERR_CLOSED;
    if (a.len > PENDING_BYTES_MAX || b.len > PENDING_BYTES_MAX)
        return ERR_LIMIT;
    if (!s->writing) {
        int taken = try_write(s, a, b);
        if (taken < 0) {
            close_now(s, err_of_uv(taken));
            return ERR_CLOSED;
        }
        size_t n = (size_t)taken;
        b = str_skip(b, n > a.len ? n - a.len : 0);
        a = str_skip(a, n);
        if (!a.len && !b.len)
            return OK;
    }
    buf_put(&s->queued, a);
    int r = buf_put(&s->queued, b);
    if (r) {
        close_now(s, r); /* some bytes may be gone already: there is no way on */
        return r;
    }
    if (!s->writing)
        send_queued(s);
    return s->closing ? ERR_CLOSED : OK;
}

int stream_write(struct stream *s, struct str bytes)
{
    return stream_write2(s, bytes, (struct str){0});
}

size_t stream_pending(const struct stream *s)
{
    return s->queued.len + (s->writing ? uv_stream_get_write_queue_size(&s->uv.stream) : 0);
}

/* ---- the end */

void stream_end(struct stream *s)
{
    if (s->closing)
        return;
    s->end_after = true;
    if (!s->writing)
        end_writing(s);
}

void stream_close(struct stream *s, bool abort)
{
    if (s->closing)
        return;
    if (!abort && s->writing) {
        s->close_after = true;
        return;
    }
    if (abort) {
        /* A reset instead of an orderly end: the client of a cut answer must not believe that it was whole. */
        struct linger reset = {.l_onoff = 1};
        (void)setsockopt(stream_fd(s), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close_now(s, abort ? ERR_CANCELED : OK);
}

const char *stream_peer(const struct stream *s)
{
    return s->peer;
}

int stream_fd(const struct stream *s)
{
    uv_os_fd_t fd = -1;
    uv_fileno(&s->uv.handle, &fd);
    return fd;
}

void stream_set_peer(struct stream *s, const struct sockaddr *addr)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)addr;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        snprintf(s->peer, sizeof s->peer, "%s:%u", host, ntohs(in->sin_port));
    } else if (addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)addr;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof host);
        snprintf(s->peer, sizeof s->peer, "[%s]:%u", host, ntohs(in->sin6_port));
    }
}
