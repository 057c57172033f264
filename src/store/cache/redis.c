#include "store/cache/redis.h"

#include <arpa/inet.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/link.h"
#include "store/secret.h"

enum state { RESTING, RESOLVING, CONNECTING, READY };
enum { ADDRESSES_MAX = 4 };

/* A command whose reply has not come. */
struct redis_get {
    struct link link; /* in order of sending, which is the order of deadlines and of replies */
    struct redis *r;
    redis_values_fn *fn; /* NULL: a value that is stored, or canceled */
    void *ctx;
    size_t n, unsent_bytes;
    uint64_t deadline_ms;
};

/* A name is looked up on the worker pool; the job outlives a client that is freed meanwhile. */
struct resolve {
    struct redis *r; /* NULL: freed */
    char host[REDIS_HOST_BYTES];
    char found[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    unsigned n_found;
};

struct redis {
    struct redis_config c;
    char *password;
    enum state state;
    redisAsyncContext *ac; /* CONNECTING and READY */
    struct watch *watch;
    int events;
    redisReplyObjectFunctions makes; /* of replies: hiredis's own, with bounded_array */
    void *(*make_array)(const redisReadTask *task, int n);
    struct timer *timer; /* RESTING: the end of the rest; CONNECTING: the deadline; READY: the oldest question's */
    struct resolve *resolve;
    struct link waiting;
    size_t n_gets, unsent_bytes;
    uint64_t ready_ms; /* when it became so */
    uint32_t backoff_ms, attempts;
    bool told; /* that it cannot be reached */
};

bool redis_ready(const struct redis *r)
{
    return r && r->state == READY;
}

/* ---- the end of a connection, whatever the reason */

static void rest(struct redis *r, const char *why)
{
    uint64_t now = loop_now_ms(r->c.loop);
    bool lasted = r->state == READY && now - r->ready_ms >= REDIS_LASTING_MS;
    uint32_t doubled = r->backoff_ms * 2 < REDIS_BACKOFF_MS_MAX ? r->backoff_ms * 2 : REDIS_BACKOFF_MS_MAX;
    log_event(r->c.log, r->state == READY || !r->told ? LOG_WARN : LOG_DEBUG, "cache does without Redis",
              F_CSTR("server", r->c.address.host), F_CSTR("reason", why),
              F_INT("again_ms", lasted || !r->backoff_ms ? REDIS_BACKOFF_MS : doubled));
    r->told = true;
    r->backoff_ms = lasted || !r->backoff_ms ? REDIS_BACKOFF_MS : doubled;
    r->state = RESTING;
    timer_start(r->timer, r->backoff_ms, 0);
}

/* Those who wait hear it from within redisAsyncFree, or when hiredis has left its own callback. */
static void leave(struct redis *r, const char *why)
{
    redisAsyncContext *ac = r->ac;
    if (r->state != CONNECTING && r->state != READY)
        return;
    rest(r, why);
    r->ac = NULL;
    if (ac)
        redisAsyncFree(ac);
}

/* hiredis frees the context itself after these two. */
static void on_disconnected(const redisAsyncContext *ac, int status)
{
    struct redis *r = ac->data;
    if (r->ac != ac)
        return;
    r->ac = NULL;
    rest(r, status == REDIS_OK ? "closed" : ac->errstr);
}

static void on_connected(const redisAsyncContext *ac, int status)
{
    if (status != REDIS_OK)
        on_disconnected(ac, status);
}

/* ---- hiredis and the loop */

static void on_events(void *ctx, int events)
{
    struct redis *r = ctx;
    if (r->ac && events & WATCH_READ)
        redisAsyncHandleRead(r->ac);
    if (r->ac && r->ac->c.reader->len > REDIS_REPLY_BYTES_MAX)
        leave(r, "it sends too much");
    if (r->ac && events & WATCH_WRITE)
        redisAsyncHandleWrite(r->ac);
}

static void want(struct redis *r, int add, int remove)
{
    r->events = (r->events | add) & ~remove;
    if (r->watch)
        (void)watch_set(r->watch, r->events); /* a failure shows as a question that is not answered in time */
}
static void add_read(void *r)
{
    want(r, WATCH_READ, 0);
}
static void del_read(void *r)
{
    want(r, 0, WATCH_READ);
}
static void add_write(void *r)
{
    want(r, WATCH_WRITE, 0);
}
static void del_write(void *r)
{
    want(r, 0, WATCH_WRITE);
}

static void cleanup(void *ctx)
{
    struct redis *r = ctx;
    watch_close(r->watch);
    r->watch = NULL;
    r->events = 0;
}

/* ---- connecting */

static void on_shake(redisAsyncContext *ac, void *reply_bytes, void *last)
{
    struct redis *r = ac->data;
    const redisReply *reply = reply_bytes;
    if (!reply || r->ac != ac || r->state != CONNECTING)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        leave(r, reply->str);
        return;
    }
    if (!last)
        return;
    r->state = READY;
    r->ready_ms = loop_now_ms(r->c.loop);
    r->told = false;
    timer_stop(r->timer);
    log_event(r->c.log, LOG_INFO, "cache uses Redis", F_CSTR("server", r->c.address.host));
}

static bool shake(struct redis *r)
{
    bool ok = true;
    if (*r->password)
        ok = redisAsyncCommand(r->ac, on_shake, NULL, "AUTH %s", r->password) == REDIS_OK;
    if (ok && r->c.address.db)
        ok = redisAsyncCommand(r->ac, on_shake, NULL, "SELECT %u", r->c.address.db) == REDIS_OK;
    return ok && redisAsyncCommand(r->ac, on_shake, r, "PING") == REDIS_OK;
}

/* hiredis would take any number of elements at its word: two thousand million of them keep it busy for ten seconds. NULL counts as out of
 * memory, and ends the connection. */
static void *bounded_array(const redisReadTask *task, int n)
{
    struct redis *r = task->privdata;
    return n < 0 || n > REDIS_KEYS_MAX ? NULL : r->make_array(task, n);
}

static void attach(struct redis *r)
{
    redisReader *reader = r->ac->c.reader;
    r->makes = *reader->fn;
    r->make_array = r->makes.createArray;
    r->makes.createArray = bounded_array;
    reader->fn = &r->makes;
    reader->privdata = r;
    r->ac->data = r;
    r->ac->ev.data = r;
    r->ac->ev.addRead = add_read;
    r->ac->ev.delRead = del_read;
    r->ac->ev.addWrite = add_write;
    r->ac->ev.delWrite = del_write;
    r->ac->ev.cleanup = cleanup;
    redisAsyncSetConnectCallback(r->ac, on_connected);
    redisAsyncSetDisconnectCallback(r->ac, on_disconnected);
}

static void connect_to(struct redis *r, const char *address)
{
    r->state = CONNECTING;
    r->ac = r->c.address.local ? redisAsyncConnectUnix(address) : redisAsyncConnect(address, r->c.address.port);
    if (!r->ac) {
        leave(r, err_text(ERR_NOMEM));
    } else if (r->ac->err) {
        leave(r, r->ac->errstr);
    } else if (watch_open(r->c.loop, r->ac->c.fd, on_events, r, &r->watch)) {
        leave(r, "its connection cannot be watched");
    } else {
        attach(r);
        timer_start(r->timer, REDIS_CONNECT_MS_MAX, 0);
        if (!shake(r))
            leave(r, err_text(ERR_NOMEM));
    }
}

static void look_up(void *ctx)
{
    struct resolve *job = ctx;
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(job->host, NULL, &want, &list))
        return;
    for (const struct addrinfo *i = list; i && job->n_found < ADDRESSES_MAX; i = i->ai_next)
        if (!getnameinfo(i->ai_addr, i->ai_addrlen, job->found[job->n_found], INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST))
            job->n_found++;
    freeaddrinfo(list);
}

static void on_looked_up(void *ctx, bool canceled)
{
    struct resolve *job = ctx;
    struct redis *r = job->r;
    if (r) {
        r->resolve = NULL;
        if (job->n_found && !canceled)
            connect_to(r, job->found[r->attempts++ % job->n_found]); /* the next one next time */
        else
            rest(r, "its name is not known");
    }
    free(job);
}

static void begin(struct redis *r)
{
    r->state = RESOLVING;
    if (r->c.address.local) {
        connect_to(r, r->c.address.host);
        return;
    }
    struct resolve *job = calloc(1, sizeof *job);
    if (job) {
        job->r = r;
        str_copy(job->host, sizeof job->host, str_of(r->c.address.host));
    }
    if (!job || loop_work(r->c.loop, look_up, on_looked_up, job)) {
        free(job);
        rest(r, err_text(ERR_NOMEM));
        return;
    }
    r->resolve = job;
}

/* ---- time */

/* When the loop itself was late, the answer may be there: look before giving up. */
static void check_deadline(struct redis *r)
{
    struct redis_get *first = link_of(r->waiting.next, struct redis_get, link);
    if (!link_empty(&r->waiting) && first->deadline_ms <= loop_now_ms(r->c.loop)) {
        redisAsyncHandleRead(r->ac);
        if (r->state != READY)
            return;
    }
    if (link_empty(&r->waiting))
        return;
    uint64_t now = loop_now_ms(r->c.loop);
    first = link_of(r->waiting.next, struct redis_get, link);
    if (first->deadline_ms <= now)
        leave(r, "it does not answer in time");
    else
        timer_start(r->timer, first->deadline_ms - now, 0);
}

static void on_timer(void *ctx)
{
    struct redis *r = ctx;
    if (r->state == RESTING)
        begin(r);
    else if (r->state == CONNECTING)
        leave(r, "it does not answer in time");
    else if (r->state == READY)
        check_deadline(r);
}

int redis_create(const struct redis_config *c, struct redis **ret, struct err *e)
{
    struct redis *r = calloc(1, sizeof *r);
    if (r) {
        r->c = *c;
        r->password = str_dup(c->password);
        link_init(&r->waiting);
    }
    if (!r || !r->password || timer_create_in(c->loop, on_timer, r, &r->timer)) {
        redis_free(r);
        return err_set(e, ERR_NOMEM, "out of memory for the cache in Redis");
    }
    begin(r);
    *ret = r;
    return OK;
}

/* ---- questions */

/* In hiredis's hands from now on: its callback frees it. */
static struct redis_get *enqueue(struct redis *r, redis_values_fn *fn, void *ctx, size_t n, size_t unsent_bytes)
{
    struct redis_get *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    *g = (struct redis_get){.r = r, .fn = fn, .ctx = ctx, .n = n, .unsent_bytes = unsent_bytes};
    g->deadline_ms = loop_now_ms(r->c.loop) + r->c.timeout_ms;
    if (link_empty(&r->waiting))
        timer_start(r->timer, r->c.timeout_ms, 0);
    link_add(&r->waiting, &g->link);
    r->n_gets++;
    r->unsent_bytes += unsent_bytes;
    return g;
}

static void dequeue(struct redis_get *g)
{
    link_del(&g->link);
    g->r->n_gets--;
    g->r->unsent_bytes -= g->unsent_bytes;
    free(g);
}

static void give(const struct redis_get *g, const redisReply *reply)
{
    struct str *values = NULL;
    bool fits = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == g->n;
    if (fits)
        values = calloc(g->n, sizeof *values);
    for (size_t i = 0; values && i < g->n; i++)
        if (reply->element[i]->type == REDIS_REPLY_STRING)
            values[i] = str_from(reply->element[i]->str, (size_t)reply->element[i]->len);
    g->fn(g->ctx, values, g->n);
    free(values);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *ctx)
{
    struct redis_get *g = ctx;
    (void)ac;
    if (g->fn)
        give(g, reply);
    dequeue(g);
}

static int send_command(struct redis *r, struct redis_get *g, int argc, const char **argv, const size_t *lens)
{
    if (redisAsyncCommandArgv(r->ac, on_reply, g, argc, argv, lens) == REDIS_OK)
        return OK;
    dequeue(g);
    return ERR_AGAIN;
}

int redis_get(struct redis *r, const struct str *keys, size_t n, redis_values_fn *fn, void *ctx, struct redis_get **ret)
{
    if (!redis_ready(r))
        return ERR_AGAIN;
    if (r->n_gets >= REDIS_GETS_MAX || n > REDIS_KEYS_MAX)
        return ERR_FULL;
    const char **argv = calloc(n + 1, sizeof *argv);
    size_t *lens = calloc(n + 1, sizeof *lens);
    struct redis_get *g = argv && lens ? enqueue(r, fn, ctx, n, 0) : NULL;
    int rc = ERR_NOMEM;
    if (g) {
        argv[0] = "MGET";
        lens[0] = 4;
        for (size_t i = 0; i < n; i++) {
            argv[i + 1] = keys[i].ptr;
            lens[i + 1] = keys[i].len;
        }
        rc = send_command(r, g, (int)n + 1, argv, lens);
    }
    free(argv);
    free(lens);
    if (!rc)
        *ret = g;
    return rc;
}

void redis_cancel(struct redis_get *g)
{
    g->fn = NULL;
}

void redis_set(struct redis *r, struct str key, struct str value, uint64_t ttl_ms)
{
    char ttl[24];
    int n = snprintf(ttl, sizeof ttl, "%llu", (unsigned long long)ttl_ms);
    if (!redis_ready(r) || r->n_gets >= REDIS_GETS_MAX || value.len > REDIS_UNSENT_BYTES_MAX - r->unsent_bytes)
        return;
    struct redis_get *g = enqueue(r, NULL, NULL, 0, value.len);
    if (g)
        (void)send_command(r, g, 5, (const char *[]){"SET", key.ptr, value.ptr, "PX", ttl},
                           (const size_t[]){3, key.len, value.len, 2, (size_t)n});
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    for (struct link *l = r->waiting.next; l != &r->waiting; l = l->next)
        link_of(l, struct redis_get, link)->fn = NULL;
    if (r->resolve)
        r->resolve->r = NULL;
    redisAsyncContext *ac = r->ac;
    r->ac = NULL;
    if (ac)
        redisAsyncFree(ac);
    timer_free(r->timer);
    if (r->password)
        secret_wipe(r->password, strlen(r->password));
    free(r->password);
    free(r);
}
