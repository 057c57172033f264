/* LOAD: model, memory, engine.
 *
 * The weights stay in the mapping. Before the engine starts, the mapping is read in pieces, so that a cold file shows its
 * progress instead of stalling the first answer; for a warm file this only fills page tables. */
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/utf8.h"
#include "runtime/worker_internal.h"
#include "sys/mem.h"

enum { PIECE_BYTES = 64 << 20, LABEL_BYTES_MAX = 400 };

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

/* True when the other side has gone: then a long load need not be finished. */
static bool abandoned(const struct worker *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR));
}

static int read_ahead(struct worker *w)
{
    /* Tensors are what is read, but they fill the file but for its head. Both ends are at pages, as madvise wants. */
    const struct gguf_tensor *first = gguf_tensor_at(w->model->gguf, 0);
    uint64_t total = gguf_file_bytes(w->model->gguf);
    if (!first)
        return OK;
    char *base = (char *)first->data - first->offset;
    bool populate = true;
    for (uint64_t at = 0; at < total; at += PIECE_BYTES) {
        size_t piece = total - at < PIECE_BYTES ? (size_t)(total - at) : PIECE_BYTES;
        /* Advice is advice: a kernel or a mapping that does not take it only makes the first answer slower. */
        if (populate && madvise(base + at, piece, MADV_POPULATE_READ) && errno == EINVAL)
            populate = false;
        if (!populate)
            madvise(base + at, piece, MADV_WILLNEED);
        worker_put(w, gen_put_progress(&w->out, (float)((double)(at + piece) / (double)total)));
        if (worker_flush(w) || abandoned(w))
            return ERR_CLOSED;
    }
    return OK;
}

/* Activations of a step, logits of all sequences, and what the process needs besides. An estimate from above. */
static uint64_t scratch_bytes(const struct hparams *hp, const struct engine_config *c)
{
    uint64_t rows = (uint64_t)c->prefill_chunk + c->sequences_max;
    uint64_t row = 8 * (uint64_t)hp->d_model + 4 * (uint64_t)hp->d_ff + 4 * (uint64_t)hp->n_heads * hp->d_head_k;
    row += hp->n_experts ? 3 * (uint64_t)hp->d_model + hp->n_experts : 0;
    return rows * row * sizeof(float) + (uint64_t)c->sequences_max * hp->n_vocab * 2 * sizeof(float) + (32 << 20);
}

/* Available memory counts the page cache as free, also the pages of models that are mapped and in use here. */
int worker_free_memory(uint64_t *ret, struct err *e)
{
    struct mem_info mi;
    if (mem_info(&mi))
        return err_set(e, ERR_IO, "cannot read how much memory is free");
    uint64_t mapped = mi.resident > mi.anonymous ? mi.resident - mi.anonymous : 0;
    *ret = mi.available > mapped ? mi.available - mapped : 0;
    return OK;
}

int worker_make_pool(struct worker *w, uint32_t threads, struct err *e)
{
    if (!threads) {
        struct cpu_info cpu;
        cpu_detect(&cpu);
        threads = cpu.n_physical > 0 ? (uint32_t)cpu.n_physical : 1;
    }
    return pool_create(threads > 256 ? 256 : (int)threads, &w->pool, e);
}

/* What LOAD asks for, and the engine's defaults where it does not; the memory is still to be planned. */
static struct engine_config config_of(struct worker *w, const struct gen_load *load)
{
    struct engine_config c;
    engine_config_init(&c);
    if (load->sequences_max)
        c.sequences_max = load->sequences_max;
    if (load->queue_max)
        c.queue_max = load->queue_max;
    if (load->prefill_chunk)
        c.prefill_chunk = load->prefill_chunk;
    c.deterministic = load->deterministic;
    c.speculate = !load->no_speculation;
    c.cache_q8 = load->cache_q8;
    c.clock = w->config.clock;
    c.emit = worker_emit;
    c.emit_ctx = w;
    return c;
}

/* Text from a model file, as clean as a frame must be. */
struct str worker_label(struct str s)
{
    s = str_head(s, LABEL_BYTES_MAX);
    s.len = utf8_complete_prefix(s.ptr, s.len);
    return utf8_valid(s.ptr, s.len, NULL) ? s : (struct str){0};
}

/* Empty: conversations are read as plain text. */
static struct str chat_format_of(const struct model *m)
{
    if (!chat_format_is_plain(m->chat))
        return str_of(chat_format_name(m->chat));
    return m->template ? STR("jinja") : (struct str){0};
}

static void put_warnings(const struct worker *w, struct buf *out)
{
    const struct model *m = w->model;
    if (m->template_error.code)
        buf_printf(out, "%.200s; conversations are written as %s instead", m->template_error.text,
                   chat_format_is_plain(m->chat) ? "plain text" : chat_format_name(m->chat));
    struct str more = str_of(engine_warning(w->engine));
    if (out->len && more.len)
        buf_puts(out, "; ");
    buf_put(out, more);
}

/* The first of the tokens that api/llama/infill.c writes. */
static bool infills(const struct vocab *v)
{
    static const char *const names[] = {"<|fim_prefix|>", "<fim_prefix>", "<fim-prefix>", "<｜fim▁begin｜>"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t t = vocab_find(v, str_of(names[i]));
        found |= t != TOKEN_NONE && vocab_is_special(v, t);
    }
    return found;
}

static void put_loaded(struct worker *w, bool cache_q8)
{
    const struct model *m = w->model;
    struct buf warning = buf_make(1024);
    put_warnings(w, &warning);
    struct gen_loaded loaded = {
        .name = worker_label(str_of(m->name)),
        .arch = worker_label(str_of(m->arch->name)),
        .quant = worker_label(str_of(m->quant)),
        .chat_format = chat_format_of(m),
        .warning = worker_label(buf_str(&warning)),
        .params = m->n_params,
        .file_bytes = gguf_file_bytes(m->gguf),
        .kv_bytes_per_token = engine_kv_bytes_per_token(m, cache_q8),
        .context_tokens = engine_context_tokens(w->engine),
        .context_trained = m->hp.n_ctx_train,
        .vocab = m->hp.n_vocab,
        .layers = m->hp.n_layers,
        .width = m->hp.d_model,
        .knows_tools = m->template && toolform_in_template(m->toolform),
        .thinks = m->template && toolform_texts(m->toolform)->think_open.len,
        .infills = infills(m->vocab),
    };
    worker_put(w, gen_put_loaded(&w->out, &loaded));
    buf_free(&warning);
}

static int load_model(struct worker *w, const struct gen_load *load, struct err *e)
{
    char path[4096];
    if (!str_copy(path, sizeof path, load->path))
        return err_set(e, ERR_INVAL, "the path of the model is too long");
    struct gguf *g;
    int r = gguf_open(path, &g, e);
    if (r)
        return r;
    bool encodes = encoder_is(g);
    r = encodes ? worker_load_encoder(w, load, g, e) : model_open_gguf(g, &w->model, e);
    if (r && r != ERR_NOMEM)
        err_prefix(e, r, "%s", path);
    if (!r && !encodes && load->chat_template_file.len)
        r = worker_take_template(w, load->chat_template_file, e);
    if (r || encodes)
        return r;
    struct engine_config c = config_of(w, load);
    struct memory_need need = {
        .weights = w->model->weight_bytes,
        .scratch = scratch_bytes(&w->model->hp, &c),
        .kv_per_token = engine_kv_bytes_per_token(w->model, load->cache_q8),
        .context_trained = w->model->hp.n_ctx_train,
    };
    uint64_t free_bytes = 0;
    struct memory_plan plan;
    if ((r = worker_free_memory(&free_bytes, e)) || (r = memory_plan(load, &need, free_bytes, &plan, e)) ||
        (r = worker_make_pool(w, load->threads, e)) || (r = read_ahead(w)))
        return r;
    char keep_dir[4096];
    c.context_tokens = plan.context_tokens;
    c.kv_bytes_max = plan.kv_bytes_max;
    if (load->keep_dir.len && load->keep_key.len == sizeof c.keep.key && str_copy(keep_dir, sizeof keep_dir, load->keep_dir)) {
        c.keep.dir = keep_dir;
        memcpy(c.keep.key, load->keep_key.ptr, sizeof c.keep.key);
        c.keep.bytes_max = load->keep_bytes_max;
        c.keep.day_bytes_max = load->keep_day_bytes_max;
    }
    return engine_create(w->model, w->pool, kernels_for(w->config.level), &c, &w->engine, e);
}

/* Which fault a client hears of, from the code of the failure. */
static enum gen_fault load_fault(int code)
{
    switch (code) {
    case ERR_NOMEM: return GEN_FAULT_MEMORY;
    case ERR_IO:
    case ERR_INTERNAL: return GEN_FAULT_INTERNAL;
    default: return GEN_FAULT_MODEL;
    }
}

int worker_load(struct worker *w, const struct gen_load *load)
{
    struct err e = {0};
    int r = load_model(w, load, &e);
    if (!r && w->encode)
        worker_put_encoder_loaded(w);
    else if (!r)
        put_loaded(w, load->cache_q8);
    else if (r != ERR_CLOSED)
        worker_refuse(w, 0, load_fault(r), e.text[0] ? e.text : err_text(r));
    return r ? ERR_CLOSED : OK; /* nothing is wrong with the stream, but there is nothing more to do */
}
