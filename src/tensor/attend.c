/* The scalar level of attention over a block: what the others are tested against. */
#include "tensor/attend.h"

#include <math.h>
#include <string.h>

#include "tensor/kernels.h"

enum { TOKENS = ATTEND_TOKENS, GROUP = ATTEND_GROUP };

struct view {
    const struct attend_shape *s;
    const uint8_t *base;
};

static float code(const struct view *b, size_t at)
{
    if (b->s->q8)
        return (float)((const int8_t *)b->base)[at];
    uint16_t half;
    memcpy(&half, b->base + 2 * at, sizeof half);
    return f16_to_f32(half);
}

static float scale(const struct view *b, size_t group, size_t t)
{
    uint16_t half;
    memcpy(&half, b->base + attend_scales_at(b->s) + 2 * (group * TOKENS + t), sizeof half);
    return b->s->q8 ? f16_to_f32(half) : 1;
}

static float score(const struct view *b, const float *q, size_t t)
{
    size_t d = b->s->d_k, step = b->s->q8 ? GROUP : d;
    float total = 0;
    for (size_t from = 0; from < d; from += step) {
        float sum = 0;
        for (size_t i = from; i < d && i < from + step; i++)
            sum += q[i] * code(b, i * TOKENS + t);
        total += sum * (b->s->q8 ? scale(b, from / GROUP, t) : 1);
    }
    return total;
}

void plain_attend(const struct attend_shape *s, const void *block, const struct attend_queries *q, float *scratch)
{
    (void)scratch;
    struct view b = {s, block};
    size_t width = attend_width(s->d_v);
    for (size_t j = 0; j < q->n; j++) {
        float p[TOKENS], max = q->max[j], *acc = q->acc + j * width;
        size_t from = q->hidden ? q->hidden[j] : 0;
        for (size_t t = from; t < q->visible[j]; t++) {
            p[t] = score(&b, q->q + j * s->d_k, t);
            if (q->cap > 0)
                p[t] = q->cap * tanhf(p[t] / q->cap);
            max = p[t] > max ? p[t] : max;
        }
        float less = max > q->max[j] ? expf(q->max[j] - max) : 1;
        q->max[j] = max;
        q->sum[j] *= less;
        for (size_t i = 0; i < s->d_v; i++)
            acc[i] *= less;
        for (size_t t = from; t < q->visible[j]; t++) {
            p[t] = expf(p[t] - max);
            q->sum[j] += p[t];
            for (size_t i = 0; i < s->d_v; i++) {
                float weight = s->q8 ? p[t] * scale(&b, attend_groups(s->d_k) + i / GROUP, t) : p[t];
                acc[i] += weight * code(&b, (s->d_k * TOKENS) + t * s->d_v + i);
            }
        }
    }
}

static void put(uint8_t *base, bool q8, size_t at, float x, float inv)
{
    if (q8) {
        float r = x * inv;
        ((int8_t *)base)[at] = (int8_t)(r > -127 ? r < 127 ? (int)lrintf(r) : 127 : -127);
    } else {
        uint16_t half = f32_to_f16(x);
        memcpy(base + 2 * at, &half, sizeof half);
    }
}

/* One key or value: n codes, `step` apart. */
static void put_vector(const struct attend_shape *s, uint8_t *base, size_t at, size_t step, size_t group, size_t slot, const float *x,
                       size_t n)
{
    for (size_t from = 0; from < n; from += GROUP, group++) {
        size_t end = n - from < GROUP ? n : from + GROUP;
        float amax = 0;
        for (size_t i = from; i < end; i++)
            amax = fabsf(x[i]) > amax ? fabsf(x[i]) : amax;
        uint16_t half = f32_to_f16(amax / 127);
        float d = f16_to_f32(half), inv = d > 0 ? 1 / d : 0;
        if (s->q8)
            memcpy(base + attend_scales_at(s) + 2 * (group * TOKENS + slot), &half, sizeof half);
        for (size_t i = from; i < end; i++)
            put(base, s->q8, at + i * step, x[i], inv);
    }
}

void plain_attend_put(const struct attend_shape *s, void *block, size_t slot, const float *k, const float *v)
{
    put_vector(s, block, slot, TOKENS, 0, slot, k, s->d_k);
    put_vector(s, block, s->d_k * TOKENS + slot * s->d_v, 1, attend_groups(s->d_k), slot, v, s->d_v);
}
