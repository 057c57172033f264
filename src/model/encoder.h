/* Encoders: models that turn a text into one vector (or, with a classification head, a pair of texts into one score). A GGUF, checked
 * and bound like a model that writes (model.h), but with layers of its own: every position sees every other.
 *
 *   bert   BERT and what is shaped like it (MiniLM, BGE, E5; rerankers): norms behind the sums, GELU, token types
 *   use    Universal Sentence Encoder lite (written by convert.c): norms before, ReLU, layers of different widths, a dense
 *          layer with tanh behind the mean
 *
 * Immutable after encoder_open: any thread may read it. Weights stay in the mapping. */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "base/arena.h"
#include "model/gguf.h"
#include "model/vocab.h"

/* As <arch>.pooling_type numbers them. */
enum encoder_pooling { ENCODER_POOL_MEAN = 1, ENCODER_POOL_CLS = 2, ENCODER_POOL_RANK = 4 };

struct encoder_arch {
    const char *name;
    bool norm_first; /* of each half of a layer; else behind the sum */
    bool relu;       /* else GELU */
    bool english;    /* its vocabulary knows no other language */
};
/* NULL: not an encoder. */
const struct encoder_arch *encoder_arch_find(struct str name);

/* y = W x + b; without weights: absent. */
struct encoder_dense {
    struct matrix w;
    const float *bias; /* [w.rows]; zeros when the file has none */
};
struct encoder_norm {
    const float *weight, *bias;
};

struct encoder_layer {
    struct encoder_dense qkv;        /* all three in one, rows [3 · d_attn]; or absent */
    struct encoder_dense q, k, v;    /* [d_attn][d_in] */
    struct encoder_dense residual;   /* [d_out][d_in] where a layer's input is narrower than its output; usually absent */
    struct encoder_dense o;          /* [d_out][d_attn] */
    struct encoder_dense up, down;   /* [d_ff][d_out], [d_out][d_ff] */
    struct encoder_norm norm, norm2; /* first: of [d_in], else of [d_out]; the second of [d_out] */
    uint32_t d_in, d_attn, d_out, d_ff;
};

struct encoder_model {
    struct gguf *gguf;
    const struct encoder_arch *arch;
    struct vocab *vocab;
    enum encoder_pooling pooling;
    uint32_t n_layers, n_heads, n_ctx, n_vocab, n_types;
    uint32_t d_embd, d_model, widest; /* of the token vectors, of the last layer, of any row of activations */
    float eps;
    struct matrix tok_embd;            /* [n_vocab][d_embd] */
    const float *pos_embd, *type_embd; /* [n_ctx][d_embd], [n_types][d_embd] or NULL */
    struct encoder_norm embd_norm;     /* of [d_embd], or NULLs */
    struct encoder_dense pool;         /* with tanh: of the mean, or of the first position before `score`; may be absent */
    struct encoder_dense score;        /* [1][d_model]: of a reranker */
    struct encoder_layer *layers;
    uint64_t n_params, weight_bytes;
    char name[96], quant[16];
    struct arena vectors; /* owned: all that is not in the mapping */
};

int encoder_open(const char *path, struct encoder_model **ret, struct err *e);
int encoder_open_gguf(struct gguf *g, struct encoder_model **ret, struct err *e); /* takes g over, also on failure */
void encoder_free(struct encoder_model *m);                                       /* NULL is fine */
/* Whether the file's general.architecture is an encoder's. */
bool encoder_is(const struct gguf *g);
/* The same of a file that is not opened, from its first bytes; NULL: no encoder, or that cannot be told. Blocks for one read. */
const struct encoder_arch *encoder_peek(const char *path);

#endif
