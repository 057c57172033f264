/* Hyper-parameters: a table of keys, ranges and defaults, then the rules between them.
 *
 * The bounds are far above any model there is, and low enough that products of two of them fit 32 bits and products of
 * three fit 64: what comes after need not check again. */
#include <inttypes.h>
#include <stdio.h>

#include "model/gguf_internal.h"
#include "model/model_internal.h"

enum { REQUIRED = -1, LATER = -2 }; /* defaults: none; derived below from others */

static const struct {
    const char *suffix; /* after "<architecture>." */
    size_t at;          /* in struct hparams */
    uint32_t min, max;
    int64_t fallback;
} numbers[] = {
    {"block_count", offsetof(struct hparams, n_layers), 1, 1024, REQUIRED},
    {"context_length", offsetof(struct hparams, n_ctx_train), 1, 1 << 27, REQUIRED},
    {"embedding_length", offsetof(struct hparams, d_model), 1, 65536, REQUIRED},
    {"feed_forward_length", offsetof(struct hparams, d_ff), 1, 1 << 20, REQUIRED},
    {"attention.head_count", offsetof(struct hparams, n_heads), 1, 1024, REQUIRED},
    {"attention.head_count_kv", offsetof(struct hparams, n_kv_heads), 1, 1024, LATER},
    {"attention.key_length", offsetof(struct hparams, d_head_k), 2, 1024, LATER},
    {"attention.value_length", offsetof(struct hparams, d_head_v), 2, 1024, LATER},
    {"rope.dimension_count", offsetof(struct hparams, n_rot), 2, 1024, LATER},
};

static const struct {
    const char *suffix;
    size_t at;
    float min, max; /* both excluded */
    float fallback; /* 0: required */
} floats[] = {
    {"attention.layer_norm_rms_epsilon", offsetof(struct hparams, rms_eps), 0, 1, 0},
    {"rope.freq_base", offsetof(struct hparams, rope_base), 0, 1e12f, 10000},
};

/* "<architecture>.<suffix>", in the caller's array. */
struct key {
    char text[128];
};
static const char *make_key(struct key *k, const struct model *m, const char *suffix)
{
    snprintf(k->text, sizeof k->text, "%s.%s", m->arch->name, suffix);
    return k->text;
}

static int read_numbers(struct model *m, struct err *e)
{
    struct key k;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t *v = (uint32_t *)(void *)((char *)&m->hp + numbers[i].at);
        int rc = gguf_u32(m->gguf, make_key(&k, m, numbers[i].suffix), v, e);
        if (rc == ERR_NOENT && numbers[i].fallback != REQUIRED)
            continue; /* stays 0 until `derive` */
        if (rc)
            return gguf_required(rc, e);
        if (*v < numbers[i].min || *v > numbers[i].max)
            return err_set(e, ERR_CORRUPT, "metadata \"%s\" is %" PRIu32 ", expected %" PRIu32 " to %" PRIu32 " (offset %zu)", k.text, *v,
                           numbers[i].min, numbers[i].max, gguf_kv_offset(m->gguf, k.text));
    }
    return OK;
}

static int read_floats(struct model *m, struct err *e)
{
    struct key k;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        float *v = (float *)(void *)((char *)&m->hp + floats[i].at);
        int rc = gguf_f32(m->gguf, make_key(&k, m, floats[i].suffix), v, e);
        if (rc == ERR_NOENT && floats[i].fallback > 0) {
            *v = floats[i].fallback;
            continue;
        }
        if (rc)
            return gguf_required(rc, e);
        if (*v <= floats[i].min || *v >= floats[i].max)
            return err_set(e, ERR_CORRUPT, "metadata \"%s\" is %g, expected more than %g and less than %g (offset %zu)", k.text, (double)*v,
                           (double)floats[i].min, (double)floats[i].max, gguf_kv_offset(m->gguf, k.text));
    }
    return OK;
}

/* Fills what the file leaves out, then checks the rules between the values. */
static int derive(struct hparams *hp, struct err *e)
{
    if (!hp->n_kv_heads)
        hp->n_kv_heads = hp->n_heads;
    if (hp->n_kv_heads > hp->n_heads || hp->n_heads % hp->n_kv_heads)
        return err_set(e, ERR_CORRUPT, "attention.head_count is %" PRIu32 ", which is not a multiple of attention.head_count_kv, %" PRIu32,
                       hp->n_heads, hp->n_kv_heads);
    if ((!hp->d_head_k || !hp->d_head_v) &&
        (hp->d_model % hp->n_heads || hp->d_model / hp->n_heads > 1024 || hp->d_model < hp->n_heads * 2))
        return err_set(e, ERR_CORRUPT,
                       "embedding_length %" PRIu32 " and attention.head_count %" PRIu32
                       " give no head size, and there is no key_length or value_length",
                       hp->d_model, hp->n_heads);
    if (!hp->d_head_k)
        hp->d_head_k = hp->d_model / hp->n_heads;
    if (!hp->d_head_v)
        hp->d_head_v = hp->d_model / hp->n_heads;
    if (!hp->n_rot)
        hp->n_rot = hp->d_head_k;
    if (hp->d_head_k % 2 || hp->d_head_v % 2)
        return err_set(e, ERR_UNSUPPORTED, "attention heads of %" PRIu32 " (keys) and %" PRIu32 " (values) are not even", hp->d_head_k,
                       hp->d_head_v);
    if (hp->n_rot % 2 || hp->n_rot > hp->d_head_k)
        return err_set(e, ERR_CORRUPT, "rope.dimension_count is %" PRIu32 ", expected an even number up to the head's %" PRIu32, hp->n_rot,
                       hp->d_head_k);
    return OK;
}

/* Absent, "none" and "linear" are known. Llama 3's scaling needs no key: its factors come as the tensor rope_freqs. */
static int read_rope_scaling(struct model *m, struct err *e)
{
    struct key k;
    struct str type = STR("linear");
    float factor = 1;
    m->hp.rope_scale = 1;
    int rc = gguf_str(m->gguf, make_key(&k, m, "rope.scaling.type"), &type, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    if (str_eq(type, STR("none")))
        return OK;
    if (!str_eq(type, STR("linear")))
        return err_set(e, ERR_UNSUPPORTED, "metadata \"%s\" is \"%s\"; hearth knows none and linear", k.text, gguf_show(type).text);
    rc = gguf_f32(m->gguf, make_key(&k, m, "rope.scaling.factor"), &factor, e);
    if (rc == ERR_NOENT)
        rc = gguf_f32(m->gguf, make_key(&k, m, "rope.scale_linear"), &factor, e); /* files before 2023-10 */
    if (rc && rc != ERR_NOENT)
        return rc;
    if (factor < 1 || factor > 4096)
        return err_set(e, ERR_CORRUPT, "metadata \"%s\" is %g, expected 1 to 4096 (offset %zu)", k.text, (double)factor,
                       gguf_kv_offset(m->gguf, k.text));
    m->hp.rope_scale = 1 / factor;
    return OK;
}

static int check_experts(const struct model *m, struct err *e)
{
    struct key k;
    uint32_t n = 0;
    int rc = gguf_u32(m->gguf, make_key(&k, m, "expert_count"), &n, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    return n ? err_set(e, ERR_UNSUPPORTED, "the model is a mixture of %" PRIu32 " experts, which hearth does not run yet", n) : OK;
}

int hparams_read(struct model *m, struct err *e)
{
    int rc = read_numbers(m, e);
    if (!rc)
        rc = read_floats(m, e);
    if (!rc)
        rc = derive(&m->hp, e);
    if (!rc)
        rc = read_rope_scaling(m, e);
    return rc ? rc : check_experts(m, e);
}
