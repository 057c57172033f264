#include "engine/forward.h"

#include <math.h>
#include <stdlib.h>

#include "engine/experts.h"
#include "model/rope.h"

/* Fewer rows than this are done on the caller's thread: waking the others costs more. */
enum { SERIAL_ROWS = 8, ROWS_ITEM = 4 };

/* Rows in parallel, a few for each item. */

typedef void row_fn(struct forward *f, uint32_t row);
struct rows_job {
    struct forward *f;
    row_fn *fn;
    uint32_t n;
};

static void rows_item(void *arg, size_t item, int thread)
{
    (void)thread;
    const struct rows_job *j = arg;
    uint32_t from = (uint32_t)item * ROWS_ITEM, to = from + ROWS_ITEM < j->n ? from + ROWS_ITEM : j->n;
    for (uint32_t row = from; row < to; row++)
        j->fn(j->f, row);
}

static void for_rows(struct forward *f, uint32_t n, row_fn *fn)
{
    struct rows_job j = {f, fn, n};
    if (n >= SERIAL_ROWS)
        pool_run(f->pool, (n + ROWS_ITEM - 1) / ROWS_ITEM, rows_item, &j);
    else
        for (uint32_t row = 0; row < n; row++)
            fn(f, row);
}

static void matmul(struct forward *f, const struct matrix *w, float *out)
{
    op_matmul(f->kn, f->pool, w, f->act, out, w->rows);
}

/* One row at a time */

static void fill_angles(const struct forward *f, uint32_t pos, const float *inv_freq, float *cs)
{
    float size = f->m->hp.rope_magnitude;
    for (uint32_t i = 0; i < f->m->hp.n_rot / 2; i++) {
        float angle = (float)pos * inv_freq[i];
        cs[2 * i] = cosf(angle) * size;
        cs[2 * i + 1] = sinf(angle) * size;
    }
}

static void scale(float *x, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= by;
}

void forward_embed(struct forward *f, uint32_t row, float *x)
{
    const struct hparams *hp = &f->m->hp;
    const struct matrix *w = &f->m->tok_embd;
    tensor_row_to_f32(w->type, (const uint8_t *)w->data + (size_t)f->rows[row].token * w->row_bytes, x, hp->d_model);
    if (hp->embedding_scale < 1 || hp->embedding_scale > 1)
        scale(x, hp->embedding_scale, hp->d_model);
}

void forward_angles(struct forward *f, uint32_t row)
{
    size_t at = (size_t)row * f->m->hp.n_rot;
    fill_angles(f, f->rows[row].pos, f->inv_freq, f->cs + at);
    if (f->cs_window != f->cs)
        fill_angles(f, f->rows[row].pos, f->inv_freq_window, f->cs_window + at);
}

void forward_add(const struct forward *f, const float *post_norm, float *x, const float *delta, float *scratch)
{
    const struct hparams *hp = &f->m->hp;
    if (post_norm) {
        op_rms_norm(f->kn, delta, post_norm, hp->rms_eps, scratch, hp->d_model);
        delta = scratch;
    }
    if (hp->residual_scale < 1 || hp->residual_scale > 1) {
        if (scratch != delta)
            memcpy(scratch, delta, hp->d_model * sizeof *scratch);
        scale(scratch, hp->residual_scale, hp->d_model);
        delta = scratch;
    }
    op_add(f->kn, x, delta, hp->d_model);
}

static void embed(struct forward *f, uint32_t row)
{
    forward_embed(f, row, f->x + (size_t)row * f->m->hp.d_model);
    forward_angles(f, row);
}

static void attention_norm(struct forward *f, uint32_t row)
{
    const struct hparams *hp = &f->m->hp;
    size_t at = (size_t)row * hp->d_model;
    op_rms_norm(f->kn, f->x + at, f->m->layers[f->layer].attn_norm, hp->rms_eps, f->norm + at, hp->d_model);
}

static void ffn_norm(struct forward *f, uint32_t row)
{
    const struct hparams *hp = &f->m->hp;
    const struct layer *l = &f->m->layers[f->layer];
    size_t at = (size_t)row * hp->d_model;
    forward_add(f, l->attn_post_norm, f->x + at, f->norm + at, f->norm + at); /* norm holds what attention adds */
    op_rms_norm(f->kn, f->x + at, l->ffn_norm, hp->rms_eps, f->norm + at, hp->d_model);
}

static void add_residual(struct forward *f, uint32_t row)
{
    size_t d = f->m->hp.d_model, at = (size_t)row * d;
    forward_add(f, f->m->layers[f->layer].ffn_post_norm, f->x + at, f->norm + at, f->norm + at);
}

static void activate(struct forward *f, uint32_t row)
{
    size_t n = f->m->hp.d_ff;
    (f->m->arch->gelu ? op_gelu_mul : op_silu_mul)(f->kn, f->gate + (size_t)row * n, f->up + (size_t)row * n, n);
}

/* Heads of q or k: bias, norm, rotation (cs NULL: none). */
static void shape_heads(struct forward *f, float *heads, uint32_t n_heads, const float *bias, const float *norm, const float *cs)
{
    const struct hparams *hp = &f->m->hp;
    if (bias)
        op_add(f->kn, heads, bias, (size_t)n_heads * hp->d_head_k);
    for (uint32_t h = 0; h < n_heads; h++) {
        float *head = heads + (size_t)h * hp->d_head_k;
        if (norm)
            op_rms_norm(f->kn, head, norm, hp->rms_eps, head, hp->d_head_k);
        if (cs)
            op_rope(f->kn, head, cs, hp->n_rot, f->m->arch->rope_neox);
    }
}

void forward_shape(struct forward *f, uint32_t layer, uint32_t row, uint32_t kv_head)
{
    const struct hparams *hp = &f->m->hp;
    const struct layer *l = &f->m->layers[layer];
    const struct forward_row *r = &f->rows[row];
    const float *cs = l->still ? NULL : (l->window ? f->cs_window : f->cs) + (size_t)row * hp->n_rot;
    uint32_t group = hp->n_heads / hp->n_kv_heads;
    size_t dk = hp->d_head_k, dv = hp->d_head_v, at_q = (size_t)kv_head * group * dk, at_k = (size_t)kv_head * dk,
           at_v = (size_t)kv_head * dv;
    shape_heads(f, f->q + (size_t)row * l->q.rows + at_q, group, l->q_bias ? l->q_bias + at_q : NULL, l->q_norm, cs);
    if (!r->store)
        return;
    float *k = f->k + (size_t)row * l->k.rows + at_k, *v = f->v + (size_t)row * l->v.rows + at_v;
    shape_heads(f, k, 1, l->k_bias ? l->k_bias + at_k : NULL, l->k_norm, cs);
    if (l->v_bias)
        op_add(f->kn, v, l->v_bias + at_v, dv);
    uint32_t block = r->blocks[r->pos / KV_BLOCK_TOKENS], slot = r->pos % KV_BLOCK_TOKENS;
    op_attend_put(f->kn, &f->attention.shape, kv_head_block(f->kv, block, layer, kv_head), slot, k, v);
}

static void shape_qkv(struct forward *f, uint32_t row)
{
    for (uint32_t head = 0; head < f->m->hp.n_kv_heads; head++)
        forward_shape(f, f->layer, row, head);
}

/* The rows that want logits move together, into norm. */
static void output_norm(struct forward *f, uint32_t row)
{
    const struct hparams *hp = &f->m->hp;
    uint32_t out = f->rows[row].out;
    if (out != FORWARD_NO_OUT)
        op_rms_norm(f->kn, f->x + (size_t)row * hp->d_model, f->m->output_norm, hp->rms_eps, f->norm + (size_t)out * hp->d_model,
                    hp->d_model);
}

/* What comes after the output matrix, for one row of logits. */
static void finish_logits(struct forward *f, uint32_t out)
{
    const struct hparams *hp = &f->m->hp;
    float *logits = f->logits + (size_t)out * hp->n_vocab, cap = hp->logit_cap;
    if (hp->logit_scale < 1 || hp->logit_scale > 1)
        scale(logits, 1 / hp->logit_scale, hp->n_vocab);
    for (uint32_t i = 0; cap > 0 && i < hp->n_vocab; i++)
        logits[i] = cap * tanhf(logits[i] / cap);
}

/* All rows */

/* In the last layer only rows that want logits go on behind the keys and values: they move to the front, in order. */
static void keep_wanted_rows(struct forward *f)
{
    const struct hparams *hp = &f->m->hp;
    size_t d_q = (size_t)hp->n_heads * hp->d_head_k;
    uint32_t n = 0;
    for (uint32_t row = 0; row < f->n_rows; row++) {
        if (f->rows[row].out == FORWARD_NO_OUT)
            continue;
        f->wanted[n] = f->rows[row];
        if (n != row) {
            memcpy(f->x + n * (size_t)hp->d_model, f->x + row * (size_t)hp->d_model, hp->d_model * sizeof(float));
            memcpy(f->q + n * d_q, f->q + row * d_q, d_q * sizeof(float));
        }
        n++;
    }
    f->rows = f->wanted;
    f->n_rows = n;
}

static void run_attention(struct forward *f)
{
    const struct layer *l = &f->m->layers[f->layer];
    for_rows(f, f->n_rows, attention_norm);
    act_set(f->act, f->norm, f->n_rows, f->m->hp.d_model);
    matmul(f, &l->q, f->q);
    matmul(f, &l->k, f->k);
    matmul(f, &l->v, f->v);
    for_rows(f, f->n_rows, shape_qkv);
    if (f->layer + 1 == f->m->hp.n_layers)
        keep_wanted_rows(f);
    if (!f->n_rows)
        return;
    attention_run(&f->attention, f->layer, f->rows, f->n_rows, f->q, f->mixed);
    act_set(f->act, f->mixed, f->n_rows, l->o.cols);
    matmul(f, &l->o, f->norm);
}

static void run_ffn(struct forward *f)
{
    const struct layer *l = &f->m->layers[f->layer];
    for_rows(f, f->n_rows, ffn_norm);
    if (f->experts) {
        experts_run(f);
    } else {
        act_set(f->act, f->norm, f->n_rows, f->m->hp.d_model);
        matmul(f, &l->gate, f->gate);
        matmul(f, &l->up, f->up);
        for_rows(f, f->n_rows, activate);
        act_set(f->act, f->gate, f->n_rows, f->m->hp.d_ff);
        matmul(f, &l->down, f->norm);
    }
    for_rows(f, f->n_rows, add_residual);
}

static void run_many(struct forward *f)
{
    for_rows(f, f->n_rows, embed);
    for (f->layer = 0; f->layer < f->m->hp.n_layers; f->layer++) {
        run_attention(f);
        if (f->n_rows)
            run_ffn(f);
    }
    if (!f->n_outs)
        return;
    for_rows(f, f->n_rows, output_norm);
    act_set(f->act, f->norm, f->n_outs, f->m->hp.d_model);
    matmul(f, &f->m->output, f->logits);
}

void forward_run(struct forward *f, const struct forward_row *rows, uint32_t n_rows, uint32_t n_outs)
{
    const struct hparams *hp = &f->m->hp;
    f->rows = rows;
    f->n_rows = n_rows;
    f->n_outs = n_outs;
    (n_rows <= FEW_ROWS_MAX && !f->experts ? forward_few_run : run_many)(f); /* experts are not known before the pass */
    if (hp->logit_cap > 0 || hp->logit_scale < 1 || hp->logit_scale > 1)
        for_rows(f, n_outs, finish_logits);
}

const float *forward_logits(const struct forward *f, uint32_t out)
{
    return f->logits + (size_t)out * f->m->hp.n_vocab;
}

/* Making one */

/* Pages that are not touched cost nothing, so room for the largest pass is no waste. Each piece begins at 64 bytes. */
static int allocate(struct forward *f)
{
    const struct hparams *hp = &f->m->hp;
    size_t rows = f->limits.rows_max, total = 0;
    struct {
        float **at;
        size_t len;
    } piece[] = {
        {&f->x, rows * hp->d_model},
        {&f->norm, rows * hp->d_model},
        {&f->q, rows * hp->n_heads * hp->d_head_k},
        {&f->k, rows * hp->n_kv_heads * hp->d_head_k},
        {&f->v, rows * hp->n_kv_heads * hp->d_head_v},
        {&f->mixed, rows * hp->n_heads * hp->d_head_v},
        {&f->gate, rows * hp->d_ff},
        {&f->up, rows * hp->d_ff},
        {&f->cs, rows * hp->n_rot},
        {&f->cs_window, hp->window_rope_base > 0 ? rows * hp->n_rot : 0},
        {&f->inv_freq, hp->n_rot / 2},
        {&f->inv_freq_window, hp->n_rot / 2},
        {&f->logits, (size_t)f->limits.outs_max * hp->n_vocab},
    };
    size_t n = sizeof piece / sizeof *piece;
    for (size_t i = 0; i < n; i++)
        total += (piece[i].len + 15) / 16 * 16;
    float *at = f->memory = aligned_alloc(64, total * sizeof(float));
    if (!at)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; at += (piece[i].len + 15) / 16 * 16, i++)
        *piece[i].at = at;
    return OK;
}

static void fill_frequencies(struct forward *f)
{
    rope_frequencies(f->m, f->limits.context_tokens, false, f->inv_freq);
    rope_frequencies(f->m, f->limits.context_tokens, true, f->inv_freq_window);
    if (!(f->m->hp.window_rope_base > 0))
        f->cs_window = f->cs;
}

size_t forward_widest(const struct hparams *hp)
{
    size_t w = hp->d_model, heads = (size_t)hp->n_heads * hp->d_head_v;
    w = heads > w ? heads : w;
    return hp->d_ff > w ? hp->d_ff : w;
}

int forward_create(const struct model *m, struct pool *pool, const struct kernels *kn, const struct kv *kv, const struct forward_limits *l,
                   struct forward **ret, struct err *e)
{
    struct forward *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(e, ERR_NOMEM, "no memory for the forward pass");
    *f = (struct forward){.m = m, .pool = pool, .kn = kn, .kv = kv, .limits = *l};
    f->wanted = calloc(l->outs_max ? l->outs_max : 1, sizeof *f->wanted);
    if (!f->wanted || allocate(f) || act_create(l->rows_max, forward_widest(&m->hp), &f->act) ||
        attention_init(&f->attention, m, pool, kn, kv, l->context_tokens) || forward_few_init(f) ||
        experts_create(&m->hp, l->rows_max, &f->experts)) {
        forward_free(f);
        return err_set(e, ERR_NOMEM, "no memory for a forward pass of %u rows over a context of %u tokens", l->rows_max, l->context_tokens);
    }
    fill_frequencies(f);
    *ret = f;
    return OK;
}

void forward_free(struct forward *f)
{
    if (!f)
        return;
    forward_few_deinit(f);
    experts_free(f->experts);
    free(f->wanted);
    attention_deinit(&f->attention);
    act_free(f->act);
    free(f->memory);
    free(f);
}
