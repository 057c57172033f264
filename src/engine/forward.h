/* The forward pass over one batch: rows of any sequences at any positions, through all layers.
 *
 * What a row becomes depends on its sequence's KV blocks and on nothing else in the batch: products give the same bits for
 * any number of rows (tensor/ops.h), and everything else here works on one row at a time. That is what makes a request's
 * text independent of what runs beside it.
 *
 * All scratch memory is made once; a pass allocates nothing. */
#ifndef ENGINE_FORWARD_H
#define ENGINE_FORWARD_H

#include "engine/kv.h"
#include "model/model.h"
#include "sys/pool.h"
#include "tensor/ops.h"

#define FORWARD_NO_OUT UINT32_MAX

struct forward_row {
    uint32_t token, pos;
    const uint32_t *blocks; /* of its sequence, for positions 0 … pos at least */
    uint32_t out;           /* which row of logits it fills, or FORWARD_NO_OUT */
    bool store;             /* false: K and V of this position are there already */
};

struct forward_limits {
    uint32_t rows_max, outs_max; /* of one pass */
    uint32_t context_tokens;     /* positions are below it */
};

struct forward;
int forward_create(const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv, const struct forward_limits *l,
                   struct forward **ret, struct err *e);
void forward_free(struct forward *f); /* NULL is fine */
/* Rows of one sequence come in the order of their positions, without holes. Tokens and positions are in range. The values
 * of `out` are 0 … n_outs - 1, each once. */
void forward_run(struct forward *f, const struct forward_row *rows, uint32_t n_rows, uint32_t n_outs);
/* [n_vocab], valid until the next pass. */
const float *forward_logits(const struct forward *f, uint32_t out);

#endif
