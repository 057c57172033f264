/* What people call the mix of types in a file: general.file_type's name when the tensors agree with it, otherwise the
 * type that most values have. */
#include <stdio.h>

#include "model/model_internal.h"

static const struct {
    const char *name;
    uint32_t file_type;
    enum tensor_type main; /* what most values of such a file are */
} file_types[] = {
    {"F32", 0, TENSOR_F32},      {"F16", 1, TENSOR_F16},        {"Q4_0", 2, TENSOR_Q4_0},    {"Q4_1", 3, TENSOR_Q4_1},
    {"Q8_0", 7, TENSOR_Q8_0},    {"Q5_0", 8, TENSOR_Q5_0},      {"Q5_1", 9, TENSOR_Q5_1},    {"Q2_K", 10, TENSOR_Q2_K},
    {"Q3_K_S", 11, TENSOR_Q3_K}, {"Q3_K_M", 12, TENSOR_Q3_K},   {"Q3_K_L", 13, TENSOR_Q3_K}, {"Q4_K_S", 14, TENSOR_Q4_K},
    {"Q4_K_M", 15, TENSOR_Q4_K}, {"Q5_K_S", 16, TENSOR_Q5_K},   {"Q5_K_M", 17, TENSOR_Q5_K}, {"Q6_K", 18, TENSOR_Q6_K},
    {"Q2_K_S", 21, TENSOR_Q2_K}, {"IQ4_NL", 25, TENSOR_IQ4_NL}, {"BF16", 32, TENSOR_BF16},
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

void model_name_quant(const struct gguf *g, char ret[16])
{
    enum tensor_type type = most_common(g);
    const char *name = tensor_type_info(type)->name;
    uint32_t file_type;
    if (!gguf_u32(g, "general.file_type", &file_type, NULL))
        for (size_t i = 0; i < sizeof file_types / sizeof *file_types; i++)
            if (file_types[i].file_type == file_type && file_types[i].main == type)
                name = file_types[i].name;
    snprintf(ret, 16, "%s", name);
}
