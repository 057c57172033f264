/* One request's life: cancelling, credit, deadlines, the queue, bounds, and what its events say. */
#include "harness.h"

#include <stdlib.h>

static struct model *llama; /* read only, made once */

static int setup_models(void **state)
{
    (void)state;
    llama = harness_model("llama", false);
    return 0;
}

static int teardown_models(void **state)
{
    (void)state;
    model_free(llama);
    return 0;
}

static int setup(void **state)
{
    struct harness *h = calloc(1, sizeof *h);
    harness_init(h, llama);
    *state = h;
    return h ? 0 : -1;
}

static int teardown(void **state)
{
    struct harness *h = *state;
    harness_stop(h);
    free(h);
    return 0;
}

static struct engine_stats stats_of(struct harness *h)
{
    struct engine_stats s;
    engine_stats(h->engine, &s);
    return s;
}

static void steps(struct harness *h, int n)
{
    while (n--)
        engine_step(h->engine);
}

static void test_events_of_a_request(void **state)
{
    struct harness *h = *state;
    h->config.prefill_chunk = 8;
    harness_start(h, CPU_SCALAR, 2);
    struct gen_request r = harness_request(h, 5, 20);
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    const struct harness_request *got = harness_of(h, 5);
    assert_int_equal(got->n_queued, 0);
    assert_int_equal(got->n_prefill, 3); /* 8, 8, 4 */
    assert_int_equal(got->prefill_done, 20);
    assert_int_equal(got->prefill_total, 20);
    assert_int_equal(got->choice[0].n_done, 1);
    assert_int_equal(got->choice[0].reason, GEN_FINISH_LENGTH);
    assert_int_equal(got->choice[0].usage.prompt_tokens, 20);
    assert_int_equal(got->choice[0].usage.completion_tokens, 20);
    assert_int_equal(got->choice[0].usage.cached_tokens, 0);
    assert_int_equal(got->choice[0].n_tokens, 20);
    assert_int_equal(stats_of(h).kv_blocks_used, 0);
    assert_int_equal(stats_of(h).prompt_tokens, 20);
    assert_int_equal(stats_of(h).decoded_tokens, 20);
}

/* A machine on which every look at the clock is half a second later. */
static uint64_t slow_ns(void *ctx)
{
    return *(uint64_t *)ctx += 500000000;
}

static void test_slow_steps_get_shorter(void **state)
{
    struct harness *h = *state;
    h->config.prefill_chunk = 512;
    harness_start(h, CPU_SCALAR, 2);
    h->clock.mono_ns = slow_ns;
    struct gen_request r = harness_request(h, 6, 120);
    engine_submit(h->engine, &r);
    uint32_t before = 0, longest = 0;
    for (int i = 0; i < 40 && before < 120; i++) {
        steps(h, 1);
        uint32_t done = harness_of(h, 6)->prefill_done;
        longest = done - before > longest ? done - before : longest;
        before = done;
    }
    assert_int_equal(before, 120);
    assert_in_range(longest, 32, 60); /* 32 at first, when nothing is known yet; then what 600 ms hold at 12 to 16 ms each */
    assert_in_range(harness_of(h, 6)->n_prefill, 3, 4);
    harness_run(h, 1000);
}

static void test_cancel_frees_at_once(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 100);
    r.n_choices = 3;
    engine_submit(h->engine, &r);
    steps(h, 4);
    assert_true(stats_of(h).kv_blocks_used >= 4);
    assert_int_equal(stats_of(h).running, 3);
    engine_cancel(h->engine, 1);
    assert_int_equal(stats_of(h).kv_blocks_used, 0);
    assert_int_equal(stats_of(h).running, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(harness_of(h, 1)->choice[i].reason, GEN_FINISH_CANCELED);
    engine_cancel(h->engine, 1); /* unknown now */
    assert_int_equal(engine_step(h->engine), ENGINE_IDLE);
}

static void test_credit_parks(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    r.credit = 3;
    r.max_tokens = 30;
    engine_submit(h->engine, &r);
    struct gen_request other = harness_request(h, 2, 10);
    other.max_tokens = 30;
    engine_submit(h->engine, &other);
    harness_run(h, 100); /* idle, since what is left is parked */
    const struct harness_choice *slow = &harness_of(h, 1)->choice[0];
    assert_int_equal(slow->n_text_events, 3);
    assert_int_equal(slow->n_done, 0);
    assert_int_equal(harness_of(h, 2)->choice[0].n_done, 1); /* a slow reader stops nobody else */
    assert_int_equal(stats_of(h).parked, 1);
    assert_true(stats_of(h).kv_blocks_used > 0);
    engine_credit(h->engine, 1, 2);
    harness_run(h, 100);
    assert_int_equal(slow->n_text_events, 5);
    engine_credit(h->engine, 1, GEN_CREDIT_UNLIMITED);
    harness_run(h, 100);
    assert_int_equal(slow->n_done, 1);
    assert_int_equal(slow->n_tokens, 30);
    engine_credit(h->engine, 1, 7); /* over: ignored */
}

static void test_credit_is_never_overdrawn(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    r.n_choices = 4;
    r.credit = 0;
    r.echo = true;
    engine_submit(h->engine, &r);
    const struct harness_request *got = harness_of(h, 1);
    uint32_t given = 0, seen = 0;
    for (uint32_t round = 0; round < 60; round++) {
        harness_run(h, 200);
        seen = 0;
        for (int i = 0; i < 4; i++)
            seen += got->choice[i].n_text_events;
        assert_true(seen <= given);
        engine_credit(h->engine, 1, round % 4);
        given += round % 4;
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(got->choice[i].n_done, 1);
}

static void test_deadlines(void **state)
{
    struct harness *h = *state;
    h->config.sequences_max = 1;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request running = harness_request(h, 1, 10), parked = running, queued = running;
    running.deadline_ms = 50;
    running.max_tokens = 400;
    engine_submit(h->engine, &running);
    queued.id = 2;
    queued.deadline_ms = 20;
    engine_submit(h->engine, &queued);
    parked.id = 3;
    parked.priority = 1;
    parked.credit = 0;
    parked.deadline_ms = 70;
    engine_submit(h->engine, &parked);
    assert_int_equal(engine_next_deadline_ns(h->engine), h->now_ns + 20000000);
    steps(h, 3);
    h->now_ns += 20000000;
    steps(h, 1);
    assert_int_equal(harness_of(h, 2)->choice[0].reason, GEN_FINISH_DEADLINE);
    assert_int_equal(harness_of(h, 2)->choice[0].n_done, 1);
    assert_int_equal(harness_of(h, 1)->choice[0].n_done, 0);
    h->now_ns += 30000000;
    steps(h, 1);
    assert_int_equal(harness_of(h, 1)->choice[0].reason, GEN_FINISH_DEADLINE);
    assert_true(harness_of(h, 1)->choice[0].usage.completion_tokens > 0);
    steps(h, 1);
    assert_int_equal(harness_of(h, 3)->choice[0].n_done, 0);
    h->now_ns = engine_next_deadline_ns(h->engine);
    steps(h, 1);
    assert_int_equal(harness_of(h, 3)->choice[0].reason, GEN_FINISH_DEADLINE);
    assert_int_equal(engine_next_deadline_ns(h->engine), 0);
    assert_int_equal(stats_of(h).kv_blocks_used, 0);
}

static void test_queue(void **state)
{
    struct harness *h = *state;
    h->config.sequences_max = 1;
    h->config.queue_max = 2;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    for (r.id = 1; r.id <= 4; r.id++)
        engine_submit(h->engine, &r);
    assert_int_equal(harness_of(h, 1)->n_queued, 0);
    assert_int_equal(harness_of(h, 2)->position, 0);
    assert_int_equal(harness_of(h, 3)->position, 1);
    assert_int_equal(harness_of(h, 4)->n_errors, 1);
    assert_int_equal(harness_of(h, 4)->fault, GEN_FAULT_BUSY);
    engine_cancel(h->engine, 2);
    assert_int_equal(harness_of(h, 3)->position, 0);
    r.id = 5;
    r.priority = 9; /* goes before those that wait */
    engine_submit(h->engine, &r);
    assert_int_equal(harness_of(h, 5)->position, 0);
    assert_int_equal(harness_of(h, 3)->position, 1);
    while (!harness_of(h, 3)->choice[0].n_done) {
        engine_step(h->engine);
        assert_true(harness_of(h, 5)->choice[0].n_done || !harness_of(h, 3)->n_prefill);
    }
    assert_int_equal(stats_of(h).queued, 0);
}

static void test_context(void **state)
{
    struct harness *h = *state;
    h->config.context_tokens = 64;
    harness_start(h, CPU_SCALAR, 1);
    assert_int_equal(engine_context_tokens(h->engine), 64);
    struct gen_request r = harness_request(h, 1, 64);
    engine_submit(h->engine, &r);
    assert_int_equal(harness_of(h, 1)->fault, GEN_FAULT_CONTEXT);
    assert_non_null(strstr(harness_of(h, 1)->message, "64 tokens"));
    r = harness_request(h, 2, 63);
    r.max_tokens = 0;
    engine_submit(h->engine, &r);
    r = harness_request(h, 3, 40);
    r.max_tokens = 1000;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    assert_int_equal(harness_of(h, 2)->choice[0].usage.completion_tokens, 1);
    assert_int_equal(harness_of(h, 2)->choice[0].reason, GEN_FINISH_LENGTH);
    assert_int_equal(harness_of(h, 3)->choice[0].usage.completion_tokens, 24);
}

static void test_wrong_requests(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    static const struct gen_bias bad_bias = {.token = 99999, .bias = 1};
    static const struct str empty_stop = {"", 0};
    static const uint32_t bad_token = 99999;
    struct {
        struct gen_request r;
        const char *param;
    } wrong[13];
    for (uint64_t i = 0; i < 13; i++)
        wrong[i].r = harness_request(h, 100 + i, 10);
    wrong[0].r.sampling.temperature = -1, wrong[0].param = "temperature";
    wrong[1].r.sampling.top_p = 1.5f, wrong[1].param = "top_p";
    wrong[2].r.sampling.min_p = 0.0f / 0.0f, wrong[2].param = "min_p";
    wrong[3].r.n_choices = 0, wrong[3].param = "n";
    wrong[4].r.biases = &bad_bias, wrong[4].r.n_biases = 1, wrong[4].param = "logit_bias";
    wrong[5].r.stops = &empty_stop, wrong[5].r.n_stops = 1, wrong[5].param = "stop";
    wrong[6].r.prompt_tokens = &bad_token, wrong[6].r.n_prompt_tokens = 1, wrong[6].param = "prompt";
    wrong[7].r.n_prompt_tokens = 0, wrong[7].param = "prompt";
    wrong[8].r.top_logprobs = 21, wrong[8].param = "top_logprobs";
    wrong[9].r.sampling.repeat_penalty = 0, wrong[9].param = "repeat_penalty";
    wrong[10].r.tool_choice = GEN_TOOLS_REQUIRED, wrong[10].param = "tools"; /* there are none */
    wrong[11].r.format = GEN_FORMAT_SCHEMA, wrong[11].r.format_text = STR("{\"not\":{}}"), wrong[11].param = "response_format";
    wrong[12].r.kind = GEN_CHAT, wrong[12].r.template_kwargs = STR("{}"), wrong[12].param = "chat_template_kwargs";
    for (uint64_t i = 0; i < 13; i++) {
        engine_submit(h->engine, &wrong[i].r);
        const struct harness_request *got = harness_of(h, 100 + i);
        assert_int_equal(got->n_errors, 1);
        assert_int_equal(got->fault, GEN_FAULT_REQUEST);
        assert_string_equal(got->param, wrong[i].param);
        assert_true(strlen(got->message) > 10);
    }
    assert_int_equal(engine_step(h->engine), ENGINE_IDLE);
}

static void test_choices_share_the_prompt(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 2);
    struct gen_request r = harness_request(h, 1, 100); /* four blocks, the last begun */
    r.n_choices = 8;
    r.sampling.temperature = 1;
    r.sampling.seed = 5;
    r.sampling.has_seed = true;
    engine_submit(h->engine, &r);
    steps(h, 4);
    assert_int_equal(stats_of(h).running, 8);
    assert_int_equal(stats_of(h).kv_blocks_used, 3 + 8); /* three full ones, and each choice's own end */
    harness_run(h, 100);
    uint32_t differ = 0;
    for (int i = 1; i < 8; i++)
        differ += strcmp(harness_of(h, 1)->choice[0].text, harness_of(h, 1)->choice[i].text) != 0;
    assert_true(differ >= 6); /* each choice has its own stream of random numbers */
}

static void test_seeds(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 2);
    for (uint64_t id = 1; id <= 4; id++) {
        struct gen_request r = harness_request(h, 77, 10);
        r.id = id;
        r.sampling.temperature = 1;
        r.sampling.seed = id == 3 ? 6 : 5;
        r.sampling.has_seed = id != 4;
        engine_submit(h->engine, &r);
    }
    harness_run(h, 100);
    assert_string_equal(harness_of(h, 1)->choice[0].text, harness_of(h, 2)->choice[0].text);
    assert_string_not_equal(harness_of(h, 1)->choice[0].text, harness_of(h, 3)->choice[0].text);
    assert_string_not_equal(harness_of(h, 1)->choice[0].text, harness_of(h, 4)->choice[0].text);
}

static void test_stop_echo_and_bias(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    const struct gen_bias only_ab = {.token = HARNESS_AB, .bias = 1000};
    const struct str stop = STR("baba");
    struct gen_request r;
    gen_request_init(&r, GEN_COMPLETE);
    r.id = 1;
    r.prompt = STR("Hi b");
    r.biases = &only_ab;
    r.n_biases = 1;
    r.stops = &stop;
    r.n_stops = 1;
    r.echo = true;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    const struct harness_choice *c = &harness_of(h, 1)->choice[0];
    assert_string_equal(c->text, "Hi ba"); /* abab|ab: the prompt's b is not part of the answer */
    assert_int_equal(c->reason, GEN_FINISH_STOP);
    assert_string_equal(c->stop, "baba");
    assert_int_equal(c->usage.completion_tokens, 3);
}

/* This model has no template: its conversations are plain text (model/chat.h). */
static void test_chat(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    static const struct gen_message messages[] = {{.role = GEN_ROLE_SYSTEM, .content = {"Be brief.", 9}},
                                                  {.role = GEN_ROLE_USER, .content = {"Hi", 2}}};
    const struct gen_bias only_space = {.token = HARNESS_A - 1, .bias = 1000};
    struct gen_request r;
    gen_request_init(&r, GEN_CHAT);
    r.id = 1;
    r.messages = messages;
    r.n_messages = 2;
    r.max_tokens = 3;
    r.biases = &only_space;
    r.n_biases = 1;
    engine_submit(h->engine, &r);
    r.id = 2;
    r.kind = GEN_COMPLETE;
    r.prompt = STR("Hi");
    engine_submit(h->engine, &r);
    r.id = 3;
    r.kind = GEN_CHAT;
    r.n_messages = 0;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    assert_true(harness_of(h, 1)->choice[0].usage.prompt_tokens > 10);
    assert_string_equal(harness_of(h, 1)->choice[0].text, "  ");  /* an answer's first space belongs to the tokenizer */
    assert_string_equal(harness_of(h, 2)->choice[0].text, "   "); /* a continued text's is its own */
    assert_int_equal(harness_of(h, 3)->n_errors, 1);
    assert_int_equal(harness_of(h, 3)->fault, GEN_FAULT_REQUEST);
}

static void test_echo_is_text(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    const struct gen_bias only_a = {.token = HARNESS_A, .bias = 1000};
    struct gen_request r;
    gen_request_init(&r, GEN_COMPLETE);
    r.id = 1;
    r.prompt = STR("x\xff");
    r.echo = true;
    r.max_tokens = 1;
    r.biases = &only_a;
    r.n_biases = 1;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    assert_string_equal(harness_of(h, 1)->choice[0].text, "x\xef\xbf\xbd\x61");
}

static void test_end_token(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    const struct gen_bias only_end = {.token = vocab_info(llama->vocab)->eos, .bias = 1000};
    struct gen_request r = harness_request(h, 1, 10);
    r.biases = &only_end;
    r.n_biases = 1;
    engine_submit(h->engine, &r);
    r.id = 2;
    r.ignore_eos = false;
    engine_submit(h->engine, &r);
    harness_run(h, 100);
    assert_int_equal(harness_of(h, 1)->choice[0].reason, GEN_FINISH_LENGTH);
    assert_int_equal(harness_of(h, 2)->choice[0].reason, GEN_FINISH_STOP);
    assert_string_equal(harness_of(h, 2)->choice[0].text, "");
    assert_int_equal(harness_of(h, 2)->choice[0].usage.completion_tokens, 1);
}

static void test_broken_weights(void **state)
{
    struct harness *h = *state;
    struct model *broken = harness_model("llama", true);
    h->model = broken;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    r.n_choices = 2;
    engine_submit(h->engine, &r);
    harness_run(h, 10);
    assert_int_equal(harness_of(h, 1)->n_errors, 1);
    assert_int_equal(harness_of(h, 1)->fault, GEN_FAULT_MODEL);
    assert_int_equal(stats_of(h).kv_blocks_used, 0);
    harness_stop(h);
    model_free(broken);
    harness_init(h, llama);
    harness_start(h, CPU_SCALAR, 1);
}

static void test_same_id_twice(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    engine_submit(h->engine, &r);
    engine_submit(h->engine, &r);
    assert_int_equal(harness_of(h, 1)->fault, GEN_FAULT_REQUEST);
}

static void test_more_choices_than_sequences(void **state)
{
    struct harness *h = *state;
    h->config.sequences_max = 2;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = harness_request(h, 1, 10);
    r.n_choices = GEN_CHOICES_MAX;
    engine_submit(h->engine, &r);
    harness_run(h, 1000);
    for (int i = 0; i < GEN_CHOICES_MAX; i++) {
        assert_int_equal(harness_of(h, 1)->choice[i].n_done, 1);
        assert_string_equal(harness_of(h, 1)->choice[i].text, harness_of(h, 1)->choice[0].text); /* greedy */
    }
}

static void test_configs(void **state)
{
    struct harness *h = *state;
    struct engine *en = NULL;
    struct err e = {0};
    harness_start(h, CPU_SCALAR, 1);
    struct engine_config c = h->config;
    c.kv_bytes_max = 4 * HARNESS_BLOCK_BYTES;
    c.context_tokens = 4 * 32 + 1;
    assert_int_equal(engine_create(llama, h->pool, kernels_for(CPU_SCALAR), &c, &en, &e), ERR_NOMEM);
    assert_null(en);
    c.context_tokens = 0; /* cut to what the budget holds */
    assert_int_equal(engine_create(llama, h->pool, kernels_for(CPU_SCALAR), &c, &en, &e), OK);
    assert_int_equal(engine_context_tokens(en), 128);
    engine_free(en);
    c.kv_bytes_max = 1 << 30;
    assert_int_equal(engine_create(llama, h->pool, kernels_for(CPU_SCALAR), &c, &en, &e), OK);
    assert_int_equal(engine_context_tokens(en), HARNESS_CONTEXT);
    engine_free(en);
    c.sequences_max = 0;
    assert_int_equal(engine_create(llama, h->pool, kernels_for(CPU_SCALAR), &c, &en, &e), ERR_INVAL);
    engine_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_of_a_request),
        TEST(test_slow_steps_get_shorter),
        TEST(test_cancel_frees_at_once),
        TEST(test_credit_parks),
        TEST(test_credit_is_never_overdrawn),
        TEST(test_deadlines),
        TEST(test_queue),
        TEST(test_context),
        TEST(test_wrong_requests),
        TEST(test_choices_share_the_prompt),
        TEST(test_seeds),
        TEST(test_stop_echo_and_bias),
        TEST(test_chat),
        TEST(test_echo_is_text),
        TEST(test_end_token),
        TEST(test_broken_weights),
        TEST(test_same_id_twice),
        TEST(test_more_choices_than_sequences),
        TEST(test_configs),
    };
    return cmocka_run_group_tests(tests, setup_models, teardown_models);
}
