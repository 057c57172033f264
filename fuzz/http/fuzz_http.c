/* HTTP/1 over memory. The first byte seeds the cuts and the other side's behaviour; the rest is what the client sends.
 * Checked: `ended` exactly once for each request, no write after the end, bounded memory. */
#include <stdlib.h>

#include "../../tests/unit/net/memory.h"
#include "base/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct http_exchange *later; /* an answer that is still owed */
    size_t n_requests, n_ended;
};

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)aborted;
    struct world *w = ctx;
    w->n_ended++;
    if (w->later == x)
        w->later = NULL;
}

static const struct http_events events = {.ended = on_ended};

static void handle(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    const struct http_request *r = http_request(x);
    w->n_requests++;
    http_listen_events(x, &events, w);
    struct str value;
    if (r->path.ptr[0] != '/' || memchr(r->path.ptr, 0, r->path.len))
        abort();
    if (http_query_get(http_arena(x), r->query, "q", &value) && value.len)
        http_add_header(x, "X-Query", value);
    if (str_starts(r->path, STR("/l"))) {
        w->later = x;
    } else if (str_starts(r->path, STR("/s"))) {
        http_begin(x, 200, "text/plain");
        http_write(x, r->body);
        w->later = x;
    } else if (str_starts(r->path, STR("/x"))) {
        http_abort(x);
    } else {
        http_respond(x, 200, "text/plain", r->body);
    }
}

static int gate(void *ctx, struct http_exchange *x, size_t *body_bytes_max)
{
    (void)ctx;
    *body_bytes_max = 2000;
    return str_starts(http_request(x)->path, STR("/g")) ? 403 : 0;
}

static void answer_later(struct world *w, struct conn *c)
{
    if (w->later) {
        http_write(w->later, STR("more"));
        http_finish(w->later);
        http_respond(w->later, 200, NULL, STR("late"));
        conn_resume(c);
    }
}

static void talk(struct world *w, struct memory *io, struct conn *c, struct str bytes, struct rng *rng)
{
    while (bytes.len && !io->closed) {
        uint64_t dice = rng_u64(rng);
        size_t n = 1 + (dice >> 8) % (dice & 1 ? 8 : 4096);
        struct str piece = str_head(bytes, n);
        bytes = str_skip(bytes, n);
        char *exact = malloc(piece.len);
        if (!exact)
            return;
        memcpy(exact, piece.ptr, piece.len);
        conn_data(c, str_from(exact, piece.len));
        free(exact);
        io->stalled = (dice & 6) == 2;
        if ((dice & 0x18) == 8 && io->pending) {
            io->pending = 0;
            conn_drained(c);
        }
        if ((dice & 0x60) == 0x20)
            answer_later(w, c);
        if (c->rest.len > c->rest.max)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {0};
    static struct loop *loop; /* one for all inputs: making it costs more than an input */
    struct http_server *server;
    struct memory io;
    struct rng rng;
    struct http_config config = {.handler = handle,
                                 .gate = gate,
                                 .ctx = &w,
                                 .limits = {.header_bytes_max = 1000,
                                            .headers_max = 20,
                                            .url_bytes_max = 300,
                                            .body_bytes_max = 1000,
                                            .pipeline_max = 4,
                                            .pipeline_bytes_max = 500}};
    if (!size || (!loop && loop_create(&loop, NULL)))
        return 0;
    if (http_server_create(loop, &config, &server, NULL))
        abort();
    rng_seed(&rng, data[0]);
    struct conn *c = memory_open(&io, server);
    if (!c)
        abort();
    talk(&w, &io, c, str_from(data + 1, size - 1), &rng);
    answer_later(&w, c);
    if (!io.closed)
        conn_eof(c);
    conn_closed(c);
    if (w.n_ended != w.n_requests || http_server_connections(server))
        abort();
    http_server_free(server);
    loop_run(loop); /* what was closed is freed */
    buf_free(&io.out);
    return 0;
}
