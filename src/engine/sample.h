/* From logits to one token.
 *
 *   logits ─ repeat, presence, frequency penalties ─ bias ─▶ what log-probabilities are taken of
 *          ─ mask ─ temperature ─ top-k ─ top-p ─ min-p ─▶ one random number chooses
 *
 * The mask comes before every cut, so what is left is the distribution over the allowed tokens, renormalised, and top-k and the others
 * count only among those. Temperature comes before the cuts, as in OpenAI's API and transformers. top_p counts within what top-k left;
 * min_p is a share of the likeliest token's probability. All cuts keep a head of the list sorted by (probability, lower id first), so equal
 * logits give the same answer everywhere. The vocabulary is never sorted: a bounded heap finds the head.
 *
 * With top-k, or at temperature 0, only the head of the list counts. So what is allowed need not be known of all tokens: `asks` is asked of
 * the likeliest ones, and only when too many of them are refused a mask is needed. Both ways give the same token. */
#ifndef ENGINE_SAMPLE_H
#define ENGINE_SAMPLE_H

#include "base/err.h"
#include "base/rng.h"
#include "gen/request.h"
#include "tensor/ops.h"

struct sample_choice {
    uint32_t token;
    float logprob;
};

struct sample_in {
    const float *logits; /* [n_vocab], not changed */
    uint32_t n_vocab;
    const struct gen_sampling *sampling;
    const struct gen_bias *biases;
    size_t n_biases;
    const uint32_t *tokens; /* the text so far: prompt and answer; every id is below n_vocab */
    uint32_t n_tokens, n_prompt;
    const uint64_t *allowed;                 /* one bit a token, at least one is set; NULL: all are, or `asks` says */
    bool (*asks)(void *ctx, uint32_t token); /* is it allowed? NULL: nobody is asked; not used beside `allowed` */
    void *asks_ctx;
    bool logprobs;
    uint32_t n_top; /* at most GEN_TOP_LOGPROBS_MAX */
    struct rng *rng;
};

struct sample_out {
    uint32_t token;
    float logprob; /* when asked for */
    uint32_t n_top;
    struct sample_choice top[GEN_TOP_LOGPROBS_MAX];
};

struct sample_scratch; /* one for each thread */
int sample_scratch_create(uint32_t n_vocab, struct sample_scratch **ret);
void sample_scratch_free(struct sample_scratch *s);

/* ERR_CORRUPT: the logits are not numbers, which means that the weights are broken. ERR_INVAL: no
 * token is allowed. ERR_AGAIN: `asks` is not enough here, `allowed` is needed. The result is then untouched. */
int sample_token(const struct kernels *kn, const struct sample_in *in, struct sample_scratch *s, struct sample_out *ret);

/* The likeliest token is taken, and no random number. */
bool sample_is_greedy(const struct gen_sampling *g);

/* The k largest of v[n], largest first, lower index first among equals; returns how many (k or n). cand has room for k. */
struct sample_cand {
    float p;
    uint32_t token;
};
uint32_t sample_top(const float *v, uint32_t n, uint32_t k, struct sample_cand *cand);

#endif
