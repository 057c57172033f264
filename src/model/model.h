/* A model: an opened GGUF, checked against a row of the table of architectures, with its tensors bound to their roles.
 * Immutable after model_open: any thread may read it. Weights stay in the mapping. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "model/chat.h"
#include "model/chat_template.h"
#include "model/gguf.h"
#include "model/toolform/toolform.h"
#include "model/vocab.h"
#include "tensor/type.h"

/* What distinguishes one architecture from another in the forward pass; model/arch.c has the table. */
struct arch {
    const char *name;    /* general.architecture */
    bool rope_neox;      /* pairs (i, i + n/2); otherwise (2i, 2i + 1) */
    bool qkv_bias;       /* required biases of q, k, v */
    bool qk_norm;        /* RMS norm of each head of q and k before the rotation */
    bool fused;          /* q, k and v are one tensor, and gate and up are one */
    bool post_norms;     /* RMS norm of what attention and the feed-forward part give, before it is added */
    bool gelu;           /* gated by GELU, not by SiLU */
    bool embedding_root; /* embeddings are multiplied by √d_model */
    bool caps;           /* scores of attention and logits may saturate */
    bool multipliers;    /* of embeddings, of what is added, of scores and of logits */
    bool experts;        /* the feed-forward part is a mixture of experts */
    bool windows;        /* layers may see the last positions only; all but every window_period-th do, all if it is 1 */
    uint8_t window_period;
    uint8_t still_period;   /* every so many layers one does not rotate; 0: all do */
    float window_rope_base; /* of the layers with a window, unless the file says; 0: as the others */
    uint32_t wide_layers;   /* a model of so many scales scores by 1 / √(d_model / n_heads) */
};
const struct arch *arch_find(struct str name); /* NULL: unknown */
void arch_list(struct buf *out);               /* "llama, qwen2, …" */

enum rope_scaling { ROPE_LINEAR, ROPE_YARN, ROPE_LONG };

struct hparams {
    uint32_t n_layers, d_model, d_ff, n_heads, n_kv_heads, d_head_k, d_head_v, n_rot, n_vocab, n_ctx_train;
    float rms_eps;
    uint32_t n_experts, n_experts_used; /* d_ff is one expert's; 0: no experts */
    uint32_t window, window_period;     /* positions that a layer with a window sees, its own included; 0: none has */
    /* Rotation (model/rope.h) */
    enum rope_scaling rope_scaling;
    uint32_t n_ctx_original;               /* context before it was extended */
    float rope_base, window_rope_base;     /* the latter is 0 where it is the same */
    float rope_scale;                      /* positions are multiplied by it; 1: none */
    float rope_magnitude;                  /* of what is rotated */
    float yarn_fast, yarn_slow, yarn_part; /* turns over the original context that are kept, that are scaled; how much of it all */
    /* Multipliers, 1 where there are none, and the values where scores and logits saturate, 0 where they do not */
    float embedding_scale, residual_scale, attention_scale, logit_scale;
    float attention_cap, logit_cap;
};

/* Vectors are copied to floats; matrices stay in the mapping. Optional ones are NULL or have data NULL. */
struct layer {
    const float *attn_norm, *ffn_norm;           /* [d_model] */
    const float *attn_post_norm, *ffn_post_norm; /* [d_model] */
    const float *q_bias, *k_bias, *v_bias;       /* [n_heads * d_head_k], [n_kv_heads * d_head_k], [n_kv_heads * d_head_v] */
    const float *q_norm, *k_norm;                /* [d_head_k] */
    struct matrix q, k, v;                       /* rows: heads * d_head; cols: d_model */
    struct matrix o;                             /* [d_model][n_heads * d_head_v] */
    struct matrix gate, up, down;                /* [d_ff][d_model] twice, [d_model][d_ff]; of all experts one after the other */
    struct matrix router;                        /* [n_experts][d_model] */
    struct matrix qkv, gate_up;                  /* where q, k, v, gate, up are parts of them */
    uint32_t window;                             /* 0: sees all positions */
    bool still;                                  /* q and k are not rotated */
};

struct model {
    struct gguf *gguf;
    const struct arch *arch;
    struct hparams hp;
    struct vocab *vocab;
    const struct chat_format *chat; /* recognised */
    struct chat_template *template; /* rendered; NULL: there is none, or it does not work and `chat` stands in */
    struct err template_error;      /* then why; code OK when there is none */
    struct toolform *toolform;      /* how it writes tool calls and thinking */
    struct matrix tok_embd, output; /* [n_vocab][d_model]; the same matrix when tied */
    const float *output_norm;       /* [d_model] */
    /* [n_rot / 2], frequencies are divided by them, in contexts up to the original one or longer; or NULL */
    const float *rope_factors, *rope_factors_long;
    struct layer *layers; /* [n_layers] */
    uint64_t n_params, weight_bytes;
    char name[96], quant[16]; /* general.name; the type that most weights have */
    float *vectors;           /* owned: all small vectors */
};

int model_open(const char *path, struct model **ret, struct err *e);
int model_open_gguf(struct gguf *g, struct model **ret, struct err *e); /* takes g over, also on failure */
/* Takes this chat template instead of the file's; before anybody else uses the model. Fails when it does not work. */
int model_set_template(struct model *m, struct str text, struct err *e);
void model_free(struct model *m);
/* Bytes of KV cache a token takes in all layers, in F16. */
uint64_t model_kv_bytes_per_token(const struct model *m);

#endif
