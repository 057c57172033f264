/* What a model file says about itself, without making a model of it: it works for architectures that hearth cannot run
 * and for files that hold a vocabulary only. */
#ifndef APP_SUMMARY_H
#define APP_SUMMARY_H

#include "model/gguf.h"

struct summary {
    uint64_t file_bytes, tensor_bytes, n_params;
    uint64_t token_bytes; /* of tensors that each token's forward pass reads: all but an embedding table with an output beside it */
    uint32_t context;     /* trained; 0: not said */
    char arch[32], name[96], quant[16]; /* quant: the type that most values have */
};

void summary_of(const struct gguf *g, struct summary *ret);
int summary_of_file(const char *path, struct summary *ret, struct err *e);

#endif
