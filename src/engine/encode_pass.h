/* The forward pass of an encoder: whole sequences, packed one behind the other, no KV cache. For encode.c and tests. */
#ifndef ENGINE_ENCODE_PASS_H
#define ENGINE_ENCODE_PASS_H

#include "model/encoder.h"
#include "sys/pool.h"
#include "tensor/ops.h"

struct encode_pass;

struct encode_seq {
    const uint32_t *tokens; /* [n], below the model's n_vocab */
    uint32_t n;             /* 1 … the model's n_ctx */
    uint32_t second;        /* from here on tokens are of type 1; n: none */
    float *out;             /* [encode_width]: a vector of length 1, or a score from 0 to 1 */
};

/* Room for rows_max tokens (at least n_ctx), seqs_max sequences. What it points at must outlive it. ERR_NOMEM. */
int encode_pass_create(const struct encoder_model *m, struct pool *pool, const struct kernels *kn, uint32_t rows_max, uint32_t seqs_max,
                       struct encode_pass **ret);
void encode_pass_free(struct encode_pass *p); /* NULL is fine */
uint64_t encode_pass_bytes(const struct encoder_model *m, uint32_t rows_max);
/* Values of one result. */
uint32_t encode_width(const struct encoder_model *m);
/* The sequences have at most rows_max tokens together. */
void encode_pass_run(struct encode_pass *p, const struct encode_seq *seqs, uint32_t n_seqs);

#endif
