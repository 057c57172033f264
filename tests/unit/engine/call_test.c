/* Calls that must come: whatever the model's weights say, they are whole and their arguments satisfy the schema. */
#include "harness.h"

#include <jansson.h>
#include <stdlib.h>

enum { RUNS = 40 };

#define SCHEMA                                                                                                \
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":6},\"days\":{\"type\":" \
    "\"integer\",\"minimum\":1,\"maximum\":9}},\"required\":[\"city\",\"days\"],\"additionalProperties\":false}"

static const struct gen_tool tools[] = {
    {.name = {"weather", 7}, .parameters = {SCHEMA, sizeof SCHEMA - 1}}, {.name = {"time", 4}}, /* takes nothing */
};
static const struct gen_message hi = {.role = GEN_ROLE_USER, .content = {"Hi", 2}};

static int start(void **state, const char *template_text)
{
    struct harness *h = calloc(1, sizeof *h);
    struct model *m = harness_model("llama", false);
    toolform_free(m->toolform);
    assert_int_equal(toolform_create(str_of(template_text), m->vocab, &m->toolform), OK);
    harness_init(h, m);
    h->config.context_tokens = 2048;
    h->config.kv_bytes_max = 8 << 20;
    harness_start(h, CPU_SCALAR, 1);
    *state = h;
    return 0;
}

static int stop(void **state)
{
    struct harness *h = *state;
    harness_stop(h);
    model_free(h->model);
    free(h);
    return 0;
}

static struct gen_request request(uint64_t id)
{
    struct gen_request r;
    gen_request_init(&r, GEN_CHAT);
    r.id = id;
    r.messages = &hi;
    r.n_messages = 1;
    r.tools = tools;
    r.n_tools = 2;
    r.tool_choice = GEN_TOOLS_REQUIRED;
    r.parallel_tool_calls = false;
    r.max_tokens = 400;
    r.sampling.temperature = 1.5f;
    r.sampling.seed = id;
    r.sampling.has_seed = true;
    return r;
}

static bool valid_weather(struct str arguments)
{
    json_t *v = json_loadb(arguments.ptr, arguments.len, 0, NULL), *city = json_object_get(v, "city"), *days = json_object_get(v, "days");
    bool valid = json_object_size(v) == 2 && json_is_string(city) && json_is_integer(days) && json_integer_value(days) >= 1 &&
                 json_integer_value(days) <= 9;
    json_decref(v);
    return valid;
}

static bool valid(const char *call)
{
    struct str s = str_of(call);
    return str_starts(s, STR("weather(")) ? valid_weather(str_skip(s, 8)) : str_eq(s, STR("time({}"));
}

static void every_call_is_valid(const char *form)
{
    void *state;
    start(&state, form);
    struct harness *h = state;
    bool seen[2] = {false, false};
    for (uint64_t id = 1; id <= RUNS; id++) {
        struct gen_request r = request(id);
        engine_submit(h->engine, &r);
        harness_run(h, 2000);
        const struct harness_request *got = harness_of(h, id);
        const struct harness_choice *c = &got->choice[0];
        if (got->n_errors)
            fail_msg("%s", got->message);
        if (c->n_calls != 1 || !valid(c->calls))
            fail_msg("%s: %s", form, c->calls);
        assert_int_equal(c->reason, GEN_FINISH_TOOL_CALLS);
        assert_string_equal(c->text, "");
        seen[c->calls[0] == 't'] = true;
    }
    assert_true(seen[0] && seen[1]);
    stop(&state);
}

static void required_calls_of_every_form(void **state)
{
    (void)state;
    static const char *const forms[] = {"",
                                        "tools <tool_call> <think>",
                                        "tools <|start_header_id|> \"parameters\"",
                                        "tools [TOOL_CALLS]",
                                        "tools [TOOL_CALLS] [ARGS]",
                                        "tools <｜tool▁calls▁begin｜> ```json",
                                        "tools <|channel|> <|message|>"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        every_call_is_valid(forms[i]);
}

static int start_generic(void **state)
{
    return start(state, "");
}

static void a_named_function_is_called(void **state)
{
    struct harness *h = *state;
    struct gen_request r = request(1);
    r.tool_choice = GEN_TOOLS_NAMED;
    r.tool_choice_name = STR("time");
    r.parallel_tool_calls = true;
    engine_submit(h->engine, &r);
    harness_run(h, 2000);
    assert_int_equal(harness_of(h, 1)->choice[0].n_calls, 1);
    assert_string_equal(harness_of(h, 1)->choice[0].calls, "time({}");
}

/* A model that writes what it likes is not made to call, and one that begins a call must finish it. */
static void auto_holds_what_was_begun(void **state)
{
    struct harness *h = *state;
    struct gen_request r = request(1);
    r.tool_choice = GEN_TOOLS_AUTO;
    r.max_tokens = 30;
    const struct gen_bias only_a = {.token = HARNESS_A, .bias = 1000};
    r.biases = &only_a;
    r.n_biases = 1;
    engine_submit(h->engine, &r);
    harness_run(h, 2000);
    assert_string_equal(harness_of(h, 1)->choice[0].text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(harness_of(h, 1)->choice[0].n_calls, 0);
}

static void what_cannot_be_enforced_is_refused(void **state)
{
    static const struct gen_tool bad[] = {
        {.name = {"f", 1}, .parameters = {"{\"type\":\"string\"}", 17}},
        {.name = {"f", 1}, .parameters = {"{\"type\":\"object\",\"properties\":{\"a\":{\"not\":{\"enum\":[1]}}}}", 56}},
        {.name = {"f", 1}, .parameters = {"[", 1}},
        {.name = {"a b", 3}},
        {.name = {"", 0}},
    };
    static const struct gen_tool twice[] = {{.name = {"f", 1}}, {.name = {"f", 1}}};
    struct harness *h = *state;
    for (uint64_t i = 0; i < sizeof bad / sizeof *bad + 1; i++) {
        struct gen_request r = request(100 + i);
        bool last = i == sizeof bad / sizeof *bad;
        r.tools = last ? twice : &bad[i];
        r.n_tools = last ? 2 : 1;
        engine_submit(h->engine, &r);
        assert_int_equal(harness_of(h, 100 + i)->n_errors, 1);
        assert_int_equal(harness_of(h, 100 + i)->fault, GEN_FAULT_REQUEST);
        assert_string_equal(harness_of(h, 100 + i)->param, "tools");
    }
    struct gen_request r = request(200);
    r.tool_choice = GEN_TOOLS_NAMED;
    r.tool_choice_name = STR("nobody");
    engine_submit(h->engine, &r);
    assert_int_equal(harness_of(h, 200)->fault, GEN_FAULT_REQUEST);
    assert_int_equal(harness_of(h, 200)->n_errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_calls_of_every_form),
        cmocka_unit_test_setup_teardown(a_named_function_is_called, start_generic, stop),
        cmocka_unit_test_setup_teardown(auto_holds_what_was_begun, start_generic, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_enforced_is_refused, start_generic, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
