/* Every type back to floats, one block at a time: the plain definition that all faster paths are tested against. */
#include <string.h>

#include "tensor/block.h"

const int8_t iq4_nl_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

void k4_scales_unpack(const uint8_t p[12], uint8_t scale[8], uint8_t min[8])
{
    for (int i = 0; i < 4; i++) {
        scale[i] = p[i] & 63;
        min[i] = p[i + 4] & 63;
        scale[i + 4] = (uint8_t)((p[i + 8] & 15) | p[i] >> 6 << 4);
        min[i + 4] = (uint8_t)(p[i + 8] >> 4 | p[i + 4] >> 6 << 4);
    }
}

void k4_scales_pack(const uint8_t scale[8], const uint8_t min[8], uint8_t p[12])
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(scale[i] | scale[i + 4] >> 4 << 6);
        p[i + 4] = (uint8_t)(min[i] | min[i + 4] >> 4 << 6);
        p[i + 8] = (uint8_t)((scale[i + 4] & 15) | min[i + 4] << 4);
    }
}

void k3_scales_unpack(const uint8_t p[12], int8_t scale[16])
{
    for (int i = 0; i < 16; i++) {
        int low = i < 8 ? p[i] & 15 : p[i - 8] >> 4;
        int high = p[8 + i % 4] >> 2 * (i / 4) & 3;
        scale[i] = (int8_t)((low | high << 4) - 32);
    }
}

static void row_f32(const void *src, float *y, size_t n)
{
    memcpy(y, src, n * sizeof *y);
}

static void row_f16(const void *src, float *y, size_t n)
{
    const uint8_t *p = src;
    for (size_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, p + 2 * i, sizeof h);
        y[i] = f16_to_f32(h);
    }
}

static void row_bf16(const void *src, float *y, size_t n)
{
    const uint8_t *p = src;
    for (size_t i = 0; i < n; i++) {
        uint32_t u = (uint32_t)p[2 * i] << 16 | (uint32_t)p[2 * i + 1] << 24;
        memcpy(&y[i], &u, sizeof u);
    }
}

static void block_q4_0(const void *src, float *y)
{
    const struct block_q4_0 *b = src;
    float d = f16_to_f32(b->d);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((b->qs[j] & 15) - 8) * d;
        y[j + 16] = (float)((b->qs[j] >> 4) - 8) * d;
    }
}

static void block_q4_1(const void *src, float *y)
{
    const struct block_q4_1 *b = src;
    float d = f16_to_f32(b->d), m = f16_to_f32(b->m);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(b->qs[j] & 15) * d + m;
        y[j + 16] = (float)(b->qs[j] >> 4) * d + m;
    }
}

/* Value j of 32 whose fifth bits are the bits of qh. */
static int five_bits(const uint8_t qh[4], const uint8_t qs[16], int j)
{
    int low = j < 16 ? qs[j] & 15 : qs[j - 16] >> 4;
    return low | (qh[j / 8] >> j % 8 & 1) << 4;
}

static void block_q5_0(const void *src, float *y)
{
    const struct block_q5_0 *b = src;
    float d = f16_to_f32(b->d);
    for (int j = 0; j < 32; j++)
        y[j] = (float)(five_bits(b->qh, b->qs, j) - 16) * d;
}

static void block_q5_1(const void *src, float *y)
{
    const struct block_q5_1 *b = src;
    float d = f16_to_f32(b->d), m = f16_to_f32(b->m);
    for (int j = 0; j < 32; j++)
        y[j] = (float)five_bits(b->qh, b->qs, j) * d + m;
}

static void block_q8_0(const void *src, float *y)
{
    const struct block_q8_0 *b = src;
    float d = f16_to_f32(b->d);
    for (int j = 0; j < 32; j++)
        y[j] = (float)b->qs[j] * d;
}

static void block_iq4_nl(const void *src, float *y)
{
    const struct block_iq4_nl *b = src;
    float d = f16_to_f32(b->d);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)iq4_nl_values[b->qs[j] & 15] * d;
        y[j + 16] = (float)iq4_nl_values[b->qs[j] >> 4] * d;
    }
}

static void block_q2_k(const void *src, float *y)
{
    const struct block_q2_k *b = src;
    float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
    for (int i = 0; i < 256; i++) {
        uint8_t s = b->scales[i / 16];
        int q = b->qs[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
        y[i] = d * (float)(s & 15) * (float)q - dmin * (float)(s >> 4);
    }
}

static void block_q3_k(const void *src, float *y)
{
    const struct block_q3_k *b = src;
    float d = f16_to_f32(b->d);
    int8_t scale[16];
    k3_scales_unpack(b->scales, scale);
    for (int i = 0; i < 256; i++) {
        int q = b->qs[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
        int high = b->hmask[i % 32] >> i / 32 & 1; /* set: no subtraction */
        y[i] = d * (float)scale[i / 16] * (float)(q - (high ? 0 : 4));
    }
}

static void block_q4_k(const void *src, float *y)
{
    const struct block_q4_k *b = src;
    float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
    uint8_t scale[8], min[8];
    k4_scales_unpack(b->scales, scale, min);
    for (int i = 0; i < 256; i++) {
        int q = b->qs[i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15;
        y[i] = d * (float)scale[i / 32] * (float)q - dmin * (float)min[i / 32];
    }
}

static void block_q5_k(const void *src, float *y)
{
    const struct block_q5_k *b = src;
    float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
    uint8_t scale[8], min[8];
    k4_scales_unpack(b->scales, scale, min);
    for (int i = 0; i < 256; i++) {
        int q = (b->qs[i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15) | (b->qh[i % 32] >> i / 32 & 1) << 4;
        y[i] = d * (float)scale[i / 32] * (float)q - dmin * (float)min[i / 32];
    }
}

static void block_q6_k(const void *src, float *y)
{
    const struct block_q6_k *b = src;
    float d = f16_to_f32(b->d);
    for (int i = 0; i < 256; i++) {
        int half = i / 128, part = i / 32 % 4, l = i % 32; /* parts 0, 1 in low nibbles, 2, 3 in high ones */
        int low = b->ql[half * 64 + part % 2 * 32 + l] >> part / 2 * 4 & 15;
        int high = b->qh[half * 32 + l] >> part * 2 & 3;
        y[i] = d * (float)b->scales[i / 16] * (float)((low | high << 4) - 32);
    }
}

typedef void row_fn(const void *src, float *dst, size_t n);
typedef void block_fn(const void *src, float *dst);

static row_fn *const row_fns[TENSOR_TYPE_COUNT] = {[TENSOR_F32] = row_f32, [TENSOR_F16] = row_f16, [TENSOR_BF16] = row_bf16};

static block_fn *const block_fns[TENSOR_TYPE_COUNT] = {
    [TENSOR_Q4_0] = block_q4_0, [TENSOR_Q4_1] = block_q4_1, [TENSOR_Q5_0] = block_q5_0,     [TENSOR_Q5_1] = block_q5_1,
    [TENSOR_Q8_0] = block_q8_0, [TENSOR_Q2_K] = block_q2_k, [TENSOR_Q3_K] = block_q3_k,     [TENSOR_Q4_K] = block_q4_k,
    [TENSOR_Q5_K] = block_q5_k, [TENSOR_Q6_K] = block_q6_k, [TENSOR_IQ4_NL] = block_iq4_nl,
};

void tensor_row_to_f32(enum tensor_type type, const void *src, float *dst, size_t n)
{
    const struct tensor_type_info *t = tensor_type_info(type);
    if (!t)
        return;
    if (row_fns[type]) {
        row_fns[type](src, dst, n);
        return;
    }
    const uint8_t *p = src;
    for (size_t i = 0; i + t->block_len <= n; i += t->block_len, p += t->block_bytes)
        block_fns[type](p, dst + i);
}
