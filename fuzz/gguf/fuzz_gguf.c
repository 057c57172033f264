/* Model files: opens the bytes, reads everything that the reader hands out, then opens them as a model and uses what that
 * binds: a row of each matrix, all vectors, a text through the vocabulary and back. */
#include <stdint.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keeps the reads from being optimised away. */
static volatile uint64_t sink;

static void read_bytes(const void *p, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += ((const uint8_t *)p)[i];
    sink = sum;
}

static void walk(const struct gguf *g)
{
    for (size_t i = 0; i < gguf_kv_count(g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(g, i);
        struct str s;
        read_bytes(kv->key.ptr, kv->key.len);
        read_bytes(kv->data, kv->len);
        for (size_t cursor = 0; gguf_next_str(kv, &cursor, &s);)
            read_bytes(s.ptr, s.len);
    }
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        read_bytes(t->name.ptr, t->name.len);
        read_bytes(t->data, t->size);
    }
}

static void read_vector(const float *v, size_t n)
{
    if (v)
        read_bytes(v, n * sizeof *v);
}

static void read_matrix(const struct matrix *w)
{
    float row[4096];
    read_bytes(w->data, (uint64_t)w->rows * w->row_bytes);
    if (w->cols <= 4096) {
        tensor_row_to_f32(w->type, (const uint8_t *)w->data + (size_t)(w->rows - 1) * w->row_bytes, row, w->cols);
        read_vector(row, w->cols);
    }
}

static void read_layer(const struct hparams *hp, const struct layer *l)
{
    const struct matrix *const matrices[] = {&l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        read_matrix(matrices[i]);
    read_vector(l->attn_norm, hp->d_model);
    read_vector(l->ffn_norm, hp->d_model);
    read_vector(l->q_bias, (size_t)hp->n_heads * hp->d_head_k);
    read_vector(l->k_bias, (size_t)hp->n_kv_heads * hp->d_head_k);
    read_vector(l->v_bias, (size_t)hp->n_kv_heads * hp->d_head_v);
    read_vector(l->q_norm, hp->d_head_k);
    read_vector(l->k_norm, hp->d_head_k);
}

static void use_vocab(const struct vocab *v)
{
    struct tokens t = tokens_make(4096);
    struct buf text = buf_make(1 << 20);
    struct vocab_encode_options o = {.add_special = true, .parse_special = true};
    if (!vocab_encode(v, STR(" ab水\n<s> \xff a"), o, &t)) {
        for (size_t i = 0; i < t.len; i++)
            if (t.ptr[i] >= vocab_size(v))
                __builtin_trap();
        vocab_decode(v, t.ptr, t.len, true, true, &text);
    }
    tokens_free(&t);
    buf_free(&text);
}

static void use_model(const struct model *m)
{
    read_matrix(&m->tok_embd);
    read_matrix(&m->output);
    read_vector(m->output_norm, m->hp.d_model);
    read_vector(m->rope_factors, m->hp.n_rot / 2);
    for (uint32_t i = 0; i < m->hp.n_layers; i++)
        read_layer(&m->hp, &m->layers[i]);
    use_vocab(m->vocab);
    sink = model_kv_bytes_per_token(m) + chat_format_name(m->chat)[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gguf *g;
    struct model *m;
    struct err e = {0};
    int rc = gguf_open_bytes(data, size, &g, &e);
    if (!rc) {
        walk(g);
        rc = model_open_gguf(g, &m, &e);
        if (!rc) {
            use_model(m);
            model_free(m);
        }
    }
    if (rc && (!e.text[0] || e.code != rc))
        __builtin_trap(); /* a refusal without a sentence, or with another code than its own */
    return 0;
}
