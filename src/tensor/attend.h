/* Attention of some queries over one block of keys and values, with an online softmax (Milakov & Gimelshein, 2018; Dao et al.,
 * 2022): for each query a running maximum, the sum of exponentials and the weighted sum of values, which blocks are added to one
 * after the other.
 *
 * A block holds ATTEND_TOKENS positions of one head. Keys lie by dimension, [d_k][32], so that the scores of 32 positions are
 * computed side by side without adding across a register; values lie by position, [32][d_v]. Both are F16, or 8 bits with an
 * F16 scale for each position and 32 dimensions:
 *
 *   F16   K [d_k][32] · V [32][d_v]
 *   8 bit K [d_k][32] · V [32][d_v] · scales of K [d_k / 32, rounded up][32] · of V, the same
 *
 * What a query becomes does not depend on the others in the call. */
#ifndef TENSOR_ATTEND_H
#define TENSOR_ATTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ATTEND_TOKENS = 32, ATTEND_GROUP = 32, ATTEND_QUERIES_MAX = 32 };

struct attend_shape {
    size_t d_k, d_v;
    bool q8;
};

/* Queries of one K/V head that go together. */
struct attend_queries {
    size_t n;          /* ≤ ATTEND_QUERIES_MAX */
    const float *q;    /* [n][d_k], times 1 / √d_k */
    uint32_t *visible; /* [n] positions of the block that each sees, from its first on: 0 … 32 */
    float *max, *sum;  /* [n] −∞ and 0 at the beginning */
    float *acc;        /* [n][attend_width(d_v)] zeros at the beginning; the result is acc / sum */
    uint32_t *hidden;  /* [n] the first of those that a window leaves behind, less than visible or 0; NULL: none */
    float cap;         /* scores become cap · tanh(score / cap); 0: as they are */
};

static inline size_t attend_width(size_t d_v)
{
    return (d_v + 15) / 16 * 16;
}
/* Scales of 32 dimensions each. */
static inline size_t attend_groups(size_t d)
{
    return (d + ATTEND_GROUP - 1) / ATTEND_GROUP;
}
/* Where things are in a block. */
static inline size_t attend_values_at(const struct attend_shape *s)
{
    return s->d_k * ATTEND_TOKENS * (s->q8 ? 1 : 2);
}
static inline size_t attend_scales_at(const struct attend_shape *s)
{
    return (s->d_k + s->d_v) * ATTEND_TOKENS * (s->q8 ? 1 : 2);
}
/* Bytes of one head's block. */
static inline size_t attend_block_bytes(const struct attend_shape *s)
{
    return attend_scales_at(s) + (s->q8 ? (attend_groups(s->d_k) + attend_groups(s->d_v)) * ATTEND_TOKENS * sizeof(uint16_t) : 0);
}
/* Floats of scratch memory that a call needs. */
static inline size_t attend_scratch(const struct attend_shape *s)
{
    return ATTEND_TOKENS * (s->d_k + attend_width(s->d_v) + ATTEND_QUERIES_MAX * (1 + attend_groups(s->d_v)));
}

#endif
