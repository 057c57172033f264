#include "api/visit.h"

#include <stdio.h>

#include "observe/journal.h"

struct visit *visit_begin(struct api *a, struct http_exchange *x, const struct route *r)
{
    struct visit *v = arena_calloc(http_arena(x), 1, sizeof *v);
    if (!v)
        return NULL;
    v->route = r;
    v->begin_ns = clock_ns(a->c.clock);
    v->begin_ms = clock_wall_ms(a->c.clock);
    http_set_user(x, v);
    return v;
}

struct visit *visit_of(const struct http_exchange *x)
{
    return (struct visit *)(uintptr_t)http_user(x); /* the exchange holds it for us as constant; it is ours */
}

static uint32_t clamp(uint64_t n)
{
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

void note_subject(struct http_exchange *x, struct str subject)
{
    struct visit *v = visit_of(x);
    if (!v)
        return;
    str_copy(v->subject, sizeof v->subject, subject);
    v->noted = true;
}

void note_tokens(struct http_exchange *x, uint64_t in, uint64_t cached, uint64_t out)
{
    struct visit *v = visit_of(x);
    if (!v)
        return;
    v->tokens_in = clamp(in);
    v->tokens_cached = clamp(cached);
    v->tokens_out = clamp(out);
}

void note_first_ms(struct http_exchange *x, double ms)
{
    struct visit *v = visit_of(x);
    if (v && ms > 0)
        v->first_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void note_reason(struct http_exchange *x, const char *code)
{
    struct visit *v = visit_of(x);
    if (v)
        str_copy(v->reason, sizeof v->reason, str_of(code));
}

/* ---- the journal */

static enum journal_end end_of(const struct visit *v, int status, bool aborted)
{
    if (aborted)
        return JOURNAL_LEFT;
    if (status >= 400)
        return status < 500 ? JOURNAL_REFUSED : JOURNAL_FAILED;
    return v->reason[0] ? JOURNAL_FAILED : JOURNAL_DONE; /* a stream that had begun well */
}

/* What changes something or makes a model work; reading what is there is not written down. */
static bool is_event(const struct visit *v, const struct http_request *q)
{
    bool reads = str_eq(q->method, STR("GET")) || str_eq(q->method, STR("HEAD"));
    return v && v->route && (!reads || v->noted);
}

/* Whoever reaches the server could otherwise push everything out of the journal: of those who are not known a few a minute are written, and
 * with the first of a later minute how many were not. */
static bool stranger_fits(struct api *a, int64_t now_ms, uint64_t *ret_left_out)
{
    int64_t minute = now_ms / 60000;
    if (minute != a->strangers.minute) {
        *ret_left_out = a->strangers.left_out;
        a->strangers.minute = minute;
        a->strangers.n = a->strangers.left_out = 0;
    }
    if (a->strangers.n < VISIT_STRANGERS_MAX)
        a->strangers.n++;
    else if (a->strangers.left_out < UINT32_MAX)
        a->strangers.left_out++;
    return !a->strangers.left_out;
}

void api_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    struct api *a = ctx;
    const struct http_request *q = http_request(x);
    const struct visit *v = visit_of(x);
    char what[VISIT_TEXT_BYTES];
    uint64_t left_out = 0;
    if (!a->c.journal || !is_event(v, q) || (!v->known && !stranger_fits(a, v->begin_ms, &left_out)))
        return;
    int status = http_status(x);
    snprintf(what, sizeof what, "%s %s", v->route->method, v->route->path);
    journal_add(a->c.journal, &(struct journal_event){
                                  .time_ms = v->begin_ms,
                                  .owner = v->known ? v->who.id : 0,
                                  .who = v->known ? str_of(v->who.name) : (struct str){0},
                                  .what = str_of(what),
                                  .subject = str_of(v->subject),
                                  .reason = str_of(v->reason),
                                  .content = q->body,
                                  .end = end_of(v, status, aborted),
                                  .status = (uint32_t)status,
                                  .took_ms = clamp((clock_ns(a->c.clock) - v->begin_ns) / 1000000),
                                  .first_ms = v->first_ms,
                                  .tokens_in = v->tokens_in,
                                  .tokens_cached = v->tokens_cached,
                                  .tokens_out = v->tokens_out,
                                  .bytes_in = q->body.len,
                                  .bytes_out = http_sent(x),
                                  .count = left_out,
                              });
}
