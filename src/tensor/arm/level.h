/* The files of this folder are compiled once for each level, with the level's flags and -DKERNEL_LEVEL=neon, dotprod or i8mm;
 * so are those of level/. What differs between the levels is one function in dot.c (sixteen
 * products) and one in panel.c (a tile of products). */
#ifndef TENSOR_ARM_LEVEL_H
#define TENSOR_ARM_LEVEL_H

#include <arm_neon.h>

#include "tensor/level/level.h"

#if defined(__ARM_FEATURE_MATMUL_INT8)
#define KERNEL_CPU CPU_I8MM
#elif defined(__ARM_FEATURE_DOTPROD)
#define KERNEL_CPU CPU_DOTPROD
#else
#define KERNEL_CPU CPU_NEON
#endif

/* Rows of activations that a panel kernel takes side by side, the bytes that 32 values of one of them take, and rows of w. */
enum { LEVEL(PANEL_LANES) = 8, LEVEL(PANEL_LANE_BYTES) = 48, LEVEL(PANEL_TILE_ROWS) = 4 };

static inline void prefetch(uintptr_t p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        __builtin_prefetch((const char *)(p + i)); /* NOLINT(performance-no-int-to-ptr): any address will do */
}

/* ((0+4) + (2+6)) + ((1+5) + (3+7)), + 0 */
static inline float reduce8(float32x4_t low, float32x4_t high)
{
    float32x4_t s = vaddq_f32(low, high);
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(t, 0) + vget_lane_f32(t, 1) + 0.0f;
}

#endif
