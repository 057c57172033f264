#include "fetch/transfer.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../check.h"
#include "server.h"

struct ctx {
    struct server here, there;
    struct transfer *t;
    struct err e;
    char seen[512]; /* what the server under `there` was told */
};

static bool answer(void *arg, const struct server_request *q);

static int setup(void **state)
{
    static struct ctx c;
    c = (struct ctx){0};
    server_start(&c.here, answer, &c);
    server_start(&c.there, answer, &c);
    *state = &c;
    return transfer_create(&c.t, &c.e);
}

static int teardown(void **state)
{
    struct ctx *c = *state;
    transfer_free(c->t);
    server_stop(&c->here);
    server_stop(&c->there);
    return 0;
}

static bool redirect(const struct ctx *c, const struct server_request *q, int status, const char *to)
{
    char extra[256];
    snprintf(extra, sizeof extra, "Location: %s%s\r\n", *to == '@' ? c->there.url : "", *to == '@' ? to + 1 : to);
    return server_answer(q->fd, status, extra, STR("see there"));
}

/* Sends `line` again and again, until the client has had enough. */
static bool dribble(const struct server_request *q, const char *first, const char *line, int pause_ms)
{
    server_printf(q->fd, "%s", first);
    for (int i = 0; i < 20000 && server_printf(q->fd, "%s", line); i++)
        server_sleep_ms(pause_ms);
    return false;
}

static bool echo_head(struct ctx *c, const struct server_request *q)
{
    snprintf(c->seen, sizeof c->seen, STR_FMT "\n" STR_FMT, STR_ARG(q->method), STR_ARG(q->head));
    return server_answer(q->fd, 200, "", str_of(c->seen));
}

static bool answer(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    struct str path = q->path;
    if (str_eq(path, STR("/hello")))
        return server_answer(q->fd, 200, "X-Two: first\r\nx-two:  second \r\nX-Empty:\r\n", STR("hello"));
    if (str_eq(path, STR("/head")))
        return echo_head(c, q);
    if (str_eq(path, STR("/body")))
        return server_answer(q->fd, 200, "", q->body);
    if (str_eq(path, STR("/404")))
        return server_answer(q->fd, 404, "", STR("nothing here"));
    if (str_eq(path, STR("/near")))
        return redirect(c, q, 302, "/head");
    if (str_eq(path, STR("/far")))
        return redirect(c, q, 302, "@/head");
    if (str_eq(path, STR("/far307")))
        return redirect(c, q, 307, "@/head");
    if (str_eq(path, STR("/near307")))
        return redirect(c, q, 307, "/body");
    if (str_eq(path, STR("/circle")))
        return redirect(c, q, 301, "/circle");
    if (str_eq(path, STR("/file")))
        return redirect(c, q, 302, "file:///etc/passwd");
    if (str_eq(path, STR("/user")))
        return redirect(c, q, 302, "http://a:b@127.0.0.1/");
    if (str_eq(path, STR("/cut")))
        return server_printf(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this") && false;
    if (str_eq(path, STR("/nothing")))
        return false;
    if (str_eq(path, STR("/garbage")))
        return server_printf(q->fd, "220 smtp.example.org ESMTP\r\n") && false;
    if (str_eq(path, STR("/silent")))
        return server_sleep_ms(800), false;
    if (str_eq(path, STR("/halfsilent")))
        return server_printf(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this") && (server_sleep_ms(800), false);
    if (str_eq(path, STR("/headers")))
        return dribble(q, "HTTP/1.1 200 OK\r\n", "X-More: and more and more and more\r\n", 0);
    if (str_eq(path, STR("/continue")))
        return dribble(q, "", "HTTP/1.1 100 Continue\r\n\r\n", 0);
    if (str_eq(path, STR("/slowhead")))
        return dribble(q, "HTTP/1.1 200 OK\r\n", "X: y\r\n", 50);
    if (str_eq(path, STR("/endless"))) {
        server_printf(q->fd, "HTTP/1.1 200 OK\r\n\r\n");
        while (server_printf(q->fd, "%01000d", 7))
            ;
    }
    return false;
}

static int run(struct ctx *c, const char *path, struct transfer_request q)
{
    char url[256];
    snprintf(url, sizeof url, "%s%s", c->here.url, path);
    q.url = url;
    return transfer_run(c->t, &q, &c->e);
}

static bool says(const struct err *e, const char *word)
{
    bool found = str_find(str_of(e->text), str_of(word), 0) >= 0;
    if (!found)
        print_error("\"%s\" does not say \"%s\"\n", e->text, word);
    return found;
}

static void test_an_answer(void **state)
{
    struct ctx *c = *state;
    for (int i = 0; i < 3; i++) { /* the connection is used again */
        assert_int_equal(run(c, "/hello", (struct transfer_request){0}), OK);
        assert_int_equal(transfer_status(c->t), 200);
        assert_str(transfer_body(c->t), "hello");
    }
    assert_int_equal(c->here.n_conns, 1);
    assert_str(transfer_header(c->t, "X-TWO"), "second");
    assert_str(transfer_header(c->t, "x-empty"), "");
    assert_non_null(transfer_header(c->t, "x-empty").ptr);
    assert_null(transfer_header(c->t, "x-three").ptr);
    assert_int_equal(run(c, "/404", (struct transfer_request){0}), OK);
    assert_int_equal(transfer_status(c->t), 404);
    assert_str(transfer_body(c->t), "nothing here");
}

static void test_what_is_sent(void **state)
{
    struct ctx *c = *state;
    const char *const headers[] = {"X-Mine: yes", "Authorization: Bearer secret", NULL};
    assert_int_equal(run(c, "/head", (struct transfer_request){.headers = headers, .from = 10, .to = 20}), OK);
    assert_non_null(strstr(c->seen, "GET\n"));
    assert_non_null(strstr(c->seen, "X-Mine: yes"));
    assert_non_null(strstr(c->seen, "Bearer secret"));
    assert_non_null(strstr(c->seen, "Range: bytes=10-19\r"));
    assert_non_null(strstr(c->seen, "User-Agent: hearth/"));
    assert_int_equal(run(c, "/body", (struct transfer_request){.body = STR("{\"a\": 1}")}), OK);
    assert_str(transfer_body(c->t), "{\"a\": 1}");
    assert_int_equal(run(c, "/head", (struct transfer_request){.method = "DELETE"}), OK);
    assert_non_null(strstr(c->seen, "DELETE\n"));
    const char *const split[] = {"X-Mine: yes\r\nX-Other: no", NULL};
    assert_int_equal(run(c, "/head", (struct transfer_request){.headers = split}), ERR_INVAL);
    const char *const bare[] = {"word", NULL};
    assert_int_equal(run(c, "/head", (struct transfer_request){.headers = bare}), ERR_INVAL);
}

static void test_redirects(void **state)
{
    struct ctx *c = *state;
    const char *const headers[] = {"Authorization: Bearer secret", "x-api-key: secret", "Accept: text/plain", NULL};
    struct transfer_request q = {.headers = headers, .from = 1, .to = 2};
    assert_int_equal(run(c, "/near", q), OK);
    assert_non_null(strstr(c->seen, "Bearer secret"));
    assert_true(str_ends(str_of(transfer_url(c->t)), STR("/head")));

    assert_int_equal(run(c, "/far", q), OK);
    assert_int_equal(atomic_load(&c->there.requests), 1);
    assert_null(strstr(c->seen, "secret"));
    assert_non_null(strstr(c->seen, "Accept: text/plain"));
    assert_non_null(strstr(c->seen, "Range: bytes=1-1\r"));
    assert_true(str_starts(str_of(transfer_url(c->t)), str_of(c->there.url)));

    /* What was sent stays with the host that it was sent to. */
    assert_int_equal(run(c, "/far307", (struct transfer_request){.body = STR("private")}), ERR_DENIED);
    assert_int_equal(run(c, "/near307", (struct transfer_request){.body = STR("private")}), OK);
    assert_str(transfer_body(c->t), "private");
    assert_int_equal(run(c, "/far", (struct transfer_request){.body = STR("private")}), OK);
    assert_non_null(strstr(c->seen, "GET\n"));

    assert_int_equal(run(c, "/circle", q), ERR_LIMIT);
    assert_true(says(&c->e, "circles"));
    assert_int_equal(run(c, "/file", q), ERR_CORRUPT);
    assert_int_equal(run(c, "/user", q), ERR_CORRUPT);
    /* and the handle is as good as before */
    assert_int_equal(run(c, "/hello", (struct transfer_request){0}), OK);
    assert_str(transfer_body(c->t), "hello");
}

/* An address of this machine that others could reach. */
static bool own_address(struct in_addr *ret)
{
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all))
        return false;
    for (struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
            continue;
        *ret = ((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr;
        uint32_t a = ntohl(ret->s_addr);
        found = a >> 24 != 127 && a >> 16 != (169 << 8 | 254);
    }
    freeifaddrs(all);
    return found;
}

static bool lead_home(void *arg, const struct server_request *q)
{
    struct ctx *c = arg;
    if (str_eq(q->path, STR("/cloud")))
        return redirect(c, q, 302, "http://169.254.169.254/latest/meta-data/");
    if (str_eq(q->path, STR("/any")))
        return redirect(c, q, 302, "http://0.0.0.0:1/");
    if (str_eq(q->path, STR("/self")))
        return redirect(c, q, 302, "/here");
    return str_eq(q->path, STR("/here")) ? server_answer(q->fd, 200, "", STR("here")) : redirect(c, q, 302, "@/head");
}

/* Services of this machine take what comes over loopback for their own: hearth, for one. */
static void test_redirects_to_this_machine(void **state)
{
    static const char *const paths[] = {"/home", "/cloud", "/any"};
    struct ctx *c = *state;
    struct server far;
    struct in_addr address = {0};
    char url[128];
    struct transfer_request q = {.url = url};
    if (!own_address(&address)) {
        print_message("this machine has no address but loopback\n");
        skip();
    }
    assert_int_equal(run(c, "/far", (struct transfer_request){0}), OK); /* leaves a connection to `there` open */
    server_start_at(&far, address, lead_home, c);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        snprintf(url, sizeof url, "%s%s", far.url, paths[i]);
        assert_int_equal(transfer_run(c->t, &q, &c->e), ERR_DENIED);
        assert_true(says(&c->e, "only this machine"));
    }
    assert_int_equal(atomic_load(&c->there.requests), 1);
    snprintf(url, sizeof url, "%s/self", far.url);
    assert_int_equal(transfer_run(c->t, &q, &c->e), OK);
    assert_str(transfer_body(c->t), "here");
    server_stop(&far);
}

static void test_servers_that_break_off(void **state)
{
    struct ctx *c = *state;
    struct transfer_request q = {.stall_ms_max = 300};
    assert_int_equal(run(c, "/cut", q), ERR_CLOSED);
    assert_true(says(&c->e, "127.0.0.1"));
    assert_int_equal(run(c, "/nothing", q), ERR_CLOSED);
    assert_int_equal(run(c, "/garbage", q), ERR_CORRUPT);
    assert_int_equal(run(c, "/silent", q), ERR_TIMEOUT);
    assert_int_equal(run(c, "/halfsilent", q), ERR_TIMEOUT);
    assert_int_equal(run(c, "/slowhead", q), ERR_TIMEOUT);
    q.url = "http://127.0.0.1:1/";
    assert_int_equal(transfer_run(c->t, &q, &c->e), ERR_CLOSED);
}

static void test_servers_that_never_end(void **state)
{
    struct ctx *c = *state;
    assert_int_equal(run(c, "/headers", (struct transfer_request){0}), ERR_LIMIT);
    assert_int_equal(run(c, "/continue", (struct transfer_request){0}), ERR_LIMIT);
    assert_int_equal(run(c, "/endless", (struct transfer_request){.answer_bytes_max = 10000}), ERR_LIMIT);
    assert_true(says(&c->e, "longer"));
}

struct pieces {
    size_t bytes;
    int status, stop_head, stop_data;
    atomic_bool cancel;
};

static int on_head(void *arg, struct transfer *t)
{
    struct pieces *p = arg;
    p->status = transfer_status(t);
    return p->stop_head;
}

static int on_data(void *arg, struct transfer *t, struct str bytes)
{
    (void)t;
    struct pieces *p = arg;
    p->bytes += bytes.len;
    if (p->bytes > 100000)
        atomic_store(&p->cancel, true);
    return p->stop_data;
}

static void test_callbacks_and_canceling(void **state)
{
    struct ctx *c = *state;
    struct pieces p = {0};
    struct transfer_request q = {.head = on_head, .data = on_data, .ctx = &p, .cancel = &p.cancel};
    assert_int_equal(run(c, "/near", q), OK);
    assert_int_equal(p.status, 200); /* of the final answer, not of the redirect */
    assert_true(p.bytes > 0);
    assert_int_equal(transfer_body(c->t).len, 0);
    p.stop_head = ERR_EXISTS;
    assert_int_equal(run(c, "/hello", q), ERR_EXISTS);
    p.stop_head = 0;
    p.stop_data = ERR_IO;
    assert_int_equal(run(c, "/hello", q), ERR_IO);
    p.stop_data = 0;
    assert_int_equal(run(c, "/endless", q), ERR_CANCELED);
    assert_int_equal(run(c, "/silent", q), ERR_CANCELED);
}

static void test_addresses(void **state)
{
    struct ctx *c = *state;
    static const char *const bad[] = {"",
                                      "/x",
                                      "file:///etc/passwd",
                                      "ftp://h/",
                                      "http://",
                                      "http://a b/",
                                      "http://h/\r\nX: y",
                                      "http://user:pass@h/",
                                      "gopher://h/",
                                      "http://[::1/",
                                      "http://h:99999/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct transfer_request q = {.url = bad[i]};
        assert_int_equal(transfer_run(c->t, &q, &c->e), ERR_INVAL);
    }
}

static void *serve_unix(void *arg)
{
    int fd = accept(*(int *)arg, NULL, NULL);
    char sink[4096];
    if (recv(fd, sink, sizeof sink, 0) > 0)
        server_answer(fd, 200, "", STR("by socket"));
    close(fd);
    return NULL;
}

static void test_a_unix_socket(void **state)
{
    struct ctx *c = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "/tmp/hearth-transfer-%d.sock", (int)getpid());
    unlink(at.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve_unix, &fd), 0);
    struct transfer_request q = {.url = "http://hearth/x", .unix_socket = at.sun_path};
    assert_int_equal(transfer_run(c->t, &q, &c->e), OK);
    assert_str(transfer_body(c->t), "by socket");
    pthread_join(thread, NULL);
    close(fd);
    unlink(at.sun_path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_answer),
        T(test_what_is_sent),
        T(test_redirects),
        T(test_redirects_to_this_machine),
        T(test_servers_that_break_off),
        T(test_servers_that_never_end),
        T(test_callbacks_and_canceling),
        T(test_addresses),
        T(test_a_unix_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
