/* HTTP/1 over memory: what comes out for what goes in, however it is cut. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "base/rng.h"
#include "memory.h"

struct world {
    struct loop *loop;
    struct http_server *server;
    struct memory io;
    struct conn *conn;
    struct buf seen;               /* what the handler was called with */
    struct http_exchange *pending; /* of /later and /stream */
    int n_requests, n_ended, n_aborted, n_drained;
    int gate_status;
    size_t gate_body_max;
    bool write_said;
};

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    struct world *w = ctx;
    w->n_ended++;
    w->n_aborted += aborted;
    if (w->pending == x)
        w->pending = NULL;
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct world *w = ctx;
    w->n_drained++;
}

static const struct http_events events = {on_drained, on_ended};

static void handle(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    const struct http_request *r = http_request(x);
    w->n_requests++;
    buf_printf(&w->seen, STR_FMT " " STR_FMT "?" STR_FMT, STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query));
    for (size_t i = 0; i < r->n_headers; i++)
        buf_printf(&w->seen, "|" STR_FMT "=" STR_FMT, STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
    buf_printf(&w->seen, "|" STR_FMT "\n", STR_ARG(r->body));
    http_listen_events(x, &events, w);
    if (str_eq(r->path, STR("/later"))) {
        w->pending = x;
    } else if (str_eq(r->path, STR("/stream"))) {
        http_begin(x, 200, "text/event-stream");
        http_write(x, STR("one"));
        http_write(x, STR(""));
        http_write(x, STR("two"));
        http_finish(x);
    } else if (str_eq(r->path, STR("/open"))) {
        w->pending = x;
        http_begin(x, 200, "text/event-stream");
    } else if (str_eq(r->path, STR("/abort"))) {
        http_abort(x);
    } else if (str_eq(r->path, STR("/none"))) {
        http_respond(x, 204, NULL, STR("never sent"));
    } else if (str_eq(r->path, STR("/big"))) {
        static char big[100000];
        http_respond(x, 200, "text/plain", str_from(memset(big, 'x', sizeof big), sizeof big));
    } else {
        http_respond(x, 200, "text/plain", r->body.len ? r->body : STR("hello"));
    }
}

static int gate(void *ctx, struct http_exchange *x, size_t *body_bytes_max)
{
    struct world *w = ctx;
    if (w->gate_body_max)
        *body_bytes_max = w->gate_body_max;
    if (w->gate_status)
        http_add_header(x, "X-Gate", STR("shut"));
    return w->gate_status;
}

static void world_make(struct world *w, struct http_limits limits)
{
    *w = (struct world){.seen = buf_make(16 << 20)};
    struct http_config config = {.limits = limits, .handler = handle, .gate = gate, .ctx = w};
    assert_int_equal(loop_create(&w->loop, NULL), OK);
    assert_int_equal(http_server_create(w->loop, &config, &w->server, NULL), OK);
    w->conn = memory_open(&w->io, w->server);
    assert_non_null(w->conn);
}

static void world_free(struct world *w)
{
    http_server_free(w->server);
    loop_free(w->loop);
    buf_free(&w->io.out);
    buf_free(&w->seen);
}

static void send_bytes(struct world *w, struct str bytes)
{
    char *exact = malloc(bytes.len ? bytes.len : 1); /* so that the sanitizer sees a byte too many */
    assert_non_null(exact);
    memcpy(exact, bytes.ptr, bytes.len);
    conn_data(w->conn, str_from(exact, bytes.len));
    free(exact);
}

static void send_text(struct world *w, const char *text)
{
    send_bytes(w, str_of(text));
}

static int count(const struct buf *b, const char *needle)
{
    int n = 0;
    for (ptrdiff_t at = 0; (at = str_find(buf_str(b), str_of(needle), (size_t)at)) >= 0; at++)
        n++;
    return n;
}

/* One request on a fresh connection, and the beginning of its answer. */
static void expect(struct str request, int status, bool stays_open)
{
    struct world w;
    world_make(&w, (struct http_limits){.header_bytes_max = 1000, .headers_max = 10, .url_bytes_max = 200, .body_bytes_max = 100});
    send_bytes(&w, request);
    char want[64];
    snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
    if (!str_starts(buf_str(&w.io.out), str_of(want)) || w.io.ended == stays_open || w.io.closed)
        fail_msg("for \"" STR_FMT "\" wanted %d%s, got \"" STR_FMT "\"%s", STR_ARG(request), status, stays_open ? "" : " and the end",
                 STR_ARG(buf_str(&w.io.out)), w.io.ended ? " and the end" : "");
    assert_int_equal(count(&w.io.out, "Connection: close\r\n"), !stays_open);
    assert_int_equal(w.n_requests, status == 200);
    world_free(&w);
}

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"

static void good_requests(void **state)
{
    (void)state;
    static const char *const good[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a.example:80/x?y HTTP/1.1\r\nHost: A.example:80\r\n\r\n",
        "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, x\r\nUpgrade: h2c\r\n\r\n",
        HEAD "Content-Length: 3\r\n\r\nabc",
        HEAD "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
        HEAD "Expect: 100-Continue\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        expect(str_of(good[i]), 200, true);
    expect(STR("GET / HTTP/1.0\r\n\r\n"), 200, false);
    expect(STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n"), 200, false);
}

static void bad_requests(void **state)
{
    (void)state;
    static const struct {
        int status;
        struct str request;
    } bad[] = {
#define R(status, text)           \
    {                             \
        status,                   \
        {                         \
            text, sizeof text - 1 \
        }                         \
    }
        R(400, "\x16\x03\x01\x02\x00\x01\x00"),
        R(400, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(501, "FOO / HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(501, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        R(505, "GET / HTTP/1.7\r\nHost: a\r\n\r\n"),
        R(505, "GET /\r\n\r\n"),
        R(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        /* targets */
        R(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /a/%2e%2E HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
        R(400, "GET /\0x HTTP/1.1\r\nHost: a\r\n\r\n"),
        /* hosts */
        R(400, "GET / HTTP/1.1\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        R(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        /* header lines */
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
        R(400, "GET / HTTP/1.1\nHost: a\n\n"),
        R(400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
        /* lengths */
        R(400, HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        R(400, HEAD "Content-Length: 3, 3\r\n\r\nabc"),
        R(400, HEAD "Content-Length: +3\r\n\r\nabc"),
        R(400, HEAD "Content-Length: -3\r\n\r\nabc"),
        R(400, HEAD "Content-Length: 0x3\r\n\r\nabc"),
        R(400, HEAD "Content-Length:\r\n\r\nabc"),
        R(400, HEAD "Content-Length: 99999999999999999999999\r\n\r\nabc"),
        R(400, HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        R(501, HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        R(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"),
        R(400, HEAD "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
        R(417, HEAD "Expect: tea\r\n\r\n"),
#undef R
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(bad[i].request, bad[i].status, false);
}

static void put_many(struct buf *b, char c, int n)
{
    while (n--)
        buf_putc(b, c);
}

static void limits(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 20);
    buf_puts(&b, "GET /");
    put_many(&b, 'a', 199); /* with the slash: 200, just allowed */
    buf_puts(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(buf_str(&b), 200, true);
    buf_clear(&b);
    buf_puts(&b, "GET /");
    put_many(&b, 'a', 200);
    expect(buf_str(&b), 414, false); /* before its end has come */

    buf_clear(&b);
    buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    put_many(&b, 'a', 994); /* 5 + 1 + 994 */
    buf_puts(&b, "\r\n\r\n");
    expect(buf_str(&b), 200, true);
    buf_clear(&b);
    buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    put_many(&b, 'a', 995);
    expect(buf_str(&b), 431, false);

    buf_clear(&b);
    buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 9; i++)
        buf_puts(&b, "A: b\r\n");
    size_t ten = b.len;
    buf_puts(&b, "\r\n");
    expect(buf_str(&b), 200, true);
    b.len = ten;
    buf_puts(&b, "A: b\r\n");
    expect(buf_str(&b), 431, false);

    expect(STR(HEAD "Content-Length: 101\r\n\r\n"), 413, false);
    expect(STR(HEAD "Transfer-Encoding: chunked\r\n\r\n65\r\n0123456789012345678901234567890123456789012345678901234567890123456789"
                    "0123456789012345678901234567890"),
           413, false);
    buf_clear(&b);
    buf_puts(&b, HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ");
    put_many(&b, 'a', 1000);
    expect(buf_str(&b), 431, false); /* trailers count, too */
    buf_free(&b);
}

/* Spaces before a value reach no callback of the parser, and must not go on for ever. */
static void endless_spaces(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){.header_bytes_max = 1000, .url_bytes_max = 100});
    send_text(&w, "GET / HTTP/1.1\r\nHost: a\r\nX:");
    int i = 0;
    while (!w.io.ended && i++ < 100)
        send_text(&w, "                                                                                                    ");
    assert_true(w.io.ended);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 431 "), 1);
    world_free(&w);
}

/* A long dialogue, used to compare ways of cutting it. */
static const char dialogue[] =
    "GET /a%20b?x=%20 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, x\r\nAccept:  a b\tc  \r\nEmpty:\r\n\r\n"
    "\r\nPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello\r\nyou!"
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: r\r\n\r\n"
    "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "POST /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok"
    "GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    "GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* The second may change between two runs. */
static void mask_dates(struct buf *b)
{
    for (ptrdiff_t at = 0; (at = str_find(buf_str(b), STR("Date: "), (size_t)at)) >= 0; at += 35)
        memset(b->ptr + at + 6, '-', 29);
}

static void run_dialogue(struct world *w, size_t (*piece)(void *ctx), void *ctx)
{
    world_make(w, (struct http_limits){0});
    struct str left = {dialogue, sizeof dialogue - 1};
    while (left.len) {
        size_t n = piece(ctx);
        send_bytes(w, str_head(left, n));
        left = str_skip(left, n);
    }
    mask_dates(&w->io.out);
}

static size_t everything(void *ctx)
{
    (void)ctx;
    return sizeof dialogue;
}
static size_t one_byte(void *ctx)
{
    (void)ctx;
    return 1;
}
static size_t random_bytes(void *rng)
{
    return 1 + rng_u64(rng) % 40;
}

static void same(const struct world *a, const struct world *b)
{
    assert_string_equal(buf_cstr((struct buf *)(uintptr_t)&a->io.out), buf_cstr((struct buf *)(uintptr_t)&b->io.out));
    assert_string_equal(buf_cstr((struct buf *)(uintptr_t)&a->seen), buf_cstr((struct buf *)(uintptr_t)&b->seen));
    assert_int_equal(a->n_ended, b->n_ended);
    assert_int_equal(a->io.ended, b->io.ended);
}

static void cuts_do_not_matter(void **state)
{
    (void)state;
    struct world whole, bytes, pieces;
    struct rng rng;
    rng_seed(&rng, 7);
    run_dialogue(&whole, everything, NULL);
    assert_int_equal(whole.n_requests, 9);
    assert_int_equal(whole.n_ended, 9);
    assert_int_equal(whole.n_aborted, 0);
    assert_true(whole.io.ended);
    assert_int_equal(whole.io.writes, 1); /* all answers in one system call */
    assert_int_equal(count(&whole.seen, "GET /a b?x=%20|Host=localhost|Connection=keep-alive, x|Accept=a b\tc|Empty=|\n"), 1);
    assert_int_equal(count(&whole.seen, "|hello01234567890\n") + count(&whole.seen, "|hello0123456789\n"), 1);
    assert_int_equal(count(&whole.io.out, "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), 1);
    assert_int_equal(count(&whole.io.out, "HTTP/1.1 100 Continue\r\n\r\n"), 1);
    assert_int_equal(count(&whole.io.out, "HTTP/1.1 204 No Content\r\n"), 2);
    assert_int_equal(count(&whole.io.out, "never"), 0);
    run_dialogue(&bytes, one_byte, NULL);
    same(&whole, &bytes);
    world_free(&bytes);
    for (int i = 0; i < 200; i++) {
        run_dialogue(&pieces, random_bytes, &rng);
        same(&whole, &pieces);
        world_free(&pieces);
    }
    world_free(&whole);
}

/* A folded header is refused wherever the cut is. */
static void folds_are_found_at_every_cut(void **state)
{
    (void)state;
    struct str request = STR("GET / HTTP/1.1\r\nHost: a\r\nX: abc\r\n def\r\n\r\n");
    for (size_t cut = 1; cut < request.len; cut++) {
        struct world w;
        world_make(&w, (struct http_limits){0});
        send_bytes(&w, str_head(request, cut));
        send_bytes(&w, str_skip(request, cut));
        assert_int_equal(count(&w.io.out, "HTTP/1.1 400 "), 1);
        assert_int_equal(w.n_requests, 0);
        world_free(&w);
    }
}

static void head_has_length_but_no_body(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    send_text(&w, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(count(&w.io.out, "Content-Length: 5\r\n"), 1);
    assert_true(str_ends(buf_str(&w.io.out), STR("\r\n\r\n")));
    assert_int_equal(count(&w.io.out, "hello"), 0);
    world_free(&w);
}

static void http10_streams_until_close(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    send_text(&w, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_true(str_ends(buf_str(&w.io.out), STR("\r\n\r\nonetwo")));
    assert_int_equal(count(&w.io.out, "Transfer-Encoding"), 0);
    assert_true(w.io.ended);
    conn_eof(w.conn);
    assert_true(w.io.closed);
    assert_false(w.io.aborted);
    world_free(&w);
}

static void continue_comes_before_the_body_and_after_the_checks(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){.body_bytes_max = 10});
    send_text(&w, HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(buf_cstr(&w.io.out), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(w.n_requests, 0);
    send_text(&w, "ab");
    assert_int_equal(w.n_requests, 1);
    world_free(&w);

    world_make(&w, (struct http_limits){.body_bytes_max = 10});
    send_text(&w, HEAD "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    assert_int_equal(count(&w.io.out, "100 Continue"), 0);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 413 "), 1);
    world_free(&w);

    world_make(&w, (struct http_limits){0});
    w.gate_status = 403;
    send_text(&w, HEAD "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    assert_int_equal(count(&w.io.out, "100 Continue"), 0);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 403 "), 1);
    world_free(&w);
}

static void the_gate_refuses(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    w.gate_status = 403;
    send_text(&w, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); /* no body: the connection goes on */
    assert_int_equal(count(&w.io.out, "HTTP/1.1 403 Forbidden\r\n"), 1);
    assert_int_equal(count(&w.io.out, "X-Gate: shut\r\n"), 1);
    w.gate_status = 0;
    send_text(&w, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(count(&w.io.out, "HTTP/1.1 200 OK\r\n"), 1);
    assert_int_equal(w.n_requests, 1);
    w.gate_body_max = 3;
    send_text(&w, HEAD "Content-Length: 3\r\n\r\nabc");
    assert_int_equal(w.n_requests, 2);
    send_text(&w, HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\n");
    assert_false(w.io.ended);
    send_text(&w, "d");
    assert_int_equal(count(&w.io.out, "HTTP/1.1 413 "), 1);
    assert_true(w.io.ended);
    world_free(&w);
}

static void pipelined_requests_wait_in_order(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){.pipeline_bytes_max = 100});
    send_text(&w, "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(w.n_requests, 1);
    assert_true(w.io.reading);
    send_text(&w, "GET /third?0123456789012345678901234567890123456789012345678901234567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_false(w.io.reading); /* more than may wait */
    assert_int_equal(w.io.out.len, 0);
    http_respond(w.pending, 200, "text/plain", STR("first"));
    assert_int_equal(w.n_ended, 0); /* never within the call */
    assert_int_equal(count(&w.io.out, "first"), 1);
    conn_resume(w.conn);
    assert_int_equal(w.n_requests, 3);
    assert_int_equal(w.n_ended, 3);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 200 OK"), 3);
    assert_true(w.io.reading);
    world_free(&w);
}

static void one_connection_does_not_keep_the_loop(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){.pipeline_max = 2});
    struct buf b = buf_make(4096);
    for (int i = 0; i < 5; i++)
        buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    send_bytes(&w, buf_str(&b));
    assert_int_equal(w.n_requests, 2);
    conn_resume(w.conn);
    conn_resume(w.conn);
    assert_int_equal(w.n_requests, 5);
    buf_free(&b);
    world_free(&w);
}

static void a_slow_reader_parks_itself(void **state)
{
    (void)state;
    struct world w;
    char piece[10000] = {0};
    world_make(&w, (struct http_limits){0});
    send_text(&w, "GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_write(w.pending, str_from(piece, sizeof piece)));
    w.io.stalled = true;
    int n = 0;
    while (http_write(w.pending, str_from(piece, sizeof piece)))
        assert_true(n++ < 10);
    assert_true(http_pending(w.pending) > HTTP_HIGH_WATER);
    w.io.pending = HTTP_LOW_WATER + 1;
    conn_drained(w.conn);
    assert_int_equal(w.n_drained, 0);
    assert_false(http_write(w.pending, STR(""))); /* still */
    w.io.pending = HTTP_LOW_WATER;
    conn_drained(w.conn);
    assert_int_equal(w.n_drained, 1);
    w.io.stalled = false;
    w.io.pending = 0;
    assert_true(http_write(w.pending, str_from(piece, sizeof piece)));
    http_finish(w.pending);
    conn_resume(w.conn);
    assert_int_equal(w.n_ended, 1);
    assert_int_equal(w.n_aborted, 0);
    world_free(&w);
}

/* A client that asks and does not read: the answers made in advance are bounded. */
static void a_deaf_client_is_not_answered_without_end(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    w.io.stalled = true;
    for (int i = 0; i < 100; i++)
        send_text(&w, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(w.n_requests, 1);
    w.io.pending = 0;
    conn_drained(w.conn);
    assert_int_equal(w.n_requests, 2);
    world_free(&w);
}

static void a_client_that_goes_ends_the_exchange_once(void **state)
{
    (void)state;
    static const char *const paths[] = {"/later", "/open"};
    for (int i = 0; i < 4; i++) {
        struct world w;
        char request[64];
        world_make(&w, (struct http_limits){0});
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i % 2]);
        send_text(&w, request);
        assert_non_null(w.pending);
        if (i < 2) {
            conn_eof(w.conn); /* half of it is gone: so is the client */
            assert_true(w.io.closed);
            assert_true(w.io.aborted);
            http_write(w.pending, STR("for nobody"));
            http_finish(w.pending);
        }
        assert_int_equal(w.n_ended, 0);
        conn_closed(w.conn); /* a reset */
        assert_int_equal(w.n_ended, 1);
        assert_int_equal(w.n_aborted, i >= 2 || i == 0 ? 1 : w.n_aborted);
        assert_int_equal(http_server_connections(w.server), 0);
        world_free(&w);
        assert_int_equal(w.n_ended, 1);
    }
}

static void a_half_closed_client_gets_whole_answers(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){.pipeline_max = 1});
    send_text(&w, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4");
    conn_eof(w.conn);
    for (int i = 0; i < 5; i++)
        conn_resume(w.conn);
    assert_true(w.io.closed);
    assert_false(w.io.aborted);
    assert_int_equal(w.n_requests, 3);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 200 OK"), 3);
    conn_closed(w.conn);
    world_free(&w);
}

static void an_abort_cuts(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    send_text(&w, "GET /abort HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(w.io.closed);
    assert_true(w.io.aborted);
    assert_int_equal(w.n_requests, 1);
    assert_int_equal(w.io.out.len, 0);
    conn_closed(w.conn);
    assert_int_equal(w.n_aborted, 1);
    world_free(&w);
}

static void headers_out_are_checked(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    send_text(&w, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_exchange *x = w.pending;
    char large[20000];
    memset(large, 'a', sizeof large);
    assert_int_equal(http_add_header(x, "X-A", STR("b")), OK);
    assert_int_equal(http_add_header(x, "X-A", STR("b\r\nEvil: c")), ERR_INVAL);
    assert_int_equal(http_add_header(x, "X-A", STR("b\nc")), ERR_INVAL);
    assert_int_equal(http_add_header(x, "X-A", str_from("b\0c", 3)), ERR_INVAL);
    assert_int_equal(http_add_header(x, "X:", STR("b")), ERR_INVAL);
    assert_int_equal(http_add_header(x, "", STR("b")), ERR_INVAL);
    assert_int_equal(http_add_header(x, "X-Large", str_from(large, sizeof large)), ERR_LIMIT);
    assert_int_equal(http_add_header(x, "X-C", STR("d")), OK);
    http_respond(x, 99999, "text/plain\r\nEvil: c", STR("x"));
    http_respond(x, 200, NULL, STR("again")); /* once is enough */
    assert_int_equal(count(&w.io.out, "\r\nX-A: b\r\nX-C: d\r\n\r\nx"), 1);
    assert_int_equal(count(&w.io.out, "Evil"), 0);
    assert_int_equal(count(&w.io.out, "HTTP/1.1 500 "), 1);
    assert_int_equal(count(&w.io.out, "again"), 0);
    world_free(&w);
}

static void error_json(void *ctx, struct http_exchange *x, int status, const char *sentence, struct buf *out)
{
    (void)ctx;
    (void)x;
    buf_printf(out, "{\"%d\":\"%s\"}", status, sentence);
}

static void errors_have_the_callers_body(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    w.server->config.error_body = error_json;
    send_text(&w, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(str_ends(buf_str(&w.io.out), STR("{\"400\":\"The address of the request is malformed.\"}")));
    assert_int_equal(count(&w.io.out, "Content-Type: application/json\r\n"), 1);
    /* what still comes is dropped, up to a bound */
    char junk[65536] = {0};
    for (int i = 0; i < 60; i++)
        send_bytes(&w, str_from(junk, sizeof junk));
    assert_false(w.io.closed);
    for (int i = 0; i < 10; i++)
        send_bytes(&w, str_from(junk, sizeof junk));
    assert_true(w.io.closed);
    world_free(&w);
}

static void requests_reuse_memory(void **state)
{
    (void)state;
    struct world w;
    world_make(&w, (struct http_limits){0});
    send_text(&w, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_exchange *first = w.pending;
    http_respond(first, 200, NULL, STR(""));
    conn_resume(w.conn);
    assert_int_equal(w.server->n_free, 1); /* an idle connection holds no exchange */
    send_text(&w, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_ptr_equal(w.pending, first);
    assert_null(http_header(first, "Nothing").ptr);
    assert_int_equal(http_header(first, "hOST").len, 1);
    world_free(&w);
    assert_int_equal(w.n_ended, 2);
    assert_int_equal(w.n_aborted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(limits),
        cmocka_unit_test(endless_spaces),
        cmocka_unit_test(cuts_do_not_matter),
        cmocka_unit_test(folds_are_found_at_every_cut),
        cmocka_unit_test(head_has_length_but_no_body),
        cmocka_unit_test(http10_streams_until_close),
        cmocka_unit_test(continue_comes_before_the_body_and_after_the_checks),
        cmocka_unit_test(the_gate_refuses),
        cmocka_unit_test(pipelined_requests_wait_in_order),
        cmocka_unit_test(one_connection_does_not_keep_the_loop),
        cmocka_unit_test(a_slow_reader_parks_itself),
        cmocka_unit_test(a_deaf_client_is_not_answered_without_end),
        cmocka_unit_test(a_client_that_goes_ends_the_exchange_once),
        cmocka_unit_test(a_half_closed_client_gets_whole_answers),
        cmocka_unit_test(an_abort_cuts),
        cmocka_unit_test(headers_out_are_checked),
        cmocka_unit_test(errors_have_the_callers_body),
        cmocka_unit_test(requests_reuse_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
