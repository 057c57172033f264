/* A worker waits while the loop's thread asks the model. Requests of several workers meet in the encoder, which puts their texts into one
 * pass. */
#include <stdlib.h>

#include "kb/ingest_internal.h"

struct batch {
    struct link link;
    struct ingests *all;
    const char *encoder;
    const struct str *texts;
    size_t n;
    struct ticket *ticket;
    float *values;
    uint32_t dims;
    int code;
    struct err *e;
    bool done; /* under embed_lock; the loop does not touch it afterwards */
};

static void finish(struct batch *b, int code)
{
    struct ingests *all = b->all;
    link_del(&b->link);
    pthread_mutex_lock(&all->embed_lock);
    b->code = code;
    b->done = true;
    pthread_cond_broadcast(&all->embed_done);
    pthread_mutex_unlock(&all->embed_lock);
}

static void on_vectors(void *ctx, const struct gen_vectors *v, const struct gen_failed *failed)
{
    struct batch *b = ctx;
    size_t bytes = v ? v->n_values * sizeof *v->values : 0;
    b->ticket = NULL;
    if (failed || !v || !v->width || v->n_values != b->n * v->width) {
        finish(b, err_set(b->e, ERR_INTERNAL, "the encoder failed: " STR_FMT,
                          STR_ARG(failed ? failed->message : STR("another number of vectors"))));
        return;
    }
    b->values = malloc(bytes);
    b->dims = v->width;
    if (b->values)
        memcpy(b->values, v->values, bytes);
    finish(b, b->values ? OK : ERR_NOMEM);
}

static void ask(void *ctx)
{
    struct batch *b = ctx;
    struct gen_input *inputs = calloc(b->n, sizeof *inputs);
    link_add(&b->all->embeds, &b->link);
    if (!inputs) {
        finish(b, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        inputs[i].text = b->texts[i];
    const struct gen_embed m = {.truncate = true, .inputs = inputs, .n_inputs = b->n};
    int r = runtime_embed(b->all->c.runtime, str_of(b->encoder), &m, on_vectors, b, &b->ticket, b->e);
    free(inputs);
    if (r)
        finish(b, r);
}

int ingest_embed(struct ingests *all, const char *encoder, const struct str *texts, size_t n, float **ret, uint32_t *ret_dims,
                 struct err *e)
{
    struct batch b = {.all = all, .encoder = encoder, .texts = texts, .n = n, .e = e};
    link_init(&b.link);
    int r = loop_post(all->c.loop, ask, &b);
    if (r)
        return err_set(e, r, "%s", err_text(r));
    pthread_mutex_lock(&all->embed_lock);
    while (!b.done && !all->closing)
        pthread_cond_wait(&all->embed_done, &all->embed_lock);
    if (!b.done) /* the loop does not run any more, so neither does what was posted */
        b.code = ERR_CANCELED;
    pthread_mutex_unlock(&all->embed_lock);
    if (!b.code) {
        *ret = b.values;
        *ret_dims = b.dims;
    }
    return b.code;
}

void ingest_encoder(struct ingests *all, char ret[INGEST_ENCODER_MAX + 1])
{
    const struct model_entry *m = all->c.runtime ? runtime_find_encoder(all->c.runtime) : NULL;
    atomic_store_explicit(&all->encoder_english, m && m->english, memory_order_relaxed); /* workers start behind it */
    if (!m || !str_copy(ret, INGEST_ENCODER_MAX + 1, m->name))
        ret[0] = 0;
}

void ingest_embed_close(struct ingests *all)
{
    while (!link_empty(&all->embeds)) {
        struct batch *b = link_of(all->embeds.next, struct batch, link);
        if (b->ticket)
            runtime_cancel(b->ticket);
        finish(b, ERR_CANCELED);
    }
    pthread_mutex_lock(&all->embed_lock);
    all->closing = true;
    pthread_cond_broadcast(&all->embed_done);
    pthread_mutex_unlock(&all->embed_lock);
}
