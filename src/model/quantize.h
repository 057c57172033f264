/* A model file from another, in a smaller type: streaming, a tensor at a time, rows split over the pool. */
#ifndef MODEL_QUANTIZE_H
#define MODEL_QUANTIZE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "sys/pool.h"

struct quantize_progress {
    uint64_t done_bytes, total_bytes; /* of the input's tensors */
    struct str tensor;                /* being written */
};
typedef void quantize_progress_fn(void *ctx, const struct quantize_progress *p);

struct quantize_result {
    uint64_t in_bytes, out_bytes, tensors, kept; /* kept: copied in their own type */
};

/* `type`: Q8_0, Q4_0, Q6_K or Q4_K_M (ASCII case ignored). Vectors stay as they are; which matrix gets which type is a
 * table that follows llama.cpp's choices, so that files compare. A matrix whose rows do not fit the type's block falls
 * back to one that they fit.
 *
 * Refused: a matrix that is quantised already, unless its type stays (ERR_INVAL); values that are not finite (ERR_CORRUPT);
 * an output that is the input under another name (ERR_INVAL). On failure nothing of the output is left. */
int quantize_file(const char *in, const char *out, struct str type, struct pool *pool, quantize_progress_fn *progress, void *ctx,
                  struct quantize_result *ret, struct err *e);
void quantize_types(struct buf *out); /* "Q8_0, Q4_0, …" */

#endif
