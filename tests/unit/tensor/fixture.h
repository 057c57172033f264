/* What the tests of this room share: random values, random valid blocks of every type, guarded output. */
#ifndef TENSOR_FIXTURE_H
#define TENSOR_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "base/rng.h"
#include "tensor/block.h"
#include "tensor/kernels.h"

static inline float uniform(struct rng *r, float lo, float hi)
{
    return lo + (hi - lo) * (float)rng_f64(r);
}

static inline void fill_floats(struct rng *r, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = uniform(r, -1, 1) + uniform(r, -1, 1) + uniform(r, -1, 1);
}

/* Where the f16 fields of a block are. */
struct halves {
    int n, at[2];
};
static inline struct halves halves_of(enum tensor_type type)
{
    switch (type) {
    case TENSOR_Q4_1:
    case TENSOR_Q5_1:
    case TENSOR_Q4_K:
    case TENSOR_Q5_K: return (struct halves){2, {0, 2}};
    case TENSOR_Q2_K: return (struct halves){2, {80, 82}};
    case TENSOR_Q3_K: return (struct halves){1, {108}};
    case TENSOR_Q6_K: return (struct halves){1, {208}};
    default: return (struct halves){1, {0}};
    }
}

/* A row of any type: random bits, but scales of an ordinary size. */
static inline void fill_row(struct rng *r, enum tensor_type type, uint8_t *dst, size_t k)
{
    const struct tensor_type_info *t = tensor_type_info(type);
    if (t->block_len == 1) {
        for (size_t i = 0; i < k; i++) {
            float x = uniform(r, -1, 1);
            tensor_row_from_f32(type, &x, dst + i * t->block_bytes, 1);
        }
        return;
    }
    struct halves h = halves_of(type);
    for (size_t b = 0; b < k / t->block_len; b++, dst += t->block_bytes) {
        for (uint32_t i = 0; i < t->block_bytes; i++)
            dst[i] = (uint8_t)rng_u64(r);
        for (int i = 0; i < h.n; i++) {
            uint16_t v = f32_to_f16(uniform(r, -0.1F, 0.1F));
            memcpy(dst + h.at[i], &v, sizeof v);
        }
    }
}

/* n floats of memory with canaries on both sides. */
enum { GUARD = 16, CANARY = 0x5a };
static inline float *guarded_new(size_t n)
{
    uint8_t *p = malloc((n + 2 * GUARD) * sizeof(float));
    assert_non_null(p);
    memset(p, CANARY, (n + 2 * GUARD) * sizeof(float));
    return (float *)p + GUARD;
}

static inline bool guarded_intact(const float *x, size_t n)
{
    const uint8_t *a = (const uint8_t *)(x - GUARD), *b = (const uint8_t *)(x + n);
    for (size_t i = 0; i < GUARD * sizeof(float); i++)
        if (a[i] != CANARY || b[i] != CANARY)
            return false;
    return true;
}

static inline void guarded_free(float *x)
{
    free(x - GUARD);
}

static inline enum cpu_level best_level(void)
{
    struct cpu_info info;
    cpu_detect(&info);
    return info.level;
}

#endif
