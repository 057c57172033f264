#include <stdlib.h>

#include "engine/grammar/dfa.h"

static int by_lo(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

struct charset charset_make(struct grammar_builder *b, struct range *raw, uint32_t n)
{
    struct range *out = build_alloc(b, n, sizeof *out);
    uint32_t k = 0;
    if (!out)
        return (struct charset){NULL, 0};
    if (n)
        qsort(raw, n, sizeof *raw, by_lo);
    for (uint32_t i = 0; i < n; i++)
        if (k && raw[i].lo <= out[k - 1].hi + 1)
            out[k - 1].hi = raw[i].hi > out[k - 1].hi ? raw[i].hi : out[k - 1].hi;
        else
            out[k++] = raw[i];
    return (struct charset){out, k};
}

struct charset charset_not(struct grammar_builder *b, struct charset c)
{
    struct range *out = build_alloc(b, c.n + 1, sizeof *out);
    uint32_t k = 0, from = 0;
    if (!out)
        return (struct charset){NULL, 0};
    for (uint32_t i = 0; i < c.n; i++) {
        if (c.ranges[i].lo > from)
            out[k++] = (struct range){from, c.ranges[i].lo - 1};
        from = c.ranges[i].hi + 1;
    }
    if (from <= CODE_POINT_MAX)
        out[k++] = (struct range){from, CODE_POINT_MAX};
    return (struct charset){out, k};
}

struct charset charset_or(struct grammar_builder *b, struct charset a, struct charset c)
{
    struct range *all = build_alloc(b, a.n + c.n, sizeof *all);
    if (!all)
        return (struct charset){NULL, 0};
    if (a.n)
        memcpy(all, a.ranges, a.n * sizeof *all);
    if (c.n)
        memcpy(all + a.n, c.ranges, c.n * sizeof *all);
    return charset_make(b, all, a.n + c.n);
}
