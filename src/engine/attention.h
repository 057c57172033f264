/* Attention of a batch of rows over the block tables of their sequences. */
#ifndef ENGINE_ATTENTION_H
#define ENGINE_ATTENTION_H

#include <stdatomic.h>

#include "engine/forward.h"
#include "tensor/few.h"

/* How a pass of few rows is cut into units. */
struct attention_units {
    uint32_t first[FEW_ROWS_MAX + 1]; /* of each row, and the end */
    uint32_t n;
};

struct attention {
    const struct model *m;
    const struct kernels *kn;
    struct pool *pool;
    const struct kv *kv;
    uint32_t n_heads, n_kv_heads, d_k, d_v, segments_max;
    struct attend_shape shape;
    size_t lane_floats;
    float *lanes;   /* owned: [threads][lane_floats] */
    float *partial; /* owned: [few rows][n_heads][segments_max][2 + d_v padded] */
    size_t partial_bytes;
    atomic_uint *done;                      /* [few rows][n_kv_heads] segments that are finished */
    struct attention_units whole, windowed; /* in layers without and with a window */
};

int attention_init(struct attention *a, const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv,
                   uint32_t context_tokens);
void attention_deinit(struct attention *a);
/* out[n][n_heads * d_v] = softmax(q · Kᵀ · scale) · V for q[n][n_heads * d_k]; each row sees positions 0 … pos, or the last
 * `window` of them. */
void attention_run(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t n, const float *q, float *out);

/* The same for few rows, by the threads of a team. Before a pass, one thread lays out the work.
 * Then each unit of each layer by any thread; the last one of a row's head puts its parts together. */
void attention_few_plan(struct attention *a, const struct forward_row *rows, uint32_t n);
uint32_t attention_few_units(const struct attention *a, uint32_t layer);
void attention_few_unit(struct attention *a, uint32_t layer, const struct forward_row *rows, uint32_t unit, const float *q, float *out,
                        int thread);

#endif
