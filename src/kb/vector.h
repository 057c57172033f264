/* Vectors as they are kept: a direction in 8 bits a dimension, and the signs alone as a code.
 *
 *   row of kb_codes    u16: which of the block's chunks have a vector; then for each of those, in order, dims / 64 words of signs
 *   row of kb_vectors  int8 [dims]
 *
 * The angle between two directions shows in how many signs differ (Charikar, 2002), so a scan over codes, 64 bytes for each chunk,
 * finds the nearest few hundred, and the 8-bit forms of these put them in order. */
#ifndef KB_VECTOR_H
#define KB_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/ops.h"

/* False: no direction (zeros), or numbers that are none. q[dims], code[dims / 64]. */
bool vector_pack(const float *v, size_t dims, int8_t *q, uint64_t *code);
/* unit[dims]: v with length 1. False as above. */
bool vector_unit(const float *v, size_t dims, float *unit);
/* Of a vector of length 1 and a kept one. */
float vector_cosine(const struct kernels *kn, const float *unit, const int8_t *q, size_t dims);

#endif
