/* Which tensor of a file gets which type. */
#ifndef MODEL_QUANTIZE_PLAN_H
#define MODEL_QUANTIZE_PLAN_H

#include "base/buf.h"
#include "model/gguf.h"

struct quant_target {
    const char *name;
    uint32_t file_type;         /* general.file_type */
    enum tensor_type base;      /* most matrices */
    enum tensor_type output;    /* the output matrix, or the embedding when it serves as output */
    enum tensor_type more_bits; /* attn_v and ffn_down of the layers that matter most */
};
/* By name, ASCII case ignored; NULL when unknown. */
const struct quant_target *quant_target_find(struct str name);

struct quant_plan {
    const struct quant_target *target;
    const struct gguf *in;
    uint32_t n_layers;
    bool tied;
};
/* ERR_CORRUPT when the file does not say its number of layers. */
int quant_plan_init(struct quant_plan *p, const struct gguf *in, const struct quant_target *target, struct err *e);
/* The type that t gets, its own when it stays. ERR_INVAL when that would quantise twice. */
int quant_plan_type(const struct quant_plan *p, const struct gguf_tensor *t, enum tensor_type *ret, struct err *e);

#endif
