/* Codes of signs, compiled for each level: the compiler knows which instruction of it counts bits. */
#include "tensor/level/level.h"

void LEVEL(differing)(const uint64_t *codes, size_t n, size_t words, const uint64_t *query, uint16_t *out)
{
    for (size_t i = 0; i < n; i++, codes += words) {
        int bits = 0;
        for (size_t w = 0; w < words; w++)
            bits += __builtin_popcountll(codes[w] ^ query[w]);
        out[i] = (uint16_t)bits;
    }
}

/* Eight sums side by side. */
float LEVEL(dot_i8)(const float *x, const int8_t *q, size_t n)
{
    float sum[8] = {0};
    for (size_t i = 0; i < n; i += 8)
        for (size_t j = 0; j < 8; j++)
            sum[j] += x[i + j] * (float)q[i + j];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}
