/* What the files of x86 and of arm for products by pieces of 256 weights have in common. Such a file defines for each type LOAD(NAME),
 * which unpacks a piece, and dot_rows, all rows of weights with n_m rows of activations, always inlined with constants. */
#ifndef TENSOR_LEVEL_DOT_H
#define TENSOR_LEVEL_DOT_H

#include "tensor/level/level.h"
#include "tensor/unpack.h"

enum { PIECE = 256 };

/* ID's product: `form` constants of its pieces. */
#define DOT_TYPE(name, ID, ...)                                                                  \
    DOT(name)                                                                                    \
    {                                                                                            \
        const struct form f = {.bytes = PIECE / BLOCK_LEN_##ID * BLOCK_BYTES_##ID, __VA_ARGS__}; \
        for (; m >= 4; m -= 4, a += 4, out += 4 * out_stride)                                    \
            dot_rows(LOAD(name), unpack_##name, f, w, a, 4, k, out, out_stride);                 \
        for (; m >= 2; m -= 2, a += 2, out += 2 * out_stride)                                    \
            dot_rows(LOAD(name), unpack_##name, f, w, a, 2, k, out, out_stride);                 \
        if (m)                                                                                   \
            dot_rows(LOAD(name), unpack_##name, f, w, a, 1, k, out, out_stride);                 \
    }

INLINE uint64_t load_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

#endif
