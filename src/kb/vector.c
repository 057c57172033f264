#include "kb/vector.h"

#include <math.h>

static float largest(const float *v, size_t dims)
{
    float max = 0;
    for (size_t i = 0; i < dims; i++) {
        float a = fabsf(v[i]);
        max = a <= max ? max : a; /* one that is no number stays */
    }
    return max;
}

bool vector_pack(const float *v, size_t dims, int8_t *q, uint64_t *code)
{
    float max = largest(v, dims);
    if (!(max > 0) || !isfinite(max))
        return false;
    for (size_t i = 0; i < dims; i++) {
        if (i % 64 == 0)
            code[i / 64] = 0;
        q[i] = (int8_t)lrintf(v[i] / max * 127);
        code[i / 64] |= (uint64_t)(v[i] > 0) << i % 64;
    }
    return true;
}

bool vector_unit(const float *v, size_t dims, float *unit)
{
    float max = largest(v, dims);
    double sum = 0;
    if (!(max > 0) || !isfinite(max))
        return false;
    for (size_t i = 0; i < dims; i++)
        sum += (double)(v[i] / max) * (double)(v[i] / max);
    for (size_t i = 0; i < dims; i++)
        unit[i] = (float)((double)(v[i] / max) / sqrt(sum));
    return true;
}

float vector_cosine(const struct kernels *kn, const float *unit, const int8_t *q, size_t dims)
{
    int64_t squares = 0;
    for (size_t i = 0; i < dims; i++)
        squares += q[i] * q[i];
    return squares ? op_dot_i8(kn, unit, q, dims) / sqrtf((float)squares) : 0;
}
