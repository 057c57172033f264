/* Products with few rows of activations, by a team of the pool (sys/pool.h, sys/share.h): one token of an answer, or one each of
 * some answers. They are bound by memory, so the whole pass is one stream for each thread: every thread has a contiguous part of
 * each matrix, a piece of some KB at a time, and while it works on a piece it fetches the next one: of the same matrix, of its
 * partner, or at the end of its part the first piece of the step that follows. */
#ifndef TENSOR_FEW_H
#define TENSOR_FEW_H

#include "sys/share.h"
#include "tensor/ops.h"

enum { FEW_ROWS_MAX = 7, FEW_PARTS_MAX = 3 };

/* Up to FEW_ROWS_MAX rows of activations in the forms that products read. Belongs to one thread. */
struct few_act;
int few_act_create(size_t cols_max, struct few_act **ret);
void few_act_free(struct few_act *a); /* NULL is fine */
/* x[m][k], rows `stride` floats apart, borrowed. `quantised`: matrices of quantised types will read it. */
void few_act_set(struct few_act *a, const struct kernels *kn, const float *x, size_t stride, size_t m, size_t k, bool quantised);

/* The products of one input: out[m][w->rows] = x · wᵀ for each part, rows one after the other. */
struct few_step {
    struct few_part {
        const struct matrix *w;
        float *out;
        uint32_t piece_rows, first_piece;
    } parts[FEW_PARTS_MAX];
    uint32_t n_parts, n_pieces;
    bool glu;       /* two parts of one shape, gate and up: out of the first is silu(gate) · up */
    bool gelu;      /* with glu: gelu instead of silu */
    bool quantised; /* some part is */
};
/* Fills in what follows from parts[].w, n_parts and glu. */
void few_step_plan(struct few_step *s);
/* A thread's share of a step. share_deal(n_pieces), a meeting and share_begin come before it. `next`: the step that this thread
 * does after it, NULL: none is known. */
void few_step_run(const struct few_step *s, const struct few_step *next, const struct kernels *kn, struct share *share,
                  const struct few_act *a, int thread);

#endif
