#include "api/embed_known.h"

#include <stdlib.h>

#include "base/buf.h"

/* A value: the text's tokens (u32), then its vector (f32). */
enum { HEAD_BYTES = sizeof(uint32_t), VECTOR_WIDTH_MAX = 1 << 16 };

static int make_keys(struct known *k, const struct cache_space *space, int64_t owner, const struct model_entry *model)
{
    for (size_t i = 0; i < k->all->n_inputs; i++) {
        const struct gen_input *in = &k->all->inputs[i];
        struct str parts[] = {
            model->path,
            str_from(&model->file_bytes, sizeof model->file_bytes),
            str_from(&model->modified_s, sizeof model->modified_s),
            str_from(&k->all->truncate, sizeof k->all->truncate),
            in->text,
            str_from(in->tokens, in->n_tokens * sizeof *in->tokens),
        };
        int r = cache_key(k->cache, space, owner, parts, sizeof parts / sizeof *parts, &k->keys[i]);
        if (r)
            return r;
    }
    return OK;
}

int known_init(struct known *k, struct cache *c, const struct cache_space *space, int64_t owner, const struct model_entry *model,
               const struct gen_embed *all)
{
    *k = (struct known){.cache = c, .all = all};
    k->keys = calloc(all->n_inputs, sizeof *k->keys);
    k->each = calloc(all->n_inputs, sizeof *k->each);
    k->inputs = calloc(all->n_inputs, sizeof *k->inputs);
    int r = k->keys && k->each && k->inputs ? make_keys(k, space, owner, model) : ERR_NOMEM;
    if (r)
        known_deinit(k);
    return r;
}

void known_deinit(struct known *k)
{
    free(k->keys);
    free(k->values);
    free(k->each);
    free(k->inputs);
    *k = (struct known){0};
}

/* False: these vectors do not go with those that are there, or there is no memory. */
static bool set_width(struct known *k, uint32_t width)
{
    if (!k->width && width && k->all->n_inputs * (uint64_t)width <= GEN_EMBED_VALUES_MAX &&
        (k->values = calloc(k->all->n_inputs * (size_t)width, sizeof *k->values)))
        k->width = width;
    return k->width && k->width == width;
}

static void take_one(struct known *k, size_t i, struct str value)
{
    uint32_t tokens;
    size_t bytes = value.len - HEAD_BYTES;
    if (value.len <= HEAD_BYTES || bytes % sizeof(float) || bytes / sizeof(float) > VECTOR_WIDTH_MAX)
        return;
    memcpy(&tokens, value.ptr, sizeof tokens);
    if (!set_width(k, (uint32_t)(bytes / sizeof(float))))
        return;
    memcpy(k->values + i * k->width, value.ptr + HEAD_BYTES, bytes);
    k->each[i] = tokens;
}

void known_take(struct known *k, const struct str *values, size_t n)
{
    for (size_t i = 0; values && i < n; i++)
        if (values[i].ptr)
            take_one(k, i, values[i]);
    k->rest = (struct gen_embed){.truncate = k->all->truncate, .inputs = k->inputs};
    for (size_t i = 0; i < k->all->n_inputs; i++)
        if (!k->each[i])
            k->inputs[k->rest.n_inputs++] = k->all->inputs[i];
}

static void keep(struct known *k, size_t i, uint32_t tokens, const float *vector)
{
    struct buf value = buf_make(HEAD_BYTES + VECTOR_WIDTH_MAX * sizeof *vector);
    buf_put(&value, str_from(&tokens, sizeof tokens));
    buf_put(&value, str_from(vector, k->width * sizeof *vector));
    if (!value.failed)
        cache_put(k->cache, &k->keys[i], buf_str(&value));
    buf_free(&value);
}

/* New vectors fill the gaps, in order. */
static int fill_gaps(struct known *k, const struct gen_vectors *got)
{
    if (got->n_each != k->rest.n_inputs || got->n_values != got->n_each * (size_t)got->width || !set_width(k, got->width))
        return ERR_AGAIN;
    for (size_t i = 0, at = 0; i < k->all->n_inputs; i++) {
        if (k->each[i])
            continue;
        const float *vector = got->values + at * k->width;
        memcpy(k->values + i * k->width, vector, k->width * sizeof *vector);
        k->each[i] = got->each[at++];
        keep(k, i, k->each[i], vector);
    }
    return OK;
}

int known_join(struct known *k, const struct gen_vectors *got, struct gen_vectors *ret)
{
    int r = got ? fill_gaps(k, got) : OK;
    if (r && got->n_values && k->rest.n_inputs == k->all->n_inputs) {
        *ret = *got; /* nothing was known, so there is nothing to join */
        return OK;
    }
    if (r)
        return r;
    size_t n = k->all->n_inputs;
    *ret = (struct gen_vectors){.width = k->width, .values = k->values, .n_values = n * k->width, .each = k->each, .n_each = n};
    for (size_t i = 0; i < n; i++)
        ret->tokens += k->each[i];
    return OK;
}
