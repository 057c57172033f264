/* Guessing: what is guessed, when, and that it changes no text. */
#include "harness.h"

#include "../sanitized.h"
#include "engine/draft.h"

static void test_lookup(void **state)
{
    (void)state;
    uint32_t g[DRAFT_MAX];
    static const uint32_t text[] = {1, 2, 3, 4, 5, 9, 8, 1, 2, 3};
    assert_int_equal(draft_lookup(text, 10, 3, g), 3);
    assert_int_equal(g[0], 4);
    assert_int_equal(g[1], 5);
    assert_int_equal(g[2], 9);
    assert_int_equal(draft_lookup(text, 10, 0, g), 0);
    assert_int_equal(draft_lookup(text, 7, DRAFT_MAX, g), 0); /* 9 8 stood nowhere before */
    assert_int_equal(draft_lookup(text, 1, DRAFT_MAX, g), 0);
    assert_int_equal(draft_lookup(text, 0, DRAFT_MAX, g), 0);
}

/* The longer match wins over the later one, and of equals the later one. */
static void test_lookup_prefers(void **state)
{
    (void)state;
    uint32_t g[DRAFT_MAX];
    static const uint32_t longer[] = {7, 1, 2, 3, 40, 0, 2, 3, 50, 0, 7, 1, 2, 3}, later[] = {2, 3, 40, 0, 2, 3, 50, 0, 2, 3};
    assert_int_equal(draft_lookup(longer, 14, 1, g), 1);
    assert_int_equal(g[0], 40);
    assert_int_equal(draft_lookup(later, 10, 1, g), 1);
    assert_int_equal(g[0], 50);
}

static void test_lookup_repeats(void **state)
{
    (void)state;
    uint32_t g[DRAFT_MAX];
    static const uint32_t text[] = {0, 5, 6, 5, 6, 5, 6};
    assert_int_equal(draft_lookup(text, 7, DRAFT_MAX, g), DRAFT_MAX);
    for (uint32_t i = 0; i < DRAFT_MAX; i++)
        assert_int_equal(g[i], i % 2 ? 6 : 5);
}

static void learn_all(struct draft_cost *c, float first, float more)
{
    for (uint32_t rows = 1; rows <= DRAFT_ROWS_MAX; rows++)
        draft_cost_learn(c, rows, (uint64_t)(first + more * (float)(rows - 1)));
}

static void test_length_follows_cost(void **state)
{
    (void)state;
    struct draft_cost free_rows = {0}, cheap_rows = {0}, dear_rows = {0};
    struct draft_luck good = {.p = 0.9f}, bad = {.p = 0.05f};
    learn_all(&free_rows, 1e6f, 0);
    learn_all(&cheap_rows, 1e6f, 1e5f);
    learn_all(&dear_rows, 1e6f, 1e6f);
    assert_int_equal(draft_length(&free_rows, &good, 1, DRAFT_MAX), DRAFT_MAX);
    assert_int_equal(draft_length(&free_rows, &good, 1, 2), 2);
    assert_int_equal(draft_length(&dear_rows, &good, 1, DRAFT_MAX), 0);
    assert_int_equal(draft_length(&free_rows, &good, DRAFT_ROWS_MAX, DRAFT_MAX), 0);
    assert_in_range(draft_length(&cheap_rows, &good, 1, DRAFT_MAX), 2, DRAFT_MAX);
    assert_int_equal(draft_length(&cheap_rows, &bad, 1, DRAFT_MAX), 0);
    struct draft_cost nothing = {0};
    assert_true(draft_length(&nothing, &good, 1, DRAFT_MAX) > 0); /* else it would never be measured */
}

static void test_luck(void **state)
{
    (void)state;
    struct draft_cost c = {0};
    struct draft_luck l;
    draft_luck_init(&l);
    learn_all(&c, 1e6f, 1e4f);
    uint32_t tries = 0;
    for (int i = 0; i < 2000; i++) {
        uint32_t n = draft_length(&c, &l, 1, DRAFT_MAX);
        tries += n > 0;
        draft_luck_learn(&l, n, 0);
    }
    assert_in_range(tries, 5, 60); /* a text that never repeats is left alone, but not for ever */
    for (int i = 0; i < 1000; i++) {
        uint32_t n = draft_length(&c, &l, 1, DRAFT_MAX);
        draft_luck_learn(&l, n, n);
    }
    assert_int_equal(draft_length(&c, &l, 1, DRAFT_MAX), DRAFT_MAX);
}

/* ---- in the engine */

struct outcome {
    struct harness_choice choice[2];
    struct engine_stats stats;
};

static bool over(struct harness *h, const struct gen_request *r)
{
    for (uint32_t i = 0; i < r->n_choices; i++)
        if (!harness_of(h, r->id)->choice[i].n_done)
            return false;
    return true;
}

static void run(struct model *m, bool speculate, struct gen_request (*make)(struct harness *h), uint32_t credit, struct outcome *ret)
{
    struct harness h;
    harness_init(&h, m);
    h.config.speculate = speculate;
    h.config.deterministic = false; /* it holds without */
    harness_start(&h, CPU_LEVEL_TOP, 2);
    struct gen_request r = make(&h);
    if (credit)
        r.credit = credit;
    engine_submit(h.engine, &r);
    harness_run(&h, 2000);
    for (int i = 0; credit && !over(&h, &r) && i < 1000; i++) {
        engine_credit(h.engine, r.id, 1 + (uint32_t)i % 3);
        harness_run(&h, 2000);
    }
    engine_stats(h.engine, &ret->stats);
    for (uint32_t i = 0; i < 2; i++)
        ret->choice[i] = harness_of(&h, r.id)->choice[i];
    harness_stop(&h);
}

/* Greedy on random weights: the text soon goes round in circles. */
static struct gen_request greedy(struct harness *h)
{
    struct gen_request r = harness_request(h, 1, 40);
    r.max_tokens = SANITIZED ? 70 : 200;
    return r;
}

static struct gen_request drawn(struct harness *h)
{
    struct gen_request r = greedy(h);
    r.n_choices = 2;
    r.sampling.temperature = 0.4f;
    r.sampling.top_k = 3;
    r.sampling.seed = 11;
    r.sampling.has_seed = true;
    r.sampling.repeat_penalty = 0.8f; /* likes what it has said, and what it says changes what it likes */
    r.sampling.presence_penalty = -0.5f;
    return r;
}

static struct gen_request stopped(struct harness *h)
{
    static const struct str stop = {"aab", 3};
    struct gen_request r = drawn(h);
    r.stops = &stop;
    r.n_stops = 1;
    return r;
}

static void assert_same_choice(const struct harness_choice *a, const struct harness_choice *b)
{
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_memory_equal(a->tokens, b->tokens, a->n_tokens * sizeof *a->tokens);
    assert_memory_equal(a->logprobs, b->logprobs, a->n_tokens * sizeof *a->logprobs);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->text, b->text, a->len);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->usage.completion_tokens, b->usage.completion_tokens);
}

static void test_same_text(void **state)
{
    (void)state;
    static struct outcome plain, guessed;
    static struct gen_request (*const makes[])(struct harness *) = {greedy, drawn, stopped};
    struct model *m = harness_model("qwen3", false);
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++)
        for (uint32_t credit = SANITIZED && i == 2 ? 7 : 0; credit < (SANITIZED && i < 2 ? 1 : 8); credit += 7) {
            run(m, false, makes[i], credit, &plain);
            run(m, true, makes[i], credit, &guessed);
            assert_int_equal(plain.stats.guessed, 0);
            for (uint32_t k = 0; k < 2; k++)
                assert_same_choice(&plain.choice[k], &guessed.choice[k]);
            if (credit || i == 2)
                continue;
            assert_true(guessed.stats.guesses_held > (SANITIZED ? 5 : 20));
            assert_true(guessed.stats.steps + (SANITIZED ? 5 : 20) < plain.stats.steps); /* it has saved steps */
        }
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),         cmocka_unit_test(test_lookup_prefers),
        cmocka_unit_test(test_lookup_repeats), cmocka_unit_test(test_length_follows_cost),
        cmocka_unit_test(test_luck),           cmocka_unit_test(test_same_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
