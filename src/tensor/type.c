#include "tensor/type.h"

static const struct tensor_type_info types[TENSOR_TYPE_COUNT] = {
#define X(name, id, len, bytes) [id] = {#name, id, len, bytes},
    TENSOR_TYPE_LIST(X)
#undef X
};

const struct tensor_type_info *tensor_type_info(uint32_t id)
{
    return id < TENSOR_TYPE_COUNT && types[id].name ? &types[id] : NULL;
}

const struct tensor_type_info *tensor_type_by_name(struct str name)
{
    for (uint32_t id = 0; id < TENSOR_TYPE_COUNT; id++)
        if (types[id].name && str_ieq(name, str_of(types[id].name)))
            return &types[id];
    return NULL;
}

size_t tensor_row_bytes(enum tensor_type type, uint64_t cols)
{
    const struct tensor_type_info *t = tensor_type_info(type);
    size_t n;
    if (!t || cols % t->block_len || __builtin_mul_overflow(cols / t->block_len, t->block_bytes, &n))
        return 0;
    return n;
}
