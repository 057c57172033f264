/* The choices follow llama.cpp's, so that files can be compared tensor by tensor:
 *   - vectors, norms and routers stay as they are;
 *   - the output matrix is worth six bits;
 *   - in Q4_K_M so are attn_v and ffn_down of the first and last eighth of the layers and of every third between;
 *   - rows that are no multiple of a type's block fall back to a type that they fit. llama.cpp goes from Q4_K to Q5_0;
 *     hearth does not write that, and takes Q8_0: larger, and more exact. */
#include "model/quantize_plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "model/gguf_internal.h"
#include "model/quantize.h"

static const struct quant_target targets[] = {
    {"Q8_0", 7, TENSOR_Q8_0, TENSOR_Q8_0, TENSOR_Q8_0},
    {"Q4_0", 2, TENSOR_Q4_0, TENSOR_Q6_K, TENSOR_Q4_0},
    {"Q6_K", 18, TENSOR_Q6_K, TENSOR_Q6_K, TENSOR_Q6_K},
    {"Q4_K_M", 15, TENSOR_Q4_K, TENSOR_Q6_K, TENSOR_Q6_K},
};

/* In this order until the rows fit. */
static const enum tensor_type fallbacks[] = {TENSOR_Q8_0, TENSOR_F16};

#define COUNT(a) (sizeof(a) / sizeof *(a))

const struct quant_target *quant_target_find(struct str name)
{
    for (size_t i = 0; i < COUNT(targets); i++)
        if (str_ieq(name, str_of(targets[i].name)))
            return &targets[i];
    return NULL;
}

void quantize_types(struct buf *out)
{
    for (size_t i = 0; i < COUNT(targets); i++)
        buf_printf(out, "%s%s", i ? ", " : "", targets[i].name);
}

int quant_plan_init(struct quant_plan *p, const struct gguf *in, const struct quant_target *target, struct err *e)
{
    struct str arch;
    int rc = gguf_str(in, "general.architecture", &arch, e);
    char key[128];
    uint32_t n_layers;
    if (!rc && !utf8_printable(arch.ptr, arch.len))
        return err_set(e, ERR_CORRUPT, "general.architecture is \"%s\", expected a name", gguf_show(arch).text);
    if (!rc) {
        snprintf(key, sizeof key, STR_FMT ".block_count", STR_ARG(str_head(arch, 64)));
        rc = gguf_u32(in, key, &n_layers, e);
    }
    if (rc)
        return gguf_required(rc, e);
    *p = (struct quant_plan){target, in, n_layers, !gguf_tensor(in, "output.weight")};
    return OK;
}

static bool is_matrix(const struct gguf_tensor *t)
{
    return t->n_dims >= 2 && t->dim[1] * t->dim[2] * t->dim[3] > 1 && str_ends(t->name, STR(".weight")) &&
           !str_ends(t->name, STR("_norm.weight")) && !str_ends(t->name, STR("_gate_inp.weight"));
}

/* "blk.12.ffn_down.weight" → 12, when the rest is `suffix`. */
static bool layer_of(struct str name, struct str suffix, uint64_t *ret)
{
    struct str head;
    if (!str_starts(name, STR("blk.")))
        return false;
    name = str_skip(name, 4);
    return str_split(&name, '.', &head) && str_eq(name, suffix) && !str_to_u64(head, ret);
}

static bool wants_more_bits(const struct quant_plan *p, struct str name)
{
    uint64_t i, n = p->n_layers;
    if (!layer_of(name, STR("attn_v.weight"), &i) && !layer_of(name, STR("ffn_down.weight"), &i))
        return false;
    return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
}

static bool is_output(const struct quant_plan *p, struct str name)
{
    return str_eq(name, p->tied ? STR("token_embd.weight") : STR("output.weight"));
}

static enum tensor_type fit_rows(enum tensor_type type, uint64_t cols)
{
    for (size_t i = 0; !tensor_row_bytes(type, cols) && i < COUNT(fallbacks); i++)
        type = fallbacks[i];
    return type;
}

int quant_plan_type(const struct quant_plan *p, const struct gguf_tensor *t, enum tensor_type *ret, struct err *e)
{
    enum tensor_type type = p->target->base;
    if (!is_matrix(t)) {
        *ret = t->type;
        return OK;
    }
    if (is_output(p, t->name))
        type = p->target->output;
    else if (wants_more_bits(p, t->name))
        type = p->target->more_bits;
    type = fit_rows(type, t->dim[0]);
    bool exact = tensor_type_info(t->type)->block_len == 1;
    if (!exact && type != t->type)
        return err_set(e, ERR_INVAL, "tensor \"" STR_FMT "\" is quantised already (%s); start from the F32, F16 or BF16 file",
                       STR_ARG(t->name), tensor_type_info(t->type)->name);
    if (type == TENSOR_F16 && t->type == TENSOR_BF16)
        type = TENSOR_BF16; /* as small, and F16 has less range */
    *ret = type;
    return OK;
}
