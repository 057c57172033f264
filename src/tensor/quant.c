/* Floats to the types that hearth writes. Q8_0 and Q4_0 follow the arithmetic of the format's reference quantiser step by
 * step (scale rounded to f16 only for storage), so that files come out with the same bytes; the K types are in quant_k.c. */
#include "tensor/quant.h"

#include <math.h>
#include <string.h>

#include "tensor/block.h"

static void row_f32(const float *x, void *dst, size_t n)
{
    memcpy(dst, x, n * sizeof *x);
}

static void row_f16(const float *x, void *dst, size_t n)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        uint16_t h = f32_to_f16(x[i]);
        memcpy(p + 2 * i, &h, sizeof h);
    }
}

static void row_bf16(const float *x, void *dst, size_t n)
{
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) {
        uint32_t u;
        memcpy(&u, &x[i], sizeof u);
        bool nan = (u & 0x7fffffff) > 0x7f800000;
        uint16_t h = (uint16_t)(nan ? u >> 16 | 64 : (u + 0x7fff + (u >> 16 & 1)) >> 16);
        memcpy(p + 2 * i, &h, sizeof h);
    }
}

/* A float as an integer within lo … hi; NaN becomes lo. */
static int clamp_int(float x, int lo, int hi)
{
    return !(x > (float)lo) ? lo : x < (float)hi ? (int)x : hi;
}

static void row_q8_0(const float *x, void *dst, size_t n)
{
    struct block_q8_0 *b = dst;
    for (size_t i = 0; i + 32 <= n; i += 32, x += 32, b++) {
        float amax = 0;
        for (int j = 0; j < 32; j++)
            amax = fmaxf(amax, fabsf(x[j]));
        float d = amax / 127, id = d != 0 ? 1 / d : 0;
        b->d = f32_to_f16(d);
        for (int j = 0; j < 32; j++)
            b->qs[j] = (int8_t)clamp_int(roundf(x[j] * id), -128, 127);
    }
}

static void row_q4_0(const float *x, void *dst, size_t n)
{
    struct block_q4_0 *b = dst;
    for (size_t i = 0; i + 32 <= n; i += 32, x += 32, b++) {
        float amax = 0, max = 0; /* max keeps its sign: it becomes level −8, the one without a positive twin */
        for (int j = 0; j < 32; j++) {
            if (fabsf(x[j]) > amax) {
                amax = fabsf(x[j]);
                max = x[j];
            }
        }
        float d = max / -8, id = d != 0 ? 1 / d : 0;
        b->d = f32_to_f16(d);
        for (int j = 0; j < 16; j++) {
            int low = clamp_int(x[j] * id + 8.5f, 0, 15), high = clamp_int(x[j + 16] * id + 8.5f, 0, 15);
            b->qs[j] = (uint8_t)(low | high << 4);
        }
    }
}

typedef void quant_fn(const float *src, void *dst, size_t n);
static quant_fn *const quant_fns[TENSOR_TYPE_COUNT] = {
    [TENSOR_F32] = row_f32,   [TENSOR_F16] = row_f16,         [TENSOR_BF16] = row_bf16,       [TENSOR_Q8_0] = row_q8_0,
    [TENSOR_Q4_0] = row_q4_0, [TENSOR_Q4_K] = quant_row_q4_k, [TENSOR_Q6_K] = quant_row_q6_k,
};

bool tensor_type_writable(enum tensor_type type)
{
    return (uint32_t)type < TENSOR_TYPE_COUNT && quant_fns[type];
}

bool tensor_row_from_f32(enum tensor_type type, const float *src, void *dst, size_t n)
{
    if (!tensor_type_writable(type))
        return false;
    quant_fns[type](src, dst, n);
    return true;
}
