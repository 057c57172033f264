/* IEEE 754 half precision ↔ single, by integer arithmetic: the same bits as the F16C instructions. */
#include <string.h>

#include "tensor/type.h"

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

float f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 0x3ff;
    if (exp == 0) /* zero and subnormals: man · 2⁻²⁴ is exact */
        return float_of(sign | bits_of((float)man * 0x1p-24f));
    if (exp == 31) /* a signalling NaN becomes quiet */
        return float_of(sign | 0x7f800000 | man << 13 | (man ? 0x400000 : 0));
    return float_of(sign | (exp + 112) << 23 | man << 13);
}

uint16_t f32_to_f16(float f)
{
    uint32_t u = bits_of(f), sign = u >> 16 & 0x8000, abs = u & 0x7fffffff;
    if (abs > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (abs >> 13 & 0x3ff));
    if (abs >= 0x477ff000) /* 65520 and more round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (abs < 0x38800000) { /* below 2⁻¹⁴: adding 0.5 leaves the subnormal's bits, rounded, at the bottom */
        uint32_t r = bits_of(float_of(abs) + 0.5f);
        return (uint16_t)(sign | (r - 0x3f000000));
    }
    abs += 0xfff + (abs >> 13 & 1);
    return (uint16_t)(sign | ((abs - (112u << 23)) >> 13));
}
