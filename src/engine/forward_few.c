/* The pass for few rows: one token of an answer, or one each of some. It takes as long as reading the weights, if nothing stands
 * in the way; so the whole pass is one job for the pool's team, whose threads meet five times a layer:
 *
 *   x += …, norm, quantise · q k v  ┃  heads, K/V, attention  ┃  quantise · o  ┃  x += …, norm, quantise · gate up, SiLU  ┃
 *   quantise · down  ┃
 *
 * What is small (left of the dots) every thread does for itself, on its own copy of the residual stream: that takes no longer
 * than waiting for one that does it, and nobody waits. */
#include <stdlib.h>

#include "engine/forward_impl.h"

enum { STEPS_LAYER = 4, STEP_QKV = 0, STEP_O, STEP_FFN, STEP_DOWN };

static struct few_step step_of(const struct matrix *a, float *out_a, const struct matrix *b, float *out_b, const struct matrix *c,
                               float *out_c)
{
    struct few_step s = {.parts = {{.w = a, .out = out_a}, {.w = b, .out = out_b}, {.w = c, .out = out_c}}};
    s.n_parts = b ? c ? 3 : 2 : 1;
    return s;
}

static void plan(struct forward *f)
{
    for (uint32_t i = 0; i < f->m->hp.n_layers; i++) {
        const struct layer *l = &f->m->layers[i];
        struct few_step *s = f->steps + (size_t)i * STEPS_LAYER;
        s[STEP_QKV] = step_of(&l->q, f->q, &l->k, f->k, &l->v, f->v);
        s[STEP_O] = step_of(&l->o, f->norm, NULL, NULL, NULL, NULL);
        s[STEP_FFN] = step_of(&l->gate, f->gate, &l->up, f->up, NULL, NULL);
        s[STEP_FFN].glu = true;
        s[STEP_FFN].gelu = f->m->arch->gelu;
        s[STEP_DOWN] = step_of(&l->down, f->norm, NULL, NULL, NULL, NULL);
        for (int j = 0; j < STEPS_LAYER; j++)
            few_step_plan(&s[j]);
    }
    struct few_step *last = f->steps + (size_t)f->m->hp.n_layers * STEPS_LAYER;
    *last = step_of(&f->m->output, f->logits, NULL, NULL, NULL, NULL);
    few_step_plan(last);
}

int forward_few_init(struct forward *f)
{
    size_t threads = (size_t)pool_threads(f->pool), d = f->m->hp.d_model, row = (d + 15) / 16 * 16, lane = 2 * FEW_ROWS_MAX * row;
    f->lanes = calloc(threads, sizeof *f->lanes);
    f->lane_memory = aligned_alloc(64, threads * lane * sizeof(float));
    f->steps = calloc((size_t)f->m->hp.n_layers * STEPS_LAYER + 1, sizeof *f->steps);
    if (!f->lanes || !f->lane_memory || !f->steps || share_init(&f->share, (int)threads))
        return ERR_NOMEM;
    for (size_t i = 0; i < threads; i++) {
        f->lanes[i].x = f->lane_memory + i * lane;
        f->lanes[i].norm = f->lanes[i].x + FEW_ROWS_MAX * row;
        if (few_act_create(forward_widest(&f->m->hp), &f->lanes[i].act))
            return ERR_NOMEM;
    }
    plan(f);
    return OK;
}

void forward_few_deinit(struct forward *f)
{
    for (int i = 0; f->lanes && i < pool_threads(f->pool); i++)
        few_act_free(f->lanes[i].act);
    free(f->lanes);
    free(f->lane_memory);
    free(f->steps);
    share_deinit(&f->share);
}

/* The next round has n items; all that was written before is seen by all after it. */
static void next_round(struct forward *f, int thread, uint32_t n)
{
    share_deal(&f->share, thread, n);
    pool_meet(f->pool);
    share_begin(&f->share, thread);
}

static void add_all(struct forward *f, struct forward_lane *l, const float *post_norm)
{
    size_t d = f->m->hp.d_model;
    for (uint32_t row = 0; row < f->n_rows; row++)
        forward_add(f, post_norm, l->x + row * d, f->norm + row * d, l->norm + row * d);
}

static void norm_all(struct forward *f, struct forward_lane *l, const float *weight, bool quantised)
{
    size_t d = f->m->hp.d_model;
    for (uint32_t row = 0; row < f->n_rows; row++)
        op_rms_norm(f->kn, l->x + row * d, weight, f->m->hp.rms_eps, l->norm + row * d, d);
    few_act_set(l->act, f->kn, l->norm, d, f->n_rows, d, quantised);
}

static void run_step(struct forward *f, const struct few_step *s, int thread)
{
    const struct few_step *end = f->steps + (size_t)f->m->hp.n_layers * STEPS_LAYER + (f->n_outs ? 1 : 0);
    few_step_run(s, s + 1 < end ? s + 1 : NULL, f->kn, &f->share, f->lanes[thread].act, thread);
}

/* A row alone, in a context of one segment: a head is shaped by the thread that attends. Otherwise all heads come first. */
static bool shapes_first(const struct forward *f, uint32_t layer)
{
    return attention_few_units(&f->attention, layer) != f->m->hp.n_kv_heads;
}

static void attend(struct forward *f, uint32_t layer, int thread)
{
    uint32_t i;
    bool own, first = shapes_first(f, layer);
    while (first && share_take(&f->share, thread, &i, &own))
        for (uint32_t row = 0; row < f->n_rows; row++)
            forward_shape(f, layer, row, i);
    if (first)
        next_round(f, thread, attention_few_units(&f->attention, layer));
    while (share_take(&f->share, thread, &i, &own)) {
        if (!first)
            forward_shape(f, layer, 0, i);
        attention_few_unit(&f->attention, layer, f->rows, i, f->q, f->mixed, thread);
    }
}

static void run_layer(struct forward *f, uint32_t i, int thread)
{
    const struct hparams *hp = &f->m->hp;
    const struct layer *w = &f->m->layers[i];
    const struct few_step *s = f->steps + (size_t)i * STEPS_LAYER;
    struct forward_lane *l = &f->lanes[thread];
    norm_all(f, l, w->attn_norm, s[STEP_QKV].quantised);
    run_step(f, &s[STEP_QKV], thread);
    next_round(f, thread, hp->n_kv_heads);
    attend(f, i, thread);
    next_round(f, thread, s[STEP_O].n_pieces);
    few_act_set(l->act, f->kn, f->mixed, w->o.cols, f->n_rows, w->o.cols, s[STEP_O].quantised);
    run_step(f, &s[STEP_O], thread);
    next_round(f, thread, s[STEP_FFN].n_pieces);
    add_all(f, l, w->attn_post_norm);
    norm_all(f, l, w->ffn_norm, s[STEP_FFN].quantised);
    run_step(f, &s[STEP_FFN], thread);
    next_round(f, thread, s[STEP_DOWN].n_pieces);
    few_act_set(l->act, f->kn, f->gate, hp->d_ff, f->n_rows, hp->d_ff, s[STEP_DOWN].quantised);
    run_step(f, &s[STEP_DOWN], thread);
    next_round(f, thread, s[STEPS_LAYER].n_pieces); /* of the next layer, or the output */
    add_all(f, l, w->ffn_post_norm);
}

/* Rows that want logits, in the order of their logits. */
static void run_output(struct forward *f, int thread)
{
    struct forward_lane *l = &f->lanes[thread];
    size_t d = f->m->hp.d_model;
    const struct few_step *s = f->steps + (size_t)f->m->hp.n_layers * STEPS_LAYER;
    for (uint32_t row = 0; row < f->n_rows; row++)
        if (f->rows[row].out != FORWARD_NO_OUT)
            op_rms_norm(f->kn, l->x + row * d, f->m->output_norm, f->m->hp.rms_eps, l->norm + f->rows[row].out * d, d);
    few_act_set(l->act, f->kn, l->norm, d, f->n_outs, d, s->quantised);
    run_step(f, s, thread);
}

static void run_thread(void *arg, int thread)
{
    struct forward *f = arg;
    struct forward_lane *l = &f->lanes[thread];
    for (uint32_t row = 0; row < f->n_rows; row++) {
        forward_embed(f, row, l->x + (size_t)row * f->m->hp.d_model);
        if (!thread)
            forward_angles(f, row);
    }
    next_round(f, thread, f->steps[STEP_QKV].n_pieces);
    for (uint32_t i = 0; i < f->m->hp.n_layers; i++)
        run_layer(f, i, thread);
    if (f->n_outs)
        run_output(f, thread);
}

void forward_few_run(struct forward *f)
{
    attention_few_plan(&f->attention, f->rows, f->n_rows);
    pool_team(f->pool, run_thread, f);
}
