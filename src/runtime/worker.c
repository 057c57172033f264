/* The worker's loop: one engine, one socket.
 *
 *     wait for LOAD ──► load ──► [ read frames ► step ► send ]* ──► end of stream
 *                        └─► FAILED, end
 *
 * Nothing here waits but poll: reads and writes are non-blocking, and a step of the engine is bounded. While the engine is
 * busy poll only looks; while it is idle poll sleeps, at most until the next deadline of a parked request, so an idle worker
 * uses no processor time. All that a step emits goes out in one send.
 *
 * Bounds: text is bounded by the credit of each request. Should the other side stop reading altogether, OUT_HIGH_BYTES stops
 * both stepping and reading, so the out buffer stays below that and one frame. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/lease.h"
#include "runtime/worker_internal.h"

enum { OUT_HIGH_BYTES = 1 << 20, READ_BYTES = 1 << 16 };

void worker_put(struct worker *w, int put_result)
{
    if (put_result && !w->failed)
        w->failed = put_result;
}

void worker_refuse(struct worker *w, uint64_t id, enum gen_fault fault, const char *sentence)
{
    worker_put(w, gen_put_failed(&w->out, &(struct gen_failed){.id = id, .fault = fault, .message = str_of(sentence)}));
}

static void put_error(struct worker *w, uint64_t id, enum gen_fault fault, struct str sentence)
{
    struct gen_event ev = {.id = id, .type = GEN_ERROR, .error = {.fault = fault, .message = sentence}};
    worker_put(w, gen_put_event(&w->out, &ev));
}

/* An event that cannot be encoded ends its request, not the worker. The engine must not be called from here, so the
 * request is canceled after the step; a second one in the same step is more than an accident. */
void worker_emit(void *ctx, const struct gen_event *ev)
{
    struct worker *w = ctx;
    int r = gen_put_event(&w->out, ev);
    if (r != ERR_INVAL) {
        worker_put(w, r);
        return;
    }
    if (w->spoiled_id == ev->id)
        return;
    if (w->spoiled_id)
        worker_put(w, ERR_INTERNAL);
    w->spoiled_id = ev->id;
    put_error(w, ev->id, GEN_FAULT_INTERNAL, STR("an answer could not be sent"));
}

int worker_flush(struct worker *w)
{
    while (w->out.len) {
        ssize_t n = send(w->fd, w->out.ptr, w->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == ENOBUFS ? OK : ERR_CLOSED;
        buf_consume(&w->out, (size_t)n);
    }
    return OK;
}

/* ---- frames */
static int on_request(struct worker *w, const struct gen_frame *f)
{
    if (!f->request.id) /* 0 means none in places */
        return ERR_CORRUPT;
    if (w->encode)
        put_error(w, f->request.id, GEN_FAULT_REQUEST,
                  STR("this model makes embeddings and does not write; name a model that does, or use /v1/embeddings or /v1/rerank"));
    else
        engine_submit(w->engine, &f->request);
    return OK;
}

static int on_cancel(struct worker *w, const struct gen_frame *f)
{
    if (w->encode)
        encode_cancel(w->encode, f->cancel.id);
    else
        engine_cancel(w->engine, f->cancel.id);
    return OK;
}

static int on_embed(struct worker *w, const struct gen_frame *f)
{
    worker_embed(w, &f->embed);
    return OK;
}

static int on_credit(struct worker *w, const struct gen_frame *f)
{
    if (w->engine)
        engine_credit(w->engine, f->credit.id, f->credit.events);
    return OK;
}

static int on_tokenize(struct worker *w, const struct gen_frame *f)
{
    worker_tokenize(w, &f->tokenize);
    return OK;
}

static int on_detokenize(struct worker *w, const struct gen_frame *f)
{
    worker_detokenize(w, &f->detokenize);
    return OK;
}

static int on_template(struct worker *w, const struct gen_frame *f)
{
    if (w->encode) {
        worker_refuse(w, f->request.id, GEN_FAULT_REQUEST, "this model makes embeddings and has no chat template");
        return OK;
    }
    worker_render(w, &f->request);
    return OK;
}

/* LOAD is missing: it comes once, before all others. */
static int (*const on_frame[])(struct worker *w, const struct gen_frame *f) = {
    [GEN_FRAME_TEMPLATE] = on_template, [GEN_FRAME_REQUEST] = on_request,   [GEN_FRAME_CANCEL] = on_cancel,
    [GEN_FRAME_CREDIT] = on_credit,     [GEN_FRAME_TOKENIZE] = on_tokenize, [GEN_FRAME_DETOKENIZE] = on_detokenize,
    [GEN_FRAME_EMBED] = on_embed,
};

/* A frame that there was no memory to decode: only its type and id are known. */
static void refuse_frame(struct worker *w, const struct gen_frame *f)
{
    if (f->type == GEN_FRAME_REQUEST)
        put_error(w, f->request.id, GEN_FAULT_MEMORY, STR("not enough memory to read the request"));
    else if (f->type == GEN_FRAME_TEMPLATE)
        worker_refuse(w, f->request.id, GEN_FAULT_MEMORY, "not enough memory to read the request");
    else if (f->type == GEN_FRAME_TOKENIZE || f->type == GEN_FRAME_DETOKENIZE || f->type == GEN_FRAME_EMBED)
        worker_refuse(w, f->tokenize.id, GEN_FAULT_MEMORY, "not enough memory to read the text");
}

static bool loaded(const struct worker *w)
{
    return w->engine || w->encode;
}

static int handle_frame(struct worker *w, const struct gen_frame *f)
{
    if (!loaded(w))
        return f->type == GEN_FRAME_LOAD ? worker_load(w, &f->load) : ERR_CORRUPT;
    if ((size_t)f->type >= sizeof on_frame / sizeof *on_frame || !on_frame[f->type])
        return ERR_CORRUPT;
    return on_frame[f->type](w, f);
}

static int handle_frames(struct worker *w)
{
    while (!w->failed && w->out.len < OUT_HIGH_BYTES) {
        struct gen_frame f;
        int r = gen_frames_next(&w->frames, &f);
        if (r == ERR_AGAIN)
            return OK;
        if (r == ERR_NOMEM && loaded(w))
            refuse_frame(w, &f);
        else if (r || (r = handle_frame(w, &f)))
            return r;
    }
    return w->failed;
}

/* Takes what has come. ERR_CLOSED at the end of the stream. */
static int receive(struct worker *w)
{
    char piece[READ_BYTES];
    for (;;) {
        ssize_t n = recv(w->fd, piece, sizeof piece, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return OK;
        if (n <= 0)
            return ERR_CLOSED;
        return gen_frames_add(&w->frames, str_from(piece, (size_t)n));
    }
}

/* ---- the loop */
static enum engine_state step(struct worker *w)
{
    if (!loaded(w) || w->out.len >= OUT_HIGH_BYTES || (w->encode && !encode_due(w->encode)))
        return ENGINE_IDLE;
    lease_take(w->config.lease);
    enum engine_state state = w->encode ? encode_step(w->encode) : engine_step(w->engine);
    lease_give(w->config.lease);
    if (w->spoiled_id) {
        engine_cancel(w->engine, w->spoiled_id);
        w->spoiled_id = 0;
    }
    return state;
}

/* How long poll may sleep; negative: until something comes. */
static int64_t sleep_ns(const struct worker *w, enum engine_state state)
{
    if (state == ENGINE_BUSY)
        return 0;
    uint64_t until = w->engine ? engine_next_deadline_ns(w->engine) : w->encode ? encode_next_ns(w->encode) : 0;
    if (!until)
        return -1;
    uint64_t now = clock_ns(w->config.clock), minute = 60 * UINT64_C(1000000000);
    return until <= now ? 0 : (int64_t)(until - now < minute ? until - now : minute);
}

/* While nobody waits: a piece of work that can be put off, then a look at what has come. */
static int64_t idle_ns(struct worker *w, enum engine_state state)
{
    if (state == ENGINE_IDLE && w->engine && !w->out.len && engine_idle_work(w->engine))
        return 0;
    return sleep_ns(w, state);
}

static int wait_for(struct pollfd *p, int64_t ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    return ppoll(p, 1, ns < 0 ? NULL : &t, NULL);
}

static int turn(struct worker *w)
{
    bool was_full = w->out.len >= OUT_HIGH_BYTES; /* then neither the engine nor all frames have had their turn */
    int r = worker_flush(w);                      /* answers must not wait for the lease of the cores */
    enum engine_state state = r ? ENGINE_IDLE : step(w);
    if (!r)
        r = worker_flush(w);
    if (r || w->failed)
        return r ? r : w->failed;
    bool full = w->out.len >= OUT_HIGH_BYTES;
    struct pollfd p = {.fd = w->fd, .events = (short)((full ? 0 : POLLIN) | (w->out.len ? POLLOUT : 0))};
    int n = wait_for(&p, full ? -1 : was_full ? 0 : idle_ns(w, state));
    if (n < 0)
        return errno == EINTR ? OK : ERR_IO;
    if (p.revents & (POLLIN | POLLHUP | POLLERR) && (r = receive(w)))
        return r;
    return handle_frames(w);
}

/* What has been put last (a refusal) should arrive; the other side may be slow, but not for ever. */
static void send_rest(struct worker *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLOUT};
    while (!worker_flush(w) && w->out.len && poll(&p, 1, 1000) > 0) {
    }
}

int worker_run(int fd, const struct worker_config *c)
{
    struct worker w = {.fd = fd, .config = *c, .out = buf_make(2 * (size_t)GEN_FRAME_BYTES_MAX)};
    if (!w.config.clock)
        w.config.clock = &clock_system;
    gen_frames_init(&w.frames);
    int r = OK;
    while (!r)
        r = turn(&w);
    send_rest(&w);
    engine_free(w.engine);
    encode_free(w.encode);
    encoder_free(w.encoder);
    pool_free(w.pool);
    model_free(w.model);
    gen_frames_deinit(&w.frames);
    buf_free(&w.out);
    close(fd);
    return r == ERR_CLOSED ? OK : r;
}
