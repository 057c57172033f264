/* What is known of a request beside its bytes: who asks, or why not, and what the journal will say about it. It lies in the exchange's
 * arena, from the gate (which makes it, for routes that want a principal) to the end of the exchange. */
#ifndef API_VISIT_H
#define API_VISIT_H

#include "api/internal.h"

enum { VISIT_TEXT_BYTES = 128, VISIT_STRANGERS_MAX = 60 }; /* the second: a minute, in the journal */

struct visit {
    const struct route *route; /* NULL: there is none */
    struct principal who;
    bool known;               /* who is */
    bool noted;               /* also a GET becomes an event */
    struct api_error refusal; /* the gate's; status 0: none */
    uint64_t begin_ns;
    int64_t begin_ms;
    char subject[VISIT_TEXT_BYTES]; /* model, collection */
    char reason[VISIT_TEXT_BYTES];  /* code of the error that it was answered with */
    uint32_t first_ms, tokens_in, tokens_cached, tokens_out;
};

/* NULL: there is no memory. */
struct visit *visit_begin(struct api *a, struct http_exchange *x, const struct route *r);
/* NULL: a route that wants to know nobody. */
struct visit *visit_of(const struct http_exchange *x);

/* ---- for handlers; without a visit they do nothing */
void note_subject(struct http_exchange *x, struct str subject);
void note_tokens(struct http_exchange *x, uint64_t in, uint64_t cached, uint64_t out);
void note_first_ms(struct http_exchange *x, double ms);
void note_reason(struct http_exchange *x, const char *code);

#endif
