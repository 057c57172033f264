/* A listening TCP socket. It is polled and accepted here rather than by uv_listen, for two reasons: accept4 gives the
 * peer's address for nothing, and when the process is out of descriptors the listener rests for a moment. A listening
 * socket stays readable as long as a connection waits, so that going on would keep a core busy with failing calls. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop/internal.h"

enum { BACKLOG = 1024, UNSENT_BYTES_MAX = 64 << 10, ACCEPTS_PER_TURN = 16, REST_MS = 100 };

struct listener {
    struct link link; /* first: loop_free finds the listener by it */
    uv_poll_t poll;
    struct timer *rest;
    struct loop *loop;
    int fd;
    bool closing;
    void (*accepted)(void *ctx, struct stream *s);
    void *ctx;
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void listen_again(void *ctx)
{
    struct listener *li = ctx;
    if (uv_poll_start(&li->poll, UV_READABLE, on_readable))
        timer_start(li->rest, REST_MS, 0);
}

static void hand_over(struct listener *li, int fd, const struct sockaddr *peer)
{
    struct stream *s;
    if (stream_open_fd(li->loop, fd, NULL, NULL, &s))
        return; /* no memory for one connection: it is closed, and the next may fare better */
    stream_set_peer(s, peer);
    li->accepted(li->ctx, s);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct listener *li = poll->data;
    for (int i = 0; !status && i < ACCEPTS_PER_TURN && !li->closing; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof peer;
        int fd = accept4(li->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            hand_over(li, fd, (struct sockaddr *)&peer);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR && errno != ECONNABORTED)
            status = -errno;
    }
    if (status && !li->closing) {
        uv_poll_stop(&li->poll);
        timer_start(li->rest, REST_MS, 0);
    }
}

static int bind_one(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol), on = 1;
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Accepted sockets inherit both. The kernel would take megabytes for a client that does not read: what is not sent yet
     * is kept small there, so that its owner sees early that the reader is slow. */
    int unsent_max = UNSENT_BYTES_MAX;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, BACKLOG)) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static int bind_failed(int error, const char *host, uint16_t port, struct err *e)
{
    if (error == EADDRINUSE)
        return err_set(e, ERR_EXISTS, "port %u on %s is in use by another program: stop it, or choose another port with --port", port,
                       host);
    if (error == EACCES)
        return err_set(e, ERR_DENIED, "port %u on %s needs more rights: choose a port of 1024 or above with --port", port, host);
    if (error == EADDRNOTAVAIL)
        return err_set(e, ERR_NOENT, "this machine has no address %s to listen on (port %u): choose one with --host", host, port);
    return err_set(e, err_of_uv(-error), "cannot listen on %s port %u: %s", host, port, strerror(error));
}

/* The descriptor of a listening socket: the first of the host's addresses that can be bound. */
static int bind_host(const char *host, uint16_t port, int *ret_fd, struct err *e)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
    int r = getaddrinfo(host, service, &hints, &list);
    if (r)
        return err_set(e, ERR_NOENT, "cannot listen on \"%s\" port %u: %s", host, port, gai_strerror(r));
    int fd = -EADDRNOTAVAIL;
    for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
        fd = bind_one(ai);
    freeaddrinfo(list);
    if (fd < 0)
        return bind_failed(-fd, host, port, e);
    *ret_fd = fd;
    return OK;
}

int listener_open(struct loop *l, const char *host, uint16_t port, void (*accepted)(void *ctx, struct stream *s), void *ctx,
                  struct listener **ret, struct err *e)
{
    struct listener *li = calloc(1, sizeof *li);
    if (!li)
        return err_set(e, ERR_NOMEM, "no memory to listen on %s port %u", host, port);
    *li = (struct listener){.loop = l, .fd = -1, .accepted = accepted, .ctx = ctx};
    link_init(&li->link);
    int r = bind_host(host, port, &li->fd, e);
    if (r)
        goto fail;
    r = timer_create_in(l, listen_again, li, &li->rest);
    if (r) {
        err_set(e, r, "no memory to listen on %s port %u", host, port);
        goto fail;
    }
    int uv = uv_poll_init(&l->uv, &li->poll, li->fd);
    if (uv) {
        r = err_set(e, err_of_uv(uv), "cannot listen on %s port %u: %s", host, port, uv_strerror(uv));
        goto fail;
    }
    li->poll.data = li;
    link_add(&l->listeners, &li->link);
    uv = uv_poll_start(&li->poll, UV_READABLE, on_readable);
    if (uv) {
        listener_close(li);
        return err_set(e, err_of_uv(uv), "cannot listen on %s port %u: %s", host, port, uv_strerror(uv));
    }
    *ret = li;
    return OK;
fail:
    timer_free(li->rest);
    if (li->fd >= 0)
        close(li->fd);
    free(li);
    return r;
}

uint16_t listener_port(const struct listener *li)
{
    union {
        struct sockaddr_in6 v6;
        struct sockaddr_in v4;
        struct sockaddr any;
    } addr = {0};
    socklen_t len = sizeof addr;
    if (getsockname(li->fd, &addr.any, &len))
        return 0;
    return ntohs(addr.any.sa_family == AF_INET6 ? addr.v6.sin6_port : addr.v4.sin_port);
}

static void on_closed(uv_handle_t *uv)
{
    free(uv->data);
}

void listener_close(struct listener *li)
{
    if (!li)
        return;
    li->closing = true;
    link_del(&li->link);
    timer_free(li->rest);
    uv_close((uv_handle_t *)&li->poll, on_closed);
    close(li->fd); /* after uv_close, which takes it out of the poll set */
}
