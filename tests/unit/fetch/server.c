#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

struct conn {
    struct server *s;
    int fd, slot;
};

struct str server_header(const struct server_request *q, const char *name)
{
    struct str all = q->head, line;
    while (all.len && str_split(&all, '\n', &line)) {
        struct str key;
        if (str_split(&line, ':', &key) && str_ieq(key, str_of(name)))
            return str_trim(line);
    }
    return (struct str){0};
}

static void read_range(struct server_request *q)
{
    struct str v = server_header(q, "range"), from;
    q->to = UINT64_MAX;
    if (!str_starts(v, STR("bytes=")))
        return;
    v = str_skip(v, 6);
    str_split(&v, '-', &from);
    q->has_range = !str_to_u64(from, &q->from);
    uint64_t last;
    if (v.len && !str_to_u64(v, &last))
        q->to = last + 1;
}

static bool read_some(int fd, char *at, size_t cap, size_t *len)
{
    ssize_t n = recv(fd, at + *len, cap - *len, 0);
    if (n <= 0)
        return false;
    *len += (size_t)n;
    return true;
}

/* Reads one request into `bytes` and takes it apart; false at the end of the connection. */
static bool read_request(int fd, char *bytes, struct server_request *q)
{
    size_t len = 0;
    ptrdiff_t end;
    while ((end = str_find(str_from(bytes, len), STR("\r\n\r\n"), 0)) < 0)
        if (len == SERVER_HEAD_MAX || !read_some(fd, bytes, SERVER_HEAD_MAX, &len))
            return false;
    struct str rest = str_from(bytes, (size_t)end), line;
    *q = (struct server_request){.fd = fd};
    str_split(&rest, '\n', &line);
    str_split(&line, ' ', &q->method);
    str_split(&line, ' ', &q->path);
    q->head = rest;
    read_range(q);
    uint64_t body = 0;
    str_to_u64(server_header(q, "content-length"), &body);
    size_t whole = (size_t)end + 4 + body;
    while (len < whole)
        if (whole > SERVER_HEAD_MAX || !read_some(fd, bytes, SERVER_HEAD_MAX, &len))
            return false;
    q->body = str_from(bytes + end + 4, body);
    return true;
}

static void *serve_conn(void *arg)
{
    struct conn *c = arg;
    struct server *s = c->s;
    char *bytes = malloc(SERVER_HEAD_MAX);
    struct server_request q;
    while (bytes && !atomic_load(&s->stopping) && read_request(c->fd, bytes, &q)) {
        q.number = atomic_fetch_add(&s->requests, 1);
        if (!s->fn(s->ctx, &q))
            break;
    }
    free(bytes);
    atomic_store(&s->fds[c->slot], 0);
    close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct server *s = arg;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0 || atomic_load(&s->stopping) || s->n_conns == SERVER_CONNS_MAX) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        struct conn *c = malloc(sizeof *c);
        *c = (struct conn){s, fd, s->n_conns};
        atomic_store(&s->fds[c->slot], fd);
        if (pthread_create(&s->conns[c->slot], NULL, serve_conn, c))
            abort();
        s->n_conns++;
    }
}

void server_start(struct server *s, server_fn *fn, void *ctx)
{
    server_start_at(s, (struct in_addr){htonl(INADDR_LOOPBACK)}, fn, ctx);
}

void server_start_at(struct server *s, struct in_addr address, server_fn *fn, void *ctx)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = address};
    char text[INET_ADDRSTRLEN];
    socklen_t len = sizeof at;
    *s = (struct server){.fn = fn, .ctx = ctx, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s->fd, 64), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
    s->port = ntohs(at.sin_port);
    snprintf(s->url, sizeof s->url, "http://%s:%d", inet_ntop(AF_INET, &address, text, sizeof text), s->port);
    assert_int_equal(pthread_create(&s->thread, NULL, accept_all, s), 0);
}

void server_stop(struct server *s)
{
    atomic_store(&s->stopping, true);
    shutdown(s->fd, SHUT_RDWR); /* accept returns */
    pthread_join(s->thread, NULL);
    for (int i = 0; i < s->n_conns; i++) {
        int fd = atomic_load(&s->fds[i]);
        if (fd)
            shutdown(fd, SHUT_RDWR);
        pthread_join(s->conns[i], NULL);
    }
    close(s->fd);
}

bool server_send(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

bool server_printf(int fd, const char *fmt, ...)
{
    struct buf b = buf_make(1 << 20);
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    bool ok = server_send(fd, buf_str(&b));
    buf_free(&b);
    return ok;
}

bool server_answer(int fd, int status, const char *extra, struct str body)
{
    return server_printf(fd, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, body.len, extra) && server_send(fd, body);
}

void server_sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}
