/* How positions are rotated beyond the context that a model was trained with: "<architecture>.rope.scaling.*".
 *
 * linear   positions are divided by the factor
 * yarn     frequencies that turn often over the original context stay, those that turn less than once are divided, and between
 *          lies a ramp; what is rotated grows a little (Peng et al., 2023)
 * longrope every frequency is divided by a factor of its own, from one of two tensors (Ding et al., 2024)
 *
 * Llama 3's scaling needs no key: its factors come as the tensor rope_freqs. */
#include "model/rope.h"

#include <math.h>

#include "model/gguf_internal.h"
#include "model/model_internal.h"

enum { FACTOR_MAX = 4096, CONTEXT_MAX = 1 << 27 };

/* An optional number, which keeps its value when it is not there. */
static int read_float(const struct model *m, const char *suffix, double min, double max, float *ret, struct err *e)
{
    struct key k;
    float v;
    int rc = gguf_f32(m->gguf, make_key(&k, m, suffix), &v, e);
    if (rc)
        return rc == ERR_NOENT ? OK : rc;
    if ((double)v < min || (double)v > max)
        return err_set(e, ERR_CORRUPT, "metadata \"%s\" is %g, expected %g to %g (offset %zu)", k.text, (double)v, min, max,
                       gguf_kv_offset(m->gguf, k.text));
    *ret = v;
    return OK;
}

static int read_type(struct model *m, bool *ret_none, struct err *e)
{
    struct key k;
    struct str type = STR("linear");
    int rc = gguf_str(m->gguf, make_key(&k, m, "rope.scaling.type"), &type, e);
    if (rc && rc != ERR_NOENT)
        return rc;
    *ret_none = str_eq(type, STR("none"));
    m->hp.rope_scaling = str_eq(type, STR("yarn")) ? ROPE_YARN : str_eq(type, STR("longrope")) ? ROPE_LONG : ROPE_LINEAR;
    if (m->hp.rope_scaling || *ret_none || str_eq(type, STR("linear")))
        return OK;
    return err_set(e, ERR_UNSUPPORTED, "metadata \"%s\" is \"%s\"; hearth knows none, linear, yarn and longrope", k.text,
                   gguf_show(type).text);
}

static int read_yarn(struct model *m, float factor, struct err *e)
{
    struct hparams *hp = &m->hp;
    hp->yarn_fast = 32;
    hp->yarn_slow = hp->yarn_part = 1;
    int rc = read_float(m, "rope.scaling.yarn_beta_fast", 1e-3, 1e6, &hp->yarn_fast, e);
    if (!rc)
        rc = read_float(m, "rope.scaling.yarn_beta_slow", 1e-3, 1e6, &hp->yarn_slow, e);
    if (!rc)
        rc = read_float(m, "rope.scaling.yarn_ext_factor", 0, 1, &hp->yarn_part, e);
    if (!rc)
        rc = read_float(m, "rope.scaling.yarn_attn_factor", 0.01, 100, &hp->rope_magnitude, e);
    if (rc)
        return rc;
    if (hp->yarn_slow > hp->yarn_fast)
        return err_set(e, ERR_CORRUPT, "rope.scaling.yarn_beta_slow is %g, more than yarn_beta_fast, %g", (double)hp->yarn_slow,
                       (double)hp->yarn_fast);
    if (hp->yarn_part > 0)
        hp->rope_magnitude *= 1 + 0.1F * logf(factor);
    double context = (double)hp->n_ctx_original * (double)factor;
    if (context > hp->n_ctx_train) /* files of models that are extended on demand say what they were before */
        hp->n_ctx_train = context < CONTEXT_MAX ? (uint32_t)context : CONTEXT_MAX;
    return OK;
}

/* Without a number in the file: √(1 + ln(extension) / ln(original context)). */
static float long_magnitude(const struct hparams *hp)
{
    double extension = (double)hp->n_ctx_train / hp->n_ctx_original;
    return extension > 1 && hp->n_ctx_original > 1 ? (float)sqrt(1 + log(extension) / log(hp->n_ctx_original)) : 1;
}

int rope_read(struct model *m, struct err *e)
{
    struct hparams *hp = &m->hp;
    float factor = 1;
    bool none = false;
    hp->rope_scale = hp->rope_magnitude = 1;
    if (!hp->n_ctx_original)
        hp->n_ctx_original = hp->n_ctx_train;
    int rc = read_type(m, &none, e);
    if (rc || none)
        return rc;
    if (gguf_tensor(m->gguf, "rope_factors_long.weight"))
        hp->rope_scaling = ROPE_LONG;
    if (hp->rope_scaling == ROPE_LONG) {
        hp->rope_magnitude = long_magnitude(hp);
    } else {
        rc = read_float(m, "rope.scale_linear", 1, FACTOR_MAX, &factor, e); /* files before 2023-10 */
        rc = rc ? rc : read_float(m, "rope.scaling.factor", 1, FACTOR_MAX, &factor, e);
        hp->rope_scale = 1 / factor;
    }
    if (!rc)
        rc = read_float(m, "rope.scaling.attn_factor", 0.01, 100, &hp->rope_magnitude, e);
    return rc || hp->rope_scaling != ROPE_YARN ? rc : read_yarn(m, factor, e);
}

/* The pair that turns `turns` times over the original context. */
static double pair_of(const struct hparams *hp, double turns)
{
    return hp->n_rot * log(hp->n_ctx_original / (turns * 2 * M_PI)) / (2 * log((double)hp->rope_base));
}

/* How much of a pair's frequency is scaled: 0 to 1. */
static double scaled_part(const struct hparams *hp, uint32_t pair)
{
    double low = fmax(0, floor(pair_of(hp, (double)hp->yarn_fast)));
    double high = fmin(hp->n_rot - 1, ceil(pair_of(hp, (double)hp->yarn_slow)));
    double kept = 1 - fmin(1, fmax(0, (pair - low) / fmax(0.001, high - low)));
    return 1 - kept * (double)hp->yarn_part;
}

void rope_frequencies(const struct model *m, uint32_t context_tokens, bool window, float *ret)
{
    const struct hparams *hp = &m->hp;
    bool other = window && hp->window_rope_base > 0;
    const float *factors = context_tokens > hp->n_ctx_original && m->rope_factors_long ? m->rope_factors_long : m->rope_factors;
    for (uint32_t i = 0; i < hp->n_rot / 2; i++) {
        double freq = pow((double)(other ? hp->window_rope_base : hp->rope_base), -2.0 * i / hp->n_rot);
        double part = hp->rope_scaling == ROPE_YARN ? scaled_part(hp, i) : 1;
        if (!other)
            freq = freq * (1 - part) + freq * (double)hp->rope_scale * part;
        ret[i] = (float)(factors && !other ? freq / (double)factors[i] : freq);
    }
}
