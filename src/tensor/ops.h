/* The operations a forward pass is made of, and how they choose their kernels.
 *
 * `struct kernels` is a table of function pointers, one for each cpu_level, filled from the level below upwards, so that
 * a level defines only what it does better. The scalar table is complete. Kernels are pure: they read their inputs, write
 * their outputs and touch nothing else; any thread may call them.
 *
 * With exact kernels (kernels_exact) results do not depend on how many rows share a call: out[i] of a batch of 32 has the same
 * bits as out[i] alone. Only amx has others: they multiply many rows in bf16. */
#ifndef TENSOR_OPS_H
#define TENSOR_OPS_H

#include "sys/cpu.h"
#include "sys/pool.h"
#include "tensor/attend.h"
#include "tensor/type.h"

struct kernels; /* tensor/kernels.h, for this room and its tests */

/* The next lower level that this processor can where it cannot this one. */
const struct kernels *kernels_for(enum cpu_level level);
/* The same kernels, or slower ones where these are not exact: then out[i] of a batch has the same bits as out[i] alone. */
const struct kernels *kernels_exact(const struct kernels *k);
const char *kernels_name(const struct kernels *k);

/* Activations that products read: m rows of k floats, and the encoded forms of them that weight types want (8-bit blocks,
 * made once when first needed and then used by every matrix that reads the same rows). */
struct act;
/* Room for rows_max rows of cols_max values. */
int act_create(size_t rows_max, size_t cols_max, struct act **ret);
void act_free(struct act *a);
/* Points at x[m][k] (borrowed until the next act_set); forgets earlier forms. */
void act_set(struct act *a, const float *x, size_t m, size_t k);

/* out[m][w->rows] = x[m][k] · wᵀ, rows of out `out_stride` floats apart. w->cols == k. Splits rows of w over the pool. */
void op_matmul(const struct kernels *kn, struct pool *pool, const struct matrix *w, struct act *a, float *out, size_t out_stride);

/* out[n] = x[n] / rms(x) * weight[n]; out may be x. */
void op_rms_norm(const struct kernels *kn, const float *x, const float *weight, float eps, float *out, size_t n);
/* gate[n] = silu(gate[n]) * up[n] */
void op_silu_mul(const struct kernels *kn, float *gate, const float *up, size_t n);
/* gate[n] = gelu(gate[n]) * up[n], by the formula with tanh */
void op_gelu_mul(const struct kernels *kn, float *gate, const float *up, size_t n);
/* x[n] += y[n] */
void op_add(const struct kernels *kn, float *x, const float *y, size_t n);

/* Rotary embedding of one head in place. cs[n_rot / 2][2]: cosine and sine for this position. `neox` pairs (i, i + n_rot/2),
 * otherwise (2i, 2i + 1). (Su et al., 2021) */
void op_rope(const struct kernels *kn, float *head, const float *cs, size_t n_rot, bool neox);

/* Adds a block to the queries' sums (attend.h), and puts the key [d_k] and value [d_v] of one position into a block. */
void op_attend(const struct kernels *kn, const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch);
void op_attend_put(const struct kernels *kn, const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v);
/* What encoders need: a step sees whole sequences at once, and no cache is kept.
 * out[n] = (x[n] - mean) / sqrt(variance + eps) * weight[n] + bias[n]; out may be x. (Ba, Kiros, Hinton, 2016) */
void op_layer_norm(const struct kernels *kn, const float *x, const float *weight, const float *bias, float eps, float *out, size_t n);
enum activation { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_GELU /* x Φ(x), within 1e-6 */ };
/* x[n] = f(x[n] + bias[n]) */
void op_bias(const struct kernels *kn, float *x, const float *bias, enum activation f, size_t n);
/* One head of one sequence, every position sees every other: out[n][d] = softmax(q kᵀ · scale) v. Rows of q, k and v lie `stride` floats
 * apart, those of out `out_stride`. */
struct attend_all {
    const float *q, *k, *v;
    float *out, *scores; /* scores: [n], scratch of this thread */
    size_t n, d, stride, out_stride;
    float scale;
};
void op_attend_all(const struct kernels *kn, const struct attend_all *a);
/* Vectors as codes of signs: out[n] = how many bits of codes[n][words] differ from query[words]. words < 1024. */
void op_differing(const struct kernels *kn, const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out);
/* Σ x[n] · q[n], n a multiple of 8. */
float op_dot_i8(const struct kernels *kn, const float *x, const int8_t *q, size_t n);
/* In place; returns nothing special for n = 0. The maximum is subtracted first. */
void op_softmax(const struct kernels *kn, float *x, size_t n);

#endif
