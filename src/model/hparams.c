/* Hyper-parameters: a table of keys, ranges and defaults, then the rules between them.
 *
 * The bounds are far above any model there is, and low enough that products of two of them fit 32 bits and products of
 * three fit 64: what comes after need not check again. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/gguf_internal.h"
#include "model/model_internal.h"

enum { REQUIRED = -1, LATER = -2 }; /* defaults: none; derived below from others */

#define A(field) offsetof(struct arch, field)

/* `with`: the architectures with that flag have it, and others do not look at it; 0: all. */
static const struct {
    const char *suffix; /* after "<architecture>." */
    size_t at;          /* in struct hparams */
    uint32_t min, max;
    int64_t fallback;
    size_t with;
} numbers[] = {
    {"block_count", offsetof(struct hparams, n_layers), 1, 1024, REQUIRED, 0},
    {"context_length", offsetof(struct hparams, n_ctx_train), 1, 1 << 27, REQUIRED, 0},
    {"embedding_length", offsetof(struct hparams, d_model), 1, 65536, REQUIRED, 0},
    {"feed_forward_length", offsetof(struct hparams, d_ff), 1, 1 << 20, REQUIRED, 0},
    {"attention.head_count", offsetof(struct hparams, n_heads), 1, 1024, REQUIRED, 0},
    {"attention.head_count_kv", offsetof(struct hparams, n_kv_heads), 1, 1024, LATER, 0},
    {"attention.key_length", offsetof(struct hparams, d_head_k), 2, 1024, LATER, 0},
    {"attention.value_length", offsetof(struct hparams, d_head_v), 2, 1024, LATER, 0},
    {"rope.dimension_count", offsetof(struct hparams, n_rot), 2, 1024, LATER, 0},
    {"rope.scaling.original_context_length", offsetof(struct hparams, n_ctx_original), 1, 1 << 27, LATER, 0},
    {"attention.sliding_window", offsetof(struct hparams, window), 0, 1 << 27, 0, A(windows)},
    {"attention.sliding_window_pattern", offsetof(struct hparams, window_period), 1, 255, LATER, A(windows)},
    {"expert_count", offsetof(struct hparams, n_experts), 1, 1024, REQUIRED, A(experts)},
    {"expert_used_count", offsetof(struct hparams, n_experts_used), 1, 64, REQUIRED, A(experts)},
    {"expert_feed_forward_length", offsetof(struct hparams, d_ff), 1, 1 << 20, REQUIRED, A(experts)},
};

static const struct {
    const char *suffix;
    size_t at;
    float min, max; /* both excluded */
    float fallback; /* REQUIRED: none */
    size_t with;
} floats[] = {
    {"attention.layer_norm_rms_epsilon", offsetof(struct hparams, rms_eps), 0, 1, REQUIRED, 0},
    {"rope.freq_base", offsetof(struct hparams, rope_base), 0, 1e12f, 10000, 0},
    {"rope.freq_base_swa", offsetof(struct hparams, window_rope_base), 0, 1e12f, 0, A(windows)},
    {"embedding_scale", offsetof(struct hparams, embedding_scale), 0, 1e6f, 1, A(multipliers)},
    {"residual_scale", offsetof(struct hparams, residual_scale), 0, 1e6f, 1, A(multipliers)},
    {"attention.scale", offsetof(struct hparams, attention_scale), 0, 1e6f, 0, A(multipliers)},
    {"logit_scale", offsetof(struct hparams, logit_scale), 0, 1e6f, 1, A(multipliers)},
    {"attn_logit_softcapping", offsetof(struct hparams, attention_cap), 0, 1e6f, 0, A(caps)},
    {"final_logit_softcapping", offsetof(struct hparams, logit_cap), 0, 1e6f, 0, A(caps)},
};

const char *make_key(struct key *k, const struct model *m, const char *suffix)
{
    snprintf(k->text, sizeof k->text, "%s.%s", m->arch->name, suffix);
    return k->text;
}

static bool applies(const struct model *m, size_t with)
{
    return !with || *(const bool *)((const char *)m->arch + with);
}

static int read_numbers(struct model *m, struct err *e)
{
    struct key k;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t *v = (uint32_t *)(void *)((char *)&m->hp + numbers[i].at);
        if (!applies(m, numbers[i].with))
            continue;
        int rc = gguf_u32(m->gguf, make_key(&k, m, numbers[i].suffix), v, e);
        if (rc == ERR_NOENT && numbers[i].fallback != REQUIRED)
            continue; /* stays 0, for some until `derive` */
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
    m->hp.embedding_scale = m->hp.residual_scale = m->hp.logit_scale = 1;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        float *v = (float *)(void *)((char *)&m->hp + floats[i].at);
        if (!applies(m, floats[i].with))
            continue;
        int rc = gguf_f32(m->gguf, make_key(&k, m, floats[i].suffix), v, e);
        if (rc == ERR_NOENT && floats[i].fallback >= 0) {
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

/* What the architecture says where the file does not. */
static int derive_kind(struct model *m, struct err *e)
{
    const struct arch *a = m->arch;
    struct hparams *hp = &m->hp;
    if (hp->n_experts_used > hp->n_experts)
        return err_set(e, ERR_CORRUPT, "expert_used_count is %" PRIu32 ", but expert_count is %" PRIu32, hp->n_experts_used, hp->n_experts);
    if (!hp->window && a->window_period > 1)
        return err_set(e, ERR_CORRUPT, "metadata \"%s.attention.sliding_window\" is missing or 0", a->name);
    if (!hp->window)
        hp->window_period = 0;
    else if (!hp->window_period)
        hp->window_period = a->window_period;
    if (!(hp->window_rope_base > 0))
        hp->window_rope_base = a->window_rope_base;
    if (a->embedding_root)
        hp->embedding_scale = sqrtf((float)hp->d_model);
    bool wide = a->wide_layers && hp->n_layers == a->wide_layers;
    if (!(hp->attention_scale > 0))
        hp->attention_scale = 1 / sqrtf(wide ? (float)hp->d_model / (float)hp->n_heads : (float)hp->d_head_k);
    return OK;
}

/* Of architectures without experts. */
static int check_experts(const struct model *m, struct err *e)
{
    struct key k;
    uint32_t n = 0;
    if (m->arch->experts)
        return OK;
    int rc = gguf_u32(m->gguf, make_key(&k, m, "expert_count"), &n, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    return n ? err_set(e, ERR_UNSUPPORTED, "the model is a mixture of %" PRIu32 " experts, which hearth does not run for %s", n,
                       m->arch->name)
             : OK;
}

int hparams_read(struct model *m, struct err *e)
{
    int rc = read_numbers(m, e);
    if (!rc)
        rc = read_floats(m, e);
    if (!rc)
        rc = derive(&m->hp, e);
    if (!rc)
        rc = derive_kind(m, e);
    if (!rc)
        rc = rope_read(m, e);
    return rc ? rc : check_experts(m, e);
}
