#include "engine/experts.h"

#include <math.h>
#include <stdlib.h>

struct experts {
    float *memory;      /* owned: the first four */
    float *probability; /* [rows][n_experts] */
    float *in, *out;    /* [rows][d_model] of the rows that share an expert */
    float *sum;         /* [rows][d_model] */
    float *weight;      /* [rows][n_used] */
    uint16_t *chosen;   /* [rows][n_used] in ascending order */
    uint32_t *rows;     /* [rows] that share an expert */
    float *share;       /* [rows] their weights for it */
};

int experts_create(const struct hparams *hp, size_t rows_max, struct experts **ret)
{
    if (!hp->n_experts)
        return OK;
    struct experts *x = calloc(1, sizeof *x);
    if (!x)
        return ERR_NOMEM;
    size_t wide = rows_max * ((hp->d_model + 15) / 16 * 16), choices = (rows_max * hp->n_experts + 15) / 16 * 16;
    x->memory = aligned_alloc(64, (3 * wide + choices) * sizeof(float));
    x->weight = calloc(rows_max * hp->n_experts_used, sizeof *x->weight);
    x->chosen = calloc(rows_max * hp->n_experts_used, sizeof *x->chosen);
    x->rows = calloc(rows_max, sizeof *x->rows);
    x->share = calloc(rows_max, sizeof *x->share);
    *ret = x;
    if (!x->memory || !x->weight || !x->chosen || !x->rows || !x->share)
        return ERR_NOMEM;
    x->in = x->memory;
    x->out = x->in + wide;
    x->sum = x->out + wide;
    x->probability = x->sum + wide;
    return OK;
}

void experts_free(struct experts *x)
{
    if (!x)
        return;
    free(x->memory);
    free(x->weight);
    free(x->chosen);
    free(x->rows);
    free(x->share);
    free(x);
}

/* The most likely experts of a row, of equals the first; p is used up. */
static void choose(const struct hparams *hp, float *p, uint16_t *chosen, float *weight)
{
    float total = 0;
    for (uint32_t n = 0; n < hp->n_experts_used; n++) {
        uint32_t best = UINT32_MAX, at = n;
        for (uint32_t e = 0; e < hp->n_experts; e++)
            if (p[e] >= 0 && (best == UINT32_MAX || p[e] > p[best]))
                best = e;
        for (; at && chosen[at - 1] > best; at--) {
            chosen[at] = chosen[at - 1];
            weight[at] = weight[at - 1];
        }
        chosen[at] = (uint16_t)best; /* none, where nothing is a number */
        weight[at] = best == UINT32_MAX ? 0 : p[best];
        total += weight[at];
        if (best != UINT32_MAX)
            p[best] = -1;
    }
    for (uint32_t k = 0; k < hp->n_experts_used; k++)
        weight[k] /= total;
}

static void route(struct forward *f)
{
    struct experts *x = f->experts;
    const struct hparams *hp = &f->m->hp;
    act_set(f->act, f->norm, f->n_rows, hp->d_model);
    op_matmul(f->kn, f->pool, &f->m->layers[f->layer].router, f->act, x->probability, hp->n_experts);
    for (uint32_t row = 0; row < f->n_rows; row++) {
        float *p = x->probability + (size_t)row * hp->n_experts;
        op_softmax(f->kn, p, hp->n_experts);
        choose(hp, p, x->chosen + (size_t)row * hp->n_experts_used, x->weight + (size_t)row * hp->n_experts_used);
    }
}

/* The rows that want expert e, gathered; how many. */
static uint32_t gather(struct forward *f, uint32_t e)
{
    struct experts *x = f->experts;
    uint32_t n = 0, used = f->m->hp.n_experts_used;
    size_t d = f->m->hp.d_model;
    for (uint32_t row = 0; row < f->n_rows; row++)
        for (uint32_t k = 0; k < used; k++)
            if (x->chosen[(size_t)row * used + k] == e) {
                x->rows[n] = row;
                x->share[n] = x->weight[(size_t)row * used + k];
                memcpy(x->in + n++ * d, f->norm + row * d, d * sizeof(float));
                break;
            }
    return n;
}

static struct matrix expert_of(const struct matrix *all, uint32_t e, uint32_t rows)
{
    struct matrix w = *all;
    w.data = (const uint8_t *)all->data + (size_t)e * rows * all->row_bytes;
    w.rows = rows;
    return w;
}

static void run_expert(struct forward *f, uint32_t e, uint32_t n)
{
    struct experts *x = f->experts;
    const struct hparams *hp = &f->m->hp;
    const struct layer *l = &f->m->layers[f->layer];
    struct matrix gate = expert_of(&l->gate, e, hp->d_ff), up = expert_of(&l->up, e, hp->d_ff), down = expert_of(&l->down, e, hp->d_model);
    act_set(f->act, x->in, n, hp->d_model);
    op_matmul(f->kn, f->pool, &gate, f->act, f->gate, hp->d_ff);
    op_matmul(f->kn, f->pool, &up, f->act, f->up, hp->d_ff);
    (f->m->arch->gelu ? op_gelu_mul : op_silu_mul)(f->kn, f->gate, f->up, (size_t)n * hp->d_ff);
    act_set(f->act, f->gate, n, hp->d_ff);
    op_matmul(f->kn, f->pool, &down, f->act, x->out, hp->d_model);
    for (uint32_t i = 0; i < n; i++) {
        float *sum = x->sum + (size_t)x->rows[i] * hp->d_model;
        const float *out = x->out + (size_t)i * hp->d_model;
        for (uint32_t c = 0; c < hp->d_model; c++)
            sum[c] += x->share[i] * out[c];
    }
}

void experts_run(struct forward *f)
{
    size_t bytes = (size_t)f->n_rows * f->m->hp.d_model * sizeof(float);
    route(f);
    memset(f->experts->sum, 0, bytes);
    for (uint32_t e = 0; e < f->m->hp.n_experts; e++) {
        uint32_t n = gather(f, e);
        if (n)
            run_expert(f, e, n);
    }
    memcpy(f->norm, f->experts->sum, bytes);
}
