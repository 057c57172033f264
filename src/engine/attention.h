/* Attention of a batch of rows over the block tables of their sequences. */
#ifndef ENGINE_ATTENTION_H
#define ENGINE_ATTENTION_H

#include "engine/forward.h"

struct attention {
    const struct kernels *kn;
    struct pool *pool;
    const struct kv *kv;
    uint32_t n_heads, n_kv_heads, d_k, d_v;
    uint32_t scores_cap; /* positions, a multiple of a block */
    float *scores;       /* [threads][n_heads / n_kv_heads][scores_cap] */
};

int attention_init(struct attention *a, const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv,
                   uint32_t context_tokens);
void attention_deinit(struct attention *a);
/* out[n][n_heads * d_v] = softmax(q · Kᵀ / √d_k) · V for q[n][n_heads * d_k]; each row sees positions 0 … pos. */
void attention_run(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, const float *q, float *out);
/* The same for the heads of one K/V head, on the calling thread of a team. */
void attention_head(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, uint32_t kv_head, const float *q,
                    float *out, int thread);

#endif
