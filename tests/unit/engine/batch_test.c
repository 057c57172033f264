/* A request's text does not depend on its company: not on the batch, the chunks its prompt is read in, blocks lost and
 * computed again, or a prefix that was there already. */
#include "harness.h"

#include <stdlib.h>

#include "../sanitized.h"
#include "base/rng.h"
#include "engine/kv.h"

enum { CONVERSATIONS = SANITIZED ? 4 : 8 };
static const char *const archs[] = {"llama", "qwen3moe", "gemma3", "qwen2", "qwen3", "gemma2", "phi3", "smollm3", "granite"};
enum { ARCHS = SANITIZED ? 3 : 9 }; /* the first so many; all levels for two */

struct outcome {
    uint32_t n, tokens[HARNESS_CONTEXT];
    float logprobs[HARNESS_CONTEXT];
};

/* Different lengths and settings, the same for the same number. */
static struct gen_request conversation(struct harness *h, uint64_t id)
{
    struct gen_request r = harness_request(h, id, 5 + (uint32_t)(id * 37 % 120));
    r.max_tokens = 20 + (uint32_t)(id * 13 % 30);
    if (id % 3) {
        r.sampling.temperature = 0.8f;
        r.sampling.top_p = 0.9f;
        r.sampling.repeat_penalty = 1.1f;
        r.sampling.seed = id;
        r.sampling.has_seed = true;
    }
    return r;
}

static void keep(const struct harness_choice *c, struct outcome *ret)
{
    assert_int_equal(c->n_done, 1);
    assert_int_equal(c->reason, GEN_FINISH_LENGTH);
    ret->n = c->n_tokens;
    memcpy(ret->tokens, c->tokens, c->n_tokens * sizeof *c->tokens);
    memcpy(ret->logprobs, c->logprobs, c->n_tokens * sizeof *c->logprobs);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->tokens, b->tokens, a->n * sizeof *a->tokens);
    assert_memory_equal(a->logprobs, b->logprobs, a->n * sizeof *a->logprobs); /* to the last bit */
}

/* Each alone, in an engine of its own, its prompt in one piece. */
static void alone(struct model *m, uint64_t id, enum cpu_level level, struct outcome *ret)
{
    struct harness h;
    harness_init(&h, m);
    h.config.prefill_chunk = 512;
    harness_start(&h, level, 1);
    struct gen_request r = conversation(&h, id);
    engine_submit(h.engine, &r);
    harness_run(&h, 1000);
    keep(&harness_of(&h, id)->choice[0], ret);
    harness_stop(&h);
}

/* All in one engine, arriving some steps apart. */
static void together(struct model *m, enum cpu_level level, uint32_t chunk, uint32_t blocks, struct outcome *ret)
{
    struct harness h;
    harness_init(&h, m);
    h.config.prefill_chunk = chunk;
    h.config.kv_bytes_max = (uint64_t)blocks * KV_BLOCK_TOKENS * engine_kv_bytes_per_token(m, false);
    harness_start(&h, level, 2);
    for (uint64_t id = 0; id < CONVERSATIONS; id++) {
        struct gen_request r = conversation(&h, id);
        engine_submit(h.engine, &r);
        for (uint64_t i = 0; i < id; i++)
            engine_step(h.engine);
    }
    harness_run(&h, 10000);
    for (uint64_t id = 0; id < CONVERSATIONS; id++) {
        assert_int_equal(harness_of(&h, id)->n_errors, 0);
        keep(&harness_of(&h, id)->choice[0], &ret[id]);
    }
    struct engine_stats s;
    engine_stats(h.engine, &s);
    assert_int_equal(s.kv_blocks_used, 0);
    harness_stop(&h);
}

static void check_model(const char *arch, enum cpu_level level)
{
    struct model *m = harness_model(arch, false);
    static struct outcome single[CONVERSATIONS], batch[CONVERSATIONS];
    for (uint64_t id = 0; id < CONVERSATIONS; id++)
        alone(m, id, level, &single[id]);
    static const struct {
        uint32_t chunk, blocks;
    } ways[] = {{512, 256}, {1, 256}, {7, 256}, {32, 256}, {512, 6}, {16, 6}, {7, 9}}; /* 6: only the longest alone fits */
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        together(m, level, ways[i].chunk, ways[i].blocks, batch);
        for (uint64_t id = 0; id < CONVERSATIONS; id++)
            assert_same(&single[id], &batch[id]);
    }
    model_free(m);
}

static void test_batch_or_alone(void **state)
{
    (void)state;
    struct cpu_info cpu;
    cpu_detect(&cpu);
    for (size_t i = 0; i < ARCHS; i++)
        for (int level = SANITIZED || i > 1 ? (int)cpu.level : CPU_SCALAR; level <= (int)cpu.level; level++)
            check_model(archs[i], (enum cpu_level)level);
}

static void run_one(struct harness *h, const struct gen_request *r, struct outcome *ret)
{
    engine_submit(h->engine, r);
    harness_run(h, 1000);
    keep(&harness_of(h, r->id)->choice[0], ret);
}

static void test_prefix_is_reused(void **state)
{
    (void)state;
    struct model *m = harness_model("llama", false);
    struct harness h;
    static struct outcome first, again, whole, foreign;
    harness_init(&h, m);
    harness_start(&h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(&h, 1, 100);
    r.owner = STR("anna");
    run_one(&h, &r, &first);
    r.id = 2;
    run_one(&h, &r, &again);
    assert_same(&first, &again);
    assert_int_equal(harness_of(&h, 2)->choice[0].usage.cached_tokens, 96);
    assert_int_equal(harness_of(&h, 2)->prefill_cached, 96);
    r.id = 3;
    r.owner = STR("bert"); /* timing and counts must not tell what another asked */
    run_one(&h, &r, &foreign);
    assert_same(&first, &foreign);
    assert_int_equal(harness_of(&h, 3)->choice[0].usage.cached_tokens, 0);
    r = harness_request(&h, 1, 96); /* ends with a block: the last token is computed, not stored again */
    r.owner = STR("anna");
    r.id = 4;
    run_one(&h, &r, &whole);
    assert_int_equal(harness_of(&h, 4)->choice[0].usage.cached_tokens, 95);
    r.id = 5;
    r.owner = STR("carl");
    run_one(&h, &r, &foreign);
    assert_same(&whole, &foreign);
    harness_stop(&h);
    model_free(m);
}

/* The answer is part of the next prompt of a conversation, and its blocks are found as well. */
static void test_answer_is_reused(void **state)
{
    (void)state;
    struct model *m = harness_model("qwen3", false);
    struct harness h;
    static struct outcome first, second;
    harness_init(&h, m);
    harness_start(&h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(&h, 1, 40);
    r.max_tokens = 60;
    run_one(&h, &r, &first);
    memcpy(h.prompt + 40, first.tokens, first.n * sizeof *first.tokens);
    h.prompt[100] = 7;
    r.id = 2;
    r.n_prompt_tokens = 101;
    run_one(&h, &r, &second);
    assert_int_equal(harness_of(&h, 2)->choice[0].usage.cached_tokens, 96);
    harness_stop(&h);
    model_free(m);
}

static void test_choices_under_a_tiny_budget(void **state)
{
    (void)state;
    struct model *m = harness_model("llama", false);
    struct harness h;
    static struct outcome want, got;
    harness_init(&h, m);
    harness_start(&h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(&h, 1, 70);
    r.max_tokens = 50; /* 120 tokens: four blocks */
    run_one(&h, &r, &want);
    harness_stop(&h);
    harness_init(&h, m);
    h.config.kv_bytes_max = 5 * HARNESS_BLOCK_BYTES;
    harness_start(&h, CPU_SCALAR, 2);
    r = harness_request(&h, 1, 70);
    r.max_tokens = 50;
    r.n_choices = 4;
    engine_submit(h.engine, &r);
    harness_run(&h, 5000);
    for (int i = 0; i < 4; i++) {
        keep(&harness_of(&h, 1)->choice[i], &got);
        assert_same(&want, &got);
    }
    harness_stop(&h);
    model_free(m);
}

/* Those without credit give their blocks up, and get their text all the same. */
static void test_parked_lose_blocks_first(void **state)
{
    (void)state;
    struct model *m = harness_model("llama", false);
    struct harness h;
    static struct outcome want, got;
    harness_init(&h, m);
    harness_start(&h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(&h, 1, 70);
    run_one(&h, &r, &want);
    harness_stop(&h);
    harness_init(&h, m);
    h.config.kv_bytes_max = 4 * HARNESS_BLOCK_BYTES;
    harness_start(&h, CPU_SCALAR, 1);
    r = harness_request(&h, 1, 70);
    r.credit = 2;
    engine_submit(h.engine, &r);
    harness_run(&h, 100);
    r = harness_request(&h, 2, 100); /* needs all there is; came later, but the first is parked */
    engine_submit(h.engine, &r);
    harness_run(&h, 100);
    assert_int_equal(harness_of(&h, 2)->choice[0].n_done, 1);
    engine_credit(h.engine, 1, GEN_CREDIT_UNLIMITED);
    harness_run(&h, 100);
    keep(&harness_of(&h, 1)->choice[0], &got);
    assert_same(&want, &got);
    harness_stop(&h);
    model_free(m);
}

/* Requests come, go, stall and are given up in any order; at the end nothing is left. */
static void test_random_traffic(void **state)
{
    (void)state;
    struct model *m = harness_model("llama", false);
    struct harness h;
    struct rng rng;
    enum { REQUESTS = SANITIZED ? 16 : HARNESS_REQUESTS_MAX };
    rng_seed(&rng, 11);
    harness_init(&h, m);
    h.config.kv_bytes_max = 12 * HARNESS_BLOCK_BYTES;
    h.config.sequences_max = 5;
    h.config.queue_max = 6;
    h.config.prefill_chunk = 48;
    harness_start(&h, CPU_SCALAR, 2);
    for (uint64_t id = 1; id < REQUESTS; id++) {
        struct gen_request r = harness_request(&h, id % 9, 1 + (uint32_t)(rng_u64(&rng) % 150));
        r.id = id;
        r.n_choices = 1 + (uint32_t)(rng_u64(&rng) % 4);
        r.credit = rng_u64(&rng) % 2 ? GEN_CREDIT_UNLIMITED : (uint32_t)(rng_u64(&rng) % 20);
        r.priority = (int32_t)(rng_u64(&rng) % 3);
        r.max_tokens = (uint32_t)(rng_u64(&rng) % 60);
        r.deadline_ms = (uint32_t)(rng_u64(&rng) % 4 * 100);
        engine_submit(h.engine, &r);
        for (uint64_t i = rng_u64(&rng) % 12; i; i--) {
            h.now_ns += 3000000;
            engine_step(h.engine);
        }
        engine_credit(h.engine, 1 + rng_u64(&rng) % id, (uint32_t)(rng_u64(&rng) % 9));
        if (rng_u64(&rng) % 3 == 0)
            engine_cancel(h.engine, 1 + rng_u64(&rng) % id);
    }
    for (uint64_t id = 1; id < REQUESTS; id++)
        engine_credit(h.engine, id, GEN_CREDIT_UNLIMITED);
    harness_run(&h, 20000);
    struct engine_stats s;
    engine_stats(h.engine, &s);
    assert_int_equal(s.kv_blocks_used + s.running + s.parked + s.queued, 0);
    for (uint64_t id = 1; id < REQUESTS; id++)
        assert_true(harness_of(&h, id)->n_errors || harness_of(&h, id)->choice[0].n_done);
    harness_stop(&h);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_or_alone),           cmocka_unit_test(test_prefix_is_reused),
        cmocka_unit_test(test_answer_is_reused),         cmocka_unit_test(test_choices_under_a_tiny_budget),
        cmocka_unit_test(test_parked_lose_blocks_first), cmocka_unit_test(test_random_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
