/*  probe ──► begin (state? room?) ──► connections load ──► digest ──► check ──► rename
 *    ▲                                     │ changed          │ wrong
 *    └──── again from nothing, RESTARTS_MAX times ◄───────────┴ (only when a change was seen) else: removed, refused
 *
 * The probe asks for the first byte: the answer's Content-Range tells whether there are ranges, the size, and the version. */
#include "fetch/download.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fetch/digest.h"
#include "fetch/download_internal.h"
#include "fetch/url.h"

enum { RESTARTS_MAX = 3, TICK_MS = 200, SAVE_MS = 2000, RATE_SAMPLES = 25, RETRY_AFTER_MAX_S = 120 };

struct probe {
    struct download *d;
    int answer;
    uint64_t size; /* 0: not known */
    bool ranges, sized;
    char validator[PART_VALIDATOR_MAX];
    uint32_t asked_ms;
    struct err err;
};

/* The last seconds, from which the rate comes. */
struct meter {
    uint64_t at[RATE_SAMPLES], ns[RATE_SAMPLES];
    size_t n;
};

/* ---- parts of answers */

int download_refusal(int status, const char *url, struct err *e)
{
    if (status == 401 || status == 403)
        return err_set(e, ERR_DENIED, "the server answers %d for %s: it wants a token, or has not granted access to this one", status, url);
    if (status == 404 || status == 410)
        return err_set(e, ERR_NOENT, "the server answers %d: there is no file at %s", status, url);
    bool later = status == 408 || status == 425 || status == 429 || status >= 500;
    return err_set(e, later ? ERR_AGAIN : ERR_UNSUPPORTED, "the server answers %d for %s", status, url);
}

uint32_t download_retry_after(struct str value)
{
    uint64_t s;
    if (str_to_u64(value, &s))
        return 0;
    return (uint32_t)(s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * 1000;
}

bool download_content_range(struct str value, uint64_t *ret_from, uint64_t *ret_to, uint64_t *ret_size)
{
    struct str unit = STR("bytes "), from_text, to_text;
    uint64_t from, last, size;
    if (value.len < unit.len || !str_ieq(str_head(value, unit.len), unit))
        return false;
    value = str_skip(value, unit.len);
    if (!str_split(&value, '-', &from_text) || !value.ptr || !str_split(&value, '/', &to_text) || !value.ptr)
        return false;
    if (str_to_u64(from_text, &from) || str_to_u64(to_text, &last) || str_to_u64(value, &size) || last < from || last >= size)
        return false;
    *ret_from = from;
    *ret_to = last + 1;
    *ret_size = size;
    return true;
}

struct str download_validator(struct transfer *t)
{
    struct str v = transfer_header(t, "etag");
    if (!v.len)
        v = transfer_header(t, "last-modified");
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.ptr[i] < ' ' || v.ptr[i] == 0x7f)
            return (struct str){0};
    return v.len < PART_VALIDATOR_MAX ? v : (struct str){0};
}

bool download_later(int code)
{
    return code == ERR_AGAIN || code == ERR_CLOSED || code == ERR_TIMEOUT || code == ERR_IO;
}

static bool raised(const atomic_bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

static bool canceled(const struct download_request *q)
{
    return raised(q->cancel);
}

bool download_pause(uint32_t first_ms, uint32_t failures, uint32_t asked_ms, const atomic_bool *cancel, const atomic_bool *stop)
{
    uint64_t first = first_ms ? first_ms : 500, ms = first << (failures - 1 < 5 ? failures - 1 : 5);
    ms = ms < first * 30 ? ms : first * 30;
    ms = asked_ms > ms ? asked_ms : ms;
    for (uint64_t end = clock_ns(&clock_system) + ms * 1000000; clock_ns(&clock_system) < end;) {
        if (raised(cancel) || raised(stop))
            return false;
        nanosleep(&(struct timespec){0, ms < 50 ? 5000000 : 50000000}, NULL);
    }
    return true;
}

/* ---- the probe */

static int on_probe(void *ctx, struct transfer *t)
{
    struct probe *p = ctx;
    int status = transfer_status(t);
    uint64_t from, to, size = 0;
    struct str length = transfer_header(t, "content-length");
    str_copy(p->validator, sizeof p->validator, download_validator(t));
    p->ranges = status == 206;
    if (status == 206 && (!download_content_range(transfer_header(t, "content-range"), &from, &to, &size) || from))
        return p->answer = err_set(&p->err, ERR_CORRUPT, "the server answers a range without saying which");
    if (status == 200 && length.ptr && str_to_u64(length, &size))
        return p->answer = err_set(&p->err, ERR_CORRUPT, "the server's Content-Length is no number");
    if (status != 206 && status != 200) {
        p->asked_ms = download_retry_after(transfer_header(t, "retry-after"));
        return p->answer = download_refusal(status, p->d->q->url, &p->err);
    }
    p->size = size;
    p->sized = size || transfer_header(t, "transfer-encoding").len;
    return p->answer = ERR_EXISTS; /* enough is known: ends the transfer */
}

static int probe_once(struct transfer *t, struct probe *p)
{
    const struct download_request *r = p->d->q;
    struct transfer_request q = {.url = r->url,
                                 .headers = r->headers,
                                 .from = 0,
                                 .to = 1,
                                 .stall_ms_max = r->stall_ms_max ? r->stall_ms_max : 30000,
                                 .ca_file = r->ca_file,
                                 .cancel = r->cancel,
                                 .head = on_probe,
                                 .ctx = p};
    p->answer = OK;
    int rc = transfer_run(t, &q, &p->err);
    return p->answer == ERR_EXISTS ? OK : p->answer ? p->answer : rc ? rc : err_set(&p->err, ERR_CORRUPT, "the server has no answer");
}

static int probe(struct probe *p, struct err *e)
{
    struct transfer *t = NULL;
    int rc = transfer_create(&t, e);
    if (rc)
        return rc;
    uint32_t most = p->d->q->attempts_max ? p->d->q->attempts_max : 4;
    for (uint32_t failures = 1;; failures++) {
        rc = probe_once(t, p);
        if (!download_later(rc) || failures >= most || !download_pause(p->d->q->retry_ms, failures, p->asked_ms, p->d->q->cancel, NULL))
            break;
    }
    transfer_free(t);
    if (canceled(p->d->q))
        return err_set(e, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
    return rc ? err_set(e, rc == ERR_AGAIN ? ERR_CLOSED : rc, "%s", p->err.text) : OK;
}

/* ---- progress */

static void meter_add(struct meter *m, uint64_t at)
{
    m->at[m->n % RATE_SAMPLES] = at;
    m->ns[m->n % RATE_SAMPLES] = clock_ns(&clock_system);
    m->n++;
}

static uint64_t meter_rate(const struct meter *m)
{
    if (m->n < 2)
        return 0;
    size_t last = (m->n - 1) % RATE_SAMPLES, first = m->n > RATE_SAMPLES ? m->n % RATE_SAMPLES : 0;
    uint64_t ns = m->ns[last] - m->ns[first], bytes = m->at[last] > m->at[first] ? m->at[last] - m->at[first] : 0;
    return ns ? (uint64_t)((double)bytes * 1e9 / (double)ns) : 0;
}

static void tell(struct download *d, struct meter *m)
{
    uint64_t at = atomic_load_explicit(&d->at, memory_order_relaxed);
    meter_add(m, at);
    if (!d->q->progress)
        return;
    struct download_progress p = {.phase = DOWNLOAD_LOADING, .done = at, .total = d->part.size, .rate_bps = meter_rate(m), .eta_s = -1};
    if (p.rate_bps && p.total >= at)
        p.eta_s = (int64_t)((p.total - at) / p.rate_bps);
    d->q->progress(d->q->ctx, &p);
}

static void tell_checking(void *ctx, uint64_t done)
{
    struct download *d = ctx;
    if (d->q->progress && (done % (16 << 20) == 0 || done == d->part.size))
        d->q->progress(d->q->ctx, &(struct download_progress){DOWNLOAD_CHECKING, done, d->part.size, 0, -1});
}

/* ---- loading */

static void wait_for_news(struct download *d)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&d->news, &d->lock, &until);
}

/* Failing to save costs only what would be loaded again. */
static void save(struct download *d)
{
    uint8_t *copy = d->ranges ? malloc(d->part.n_pieces + 1) : NULL;
    if (!copy)
        return;
    pthread_mutex_lock(&d->lock);
    memcpy(copy, d->part.pieces, d->part.n_pieces);
    pthread_mutex_unlock(&d->lock);
    part_save(&d->part, &d->source, copy, NULL);
    free(copy);
}

static void attend(struct download *d)
{
    struct meter m = {0};
    uint64_t saved_ns = clock_ns(&clock_system), saved = atomic_load_explicit(&d->at, memory_order_relaxed);
    pthread_mutex_lock(&d->lock);
    while (d->alive) {
        wait_for_news(d);
        pthread_mutex_unlock(&d->lock);
        if (canceled(d->q))
            atomic_store_explicit(&d->stop, true, memory_order_relaxed);
        tell(d, &m);
        uint64_t now = clock_ns(&clock_system), at = atomic_load_explicit(&d->at, memory_order_relaxed);
        if (now - saved_ns > (uint64_t)SAVE_MS * 1000000 && at != saved) {
            save(d);
            saved_ns = now;
            saved = at;
        }
        pthread_mutex_lock(&d->lock);
        if (atomic_load_explicit(&d->stop, memory_order_relaxed))
            pthread_cond_broadcast(&d->news); /* those who wait for pieces look again */
    }
    pthread_mutex_unlock(&d->lock);
}

static int connect_all(struct download *d, struct err *e)
{
    pthread_t threads[DOWNLOAD_CONNECTIONS_MAX];
    int want = d->q->connections ? (int)d->q->connections : DOWNLOAD_CONNECTIONS, n = 0;
    want = want < DOWNLOAD_CONNECTIONS_MAX ? want : DOWNLOAD_CONNECTIONS_MAX;
    if (!d->ranges)
        want = 1;
    else if ((size_t)want > d->part.n_pieces)
        want = (int)d->part.n_pieces;
    d->alive = want;
    while (n < want && !pthread_create(&threads[n], NULL, connection_main, d))
        n++;
    pthread_mutex_lock(&d->lock);
    d->alive -= want - n;
    pthread_mutex_unlock(&d->lock);
    attend(d);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    if (want && !n)
        return err_set(e, ERR_NOMEM, "no thread could be started");
    if (canceled(d->q))
        return err_set(e, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
    if (d->code && e)
        *e = d->err;
    return d->code;
}

/* ---- the end */

static int finish(struct download *d, struct err *e)
{
    uint64_t size = d->ranges ? d->part.size : d->length;
    char digest[DIGEST_HEX + 1];
    if ((d->q->size && size != d->q->size) || (d->part.size && size != d->part.size))
        return err_set(e, ERR_CORRUPT, "%llu bytes have come where %llu were promised", (unsigned long long)size,
                       (unsigned long long)(d->q->size ? d->q->size : d->part.size));
    d->part.size = size;
    if (d->source.sha256.len) {
        int rc = digest_file(d->part.fd, size, d->q->cancel, tell_checking, d, digest, e);
        if (rc)
            return rc;
        if (!str_eq(d->source.sha256, str_of(digest)))
            return err_set(e, ERR_CORRUPT, "the bytes that came are not the right ones: their SHA-256 is %s and should be " STR_FMT, digest,
                           STR_ARG(d->source.sha256));
    }
    if (!size)
        return err_set(e, ERR_CORRUPT, "the file is empty");
    if (ftruncate(d->part.fd, (off_t)size))
        return err_set(e, ERR_IO, "%s cannot be written", d->part.part_path);
    int rc = d->q->check ? d->q->check(d->q->ctx, d->part.part_path, e) : OK;
    if (rc)
        return rc == ERR_NOMEM ? rc : ERR_CORRUPT;
    return part_finish(&d->part, size, e);
}

/* ---- one round */

static int begin(struct download *d, struct probe *p, struct err *e)
{
    d->ranges = p->ranges;
    d->source.size = p->size;
    d->source.validator = str_of(p->validator);
    if (d->q->size && p->size && p->size != d->q->size)
        return err_set(e, ERR_CORRUPT, "the server's file has %llu bytes, and should have %llu", (unsigned long long)p->size,
                       (unsigned long long)d->q->size);
    if (!p->sized && !d->source.sha256.len && !d->q->size)
        return err_set(e, ERR_UNSUPPORTED, "the server does not say how long the file is; with its SHA-256 it can be loaded all the same");
    d->begun = true;
    if (!d->ranges)
        return part_begin_whole(&d->part, p->size ? p->size : d->q->size, &d->limit, e);
    int rc = part_begin(&d->part, &d->source, e);
    if (rc)
        return rc;
    atomic_store(&d->at, part_done_bytes(&d->part));
    d->resumed = part_done_bytes(&d->part) > 0;
    return OK;
}

static void reset(struct download *d)
{
    d->code = OK;
    d->changed = d->resumed = d->wrong = d->begun = false;
    d->length = 0;
    atomic_store(&d->at, 0);
    atomic_store(&d->stop, false);
}

static int one_round(struct download *d, struct err *e)
{
    struct probe p = {.d = d};
    reset(d);
    int rc = probe(&p, e);
    if (!rc)
        rc = begin(d, &p, e);
    if (!rc && (rc = connect_all(d, e)))
        save(d);
    if (!rc) {
        rc = finish(d, e);
        d->wrong = rc == ERR_CORRUPT;
    }
    return rc;
}

/* Is nothing lost with the part? A server that could not be asked says nothing about what an earlier run has loaded. */
static bool worthless(const struct download *d)
{
    return d->begun ? !d->ranges || !part_done_bytes(&d->part) : access(d->part.state_path, F_OK) != 0;
}

static void tell_kept(const struct download *d, uint64_t bytes)
{
    if (d->q->progress)
        d->q->progress(d->q->ctx, &(struct download_progress){DOWNLOAD_LOADING, bytes, d->part.size, 0, -1});
}

/* What was wrong is not kept. It is tried again when there is a reason to hope: another version has been met, or pieces of an earlier run.
 */
static int rounds(struct download *d, struct err *e)
{
    for (int restarts = 0;; restarts++) {
        int rc = one_round(d, e);
        bool useless = d->wrong || (rc && d->changed);
        if (!rc)
            return OK;
        bool lost = useless || worthless(d);
        if (lost)
            part_discard(&d->part);
        if (!useless || !(d->changed || d->resumed) || restarts == RESTARTS_MAX || canceled(d->q)) {
            if (lost || d->begun)
                tell_kept(d, lost ? 0 : part_done_bytes(&d->part));
            return rc;
        }
        part_close(&d->part); /* the discarded file has no name any more */
        if ((rc = part_open(d->q->path, &d->part, e)))
            return rc;
    }
}

int download_run(const struct download_request *q, struct err *e)
{
    struct download d = {.q = q, .part.fd = -1};
    char sha256[DIGEST_HEX + 1] = "";
    if (q->sha256 && !digest_parse(str_of(q->sha256), sha256))
        return err_set(e, ERR_INVAL, "a SHA-256 is written as 64 hexadecimal digits");
    if (!access(q->path, F_OK))
        return err_set(e, ERR_EXISTS, "%s is there already", q->path);
    struct url url = {0};
    int rc = url_parse(str_of(q->url), &url, e);
    if (rc)
        return rc;
    if ((rc = part_open(q->path, &d.part, e)))
        goto out;
    pthread_mutex_init(&d.lock, NULL);
    pthread_cond_init(&d.news, NULL);
    d.source.url = str_of(url.text);
    d.source.sha256 = str_of(sha256);
    rc = rounds(&d, e);
    pthread_cond_destroy(&d.news);
    pthread_mutex_destroy(&d.lock);
    part_close(&d.part);
out:
    url_deinit(&url);
    return rc;
}
