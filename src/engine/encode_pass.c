/* One pass over packed sequences. Products see the rows of all of them; attention sees one sequence and head at a time; everything
 * else is done row by row, in pieces of ROWS rows over the pool, directly behind the product that made them. */
#include "engine/encode_pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sys/mem.h"

enum { ROWS = 8 };

struct encode_pass {
    const struct encoder_model *m;
    struct pool *pool;
    const struct kernels *kn;
    struct act *act;
    uint32_t rows_max, seqs_max, narrow; /* narrow: the width of x, h and t */
    float *pages;
    size_t pages_len;
    float *x, *h, *t, *wide, *scores; /* [rows_max][narrow] three times, [rows_max][widest], [threads][n_ctx] */
    uint32_t *first;                  /* [seqs_max] row of a sequence */
    uint32_t n_rows;
    /* of the loop that runs */
    const struct encode_seq *seqs;
    uint32_t n_seqs;
    const struct encoder_layer *layer;
};

uint32_t encode_width(const struct encoder_model *m)
{
    return m->pooling == ENCODER_POOL_RANK ? 1 : m->pool.w.data ? m->pool.w.rows : m->d_model;
}

static uint32_t narrow_of(const struct encoder_model *m)
{
    uint32_t w = m->d_embd;
    for (uint32_t i = 0; i < m->n_layers; i++) {
        const struct encoder_layer *l = &m->layers[i];
        w = l->d_out > w ? l->d_out : w;
        w = l->d_attn > w ? l->d_attn : w;
    }
    return m->pool.w.rows > w ? m->pool.w.rows : w;
}

static size_t floats_of(const struct encoder_model *m, uint32_t rows_max)
{
    return (size_t)rows_max * (3 * (size_t)narrow_of(m) + m->widest);
}

uint64_t encode_pass_bytes(const struct encoder_model *m, uint32_t rows_max)
{
    return floats_of(m, rows_max) * sizeof(float) + (uint64_t)rows_max * m->widest * 8; /* and the forms that products read */
}

int encode_pass_create(const struct encoder_model *m, struct pool *pool, const struct kernels *kn, uint32_t rows_max, uint32_t seqs_max,
                       struct encode_pass **ret)
{
    struct encode_pass *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    *p = (struct encode_pass){.m = m, .pool = pool, .kn = kn, .rows_max = rows_max, .seqs_max = seqs_max, .narrow = narrow_of(m)};
    size_t wide = (size_t)rows_max * p->narrow;
    p->pages_len = (floats_of(m, rows_max) + (size_t)pool_threads(pool) * m->n_ctx) * sizeof(float);
    p->pages = mem_pages_alloc(p->pages_len);
    p->first = calloc(seqs_max, sizeof *p->first);
    uint32_t cols = m->widest > p->narrow ? m->widest : p->narrow;
    if (!p->pages || !p->first || act_create(rows_max > seqs_max ? rows_max : seqs_max, cols, &p->act)) {
        encode_pass_free(p);
        return ERR_NOMEM;
    }
    p->x = p->pages;
    p->h = p->x + wide;
    p->t = p->h + wide;
    p->wide = p->t + wide;
    p->scores = p->wide + (size_t)rows_max * m->widest;
    *ret = p;
    return OK;
}

void encode_pass_free(struct encode_pass *p)
{
    if (!p)
        return;
    act_free(p->act);
    mem_pages_free(p->pages, p->pages_len);
    free(p->first);
    free(p);
}

/* ---- row by row */
typedef void row_fn(struct encode_pass *p, size_t row);
struct rows_loop {
    struct encode_pass *p;
    row_fn *fn;
};

static void rows_item(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct rows_loop *l = arg;
    size_t end = (item + 1) * ROWS < l->p->n_rows ? (item + 1) * ROWS : l->p->n_rows;
    for (size_t row = item * ROWS; row < end; row++)
        l->fn(l->p, row);
}

static void for_rows(struct encode_pass *p, row_fn *fn)
{
    struct rows_loop l = {p, fn};
    pool_run(p->pool, (p->n_rows + ROWS - 1) / ROWS, rows_item, &l);
}

/* x · wᵀ of the rows of `from`, `stride` apart in `to`; biases are the caller's care. */
static void product(struct encode_pass *p, const struct encoder_dense *d, float *to, size_t stride)
{
    op_matmul(p->kn, p->pool, &d->w, p->act, to, stride);
}

static void norm(const struct encode_pass *p, const struct encoder_norm *n, const float *from, float *to, uint32_t width)
{
    op_layer_norm(p->kn, from, n->weight, n->bias, p->m->eps, to, width);
}

/* ---- steps */
static void embed_item(void *arg, size_t item, int thread)
{
    (void)thread;
    struct encode_pass *p = arg;
    const struct encoder_model *m = p->m;
    const struct encode_seq *s = &p->seqs[item];
    for (uint32_t i = 0; i < s->n; i++) {
        float *x = p->x + (size_t)(p->first[item] + i) * m->d_embd;
        tensor_row_to_f32(m->tok_embd.type, (const uint8_t *)m->tok_embd.data + s->tokens[i] * m->tok_embd.row_bytes, x, m->d_embd);
        op_add(p->kn, x, m->pos_embd + (size_t)i * m->d_embd, m->d_embd);
        if (m->type_embd)
            op_add(p->kn, x, m->type_embd + (i >= s->second && m->n_types > 1 ? m->d_embd : 0), m->d_embd);
        if (m->embd_norm.weight)
            norm(p, &m->embd_norm, x, x, m->d_embd);
    }
}

static void norm_input(struct encode_pass *p, size_t row)
{
    const struct encoder_layer *l = p->layer;
    norm(p, &l->norm, p->x + row * l->d_in, p->h + row * l->d_in, l->d_in);
}

static void add_qkv_bias(struct encode_pass *p, size_t row)
{
    const struct encoder_layer *l = p->layer;
    float *w = p->wide + row * 3 * l->d_attn;
    if (l->qkv.w.data) {
        op_bias(p->kn, w, l->qkv.bias, ACTIVATION_NONE, 3 * (size_t)l->d_attn);
        return;
    }
    op_bias(p->kn, w, l->q.bias, ACTIVATION_NONE, l->d_attn);
    op_bias(p->kn, w + l->d_attn, l->k.bias, ACTIVATION_NONE, l->d_attn);
    op_bias(p->kn, w + 2 * (size_t)l->d_attn, l->v.bias, ACTIVATION_NONE, l->d_attn);
}

static void attend_item(void *arg, size_t item, int thread)
{
    const struct encode_pass *p = arg;
    const struct encoder_layer *l = p->layer;
    uint32_t heads = p->m->n_heads, d = l->d_attn / heads;
    size_t row = p->first[item / heads], head = item % heads * d, stride = 3 * (size_t)l->d_attn;
    const float *q = p->wide + row * stride + head;
    struct attend_all a = {
        .q = q,
        .k = q + l->d_attn,
        .v = q + 2 * (size_t)l->d_attn,
        .out = p->t + row * l->d_attn + head,
        .scores = p->scores + (size_t)thread * p->m->n_ctx,
        .n = p->seqs[item / heads].n,
        .d = d,
        .stride = stride,
        .out_stride = l->d_attn,
        .scale = 1 / sqrtf((float)d),
    };
    op_attend_all(p->kn, &a);
}

static void attention(struct encode_pass *p)
{
    const struct encoder_layer *l = p->layer;
    size_t stride = 3 * (size_t)l->d_attn;
    if (p->m->arch->norm_first)
        for_rows(p, norm_input);
    act_set(p->act, p->m->arch->norm_first ? p->h : p->x, p->n_rows, l->d_in);
    if (l->qkv.w.data) {
        product(p, &l->qkv, p->wide, stride);
    } else {
        product(p, &l->q, p->wide, stride);
        product(p, &l->k, p->wide + l->d_attn, stride);
        product(p, &l->v, p->wide + 2 * (size_t)l->d_attn, stride);
    }
    for_rows(p, add_qkv_bias);
    pool_run(p->pool, (size_t)p->n_seqs * p->m->n_heads, attend_item, p);
}

/* h: what attention gave; x: becomes the sum, and where norms come first h its norm. */
static void finish_attention(struct encode_pass *p, size_t row)
{
    const struct encoder_layer *l = p->layer;
    float *x = p->x + row * l->d_out, *h = p->h + row * l->d_out;
    op_bias(p->kn, h, l->o.bias, ACTIVATION_NONE, l->d_out);
    op_add(p->kn, x, h, l->d_out);
    if (p->m->arch->norm_first)
        norm(p, &l->norm2, x, h, l->d_out);
    else
        norm(p, &l->norm, x, x, l->d_out);
}

static void add_residual_bias(struct encode_pass *p, size_t row)
{
    op_bias(p->kn, p->x + row * p->layer->d_out, p->layer->residual.bias, ACTIVATION_NONE, p->layer->d_out);
}

/* A wider sum than the input was: x goes through a product of its own. Uses h, which is free here. */
static void widen_input(struct encode_pass *p)
{
    const struct encoder_layer *l = p->layer;
    memcpy(p->h, p->x, (size_t)p->n_rows * l->d_in * sizeof *p->h);
    act_set(p->act, p->h, p->n_rows, l->d_in);
    product(p, &l->residual, p->x, l->d_out);
    for_rows(p, add_residual_bias);
}

static void activate(struct encode_pass *p, size_t row)
{
    const struct encoder_layer *l = p->layer;
    op_bias(p->kn, p->wide + row * l->d_ff, l->up.bias, p->m->arch->relu ? ACTIVATION_RELU : ACTIVATION_GELU, l->d_ff);
}

static void finish_layer(struct encode_pass *p, size_t row)
{
    const struct encoder_layer *l = p->layer;
    float *x = p->x + row * l->d_out, *t = p->t + row * l->d_out;
    op_bias(p->kn, t, l->down.bias, ACTIVATION_NONE, l->d_out);
    op_add(p->kn, x, t, l->d_out);
    if (!p->m->arch->norm_first)
        norm(p, &l->norm2, x, x, l->d_out);
}

static void run_layer(struct encode_pass *p, const struct encoder_layer *l)
{
    p->layer = l;
    attention(p);
    if (l->residual.w.data)
        widen_input(p);
    act_set(p->act, p->t, p->n_rows, l->d_attn);
    product(p, &l->o, p->h, l->d_out);
    for_rows(p, finish_attention);
    act_set(p->act, p->m->arch->norm_first ? p->h : p->x, p->n_rows, l->d_out);
    product(p, &l->up, p->wide, l->d_ff);
    for_rows(p, activate);
    act_set(p->act, p->wide, p->n_rows, l->d_ff);
    product(p, &l->down, p->t, l->d_out);
    for_rows(p, finish_layer);
}

/* ---- from rows to results */
static void pool_item(void *arg, size_t item, int thread)
{
    (void)thread;
    struct encode_pass *p = arg;
    uint32_t d = p->m->d_model, n = p->m->pooling == ENCODER_POOL_MEAN ? p->seqs[item].n : 1;
    float *h = p->h + item * d;
    const float *x = p->x + (size_t)p->first[item] * d;
    memcpy(h, x, d * sizeof *h);
    for (uint32_t i = 1; i < n; i++)
        op_add(p->kn, h, x + (size_t)i * d, d);
    for (uint32_t i = 0; i < d && n > 1; i++)
        h[i] /= (float)n;
}

/* A broken model's NaN becomes a vector of zeros: what goes out is numbers. */
static void put_vector(const float *v, uint32_t width, float *out)
{
    double sum = 0;
    for (uint32_t i = 0; i < width; i++)
        sum += (double)v[i] * (double)v[i];
    double scale = sum > 0 && isfinite(sum) ? 1 / sqrt(sum) : 0;
    for (uint32_t i = 0; i < width; i++)
        out[i] = scale > 0 ? (float)((double)v[i] * scale) : 0;
}

static void put_score(float logit, float *out)
{
    float s = 1 / (1 + expf(-logit));
    *out = isfinite(s) ? s : 0;
}

static void finish(struct encode_pass *p)
{
    const struct encoder_model *m = p->m;
    float *v = p->h;
    uint32_t width = m->d_model;
    pool_run(p->pool, p->n_seqs, pool_item, p);
    if (m->pool.w.data) {
        width = m->pool.w.rows;
        act_set(p->act, p->h, p->n_seqs, m->d_model);
        product(p, &m->pool, p->t, width);
        v = p->t;
        for (size_t i = 0; i < (size_t)p->n_seqs * width; i++)
            v[i] = tanhf(v[i] + m->pool.bias[i % width]);
    }
    if (m->pooling == ENCODER_POOL_RANK) {
        act_set(p->act, v, p->n_seqs, width);
        product(p, &m->score, p->wide, 1);
    }
    for (uint32_t i = 0; i < p->n_seqs; i++) {
        if (m->pooling == ENCODER_POOL_RANK)
            put_score(p->wide[i] + m->score.bias[0], p->seqs[i].out);
        else
            put_vector(v + (size_t)i * width, width, p->seqs[i].out);
    }
}

void encode_pass_run(struct encode_pass *p, const struct encode_seq *seqs, uint32_t n_seqs)
{
    p->seqs = seqs;
    p->n_seqs = n_seqs;
    p->n_rows = 0;
    for (uint32_t i = 0; i < n_seqs; i++) {
        p->first[i] = p->n_rows;
        p->n_rows += seqs[i].n;
    }
    pool_run(p->pool, n_seqs, embed_item, p);
    for (uint32_t i = 0; i < p->m->n_layers; i++)
        run_layer(p, &p->m->layers[i]);
    finish(p);
}
