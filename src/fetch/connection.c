/* One of the connections of a download: takes a run of free pieces, loads it, takes the next.
 *
 *     take ──► load ──► done ──► take … until no piece is free
 *               │ broken, 429, 5xx: pause, and go on from the byte that came last
 *               │ too often: give the run back and leave; the last connection's failure is the download's
 *               └ refused, wrong, no room: the download ends
 *
 * Runs become shorter towards the end, so that one slow connection does not keep all others waiting. */
#include <stdio.h>

#include "fetch/download_internal.h"

enum { PROGRESS_BYTES = 64 << 10 }; /* so much since the last failure means that it was not in vain */

struct connection {
    struct download *d;
    struct transfer *t;
    size_t first, end; /* pieces of the run */
    uint64_t at, to;   /* bytes of it that are still to come */
    uint64_t fresh;    /* bytes since the last failure */
    uint32_t failures, asked_ms;
    int answer; /* what `head` found: OK, or why it refused */
    struct err err;
};

static void end_all(struct download *d, int code, const struct err *why)
{
    pthread_mutex_lock(&d->lock);
    if (!d->code) {
        d->code = code;
        if (why)
            d->err = *why;
    }
    atomic_store_explicit(&d->stop, true, memory_order_relaxed);
    pthread_cond_broadcast(&d->news);
    pthread_mutex_unlock(&d->lock);
}

/* ---- runs */

static size_t count_pieces(const struct part *p, enum piece state)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_pieces; i++)
        n += p->pieces[i] == state;
    return n;
}

static void take_free(struct connection *c, size_t n_free)
{
    struct part *p = &c->d->part;
    size_t most = n_free / (size_t)(2 * c->d->alive) + 1, i = 0;
    most = most < RUN_PIECES_MAX ? most : RUN_PIECES_MAX;
    while (p->pieces[i] != PIECE_FREE)
        i++;
    c->first = i;
    while (i < p->n_pieces && p->pieces[i] == PIECE_FREE && i - c->first < most)
        p->pieces[i++] = PIECE_TAKEN;
    c->end = i;
    c->at = (uint64_t)c->first * PART_PIECE;
    c->to = (uint64_t)(i - 1) * PART_PIECE + part_piece_bytes(p, i - 1);
}

/* Waits while all that is left is in others' hands, since they may give it back. */
static bool take(struct connection *c)
{
    struct download *d = c->d;
    size_t n_free = 0;
    pthread_mutex_lock(&d->lock);
    while (!atomic_load_explicit(&d->stop, memory_order_relaxed) && !(n_free = count_pieces(&d->part, PIECE_FREE)) &&
           count_pieces(&d->part, PIECE_TAKEN))
        pthread_cond_wait(&d->news, &d->lock);
    bool got = n_free && !atomic_load_explicit(&d->stop, memory_order_relaxed);
    if (got)
        take_free(c, n_free);
    pthread_mutex_unlock(&d->lock);
    return got;
}

/* The piece that ends at `at` has become complete. */
static void piece_done(struct connection *c)
{
    struct download *d = c->d;
    pthread_mutex_lock(&d->lock);
    while (c->first < c->end && (uint64_t)c->first * PART_PIECE + part_piece_bytes(&d->part, c->first) <= c->at)
        d->part.pieces[c->first++] = PIECE_DONE;
    if (c->first == c->end)
        pthread_cond_broadcast(&d->news);
    pthread_mutex_unlock(&d->lock);
}

static void give_back(struct connection *c)
{
    struct download *d = c->d;
    if (c->first == c->end)
        return;
    pthread_mutex_lock(&d->lock);
    atomic_fetch_sub_explicit(&d->at, c->at - (uint64_t)c->first * PART_PIECE, memory_order_relaxed); /* of a piece that has begun */
    while (c->first < c->end)
        d->part.pieces[c->first++] = PIECE_FREE;
    pthread_cond_broadcast(&d->news);
    pthread_mutex_unlock(&d->lock);
}

/* ---- one answer */

/* Another version of the file: with a digest the end decides, without one what is there is worth nothing. */
static int see_version(struct connection *c, struct transfer *t)
{
    struct download *d = c->d;
    struct str now = download_validator(t);
    if (str_eq(now, d->source.validator))
        return OK;
    pthread_mutex_lock(&d->lock);
    d->changed = true;
    pthread_mutex_unlock(&d->lock);
    return d->source.sha256.len ? OK : err_set(&c->err, ERR_CORRUPT, "the file has changed on the server");
}

static int see_range(struct connection *c, struct transfer *t)
{
    uint64_t from, to, size;
    if (!download_content_range(transfer_header(t, "content-range"), &from, &to, &size) || from != c->at || to > c->to)
        return err_set(&c->err, ERR_IO, "the server has sent another range than it was asked for");
    if (size != c->d->part.size) {
        pthread_mutex_lock(&c->d->lock);
        c->d->changed = true;
        pthread_mutex_unlock(&c->d->lock);
        return err_set(&c->err, ERR_CORRUPT, "the file's size has changed on the server");
    }
    return see_version(c, t);
}

/* A whole file where a range was asked for: If-Range has found another version. */
static int see_whole(struct connection *c)
{
    if (!c->d->ranges)
        return OK;
    pthread_mutex_lock(&c->d->lock);
    c->d->changed = true;
    pthread_mutex_unlock(&c->d->lock);
    return err_set(&c->err, ERR_CORRUPT, "the file has changed on the server");
}

static int on_head(void *ctx, struct transfer *t)
{
    struct connection *c = ctx;
    int status = transfer_status(t);
    c->answer = status == 206 && c->d->ranges ? see_range(c, t)
                : status == 200               ? see_whole(c)
                                              : download_refusal(status, c->d->q->url, &c->err);
    if (c->answer == ERR_AGAIN)
        c->asked_ms = download_retry_after(transfer_header(t, "retry-after"));
    return c->answer;
}

static int on_data(void *ctx, struct transfer *t, struct str bytes)
{
    struct connection *c = ctx;
    struct download *d = c->d;
    (void)t;
    if (bytes.len > c->to - c->at)
        return c->answer = err_set(&c->err, ERR_CORRUPT, "the server sends more than the file's size");
    int rc = part_write(&d->part, c->at, bytes, &c->err);
    if (rc)
        return c->answer = rc;
    bool crossed = d->ranges && (c->at / PART_PIECE != (c->at + bytes.len) / PART_PIECE || c->at + bytes.len == c->to);
    c->at += bytes.len;
    c->fresh += bytes.len;
    atomic_fetch_add_explicit(&d->at, bytes.len, memory_order_relaxed);
    if (crossed)
        piece_done(c);
    return OK;
}

/* ---- attempts */

static int attempt(struct connection *c)
{
    struct download *d = c->d;
    const char *headers[20] = {0};
    char if_range[PART_VALIDATOR_MAX + 16];
    size_t n = 0;
    for (; d->q->headers && d->q->headers[n] && n < 16; n++)
        headers[n] = d->q->headers[n];
    struct str v = d->source.validator;
    /* A weak ETag may not stand there, RFC 9110, 13.1.5. With a digest a new version shall come, and be found out. */
    if (d->ranges && v.len && !str_starts(v, STR("W/")) && !d->source.sha256.len) {
        snprintf(if_range, sizeof if_range, "If-Range: " STR_FMT, STR_ARG(v));
        headers[n++] = if_range;
    }
    struct transfer_request q = {.url = d->q->url,
                                 .headers = headers,
                                 .from = d->ranges ? c->at : 0,
                                 .to = d->ranges ? c->to : 0,
                                 .stall_ms_max = d->q->stall_ms_max ? d->q->stall_ms_max : 30000,
                                 .answer_bytes_max = PART_BYTES_MAX,
                                 .ca_file = d->q->ca_file,
                                 .cancel = &d->stop,
                                 .head = on_head,
                                 .data = on_data,
                                 .ctx = c};
    c->answer = OK;
    c->asked_ms = 0;
    int rc = transfer_run(c->t, &q, &c->err);
    if (!rc && d->ranges && c->at < c->to)
        rc = err_set(&c->err, ERR_CLOSED, "the server has sent less than it was asked for");
    return rc;
}

/* One more failure. True: try again. */
static bool patience(struct connection *c)
{
    struct download *d = c->d;
    c->failures = d->ranges && c->fresh >= PROGRESS_BYTES ? 1 : c->failures + 1; /* without ranges all of it was in vain */
    c->fresh = 0;
    return c->failures < (d->q->attempts_max ? d->q->attempts_max : 8) &&
           download_pause(d->q->retry_ms, c->failures, c->asked_ms, d->q->cancel, &d->stop);
}

static void restart_whole(struct connection *c)
{
    atomic_fetch_sub_explicit(&c->d->at, c->at, memory_order_relaxed);
    c->at = 0;
}

/* Loads the run, however many attempts it takes. */
static int load(struct connection *c)
{
    for (;;) {
        int rc = attempt(c);
        if (!rc) {
            c->failures = 0;
            return OK;
        }
        if (!download_later(rc) || !patience(c))
            return rc;
        if (!c->d->ranges)
            restart_whole(c);
    }
}

static int load_all(struct connection *c)
{
    if (!c->d->ranges) {
        c->to = c->d->limit;
        int rc = load(c);
        c->d->length = c->at; /* the only connection; the calling thread reads it after having joined this one */
        return rc;
    }
    int rc = OK;
    while (!rc && take(c))
        rc = load(c);
    return rc;
}

/* Leaves; the download ends with the last one's failure, and at once for a reason that others would meet as well. */
static void leave(struct connection *c, int rc)
{
    struct download *d = c->d;
    give_back(c);
    pthread_mutex_lock(&d->lock);
    bool last = !--d->alive, missing = d->ranges && count_pieces(&d->part, PIECE_DONE) < d->part.n_pieces;
    pthread_cond_broadcast(&d->news);
    pthread_mutex_unlock(&d->lock);
    if (rc && (!download_later(rc) || (last && (missing || !d->ranges))))
        end_all(d, rc == ERR_AGAIN ? ERR_CLOSED : rc, &c->err);
}

void *connection_main(void *arg)
{
    struct connection c = {.d = arg};
    int rc = transfer_create(&c.t, &c.err);
    if (!rc)
        rc = load_all(&c);
    leave(&c, rc);
    transfer_free(c.t);
    return NULL;
}
