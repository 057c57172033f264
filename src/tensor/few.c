#include "tensor/few.h"

#include <assert.h>
#include <stdlib.h>

#include "tensor/kernels.h"

enum { PIECE_BYTES = 12 << 10, STRIDE = 256 };

struct few_act {
    struct act_row rows[FEW_ROWS_MAX];
    struct act_row_out forms[FEW_ROWS_MAX];
    size_t m, k, cols_max;
    uint8_t *memory;
};

int few_act_create(size_t cols_max, struct few_act **ret)
{
    struct few_act *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    size_t stride = (cols_max + STRIDE - 1) / STRIDE * STRIDE, floats = stride / 32 * sizeof(float), row = 2 * stride + 8 * floats;
    *a = (struct few_act){.cols_max = cols_max, .memory = aligned_alloc(64, FEW_ROWS_MAX * row)};
    if (!a->memory) {
        free(a);
        return ERR_NOMEM;
    }
    memset(a->memory, 0, FEW_ROWS_MAX * row);
    for (size_t i = 0; i < FEW_ROWS_MAX; i++) {
        uint8_t *p = a->memory + i * row;
        float *f = (float *)(void *)(p + 2 * stride);
        size_t n = stride / 32;
        a->forms[i] = (struct act_row_out){.q = (int8_t *)p,
                                           .halves = (int8_t *)p + stride,
                                           .d = f,
                                           .s32 = f + n,
                                           .s16 = f + 2 * n,
                                           .sum32 = (int32_t *)(void *)(f + 4 * n),
                                           .sum16 = (int32_t *)(void *)(f + 5 * n)};
    }
    *ret = a;
    return OK;
}

void few_act_free(struct few_act *a)
{
    if (!a)
        return;
    free(a->memory);
    free(a);
}

void few_act_set(struct few_act *a, const struct kernels *kn, const float *x, size_t stride, size_t m, size_t k, bool quantised)
{
    assert(m <= FEW_ROWS_MAX && k <= a->cols_max);
    a->m = m;
    a->k = k;
    for (size_t i = 0; i < m; i++, x += stride) {
        const struct act_row_out *f = &a->forms[i];
        if (quantised)
            kn->quantise(x, k, *f);
        a->rows[i] = (struct act_row){x, f->q, f->d, f->s32, f->s16, f->sum32, f->sum16, f->halves};
    }
}

/* Steps */

void few_step_plan(struct few_step *s)
{
    s->quantised = false;
    s->n_pieces = 0;
    for (uint32_t i = 0; i < s->n_parts; i++) {
        struct few_part *p = &s->parts[i];
        size_t both = p->w->row_bytes + (s->glu ? s->parts[1].w->row_bytes : 0), rows = PIECE_BYTES / both;
        if (s->glu && i)
            rows = s->parts[0].piece_rows;
        p->piece_rows = rows > 1 ? (uint32_t)rows : 1;
        p->first_piece = s->glu ? 0 : s->n_pieces;
        if (!s->glu || !i)
            s->n_pieces += (p->w->rows + p->piece_rows - 1) / p->piece_rows;
        s->quantised |= weight_forms[p->w->type].group != 0;
    }
}

/* The rows of a piece: those of the first part when there are two (glu). */
struct piece {
    const struct few_part *part;
    uint32_t row, n;
};

static struct piece piece_of(const struct few_step *s, uint32_t number)
{
    const struct few_part *p = s->parts;
    while (!s->glu && p + 1 < s->parts + s->n_parts && number >= p[1].first_piece)
        p++;
    uint32_t row = (number - p->first_piece) * p->piece_rows, left = p->w->rows - row;
    return (struct piece){p, row, left < p->piece_rows ? left : p->piece_rows};
}

static uintptr_t address(const struct few_part *p, uint32_t row)
{
    return (uintptr_t)p->w->data + row * p->w->row_bytes;
}

static uintptr_t address_of(const struct few_step *s, uint32_t number)
{
    struct piece p = piece_of(s, number);
    return address(p.part, p.row);
}

/* Where the thread reads after the piece that it has taken. When that is not known, what it is reading. */
static uintptr_t next_address(const struct few_step *s, const struct few_step *next, const struct share *share, int thread, uintptr_t here)
{
    uint32_t number;
    if (share_peek(share, thread, &number))
        return address_of(s, number);
    if (next && share_first(share, thread, next->n_pieces, &number))
        return address_of(next, number);
    return here;
}

/* A prefetch of a page whose address translation is not cached holds up what comes behind it; in a virtual machine for hundreds
 * of cycles. Asked for together, the pages of a piece are translated at the same time. */
enum { PAGE = 4096 };
static void touch_pages(uintptr_t p)
{
    for (size_t i = 0; i < PIECE_BYTES; i += PAGE)
        __builtin_prefetch((const void *)(p + i)); /* NOLINT(performance-no-int-to-ptr): an address that may lie behind the end */
}

static void multiply(const struct few_part *p, uint32_t row, uint32_t n, uintptr_t next, const struct kernels *kn, const struct few_act *a)
{
    const struct matrix *w = p->w;
    struct dot_rows rows = {(const uint8_t *)w->data + row * w->row_bytes, w->row_bytes, n, next};
    kn->dot[w->type](&rows, a->rows, a->m, a->k, p->out + row, w->rows);
}

void few_step_run(const struct few_step *s, const struct few_step *next, const struct kernels *kn, struct share *share,
                  const struct few_act *a, int thread)
{
    uint32_t number;
    for (bool own; share_take(share, thread, &number, &own);) {
        struct piece p = piece_of(s, number);
        const uintptr_t then = own ? next_address(s, next, share, thread, address(p.part, p.row)) : address(p.part, p.row);
        touch_pages(then);
        if (!s->glu) {
            multiply(p.part, p.row, p.n, then, kn, a);
            continue;
        }
        const struct few_part *gate = &s->parts[0], *up = &s->parts[1];
        multiply(gate, p.row, p.n, address(up, p.row), kn, a);
        multiply(up, p.row, p.n, then, kn, a);
        for (size_t i = 0; i < a->m; i++)
            (s->gelu ? kn->gelu_mul : kn->silu_mul)(gate->out + i * gate->w->rows + p.row, up->out + i * up->w->rows + p.row, p.n);
    }
}
