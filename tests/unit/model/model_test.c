/* Opening models: what is bound where, what is derived, and every refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "gguf_make.h"
#include "model/model.h"

static struct make_folder folder;
static char path[128];

static int set_up(void **state)
{
    (void)state;
    make_folder_create(&folder);
    make_path(&folder, "m.gguf", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    make_folder_remove(&folder);
    return 0;
}

static struct model *open_spec(const struct make_spec *s)
{
    struct model *m = NULL;
    struct err e = {0};
    make_model(path, s);
    if (model_open(path, &m, &e))
        fail_msg("%s", e.text);
    return m;
}

static void refuses(const struct make_spec *s, int code, const char *says)
{
    struct model *m = NULL;
    struct err e = {0};
    make_model(path, s);
    int rc = model_open(path, &m, &e);
    if (rc != code || !strstr(e.text, says) || !strstr(e.text, path))
        fail_msg("%s \"%s\", expected %s \"%s\"", err_name(rc), e.text, err_name(code), says);
    assert_null(m);
}

static void assert_matrix(const struct matrix *w, uint32_t rows, uint32_t cols)
{
    assert_non_null(w->data);
    assert_int_equal(w->rows, rows);
    assert_int_equal(w->cols, cols);
    assert_int_equal(w->type, TENSOR_F16);
    assert_int_equal(w->row_bytes, cols * 2);
}

static void llama(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    struct model *m = open_spec(&s);
    const struct layer *l = &m->layers[1];
    assert_string_equal(m->arch->name, "llama");
    assert_false(m->arch->rope_neox);
    assert_int_equal(m->hp.n_layers, 2);
    assert_int_equal(m->hp.n_vocab, MAKE_VOCAB);
    assert_int_equal(vocab_size(m->vocab), MAKE_VOCAB);
    assert_true(m->hp.rope_base == 10000 && m->hp.rope_scale == 1);
    assert_matrix(&m->tok_embd, MAKE_VOCAB, 32);
    assert_matrix(&m->output, MAKE_VOCAB, 32);
    assert_ptr_not_equal(m->output.data, m->tok_embd.data);
    assert_matrix(&l->q, 32, 32);
    assert_matrix(&l->k, 16, 32);
    assert_matrix(&l->v, 16, 32);
    assert_matrix(&l->o, 32, 32);
    assert_matrix(&l->gate, 64, 32);
    assert_matrix(&l->up, 64, 32);
    assert_matrix(&l->down, 32, 64);
    assert_null(l->q_bias);
    assert_null(l->q_norm);
    assert_null(m->rope_factors);
    const struct gguf_tensor *t = gguf_tensor(m->gguf, "blk.1.ffn_norm.weight");
    assert_memory_equal(l->ffn_norm, t->data, 32 * sizeof(float));
    t = gguf_tensor(m->gguf, "output_norm.weight");
    assert_memory_equal(m->output_norm, t->data, 32 * sizeof(float));
    assert_string_equal(m->name, "llama");
    assert_string_equal(m->quant, "F16");
    assert_int_equal(model_kv_bytes_per_token(m), 2 * 2 * (8 + 8) * 2);
    /* 2 embeddings, 5 norms, and per layer q o (32 x 32), k v (16 x 32), 3 of the feed-forward (64 x 32) */
    assert_int_equal(m->n_params, 2 * MAKE_VOCAB * 32 + 5 * 32 + 2 * (2 * 1024 + 2 * 512 + 3 * 2048));
    assert_int_equal(m->weight_bytes, 2 * m->n_params + 5 * 32 * 2);
    model_free(m);
    model_free(NULL);
}

static void qwen(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("qwen2");
    s.tied = true;
    s.f32_key = "qwen2.rope.freq_base";
    s.f32 = 1e6F;
    struct model *m = open_spec(&s);
    assert_true(m->arch->rope_neox && m->arch->qkv_bias && !m->arch->qk_norm);
    assert_true(m->hp.rope_base == 1e6F);
    assert_memory_equal(&m->output, &m->tok_embd, sizeof m->output);
    assert_memory_equal(m->layers[1].k_bias, gguf_tensor(m->gguf, "blk.1.attn_k.bias")->data, 16 * sizeof(float));
    assert_non_null(m->layers[0].q_bias);
    assert_non_null(m->layers[0].v_bias);
    model_free(m);
    s = make_spec_of("qwen3");
    s.d_head = 16; /* wider than d_model / n_heads */
    m = open_spec(&s);
    assert_true(m->arch->rope_neox && !m->arch->qkv_bias && m->arch->qk_norm);
    assert_matrix(&m->layers[0].q, 64, 32);
    assert_matrix(&m->layers[0].o, 32, 64);
    assert_memory_equal(m->layers[1].q_norm, gguf_tensor(m->gguf, "blk.1.attn_q_norm.weight")->data, 16 * sizeof(float));
    model_free(m);
}

/* Some converters give Llama-shaped models biases; then they are used. */
static void llama_with_biases(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.qkv_bias = true;
    struct model *m = open_spec(&s);
    assert_non_null(m->layers[0].q_bias);
    assert_non_null(m->layers[1].v_bias);
    model_free(m);
}

static void defaults(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.omit = "llama.attention.key_length";
    struct model *m = open_spec(&s);
    assert_int_equal(m->hp.d_head_k, 8);
    model_free(m);
    s.omit = "llama.attention.value_length";
    m = open_spec(&s);
    assert_int_equal(m->hp.d_head_v, 8);
    model_free(m);
    s.omit = "llama.rope.dimension_count";
    m = open_spec(&s);
    assert_int_equal(m->hp.n_rot, 8);
    model_free(m);
    s.omit = "llama.attention.head_count_kv";
    s.kv_heads = 4;
    m = open_spec(&s);
    assert_int_equal(m->hp.n_kv_heads, 4);
    model_free(m);
}

static void rope_scaling(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.f32_key = "llama.rope.scaling.factor";
    s.f32 = 4;
    struct model *m = open_spec(&s);
    assert_true(m->hp.rope_scale == 0.25F);
    model_free(m);
    s.str_key = "llama.rope.scaling.type";
    s.str = "none";
    m = open_spec(&s);
    assert_true(m->hp.rope_scale == 1);
    model_free(m);
    s.str = "yarn";
    m = open_spec(&s); /* 512 tokens, four times as many */
    assert_true(m->hp.rope_scaling == ROPE_YARN && m->hp.n_ctx_original == 512 && m->hp.n_ctx_train == 2048);
    model_free(m);
    s.str = "dynamic";
    refuses(&s, ERR_UNSUPPORTED, "metadata \"llama.rope.scaling.type\" is \"dynamic\"; hearth knows none, linear, yarn and longrope");
    s.str_key = NULL;
    s.f32 = 0;
    refuses(&s, ERR_CORRUPT, "metadata \"llama.rope.scaling.factor\" is 0, expected 1 to 4096");
}

static void rope_factors(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.tensor = "rope_freqs.weight";
    s.vector_value = 2;
    struct model *m = open_spec(&s);
    for (int i = 0; i < 4; i++)
        assert_true(m->rope_factors[i] == 2);
    model_free(m);
    s.vector_type = TENSOR_F16;
    m = open_spec(&s);
    assert_true(m->rope_factors[3] == 2);
    model_free(m);
    s.vector_value = 0;
    refuses(&s, ERR_CORRUPT, "\"rope_freqs.weight\": factor 0 is 0");
    s.vector_value = 1;
    s.d_head = 64;
    s.vector_type = TENSOR_Q8_0;
    refuses(&s, ERR_UNSUPPORTED, "\"rope_freqs.weight\" is a vector of type Q8_0, expected F32, F16 or BF16");
}

/* "<architecture>.…" */
static void arch_of(const char *key, char arch[32])
{
    size_t n = strcspn(key, ".");
    assert_true(n < 32);
    memcpy(arch, key, n);
    arch[n] = 0;
}

static void numbers_out_of_range(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint32_t v;
        const char *says;
    } cases[] = {
        {"llama.block_count", 0, "\"llama.block_count\" is 0, expected 1 to 1024 (offset "},
        {"llama.block_count", 1025, "\"llama.block_count\" is 1025"},
        {"llama.block_count", 3, "tensor \"blk.2.attn_norm.weight\" is missing"},
        {"llama.context_length", 0, "\"llama.context_length\" is 0"},
        {"llama.embedding_length", 65537, "\"llama.embedding_length\" is 65537"},
        {"llama.embedding_length", 64, "tensor \"token_embd.weight\" has the shape [32, 264], expected [64, 264]"},
        {"llama.feed_forward_length", 1U << 31, "\"llama.feed_forward_length\" is 2147483648"},
        {"llama.attention.head_count", 0, "\"llama.attention.head_count\" is 0"},
        {"llama.attention.head_count", 5, "attention.head_count is 5, which is not a multiple of attention.head_count_kv, 2"},
        {"llama.attention.head_count_kv", 8, "not a multiple of attention.head_count_kv, 8"},
        {"llama.attention.key_length", 0, "\"llama.attention.key_length\" is 0, expected 2 to 1024"},
        {"llama.attention.key_length", 2048, "\"llama.attention.key_length\" is 2048"},
        {"llama.attention.key_length", 16, "tensor \"blk.0.attn_q.weight\" has the shape [32, 32], expected [32, 64]"},
        {"llama.rope.dimension_count", 7, "rope.dimension_count is 7, expected an even number up to the head's 8"},
        {"llama.rope.dimension_count", 10, "rope.dimension_count is 10"},
        {"llama.rope.scaling.original_context_length", 0, "\"llama.rope.scaling.original_context_length\" is 0, expected 1 to"},
        {"qwen3moe.expert_count", 0, "\"qwen3moe.expert_count\" is 0, expected 1 to 1024"},
        {"qwen3moe.expert_count", 1025, "\"qwen3moe.expert_count\" is 1025"},
        {"qwen3moe.expert_count", 5, "tensor \"blk.0.ffn_gate_inp.weight\" has the shape [32, 6], expected [32, 5]"},
        {"qwen3moe.expert_used_count", 0, "\"qwen3moe.expert_used_count\" is 0, expected 1 to 64"},
        {"qwen3moe.expert_used_count", 7, "expert_used_count is 7, but expert_count is 6"},
        {"qwen3moe.expert_feed_forward_length", 32,
         "tensor \"blk.0.ffn_gate_exps.weight\" has the shape [32, 64, 6], expected [32, 32, 6]"},
        {"gemma3.attention.sliding_window", 0, "\"gemma3.attention.sliding_window\" is missing or 0"},
        {"gemma3.attention.sliding_window", 1U << 28, "\"gemma3.attention.sliding_window\" is 268435456"},
        {"gemma3.attention.sliding_window_pattern", 0, "\"gemma3.attention.sliding_window_pattern\" is 0, expected 1 to 255"},
        {"phi3.feed_forward_length", 65, "tensor \"blk.0.ffn_up.weight\" has the shape [32, 128], expected [32, 130]"},
        {"phi3.attention.head_count_kv", 4, "tensor \"blk.0.attn_qkv.weight\" has the shape [32, 64], expected [32, 96]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char arch[32];
        arch_of(cases[i].key, arch);
        struct make_spec s = make_spec_of(arch);
        s.u32_key = cases[i].key;
        s.u32 = cases[i].v;
        refuses(&s, ERR_CORRUPT, cases[i].says);
    }
    struct make_spec s = make_spec_of("llama");
    s.u32_key = "llama.attention.value_length";
    s.u32 = 7;
    refuses(&s, ERR_UNSUPPORTED, "attention heads of 8 (keys) and 7 (values) are not even");
    s.u32_key = "llama.attention.head_count";
    s.u32 = 6;
    s.omit = "llama.attention.key_length";
    refuses(&s, ERR_CORRUPT, "embedding_length 32 and attention.head_count 6 give no head size");
}

static void floats_out_of_range(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        float v;
    } cases[] = {
        {"llama.attention.layer_norm_rms_epsilon", 0},
        {"llama.attention.layer_norm_rms_epsilon", -1},
        {"llama.attention.layer_norm_rms_epsilon", 1},
        {"llama.attention.layer_norm_rms_epsilon", __builtin_nanf("")},
        {"llama.rope.freq_base", 0},
        {"llama.rope.freq_base", __builtin_inff()},
        {"llama.rope.scaling.factor", 0.5F},
        {"llama.rope.scaling.factor", 4097},
        {"llama.rope.scaling.attn_factor", 0},
        {"llama.rope.scaling.yarn_beta_fast", 0},
        {"llama.rope.scaling.yarn_beta_slow", 33},
        {"llama.rope.scaling.yarn_ext_factor", 2},
        {"llama.rope.scaling.yarn_attn_factor", __builtin_inff()},
        {"gemma3.rope.freq_base_swa", 0},
        {"gemma2.attn_logit_softcapping", -1},
        {"gemma2.final_logit_softcapping", __builtin_nanf("")},
        {"granite.residual_scale", 0},
        {"granite.attention.scale", -2},
        {"granite.logit_scale", 0},
        {"granite.embedding_scale", 1e7F},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char arch[32];
        arch_of(cases[i].key, arch);
        struct make_spec s = make_spec_of(arch);
        if (strstr(cases[i].key, "yarn")) {
            s.str_key = "llama.rope.scaling.type";
            s.str = "yarn";
        }
        s.f32_key = cases[i].key;
        s.f32 = cases[i].v;
        refuses(&s, ERR_CORRUPT, strchr(cases[i].key, '.') + 1);
    }
}

static void what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *arch, *name, *says;
    } cases[] = {
        {"llama", "general.architecture", "metadata key \"general.architecture\" is missing"},
        {"llama", "llama.block_count", "metadata key \"llama.block_count\" is missing"},
        {"llama", "llama.attention.layer_norm_rms_epsilon", "metadata key \"llama.attention.layer_norm_rms_epsilon\" is missing"},
        {"llama", "token_embd.weight", "tensor \"token_embd.weight\" is missing"},
        {"llama", "output_norm.weight", "tensor \"output_norm.weight\" is missing"},
        {"llama", "blk.1.ffn_down.weight", "tensor \"blk.1.ffn_down.weight\" is missing"},
        {"qwen2", "blk.0.attn_k.bias", "tensor \"blk.0.attn_k.bias\" is missing"},
        {"qwen3", "blk.1.attn_q_norm.weight", "tensor \"blk.1.attn_q_norm.weight\" is missing"},
        {"qwen3moe", "qwen3moe.expert_count", "metadata key \"qwen3moe.expert_count\" is missing"},
        {"qwen3moe", "blk.1.ffn_down_exps.weight", "tensor \"blk.1.ffn_down_exps.weight\" is missing"},
        {"gemma3", "gemma3.attention.sliding_window", "\"gemma3.attention.sliding_window\" is missing or 0"},
        {"gemma3", "blk.1.post_ffw_norm.weight", "tensor \"blk.1.post_ffw_norm.weight\" is missing"},
        {"phi3", "blk.0.attn_qkv.weight", "tensor \"blk.0.attn_qkv.weight\" is missing"},
        {"phi3", "blk.0.ffn_up.weight", "tensor \"blk.0.ffn_up.weight\" is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct make_spec s = make_spec_of(cases[i].arch);
        s.omit = cases[i].name;
        refuses(&s, ERR_CORRUPT, cases[i].says);
    }
}

static void shapes_that_differ(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.reshape = "blk.1.attn_output.weight";
    refuses(&s, ERR_CORRUPT, "tensor \"blk.1.attn_output.weight\" has the shape [32, 33], expected [32, 32]");
    s.reshape = "output_norm.weight";
    refuses(&s, ERR_CORRUPT, "tensor \"output_norm.weight\" has the shape [33], expected [32]");
    s.reshape = "output.weight";
    refuses(&s, ERR_CORRUPT, "tensor \"output.weight\" has the shape [32, 265], expected [32, 264]");
    s.tied = true; /* more rows than tokens: some publishers pad the embedding */
    s.reshape = "token_embd.weight";
    struct model *m = open_spec(&s);
    assert_int_equal(m->hp.n_vocab, MAKE_VOCAB + 1);
    assert_int_equal(vocab_size(m->vocab), MAKE_VOCAB);
    model_free(m);
}

static void what_hearth_does_not_run(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("mamba");
    refuses(&s, ERR_UNSUPPORTED, "architecture \"mamba\" is not known; hearth runs llama, qwen2, qwen3");
    s = make_spec_of("llama");
    s.str_key = "general.architecture";
    s.str = "mamba\x1b";
    refuses(&s, ERR_UNSUPPORTED, "architecture \"mamba.\" is not known; hearth runs llama, qwen2, qwen3");
    s = make_spec_of("llama");
    s.u32_key = "llama.expert_count";
    s.u32 = 8;
    refuses(&s, ERR_UNSUPPORTED, "mixture of 8 experts");
    s.u32_key = "split.count";
    s.u32 = 3;
    refuses(&s, ERR_UNSUPPORTED, "split over 3 files");
    s = make_spec_of("llama");
    s.tensor = "blk.0.attn_sub_norm.weight";
    refuses(&s, ERR_UNSUPPORTED, "tensor \"blk.0.attn_sub_norm.weight\" has no place in a model of architecture llama with 2 layers");
    s = make_spec_of("llama");
    s.qk_norm = true;
    refuses(&s, ERR_UNSUPPORTED, "tensor \"blk.0.attn_q_norm.weight\" has no place");
    s = make_spec_of("llama");
    s.u32_key = "llama.block_count";
    s.u32 = 1;
    refuses(&s, ERR_UNSUPPORTED, "tensor \"blk.1.attn_norm.weight\" has no place in a model of architecture llama with 1 layers");
}

/* Parts of fused tensors, and which layers have windows and rotate. */
static void layers_of_kinds(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("phi3");
    struct model *m = open_spec(&s);
    const struct layer *l = &m->layers[1];
    const uint8_t *qkv = gguf_tensor(m->gguf, "blk.1.attn_qkv.weight")->data, *gate_up = gguf_tensor(m->gguf, "blk.1.ffn_up.weight")->data;
    assert_matrix(&l->q, 32, 32);
    assert_matrix(&l->v, 16, 32);
    assert_matrix(&l->up, 64, 32);
    assert_ptr_equal(l->q.data, qkv);
    assert_ptr_equal(l->k.data, qkv + 32 * l->q.row_bytes);
    assert_ptr_equal(l->v.data, qkv + 48 * l->q.row_bytes);
    assert_ptr_equal(l->gate.data, gate_up);
    assert_ptr_equal(l->up.data, gate_up + 64 * l->up.row_bytes);
    assert_true(m->layers[0].window == 45 && l->window == 45);
    model_free(m);
    s = make_spec_of("gemma3");
    m = open_spec(&s);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(m->layers[i].window, i == 5 ? 0 : 20);
    assert_true(m->hp.window_rope_base == 10000 && m->hp.rope_base == 1e6F);
    model_free(m);
    s = make_spec_of("smollm3");
    m = open_spec(&s);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(m->layers[i].still == (i == 3) && !m->layers[i].window);
    model_free(m);
    s = make_spec_of("qwen3moe");
    m = open_spec(&s);
    assert_matrix(&m->layers[1].router, 6, 32);
    assert_matrix(&m->layers[1].gate, 6 * 64, 32);
    assert_matrix(&m->layers[1].down, 6 * 32, 64);
    model_free(m);
}

/* Factors for short and for long texts are a pair, and numbers. */
static void long_rope(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("phi3");
    s.n_rot = 6;
    s.tensor = "rope_factors_long.weight";
    refuses(&s, ERR_CORRUPT, "\"rope_factors_short.weight\" and \"rope_factors_long.weight\" come together");
    s.tensor2 = "rope_factors_short.weight";
    s.vector2_value = 0;
    refuses(&s, ERR_CORRUPT, "tensor \"rope_factors_short.weight\": factor 0 is 0");
    s.vector2_value = 2;
    struct model *m = open_spec(&s);
    assert_true(m->hp.rope_scaling == ROPE_LONG && m->rope_factors[2] == 2 && m->rope_factors_long[2] == 1);
    model_free(m);
}

static void names_of_files_and_types(void **state)
{
    (void)state;
    struct make_spec s = make_spec_of("llama");
    s.str_key = "general.name";
    s.str = "Hearth Test 水";
    s.u32_key = "general.file_type";
    s.u32 = 15; /* says Q4_K_M, but the tensors are F16 */
    struct model *m = open_spec(&s);
    assert_string_equal(m->name, "Hearth Test 水");
    assert_string_equal(m->quant, "F16");
    model_free(m);
    s.str = "水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水水";
    m = open_spec(&s);
    assert_int_equal(strlen(m->name), 93); /* 95 fit, and a character has 3 bytes */
    model_free(m);
    s.str = "red \x1b[31m";
    m = open_spec(&s);
    assert_string_equal(m->name, "llama");
    model_free(m);
}

static void real_models(void **state)
{
    (void)state;
    static const struct {
        const char *file, *quant;
        uint64_t n_params;
    } cases[] = {
        {"stories260K.gguf", "F32", 260032},     {"tiny-llama-Q4_K_M.gguf", "Q4_K_M", 0}, {"tiny-qwen2-Q8_0.gguf", "Q8_0", 0},
        {"tiny-qwen3-Q6_K.gguf", "Q6_K", 0},     {"tiny-llama-Q3_K_M.gguf", "Q3_K_M", 0}, {"tiny-llama-Q2_K.gguf", "Q2_K", 0},
        {"tiny-llama-Q5_K_S.gguf", "Q5_K_S", 0}, {"tiny-llama-BF16.gguf", "BF16", 0},     {"tiny-llama-IQ4_NL.gguf", "IQ4_NL", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[512];
        struct model *m = NULL;
        struct err e = {0};
        const char *dir = getenv("HEARTH_SHARED_DATA");
        snprintf(file, sizeof file, "%s/%s", dir ? dir : SHARED_DATA, cases[i].file);
        if (access(file, R_OK)) {
            print_message("%s is not there\n", file);
            skip();
        }
        if (model_open(file, &m, &e))
            fail_msg("%s", e.text);
        assert_string_equal(m->quant, cases[i].quant);
        assert_int_equal(m->hp.n_vocab, 512);
        if (cases[i].n_params)
            assert_int_equal(m->n_params, cases[i].n_params);
        model_free(m);
    }
}

static void a_vocabulary_is_no_model(void **state)
{
    (void)state;
    struct gguf_writer *w = NULL;
    struct model *m = NULL;
    struct err e = {0};
    assert_int_equal(gguf_writer_create(path, &w, NULL), OK);
    gguf_write_str(w, "general.architecture", STR("llama"));
    assert_int_equal(gguf_writer_finish(w, NULL), OK);
    assert_int_equal(model_open(path, &m, &e), ERR_UNSUPPORTED);
    assert_non_null(strstr(e.text, "the file holds no weights"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama),
        cmocka_unit_test(qwen),
        cmocka_unit_test(llama_with_biases),
        cmocka_unit_test(defaults),
        cmocka_unit_test(rope_scaling),
        cmocka_unit_test(rope_factors),
        cmocka_unit_test(layers_of_kinds),
        cmocka_unit_test(long_rope),
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(floats_out_of_range),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(shapes_that_differ),
        cmocka_unit_test(what_hearth_does_not_run),
        cmocka_unit_test(names_of_files_and_types),
        cmocka_unit_test(a_vocabulary_is_no_model),
        cmocka_unit_test(real_models),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
