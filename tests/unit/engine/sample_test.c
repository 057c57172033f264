/* Sampling: what each setting does to the choice, by counts over many draws with a fixed seed. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>

#include "engine/sample.h"

enum { VOCAB = 8, LARGE = 5000, DRAWS = 20000 };

struct fixture {
    const struct kernels *kn;
    struct sample_scratch *scratch;
    struct gen_sampling sampling;
    struct rng rng;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->kn = kernels_for(CPU_SCALAR);
    *state = f;
    return sample_scratch_create(LARGE, &f->scratch);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sample_scratch_free(f->scratch);
    free(f);
    return 0;
}

/* Temperature 1 and nothing else. */
static struct sample_in plain(struct fixture *f, const float *logits, uint32_t n)
{
    f->sampling = (struct gen_sampling){.temperature = 1, .top_p = 1, .repeat_penalty = 1};
    rng_seed(&f->rng, 1);
    return (struct sample_in){.logits = logits, .n_vocab = n, .sampling = &f->sampling, .rng = &f->rng};
}

static uint32_t draw(struct fixture *f, const struct sample_in *in)
{
    struct sample_out out;
    assert_int_equal(sample_token(f->kn, in, f->scratch, &out), OK);
    return out.token;
}

/* The share of draws of each token, against what is expected; 0 means never. The statistic stays far below this limit for a
 * right sampler (8 classes: above 30 once in 10,000) and the seed is fixed. */
static void check_shares(struct fixture *f, const struct sample_in *in, const double want[VOCAB])
{
    uint32_t count[VOCAB] = {0};
    double chi = 0;
    for (int i = 0; i < DRAWS; i++)
        count[draw(f, in)]++;
    for (int i = 0; i < VOCAB; i++) {
        if (want[i] <= 0) {
            assert_int_equal(count[i], 0);
            continue;
        }
        double expected = want[i] * DRAWS, off = count[i] - expected;
        chi += off * off / expected;
    }
    assert_true(chi < 30);
}

static const float logs[VOCAB] = {-0.6931472f, -1.3862944f, -2.0794415f, -2.7725887f, -3.4657359f, -4.1588831f, -4.8520303f, -4.8520303f};
/* their probabilities: 1/2 1/4 1/8 1/16 1/32 1/64 1/128 1/128 */

static void test_temperature(void **state)
{
    struct fixture *f = *state;
    struct sample_in in = plain(f, logs, VOCAB);
    check_shares(f, &in, (const double[VOCAB]){0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.0078125});
    f->sampling.temperature = 0.5f; /* squares: 1/4 1/16 … over their sum */
    double square[VOCAB], sum = 0;
    for (int i = 0; i < VOCAB; i++)
        sum += square[i] = exp(2.0 * (double)logs[i]);
    for (int i = 0; i < VOCAB; i++)
        square[i] /= sum;
    check_shares(f, &in, square);
    f->sampling.temperature = 0;
    check_shares(f, &in, (const double[VOCAB]){1});
    f->sampling.temperature = 1e-30f;
    check_shares(f, &in, (const double[VOCAB]){1});
    f->sampling.temperature = 1e-4f;
    check_shares(f, &in, (const double[VOCAB]){1});
}

static void test_cuts(void **state)
{
    struct fixture *f = *state;
    struct sample_in in = plain(f, logs, VOCAB);
    f->sampling.top_k = 2;
    check_shares(f, &in, (const double[VOCAB]){2 / 3., 1 / 3.});
    f->sampling.top_p = 0.7f; /* of what top-k left: 2/3 is not enough, so both */
    check_shares(f, &in, (const double[VOCAB]){2 / 3., 1 / 3.});
    f->sampling.top_p = 0.6f;
    check_shares(f, &in, (const double[VOCAB]){1});
    in = plain(f, logs, VOCAB);
    f->sampling.top_p = 0.8f;
    check_shares(f, &in, (const double[VOCAB]){4 / 7., 2 / 7., 1 / 7.});
    f->sampling.top_p = 0;
    check_shares(f, &in, (const double[VOCAB]){1});
    in = plain(f, logs, VOCAB);
    f->sampling.min_p = 0.24f;
    check_shares(f, &in, (const double[VOCAB]){4 / 7., 2 / 7., 1 / 7.});
    f->sampling.min_p = 1;
    check_shares(f, &in, (const double[VOCAB]){1});
    in = plain(f, logs, VOCAB);
    f->sampling.top_k = 1000; /* more than there are */
    check_shares(f, &in, (const double[VOCAB]){0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.0078125});
}

static void test_flat(void **state)
{
    struct fixture *f = *state;
    static const float flat[VOCAB] = {0};
    struct sample_in in = plain(f, flat, VOCAB);
    f->sampling.top_p = 0.5f; /* among equals the lower id comes first */
    check_shares(f, &in, (const double[VOCAB]){0.25, 0.25, 0.25, 0.25});
    in = plain(f, flat, VOCAB);
    f->sampling.top_k = 3;
    check_shares(f, &in, (const double[VOCAB]){1 / 3., 1 / 3., 1 / 3.});
    f->sampling.temperature = 0;
    assert_int_equal(draw(f, &in), 0);
}

static void test_penalties(void **state)
{
    struct fixture *f = *state;
    static const float z[VOCAB] = {2, 1.5f, -1, 1.8f, 0, 0, 0, 0};
    static const uint32_t text[] = {3, 0, 0, 1, 2}; /* two of the prompt, three of the answer */
    struct sample_in in = plain(f, z, VOCAB);
    in.tokens = text;
    in.n_tokens = 5;
    in.n_prompt = 2;
    in.logprobs = true;
    in.n_top = VOCAB;
    f->sampling.temperature = 0;
    struct sample_out plain_out, out;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &plain_out), OK);
    assert_int_equal(plain_out.token, 0);
    f->sampling.frequency_penalty = 0.3f;
    f->sampling.presence_penalty = 0.1f; /* 0: 2 - 0.4 (once in the answer); 1: 1.5 - 0.4; 3: only in the prompt */
    assert_int_equal(draw(f, &in), 3);
    f->sampling.presence_penalty = f->sampling.frequency_penalty = -1; /* rewards: 3 becomes no better */
    assert_int_equal(draw(f, &in), 0);
    f->sampling.presence_penalty = f->sampling.frequency_penalty = 0;
    f->sampling.repeat_penalty = 2;
    f->sampling.repeat_last_n = 4; /* all but the first: 3 stays 1.8; 0 is 1, once however often it stands there */
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), OK);
    assert_int_equal(out.token, 3);
    assert_int_equal(out.top[1].token, 0);
    assert_true(fabsf((out.top[0].logprob - out.top[1].logprob) - 0.8f) < 1e-5f);
    assert_int_equal(out.top[7].token, 2); /* -1 becomes -2 */
    assert_true(fabsf((out.top[0].logprob - out.top[7].logprob) - 3.8f) < 1e-5f);
    f->sampling.repeat_last_n = 1000;
    assert_int_equal(draw(f, &in), 0); /* 3 is 0.9 now, 0 is 1 */
}

static void test_frequency_counts(void **state)
{
    struct fixture *f = *state;
    static const float z[VOCAB] = {0};
    static const uint32_t text[] = {5, 5, 5, 6};
    struct sample_in in = plain(f, z, VOCAB);
    struct sample_out out;
    in.tokens = text;
    in.n_tokens = 4;
    in.logprobs = true;
    in.n_top = VOCAB;
    f->sampling.frequency_penalty = 0.5f;
    f->sampling.presence_penalty = 0.25f;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), OK);
    assert_int_equal(out.top[7].token, 5);
    assert_int_equal(out.top[6].token, 6);
    assert_true(fabsf((out.top[0].logprob - out.top[7].logprob) - 1.75f) < 1e-5f);
    assert_true(fabsf((out.top[0].logprob - out.top[6].logprob) - 0.75f) < 1e-5f);
}

static void test_bias(void **state)
{
    struct fixture *f = *state;
    struct sample_in in = plain(f, logs, VOCAB);
    in.biases = (const struct gen_bias[]){{7, 100}};
    in.n_biases = 1;
    check_shares(f, &in, (const double[VOCAB]){[7] = 1});
    in.biases = (const struct gen_bias[]){{0, -100}, {1, -100}};
    in.n_biases = 2;
    check_shares(f, &in, (const double[VOCAB]){0, 0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125});
}

static void test_logprobs(void **state)
{
    struct fixture *f = *state;
    struct sample_in in = plain(f, logs, VOCAB);
    struct sample_out out;
    f->sampling.temperature = 0.1f; /* they are taken before it */
    f->sampling.top_k = 1;
    in.logprobs = true;
    in.n_top = 3;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), OK);
    assert_int_equal(out.n_top, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(out.top[i].token, i);
        assert_true(fabsf(out.top[i].logprob - logs[i]) < 1e-5f);
    }
    assert_true(fabsf(out.logprob - logs[0]) < 1e-5f);
    float impossible[VOCAB] = {0, -INFINITY};
    in.logits = impossible;
    in.n_top = VOCAB;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), OK);
    assert_int_equal(out.top[7].token, 1);
    assert_true(isfinite(out.top[7].logprob));
}

static void test_seeds(void **state)
{
    struct fixture *f = *state;
    static const float flat[VOCAB] = {0};
    struct sample_in in = plain(f, flat, VOCAB);
    uint32_t first[64], differ = 0;
    for (int i = 0; i < 64; i++)
        first[i] = draw(f, &in);
    rng_seed(&f->rng, 1);
    for (int i = 0; i < 64; i++)
        assert_int_equal(draw(f, &in), first[i]);
    rng_seed(&f->rng, 2);
    for (int i = 0; i < 64; i++)
        differ += draw(f, &in) != first[i];
    assert_true(differ > 32);
}

static void test_not_numbers(void **state)
{
    struct fixture *f = *state;
    float z[VOCAB] = {0, 1, 2};
    struct sample_in in = plain(f, z, VOCAB);
    struct sample_out out = {.token = 77};
    const float bad[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++)
        for (int at = 0; at < VOCAB; at++) {
            float was = z[at];
            z[at] = bad[i];
            assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), ERR_CORRUPT);
            z[at] = was;
        }
    for (int i = 0; i < VOCAB; i++)
        z[i] = -INFINITY;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), ERR_CORRUPT);
    assert_int_equal(out.token, 77);
}

static int by_size(const void *a, const void *b)
{
    const struct sample_cand *x = a, *y = b;
    return x->p != y->p ? (x->p < y->p) - (x->p > y->p) : (x->token > y->token) - (x->token < y->token);
}

static void test_top_of_many(void **state)
{
    (void)state;
    static float v[LARGE];
    static struct sample_cand all[LARGE], got[LARGE];
    struct rng r;
    rng_seed(&r, 3);
    for (uint32_t i = 0; i < LARGE; i++) {
        v[i] = (float)(rng_u64(&r) % 997); /* many equal */
        all[i] = (struct sample_cand){v[i], i};
    }
    qsort(all, LARGE, sizeof *all, by_size);
    const uint32_t ks[] = {0, 1, 2, 3, 40, 1000, LARGE - 1, LARGE, LARGE + 10};
    for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
        uint32_t n = sample_top(v, LARGE, ks[i], got);
        assert_int_equal(n, ks[i] < LARGE ? ks[i] : LARGE);
        for (uint32_t k = 0; k < n; k++)
            assert_int_equal(got[k].token, all[k].token);
    }
}

static bool asks(void *ctx, uint32_t token)
{
    const uint64_t *mask = ctx;
    return mask[token / 64] >> (token % 64) & 1;
}

/* Asking for the likeliest tokens one by one gives what the mask gives, or says that it cannot. */
static void asking_gives_what_a_mask_gives(void **state)
{
    struct fixture *f = *state;
    static float logits[LARGE];
    static uint64_t mask[LARGE / 64 + 1];
    static const struct gen_sampling ways[] = {
        {.temperature = 0, .top_p = 1, .repeat_penalty = 1},
        {.temperature = 1, .top_k = 40, .top_p = 0.9f, .min_p = 0.01f, .repeat_penalty = 1},
        {.temperature = 2, .top_k = 1, .top_p = 1, .repeat_penalty = 1},
        {.temperature = 1, .top_k = 500, .top_p = 1, .repeat_penalty = 1},
        {.temperature = 1, .top_p = 0.9f, .repeat_penalty = 1},
    };
    struct rng rng;
    rng_seed(&rng, 9);
    int asked = 0, refused = 0;
    for (int round = 0; round < 200; round++) {
        unsigned share = 1u << (round % 8); /* one of so many tokens is allowed */
        memset(mask, 0, sizeof mask);
        for (uint32_t i = 0; i < LARGE; i++) {
            logits[i] = (float)(rng_u64(&rng) % 1000) * 0.01f; /* many are equal */
            mask[i / 64] |= (uint64_t) !(rng_u64(&rng) % share) << (i % 64);
        }
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            struct sample_in in = {
                .logits = logits, .n_vocab = LARGE, .sampling = &ways[w], .rng = &f->rng, .asks = asks, .asks_ctx = mask};
            struct sample_out by_asking, by_mask;
            rng_seed(&f->rng, (uint64_t)round);
            int rc = sample_token(f->kn, &in, f->scratch, &by_asking);
            in.asks = NULL;
            in.allowed = mask;
            rng_seed(&f->rng, (uint64_t)round);
            assert_int_equal(sample_token(f->kn, &in, f->scratch, &by_mask), OK);
            assert_true(asks(mask, by_mask.token));
            asked += rc == OK;
            refused += rc == ERR_AGAIN;
            if (rc == OK)
                assert_int_equal(by_asking.token, by_mask.token);
            else
                assert_int_equal(rc, ERR_AGAIN);
        }
    }
    assert_true(asked > 100 && refused > 100);
}

/* Of a small vocabulary all can be asked, so nothing is left open. */
static void asking_all_finds_that_nothing_is_allowed(void **state)
{
    struct fixture *f = *state;
    static const float logits[VOCAB] = {1, 2, 3};
    uint64_t none = 0, last = 1ull << (VOCAB - 1);
    struct sample_in in = plain(f, logits, VOCAB);
    struct sample_out out;
    f->sampling.top_k = 2;
    in.asks = asks;
    in.asks_ctx = &none;
    assert_int_equal(sample_token(f->kn, &in, f->scratch, &out), ERR_INVAL);
    in.asks_ctx = &last;
    assert_int_equal(draw(f, &in), VOCAB - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_penalties),
        cmocka_unit_test(test_frequency_counts),
        cmocka_unit_test(test_bias),
        cmocka_unit_test(test_logprobs),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_not_numbers),
        cmocka_unit_test(test_top_of_many),
        cmocka_unit_test(asking_gives_what_a_mask_gives),
        cmocka_unit_test(asking_all_finds_that_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
