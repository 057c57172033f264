/* Activations to 8 bits. */
#include "tensor/level/v16.h"

void LEVEL(quantise)(const float *x, size_t k, struct act_row_out out)
{
    for (size_t b = 0; b < k / 32; b++, x += 32) {
        v16 v[2] = {v16_load(x), v16_load(x + 16)};
        v16 amax = v16_max(v16_abs(v[1]), v16_max(v16_abs(v[0]), v16_zero())); /* NaN is passed over */
        float d = v16_max_lane(amax) / 127;
        v16 inv = v16_set1(d > 0 ? 1 / d : 0);
        int8_t *halves = out.halves + b / 2 * 64 + b % 2 * 16;
        int32_t sum[2];
        for (size_t h = 0; h < 2; h++) {
            int8x16_t q = v16_to_i8(v16_mul(v[h], inv));
            vst1q_s8(out.q + 32 * b + 16 * h, q);
            vst1q_s8(halves + 32 * h, q);
            sum[h] = vaddlvq_s8(q);
            out.sum16[2 * b + h] = sum[h];
            out.s16[2 * b + h] = d * (float)sum[h];
        }
        out.d[b] = d;
        out.sum32[b] = sum[0] + sum[1];
        out.s32[b] = d * (float)out.sum32[b];
    }
}
