/* Opening an encoder: metadata, tensors by name with their shapes checked against each other, vocabulary. */
#include "model/encoder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/gguf_internal.h"
#include "model/model_internal.h"

enum { LAYERS_MAX = 256, HEADS_MAX = 256, WIDTH_MAX = 65536, CONTEXT_MAX = 1 << 17 };

static const struct encoder_arch archs[] = {{"bert", false, false, false}, {"use", true, true, true}};

const struct encoder_arch *encoder_arch_find(struct str name)
{
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (str_eq(name, str_of(archs[i].name)))
            return &archs[i];
    return NULL;
}

bool encoder_is(const struct gguf *g)
{
    struct str name;
    return !gguf_str(g, "general.architecture", &name, NULL) && encoder_arch_find(name);
}

struct binder {
    struct encoder_model *m;
    struct err *e;
    size_t n_bound;
    char prefix[32]; /* "blk.3." or "" */
};

enum need { OPTIONAL, REQUIRED };

static const struct gguf_tensor *find(struct binder *b, const char *stem, const char *end, char name[96])
{
    snprintf(name, 96, "%s%s%s", b->prefix, stem, end);
    return gguf_tensor(b->m->gguf, name);
}

/* 0 for cols or rows: any, within bounds. A vector has one row. */
static int check(struct binder *b, const char *name, const struct gguf_tensor *t, uint64_t cols, uint64_t rows)
{
    bool fits = (cols ? t->dim[0] == cols : t->dim[0] <= WIDTH_MAX) && (rows ? t->dim[1] == rows : t->dim[1] <= INT32_MAX);
    if (fits && t->dim[0] && t->dim[1] && t->dim[2] == 1 && t->dim[3] == 1)
        return OK;
    return err_set(b->e, ERR_CORRUPT, "tensor \"%s\" has the shape [%" PRIu64 ", %" PRIu64 "], expected [%" PRIu64 ", %" PRIu64 "]", name,
                   t->dim[0], t->dim[1], cols, rows);
}

static int bind_matrix(struct binder *b, const char *stem, enum need need, uint32_t cols, uint32_t rows, struct matrix *ret)
{
    char name[96];
    const struct gguf_tensor *t = find(b, stem, ".weight", name);
    if (!t)
        return need ? err_set(b->e, ERR_CORRUPT, "tensor \"%s\" is missing", name) : OK;
    int r = check(b, name, t, cols, rows);
    if (r)
        return r;
    b->n_bound++;
    *ret = (struct matrix){t->data, t->type, (uint32_t)t->dim[1], (uint32_t)t->dim[0], tensor_row_bytes(t->type, t->dim[0])};
    return OK;
}

/* rows · cols floats, copied; NULL when it is not there. */
static int bind_floats(struct binder *b, const char *stem, const char *end, enum need need, uint32_t cols, uint32_t rows, const float **ret)
{
    char name[96];
    const struct gguf_tensor *t = find(b, stem, end, name);
    if (!t)
        return need ? err_set(b->e, ERR_CORRUPT, "tensor \"%s\" is missing", name) : OK;
    int r = check(b, name, t, cols, rows);
    if (r)
        return r;
    float *p = arena_calloc(&b->m->vectors, (size_t)t->dim[0] * (size_t)t->dim[1], sizeof *p);
    if (!p)
        return err_set(b->e, ERR_NOMEM, "out of memory for tensor \"%s\"", name);
    size_t row_bytes = tensor_row_bytes(t->type, t->dim[0]);
    for (uint64_t i = 0; i < t->dim[1]; i++)
        tensor_row_to_f32(t->type, (const uint8_t *)t->data + i * row_bytes, p + i * t->dim[0], (size_t)t->dim[0]);
    *ret = p;
    b->n_bound++;
    return OK;
}

static int bind_dense(struct binder *b, const char *stem, enum need need, uint32_t cols, uint32_t rows, struct encoder_dense *ret)
{
    int r = bind_matrix(b, stem, need, cols, rows, &ret->w);
    if (r || !ret->w.data)
        return r;
    r = bind_floats(b, stem, ".bias", OPTIONAL, ret->w.rows, 1, &ret->bias);
    if (!r && !ret->bias && !(ret->bias = arena_calloc(&b->m->vectors, ret->w.rows, sizeof(float))))
        r = err_set(b->e, ERR_NOMEM, "out of memory for an encoder");
    return r;
}

static int bind_norm(struct binder *b, const char *stem, enum need need, uint32_t n, struct encoder_norm *ret)
{
    int r = bind_floats(b, stem, ".weight", need, n, 1, &ret->weight);
    return r || !ret->weight ? r : bind_floats(b, stem, ".bias", REQUIRED, n, 1, &ret->bias);
}

static int bind_attention(struct binder *b, struct encoder_layer *l)
{
    int r = bind_dense(b, "attn_qkv", OPTIONAL, l->d_in, 0, &l->qkv);
    if (!r && l->qkv.w.data) {
        l->d_attn = l->qkv.w.rows / 3;
        return l->qkv.w.rows % 3
                   ? err_set(b->e, ERR_CORRUPT, "tensor \"%sattn_qkv.weight\" has %u rows, not three times as many as a head's", b->prefix,
                             l->qkv.w.rows)
                   : OK;
    }
    r = r ? r : bind_dense(b, "attn_q", REQUIRED, l->d_in, 0, &l->q);
    l->d_attn = l->q.w.rows;
    r = r ? r : bind_dense(b, "attn_k", REQUIRED, l->d_in, l->d_attn, &l->k);
    return r ? r : bind_dense(b, "attn_v", REQUIRED, l->d_in, l->d_attn, &l->v);
}

static int bind_layer(struct binder *b, struct encoder_layer *l, uint32_t d_in)
{
    const struct encoder_model *m = b->m;
    bool first = m->arch->norm_first;
    l->d_in = d_in;
    int r = bind_attention(b, l);
    if (!r && l->d_attn % m->n_heads)
        r = err_set(b->e, ERR_CORRUPT, "%s: %u attention values cannot be divided among %u heads", b->prefix, l->d_attn, m->n_heads);
    r = r ? r : bind_dense(b, "attn_output", REQUIRED, l->d_attn, 0, &l->o);
    l->d_out = l->o.w.rows;
    r = r ? r : bind_dense(b, "attn_residual", first && l->d_out != d_in, d_in, l->d_out, &l->residual);
    if (!r && !l->residual.w.data && l->d_out != d_in)
        r = err_set(b->e, ERR_CORRUPT, "tensor \"%sattn_output.weight\" has %u rows, expected %u", b->prefix, l->d_out, d_in);
    r = r ? r : bind_norm(b, first ? "attn_norm" : "attn_output_norm", REQUIRED, first ? d_in : l->d_out, &l->norm);
    r = r ? r : bind_dense(b, "ffn_up", REQUIRED, l->d_out, 0, &l->up);
    l->d_ff = l->up.w.rows;
    r = r ? r : bind_dense(b, "ffn_down", REQUIRED, l->d_ff, l->d_out, &l->down);
    return r ? r : bind_norm(b, first ? "ffn_norm" : "layer_output_norm", REQUIRED, l->d_out, &l->norm2);
}

static void widen(struct encoder_model *m, const struct encoder_layer *l)
{
    uint32_t widths[] = {m->widest, 3 * l->d_attn, l->d_ff, l->d_in, l->d_out};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        m->widest = widths[i] > m->widest ? widths[i] : m->widest;
}

static int bind_layers(struct binder *b)
{
    struct encoder_model *m = b->m;
    uint32_t width = m->d_embd;
    int r = OK;
    m->layers = arena_calloc(&m->vectors, m->n_layers, sizeof *m->layers);
    if (!m->layers)
        return err_set(b->e, ERR_NOMEM, "out of memory for an encoder");
    for (uint32_t i = 0; i < m->n_layers && !r; i++) {
        snprintf(b->prefix, sizeof b->prefix, "blk.%" PRIu32 ".", i);
        r = bind_layer(b, &m->layers[i], width);
        width = m->layers[i].d_out;
        widen(m, &m->layers[i]);
    }
    b->prefix[0] = 0;
    if (!r && width != m->d_model)
        r = err_set(b->e, ERR_CORRUPT, "the last layer gives %u values, but %s.embedding_length is %u", width, m->arch->name, m->d_model);
    return r;
}

/* A reranker's head is a dense layer and one row, or the row alone. */
static int bind_head(struct binder *b)
{
    struct encoder_model *m = b->m;
    int r = bind_dense(b, "cls", OPTIONAL, m->d_model, 0, &m->pool);
    r = r ? r : bind_dense(b, "cls.output", OPTIONAL, m->d_model, 0, &m->score);
    if (!r && !m->score.w.data && m->pool.w.rows == 1) {
        m->score = m->pool;
        m->pool = (struct encoder_dense){0};
    }
    if (!r && m->score.w.rows > 1)
        r = err_set(b->e, ERR_UNSUPPORTED, "the classification head has %u outputs; hearth runs rerankers, which have one",
                    m->score.w.rows);
    if (!r && m->pool.w.data && m->pool.w.rows != m->d_model && m->score.w.data)
        r = err_set(b->e, ERR_CORRUPT, "tensor \"cls.weight\" has %u rows, expected %u", m->pool.w.rows, m->d_model);
    r = r ? r : bind_dense(b, "pool", OPTIONAL, m->d_model, m->d_model, &m->pool);
    if (!r && m->score.w.data)
        m->pooling = ENCODER_POOL_RANK;
    if (!r && m->pooling == ENCODER_POOL_RANK && !m->score.w.data)
        r = err_set(b->e, ERR_CORRUPT, "tensor \"cls.output.weight\" is missing, though %s.pooling_type says rank", m->arch->name);
    return r;
}

static int bind_inputs(struct binder *b)
{
    struct encoder_model *m = b->m;
    struct matrix pos = {0}, types = {0};
    int r = bind_matrix(b, "token_embd", REQUIRED, 0, 0, &m->tok_embd);
    m->d_embd = m->widest = m->tok_embd.cols;
    m->n_vocab = m->tok_embd.rows;
    r = r ? r : bind_matrix(b, "position_embd", REQUIRED, m->d_embd, 0, &pos);
    r = r ? r : bind_matrix(b, "token_types", OPTIONAL, m->d_embd, 0, &types);
    b->n_bound = 1; /* those two come again, as floats */
    m->n_ctx = pos.rows < m->n_ctx ? pos.rows : m->n_ctx;
    m->n_types = types.rows;
    r = r ? r : bind_floats(b, "position_embd", ".weight", REQUIRED, m->d_embd, pos.rows, &m->pos_embd);
    r = r ? r : bind_floats(b, "token_types", ".weight", OPTIONAL, m->d_embd, types.rows, &m->type_embd);
    return r ? r : bind_norm(b, "token_embd_norm", OPTIONAL, m->d_embd, &m->embd_norm);
}

static int bind_all(struct encoder_model *m, struct err *e)
{
    struct binder b = {.m = m, .e = e};
    int r = bind_inputs(&b);
    r = r ? r : bind_layers(&b);
    r = r ? r : bind_head(&b);
    if (!r && b.n_bound != gguf_tensor_count(m->gguf))
        r = err_set(e, ERR_UNSUPPORTED, "the file has %zu tensors, of which an encoder of architecture %s with %u layers uses %zu",
                    gguf_tensor_count(m->gguf), m->arch->name, m->n_layers, b.n_bound);
    return r;
}

static int read_number(struct encoder_model *m, const char *suffix, uint32_t max, uint32_t *ret, struct err *e)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%s", m->arch->name, suffix);
    int r = gguf_u32(m->gguf, key, ret, e);
    if (r)
        return gguf_required(r, e);
    return *ret >= 1 && *ret <= max ? OK : err_set(e, ERR_CORRUPT, "metadata \"%s\" is %u, expected 1 to %u", key, *ret, max);
}

static int read_pooling(struct encoder_model *m, struct err *e)
{
    char key[96];
    uint32_t type = ENCODER_POOL_MEAN;
    snprintf(key, sizeof key, "%s.pooling_type", m->arch->name);
    int r = gguf_u32(m->gguf, key, &type, e);
    if (r && r != ERR_NOENT)
        return r;
    if (type == 3 || type > ENCODER_POOL_RANK)
        return err_set(e, ERR_UNSUPPORTED, "metadata \"%s\" is %u; hearth knows 1 (mean), 2 (first position) and 4 (rank)", key, type);
    m->pooling = type ? (enum encoder_pooling)type : ENCODER_POOL_MEAN;
    return OK;
}

static int read_metadata(struct encoder_model *m, struct err *e)
{
    char key[96];
    snprintf(key, sizeof key, "%s.attention.layer_norm_epsilon", m->arch->name);
    int r = read_number(m, "block_count", LAYERS_MAX, &m->n_layers, e);
    r = r ? r : read_number(m, "embedding_length", WIDTH_MAX, &m->d_model, e);
    r = r ? r : read_number(m, "attention.head_count", HEADS_MAX, &m->n_heads, e);
    r = r ? r : read_number(m, "context_length", CONTEXT_MAX, &m->n_ctx, e);
    r = r ? r : gguf_required(gguf_f32(m->gguf, key, &m->eps, e), e);
    if (!r && (!(m->eps >= 0) || m->eps > 1))
        r = err_set(e, ERR_CORRUPT, "metadata \"%s\" is %g, expected 0 to 1", key, (double)m->eps);
    return r ? r : read_pooling(m, e);
}

static int fill(struct encoder_model *m, struct err *e)
{
    struct str name;
    int r = gguf_str(m->gguf, "general.architecture", &name, e);
    if (r)
        return gguf_required(r, e);
    m->arch = encoder_arch_find(name);
    if (!m->arch)
        return err_set(e, ERR_UNSUPPORTED, "architecture \"%s\" is no encoder", gguf_show(name).text);
    r = read_metadata(m, e);
    r = r ? r : bind_all(m, e);
    r = r ? r : gguf_required(vocab_create(m->gguf, &m->vocab, e), e);
    if (!r && vocab_size(m->vocab) > m->n_vocab)
        r = err_set(e, ERR_CORRUPT, "the vocabulary has %u tokens, but token_embd.weight has %u rows", vocab_size(m->vocab), m->n_vocab);
    if (r)
        return r;
    for (size_t i = 0; i < gguf_tensor_count(m->gguf); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(m->gguf, i);
        m->n_params += t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
        m->weight_bytes += t->size;
    }
    model_read_name(m->gguf, m->arch->name, m->name, sizeof m->name);
    model_name_quant(m->gguf, m->quant);
    return OK;
}

int encoder_open_gguf(struct gguf *g, struct encoder_model **ret, struct err *e)
{
    struct encoder_model *m = calloc(1, sizeof *m);
    if (!m) {
        gguf_close(g);
        return err_set(e, ERR_NOMEM, "out of memory for an encoder");
    }
    m->gguf = g;
    /* A float of a vector takes half a byte of the file at the least, and zeros for biases as much as a matrix's rows. */
    m->vectors = arena_make(16 * (size_t)gguf_file_bytes(g) + (1 << 20));
    int r = fill(m, e);
    if (r) {
        encoder_free(m);
        return r;
    }
    *ret = m;
    return OK;
}

int encoder_open(const char *path, struct encoder_model **ret, struct err *e)
{
    struct gguf *g;
    int r = gguf_open(path, &g, e);
    if (r)
        return r;
    r = encoder_open_gguf(g, ret, e);
    return r ? err_prefix(e, r, "%s", path) : OK;
}

void encoder_free(struct encoder_model *m)
{
    if (!m)
        return;
    vocab_free(m->vocab);
    arena_free(&m->vectors);
    gguf_close(m->gguf);
    free(m);
}
