/* Between forward.c, which makes a pass and runs it for many rows, and forward_few.c, which runs it for few. */
#ifndef ENGINE_FORWARD_IMPL_H
#define ENGINE_FORWARD_IMPL_H

#include "engine/attention.h"
#include "tensor/few.h"

struct experts;

/* What a thread has for itself when rows are few. */
struct forward_lane {
    struct few_act *act;
    float *x;    /* [FEW_ROWS_MAX][d_model] the residual stream: every thread has the same and adds the same */
    float *norm; /* [FEW_ROWS_MAX][d_model] */
};

struct forward {
    const struct model *m;
    struct pool *pool;
    const struct kernels *kn;
    const struct kv *kv;
    struct forward_limits limits;
    struct attention attention;
    struct act *act;
    float *memory;                      /* owned: all of the following */
    float *x;                           /* [rows][d_model] the residual stream */
    float *norm;                        /* [rows][d_model] */
    float *q, *k, *v;                   /* [rows][heads * d_head] */
    float *mixed;                       /* [rows][n_heads * d_head_v] what attention gives */
    float *gate, *up;                   /* [rows][d_ff] */
    float *cs;                          /* [rows][n_rot / 2][2] */
    float *inv_freq;                    /* [n_rot / 2] */
    float *cs_window, *inv_freq_window; /* of layers with a window; cs_window is cs where they rotate as the others */
    float *logits;                      /* [outs][n_vocab] */
    struct experts *experts;            /* owned; NULL: the model has none */
    /* for few rows */
    struct share share;
    struct forward_lane *lanes; /* [threads] */
    float *lane_memory;         /* owned: what they point at */
    struct few_step *steps;     /* [4 * n_layers + 1]: qkv, o, gate and up, down of each layer; output */
    /* of the pass that runs */
    const struct forward_row *rows;
    struct forward_row *wanted; /* [outs_max] owned: those that the last layer ends with */
    uint32_t n_rows, n_outs, layer;
};

/* forward.c: the embedding of a row's token; the cosines and sines of its position. */
void forward_embed(struct forward *f, uint32_t row, float *x);
void forward_angles(struct forward *f, uint32_t row);
/* x += delta, after the norm (NULL: none) and the multiplier that the model has there. scratch[d_model] may be delta. */
void forward_add(const struct forward *f, const float *post_norm, float *x, const float *delta, float *scratch);
/* Heads of a row that belong to one K/V head: bias, norm and rotation of q and k; k and v go to the cache. */
void forward_shape(struct forward *f, uint32_t layer, uint32_t row, uint32_t kv_head);

/* forward.c: values in the widest row that a product reads. */
size_t forward_widest(const struct hparams *hp);

/* forward_few.c */
int forward_few_init(struct forward *f);
void forward_few_deinit(struct forward *f);
/* forward_run for n_rows ≤ FEW_ROWS_MAX. */
void forward_few_run(struct forward *f);

#endif
