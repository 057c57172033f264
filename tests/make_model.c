/* Writes a GGUF of a real model's shape with seeded random weights and a made-up vocabulary, so that tests and benchmarks need
 * nothing from outside. Speed and memory do not depend on the values of the weights.
 *
 * usage: make_model SHAPE TYPE OUT.gguf [SEED]      make_model without arguments lists shapes
 *
 * The vocabularies: `spm` has <unk> <s> </s>, 256 byte tokens, and words; `bpe` has the 256 bytes in GPT-2's alphabet, merges
 * that build words from them, and ChatML's markers. Sizes follow the real models, since the output matrix is a large part of
 * a small model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "model/gguf_write.h"

struct shape {
    const char *name, *arch;
    uint32_t layers, d_model, d_ff, heads, kv_heads, d_head, vocab;
    float rope_base;
    bool tied, bpe;
    float yarn; /* the context's extension from 32,768 tokens; 0: none */
};

static const struct shape shapes[] = {
    {"tiny-llama", "llama", 2, 64, 256, 4, 2, 16, 512, 1e4F, false, false, 0},
    {"tiny-qwen2", "qwen2", 2, 64, 256, 4, 2, 16, 768, 1e6F, true, true, 0},
    {"tiny-qwen3", "qwen3", 2, 64, 256, 4, 2, 32, 768, 1e6F, true, true, 0},
    {"qwen3-0.6b", "qwen3", 28, 1024, 3072, 16, 8, 128, 151936, 1e6F, true, true, 0},
    {"qwen3-0.6b-yarn", "qwen3", 28, 1024, 3072, 16, 8, 128, 151936, 1e6F, true, true, 4},
    {"qwen2-0.5b", "qwen2", 24, 896, 4864, 14, 2, 64, 151936, 1e6F, true, true, 0},
    {"llama-1b", "llama", 16, 2048, 8192, 32, 8, 64, 128256, 5e5F, true, true, 0},
};

static const char chatml[] =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

static struct err err;

static void die(const char *what)
{
    fprintf(stderr, "make_model: %s%s%s\n", what, err.text[0] ? ": " : "", err.text);
    exit(1);
}

static void check(int result, const char *what)
{
    if (result)
        die(what);
}

/* ---- vocabularies */

struct words {
    struct str *text;
    float *score;
    int32_t *kind; /* tokenizer.ggml.token_type */
    struct str *merge;
    size_t n, n_merges;
};

static struct str heap_str(const char *c)
{
    struct str s = {str_dup(str_of(c)), strlen(c)};
    if (!s.ptr)
        die("out of memory");
    return s;
}

static void add_word(struct words *w, const char *text, float score, int32_t kind)
{
    w->text[w->n] = heap_str(text);
    w->score[w->n] = score;
    w->kind[w->n++] = kind;
}

static const char consonants[] = "bcdfghjklmnprstvwz", vowels[] = "aeiou";

/* The n-th syllable word: "ba", "be", … "baba", …: distinct for every n, and a syllable is two letters. */
static void syllables(size_t n, char *dst, size_t cap)
{
    size_t at = 0, base = (sizeof consonants - 1) * (sizeof vowels - 1);
    do {
        size_t d = n % base;
        if (at + 2 < cap) {
            dst[at++] = consonants[d / 5];
            dst[at++] = vowels[d % 5];
        }
        n /= base;
    } while (n--);
    dst[at] = 0;
}

static void spm_words(struct words *w, size_t size)
{
    char text[64], word[48];
    add_word(w, "<unk>", 0, 2);
    add_word(w, "<s>", 0, 3);
    add_word(w, "</s>", 0, 3);
    for (int b = 0; b < 256; b++) {
        snprintf(text, sizeof text, "<0x%02X>", b);
        add_word(w, text, 0, 6);
    }
    add_word(w, "▁", -1, 1);
    for (char c = 'a'; c <= 'z'; c++) {
        snprintf(text, sizeof text, "%c", c);
        add_word(w, text, -2000.0F - (float)w->n, 1);
    }
    for (size_t i = 0; w->n < size; i++) {
        syllables(i / 2, word, sizeof word);
        snprintf(text, sizeof text, i % 2 ? "▁%s" : "%s", word);
        add_word(w, text, -(float)w->n, 1);
    }
}

/* GPT-2 shows each byte as a character that can be printed: those that cannot be move up to U+0100. */
static void byte_character(int byte, char *dst)
{
    int shifted = 0;
    for (int b = 0; b < byte; b++)
        shifted += !((b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae);
    bool plain = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    int n = utf8_encode(plain ? (uint32_t)byte : 256 + (uint32_t)shifted, dst);
    dst[n] = 0;
}

static void add_merge(struct words *w, const char *left, const char *right)
{
    char text[96];
    snprintf(text, sizeof text, "%s %s", left, right);
    w->merge[w->n_merges++] = heap_str(text);
}

static void bpe_words(struct words *w, size_t size)
{
    static const char *const markers[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
    char text[64], word[48];
    for (int b = 0; b < 256; b++) {
        byte_character(b, text);
        add_word(w, text, 0, 1);
    }
    for (size_t i = 0; w->n + 3 < size; i++) {
        syllables(i, word, sizeof word);
        size_t len = strlen(word);
        char left[48] = {0}, right[3] = {0};
        memcpy(left, word, len > 2 ? len - 2 : 1);
        memcpy(right, word + (len > 2 ? len - 2 : 1), len > 2 ? 2 : 1);
        add_word(w, word, 0, 1);
        add_merge(w, left, right);
    }
    for (size_t i = 0; i < 3; i++)
        add_word(w, markers[i], 0, 3);
}

static void write_vocabulary(struct gguf_writer *w, const struct shape *s)
{
    struct words v = {calloc(s->vocab, sizeof(struct str)),
                      calloc(s->vocab, sizeof(float)),
                      calloc(s->vocab, sizeof(int32_t)),
                      calloc(s->vocab, sizeof(struct str)),
                      0,
                      0};
    if (!v.text || !v.score || !v.kind || !v.merge)
        die("out of memory");
    (s->bpe ? bpe_words : spm_words)(&v, s->vocab);
    gguf_write_str(w, "tokenizer.ggml.model", s->bpe ? STR("gpt2") : STR("llama"));
    if (s->bpe)
        gguf_write_str(w, "tokenizer.ggml.pre", STR("qwen2"));
    gguf_write_strs(w, "tokenizer.ggml.tokens", v.text, v.n);
    gguf_write_array(w, "tokenizer.ggml.token_type", GGUF_I32, v.kind, v.n);
    if (s->bpe) {
        gguf_write_strs(w, "tokenizer.ggml.merges", v.merge, v.n_merges);
        gguf_write_u32(w, "tokenizer.ggml.eos_token_id", s->vocab - 1);
        gguf_write_bool(w, "tokenizer.ggml.add_bos_token", false);
        gguf_write_str(w, "tokenizer.chat_template", str_of(chatml));
    } else {
        gguf_write_array(w, "tokenizer.ggml.scores", GGUF_F32, v.score, v.n);
        gguf_write_u32(w, "tokenizer.ggml.bos_token_id", 1);
        gguf_write_u32(w, "tokenizer.ggml.eos_token_id", 2);
        gguf_write_u32(w, "tokenizer.ggml.unknown_token_id", 0);
    }
    for (size_t i = 0; i < v.n; i++)
        free((void *)v.text[i].ptr);
    for (size_t i = 0; i < v.n_merges; i++)
        free((void *)v.merge[i].ptr);
    free(v.text);
    free(v.score);
    free(v.kind);
    free(v.merge);
}

/* ---- tensors */

struct plan {
    char name[64];
    uint64_t dim[2];
    enum tensor_type type;
    float deviation; /* of matrices */
    float mean;      /* of vectors */
};

enum { PLANS_MAX = 1024 };
static struct plan plans[PLANS_MAX];
static size_t n_plans;

static void plan_matrix(const char *prefix, const char *name, uint64_t cols, uint64_t rows, enum tensor_type type, float deviation)
{
    struct plan *p = &plans[n_plans++];
    *p = (struct plan){.dim = {cols, rows}, .type = type, .deviation = deviation};
    snprintf(p->name, sizeof p->name, "%s%s.weight", prefix, name);
}

static void plan_vector(const char *prefix, const char *name, uint64_t n, float mean)
{
    struct plan *p = &plans[n_plans++];
    *p = (struct plan){.dim = {n, 0}, .type = TENSOR_F32, .mean = mean, .deviation = mean > 0 ? 0.05F : 0.02F};
    snprintf(p->name, sizeof p->name, "%s%s", prefix, name);
}

static void plan_layer(const struct shape *s, uint32_t layer, enum tensor_type t)
{
    char b[32];
    snprintf(b, sizeof b, "blk.%u.", layer);
    uint32_t q = s->heads * s->d_head, kv = s->kv_heads * s->d_head;
    float in = 1.2F / sqrtf((float)s->d_model);
    plan_vector(b, "attn_norm.weight", s->d_model, 1);
    plan_matrix(b, "attn_q", s->d_model, q, t, in);
    plan_matrix(b, "attn_k", s->d_model, kv, t, in);
    plan_matrix(b, "attn_v", s->d_model, kv, t, in);
    plan_matrix(b, "attn_output", q, s->d_model, t, 1.2F / sqrtf((float)q));
    plan_vector(b, "ffn_norm.weight", s->d_model, 1);
    plan_matrix(b, "ffn_gate", s->d_model, s->d_ff, t, in);
    plan_matrix(b, "ffn_up", s->d_model, s->d_ff, t, in);
    plan_matrix(b, "ffn_down", s->d_ff, s->d_model, t, 1.2F / sqrtf((float)s->d_ff));
    if (!strcmp(s->arch, "qwen3")) {
        plan_vector(b, "attn_q_norm.weight", s->d_head, 1);
        plan_vector(b, "attn_k_norm.weight", s->d_head, 1);
    } else if (!strcmp(s->arch, "qwen2")) {
        plan_vector(b, "attn_q.bias", q, 0);
        plan_vector(b, "attn_k.bias", kv, 0);
        plan_vector(b, "attn_v.bias", kv, 0);
    }
}

static void plan_tensors(const struct shape *s, enum tensor_type t)
{
    plan_matrix("", "token_embd", s->d_model, s->vocab, t, s->tied ? 0.04F : 1);
    plan_vector("", "output_norm.weight", s->d_model, 1);
    if (!s->tied)
        plan_matrix("", "output", s->d_model, s->vocab, t, 1.2F / sqrtf((float)s->d_model));
    for (uint32_t i = 0; i < s->layers; i++)
        plan_layer(s, i, t);
}

/* Close enough to a normal distribution for weights: the sum of four uniform values, with deviation 1. */
static float bell(struct rng *r)
{
    uint64_t x = rng_u64(r);
    float sum = 0;
    for (int i = 0; i < 4; i++, x >>= 16)
        sum += (float)(x & 0xffff) / 65536.0F - 0.5F;
    return sum * 1.7320508F;
}

static void write_tensor(struct gguf_writer *w, const struct plan *p, struct rng *r, float *row, void *encoded)
{
    uint64_t rows = p->dim[1] ? p->dim[1] : 1, bytes = tensor_row_bytes(p->type, p->dim[0]);
    for (uint64_t i = 0; i < rows; i++) {
        for (uint64_t c = 0; c < p->dim[0]; c++)
            row[c] = p->mean + p->deviation * bell(r);
        if (!tensor_row_from_f32(p->type, row, encoded, p->dim[0]))
            die("this type cannot be written");
        check(gguf_write_data(w, encoded, bytes, &err), "cannot write");
    }
}

static void write_hparams(struct gguf_writer *w, const struct shape *s)
{
    const struct {
        const char *key;
        uint32_t value;
    } numbers[] = {
        {"block_count", s->layers},          {"context_length", 32768},
        {"embedding_length", s->d_model},    {"feed_forward_length", s->d_ff},
        {"attention.head_count", s->heads},  {"attention.head_count_kv", s->kv_heads},
        {"attention.key_length", s->d_head}, {"attention.value_length", s->d_head},
        {"rope.dimension_count", s->d_head}, {"vocab_size", s->vocab},
    };
    char key[96], name[64];
    snprintf(name, sizeof name, "made-up %s", s->name);
    gguf_write_str(w, "general.architecture", str_of(s->arch));
    gguf_write_str(w, "general.name", str_of(name));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(key, sizeof key, "%s.%s", s->arch, numbers[i].key);
        gguf_write_u32(w, key, numbers[i].value);
    }
    snprintf(key, sizeof key, "%s.rope.freq_base", s->arch);
    gguf_write_f32(w, key, s->rope_base);
    if (s->yarn > 0) {
        snprintf(key, sizeof key, "%s.rope.scaling.type", s->arch);
        gguf_write_str(w, key, STR("yarn"));
        snprintf(key, sizeof key, "%s.rope.scaling.factor", s->arch);
        gguf_write_f32(w, key, s->yarn);
        snprintf(key, sizeof key, "%s.rope.scaling.original_context_length", s->arch);
        gguf_write_u32(w, key, 32768);
    }
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", s->arch);
    gguf_write_f32(w, key, 1e-6F);
}

static void write_model(const struct shape *s, enum tensor_type type, const char *path, uint64_t seed)
{
    struct gguf_writer *w;
    struct rng rng;
    float *row = calloc(s->d_ff > s->d_model ? s->d_ff : s->d_model, sizeof *row);
    void *encoded = calloc(s->d_ff > s->d_model ? s->d_ff : s->d_model, sizeof *row);
    if (!row || !encoded)
        die("out of memory");
    check(gguf_writer_create(path, &w, &err), "cannot write");
    write_hparams(w, s);
    write_vocabulary(w, s);
    plan_tensors(s, type);
    for (size_t i = 0; i < n_plans; i++)
        gguf_declare_tensor(w, str_of(plans[i].name), plans[i].type, plans[i].dim, plans[i].dim[1] ? 2 : 1);
    rng_seed(&rng, seed);
    for (size_t i = 0; i < n_plans; i++)
        write_tensor(w, &plans[i], &rng, row, encoded);
    check(gguf_writer_finish(w, &err), "cannot write");
    free(row);
    free(encoded);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    if (argc < 4 || (argc > 4 && str_to_u64(str_of(argv[4]), &seed))) {
        printf("usage: make_model SHAPE TYPE OUT.gguf [SEED]\nshapes:");
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            printf(" %s", shapes[i].name);
        printf("\n");
        return 2;
    }
    const struct tensor_type_info *type = tensor_type_by_name(str_of(argv[2]));
    if (!type || !tensor_type_writable((enum tensor_type)type->id))
        die("no such type, or one that cannot be written");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (!strcmp(shapes[i].name, argv[1])) {
            write_model(&shapes[i], (enum tensor_type)type->id, argv[3], seed);
            return 0;
        }
    die("no such shape");
}
