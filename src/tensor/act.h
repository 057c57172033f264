/* Inside of struct act, for matmul.c. */
#ifndef TENSOR_ACT_H
#define TENSOR_ACT_H

#include "tensor/kernels.h"

struct act {
    size_t rows_max, cols_max;
    const float *x; /* [m][k], borrowed */
    size_t m, k;
    const void *made_by; /* the kernels whose 8-bit forms are there, or the tiles whose packed ones; NULL: none yet */

    void *pages; /* everything below, in one piece; touched as far as it is used */
    size_t pages_len;
    size_t stride;           /* values between rows of the forms: cols_max rounded up */
    struct act_row_out rows; /* [rows_max] rows, one after the other */
    uint8_t *packed;         /* groups of `lanes` rows, for panels or for tiles */

    void *scratch; /* n_scratch panels, one a thread; made when a pool first needs them */
    size_t scratch_len;
    int n_scratch;
};

struct act_row act_row(const struct act *a, size_t row);
/* Makes the 8-bit forms for kn, unless they are there. */
void act_make(struct act *a, const struct kernels *kn, struct pool *pool);
/* Products of this type with m rows go by tiles; then makes what they read, unless it is there. */
bool act_wants_tiles(const struct act *a, const struct kernels *kn, enum tensor_type type);
void act_make_tiles(struct act *a, const struct tiles *t, struct pool *pool);
size_t act_tile_step(const struct act *a, const struct tiles *t); /* bytes of `depth` values of all rows */
/* Products with m rows go by panels rather than row by row. */
bool act_wants_panels(const struct act *a, const struct kernels *kn);
size_t act_packed_bytes(const struct act *a, const struct kernels *kn); /* of one group of lanes */
/* Scratch memory of one panel for each thread; false when memory is out. */
bool act_scratch(struct act *a, int n_threads);
/* Weight rows that a panel for k values of `elem` bytes has: a multiple of `tile` that stays in the second-level cache. */
size_t act_panel_rows(size_t k, size_t elem, size_t tile);
uint8_t *act_panel(const struct act *a, int thread);

#endif
