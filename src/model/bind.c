/* Tensors to roles, by a table: name, when it must be there, its shape in terms of the hyper-parameters, where it goes.
 *
 * Matrices stay in the mapping. Vectors are few and small: they are copied to floats, in one block that the model owns;
 * since tensors of a file share no bytes, that block is at most twice the file. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/gguf_internal.h"
#include "model/model_internal.h"

/* WITH_…: required by the architectures with that flag, and has no place in others; but biases may be in any (some Llama-shaped
 * models have them). APART: where tensors are not fused; DENSE: where there are no experts. */
enum need { ALWAYS, MAYBE, WITH_QKV_BIAS, WITH_QK_NORM, WITH_POST_NORMS, WITH_EXPERTS, WITH_FUSED, APART, DENSE, DENSE_APART };

/* Sizes that shapes are made of. */
enum dim { ONE, MODEL, FF, VOCAB, HEADS_K, KV_K, KV_V, HEADS_V, HEAD_K, ROT2, EXPERTS, QKV, FF2, N_DIMS };

struct role {
    const char *name; /* in blocks: after "blk.<layer>." */
    enum need need;
    enum dim cols, rows; /* rows ONE: a vector */
    size_t at;           /* a struct matrix or a const float *, in struct model or struct layer */
    enum dim depth;      /* matrices one after the other */
};

#define M(field)  offsetof(struct model, field), ONE
#define L(field)  offsetof(struct layer, field), ONE
#define L3(field) offsetof(struct layer, field), EXPERTS

static const struct role model_roles[] = {
    {"token_embd.weight", ALWAYS, MODEL, VOCAB, M(tok_embd)},
    {"output.weight", MAYBE, MODEL, VOCAB, M(output)}, /* absent: token_embd serves */
    {"output_norm.weight", ALWAYS, MODEL, ONE, M(output_norm)},
    {"rope_freqs.weight", MAYBE, ROT2, ONE, M(rope_factors)},
    {"rope_factors_short.weight", MAYBE, ROT2, ONE, M(rope_factors)},
    {"rope_factors_long.weight", MAYBE, ROT2, ONE, M(rope_factors_long)},
};

static const struct role layer_roles[] = {
    {"attn_norm.weight", ALWAYS, MODEL, ONE, L(attn_norm)},
    {"attn_q.weight", APART, MODEL, HEADS_K, L(q)},
    {"attn_k.weight", APART, MODEL, KV_K, L(k)},
    {"attn_v.weight", APART, MODEL, KV_V, L(v)},
    {"attn_qkv.weight", WITH_FUSED, MODEL, QKV, L(qkv)},
    {"attn_q.bias", WITH_QKV_BIAS, HEADS_K, ONE, L(q_bias)},
    {"attn_k.bias", WITH_QKV_BIAS, KV_K, ONE, L(k_bias)},
    {"attn_v.bias", WITH_QKV_BIAS, KV_V, ONE, L(v_bias)},
    {"attn_q_norm.weight", WITH_QK_NORM, HEAD_K, ONE, L(q_norm)},
    {"attn_k_norm.weight", WITH_QK_NORM, HEAD_K, ONE, L(k_norm)},
    {"attn_output.weight", ALWAYS, HEADS_V, MODEL, L(o)},
    {"post_attention_norm.weight", WITH_POST_NORMS, MODEL, ONE, L(attn_post_norm)},
    {"ffn_norm.weight", ALWAYS, MODEL, ONE, L(ffn_norm)},
    {"ffn_gate.weight", DENSE_APART, MODEL, FF, L(gate)},
    {"ffn_up.weight", DENSE_APART, MODEL, FF, L(up)},
    {"ffn_up.weight", WITH_FUSED, MODEL, FF2, L(gate_up)},
    {"ffn_down.weight", DENSE, FF, MODEL, L(down)},
    {"ffn_gate_inp.weight", WITH_EXPERTS, MODEL, EXPERTS, L(router)},
    {"ffn_gate_exps.weight", WITH_EXPERTS, MODEL, FF, L3(gate)},
    {"ffn_up_exps.weight", WITH_EXPERTS, MODEL, FF, L3(up)},
    {"ffn_down_exps.weight", WITH_EXPERTS, FF, MODEL, L3(down)},
    {"post_ffw_norm.weight", WITH_POST_NORMS, MODEL, ONE, L(ffn_post_norm)},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct binder {
    struct model *m;
    struct err *e;
    uint32_t dim[N_DIMS];
    size_t n_bound;
    float *next, *end; /* free part of m->vectors */
};

/* Whether the forward pass of this architecture would use it, were it there. */
static bool usable(const struct binder *b, const struct role *role)
{
    const struct arch *a = b->m->arch;
    switch (role->need) {
    case ALWAYS:
    case MAYBE:
    case WITH_QKV_BIAS: break;
    case WITH_QK_NORM: return a->qk_norm;
    case WITH_POST_NORMS: return a->post_norms;
    case WITH_EXPERTS: return a->experts;
    case WITH_FUSED: return a->fused;
    case APART: return !a->fused;
    case DENSE: return !a->experts;
    case DENSE_APART: return !a->fused && !a->experts;
    }
    return true;
}

static bool required(const struct binder *b, const struct role *role)
{
    return role->need != MAYBE && (role->need != WITH_QKV_BIAS || b->m->arch->qkv_bias) && usable(b, role);
}

/* Compares with [cols, rows, depth] of the role; says both on a difference. */
static int check_shape(const struct binder *b, const struct role *role, const struct gguf_tensor *t)
{
    uint64_t cols = b->dim[role->cols], rows = b->dim[role->rows], depth = b->dim[role->depth];
    if (t->dim[0] == cols && t->dim[1] == rows && t->dim[2] == depth && t->dim[3] == 1)
        return OK;
    char found[100], third[32] = "";
    int n = 0;
    for (uint32_t i = 0; i < t->n_dims && n < (int)sizeof found; i++)
        n += snprintf(found + n, sizeof found - (size_t)n, "%s%" PRIu64, i ? ", " : "", t->dim[i]);
    if (depth > 1)
        snprintf(third, sizeof third, ", %" PRIu64, depth);
    return err_set(b->e, ERR_CORRUPT, "tensor \"" STR_FMT "\" has the shape [%s], expected [%" PRIu64 "%s%.0" PRIu64 "%s]",
                   STR_ARG(t->name), found, cols, rows > 1 ? ", " : "", rows > 1 ? rows : 0, third);
}

static void bind_matrix(const struct gguf_tensor *t, struct matrix *dst)
{
    *dst = (struct matrix){.data = t->data,
                           .type = t->type,
                           .rows = (uint32_t)(t->dim[1] * t->dim[2]), /* hparams.c: below 2^30 */
                           .cols = (uint32_t)t->dim[0],
                           .row_bytes = tensor_row_bytes(t->type, t->dim[0])};
}

static int bind_vector(struct binder *b, const struct gguf_tensor *t, const float **dst)
{
    size_t n = (size_t)t->dim[0];
    if (tensor_type_info(t->type)->block_len != 1)
        return err_set(b->e, ERR_UNSUPPORTED, "tensor \"" STR_FMT "\" is a vector of type %s, expected F32, F16 or BF16", STR_ARG(t->name),
                       tensor_type_info(t->type)->name);
    if (n > (size_t)(b->end - b->next))
        return err_set(b->e, ERR_INTERNAL, "tensor \"" STR_FMT "\" was not counted", STR_ARG(t->name));
    tensor_row_to_f32(t->type, t->data, b->next, n);
    *dst = b->next;
    b->next += n;
    return OK;
}

static int bind_role(struct binder *b, const struct role *role, const char *name, void *owner)
{
    const struct gguf_tensor *t = gguf_tensor(b->m->gguf, name);
    void *dst = (char *)owner + role->at;
    if (!usable(b, role) || (!t && !required(b, role)))
        return OK;
    if (!t)
        return err_set(b->e, ERR_CORRUPT, "tensor \"%s\" is missing", name);
    int rc = check_shape(b, role, t);
    if (rc)
        return rc;
    b->n_bound++;
    if (role->rows == ONE)
        return bind_vector(b, t, dst);
    bind_matrix(t, dst);
    return OK;
}

static const char *layer_name(char name[64], uint32_t layer, const char *suffix)
{
    snprintf(name, 64, "blk.%" PRIu32 ".%s", layer, suffix);
    return name;
}

/* `rows` rows of w from `from` on. */
static struct matrix part(const struct matrix *w, uint32_t from, uint32_t rows)
{
    struct matrix p = *w;
    p.data = (const uint8_t *)w->data + (size_t)from * w->row_bytes;
    p.rows = rows;
    return p;
}

/* What kind of layer it is; parts of fused tensors. */
static void finish_layer(struct binder *b, uint32_t index)
{
    struct layer *l = &b->m->layers[index];
    const struct arch *a = b->m->arch;
    const struct hparams *hp = &b->m->hp;
    l->window = hp->window_period == 1 || (hp->window_period && (index + 1) % hp->window_period) ? hp->window : 0;
    l->still = a->still_period && !((index + 1) % a->still_period);
    if (!a->fused)
        return;
    l->q = part(&l->qkv, 0, b->dim[HEADS_K]);
    l->k = part(&l->qkv, b->dim[HEADS_K], b->dim[KV_K]);
    l->v = part(&l->qkv, b->dim[HEADS_K] + b->dim[KV_K], b->dim[KV_V]);
    l->gate = part(&l->gate_up, 0, b->dim[FF]);
    l->up = part(&l->gate_up, b->dim[FF], b->dim[FF]);
}

static int bind_all(struct binder *b)
{
    struct model *m = b->m;
    char name[64];
    int rc = OK;
    for (size_t i = 0; i < COUNT(model_roles) && !rc; i++)
        rc = bind_role(b, &model_roles[i], model_roles[i].name, m);
    for (uint32_t l = 0; l < m->hp.n_layers && !rc; l++) {
        for (size_t i = 0; i < COUNT(layer_roles) && !rc; i++)
            rc = bind_role(b, &layer_roles[i], layer_name(name, l, layer_roles[i].name), &m->layers[l]);
        if (!rc)
            finish_layer(b, l);
    }
    return rc;
}

/* True when a role of this architecture has the name. Only called to find what to complain about. */
static bool has_role(const struct binder *b, struct str name)
{
    char text[64];
    for (size_t i = 0; i < COUNT(model_roles); i++)
        if (str_eq(name, str_of(model_roles[i].name)))
            return true;
    for (uint32_t l = 0; l < b->m->hp.n_layers; l++)
        for (size_t i = 0; i < COUNT(layer_roles); i++)
            if (usable(b, &layer_roles[i]) && str_eq(name, str_of(layer_name(text, l, layer_roles[i].name))))
                return true;
    return false;
}

static int check_all_bound(const struct binder *b)
{
    const struct gguf *g = b->m->gguf;
    if (b->n_bound == gguf_tensor_count(g))
        return OK;
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        if (!has_role(b, t->name))
            return err_set(b->e, ERR_UNSUPPORTED,
                           "tensor \"" STR_FMT "\" has no place in a model of architecture %s with %" PRIu32 " layers", STR_ARG(t->name),
                           b->m->arch->name, b->m->hp.n_layers);
    }
    return OK;
}

/* Rotation frequencies are divided by these. */
static int check_factors(const struct binder *b, const float *f, const char *name)
{
    for (uint32_t i = 0; f && i < b->dim[ROT2]; i++)
        if (!(f[i] > 0) || !isfinite(f[i]))
            return err_set(b->e, ERR_CORRUPT, "tensor \"%s\": factor %" PRIu32 " is %g, expected more than 0", name, i, (double)f[i]);
    return OK;
}

static int check_rope_factors(const struct binder *b)
{
    const struct model *m = b->m;
    bool pair = gguf_tensor(m->gguf, "rope_factors_short.weight");
    if (pair != !!m->rope_factors_long || (pair && gguf_tensor(m->gguf, "rope_freqs.weight")))
        return err_set(b->e, ERR_CORRUPT,
                       "tensors \"rope_factors_short.weight\" and \"rope_factors_long.weight\" come together, "
                       "and without \"rope_freqs.weight\"");
    int rc = check_factors(b, m->rope_factors, pair ? "rope_factors_short.weight" : "rope_freqs.weight");
    return rc ? rc : check_factors(b, m->rope_factors_long, "rope_factors_long.weight");
}

static int allocate(struct binder *b)
{
    struct model *m = b->m;
    size_t n_floats = 0;
    for (size_t i = 0; i < gguf_tensor_count(m->gguf); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(m->gguf, i);
        uint64_t n = t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3]; /* fits: the reader has checked the bytes of it */
        m->n_params += n;
        m->weight_bytes += t->size;
        if (n == t->dim[0] && tensor_type_info(t->type)->block_len == 1)
            n_floats += (size_t)n;
    }
    m->layers = calloc(m->hp.n_layers, sizeof *m->layers);
    m->vectors = calloc(n_floats + 1, sizeof *m->vectors);
    b->next = m->vectors;
    b->end = m->vectors + n_floats;
    return m->layers && m->vectors ? OK
                                   : err_set(b->e, ERR_NOMEM, "out of memory for %zu bytes of a model's vectors", n_floats * sizeof(float));
}

/* The vocabulary's size is what the embedding has rows for. */
static int read_n_vocab(struct model *m, struct err *e)
{
    const struct gguf_tensor *t = gguf_tensor(m->gguf, "token_embd.weight");
    if (!t)
        return err_set(e, ERR_CORRUPT, "tensor \"token_embd.weight\" is missing");
    if (t->dim[1] > INT32_MAX)
        return err_set(e, ERR_CORRUPT, "tensor \"token_embd.weight\" has %" PRIu64 " rows", t->dim[1]);
    m->hp.n_vocab = (uint32_t)t->dim[1];
    return OK;
}

int model_bind(struct model *m, struct err *e)
{
    struct hparams *hp = &m->hp;
    int rc = read_n_vocab(m, e);
    if (rc)
        return rc;
    struct binder b = {
        .m = m,
        .e = e,
        .dim = {[ONE] = 1,
                [MODEL] = hp->d_model,
                [FF] = hp->d_ff,
                [VOCAB] = hp->n_vocab,
                [HEADS_K] = hp->n_heads * hp->d_head_k,
                [KV_K] = hp->n_kv_heads * hp->d_head_k,
                [KV_V] = hp->n_kv_heads * hp->d_head_v,
                [HEADS_V] = hp->n_heads * hp->d_head_v,
                [HEAD_K] = hp->d_head_k,
                [ROT2] = hp->n_rot / 2,
                [EXPERTS] = hp->n_experts,
                [QKV] = hp->n_heads * hp->d_head_k + hp->n_kv_heads * (hp->d_head_k + hp->d_head_v),
                [FF2] = 2 * hp->d_ff},
    };
    rc = allocate(&b);
    if (!rc)
        rc = bind_all(&b);
    if (!rc)
        rc = check_rope_factors(&b);
    if (!rc)
        rc = check_all_bound(&b);
    if (!rc && !m->output.data)
        m->output = m->tok_embd;
    return rc;
}
