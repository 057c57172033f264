/* One HTTP request that makes a model write, from its body to the last byte of its answer.
 *
 *   exchange ── generation ─┬─ call (one ticket of the runtime for each prompt) ── choices
 *                           └─ call …
 *
 *   RUNNING ── every choice is done ──────────────► OVER     the answer is complete
 *      └────── error, or the client goes away ────► OVER     open tickets are canceled
 *
 * An answer is either streamed (sse.c: each event goes out as it comes) or collected (answer.c: one JSON at the end);
 * what differs between chat and completions is in a `shape` (shape.c).
 *
 * Lifetime: the exchange's `ended` is the only place where a generation is freed. Since it may run within any call of http_…, each
 * entry from outside (the runtime's events, `drained`) holds the generation with `busy`, and the last one out frees it.
 *
 * Back-pressure: a ticket begins with STREAM_CREDIT events. As long as the client takes what is written, credit goes back in
 * small batches; when it does not, credit is owed until the exchange has drained, the engine parks the sequences, and at most
 * STREAM_CREDIT events a prompt lie in the exchange's buffer. Collected answers have unlimited credit, but bounded size. */
#ifndef API_GENERATION_H
#define API_GENERATION_H

#include "api/internal.h"
#include "api/logprobs.h"
#include "api/request.h"

enum {
    STREAM_CREDIT = 64,
    STREAM_CREDIT_BATCH = 16,
    STREAM_EVENT_BYTES_MAX = 4 << 20, /* one event's JSON: a token with 20 alternatives is some kilobytes */
    STREAM_SILENCE_MS = 10000,        /* after so long without a byte a comment shows that the server lives */
};

struct generation;

struct choice {
    bool done;
    enum gen_finish reason;
    uint32_t completion_tokens; /* once it is done */
    uint32_t pieces;            /* of text so far: about its tokens */
    float decode_ms;
    struct buf text; /* collected */
    struct logprobs logprobs;
};

/* One prompt's way through the runtime. */
struct call {
    struct generation *g;
    struct ticket *ticket;  /* NULL: not submitted, or gone */
    uint32_t first_choice;  /* its choices are first_choice … + n - 1 */
    uint32_t open;          /* choices that are not done */
    uint32_t owed;          /* credit that was used and not given back */
    struct gen_usage usage; /* of the prompt */
    uint32_t read;          /* of its tokens so far */
    float queue_ms, prefill_ms;
};

struct shape;
struct generation {
    struct api *api;
    struct http_exchange *x; /* NULL after `ended` */
    const struct shape *shape;
    struct generation *prev, *next;

    char id[API_ID_BYTES];
    char *model; /* owned */
    int64_t created_s, principal;
    bool admitted; /* limit_release is owed */
    bool stream, include_usage, logprobs;
    uint32_t n_per_call, n_calls, n_choices, n_open; /* n_open: calls that are not complete */
    struct call *calls;                              /* [n_calls] */
    struct choice *choices;                          /* [n_choices] */

    struct buf scratch; /* the event that is being written */
    struct str head;    /* owned: the beginning that all chunks have in common */
    bool begun;         /* the response's headers have gone out */
    bool blocked;       /* the client is slow: wait for `drained` */
    bool over;
    int busy;
    uint64_t last_write_ms;
};

/* What differs between the two endpoints. */
struct shape {
    const char *id_prefix, *object, *chunk_object;
    bool has_role;                                      /* the first chunk of a choice says who speaks */
    void (*put_whole)(struct json *j, struct str text); /* a complete answer's key and value */
    void (*put_delta)(struct json *j, struct str text, bool first);
    void (*put_end)(struct json *j); /* the same of the last chunk, which has no text */
    const struct logprobs_form *logprobs;
};
extern const struct shape shape_chat, shape_completion;

/* id, object, created, model, system_fingerprint: what every answer and chunk begins with. */
void shape_put_head(struct json *j, const struct generation *g, const char *object);
void shape_put_usage(struct json *j, const struct generation *g);
const char *shape_finish(enum gen_finish reason);

/* ---- sse.c */
bool sse_begin(struct generation *g);
void sse_text(struct generation *g, struct call *c, uint32_t choice, const struct gen_event *ev);
void sse_done(struct generation *g, uint32_t choice);
void sse_complete(struct generation *g);
void sse_error(struct generation *g, const struct api_error *e);
/* Shows that the server lives while a request waits. */
void sse_progress(struct generation *g, const struct gen_event *ev);
void sse_drained(struct generation *g);

/* ---- answer.c */
void answer_text(struct generation *g, uint32_t choice, const struct gen_event *ev);
void answer_send(struct generation *g);

/* ---- generation.c */
/* Ends with an error: as an answer when nothing has gone out, else within the stream. */
void generation_fail(struct generation *g, const struct api_error *e);
uint64_t generation_now_ms(const struct generation *g);

#endif
