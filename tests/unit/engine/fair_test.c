/* Owners share the engine: nobody waits for all that another has sent. */
#include "harness.h"

enum { CROWD = 12, LATE = 100 };

static struct gen_request from(struct harness *h, uint64_t id, const char *owner, uint32_t n_prompt)
{
    struct gen_request r = harness_request(h, id, n_prompt);
    r.owner = str_of(owner);
    return r;
}

static bool is_done(struct harness *h, uint64_t id)
{
    return harness_of(h, id)->choice[0].n_done;
}

static uint32_t crowd_done(struct harness *h)
{
    uint32_t n = 0;
    for (uint64_t id = 1; id <= CROWD; id++)
        n += is_done(h, id);
    return n;
}

/* One place: the late one is next, though eleven others came before. */
static void test_queue(void **state)
{
    (void)state;
    struct harness h;
    struct model *m = harness_model("qwen3", false);
    harness_init(&h, m);
    h.config.sequences_max = 1;
    harness_start(&h, CPU_LEVEL_TOP, 1);
    for (uint64_t id = 1; id <= CROWD; id++) {
        struct gen_request r = from(&h, id, "crowd", 20);
        engine_submit(h.engine, &r);
    }
    struct gen_request late = from(&h, LATE, "late", 20), last = from(&h, LATE + 1, "crowd", 20);
    engine_submit(h.engine, &late);
    engine_submit(h.engine, &last);
    assert_int_equal(harness_of(&h, LATE)->position, 0);
    for (int i = 0; i < 1000 && !is_done(&h, LATE); i++)
        engine_step(h.engine);
    assert_int_equal(crowd_done(&h), 1);
    harness_run(&h, 1000);
    assert_int_equal(crowd_done(&h), CROWD);
    assert_true(is_done(&h, LATE + 1));
    harness_stop(&h);
    model_free(m);
}

/* A higher priority still goes first. */
static void test_priority(void **state)
{
    (void)state;
    struct harness h;
    struct model *m = harness_model("qwen3", false);
    harness_init(&h, m);
    h.config.sequences_max = 1;
    harness_start(&h, CPU_LEVEL_TOP, 1);
    struct gen_request r = from(&h, 1, "a", 20);
    engine_submit(h.engine, &r);
    r = from(&h, 2, "b", 20);
    engine_submit(h.engine, &r);
    r = from(&h, 3, "a", 20);
    r.priority = 1;
    engine_submit(h.engine, &r);
    for (int i = 0; i < 1000 && !is_done(&h, 3); i++)
        engine_step(h.engine);
    assert_false(is_done(&h, 2));
    harness_run(&h, 1000);
    harness_stop(&h);
    model_free(m);
}

/* Steps until the first choice of `id` has begun to write. */
static uint32_t steps_to_text(struct harness *h, uint64_t id)
{
    uint32_t n = 0;
    while (!harness_of(h, id)->choice[0].n_tokens && n < 1000) {
        engine_step(h->engine);
        n++;
    }
    return n;
}

/* A short prompt beside another owner's long ones is read with half of each step; beside one's own it waits. */
static void test_prompt_rows(void **state)
{
    (void)state;
    struct model *m = harness_model("qwen3", false);
    uint32_t steps[2];
    static const char *const owners[] = {"crowd", "late"};
    for (int i = 0; i < 2; i++) {
        struct harness h;
        harness_init(&h, m);
        h.config.prefill_chunk = 32;
        h.config.kv_bytes_max = 1 << 20;
        harness_start(&h, CPU_LEVEL_TOP, 1);
        for (uint64_t id = 1; id <= 3; id++) {
            struct gen_request r = from(&h, id, "crowd", 300 + (uint32_t)id);
            engine_submit(h.engine, &r);
        }
        struct gen_request r = from(&h, LATE, owners[i], 32);
        r.logprobs = true;
        engine_submit(h.engine, &r);
        steps[i] = steps_to_text(&h, LATE);
        harness_run(&h, 1000);
        harness_stop(&h);
    }
    assert_true(steps[1] <= 5);
    assert_true(steps[0] > 20);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_prompt_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
