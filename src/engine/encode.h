/* The engine of an encoder: texts of many requests share each forward pass. Whoever owns it calls encode_step while there is work and
 * gets answers through `answer` and `refuse`. One thread at a time. */
#ifndef ENGINE_ENCODE_H
#define ENGINE_ENCODE_H

#include "base/clock.h"
#include "engine/engine.h"
#include "gen/codec.h"
#include "model/encoder.h"

struct encode;

struct encode_config {
    uint32_t rows_max;     /* tokens of one pass; raised to the model's context where that is longer */
    uint32_t requests_max; /* that are open at once */
    uint64_t tokens_max;   /* of all open requests */
    uint32_t wait_us;      /* the longest that a text waits for company; 0: not at all */
    const struct clock *clock;
    void (*answer)(void *ctx, const struct gen_vectors *v); /* from within step; must not call the engine */
    void (*refuse)(void *ctx, const struct gen_failed *f);  /* from within submit */
    void *ctx;
};
/* Everything but clock and callbacks filled with sensible values. */
void encode_config_init(struct encode_config *c);

/* Model, pool and kernels must outlive it. ERR_NOMEM. */
int encode_create(const struct encoder_model *m, struct pool *pool, const struct kernels *kn, const struct encode_config *c,
                  struct encode **ret, struct err *e);
void encode_free(struct encode *en); /* NULL is fine; open requests end without an answer */

/* Tokenises and queues. Exactly one of `answer` and `refuse` follows, unless it is canceled: a text that is too long is refused with both
 * numbers (GEN_FAULT_CONTEXT) unless the request says truncate, an empty one and unknown tokens GEN_FAULT_REQUEST, too many requests
 * GEN_FAULT_BUSY. */
void encode_submit(struct encode *en, const struct gen_embed *r);
void encode_cancel(struct encode *en, uint64_t id); /* an unknown id is ignored */
/* A step has something to do now. */
bool encode_due(const struct encode *en);
/* One pass, at most rows_max tokens. IDLE also while a text waits for company: then encode_next_ns says until when. */
enum engine_state encode_step(struct encode *en);
uint64_t encode_next_ns(const struct encode *en); /* on the config's clock; 0: nothing waits */

#endif
