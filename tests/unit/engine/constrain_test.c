/* Answers of a format: what is written is always one of the grammar's, alone and in company, greedy and lively, with guesses and without.
 */
#include "harness.h"

#include <stdlib.h>

static struct model *llama;

static int set_up_model(void **state)
{
    (void)state;
    llama = harness_model("llama", false);
    return llama ? 0 : -1;
}

static int tear_down_model(void **state)
{
    (void)state;
    model_free(llama);
    return 0;
}

static int set_up(void **state)
{
    struct harness *h = calloc(1, sizeof *h);
    harness_init(h, llama);
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    struct harness *h = *state;
    harness_stop(h);
    free(h);
    return 0;
}

static struct gen_request request(struct harness *h, uint64_t id, enum gen_format f, const char *text, float temperature)
{
    struct gen_request r = harness_request(h, id, 12);
    r.format = f;
    r.format_text = str_of(text);
    r.max_tokens = 200;
    r.sampling.temperature = temperature;
    r.sampling.has_seed = true;
    r.sampling.seed = id;
    return r;
}

static struct str text_of(struct harness *h, uint64_t id, uint32_t choice)
{
    const struct harness_choice *c = &harness_of(h, id)->choice[choice];
    return str_from(c->text, c->len);
}

/* (ab)+c, and nothing else. */
static bool is_pattern(struct str s)
{
    size_t i = 0;
    while (i + 2 <= s.len && s.ptr[i] == 'a' && s.ptr[i + 1] == 'b')
        i += 2;
    return i && i + 1 == s.len && s.ptr[i] == 'c';
}

static void test_texts_match(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 2);
    for (uint64_t id = 1; id <= 6; id++) {
        struct gen_request r = request(h, id, GEN_FORMAT_REGEX, "(ab){1,20}c", id % 2 ? 1.5f : 0);
        r.n_choices = id % 3 ? 1 : 4;
        r.sampling.top_k = id == 5 ? 3 : 0;
        r.sampling.top_p = id == 3 ? 0.5f : 1;
        r.logprobs = id == 4;
        engine_submit(h->engine, &r);
    }
    harness_run(h, 2000);
    for (uint64_t id = 1; id <= 6; id++)
        for (uint32_t i = 0; i < (id % 3 ? 1 : 4); i++) {
            assert_int_equal(harness_of(h, id)->n_errors, 0);
            assert_int_equal(harness_of(h, id)->choice[i].reason, GEN_FINISH_STOP);
            if (!is_pattern(text_of(h, id, i)))
                fail_msg("'" STR_FMT "' does not match", STR_ARG(text_of(h, id, i)));
        }
}

/* The same request alone, in company, parked now and then, with guesses and without: the same text. */
static void test_company_changes_nothing(void **state)
{
    struct harness *h = *state;
    char alone[4096];
    size_t len = 0;
    for (int round = 0; round < 3; round++) {
        h->config.speculate = round != 1;
        harness_start(h, CPU_SCALAR, 2);
        struct gen_request r = request(h, 9, GEN_FORMAT_REGEX, "(ab|ba|abb){30,40}", 1.0f),
                           other = request(h, 2, GEN_FORMAT_JSON, "", 1.0f);
        if (round == 2) {
            engine_submit(h->engine, &other);
            r.credit = 3;
        }
        engine_submit(h->engine, &r);
        harness_run(h, 2000);
        for (int i = 0; i < 200 && round == 2; i++) {
            engine_credit(h->engine, 9, 1);
            harness_run(h, 100);
        }
        struct str text = text_of(h, 9, 0);
        assert_true(text.len >= 60);
        if (round)
            assert_true(str_eq(text, str_from(alone, len)));
        memcpy(alone, text.ptr, len = text.len);
        harness_stop(h);
        harness_init(h, llama);
    }
    harness_start(h, CPU_SCALAR, 1);
}

static void test_a_text_that_is_cut_says_so(void **state)
{
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    struct gen_request r = request(h, 1, GEN_FORMAT_REGEX, "a{50}", 0);
    r.max_tokens = 10;
    engine_submit(h->engine, &r);
    r = request(h, 2, GEN_FORMAT_REGEX, "b{10}", 0);
    r.max_tokens = 10;
    engine_submit(h->engine, &r);
    harness_run(h, 200);
    assert_int_equal(harness_of(h, 1)->choice[0].reason, GEN_FINISH_LENGTH);
    assert_int_equal(harness_of(h, 2)->choice[0].reason, GEN_FINISH_STOP);
    assert_str(text_of(h, 2, 0), "bbbbbbbbbb");
}

static void test_refusals_come_before_a_token(void **state)
{
    static const struct {
        enum gen_format f;
        const char *text, *param;
    } rows[] = {
        {GEN_FORMAT_SCHEMA, "{\"not\":{}}", "response_format"},
        {GEN_FORMAT_REGEX, "(", "regex"},
        {GEN_FORMAT_REGEX, "(?:)", "regex"},
        {GEN_FORMAT_CHOICE, "[]", "choice"},
        {GEN_FORMAT_GBNF, "root ::= x", "grammar"},
    };
    struct harness *h = *state;
    harness_start(h, CPU_SCALAR, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gen_request r = request(h, i + 1, rows[i].f, rows[i].text, 0);
        engine_submit(h->engine, &r);
        const struct harness_request *got = harness_of(h, i + 1);
        assert_int_equal(got->n_errors, 1);
        assert_int_equal(got->fault, GEN_FAULT_REQUEST);
        assert_string_equal(got->param, rows[i].param);
    }
    assert_int_equal(engine_step(h->engine), ENGINE_IDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_company_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_text_that_is_cut_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals_come_before_a_token, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, set_up_model, tear_down_model);
}
