/* Writes small models, a few kilobytes each, for libFuzzer to begin with: each architecture, each kind of scalar, tied and
 * not, quantised, with every kind of scaling, experts and windows. */
#include <stdio.h>
#include <string.h>

#include "gguf_make.h"

static struct make_spec small(const char *arch)
{
    struct make_spec s = make_spec_of(arch);
    s.layers = 1;
    s.d_model = 8;
    s.d_ff = 8;
    s.heads = 2;
    s.kv_heads = 1;
    s.d_head = 4;
    s.tied = true;
    return s;
}

static void put(const char *folder, const char *name, const struct make_spec *s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.gguf", folder, name);
    make_model(path, s);
}

/* Experts, windows, fused tensors, multipliers, YaRN and longrope. */
static void put_others(const char *folder)
{
    static const struct make_key experts[] = {{"expert_count", true, 3, NULL},
                                              {"expert_used_count", true, 2, NULL},
                                              {"expert_feed_forward_length", true, 8, NULL},
                                              {"rope.scaling.type", false, 0, "yarn"},
                                              {"rope.scaling.factor", false, 4, NULL}};
    static const struct make_key extended[] = {{"rope.scaling.original_context_length", true, 64, NULL},
                                               {"attention.sliding_window", true, 45, NULL}};
    struct make_spec s = small("qwen3moe");
    s.experts = 3;
    s.keys = experts;
    s.n_keys = sizeof experts / sizeof *experts;
    put(folder, "qwen3moe-yarn", &s);
    s = small("gemma2");
    put(folder, "gemma2", &s);
    s = small("gemma3");
    put(folder, "gemma3", &s);
    s = small("granite");
    put(folder, "granite", &s);
    s = small("phi3");
    s.keys = extended;
    s.n_keys = sizeof extended / sizeof *extended;
    s.tensor = "rope_factors_short.weight";
    s.tensor2 = "rope_factors_long.weight";
    s.vector2_value = 2;
    put(folder, "phi3-long", &s);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_gguf_seeds FOLDER\n");
        return 2;
    }
    struct make_spec s = small("llama");
    s.str_key = "llama.rope.scaling.type";
    s.str = "linear";
    s.f32_key = "llama.rope.scaling.factor";
    s.f32 = 2;
    put(argv[1], "llama-linear", &s);
    s = small("llama");
    s.tensor = "rope_freqs.weight";
    s.str_key = "tokenizer.chat_template";
    s.str = "{{ '<|im_start|>' + message.role }}";
    put(argv[1], "llama-factors", &s);
    s = small("qwen2");
    s.tied = false;
    s.type = TENSOR_BF16;
    s.u32_key = "general.file_type";
    s.u32 = 32;
    put(argv[1], "qwen2-bf16", &s);
    s = small("qwen3");
    s.d_model = 32;
    s.d_ff = 32;
    s.heads = 2;
    s.d_head = 16;
    s.type = TENSOR_Q4_0;
    s.str_key = "general.name";
    s.str = "small";
    put(argv[1], "qwen3-q4_0", &s);
    put_others(argv[1]);
    return 0;
}
