/* Thinking as the engine sees it: where it begins, its budget, its end, its count. */
#include "harness.h"

#include <stdlib.h>

static int setup(void **state)
{
    struct harness *h = calloc(1, sizeof *h);
    struct model *m = harness_model("llama", false);
    toolform_free(m->toolform);
    assert_int_equal(toolform_create(STR("tools <tool_call> <think>"), m->vocab, &m->toolform), OK);
    harness_init(h, m);
    harness_start(h, CPU_SCALAR, 1);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct harness *h = *state;
    harness_stop(h);
    model_free(h->model);
    free(h);
    return 0;
}

/* A model that only ever writes "a". The conversation is plain text, so its end is the prompt's. */
static const struct harness_choice *ask(struct harness *h, uint64_t id, const char *prompt, enum gen_thinking thinking, uint32_t budget)
{
    const struct gen_bias only_a = {.token = HARNESS_A, .bias = 1000};
    const struct gen_message message = {.role = GEN_ROLE_USER, .content = str_of(prompt)};
    struct gen_request r;
    gen_request_init(&r, GEN_CHAT);
    r.id = id;
    r.messages = &message;
    r.n_messages = 1;
    r.max_tokens = 20;
    r.biases = &only_a;
    r.n_biases = 1;
    r.thinking = thinking;
    r.think_budget = budget;
    engine_submit(h->engine, &r);
    harness_run(h, 200);
    assert_int_equal(harness_of(h, id)->n_errors, 0);
    return &harness_of(h, id)->choice[0];
}

static void a_prompt_that_ends_within_thinking(void **state)
{
    const struct harness_choice *c = ask(*state, 1, "x<think>", GEN_THINK_DEFAULT, 0);
    assert_string_equal(c->reasoning, "aaaaaaaaaaaaaaaaaaaa");
    assert_string_equal(c->text, "");
    assert_int_equal(c->usage.reasoning_tokens, 20);
    c = ask(*state, 2, "x<think></think>", GEN_THINK_DEFAULT, 0);
    assert_string_equal(c->reasoning, "");
    assert_string_equal(c->text, "aaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(c->usage.reasoning_tokens, 0);
}

/* "\n</think>" has nine tokens of this vocabulary. */
static void a_budget_ends_thinking(void **state)
{
    const struct harness_choice *c = ask(*state, 1, "x<think>", GEN_THINK_DEFAULT, 5);
    assert_string_equal(c->reasoning, "aaaaa");
    assert_string_equal(c->text, "aaaaaa");
    assert_int_equal(c->usage.reasoning_tokens, 5 + 9);
    assert_int_equal(c->usage.completion_tokens, 20);
    c = ask(*state, 2, "x", GEN_THINK_DEFAULT, 5); /* does not think: nothing to end */
    assert_string_equal(c->text, "aaaaaaaaaaaaaaaaaaaa");
}

static void switched_off(void **state)
{
    const struct harness_choice *c = ask(*state, 1, "x<think>", GEN_THINK_OFF, 0);
    assert_string_equal(c->reasoning, "");
    assert_string_equal(c->text, "aaaaaaaaaaaaaaaaaaaa");
    uint32_t begun = c->usage.prompt_tokens;
    c = ask(*state, 2, "x", GEN_THINK_OFF, 0);
    assert_string_equal(c->text, "aaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(c->usage.prompt_tokens, begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_prompt_that_ends_within_thinking, setup, teardown),
        cmocka_unit_test_setup_teardown(a_budget_ends_thinking, setup, teardown),
        cmocka_unit_test_setup_teardown(switched_off, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
