/* GET …/messages/{mid}/events: an answer as it is written, to any number of listeners.
 *
 *   LIVE ──── the answer is over and all of it was taken ──► `done`, end
 *     └────── the client goes away ────────────────────────► end; the answer goes on
 *
 * A follower is a place in the answer: in what it thinks, its text, its calls of tools, which are told in that order. When the client is
 * slow, the place stays where it is, and what the client missed follows in pieces once its buffer has drained: no text waits in memory for
 * anybody. A message that nobody writes any more comes from the store, whole. */
#include <stdlib.h>

#include "api/job.h"
#include "base/utf8.h"
#include "talk/answer.h"
#include "talk/put.h"

enum {
    PIECE_BYTES = 16 << 10,     /* of text in one event */
    SILENCE_MS = 10000,         /* after so long without a byte a comment shows that the server lives */
    EVENT_BYTES_MAX = 40 << 20, /* `done` repeats the whole message, escaped */
};

struct follower {
    struct answer_listener listener; /* first */
    struct api *api;
    struct http_exchange *x; /* NULL: over */
    size_t sent, thought;    /* bytes of the text, and of what it thinks */
    size_t call, argued;     /* calls that were told whole, and bytes of the next one's arguments */
    bool called;             /* that next one was begun */
    uint32_t told;           /* version of the news */
    bool begun, blocked;
    int busy;
    uint64_t last_ms;
    struct buf out;
};

static uint64_t now_ms(const struct follower *f)
{
    return clock_ns(f->api->c.clock) / 1000000;
}

static void stream_begin(struct http_exchange *x)
{
    http_add_header(x, "Cache-Control", STR("no-store"));
    http_add_header(x, "X-Accel-Buffering", STR("no")); /* nginx would collect the stream */
    http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
    http_begin(x, 200, "text/event-stream; charset=utf-8");
}

/* `event: NAME`, and the data to come. */
static struct json event_open(struct buf *out, const char *name)
{
    buf_clear(out);
    buf_printf(out, "event: %s\ndata: ", name);
    return json_to(out);
}

/* With how fast it has been so far, when it is being written. */
static void put_piece(struct buf *out, const char *name, size_t from, struct str text, const struct answer_news *n)
{
    struct json j = event_open(out, name);
    json_obj(&j);
    json_kuint(&j, "from", from);
    json_kstr(&j, "text", text);
    if (n && n->pieces) {
        json_kuint(&j, "tokens", n->pieces);
        json_knum(&j, "first_ms", (double)n->first_ms, 1);
        json_knum(&j, "decode_ms", (double)n->decode_ms, 1);
    }
    json_obj_end(&j);
    buf_puts(out, "\n\n");
}

static void put_call(struct buf *out, size_t index, const struct talk_call *c, size_t from, struct str arguments)
{
    struct json j = event_open(out, "call");
    json_obj(&j);
    json_kuint(&j, "index", index);
    json_kstr(&j, "id", c->id);
    json_kstr(&j, "name", c->name);
    json_kuint(&j, "from", from);
    json_kstr(&j, "arguments", arguments);
    json_obj_end(&j);
    buf_puts(out, "\n\n");
}

static void put_done(struct buf *out, const struct talk_message *m)
{
    struct json j = event_open(out, "done");
    put_message(&j, m, false);
    buf_puts(out, "\n\n");
}

static void put_state(struct buf *out, const struct answer_news *n)
{
    static const char *const names[] = {[ANSWER_QUEUED] = "queued", [ANSWER_LOADING] = "loading", [ANSWER_READING] = "reading"};
    struct json j = event_open(out, "state");
    json_obj(&j);
    json_kcstr(&j, "phase", names[n->phase]);
    if (n->phase == ANSWER_QUEUED)
        json_kuint(&j, "position", n->position);
    else if (n->phase == ANSWER_LOADING)
        json_knum(&j, "progress", (double)n->progress, 3);
    else
        json_kuint(&j, "done", n->done), json_kuint(&j, "total", n->total);
    json_obj_end(&j);
    buf_puts(out, "\n\n");
}

/* ---- a live one */

static void leave(struct follower *f)
{
    if (--f->busy || f->x)
        return;
    answer_unlisten(&f->listener);
    buf_free(&f->out);
    free(f);
}

static void send(struct follower *f)
{
    if (f->out.failed) {
        http_abort(f->x);
        return;
    }
    f->last_ms = now_ms(f);
    if (!http_write(f->x, buf_str(&f->out)))
        f->blocked = true;
}

static bool ready(const struct follower *f)
{
    return f->x && !f->blocked;
}

static void send_news(struct follower *f, const struct answer_news *n)
{
    if (f->told == n->version)
        return;
    f->told = n->version;
    if (n->phase > ANSWER_READING)
        return;
    put_state(&f->out, n);
    send(f);
}

/* What follows `from`, as much as an event holds. */
static struct str piece_of(struct str text, size_t from)
{
    struct str rest = str_skip(text, from), piece = str_head(rest, PIECE_BYTES);
    if (piece.len < rest.len)
        piece.len = utf8_complete_prefix(piece.ptr, piece.len);
    return piece;
}

static void send_thoughts(struct follower *f, struct str text, const struct answer_news *n)
{
    while (ready(f) && f->thought < text.len) {
        struct str piece = piece_of(text, f->thought);
        put_piece(&f->out, "reasoning", f->thought, piece, n);
        f->thought += piece.len;
        send(f);
    }
}

/* The first event comes even without text: it is where a client begins anew. */
static void send_text(struct follower *f, struct str text, const struct answer_news *n)
{
    while (ready(f) && (f->sent < text.len || !f->begun)) {
        struct str piece = piece_of(text, f->sent);
        put_piece(&f->out, "text", f->sent, piece, n);
        f->begun = true;
        f->sent += piece.len;
        send(f);
    }
}

static void send_calls(struct follower *f, const struct answer *a)
{
    while (ready(f) && f->call < answer_n_calls(a)) {
        struct talk_call c = answer_call(a, f->call);
        if (f->called && f->argued == c.text.len) {
            if (f->call + 1 == answer_n_calls(a))
                break; /* it may still grow */
            f->call++;
            f->argued = 0;
            f->called = false;
            continue;
        }
        struct str piece = piece_of(c.text, f->argued);
        put_call(&f->out, f->call, &c, f->argued, piece);
        f->called = true;
        f->argued += piece.len;
        send(f);
    }
}

static void pump(struct follower *f, struct answer *a)
{
    const struct answer_news *n = answer_news(a);
    f->busy++;
    send_thoughts(f, answer_thoughts(a), n);
    send_text(f, answer_so_far(a), n);
    send_calls(f, a);
    if (ready(f))
        send_news(f, n);
    if (ready(f) && n->phase == ANSWER_OVER) {
        put_done(&f->out, answer_message(a));
        send(f);
        if (f->x)
            http_finish(f->x);
    } else if (ready(f) && now_ms(f) - f->last_ms >= SILENCE_MS) {
        buf_clear(&f->out);
        buf_puts(&f->out, ": still there\n\n");
        send(f);
    }
    leave(f);
}

static void on_heard(struct answer_listener *l, struct answer *a)
{
    struct follower *f = (struct follower *)(void *)l;
    if (ready(f) && !f->busy)
        pump(f, a);
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct follower *f = ctx;
    f->blocked = false;
    if (!f->busy && f->listener.of)
        pump(f, f->listener.of);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct follower *f = ctx;
    f->busy++;
    f->x = NULL;
    leave(f);
}

static void follow(struct job *j, struct answer *a, uint32_t from)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct follower *f = calloc(1, sizeof *f);
    struct api_error e;
    if (!f) {
        api_error_nomem(&e);
        job_refuse(j, &e);
        return;
    }
    *f = (struct follower){.listener.heard = on_heard, .api = j->api, .out = buf_make(EVENT_BYTES_MAX)};
    f->sent = utf8_complete_prefix(answer_so_far(a).ptr, from < answer_so_far(a).len ? from : answer_so_far(a).len);
    if (answer_listen(a, &f->listener)) {
        free(f);
        api_error_set(&e, 503, "too_many_listeners", NULL, "%d listeners follow this answer already, which is the most",
                      ANSWER_LISTENERS_MAX);
        job_refuse(j, &e);
        return;
    }
    f->x = job_take_exchange(j);
    job_end(j);
    http_listen_events(f->x, &events, f);
    f->busy++;
    stream_begin(f->x);
    f->last_ms = now_ms(f);
    f->busy--;
    if (f->x)
        pump(f, a);
}

/* ---- one that has ended */

struct args {
    struct str conversation, message;
    uint32_t from;
    struct talk_message found;
};

static int get(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    return talk_message(db, j->owner, args->conversation, args->message, &j->arena, &args->found, e);
}

static void tell_stored(struct job *j)
{
    struct args *args = j->args;
    struct talk_message *m = &args->found;
    struct answer *live = j->x ? answers_find(j->api->c.answers, j->owner, args->conversation, args->message) : NULL;
    if (live) { /* it has begun meanwhile */
        follow(j, live, args->from);
        return;
    }
    if (m->state == TALK_WRITING)
        m->state = TALK_INTERRUPTED; /* nobody writes it: the next start will say so, too */
    struct buf *b = &j->out, done = buf_make(EVENT_BYTES_MAX);
    size_t from = args->from < m->content.len ? utf8_complete_prefix(m->content.ptr, args->from) : m->content.len;
    put_piece(b, "text", from, str_skip(m->content, from), NULL);
    put_done(&done, m);
    buf_put(b, buf_str(&done));
    if (b->failed || done.failed) {
        struct api_error e;
        api_error_nomem(&e);
        job_refuse(j, &e);
    } else {
        if (j->x) {
            http_add_header(j->x, "Cache-Control", STR("no-store"));
            http_respond(j->x, 200, "text/event-stream; charset=utf-8", buf_str(b));
        }
        job_end(j);
    }
    buf_free(&done);
}

void handle_message_events(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j)
        return;
    struct args *args = j->args;
    args->conversation = job_keep(j, route->at[0]);
    args->message = job_keep(j, route->at[1]);
    if (!job_query_u32(j, "from", 0, TALK_CONTENT_BYTES_MAX, &args->from))
        return;
    struct answer *live = answers_find(a->c.answers, j->owner, args->conversation, args->message);
    if (live)
        follow(j, live, args->from);
    else
        job_start(j, false, get, tell_stored);
}
