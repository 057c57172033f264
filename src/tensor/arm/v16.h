/* Sixteen floats in four registers of NEON. */
#ifndef TENSOR_ARM_V16_H
#define TENSOR_ARM_V16_H

#include "tensor/arm/level.h"

typedef struct {
    float32x4_t r[4];
} v16;

/* Four registers, each an expression of its number. A loop would leave them in memory. */
#define V16_OF(expression) ((v16){{expression(0), expression(1), expression(2), expression(3)}})

/* A function of two: expression of the registers a and b. */
#define V16_BINARY(name, expression)                                                                                                \
    static inline float32x4_t v4_##name(float32x4_t a, float32x4_t b)                                                               \
    {                                                                                                                               \
        return expression;                                                                                                          \
    }                                                                                                                               \
    static inline v16 v16_##name(v16 a, v16 b)                                                                                      \
    {                                                                                                                               \
        return (v16){{v4_##name(a.r[0], b.r[0]), v4_##name(a.r[1], b.r[1]), v4_##name(a.r[2], b.r[2]), v4_##name(a.r[3], b.r[3])}}; \
    }
V16_BINARY(add, vaddq_f32(a, b))
V16_BINARY(sub, vsubq_f32(a, b))
V16_BINARY(mul, vmulq_f32(a, b))
V16_BINARY(div, vdivq_f32(a, b))
/* The second operand when either is NaN, as on x86; FMAX would return NaN. */
V16_BINARY(max, vbslq_f32(vcgtq_f32(a, b), a, b))
V16_BINARY(min, vbslq_f32(vcltq_f32(a, b), a, b))

/* A function of one, given as a function of a register. */
#define V16_UNARY(name, f)                                          \
    static inline v16 v16_##name(v16 a)                             \
    {                                                               \
        return (v16){{f(a.r[0]), f(a.r[1]), f(a.r[2]), f(a.r[3])}}; \
    }
/* 2^n for whole n in −126 … 127 */
static inline float32x4_t v4_exp2i(float32x4_t n)
{
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23));
}
V16_UNARY(round, vrndnq_f32)
V16_UNARY(abs, vabsq_f32)
V16_UNARY(exp2i, v4_exp2i)

static inline v16 v16_set1(float x)
{
    float32x4_t r = vdupq_n_f32(x);
    return (v16){{r, r, r, r}};
}
static inline v16 v16_load(const void *p)
{
    const float *x = p;
    return (v16){{vld1q_f32(x), vld1q_f32(x + 4), vld1q_f32(x + 8), vld1q_f32(x + 12)}};
}
static inline void v16_store(float *p, v16 a)
{
    vst1q_f32(p, a.r[0]);
    vst1q_f32(p + 4, a.r[1]);
    vst1q_f32(p + 8, a.r[2]);
    vst1q_f32(p + 12, a.r[3]);
}
static inline v16 v16_fma(v16 a, v16 b, v16 c)
{
#define FMA(i) vfmaq_f32(c.r[i], a.r[i], b.r[i])
    return V16_OF(FMA);
#undef FMA
}
/* a where a's x >= limit, or x is NaN, else 0 */
static inline v16 v16_keep_ge(v16 a, v16 x, v16 limit)
{
#define KEEP(i) vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a.r[i]), vcltq_f32(x.r[i], limit.r[i])))
    return V16_OF(KEEP);
#undef KEEP
}
/* a in the first n lanes, b behind */
static inline v16 v16_first(v16 a, v16 b, size_t n)
{
    static const uint32_t lane[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint32x4_t limit = vdupq_n_u32((uint32_t)n);
#define FIRST(i) vbslq_f32(vcltq_u32(vld1q_u32(lane + 4 * (i)), limit), a.r[i], b.r[i])
    return V16_OF(FIRST);
#undef FIRST
}

/* Conversions; what is read need not be aligned. */
static inline v16 v16_load_f16(const void *p)
{
    uint8x16_t low = vld1q_u8(p), high = vld1q_u8((const uint8_t *)p + 16);
    float16x8_t a = vreinterpretq_f16_u8(low), b = vreinterpretq_f16_u8(high);
    return (v16){{vcvt_f32_f16(vget_low_f16(a)), vcvt_high_f32_f16(a), vcvt_f32_f16(vget_low_f16(b)), vcvt_high_f32_f16(b)}};
}
static inline void v16_store_f16(uint16_t *p, v16 a)
{
    vst1q_u16(p, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(a.r[0]), a.r[1])));
    vst1q_u16(p + 8, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(a.r[2]), a.r[3])));
}
static inline v16 v16_load_bf16(const void *p)
{
    const uint8x16_t zero = vdupq_n_u8(0);
    uint16x8_t low = vreinterpretq_u16_u8(vld1q_u8(p)), high = vreinterpretq_u16_u8(vld1q_u8((const uint8_t *)p + 16));
    uint16x8_t none = vreinterpretq_u16_u8(zero);
    return (v16){{vreinterpretq_f32_u16(vzip1q_u16(none, low)), vreinterpretq_f32_u16(vzip2q_u16(none, low)),
                  vreinterpretq_f32_u16(vzip1q_u16(none, high)), vreinterpretq_f32_u16(vzip2q_u16(none, high))}};
}
static inline v16 v16_load_i8(const void *p)
{
    int8x16_t v = vld1q_s8(p);
    int16x8_t low = vmovl_s8(vget_low_s8(v)), high = vmovl_high_s8(v);
    return (v16){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_high_s16(low)),
                  vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_high_s16(high))}};
}
/* Rounded, held within −127 … 127; NaN becomes −127. */
static inline int8x16_t v16_to_i8(v16 a)
{
    v16 held = v16_min(v16_max(a, v16_set1(-127)), v16_set1(127));
    int16x4_t low = vmovn_s32(vcvtnq_s32_f32(held.r[0])), high = vmovn_s32(vcvtnq_s32_f32(held.r[2]));
    int16x8_t words[2] = {vmovn_high_s32(low, vcvtnq_s32_f32(held.r[1])), vmovn_high_s32(high, vcvtnq_s32_f32(held.r[3]))};
    return vmovn_high_s16(vmovn_s16(words[0]), words[1]);
}
static inline void v16_store_i8(int8_t *p, v16 a)
{
    vst1q_s8(p, v16_to_i8(a));
}

static inline float v16_sum(v16 a)
{
    return reduce8(vaddq_f32(a.r[0], a.r[2]), vaddq_f32(a.r[1], a.r[3]));
}
static inline float v16_max_lane(v16 a)
{
    float32x4_t v = v4_max(v4_max(a.r[0], a.r[2]), v4_max(a.r[1], a.r[3]));
    float32x2_t m = vmax_f32(vget_low_f32(v), vget_high_f32(v));
    return vmaxv_f32(m);
}

#endif
