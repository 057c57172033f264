/* Operations of encoders, which see whole sequences: the scalar level. */
#include <math.h>

#include "tensor/kernels.h"

void plain_layer_norm(const float *x, const float *weight, const float *bias, float eps, float *out, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    double mean = sum / (double)(n ? n : 1);
    for (size_t i = 0; i < n; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    double scale = 1 / sqrt(squares / (double)(n ? n : 1) + (double)eps);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(((double)x[i] - mean) * scale) * weight[i] + bias[i];
}

void plain_bias(float *x, const float *bias, enum activation f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i] + bias[i];
        if (f == ACTIVATION_RELU)
            v = v > 0 ? v : 0;
        else if (f == ACTIVATION_GELU)
            v = 0.5f * v * (1 + erff(v * 0.70710678f));
        x[i] = v;
    }
}

static float dot(const float *x, const float *y, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

void plain_attend_all(const struct attend_all *a)
{
    for (size_t i = 0; i < a->n; i++) {
        float *out = a->out + i * a->out_stride;
        for (size_t j = 0; j < a->n; j++)
            a->scores[j] = dot(a->q + i * a->stride, a->k + j * a->stride, a->d) * a->scale;
        op_softmax(&kernels_scalar, a->scores, a->n);
        for (size_t c = 0; c < a->d; c++)
            out[c] = 0;
        for (size_t j = 0; j < a->n; j++)
            for (size_t c = 0; c < a->d; c++)
                out[c] += a->scores[j] * a->v[j * a->stride + c];
    }
}
