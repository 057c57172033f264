/* The scalar level of codes of signs: what the others are tested against. */
#include "tensor/kernels.h"

void plain_differing(const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (size_t w = 0; w < words; w++)
            for (uint64_t bits = codes[i * words + w] ^ query[w]; bits; bits &= bits - 1)
                out[i]++;
    }
}

float plain_dot_i8(const float *x, const int8_t *q, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * q[i];
    return (float)sum;
}
