/* Writes a tiny model of an architecture with seeded random F32 weights, for the reference beside this file.
 * usage: make_tiny NAME OUT.gguf      make_tiny without arguments lists names */
#include <stdio.h>

#include "gguf_make.h"

#define KEYS(...) \
    .keys = (const struct make_key[]){__VA_ARGS__}, .n_keys = sizeof((const struct make_key[]){__VA_ARGS__}) / sizeof(struct make_key)
#define YARN(factor)                                                                         \
    {"rope.scaling.type", false, 0, "yarn"}, {"rope.scaling.factor", false, (factor), NULL}, \
    {                                                                                        \
        "rope.scaling.original_context_length", true, 64, NULL                               \
    }

/* What is not in make_spec_of(arch). */
static const struct variant {
    const char *name, *arch;
    const struct make_key *keys;
    size_t n_keys;
    const char *tensor, *tensor2;
    uint32_t context, n_rot;
} variants[] = {
    {.name = "llama", .arch = "llama"},
    {.name = "llama-factors", .arch = "llama", .tensor = "rope_freqs.weight"},
    {.name = "llama-yarn",
     .arch = "llama",
     KEYS(YARN(4), {"rope.scaling.yarn_beta_fast", false, 2, NULL}, {"rope.freq_base", false, 100, NULL})},
    {.name = "qwen2", .arch = "qwen2"},
    {.name = "qwen3", .arch = "qwen3"},
    {.name = "qwen3-yarn", .arch = "qwen3", KEYS(YARN(8), {"rope.scaling.attn_factor", false, 0.9F, NULL})},
    {.name = "qwen3moe", .arch = "qwen3moe"},
    {.name = "gemma2", .arch = "gemma2"},
    {.name = "gemma3", .arch = "gemma3"},
    {.name = "gemma3-long",
     .arch = "gemma3",
     .context = 2048,
     KEYS({"attention.sliding_window", true, 600, NULL}, {"rope.freq_base", false, 1e6F, NULL}, {"rope.scaling.factor", false, 8, NULL})},
    {.name = "phi3", .arch = "phi3"},
    {.name = "phi3-extended",
     .arch = "phi3",
     .tensor = "rope_factors_short.weight",
     .tensor2 = "rope_factors_long.weight",
     .n_rot = 6,
     KEYS({"rope.dimension_count", true, 6, NULL}, {"rope.scaling.original_context_length", true, 64, NULL})},
    {.name = "phi3-short",
     .arch = "phi3",
     .tensor = "rope_factors_short.weight",
     .tensor2 = "rope_factors_long.weight",
     .n_rot = 6,
     KEYS({"rope.dimension_count", true, 6, NULL}, {"rope.scaling.attn_factor", false, 1.2F, NULL})},
    {.name = "smollm3", .arch = "smollm3"},
    {.name = "granite", .arch = "granite"},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const struct variant *v = &variants[i];
        if (argc < 3) {
            printf("%s\n", v->name);
            continue;
        }
        if (strcmp(v->name, argv[1]) != 0)
            continue;
        struct make_spec s = make_spec_of(v->arch);
        s.type = TENSOR_F32;
        s.spread = 0.3F; /* so that a product is about as large as what it reads */
        s.tensor = v->tensor;
        s.tensor2 = v->tensor2;
        s.vector_type = TENSOR_F32;
        s.vector_value = 1.5F;
        s.vector2_value = 3;
        s.n_rot = v->n_rot;
        s.context = v->context ? v->context : s.context;
        if (v->n_keys) {
            s.keys = v->keys;
            s.n_keys = v->n_keys;
        }
        make_model(argv[2], &s);
        return 0;
    }
    return 2;
}
