/* What people call the mix of types in a file: general.file_type's name when the tensors agree with it, otherwise the
 * type that most values have. */
#include <stdio.h>

#include "model/model_internal.h"

static const struct {
    uint32_t file_type;
    const char *name;
    enum tensor_type main; /* what most values of such a file are */
} file_types[] = {
    {0, "F32", TENSOR_F32},      {1, "F16", TENSOR_F16},        {2, "Q4_0", TENSOR_Q4_0},    {3, "Q4_1", TENSOR_Q4_1},
    {7, "Q8_0", TENSOR_Q8_0},    {8, "Q5_0", TENSOR_Q5_0},      {9, "Q5_1", TENSOR_Q5_1},    {10, "Q2_K", TENSOR_Q2_K},
    {11, "Q3_K_S", TENSOR_Q3_K}, {12, "Q3_K_M", TENSOR_Q3_K},   {13, "Q3_K_L", TENSOR_Q3_K}, {14, "Q4_K_S", TENSOR_Q4_K},
    {15, "Q4_K_M", TENSOR_Q4_K}, {16, "Q5_K_S", TENSOR_Q5_K},   {17, "Q5_K_M", TENSOR_Q5_K}, {18, "Q6_K", TENSOR_Q6_K},
    {21, "Q2_K_S", TENSOR_Q2_K}, {25, "IQ4_NL", TENSOR_IQ4_NL}, {32, "BF16", TENSOR_BF16},
};

static enum tensor_type most_common(const struct gguf *g)
{
    uint64_t values[TENSOR_TYPE_COUNT] = {0};
    enum tensor_type best = TENSOR_F32;
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        const struct tensor_type_info *info = tensor_type_info(t->type);
        values[t->type] += t->size / info->block_bytes * info->block_len;
        if (values[t->type] > values[best])
            best = t->type;
    }
    return best;
}

void model_name_quant(struct model *m)
{
    enum tensor_type type = most_common(m->gguf);
    const char *name = tensor_type_info(type)->name;
    uint32_t file_type;
    if (!gguf_u32(m->gguf, "general.file_type", &file_type, NULL))
        for (size_t i = 0; i < sizeof file_types / sizeof *file_types; i++)
            if (file_types[i].file_type == file_type && file_types[i].main == type)
                name = file_types[i].name;
    snprintf(m->quant, sizeof m->quant, "%s", name);
}
