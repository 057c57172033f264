/* One HTTP request that makes a model write, from its body to the last byte of its answer.
 *
 *   exchange ── generation ─┬─ call (one ticket of the runtime for each prompt) ── choices
 *                           └─ call …
 *
 *   RUNNING ── every choice is done ──────────────► OVER     the answer is complete
 *      └────── error, or the client goes away ────► OVER     open tickets are canceled
 *
 * An answer is either streamed (stream.c: each event goes out as it comes) or collected (answer.c: one JSON at the end);
 * how either looks is its API's `shape`.
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

/* A call of a tool, as far as it has come. */
struct choice_call {
    struct buf id, name, arguments;
};

struct choice {
    bool done;
    enum gen_finish reason;
    uint32_t completion_tokens; /* once it is done */
    uint32_t pieces;            /* of text so far: about its tokens */
    float decode_ms;
    uint32_t reasoning_tokens;
    struct buf text, reasoning; /* collected */
    struct choice_call *calls;  /* [n_calls]; collected */
    uint32_t n_calls;
    char stop[GEN_STOP_BYTES_MAX + 1]; /* the text that ended it, or "" */
    struct logprobs logprobs;
};

/* One prompt's way through the runtime. */
struct call {
    struct generation *g;
    struct ticket *ticket;        /* NULL: not submitted, or gone */
    uint32_t first_choice;        /* its choices are first_choice … + n - 1 */
    uint32_t open;                /* choices that are not done */
    uint32_t owed;                /* credit that was used and not given back */
    struct gen_usage usage;       /* of the prompt */
    uint32_t read, total, cached; /* of its tokens so far, of how many, and of them remembered */
    float queue_ms, prefill_ms;
};

struct shape;
struct generation {
    struct api *api;
    struct http_exchange *x; /* NULL after `ended` */
    const struct shape *shape;
    struct generation *prev, *next;

    char id[API_ID_BYTES];
    char *model;  /* owned */
    json_t *body; /* owned; of shapes that keep it, else NULL */
    int64_t created_s, principal;
    bool admitted; /* limit_release is owed */
    bool stream, include_usage, logprobs, hides_reasoning;
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
    uint64_t begin_ns, loaded_ns; /* loaded: of the last news about loading the model, or 0 */
    void *own;                    /* the shape's */
    struct {
        uint32_t item;     /* of the part of the answer that is open */
        uint64_t sequence; /* of the next event */
        int kind;          /* of that part; the shape's own words */
    } at;                  /* the shape's own place in its stream */
};

/* How an API's answers look. Its functions render into g->scratch and send with stream_send, or write into the buffer that they are
 * given; g->x is there when they are called. All but `put_whole` are only used by streams. */
struct shape {
    const char *id_prefix;
    const char *stream_type; /* the content type of a stream */
    bool only_counts;        /* the prompt's tokens, which are known when it begins to be read: there is no answer, and no stream */
    bool builds;             /* text, reasoning, tool_call and done run for collected answers, too */
    bool (*init)(struct generation *g, const struct api_request *r); /* of g->own; false: no memory. May be NULL, with dispose */
    void (*dispose)(struct generation *g);
    /* Begins what must be done between the last choice and the last word, and ends with generation_deliver. False: nothing was begun. */
    bool (*keep)(struct generation *g);
    bool keeps_body;                                         /* g->body stays until the end */
    bool collects_text, collects_calls;                      /* also of a stream: what comes last says it all again */
    const struct logprobs_form *logprobs;                    /* NULL: this API has none */
    const struct openai_form *openai;                        /* of openai_stream.c's functions only */
    void (*put_whole)(struct generation *g, struct json *j); /* the collected answer, one JSON value */
    bool (*begin)(struct generation *g);                     /* the first bytes; false: no memory. May be NULL */
    void (*text)(struct generation *g, uint32_t choice, struct str text);
    void (*reasoning)(struct generation *g, uint32_t choice, struct str text);                 /* NULL: not shown */
    void (*tool_call)(struct generation *g, uint32_t choice, const struct gen_event *ev);      /* NULL: not at once */
    void (*done)(struct generation *g, uint32_t choice);                                       /* a choice is complete */
    void (*complete)(struct generation *g);                                                    /* all are; what comes last */
    void (*put_error)(const struct generation *g, const struct api_error *e, struct buf *out); /* ends a stream that had begun */
    /* A sign of life while a request waits; NULL when the format has no room for any. */
    void (*put_alive)(const struct generation *g, const struct gen_event *ev, struct buf *out);
};
extern const struct shape shape_chat, shape_completion;

/* What differs between OpenAI's two endpoints. */
struct openai_form {
    const char *object, *chunk_object;
    bool has_role;                                             /* the first chunk of a choice says who speaks */
    void (*put_whole)(struct json *j, const struct choice *c); /* a complete answer's key and value */
    void (*put_delta)(struct json *j, const char *key, struct str text, bool first);
    void (*put_end)(struct json *j); /* the same of the last chunk, which has no text */
};

/* Sums over prompts and choices; times run side by side, so of them the longest. */
struct shape_totals {
    uint64_t prompt, cached, completion, reasoning, decoded; /* tokens; decoded: those that decode_ms is the time of */
    double queue_ms, prefill_ms, decode_ms;
};
struct shape_totals shape_total(const struct generation *g);
const char *shape_finish(enum gen_finish reason);

/* ---- openai_stream.c: server-sent events (WHATWG HTML, section 9.2), each one JSON chunk */
bool openai_begin(struct generation *g);
void openai_text(struct generation *g, uint32_t choice, struct str text);
void openai_reasoning(struct generation *g, uint32_t choice, struct str text);
void openai_tool_call(struct generation *g, uint32_t choice, const struct gen_event *ev);
void openai_done(struct generation *g, uint32_t choice);
void openai_complete(struct generation *g);
void openai_put_error(const struct generation *g, const struct api_error *e, struct buf *out);
/* A comment, which is what all streams of server-sent events may say while nothing happens. */
void sse_put_alive(const struct generation *g, const struct gen_event *ev, struct buf *out);
/* id, object, created, model, system_fingerprint: what every answer and chunk begins with. */
void openai_put_head(struct json *j, const struct generation *g, const char *object);
void openai_put_usage(struct json *j, const struct generation *g);

/* ---- stream.c: what all streams have in common */
/* Sends g->scratch and empties it. Failures of the buffer end the generation. */
void stream_send(struct generation *g);
/* TEXT, REASONING or TOOL_CALL */
void stream_part(struct generation *g, struct call *c, uint32_t choice, const struct gen_event *ev);
/* Gives one of them to the shape. */
void stream_show(struct generation *g, uint32_t choice, const struct gen_event *ev);
void stream_done(struct generation *g, uint32_t choice);
void stream_complete(struct generation *g);
void stream_error(struct generation *g, const struct api_error *e);
void stream_progress(struct generation *g, const struct gen_event *ev);
void stream_drained(struct generation *g);

/* ---- answer.c */
void answer_part(struct generation *g, uint32_t choice, const struct gen_event *ev);
/* A call's arguments, when they are the whole JSON text of an object (none at all count as {}); else {NULL, 0}: cut by a limit. */
struct str answer_arguments(const struct choice_call *call);
void answer_deinit(struct choice *c);
/* Fails the generation: ERR_LIMIT or ERR_NOMEM. */
void answer_too_large(struct generation *g, int rc);
void answer_send(struct generation *g);

/* ---- generation.c */
/* From a body to its answer. */
void generation_handle(struct api *a, struct http_exchange *x, const struct shape *shape, api_parse_fn *parse);
/* The same of a body that has been read; *r is borrowed until this returns. */
void generation_start(struct api *a, struct http_exchange *x, const struct shape *shape, const struct api_request *r);
/* Ends with an error: as an answer when nothing has gone out, else within the stream. */
void generation_fail(struct generation *g, const struct api_error *e);
/* After shape->keep. */
void generation_deliver(struct generation *g);
uint64_t generation_now_ms(const struct generation *g);

#endif
