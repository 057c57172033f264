/* The architectures that hearth runs. A new one that differs only in what the flags say is a row here; one with tensors of
 * its own also has rows in bind.c. */
#include "model/model.h"

#define N_ARCHS (sizeof archs / sizeof *archs)

static const struct arch archs[] = {
    {.name = "llama"}, /* Llama 1 to 3, Mistral, and what is converted to their form: its files permute q and k for adjacent pairs */
    {.name = "qwen2", .rope_neox = true, .qkv_bias = true},
    {.name = "qwen3", .rope_neox = true, .qk_norm = true},
};

const struct arch *arch_find(struct str name)
{
    for (size_t i = 0; i < N_ARCHS; i++)
        if (str_eq(name, str_of(archs[i].name)))
            return &archs[i];
    return NULL;
}

void arch_list(struct buf *out)
{
    for (size_t i = 0; i < N_ARCHS; i++)
        buf_printf(out, "%s%s", i ? ", " : "", archs[i].name);
}
