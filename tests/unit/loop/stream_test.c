/* Streams over socket pairs, and the listener. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "base/buf.h"
#include "loop/loop.h"

struct end {
    struct stream *s;
    struct buf got;
    int n_eof, n_drained, n_closed, reason;
    bool close_on_eof, close_on_drained;
};

struct pair {
    struct loop *loop;
    struct end a, b;
};

static void on_data(void *ctx, struct str bytes)
{
    buf_put(&((struct end *)ctx)->got, bytes);
}
static void on_eof(void *ctx)
{
    struct end *e = ctx;
    e->n_eof++;
    if (e->close_on_eof)
        stream_close(e->s, false);
}
static void on_drained(void *ctx)
{
    struct end *e = ctx;
    e->n_drained++;
    if (e->close_on_drained)
        stream_close(e->s, false);
}
static void on_closed(void *ctx, int reason)
{
    struct end *e = ctx;
    e->n_closed++;
    e->reason = reason;
}
static const struct stream_events events = {on_data, on_eof, on_drained, on_closed};

static void make(struct pair *p)
{
    int fd[2];
    *p = (struct pair){.a.got = buf_make(64 << 20), .b.got = buf_make(64 << 20)};
    assert_int_equal(loop_create(&p->loop, NULL), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(stream_open_fd(p->loop, fd[0], &events, &p->a, &p->a.s), OK);
    assert_int_equal(stream_open_fd(p->loop, fd[1], &events, &p->b, &p->b.s), OK);
    p->b.close_on_eof = true;
}

static void unmake(struct pair *p)
{
    loop_free(p->loop);
    assert_int_equal(p->a.n_closed, 1);
    assert_int_equal(p->b.n_closed, 1);
    buf_free(&p->a.got);
    buf_free(&p->b.got);
}

static void small_writes_need_no_memory(void **state)
{
    (void)state;
    struct pair p;
    make(&p);
    stream_read(p.b.s, true);
    assert_int_equal(stream_write2(p.a.s, STR("one "), STR("two ")), OK);
    assert_int_equal(stream_write2(p.a.s, STR(""), STR("three")), OK);
    assert_int_equal(stream_write(p.a.s, STR("")), OK);
    assert_int_equal(stream_pending(p.a.s), 0);
    stream_close(p.a.s, false);
    assert_int_equal(p.a.n_closed, 0); /* never within the call */
    assert_int_equal(stream_write(p.a.s, STR("late")), ERR_CLOSED);
    loop_run(p.loop);
    assert_int_equal(p.a.reason, OK);
    assert_string_equal(buf_cstr(&p.b.got), "one two three");
    assert_int_equal(p.b.n_eof, 1);
    unmake(&p);
}

/* More than any socket buffer holds: kept, sent in order, told once, and ended after it. */
static void large_writes_are_kept(void **state)
{
    (void)state;
    enum { N = 5 << 20 };
    struct pair p;
    char *bytes = malloc(N);
    assert_non_null(bytes);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    make(&p);
    assert_int_equal(stream_write2(p.a.s, str_from(bytes, 1000), str_from(bytes + 1000, N / 2)), OK);
    assert_true(stream_pending(p.a.s) > 0);
    size_t before = stream_pending(p.a.s);
    assert_int_equal(stream_write(p.a.s, str_from(bytes + 1000 + N / 2, N / 2 - 1000)), OK);
    assert_int_equal(stream_pending(p.a.s), before + N / 2 - 1000);
    p.a.close_on_drained = true;
    stream_read(p.b.s, true);
    loop_run(p.loop);
    assert_int_equal(p.a.n_drained, 1);
    assert_int_equal(p.b.got.len, N);
    assert_memory_equal(p.b.got.ptr, bytes, N);
    unmake(&p);

    make(&p); /* the same, asked to close at once */
    assert_int_equal(stream_write(p.a.s, str_from(bytes, N)), OK);
    stream_close(p.a.s, false);
    assert_int_equal(stream_write(p.a.s, STR("late")), ERR_CLOSED);
    stream_read(p.b.s, true);
    loop_run(p.loop);
    assert_int_equal(p.b.got.len, N);
    assert_int_equal(p.a.reason, OK);
    unmake(&p);

    make(&p); /* and only the writing half: reading goes on */
    assert_int_equal(stream_write(p.a.s, str_from(bytes, N)), OK);
    stream_end(p.a.s);
    stream_read(p.a.s, true);
    stream_read(p.b.s, true);
    p.a.close_on_eof = true;
    p.b.close_on_eof = true;
    assert_int_equal(stream_write(p.b.s, STR("answer")), OK);
    loop_run(p.loop);
    assert_int_equal(p.b.got.len, N);
    assert_string_equal(buf_cstr(&p.a.got), "answer");
    unmake(&p);
    free(bytes);
}

static void an_abort_drops_what_is_kept(void **state)
{
    (void)state;
    static char bytes[4 << 20];
    struct pair p;
    make(&p);
    assert_int_equal(stream_write(p.a.s, str_from(bytes, sizeof bytes)), OK);
    stream_close(p.a.s, false);
    stream_close(p.a.s, true);
    stream_close(p.a.s, true);
    stream_read(p.b.s, true);
    loop_run(p.loop);
    assert_int_equal(p.a.reason, ERR_CANCELED);
    assert_true(p.b.got.len < sizeof bytes);
    unmake(&p);
}

static void writing_to_nobody_closes(void **state)
{
    (void)state;
    struct pair p;
    make(&p);
    stream_close(p.b.s, true);
    loop_run(p.loop);
    assert_int_equal(stream_write(p.a.s, STR("hello?")), ERR_CLOSED);
    loop_run(p.loop);
    assert_int_equal(p.a.n_closed, 1);
    assert_int_equal(p.a.reason, ERR_CLOSED);
    unmake(&p);
}

static void nobody_need_listen(void **state)
{
    (void)state;
    struct pair p;
    make(&p);
    stream_set_handler(p.a.s, NULL, NULL);
    stream_read(p.a.s, true);
    assert_int_equal(stream_write(p.b.s, STR("hello")), OK);
    stream_close(p.b.s, false);
    loop_run(p.loop); /* ends: a is closed by the end of b */
    assert_int_equal(p.a.n_closed, 0);
    p.a.n_closed = 1;
    unmake(&p);
}

static void a_bad_descriptor_is_refused(void **state)
{
    (void)state;
    struct loop *l;
    struct stream *s = NULL;
    int fd[2];
    assert_int_equal(loop_create(&l, NULL), OK);
    assert_int_equal(pipe(fd), 0);
    assert_int_not_equal(stream_open_fd(l, fd[0], &events, NULL, &s), OK);
    assert_null(s);
    assert_int_equal(close(fd[0]), -1); /* taken over all the same */
    close(fd[1]);
    loop_free(l);
}

/* ---- the listener */

struct house {
    struct loop *loop;
    struct listener *listener;
    struct end guest;
    char peer[64];
};

static void on_accepted(void *ctx, struct stream *s)
{
    struct house *h = ctx;
    h->guest.s = s;
    h->guest.close_on_eof = true;
    str_copy(h->peer, sizeof h->peer, str_of(stream_peer(s)));
    stream_set_handler(s, &events, &h->guest);
    stream_read(s, true);
    listener_close(h->listener); /* also from within */
}

static void accept_from(const char *host, const char *peer_starts)
{
    struct house h = {.guest.got = buf_make(1000)};
    struct err e = {0};
    assert_int_equal(loop_create(&h.loop, NULL), OK);
    if (listener_open(h.loop, host, 0, on_accepted, &h, &h.listener, &e)) {
        print_message("no %s here: %s\n", host, e.text);
        loop_free(h.loop);
        return;
    }
    uint16_t port = listener_port(h.listener);
    assert_int_not_equal(port, 0);
    bool v6 = strchr(host, ':');
    struct sockaddr_in v4_to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6_to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    assert_int_equal(v6 ? connect(fd, (struct sockaddr *)&v6_to, sizeof v6_to) : connect(fd, (struct sockaddr *)&v4_to, sizeof v4_to), 0);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    close(fd);
    loop_run(h.loop);
    assert_string_equal(buf_cstr(&h.guest.got), "hello");
    assert_true(str_starts(str_of(h.peer), str_of(peer_starts)));
    assert_int_equal(h.guest.n_closed, 1);
    buf_free(&h.guest.got);
    loop_free(h.loop);
}

static void a_listener_accepts(void **state)
{
    (void)state;
    accept_from("127.0.0.1", "127.0.0.1:");
    accept_from("::1", "[::1]:");
}

static void a_listener_says_what_is_wrong(void **state)
{
    (void)state;
    struct loop *l;
    struct listener *first, *second = NULL;
    struct err e = {0};
    assert_int_equal(loop_create(&l, NULL), OK);
    assert_int_equal(listener_open(l, "127.0.0.1", 0, on_accepted, NULL, &first, &e), OK);
    uint16_t port = listener_port(first);
    assert_int_equal(listener_open(l, "127.0.0.1", port, on_accepted, NULL, &second, &e), ERR_EXISTS);
    char digits[8];
    snprintf(digits, sizeof digits, "%u", port);
    assert_non_null(strstr(e.text, digits));
    assert_non_null(strstr(e.text, "127.0.0.1"));
    assert_non_null(strstr(e.text, "--port"));
    assert_int_equal(listener_open(l, "192.0.2.1", 0, on_accepted, NULL, &second, &e), ERR_NOENT);
    assert_non_null(strstr(e.text, "--host"));
    assert_int_equal(listener_open(l, "no such host", 0, on_accepted, NULL, &second, &e), ERR_NOENT);
    assert_null(second);
    listener_close(NULL);
    loop_free(l); /* closes the first */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_writes_need_no_memory), cmocka_unit_test(large_writes_are_kept),
        cmocka_unit_test(an_abort_drops_what_is_kept), cmocka_unit_test(writing_to_nobody_closes),
        cmocka_unit_test(nobody_need_listen),          cmocka_unit_test(a_bad_descriptor_is_refused),
        cmocka_unit_test(a_listener_accepts),          cmocka_unit_test(a_listener_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
