#include "gguf_make.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

static void die(const char *what)
{
    fprintf(stderr, "gguf_make: %s\n", what);
    exit(1);
}

void make_folder_create(struct make_folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/hearth-test-XXXXXX");
    if (!mkdtemp(f->path))
        die("cannot make a folder in /tmp");
}

const char *make_path(const struct make_folder *f, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", f->path, name);
    return path;
}

int make_folder_remove(const struct make_folder *f)
{
    DIR *d = opendir(f->path);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        n += !unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    if (rmdir(f->path))
        die("cannot remove a folder");
    return n;
}

uint8_t *make_read(const char *path, size_t *ret_len)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st))
        die(path);
    size_t len = (size_t)st.st_size;
    uint8_t *p = malloc(len ? len : 1);
    if (!p || fread(p, 1, len, f) != len)
        die(path);
    fclose(f);
    *ret_len = len;
    return p;
}

static const struct make_key moe_keys[] = {{"expert_count", true, 6, NULL},
                                           {"expert_used_count", true, 2, NULL},
                                           {"expert_feed_forward_length", true, 64, NULL}};
static const struct make_key gemma2_keys[] = {{"attention.sliding_window", true, 20, NULL},
                                              {"attn_logit_softcapping", false, 2, NULL},
                                              {"final_logit_softcapping", false, 3, NULL}};
static const struct make_key gemma3_keys[] = {{"attention.sliding_window", true, 20, NULL}, {"rope.freq_base", false, 1e6F, NULL}};
static const struct make_key phi3_keys[] = {{"attention.sliding_window", true, 45, NULL}, {"rope.dimension_count", true, 6, NULL}};
static const struct make_key granite_keys[] = {{"embedding_scale", false, 3, NULL},
                                               {"residual_scale", false, 0.4F, NULL},
                                               {"attention.scale", false, 0.2F, NULL},
                                               {"logit_scale", false, 2, NULL}};

#define KEYS(k) .keys = (k), .n_keys = sizeof(k) / sizeof *(k)

static const struct make_spec archs[] = {
    {.arch = "llama"},
    {.arch = "qwen2", .qkv_bias = true},
    {.arch = "qwen3", .qk_norm = true},
    {.arch = "qwen3moe", .qk_norm = true, .experts = 6, .experts_used = 2, KEYS(moe_keys)},
    {.arch = "gemma2", .post_norms = true, .tied = true, KEYS(gemma2_keys)},
    {.arch = "gemma3", .layers = 7, .d_head = 16, .qk_norm = true, .post_norms = true, .tied = true, KEYS(gemma3_keys)},
    {.arch = "phi3", .fused = true, KEYS(phi3_keys)},
    {.arch = "smollm3", .layers = 5, .tied = true},
    {.arch = "granite", .tied = true, KEYS(granite_keys)},
};

struct make_spec make_spec_of(const char *arch)
{
    struct make_spec s = {.arch = arch};
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (!strcmp(archs[i].arch, arch))
            s = archs[i];
    s.layers = s.layers ? s.layers : 2;
    s.d_model = 32;
    s.d_ff = 64;
    s.heads = 4;
    s.kv_heads = 2;
    s.d_head = s.d_head ? s.d_head : 8;
    s.context = 512;
    s.type = TENSOR_F16;
    s.vector_value = s.spread = 1;
    return s;
}

/* A file in the making, and what tensors it has been promised. */
struct maker {
    struct gguf_writer *w;
    const struct make_spec *s;
    struct {
        enum tensor_type type;
        uint64_t cols, rows;
        bool vector;
    } tensors[256];
    size_t n;
};

static bool same(const char *a, const char *b)
{
    return a && !strcmp(a, b);
}

static bool keeps_key(const struct make_spec *s, const char *key)
{
    return !same(s->omit, key) && !same(s->u32_key, key) && !same(s->f32_key, key) && !same(s->str_key, key);
}

static const char *key_of(const struct make_spec *s, const char *suffix, char key[128])
{
    snprintf(key, 128, "%s.%s", s->arch, suffix);
    return key;
}

/* The last key of a name counts: of the architecture, or the regular one. */
static bool overridden(const struct make_spec *s, const char *suffix)
{
    for (size_t i = 0; i < s->n_keys; i++)
        if (!strcmp(s->keys[i].suffix, suffix))
            return true;
    return false;
}

static void put_keys(struct gguf_writer *w, const struct make_spec *s)
{
    char key[128];
    for (size_t i = 0; i < s->n_keys; i++) {
        const struct make_key *k = &s->keys[i];
        if (!keeps_key(s, key_of(s, k->suffix, key)))
            continue;
        if (k->text)
            gguf_write_str(w, key, str_of(k->text));
        else if (k->whole)
            gguf_write_u32(w, key, (uint32_t)k->number);
        else
            gguf_write_f32(w, key, k->number);
    }
}

static void put_vocab(struct gguf_writer *w)
{
    static const char *const first[] = {"<unk>", "<s>", "</s>"};
    static const char *const last[] = {"\xe2\x96\x81", "a", "b", "ab", "\xe2\x96\x81\x61\x62"};
    enum { UNKNOWN = 2, CONTROL = 3, BYTE = 6, NORMAL = 1 };
    struct str token[MAKE_VOCAB];
    char bytes[256][8];
    float score[MAKE_VOCAB] = {0};
    int32_t kind[MAKE_VOCAB];
    for (int i = 0; i < MAKE_VOCAB; i++) {
        bool byte = i >= 3 && i < 259;
        if (byte)
            snprintf(bytes[i - 3], sizeof bytes[0], "<0x%02X>", (unsigned)(i - 3));
        token[i] = str_of(byte ? bytes[i - 3] : i < 3 ? first[i] : last[i - 259]);
        kind[i] = byte ? BYTE : i >= 259 ? NORMAL : i ? CONTROL : UNKNOWN;
        score[i] = i < 259 ? 0 : (float)-i;
    }
    gguf_write_str(w, "tokenizer.ggml.model", STR("llama"));
    gguf_write_strs(w, "tokenizer.ggml.tokens", token, MAKE_VOCAB);
    gguf_write_array(w, "tokenizer.ggml.scores", GGUF_F32, score, MAKE_VOCAB);
    gguf_write_array(w, "tokenizer.ggml.token_type", GGUF_I32, kind, MAKE_VOCAB);
    gguf_write_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_write_u32(w, "tokenizer.ggml.eos_token_id", 2);
    gguf_write_u32(w, "tokenizer.ggml.unknown_token_id", 0);
}

static void put_metadata(struct gguf_writer *w, const struct make_spec *s)
{
    const struct {
        const char *suffix;
        uint32_t v;
    } numbers[] = {
        {"block_count", s->layers},          {"context_length", s->context},        {"embedding_length", s->d_model},
        {"feed_forward_length", s->d_ff},    {"attention.head_count", s->heads},    {"attention.head_count_kv", s->kv_heads},
        {"attention.key_length", s->d_head}, {"attention.value_length", s->d_head}, {"rope.dimension_count", s->d_head},
    };
    char key[128];
    if (keeps_key(s, "general.architecture"))
        gguf_write_str(w, "general.architecture", str_of(s->arch));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (keeps_key(s, key_of(s, numbers[i].suffix, key)) && !overridden(s, numbers[i].suffix))
            gguf_write_u32(w, key, numbers[i].v);
    if (keeps_key(s, key_of(s, "attention.layer_norm_rms_epsilon", key)))
        gguf_write_f32(w, key, 1e-5F);
    put_keys(w, s);
    if (s->u32_key)
        gguf_write_u32(w, s->u32_key, s->u32);
    if (s->f32_key)
        gguf_write_f32(w, s->f32_key, s->f32);
    if (s->str_key)
        gguf_write_str(w, s->str_key, str_of(s->str));
    put_vocab(w);
}

/* rows 0: a vector; depth 0: one matrix */
static void declare(struct maker *m, const char *name, uint64_t cols, uint64_t rows, uint64_t depth)
{
    if (same(m->s->omit, name))
        return;
    bool more = same(m->s->reshape, name);
    enum tensor_type type = rows ? m->s->type : TENSOR_F32;
    cols += more && !rows;
    rows = rows ? rows + more : 0;
    if (m->n == sizeof m->tensors / sizeof *m->tensors)
        die("too many tensors");
    gguf_declare_tensor(m->w, str_of(name), type, (uint64_t[]){cols, rows, depth}, depth ? 3 : rows ? 2 : 1);
    m->tensors[m->n].type = type;
    m->tensors[m->n].vector = !rows;
    m->tensors[m->n].cols = cols;
    m->tensors[m->n++].rows = (rows ? rows : 1) * (depth ? depth : 1);
}

static void declare_layer(struct maker *m, uint32_t layer)
{
    const struct make_spec *s = m->s;
    const uint64_t d = s->d_model, q = (uint64_t)s->heads * s->d_head, kv = (uint64_t)s->kv_heads * s->d_head;
    const struct {
        const char *name;
        uint64_t cols, rows;
        bool absent;
        uint64_t depth;
    } tensors[] = {
        {"attn_norm.weight", d, 0, false, 0},
        {"attn_q.weight", d, q, s->fused, 0},
        {"attn_k.weight", d, kv, s->fused, 0},
        {"attn_v.weight", d, kv, s->fused, 0},
        {"attn_qkv.weight", d, q + 2 * kv, !s->fused, 0},
        {"attn_q.bias", q, 0, !s->qkv_bias, 0},
        {"attn_k.bias", kv, 0, !s->qkv_bias, 0},
        {"attn_v.bias", kv, 0, !s->qkv_bias, 0},
        {"attn_q_norm.weight", s->d_head, 0, !s->qk_norm, 0},
        {"attn_k_norm.weight", s->d_head, 0, !s->qk_norm, 0},
        {"attn_output.weight", q, d, false, 0},
        {"post_attention_norm.weight", d, 0, !s->post_norms, 0},
        {"ffn_norm.weight", d, 0, false, 0},
        {"ffn_gate.weight", d, s->d_ff, s->fused || s->experts, 0},
        {"ffn_up.weight", d, s->fused ? 2 * s->d_ff : s->d_ff, s->experts, 0},
        {"ffn_down.weight", s->d_ff, d, s->experts, 0},
        {"ffn_gate_inp.weight", d, s->experts, !s->experts, 0},
        {"ffn_gate_exps.weight", d, s->d_ff, !s->experts, s->experts},
        {"ffn_up_exps.weight", d, s->d_ff, !s->experts, s->experts},
        {"ffn_down_exps.weight", s->d_ff, d, !s->experts, s->experts},
        {"post_ffw_norm.weight", d, 0, !s->post_norms, 0},
    };
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%" PRIu32 ".%s", layer, tensors[i].name);
        if (!tensors[i].absent)
            declare(m, name, tensors[i].cols, tensors[i].rows, tensors[i].depth);
    }
}

/* One row of seeded values in [-spread, spread), or of one value. */
static void put_row(struct maker *m, enum tensor_type type, uint64_t cols, struct rng *r, float spread, const float *value)
{
    struct err e = {0};
    float *row = malloc(cols * sizeof *row);
    size_t len = tensor_row_bytes(type, cols);
    uint8_t *out = malloc(len);
    if (!row || !out)
        die("out of memory");
    for (uint64_t i = 0; i < cols; i++)
        row[i] = value ? *value : (float)(rng_f64(r) * 2 - 1) * spread;
    if (!tensor_row_from_f32(type, row, out, cols) || gguf_write_data(m->w, out, len, &e))
        die(e.text);
    free(row);
    free(out);
}

void make_model(const char *path, const struct make_spec *s)
{
    struct maker m = {.s = s};
    struct err e = {0};
    struct rng r;
    rng_seed(&r, 42);
    if (gguf_writer_create(path, &m.w, &e))
        die(e.text);
    put_metadata(m.w, s);
    declare(&m, "token_embd.weight", s->d_model, MAKE_VOCAB, 0);
    declare(&m, "output_norm.weight", s->d_model, 0, 0);
    if (!s->tied)
        declare(&m, "output.weight", s->d_model, MAKE_VOCAB, 0);
    for (uint32_t l = 0; l < s->layers; l++)
        declare_layer(&m, l);
    const char *const factors[] = {s->tensor, s->tensor2};
    const uint32_t n_factors = s->n_rot ? s->n_rot / 2 : s->d_head / 2;
    for (size_t i = 0; i < 2 && factors[i]; i++)
        gguf_declare_tensor(m.w, str_of(factors[i]), s->vector_type, (uint64_t[]){n_factors}, 1);
    for (size_t i = 0; i < m.n; i++)
        for (uint64_t k = 0; k < m.tensors[i].rows; k++)
            put_row(&m, m.tensors[i].type, m.tensors[i].cols, &r, m.tensors[i].vector ? 1 : s->spread, NULL);
    for (size_t i = 0; i < 2 && factors[i]; i++)
        put_row(&m, s->vector_type, n_factors, &r, 1, i ? &s->vector2_value : &s->vector_value);
    if (gguf_writer_finish(m.w, &e))
        die(e.text);
}
