/* Tensor types, as GGUF numbers them. A row is a sequence of blocks; a block of `len` values takes `bytes` bytes. */
#ifndef TENSOR_TYPE_H
#define TENSOR_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*      name    id  values  bytes of a block */
#define TENSOR_TYPE_LIST(X) \
    X(F32, 0, 1, 4)         \
    X(F16, 1, 1, 2)         \
    X(Q4_0, 2, 32, 18)      \
    X(Q4_1, 3, 32, 20)      \
    X(Q5_0, 6, 32, 22)      \
    X(Q5_1, 7, 32, 24)      \
    X(Q8_0, 8, 32, 34)      \
    X(Q2_K, 10, 256, 84)    \
    X(Q3_K, 11, 256, 110)   \
    X(Q4_K, 12, 256, 144)   \
    X(Q5_K, 13, 256, 176)   \
    X(Q6_K, 14, 256, 210)   \
    X(IQ4_NL, 20, 32, 18)   \
    X(BF16, 30, 1, 2)

enum tensor_type {
#define X(name, id, len, bytes) TENSOR_##name = id,
    TENSOR_TYPE_LIST(X)
#undef X
        TENSOR_TYPE_COUNT = 31, /* one more than the largest id; there are holes */
};

struct tensor_type_info {
    const char *name; /* "Q4_K" */
    uint32_t id, block_len, block_bytes;
};
/* NULL for an id that hearth does not know. */
const struct tensor_type_info *tensor_type_info(uint32_t id);
/* By name, ASCII case ignored; NULL when unknown. */
const struct tensor_type_info *tensor_type_by_name(struct str name);
/* Bytes of a row of `cols` values; 0 when cols is not a multiple of the block or the product overflows. */
size_t tensor_row_bytes(enum tensor_type type, uint64_t cols);

/* A matrix as weights lie in the file: `rows` outputs of `cols` inputs each, row after row, [rows][cols].
 * Data is borrowed (the model's mapping) and has no alignment beyond 1 that may be relied on. */
struct matrix {
    const void *data;
    enum tensor_type type;
    uint32_t rows, cols;
    size_t row_bytes;
};

/* One row as floats: dst[n]; n is a multiple of the type's block. Scalar, exact, the definition of what a type means. */
void tensor_row_to_f32(enum tensor_type type, const void *src, float *dst, size_t n);
/* One row of floats to the type; the same bytes as llama.cpp's reference quantiser for Q8_0, Q4_0 and Q6_K.
 * False for types that hearth does not write: writes F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K. */
bool tensor_row_from_f32(enum tensor_type type, const float *src, void *dst, size_t n);
bool tensor_type_writable(enum tensor_type type);

float f16_to_f32(uint16_t h);
uint16_t f32_to_f16(float f); /* round to nearest even */

#endif
