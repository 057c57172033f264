/* A model: an opened GGUF, checked against a row of the table of architectures, with its tensors bound to their roles.
 * Immutable after model_open: any thread may read it. Weights stay in the mapping. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "model/chat.h"
#include "model/gguf.h"
#include "model/toolform/toolform.h"
#include "model/vocab.h"
#include "tensor/type.h"

/* What distinguishes one architecture from another in the forward pass; model/arch.c has the table. */
struct arch {
    const char *name; /* general.architecture */
    bool rope_neox;   /* pairs (i, i + n/2); otherwise (2i, 2i + 1) */
    bool qkv_bias;    /* required biases of q, k, v */
    bool qk_norm;     /* RMS norm of each head of q and k before the rotation */
};
const struct arch *arch_find(struct str name); /* NULL: unknown */
void arch_list(struct buf *out);               /* "llama, qwen2, qwen3" */

struct hparams {
    uint32_t n_layers, d_model, d_ff, n_heads, n_kv_heads, d_head_k, d_head_v, n_rot, n_vocab, n_ctx_train;
    float rms_eps, rope_base;
    float rope_scale; /* linear scaling: positions are multiplied by it; 1: none */
};

/* Vectors are copied to floats; matrices stay in the mapping. Optional ones are NULL or have data NULL. */
struct layer {
    const float *attn_norm, *ffn_norm;     /* [d_model] */
    const float *q_bias, *k_bias, *v_bias; /* [n_heads * d_head_k], [n_kv_heads * d_head_k], [n_kv_heads * d_head_v] */
    const float *q_norm, *k_norm;          /* [d_head_k] */
    struct matrix q, k, v;                 /* rows: heads * d_head; cols: d_model */
    struct matrix o;                       /* [d_model][n_heads * d_head_v] */
    struct matrix gate, up, down;          /* [d_ff][d_model] twice, [d_model][d_ff] */
};

struct model {
    struct gguf *gguf;
    const struct arch *arch;
    struct hparams hp;
    struct vocab *vocab;
    const struct chat_format *chat;
    struct toolform *toolform;      /* how it writes tool calls and thinking */
    struct matrix tok_embd, output; /* [n_vocab][d_model]; the same matrix when tied */
    const float *output_norm;       /* [d_model] */
    const float *rope_factors;      /* [n_rot / 2], frequencies are divided by them; or NULL */
    struct layer *layers;           /* [n_layers] */
    uint64_t n_params, weight_bytes;
    char name[96], quant[16]; /* general.name; the type that most weights have */
    float *vectors;           /* owned: all small vectors */
};

int model_open(const char *path, struct model **ret, struct err *e);
int model_open_gguf(struct gguf *g, struct model **ret, struct err *e); /* takes g over, also on failure */
void model_free(struct model *m);
/* Bytes of KV cache a token takes in all layers, in F16. */
uint64_t model_kv_bytes_per_token(const struct model *m);

#endif
