#include "engine/sample.h"

#include <math.h>
#include <stdlib.h>

#define TEMPERATURE_MIN 1e-5f    /* below it, the likeliest token is all there is */
#define EXCLUDED        -1e30f   /* what a token that is not allowed counts before softmax */
#define LOGPROB_MIN     -9999.0f /* of a token that cannot be; events carry no infinities */

struct sample_scratch {
    float *z;                 /* [n_vocab] adjusted logits */
    float *p;                 /* [n_vocab] probabilities */
    struct sample_cand *cand; /* [n_vocab] */
    uint8_t *seen;            /* [n_vocab] all zero between uses */
};

int sample_scratch_create(uint32_t n_vocab, struct sample_scratch **ret)
{
    struct sample_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->z = calloc(n_vocab, sizeof *s->z);
    s->p = calloc(n_vocab, sizeof *s->p);
    s->cand = calloc(n_vocab, sizeof *s->cand);
    s->seen = calloc(n_vocab, sizeof *s->seen);
    if (!s->z || !s->p || !s->cand || !s->seen) {
        sample_scratch_free(s);
        return ERR_NOMEM;
    }
    *ret = s;
    return OK;
}

void sample_scratch_free(struct sample_scratch *s)
{
    if (!s)
        return;
    free(s->z);
    free(s->p);
    free(s->cand);
    free(s->seen);
    free(s);
}

/* The head of a list, by a heap */

/* a stands after b in the sorted list */
static bool after(struct sample_cand a, struct sample_cand b)
{
    return a.p < b.p || (a.p == b.p && a.token > b.token);
}

/* The heap's root is the last of the list. */
static void sift(struct sample_cand *c, uint32_t n, uint32_t i)
{
    struct sample_cand moving = c[i];
    for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && after(c[child + 1], c[child]))
            child++;
        if (!after(c[child], moving))
            break;
        c[i] = c[child];
    }
    c[i] = moving;
}

/* Sorts what make_heap has made: the last goes to the end, and so on. */
static void sort_heap(struct sample_cand *c, uint32_t n)
{
    while (n > 1) {
        struct sample_cand last = c[0];
        c[0] = c[--n];
        c[n] = last;
        sift(c, n, 0);
    }
}

static void make_heap(struct sample_cand *c, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;)
        sift(c, n, i);
}

uint32_t sample_top(const float *v, uint32_t n, uint32_t k, struct sample_cand *cand)
{
    k = k < n ? k : n;
    if (!k)
        return 0;
    for (uint32_t i = 0; i < k; i++)
        cand[i] = (struct sample_cand){v[i], i};
    make_heap(cand, k);
    for (uint32_t i = k; i < n; i++)
        if (v[i] > cand[0].p) {
            cand[0] = (struct sample_cand){v[i], i};
            sift(cand, k, 0);
        }
    sort_heap(cand, k);
    return k;
}

/* Penalties and bias */

static void penalise_repeats(const struct sample_in *in, struct sample_scratch *s)
{
    const struct gen_sampling *g = in->sampling;
    uint32_t n = g->repeat_last_n < in->n_tokens ? g->repeat_last_n : in->n_tokens;
    if (g->repeat_penalty == 1.0f || !n)
        return;
    const uint32_t *last = in->tokens + in->n_tokens - n;
    for (uint32_t i = 0; i < n; i++) {
        float *z = &s->z[last[i]];
        if (!s->seen[last[i]])
            *z = *z > 0 ? *z / g->repeat_penalty : *z * g->repeat_penalty;
        s->seen[last[i]] = 1;
    }
    for (uint32_t i = 0; i < n; i++)
        s->seen[last[i]] = 0;
}

/* z -= count * frequency + (count > 0) * presence */
static void penalise_presence(const struct sample_in *in, struct sample_scratch *s)
{
    const struct gen_sampling *g = in->sampling;
    if (g->presence_penalty == 0 && g->frequency_penalty == 0)
        return;
    for (uint32_t i = in->n_prompt; i < in->n_tokens; i++) {
        uint32_t t = in->tokens[i];
        s->z[t] -= g->frequency_penalty + (s->seen[t] ? 0 : g->presence_penalty);
        s->seen[t] = 1;
    }
    for (uint32_t i = in->n_prompt; i < in->n_tokens; i++)
        s->seen[in->tokens[i]] = 0;
}

/* Index of the largest; n_vocab when something is not a number or nothing is finite. */
static uint32_t largest(const float *z, uint32_t n)
{
    uint32_t best = n;
    float top = -INFINITY;
    bool broken = false;
    for (uint32_t i = 0; i < n; i++) {
        broken |= isnan(z[i]);
        if (z[i] > top) {
            top = z[i];
            best = i;
        }
    }
    return broken || top == INFINITY ? n : best;
}

static bool allows(const struct sample_in *in, uint32_t token)
{
    return !in->allowed || (in->allowed[token / 64] >> (token % 64) & 1);
}

/* The likeliest of the allowed ones. */
static uint32_t largest_allowed(const struct sample_in *in, const float *z)
{
    uint32_t best = in->n_vocab;
    for (uint32_t i = 0; i < in->n_vocab; i++)
        if (allows(in, i) && (best == in->n_vocab || z[i] > z[best]))
            best = i;
    return best;
}

static int adjust(const struct sample_in *in, struct sample_scratch *s, uint32_t *ret_best)
{
    memcpy(s->z, in->logits, in->n_vocab * sizeof *s->z);
    penalise_repeats(in, s);
    penalise_presence(in, s);
    for (size_t i = 0; i < in->n_biases; i++)
        s->z[in->biases[i].token] += in->biases[i].bias;
    uint32_t best = largest(s->z, in->n_vocab);
    if (best == in->n_vocab)
        return ERR_CORRUPT;
    *ret_best = best;
    return OK;
}

/* Choosing */

/* One of n weights of the given sum, in their order. */
static uint32_t draw(const struct sample_cand *c, uint32_t n, double sum, struct rng *rng)
{
    double at = rng_f64(rng) * sum;
    for (uint32_t i = 0; i + 1 < n; i++) {
        at -= (double)c[i].p;
        if (at < 0)
            return c[i].token;
    }
    return c[n - 1].token;
}

static bool cuts_top_k(const struct sample_in *in)
{
    return in->sampling->top_k && in->sampling->top_k < in->n_vocab;
}

/* The candidates, sorted unless no cut needs an order. Less than 1 - top_p lies below (1 - top_p) / n_vocab altogether, so
 * nothing of the nucleus is lost by leaving that out before sorting. */
static uint32_t gather(const struct sample_in *in, struct sample_scratch *s, float p_max)
{
    const struct gen_sampling *g = in->sampling;
    if (cuts_top_k(in))
        return sample_top(s->p, in->n_vocab, g->top_k, s->cand);
    float least = g->min_p * p_max, rest = (1.0f - g->top_p) / (float)in->n_vocab;
    bool sorted = g->top_p < 1.0f;
    if (sorted && rest > least)
        least = rest;
    if (least > p_max) /* top_p near 0 over a flat distribution: the best one stays */
        least = p_max;
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->n_vocab; i++)
        if (s->p[i] >= least && s->p[i] > 0)
            s->cand[n++] = (struct sample_cand){s->p[i], i};
    if (sorted) {
        make_heap(s->cand, n);
        sort_heap(s->cand, n);
    }
    return n;
}

static double mass_of(const struct sample_cand *c, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)c[i].p;
    return sum;
}

static uint32_t choose(const struct kernels *kn, const struct sample_in *in, struct sample_scratch *s, uint32_t best)
{
    const struct gen_sampling *g = in->sampling;
    float scale = 1.0f / g->temperature;
    for (uint32_t i = 0; i < in->n_vocab; i++) /* at most 0, so a small temperature cannot overflow upwards */
        s->p[i] = allows(in, i) ? (s->z[i] - s->z[best]) * scale : EXCLUDED;
    op_softmax(kn, s->p, in->n_vocab);
    for (uint32_t i = 0; i < in->n_vocab && in->allowed; i++)
        s->p[i] = allows(in, i) ? s->p[i] : 0; /* exactly: softmax may leave the smallest of numbers */
    float p_max = s->p[best];
    uint32_t n = gather(in, s, p_max), kept = 0;
    double sum = 0, enough = INFINITY;
    if (g->top_p < 1.0f)
        enough = (double)g->top_p * (cuts_top_k(in) ? mass_of(s->cand, n) : 1.0);
    while (kept < n && (!kept || (s->cand[kept].p > 0 && s->cand[kept].p >= g->min_p * p_max && sum < enough)))
        sum += (double)s->cand[kept++].p;
    return draw(s->cand, kept, sum, in->rng);
}

/* log p = z - max - log Σ exp(z - max), and the softmax of the largest is 1 / Σ. */
static void take_logprobs(const struct kernels *kn, const struct sample_in *in, struct sample_scratch *s, uint32_t best,
                          struct sample_out *ret)
{
    memcpy(s->p, s->z, in->n_vocab * sizeof *s->p);
    op_softmax(kn, s->p, in->n_vocab);
    float base = s->z[best] - logf(s->p[best]);
    ret->logprob = fmaxf(s->z[ret->token] - base, LOGPROB_MIN);
    ret->n_top = sample_top(s->z, in->n_vocab, in->n_top, s->cand);
    for (uint32_t i = 0; i < ret->n_top; i++)
        ret->top[i] = (struct sample_choice){s->cand[i].token, fmaxf(s->cand[i].p - base, LOGPROB_MIN)};
}

bool sample_is_greedy(const struct gen_sampling *g)
{
    return g->temperature < TEMPERATURE_MIN;
}

int sample_token(const struct kernels *kn, const struct sample_in *in, struct sample_scratch *s, struct sample_out *ret)
{
    uint32_t best;
    int rc = adjust(in, s, &best);
    if (rc)
        return rc;
    uint32_t top = in->allowed ? largest_allowed(in, s->z) : best;
    if (top == in->n_vocab)
        return ERR_INVAL;
    *ret = (struct sample_out){.token = sample_is_greedy(in->sampling) ? top : choose(kn, in, s, top)};
    if (in->logprobs)
        take_logprobs(kn, in, s, best, ret);
    return OK;
}
