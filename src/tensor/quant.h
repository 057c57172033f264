/* Quantisers of the K types, one row of n floats (a multiple of 256) into blocks. For quant.c. */
#ifndef TENSOR_QUANT_H
#define TENSOR_QUANT_H

#include <stddef.h>

void quant_row_q4_k(const float *x, void *dst, size_t n);
void quant_row_q6_k(const float *x, void *dst, size_t n);

#endif
