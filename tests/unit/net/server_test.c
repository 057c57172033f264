/* The server over real sockets: it runs in a thread of its own, and the test is a client that blocks. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "net/http.h"

enum { PATIENCE_MS = 20000, PIECE = 8192 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    pthread_t thread;
    uint16_t port;
    struct http_exchange *pending; /* the loop's */
    size_t left;                   /* bytes that /flood still has to write */
    atomic_int n_requests, n_ended, n_aborted, n_parked, n_drained, largest_pending;
    atomic_bool has_drained;
};

/* ---- the server's side */

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    struct fixture *f = ctx;
    if (f->pending == x)
        f->pending = NULL;
    f->n_aborted += aborted;
    f->n_ended++;
}

static void flood(struct fixture *f, struct http_exchange *x)
{
    static const char piece[PIECE];
    while (f->left) {
        size_t n = f->left < PIECE ? f->left : PIECE;
        f->left -= n;
        bool go_on = http_write(x, str_from(piece, n));
        if ((int)http_pending(x) > f->largest_pending)
            f->largest_pending = (int)http_pending(x);
        if (!go_on) {
            f->n_parked++;
            return;
        }
    }
    http_finish(x);
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    struct fixture *f = ctx;
    f->n_drained++;
    flood(f, x);
}

static const struct http_events events = {on_drained, on_ended};

static void handle(void *ctx, struct http_exchange *x)
{
    struct fixture *f = ctx;
    struct str path = http_request(x)->path;
    f->n_requests++;
    http_listen_events(x, &events, f);
    if (str_eq(path, STR("/later"))) {
        f->pending = x;
    } else if (str_eq(path, STR("/begun"))) {
        http_begin(x, 200, "text/plain");
        f->pending = x;
    } else if (str_eq(path, STR("/flood"))) {
        f->left = 64 << 20;
        http_begin(x, 200, "text/plain");
        flood(f, x);
    } else {
        http_respond(x, 200, "text/plain", STR("hello"));
    }
}

static void *run(void *ctx)
{
    struct fixture *f = ctx;
    loop_run(f->loop);
    return NULL;
}

static void make(struct fixture *f, struct http_limits limits)
{
    *f = (struct fixture){0};
    struct err e = {0};
    struct http_config config = {.limits = limits, .handler = handle, .ctx = f};
    assert_int_equal(loop_create(&f->loop, &e), OK);
    assert_int_equal(http_server_create(f->loop, &config, &f->server, &e), OK);
    assert_int_equal(http_server_listen(f->server, "127.0.0.1", 0, &e), OK);
    f->port = http_server_port(f->server);
    assert_int_not_equal(f->port, 0);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

static void unmake(struct fixture *f)
{
    loop_stop(f->loop);
    pthread_join(f->thread, NULL);
    http_server_free(f->server);
    loop_free(f->loop);
    assert_int_equal(f->n_ended, f->n_requests); /* each exactly once */
}

/* ---- the client's side */

static int dial(const struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Bytes, 0 at the end, -1 for a reset; the test fails when nothing happens. */
static ssize_t hear(int fd, char *dst, size_t cap)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, PATIENCE_MS) != 1)
        fail_msg("the server says nothing");
    return recv(fd, dst, cap, 0);
}

/* Until the end of the connection, or until `until` has come. */
static void hear_until(int fd, const char *until, char *dst, size_t cap)
{
    size_t n = 0;
    for (dst[0] = 0; !until || !strstr(dst, until);) {
        ssize_t r = hear(fd, dst + n, cap - n - 1);
        if (r <= 0)
            break;
        n += (size_t)r;
        dst[n] = 0;
    }
    if (until && !strstr(dst, until))
        fail_msg("\"%s\" did not come, but \"%s\"", until, dst);
}

static void wait_for(atomic_int *what, int value)
{
    for (int i = 0; i < PATIENCE_MS && *what < value; i++)
        usleep(1000);
    assert_true(*what >= value);
}

static void keep_alive(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){0});
    int fd = dial(&f);
    for (int i = 0; i < 3; i++) {
        say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        hear_until(fd, "hello", text, sizeof text);
    }
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    hear_until(fd, NULL, text, sizeof text);
    assert_non_null(strstr(text, "Connection: close\r\n"));
    close(fd);
    assert_int_equal(f.n_requests, 4);
    unmake(&f);
}

static void answer_pending(void *ctx)
{
    struct fixture *f = ctx;
    if (f->pending)
        http_respond(f->pending, 200, "text/plain", STR("at last"));
}

static void later_from_another_thread(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){0});
    int fd = dial(&f);
    for (int i = 1; i <= 2; i++) {
        say(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_for(&f.n_requests, i);
        assert_int_equal(loop_post(f.loop, answer_pending, &f), OK);
        hear_until(fd, "at last", text, sizeof text);
        wait_for(&f.n_ended, i);
    }
    close(fd);
    unmake(&f);
    assert_int_equal(f.n_aborted, 0);
}

/* The client goes while its answer is being made: by an orderly end, and by a reset. */
static void a_client_that_goes_is_noticed(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, (struct http_limits){0});
    for (int i = 1; i <= 4; i++) {
        int fd = dial(&f);
        say(fd, i & 2 ? "GET /later HTTP/1.1\r\nHost: a\r\n\r\n" : "GET /begun HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_for(&f.n_requests, i);
        struct linger reset = {.l_onoff = i & 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        wait_for(&f.n_aborted, i);
    }
    unmake(&f);
}

static void a_slow_reader_is_waited_for(void **state)
{
    (void)state;
    struct fixture f;
    static char text[1 << 20];
    make(&f, (struct http_limits){0});
    int fd = dial(&f);
    say(fd, "GET /flood HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    wait_for(&f.n_parked, 1); /* nothing has been read yet */
    size_t total = 0;
    for (ssize_t n; (n = hear(fd, text, sizeof text)) > 0;)
        total += (size_t)n;
    assert_true(total > 64 << 20);
    wait_for(&f.n_ended, 1);
    assert_true(f.n_drained > 0);
    assert_true(f.largest_pending < (64 << 10) + 4 * PIECE);
    close(fd);
    unmake(&f);
    assert_int_equal(f.n_aborted, 0);
}

static void time_outs(void **state)
{
    (void)state;
    static const struct {
        const char *say, *hear;
    } table[] = {
        {"GET / HTTP/1.1\r\nHos", "HTTP/1.1 408 "},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "HTTP/1.1 408 "},
        {"", ""},
        {"\r\n", ""},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 "},
    };
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){.header_ms_max = 30, .body_ms_max = 30, .idle_ms_max = 60});
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int fd = dial(&f);
        say(fd, table[i].say);
        hear_until(fd, NULL, text, sizeof text); /* to the end of the connection, which the server makes */
        if (strncmp(text, table[i].hear, strlen(table[i].hear)) || !text[0] != !table[i].hear[0])
            fail_msg("for \"%s\" came \"%s\"", table[i].say, text);
        close(fd);
    }
    unmake(&f);
}

/* Bytes that come one by one do not put the time-out off. */
static void slowloris(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){.header_ms_max = 50});
    int fd = dial(&f);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < PATIENCE_MS && poll(&p, 1, 1) == 0; i++)
        if (send(fd, "a", 1, MSG_NOSIGNAL) < 0)
            break;
    hear_until(fd, "HTTP/1.1 ", text, sizeof text);
    close(fd);
    unmake(&f);
}

static void a_reader_that_stands_still_is_cut(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, (struct http_limits){.write_ms_max = 50});
    int fd = dial(&f);
    say(fd, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&f.n_aborted, 1);
    close(fd);
    unmake(&f);
}

static void one_connection_too_many(void **state)
{
    (void)state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){.connections_max = 2});
    int a = dial(&f), b = dial(&f);
    say(a, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(a, "hello", text, sizeof text);
    say(b, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(b, "hello", text, sizeof text);
    int c = dial(&f);
    say(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(c, NULL, text, sizeof text);
    assert_non_null(strstr(text, "HTTP/1.1 503 "));
    close(c);
    close(b);
    for (int i = 0; i < PATIENCE_MS && !strstr(text, "hello"); i++) { /* there is room again, soon */
        usleep(1000);
        b = dial(&f);
        send(b, request, sizeof request - 1, MSG_NOSIGNAL);
        hear_until(b, NULL, text, sizeof text);
        close(b);
    }
    assert_non_null(strstr(text, "hello"));
    close(a);
    unmake(&f);
}

static void set_drained(void *ctx)
{
    ((struct fixture *)ctx)->has_drained = true;
}
static void drain(void *ctx)
{
    struct fixture *f = ctx;
    http_server_drain(f->server, set_drained, f);
}

static void wait_drained(struct fixture *f)
{
    for (int i = 0; i < PATIENCE_MS && !f->has_drained; i++)
        usleep(1000);
    assert_true(f->has_drained);
}

static void draining_answers_what_runs(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096];
    make(&f, (struct http_limits){.drain_ms_max = PATIENCE_MS});
    int idle = dial(&f), busy = dial(&f);
    say(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(idle, "hello", text, sizeof text);
    say(busy, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&f.n_requests, 2);
    loop_post(f.loop, drain, &f);
    assert_int_equal(hear(idle, text, sizeof text), 0);
    assert_false(f.has_drained);
    loop_post(f.loop, answer_pending, &f);
    hear_until(busy, NULL, text, sizeof text);
    assert_non_null(strstr(text, "at last"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    close(busy);
    close(idle);
    wait_drained(&f);
    unmake(&f);
}

static void draining_ends_in_time(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, (struct http_limits){.drain_ms_max = 30});
    int fd = dial(&f);
    say(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&f.n_requests, 1);
    loop_post(f.loop, drain, &f);
    wait_drained(&f);
    close(fd);
    unmake(&f);
    assert_int_equal(f.n_aborted, 1);

    make(&f, (struct http_limits){0}); /* nothing to wait for */
    loop_post(f.loop, drain, &f);
    wait_drained(&f);
    unmake(&f);
}

static void freeing_ends_what_runs(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, (struct http_limits){0});
    int fd = dial(&f);
    say(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&f.n_requests, 1);
    unmake(&f);
    assert_int_equal(f.n_aborted, 1);
    close(fd);
}

/* When descriptors are out, connections wait, and the loop does not spin: it goes on when there are some again. */
static void out_of_descriptors(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096];
    struct rlimit old, small;
    make(&f, (struct http_limits){0});
    int fd = dial(&f);
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(fd, "hello", text, sizeof text);
    int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    small = (struct rlimit){.rlim_cur = 3, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connected = connect(second, (struct sockaddr *)&to, sizeof to); /* the kernel takes it, accept does not */
    say(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct pollfd p = {.fd = second, .events = POLLIN};
    int answered = poll(&p, 1, 300);
    getrusage(RUSAGE_SELF, &after);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(connected, 0);
    assert_int_equal(answered, 0);
    long busy_us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
                   after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec;
    assert_true(busy_us < 150000); /* spinning would take all of the 300 ms */
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear_until(fd, "hello", text, sizeof text);
    hear_until(second, "hello", text, sizeof text);
    close(fd);
    close(second);
    unmake(&f);
}

static void a_refused_upload_still_gets_its_answer(void **state)
{
    (void)state;
    struct fixture f;
    static char text[4096], body[256 << 10];
    make(&f, (struct http_limits){.body_bytes_max = 1000});
    int fd = dial(&f);
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262144\r\n\r\n");
    assert_int_equal(send(fd, body, sizeof body, MSG_NOSIGNAL), (ssize_t)sizeof body);
    hear_until(fd, NULL, text, sizeof text);
    assert_non_null(strstr(text, "HTTP/1.1 413 "));
    close(fd);
    unmake(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keep_alive),
        cmocka_unit_test(later_from_another_thread),
        cmocka_unit_test(a_client_that_goes_is_noticed),
        cmocka_unit_test(a_slow_reader_is_waited_for),
        cmocka_unit_test(time_outs),
        cmocka_unit_test(slowloris),
        cmocka_unit_test(a_reader_that_stands_still_is_cut),
        cmocka_unit_test(one_connection_too_many),
        cmocka_unit_test(draining_answers_what_runs),
        cmocka_unit_test(draining_ends_in_time),
        cmocka_unit_test(freeing_ends_what_runs),
        cmocka_unit_test(out_of_descriptors),
        cmocka_unit_test(a_refused_upload_still_gets_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
