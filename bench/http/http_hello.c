/* A server that answers /health with a few bytes of JSON and nothing else:
 *
 *     http_hello PORT &  wrk -t1 -c64 -d5 http://127.0.0.1:PORT/health                                         */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"

static void answer(void *ctx, struct http_exchange *x)
{
    (void)ctx;
    bool known = str_eq(http_request(x)->path, STR("/health"));
    http_respond(x, known ? 200 : 404, "application/json", known ? STR("{\"status\":\"ok\"}") : STR("{\"error\":\"not found\"}"));
}

struct program {
    struct loop *loop;
    struct http_server *server;
};

static void on_drained(void *ctx)
{
    struct program *p = ctx;
    loop_stop(p->loop);
}

static void on_signal(void *ctx, int signum)
{
    (void)signum;
    struct program *p = ctx;
    http_server_drain(p->server, on_drained, p);
}

int main(int argc, char **argv)
{
    uint64_t port = 0;
    if (argc != 2 || str_to_u64(str_of(argv[1]), &port) || port > UINT16_MAX) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    struct err e = {0};
    struct program p = {0};
    struct http_config config = {.handler = answer};
    int r = loop_create(&p.loop, &e);
    if (!r)
        r = http_server_create(p.loop, &config, &p.server, &e);
    if (!r)
        r = http_server_listen(p.server, "127.0.0.1", (uint16_t)port, &e);
    if (!r) {
        printf("http://127.0.0.1:%u/health\n", http_server_port(p.server));
        fflush(stdout);
        loop_on_signal(p.loop, SIGINT, on_signal, &p);
        loop_on_signal(p.loop, SIGTERM, on_signal, &p);
        loop_run(p.loop);
    } else {
        fprintf(stderr, "%s\n", e.text);
    }
    http_server_free(p.server);
    loop_free(p.loop);
    return r ? 1 : 0;
}
