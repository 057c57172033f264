/* What comes back: a stream of events for each request, ended by exactly one DONE per choice or one ERROR for all.
 *
 *   WARNING* QUEUED* LOADING* PREFILL* ( (REASONING | TEXT | TOOL_CALL)* DONE )[each choice, interleaved]      or      … ERROR
 *
 * Credit is back-pressure: a request begins with gen_request.credit; each REASONING, TEXT or TOOL_CALL event takes one; at zero the engine
 * parks that request's sequences (they keep their KV blocks, other requests go on) until GEN_CREDIT brings more. GEN_CREDIT_UNLIMITED never
 * runs out. All slices are borrowed and are valid during the callback only. */
#ifndef GEN_EVENT_H
#define GEN_EVENT_H

#include "base/err.h"
#include "gen/request.h"

#define GEN_CREDIT_UNLIMITED UINT32_MAX

enum gen_event_type {
    GEN_QUEUED,    /* waits; `queued` */
    GEN_LOADING,   /* the model is being loaded; `loading` */
    GEN_PREFILL,   /* the prompt is being read; `prefill` */
    GEN_TEXT,      /* of the answer; `text` */
    GEN_DONE,      /* `done` */
    GEN_ERROR,     /* `error`; ends the whole request */
    GEN_REASONING, /* what the model thinks before it answers; `text` */
    GEN_TOOL_CALL, /* a call begins or goes on; `tool_call` */
    GEN_WARNING,   /* something works less well than was asked for; `warning`, for a log */
    GEN_EVENT_TYPE_COUNT,
};

enum gen_finish {
    GEN_FINISH_STOP,
    GEN_FINISH_LENGTH,
    GEN_FINISH_CANCELED,
    GEN_FINISH_DEADLINE,
    GEN_FINISH_TOOL_CALLS, /* ended in its own time, with calls that wait for their results */
    GEN_FINISH_COUNT,
};

struct gen_alternative {
    uint32_t token;
    float logprob;    /* natural */
    struct str bytes; /* may be part of a character */
};

/* One token with its probability, as sampled from: after penalties and bias, before temperature. */
struct gen_token {
    uint32_t token;
    float logprob;
    struct str bytes;
    const struct gen_alternative *top; /* most likely first */
    size_t n_top;
};

/* The stages at which a request can fail; they decide how an API answers. */
enum gen_fault {
    GEN_FAULT_REQUEST,  /* the request is wrong: 400 */
    GEN_FAULT_CONTEXT,  /* the prompt does not fit the context: 400 context_length_exceeded */
    GEN_FAULT_NO_MODEL, /* 404 */
    GEN_FAULT_BUSY,     /* queue full: 503 with Retry-After */
    GEN_FAULT_MEMORY,   /* not enough memory to load or to go on: 503 */
    GEN_FAULT_MODEL,    /* the model's file is broken: 500 */
    GEN_FAULT_INTERNAL, /* 500 */
    GEN_FAULT_COUNT,
};

struct gen_usage {
    uint32_t prompt_tokens, cached_tokens, completion_tokens; /* completion: of this choice, reasoning included */
    uint32_t reasoning_tokens;                                /* of completion_tokens */
};

struct gen_timings {
    float queue_ms, prefill_ms, decode_ms; /* decode: from the first token to the last */
};

struct gen_event {
    uint64_t id;     /* of the request */
    uint32_t choice; /* 0 … n_choices - 1, for what belongs to a choice */
    enum gen_event_type type;
    union {
        struct {
            uint32_t position;
        } queued; /* 0: next */
        struct {
            float progress;
        } loading; /* 0 … 1 */
        struct {
            uint32_t done, total, cached;
        } prefill; /* tokens */
        struct {
            struct str text;                /* whole UTF-8 characters; may be empty when only logprobs come */
            const struct gen_token *tokens; /* when logprobs were asked for: the tokens this text ends with */
            size_t n_tokens;
        } text;
        struct {
            uint32_t index;       /* of the call in its choice, from 0; calls come one after the other */
            struct str id, name;  /* whole, in the first event of a call; empty in the others */
            struct str arguments; /* what the JSON text goes on with; may be empty in the first event */
        } tool_call;
        struct {
            struct str text; /* English */
        } warning;
        struct {
            enum gen_finish reason;
            struct str stop; /* the stop string that matched, if one did */
            struct gen_usage usage;
            struct gen_timings timings;
        } done;
        struct {
            enum gen_fault fault;
            struct str message, param; /* param: the field that is wrong, or empty */
        } error;
    };
};

const char *gen_finish_name(enum gen_finish f); /* "stop", "length", "canceled", "deadline", "tool_calls" */

#endif
