#include "tiny_model.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "model/gguf_write.h"

enum { LAYERS = 2, WIDTH = 32, FF = 64, HEADS = 2, KV_HEADS = 1, HEAD = 16 };

static void check(int r)
{
    if (r)
        abort();
}

static void write_vocab(struct gguf_writer *w)
{
    static char text[TINY_VOCAB][8];
    struct str tokens[TINY_VOCAB];
    float scores[TINY_VOCAB];
    int32_t types[TINY_VOCAB];
    for (int i = 0; i < TINY_VOCAB; i++) {
        static const char *const special[] = {"<unk>", "<s>", "</s>"};
        if (i < 3)
            snprintf(text[i], sizeof text[i], "%s", special[i]);
        else if (i < 259)
            snprintf(text[i], sizeof text[i], "<0x%02X>", i - 3);
        else
            snprintf(text[i], sizeof text[i], "%c", i == 259 ? '_' : ' ' + i - 259);
        tokens[i] = i == 259 ? STR("\xe2\x96\x81") : str_of(text[i]);
        scores[i] = (float)-i;
        types[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1; /* unknown, control, byte, normal */
    }
    check(gguf_write_str(w, "tokenizer.ggml.model", STR("llama")));
    check(gguf_write_strs(w, "tokenizer.ggml.tokens", tokens, TINY_VOCAB));
    check(gguf_write_array(w, "tokenizer.ggml.scores", GGUF_F32, scores, TINY_VOCAB));
    check(gguf_write_array(w, "tokenizer.ggml.token_type", GGUF_I32, types, TINY_VOCAB));
    check(gguf_write_u32(w, "tokenizer.ggml.bos_token_id", 1));
    check(gguf_write_u32(w, "tokenizer.ggml.eos_token_id", 2));
}

static void write_head(struct gguf_writer *w)
{
    check(gguf_write_str(w, "general.architecture", STR("llama")));
    check(gguf_write_str(w, "general.name", STR("Tiny")));
    check(gguf_write_u32(w, "llama.block_count", LAYERS));
    check(gguf_write_u32(w, "llama.context_length", TINY_CONTEXT));
    check(gguf_write_u32(w, "llama.embedding_length", WIDTH));
    check(gguf_write_u32(w, "llama.feed_forward_length", FF));
    check(gguf_write_u32(w, "llama.attention.head_count", HEADS));
    check(gguf_write_u32(w, "llama.attention.head_count_kv", KV_HEADS));
    check(gguf_write_u32(w, "llama.rope.dimension_count", HEAD));
    check(gguf_write_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5f));
    write_vocab(w);
}

/* name, rows (0: a vector), columns; %d is the layer */
static const struct tensor {
    const char *name;
    uint64_t rows, cols;
} outer[] = {{"token_embd.weight", TINY_VOCAB, WIDTH}, {"output_norm.weight", 0, WIDTH}, {"output.weight", TINY_VOCAB, WIDTH}},
  inner[] = {
      {"blk.%d.attn_norm.weight", 0, WIDTH},
      {"blk.%d.attn_q.weight", HEADS *HEAD, WIDTH},
      {"blk.%d.attn_k.weight", KV_HEADS *HEAD, WIDTH},
      {"blk.%d.attn_v.weight", KV_HEADS *HEAD, WIDTH},
      {"blk.%d.attn_output.weight", WIDTH, HEADS *HEAD},
      {"blk.%d.ffn_norm.weight", 0, WIDTH},
      {"blk.%d.ffn_gate.weight", FF, WIDTH},
      {"blk.%d.ffn_up.weight", FF, WIDTH},
      {"blk.%d.ffn_down.weight", WIDTH, FF},
};

static void declare(struct gguf_writer *w, const struct tensor *t, int layer)
{
    char name[64], number[8];
    snprintf(number, sizeof number, "%d", layer);
    const char *hole = strstr(t->name, "%d");
    if (hole)
        snprintf(name, sizeof name, "%.*s%s%s", (int)(hole - t->name), t->name, number, hole + 2);
    else
        snprintf(name, sizeof name, "%s", t->name);
    uint64_t dim[2] = {t->cols, t->rows};
    check(gguf_declare_tensor(w, str_of(name), TENSOR_F32, dim, t->rows ? 2 : 1));
}

static void fill(struct gguf_writer *w, const struct tensor *t, struct rng *r)
{
    size_t n = t->cols * (t->rows ? t->rows : 1);
    float *x = malloc(n * sizeof *x);
    check(!x);
    for (size_t i = 0; i < n; i++)
        x[i] = t->rows ? (float)(rng_f64(r) - 0.5) * 0.5f : 1.0f;
    check(gguf_write_data(w, x, n * sizeof *x, NULL));
    free(x);
}

#define EACH(list, i) for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

void tiny_model_write(const char *path)
{
    struct gguf_writer *w;
    struct rng r;
    rng_seed(&r, 7);
    check(gguf_writer_create(path, &w, NULL));
    write_head(w);
    EACH(outer, i)
    declare(w, &outer[i], 0);
    for (int layer = 0; layer < LAYERS; layer++)
        EACH(inner, i)
    declare(w, &inner[i], layer);
    EACH(outer, i)
    fill(w, &outer[i], &r);
    for (int layer = 0; layer < LAYERS; layer++)
        EACH(inner, i)
    fill(w, &inner[i], &r);
    check(gguf_writer_finish(w, NULL));
}

void scratch_folder(const char *path)
{
    mkdir(path, 0755);
    DIR *d = opendir(path);
    check(!d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(dirfd(d), e->d_name, 0))
            unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
    }
    closedir(d);
}
