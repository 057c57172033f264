/* Every allocation and every system call that a request makes fails once, one after the other. Each time the client must
 * get an error or a whole answer, the server must go on and answer the next request, and nothing may be left behind.
 *
 * The server runs in the main thread, its worker in a thread of its own; the client is a thread that takes no part in the faults.
 *
 * usage: fault_test MODELS_FOLDER MODEL_NAME */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "inject.h"
#include "net/http.h"
#include "runtime/runtime.h"
#include "store/store.h"

enum { RESPONSE_BYTES_MAX = 1 << 20, STEPS_MAX = 5000, BLOCKS_KEPT_MAX = 16 };

struct server {
    struct loop *loop;
    struct runtime *runtime;
    struct api *api;
    struct http_server *http;
    struct store *store;
    struct answers *answers;
    char home[64]; /* the store's, and beside it the key */
    const char *model;
    atomic_int unloaded;
};

enum {
    COLD = 1,  /* the model is not loaded before it is asked for */
    LOSSY = 2, /* jansson drops bytes of a long string when it has no memory for them, and the server then refuses what is left */
};

struct scenario {
    const char *name, *method, *path, *body; /* %s in the body is the model's name */
    int flags;
};

static const struct scenario scenarios[] = {
    {"health", "GET", "/health", "", 0},
    {"models", "GET", "/v1/models", "", 0},
    {"tokenize", "POST", "/tokenize", "{\"model\":\"%s\",\"content\":\"once upon a time\"}", 0},
    {"chat", "POST", "/v1/chat/completions",
     "{\"model\":\"%s\",\"max_tokens\":4,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":2,\"stop\":[\"zzz\"],"
     "\"messages\":[{\"role\":\"user\",\"content\":\"hello there\"}]}",
     0},
    {"stream", "POST", "/v1/chat/completions",
     "{\"model\":\"%s\",\"max_tokens\":4,\"temperature\":0,\"stream\":true,\"n\":2,"
     "\"messages\":[{\"role\":\"user\",\"content\":\"hello there\"}]}",
     0},
    {"ollama", "POST", "/api/chat",
     "{\"model\":\"%s\",\"options\":{\"num_predict\":4,\"temperature\":0},\"messages\":[{\"role\":\"user\",\"content\":\"hello "
     "there\"}]}",
     0},
    {"anthropic", "POST", "/v1/messages",
     "{\"model\":\"%s\",\"max_tokens\":4,\"temperature\":0,\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
     "\"b\"}],"
     "\"messages\":[{\"role\":\"user\",\"content\":\"hello there\"}]}",
     0},
    {"responses", "POST", "/v1/responses",
     "{\"model\":\"%s\",\"max_output_tokens\":4,\"temperature\":0,\"stream\":true,\"metadata\":{\"a\":\"b\"},\"input\":\"hello there\"}",
     0},
    {"import", "POST", "/api/import",
     "{\"format\":\"hearth.conversations\",\"version\":1,\"conversations\":[{\"title\":\"tea\",\"leaf\":\"a\",\"created_ms\":1,\"updated_"
     "ms\":1,"
     "\"messages\":[{\"id\":\"a\",\"parent\":null,\"role\":\"user\",\"content\":\"hello there\",\"state\":\"done\",\"created_ms\":1}]}]}",
     LOSSY},
    {"list", "GET", "/api/conversations?limit=3", "", 0},
    {"search", "GET", "/api/conversations?q=hello&limit=3", "", 0},
    {"pulls", "GET", "/api/models/pulls", "", 0},
    {"load", "POST", "/v1/completions", "{\"model\":\"%s\",\"max_tokens\":2,\"temperature\":0,\"prompt\":\"once\"}", COLD},
};

static void die(const char *what)
{
    fprintf(stderr, "fault_test: %s\n", what);
    exit(1);
}

/* ---- the client */

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
        die("cannot connect");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

/* Sends one request and reads to the end of the connection. Returns the status, or 0 when there was no answer at all. */
static int ask(const struct server *s, const struct scenario *sc, char *response)
{
    char body[1024], request[2048];
    if (strstr(sc->body, "%s")) {
        const char *at = strstr(sc->body, "%s");
        snprintf(body, sizeof body, "%.*s%s%s", (int)(at - sc->body), sc->body, s->model, at + 2);
    } else {
        snprintf(body, sizeof body, "%s", sc->body);
    }
    int n = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
        sc->method, sc->path, strlen(body), body);
    int fd = connect_to(http_server_port(s->http));
    ssize_t sent = send(fd, request, (size_t)n, MSG_NOSIGNAL);
    size_t len = 0;
    for (ssize_t got; sent > 0 && len < RESPONSE_BYTES_MAX - 1 && (got = recv(fd, response + len, RESPONSE_BYTES_MAX - 1 - len, 0)) != 0;
         len += (size_t)got)
        if (got < 0) {
            if (errno == EAGAIN)
                die("no answer within 20 seconds");
            break;
        }
    response[len] = 0;
    close(fd);
    int status = 0;
    sscanf(response, "HTTP/1.1 %d", &status); /* NOLINT(cert-err34-c): 0 stands for nothing understood */
    return status;
}

static void unload_on_loop(void *ctx)
{
    struct server *s = ctx;
    runtime_unload(s->runtime, str_of(s->model));
    atomic_store(&s->unloaded, 1);
}

static void unload(struct server *s)
{
    atomic_store(&s->unloaded, 0);
    if (loop_post(s->loop, unload_on_loop, s))
        die("cannot post");
    while (!atomic_load(&s->unloaded))
        usleep(200);
}

/* The server must be well again: a few tries, since a worker that died is started again by the next request. */
static void must_be_well(const struct server *s, const struct scenario *sc, char *response, const char *after, size_t nth)
{
    int status = 0;
    for (int attempt = 0; attempt < 100; attempt++) {
        status = ask(s, sc, response);
        if (status == 200)
            return;
        usleep(20000);
    }
    fprintf(stderr, "fault_test: %s: after %s (%zu) the server does not recover: status %d\n%s\n", sc->name, after, nth, status, response);
    exit(1);
}

/* What a client may see when something failed behind the scenes. A 4xx would blame the client. */
static bool acceptable(const struct scenario *sc, int status)
{
    return status == 0 || status == 200 || status >= 500 || ((sc->flags & LOSSY) && status == 400);
}

/* Blocks may rest in free lists; connections take a moment to be closed. */
static long settled_blocks(void)
{
    long n = inject_live_blocks();
    for (int i = 0; i < 5; i++) {
        usleep(2000);
        long m = inject_live_blocks();
        n = m < n ? m : n;
    }
    return n;
}

/* One disturbed request (or an undisturbed one, nth 0), and what must hold afterwards. True when the fault has happened. */
static bool attempt(struct server *s, const struct scenario *sc, enum inject_kind kind, size_t nth, char *response)
{
    const char *where = "nothing";
    if (sc->flags & COLD)
        unload(s);
    inject_arm(nth ? kind : INJECT_NOTHING, nth);
    int status = ask(s, sc, response);
    usleep(sc->flags & COLD ? 2000 : 0);
    bool hit = inject_disarm(&where);
    if (!hit && status != 200)
        die("an undisturbed request failed");
    if (!acceptable(sc, status)) {
        fprintf(stderr, "fault_test: %s: %s (%zu) gave status %d\n%s\n", sc->name, where, nth, status, response);
        exit(1);
    }
    must_be_well(s, sc, response, where, nth);
    return hit;
}

/* Some blocks are made within libc and freed by its callers, so that the count sinks a little with each request. How much is
 * learnt from undisturbed ones. */
static double drift_per_attempt(struct server *s, const struct scenario *sc, char *response)
{
    enum { ATTEMPTS = 20 };
    attempt(s, sc, INJECT_NOTHING, 0, response);
    long before = settled_blocks();
    for (int i = 0; i < ATTEMPTS; i++)
        attempt(s, sc, INJECT_NOTHING, 0, response);
    return (double)(settled_blocks() - before) / ATTEMPTS;
}

static size_t walk(struct server *s, const struct scenario *sc, enum inject_kind kind, char *response)
{
    double drift = drift_per_attempt(s, sc, response);
    long before = settled_blocks();
    size_t nth = 1;
    while (attempt(s, sc, kind, nth, response))
        if (++nth > STEPS_MAX)
            die("the request never ends making calls");
    double left = (double)(settled_blocks() - before) - drift * (double)nth;
    printf("%-9s %-12s %4zu faults, %+.1f blocks left (drift %.2f)\n", sc->name, kind == INJECT_ALLOCATION ? "allocations" : "system calls",
           nth - 1, left, drift);
    fflush(stdout);
    if (left > BLOCKS_KEPT_MAX + (double)nth / 4)
        die("memory was left behind");
    return nth - 1;
}

static void stop_on_loop(void *ctx)
{
    loop_stop(((struct server *)ctx)->loop);
}

static void drain_on_loop(void *ctx)
{
    struct server *s = ctx;
    http_server_drain(s->http, stop_on_loop, s);
}

static void *client(void *arg)
{
    struct server *s = arg;
    char *response = malloc(RESPONSE_BYTES_MAX);
    size_t faults = 0;
    inject_exempt();
    if (!response)
        die("out of memory");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        for (int kind = INJECT_ALLOCATION; kind <= INJECT_SYSTEM_CALL; kind++)
            faults += walk(s, &scenarios[i], (enum inject_kind)kind, response);
    printf("%zu faults in all\n", faults);
    if (faults < 50)
        die("too few faults: is the injection linked in?");
    free(response);
    if (loop_post(s->loop, drain_on_loop, s))
        die("cannot post");
    return NULL;
}

/* ---- the server */

static void start_store(struct server *s)
{
    static const struct store_schema *const schemas[] = {&talk_schema};
    struct err e = {0};
    char key[96];
    str_copy(s->home, sizeof s->home, STR("/tmp/hearth-fault-XXXXXX"));
    if (!mkdtemp(s->home))
        die("cannot make a folder");
    snprintf(key, sizeof key, "%s.key", s->home);
    struct store_config sc = {.dir = s->home, .key_file = key, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    if (store_open(&sc, &s->store, &e))
        die(e.text);
    struct answers_config ac = {.loop = s->loop, .store = s->store, .runtime = s->runtime, .clock = &clock_system};
    if (answers_create(&ac, &s->answers, &e))
        die(e.text);
}

static void remove_store(struct server *s)
{
    char key[96];
    struct err e = {0};
    snprintf(key, sizeof key, "%s.key", s->home);
    store_free(s->store);
    struct store_config sc = {.dir = s->home, .key_file = key, .clock = &clock_system};
    if (store_erase(&sc, &e))
        die(e.text);
    rmdir(s->home);
    unlink(key);
}

static void start(struct server *s, const char *folder)
{
    struct err e = {0};
    struct runtime_config rc = {.models_dir = folder, .models_loaded_max = 1, .clock = &clock_system};
    rc.defaults = (struct gen_load){
        .context_tokens = 128, .kv_bytes_max = 16 << 20, .sequences_max = 4, .queue_max = 8, .prefill_chunk = 32, .threads = 1};
    if (loop_create(&s->loop, &e) || runtime_create(s->loop, &rc, &s->runtime, &e))
        die(e.text);
    start_store(s);
    struct api_config ac = {.loop = s->loop,
                            .runtime = s->runtime,
                            .store = s->store,
                            .answers = s->answers,
                            .clock = &clock_system,
                            .version = "test",
                            .models_dir = folder,
                            .json_depth_max = 32,
                            .retry_after_s = 1};
    if (api_create(&ac, &s->api, &e))
        die(e.text);
    struct http_config hc = {
        .limits = http_limits_default, .handler = api_handle, .gate = api_gate, .error_body = api_error_body, .ctx = s->api};
    hc.limits.drain_ms_max = 5000;
    if (http_server_create(s->loop, &hc, &s->http, &e) || http_server_listen(s->http, "127.0.0.1", 0, &e))
        die(e.text);
}

int main(int argc, char **argv)
{
    static struct server s;
    pthread_t thread;
    if (argc != 3)
        die("usage: fault_test MODELS_FOLDER MODEL_NAME");
    signal(SIGPIPE, SIG_IGN);
    inject_install();
    s.model = argv[2];
    start(&s, argv[1]);
    if (pthread_create(&thread, NULL, client, &s))
        die("no thread");
    loop_run(s.loop);
    pthread_join(thread, NULL);
    http_server_free(s.http);
    api_free(s.api);
    answers_free(s.answers);
    runtime_free(s.runtime);
    loop_free(s.loop);
    remove_store(&s);
    printf("%ld blocks at the end\n", inject_live_blocks());
    return 0;
}
