/* Reading the weights of a TensorFlow.js graph model: model.json names them, with types and shapes, and the files that hold their bytes
 * one behind the other. Nothing in it is trusted: names of files are names within the folder, sizes are checked against what is there. */
#ifndef APP_CONVERT_TFJS_H
#define APP_CONVERT_TFJS_H

#include "base/buf.h"
#include "base/err.h"

enum { TFJS_DIMS_MAX = 4, TFJS_WEIGHTS_MAX = 4096, TFJS_FILES_MAX = 256, TFJS_NAME_MAX = 256 };
#define TFJS_BYTES_MAX ((size_t)1 << 30) /* of all weights together */

struct tfjs_weight {
    char name[TFJS_NAME_MAX];
    bool is_float; /* else 32-bit integers or bytes that nobody here reads */
    uint32_t n_dims, dim[TFJS_DIMS_MAX];
    size_t at, n; /* first byte in `bytes`, values */
};

struct tfjs {
    struct tfjs_weight *weights;
    size_t n_weights;
    struct buf bytes;
};

/* Appends a file of the model's folder to out, which has a maximum; ERR_LIMIT when it is larger. */
typedef int tfjs_file_fn(void *ctx, struct str name, struct buf *out, struct err *e);
/* ERR_CORRUPT, ERR_UNSUPPORTED (weights in fewer bits), what `file` returned, ERR_NOMEM. */
int tfjs_read(struct str model_json, tfjs_file_fn *file, void *ctx, struct tfjs *ret, struct err *e);
void tfjs_deinit(struct tfjs *t); /* copes with a zeroed one */

/* NULL: there is none of that name. */
const struct tfjs_weight *tfjs_find(const struct tfjs *t, const char *name);
/* Value i of a float weight. */
float tfjs_value(const struct tfjs *t, const struct tfjs_weight *w, size_t i);

#endif
