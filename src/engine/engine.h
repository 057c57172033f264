/* The engine: one model, its KV cache, and the sequences that are being generated, decoded together in one batch that
 * requests join and leave at any token. It knows no sockets and no threads but the pool: whoever owns it calls
 * engine_step while there is work and gets events through `emit`. One thread at a time. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/clock.h"
#include "base/err.h"
#include "gen/event.h"
#include "gen/request.h"
#include "model/model.h"
#include "sys/pool.h"
#include "tensor/ops.h"

struct engine;

typedef void engine_emit_fn(void *ctx, const struct gen_event *ev);

/* Where what was read is kept beyond memory and restarts; see engine/keep.h. */
struct engine_keep_config {
    const char *dir;    /* NULL: nowhere. Need not outlive engine_create. One that cannot be used is a warning, no error */
    uint8_t key[32];    /* everything there is sealed with it */
    uint64_t bytes_max; /* 0: nothing is kept */
    uint64_t day_bytes_max;
};

struct engine_config {
    uint32_t context_tokens; /* of one sequence; 0: the model's own, cut to what kv_bytes_max holds */
    uint64_t kv_bytes_max;   /* all blocks together */
    uint32_t sequences_max;  /* run at once; each of n choices is one */
    uint32_t queue_max;      /* requests that wait for a place */
    uint32_t prefill_chunk;  /* most prompt tokens in one step; fewer when they would take too long */
    bool speculate;          /* guess tokens from the text, while that pays (draft.h) */
    bool cache_q8;           /* the KV cache in 8 bits, not in F16: half the memory */
    bool deterministic;      /* a request's text does not depend on what else runs */
    struct engine_keep_config keep;
    const struct clock *clock;
    engine_emit_fn *emit; /* called from within submit, cancel, credit and step; must not call the engine */
    void *emit_ctx;
};
/* Everything but emit filled with sensible values. */
void engine_config_init(struct engine_config *c);

/* The model, pool and kernels must outlive the engine. ERR_NOMEM says what is needed and what is free. */
int engine_create(const struct model *m, struct pool *pool, const struct kernels *kn, const struct engine_config *c, struct engine **ret,
                  struct err *e);
void engine_free(struct engine *en); /* NULL is fine; open requests end without an event */
uint32_t engine_context_tokens(const struct engine *en);
/* What works less well than was asked for (nothing can be kept on disk), as a sentence; "" when nothing. */
const char *engine_warning(const struct engine *en);
/* Bytes of KV cache that a token takes in all layers. */
uint64_t engine_kv_bytes_per_token(const struct model *m, bool cache_q8);

/* Copies what it needs. Every outcome comes as events, errors included: a wrong request, a prompt longer than the context
 * (GEN_FAULT_CONTEXT with both numbers), a full queue (GEN_FAULT_BUSY). */
void engine_submit(struct engine *en, const struct gen_request *r);
/* Ends a request within one step, with DONE canceled for each choice. An unknown id is ignored: it may have ended. */
void engine_cancel(struct engine *en, uint64_t id);
void engine_credit(struct engine *en, uint64_t id, uint32_t events);

enum engine_state {
    ENGINE_IDLE, /* nothing open, or all of it parked: sleep until a call changes that */
    ENGINE_BUSY, /* call again */
};
/* One step: at most prefill_chunk prompt tokens, and one token for each running sequence. */
enum engine_state engine_step(struct engine *en);
/* A small piece of work that can wait, when ENGINE_IDLE; true: there is more. Takes some milliseconds. */
bool engine_idle_work(struct engine *en);
/* When the next deadline passes, on the config's clock; 0: none. For sleeping while parked. */
uint64_t engine_next_deadline_ns(const struct engine *en);

struct engine_stats {
    uint32_t running, parked, queued;
    uint32_t kv_blocks_used, kv_blocks_total; /* of 32 tokens */
    uint64_t prompt_tokens, decoded_tokens, steps;
    uint64_t guessed, guesses_held; /* tokens; see draft.h */
    uint64_t kv_bytes;              /* really allocated */
};
void engine_stats(const struct engine *en, struct engine_stats *ret);

#endif
