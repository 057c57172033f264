/* LOAD of an encoder, and EMBED. */
#include "engine/encode_pass.h"
#include "runtime/worker_internal.h"

enum { SCRATCH_BYTES = 16 << 20 }; /* texts on their way, and what the process needs besides */

static void on_answer(void *ctx, const struct gen_vectors *v)
{
    struct worker *w = ctx;
    int r = gen_put_vectors(&w->out, v);
    if (r == ERR_INVAL)
        worker_refuse(w, v->id, GEN_FAULT_INTERNAL, "an answer could not be sent");
    else
        worker_put(w, r);
}

static void on_refuse(void *ctx, const struct gen_failed *f)
{
    struct worker *w = ctx;
    worker_put(w, gen_put_failed(&w->out, f));
}

int worker_load_encoder(struct worker *w, const struct gen_load *load, struct gguf *g, struct err *e)
{
    struct encode_config c;
    uint64_t free_bytes = 0;
    int r = encoder_open_gguf(g, &w->encoder, e);
    if (r)
        return r;
    if (load->context_tokens && load->context_tokens < w->encoder->n_ctx)
        w->encoder->n_ctx = load->context_tokens;
    encode_config_init(&c);
    c.wait_us = load->batch_wait_us;
    c.clock = w->config.clock;
    c.answer = on_answer;
    c.refuse = on_refuse;
    c.ctx = w;
    uint32_t rows = c.rows_max > w->encoder->n_ctx ? c.rows_max : w->encoder->n_ctx;
    uint64_t need = w->encoder->weight_bytes + encode_pass_bytes(w->encoder, rows) + SCRATCH_BYTES;
    if ((r = worker_free_memory(&free_bytes, e)))
        return r;
    if (need > free_bytes)
        return err_set(e, ERR_NOMEM, "needs about %.2f GB of memory, %.2f GB are available; choose a smaller model", (double)need / 1e9,
                       (double)free_bytes / 1e9);
    if ((r = worker_make_pool(w, load->threads, e)))
        return r;
    const struct kernels *kn = kernels_for(w->config.level);
    return encode_create(w->encoder, w->pool, load->deterministic ? kernels_exact(kn) : kn, &c, &w->encode, e);
}

void worker_put_encoder_loaded(struct worker *w)
{
    const struct encoder_model *m = w->encoder;
    struct gen_loaded loaded = {
        .name = worker_label(str_of(m->name)),
        .arch = worker_label(str_of(m->arch->name)),
        .quant = worker_label(str_of(m->quant)),
        .params = m->n_params,
        .file_bytes = gguf_file_bytes(m->gguf),
        .context_tokens = m->n_ctx,
        .context_trained = m->n_ctx,
        .vocab = m->n_vocab,
        .layers = m->n_layers,
        .width = encode_width(m),
        .kind = m->pooling == ENCODER_POOL_RANK ? GEN_MODEL_RANKS : GEN_MODEL_EMBEDS,
    };
    worker_put(w, gen_put_loaded(&w->out, &loaded));
}

void worker_embed(struct worker *w, const struct gen_embed *m)
{
    if (w->encode)
        encode_submit(w->encode, m);
    else
        worker_refuse(w, m->id, GEN_FAULT_REQUEST,
                      "this model writes and makes no embeddings; name an encoder, such as those of general.architecture bert");
}
