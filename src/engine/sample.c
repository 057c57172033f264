#include "engine/sample.h"

#include <math.h>
#include <stdlib.h>

#define TEMPERATURE_MIN 1e-5f                     /* below it, the likeliest token is all there is */
enum { ASKED_TOP_K_MAX = 128, REFUSED_MAX = 64 }; /* of the likeliest tokens: then a mask of all is cheaper */

#define LOGPROB_MIN -9999.0f /* of a token that cannot be; events carry no infinities */

struct sample_scratch {
    float *z;                 /* [n_vocab] adjusted logits */
    float *p;                 /* [n_vocab] probabilities */
    struct sample_cand *cand; /* [n_vocab] */
    uint32_t *id;             /* [n_vocab] under a mask: the tokens whose probabilities stand in p, one after the other */
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
    s->id = calloc(n_vocab, sizeof *s->id);
    s->seen = calloc(n_vocab, sizeof *s->seen);
    if (!s->z || !s->p || !s->cand || !s->id || !s->seen) {
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
    free(s->id);
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

/* Puts one that stands before the heap's last into it. */
static void offer(struct sample_cand *c, uint32_t k, uint32_t *n, struct sample_cand one)
{
    if (*n < k) {
        c[(*n)++] = one;
        if (*n == k)
            make_heap(c, k);
    } else if (one.p > c[0].p) {
        c[0] = one;
        sift(c, k, 0);
    }
}

/* sample_top of the tokens whose bit is set. */
static uint32_t top_allowed(const float *v, const uint64_t *allowed, uint32_t n_vocab, uint32_t k, struct sample_cand *cand)
{
    uint32_t n = 0;
    for (uint32_t w = 0; w * 64 < n_vocab; w++)
        for (uint64_t left = allowed[w]; left; left &= left - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(left);
            offer(cand, k, &n, (struct sample_cand){v[i], i});
        }
    if (n < k)
        make_heap(cand, n);
    sort_heap(cand, n);
    return n;
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

/* The candidates of all that is allowed, sorted unless no cut needs an order. Less than 1 - top_p lies below (1 - top_p) / n_vocab
 * altogether, so nothing of the nucleus is lost by leaving that out before sorting. */
static uint32_t gather(const struct sample_in *in, struct sample_scratch *s, uint32_t n_allowed, float p_max)
{
    const struct gen_sampling *g = in->sampling;
    float least = g->min_p * p_max, rest = (1.0f - g->top_p) / (float)in->n_vocab;
    bool sorted = g->top_p < 1.0f;
    if (sorted && rest > least)
        least = rest;
    if (least > p_max) /* top_p near 0 over a flat distribution: the best one stays */
        least = p_max;
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_allowed; i++)
        if (s->p[i] >= least && s->p[i] > 0)
            s->cand[n++] = (struct sample_cand){s->p[i], in->allowed ? s->id[i] : i};
    if (sorted) {
        make_heap(s->cand, n);
        sort_heap(s->cand, n);
    }
    return n;
}

/* Of the k likeliest that `asks` allows, sorted by logit. ERR_AGAIN: too many of those before them are refused. */
static int ask_head(const struct sample_in *in, struct sample_scratch *s, uint32_t k, uint32_t *ret_n)
{
    uint32_t n = sample_top(s->z, in->n_vocab, k + REFUSED_MAX, s->cand), kept = 0, refused = 0;
    bool whole = n == in->n_vocab;
    for (uint32_t i = 0; i < n && kept < k; i++) {
        if (in->asks(in->asks_ctx, s->cand[i].token))
            s->cand[kept++] = s->cand[i];
        else if (++refused > REFUSED_MAX && !whole)
            break;
    }
    if (kept < k && !whole)
        return ERR_AGAIN;
    *ret_n = kept;
    return kept ? OK : ERR_INVAL;
}

/* The k likeliest of the allowed ones, sorted by logit. */
static int head_of(const struct sample_in *in, struct sample_scratch *s, uint32_t k, uint32_t *ret_n)
{
    if (!in->allowed && in->asks)
        return k <= ASKED_TOP_K_MAX ? ask_head(in, s, k, ret_n) : ERR_AGAIN;
    *ret_n = in->allowed ? top_allowed(s->z, in->allowed, in->n_vocab, k, s->cand) : sample_top(s->z, in->n_vocab, k, s->cand);
    return *ret_n ? OK : ERR_INVAL;
}

static double mass_of(const struct sample_cand *c, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)c[i].p;
    return sum;
}

/* Of sorted candidates, whose weights are to one another as their probabilities. */
static uint32_t choose(const struct sample_in *in, const struct sample_cand *cand, uint32_t n, double mass)
{
    const struct gen_sampling *g = in->sampling;
    uint32_t kept = 0;
    double sum = 0, enough = g->top_p < 1.0f ? (double)g->top_p * mass : INFINITY;
    float least = g->min_p * cand[0].p;
    while (kept < n && (!kept || (cand[kept].p > 0 && cand[kept].p >= least && sum < enough)))
        sum += (double)cand[kept++].p;
    return draw(cand, kept, sum, in->rng);
}

/* With top-k nothing but the head is looked at. */
static int choose_head(const struct sample_in *in, struct sample_scratch *s, uint32_t *ret)
{
    uint32_t n;
    int rc = head_of(in, s, in->sampling->top_k, &n);
    if (rc)
        return rc;
    float scale = 1.0f / in->sampling->temperature, top = s->cand[0].p;
    for (uint32_t i = 0; i < n; i++) /* at most 0, so a small temperature cannot overflow upwards */
        s->cand[i].p = expf((s->cand[i].p - top) * scale);
    *ret = choose(in, s->cand, n, mass_of(s->cand, n));
    return OK;
}

/* The logits of what is allowed into p, and their tokens into id. */
static uint32_t take_allowed(const struct sample_in *in, struct sample_scratch *s)
{
    uint32_t n = 0;
    for (uint32_t w = 0; w * 64 < in->n_vocab; w++)
        for (uint64_t left = in->allowed[w]; left; left &= left - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(left);
            s->id[n] = i;
            s->p[n++] = s->z[i];
        }
    return n;
}

static float largest_of(const float *v, uint32_t n)
{
    float top = -INFINITY;
    for (uint32_t i = 0; i < n; i++)
        top = v[i] > top ? v[i] : top;
    return top;
}

static int choose_any(const struct kernels *kn, const struct sample_in *in, struct sample_scratch *s, float z_max, uint32_t *ret)
{
    if (!in->allowed && in->asks)
        return ERR_AGAIN;
    uint32_t n = in->n_vocab;
    const float *z = s->z;
    if (in->allowed) {
        n = take_allowed(in, s);
        z = s->p;
        z_max = largest_of(s->p, n);
    }
    if (!n)
        return ERR_INVAL;
    float scale = 1.0f / in->sampling->temperature;
    for (uint32_t i = 0; i < n; i++) /* at most 0, so a small temperature cannot overflow upwards */
        s->p[i] = (z[i] - z_max) * scale;
    op_softmax(kn, s->p, n);
    n = gather(in, s, n, largest_of(s->p, n));
    if (in->sampling->top_p >= 1.0f) { /* not sorted: nothing is cut behind the least */
        *ret = draw(s->cand, n, mass_of(s->cand, n), in->rng);
        return OK;
    }
    *ret = choose(in, s->cand, n, 1.0);
    return OK;
}

static int take_likeliest(const struct sample_in *in, struct sample_scratch *s, uint32_t *ret)
{
    uint32_t n;
    int rc = head_of(in, s, 1, &n);
    if (!rc)
        *ret = s->cand[0].token;
    return rc;
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
    uint32_t token = best;
    if (!sample_is_greedy(in->sampling))
        rc = cuts_top_k(in) ? choose_head(in, s, &token) : choose_any(kn, in, s, s->z[best], &token);
    else if (in->allowed || in->asks)
        rc = take_likeliest(in, s, &token);
    if (rc)
        return rc;
    *ret = (struct sample_out){.token = token};
    if (in->logprobs)
        take_logprobs(kn, in, s, best, ret);
    return OK;
}
