/* The architectures that hearth runs. A new one that differs only in what the flags say is a row here; one with tensors of
 * its own also has rows in bind.c. */
#include "model/model.h"

#define N_ARCHS (sizeof archs / sizeof *archs)

static const struct arch archs[] = {
    {.name = "llama"}, /* Llama 1 to 3, Mistral, and what is converted to their form: its files permute q and k for adjacent pairs */
    {.name = "qwen2", .rope_neox = true, .qkv_bias = true},
    {.name = "qwen3", .rope_neox = true, .qk_norm = true},
    {.name = "qwen3moe", .rope_neox = true, .qk_norm = true, .experts = true},
    {.name = "gemma2",
     .rope_neox = true,
     .post_norms = true,
     .gelu = true,
     .embedding_root = true,
     .caps = true,
     .windows = true,
     .window_period = 2,
     .wide_layers = 46},
    {.name = "gemma3",
     .rope_neox = true,
     .qk_norm = true,
     .post_norms = true,
     .gelu = true,
     .embedding_root = true,
     .caps = true,
     .windows = true,
     .window_period = 6,
     .window_rope_base = 10000,
     .wide_layers = 62},
    {.name = "phi3", .rope_neox = true, .fused = true, .windows = true, .window_period = 1},
    {.name = "smollm3", .still_period = 4},
    {.name = "granite", .multipliers = true},
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
