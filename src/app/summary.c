#include "app/summary.h"

#include <stdio.h>

static uint64_t values_of(const struct gguf_tensor *t)
{
    uint64_t n = 1;
    for (size_t i = 0; i < GGUF_DIMS_MAX; i++)
        n *= t->dim[i]; /* gguf_open has checked the product */
    return n;
}

static void copy_text(const struct gguf *g, const char *key, char *dst, size_t cap)
{
    struct str s = STR("");
    gguf_str(g, key, &s, NULL);
    str_copy(dst, cap, s);
    for (char *p = dst; *p; p++) /* it goes to a terminal */
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

void summary_of(const struct gguf *g, struct summary *ret)
{
    uint64_t by_type[TENSOR_TYPE_COUNT] = {0};
    struct summary s = {.file_bytes = gguf_file_bytes(g)};
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        s.n_params += values_of(t);
        s.tensor_bytes += t->size;
        by_type[t->type] += values_of(t);
    }
    uint32_t most = 0;
    for (uint32_t i = 1; i < TENSOR_TYPE_COUNT; i++)
        most = by_type[i] > by_type[most] ? i : most;
    const struct tensor_type_info *type = s.n_params ? tensor_type_info(most) : NULL;
    str_copy(s.quant, sizeof s.quant, str_of(type ? type->name : "-"));
    const struct gguf_tensor *embedding = gguf_tensor(g, "token_embd.weight");
    s.token_bytes = s.tensor_bytes - (embedding && gguf_tensor(g, "output.weight") ? embedding->size : 0);
    copy_text(g, "general.architecture", s.arch, sizeof s.arch);
    copy_text(g, "general.name", s.name, sizeof s.name);
    char key[64];
    snprintf(key, sizeof key, "%s.context_length", s.arch);
    gguf_u32(g, key, &s.context, NULL);
    *ret = s;
}

int summary_of_file(const char *path, struct summary *ret, struct err *e)
{
    struct gguf *g;
    int r = gguf_open(path, &g, e);
    if (r)
        return r;
    summary_of(g, ret);
    gguf_close(g);
    return OK;
}
