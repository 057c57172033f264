/* OpenAI's Responses: each field as a translation, and how answers look. Storing is tested end to end. */
#include "api/responses/responses.h"
#include "fake.h"
#include "translate.h"

#define HI                             "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define SAME(fields, like)             translate_same(t, responses_parse, "{\"input\":\"hi\"," fields "}", api_parse_chat, "{" HI "," like "}")
#define WRONG(fields, param, sentence) translate_refuses(t, responses_parse, "{\"input\":\"hi\"," fields "}", param, sentence)

static void plain_fields(struct translate *t)
{
    SAME("\"model\":\"a\",\"max_output_tokens\":5", "\"model\":\"a\",\"max_tokens\":5");
    SAME("\"temperature\":0.25,\"top_p\":0.5,\"user\":\"u\"", "\"temperature\":0.25,\"top_p\":0.5,\"user\":\"u\"");
    SAME("\"stream_options\":{},\"max_tool_calls\":3,\"safety_identifier\":\"x\",\"prompt_cache_key\":\"k\",\"prompt_cache_retention\":"
         "\"24h\","
         "\"include\":[\"reasoning.encrypted_content\"],\"service_tier\":\"auto\",\"truncation\":\"disabled\",\"metadata\":{\"a\":\"b\"}",
         "\"n\":1");
    SAME("\"top_logprobs\":null,\"background\":false,\"conversation\":null,\"prompt\":{}", "\"n\":1");
    translate_same(t, responses_parse, "{\"input\":\"hi\",\"instructions\":\"s\"}", api_parse_chat,
                   "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"hi\"}]}");
    struct api_request r = translate_accepts(t, responses_parse, "{\"input\":\"hi\",\"stream\":true,\"previous_response_id\":\"resp_1\"}");
    assert_true(r.stream && r.stores);
    api_request_deinit(&r);
    r = translate_accepts(t, responses_parse, "{\"input\":\"hi\",\"store\":false}");
    assert_false(r.stores);
    api_request_deinit(&r);
    WRONG("\"model\":7", "model", "a string");
    WRONG("\"max_output_tokens\":0", "max_output_tokens", "from 1");
    WRONG("\"temperature\":3", "temperature", "from 0 to 2");
    WRONG("\"top_p\":2", "top_p", "from 0 to 1");
    WRONG("\"user\":7", "user", "a string");
    WRONG("\"instructions\":[]", "instructions", "a string");
    WRONG("\"stream\":1", "stream", "boolean");
    WRONG("\"store\":1", "store", "boolean");
    WRONG("\"previous_response_id\":7", "previous_response_id", "a string");
    WRONG("\"metadata\":{\"a\":1}", "metadata", "short strings");
    WRONG("\"truncation\":\"auto\"", "truncation", "never cut");
    WRONG("\"top_logprobs\":5", "top_logprobs", "not supported");
    WRONG("\"background\":true", "background", "not supported");
    WRONG("\"conversation\":\"c\"", "conversation", "not supported");
    WRONG("\"prompt\":{\"id\":\"p\"}", "prompt", "not supported");
}

static void tools_and_text(struct translate *t)
{
    struct api_request r = translate_accepts(t, responses_parse,
                                             "{\"input\":\"hi\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\","
                                             "\"parameters\":{\"type\":\"object\"},\"strict\":"
                                             "true}],\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"},\"parallel_tool_calls\":false,"
                                             "\"reasoning\":{\"effort\":\"low\",\"summary\":"
                                             "\"auto\"},\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"type\":"
                                             "\"object\"}},\"verbosity\":\"low\"}}");
    assert_int_equal(r.gen.n_tools, 1);
    assert_true(r.gen.tools[0].strict && str_eq(r.gen.tools[0].parameters, STR("{\"type\":\"object\"}")));
    assert_int_equal(r.gen.tool_choice, GEN_TOOLS_NAMED);
    assert_true(str_eq(r.gen.tool_choice_name, STR("f")));
    assert_false(r.gen.parallel_tool_calls);
    assert_int_equal(r.gen.thinking, GEN_THINK_ON);
    assert_true(str_eq(r.gen.reasoning_effort, STR("low")));
    assert_int_equal(r.gen.format, GEN_FORMAT_SCHEMA);
    assert_true(str_eq(r.gen.format_text, STR("{\"type\":\"object\"}")));
    api_request_deinit(&r);
    r = translate_accepts(t, responses_parse,
                          "{\"input\":\"hi\",\"tool_choice\":\"required\",\"reasoning\":{\"effort\":\"none\"},"
                          "\"text\":{\"format\":{\"type\":\"json_object\"}}}");
    assert_int_equal(r.gen.tool_choice, GEN_TOOLS_REQUIRED);
    assert_int_equal(r.gen.thinking, GEN_THINK_OFF);
    assert_int_equal(r.gen.format, GEN_FORMAT_JSON);
    api_request_deinit(&r);
    WRONG("\"tools\":{}", "tools", "an array");
    WRONG("\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type", "no tools run here");
    WRONG("\"tools\":[{\"type\":\"function\"}]", "tools[0].name", "missing");
    WRONG("\"tool_choice\":\"some\"", "tool_choice", "\"auto\"");
    WRONG("\"tool_choice\":{\"type\":\"function\"}", "tool_choice", "name");
    WRONG("\"parallel_tool_calls\":1", "parallel_tool_calls", "boolean");
    WRONG("\"reasoning\":\"low\"", "reasoning", "an object");
    WRONG("\"reasoning\":{\"effort\":\"most\"}", "reasoning.effort", "minimal");
    WRONG("\"text\":\"json\"", "text", "an object");
    WRONG("\"text\":{\"format\":{\"type\":\"json_schema\"}}", "text.format", "a schema");
}

static void items(struct translate *t)
{
    struct api_request r = translate_accepts(
        t, responses_parse,
        "{\"input\":[{\"role\":\"developer\",\"content\":\"d\"},{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_"
        "text\","
        "\"text\":\"a\"},{\"type\":\"input_text\",\"text\":\"b\"}]},{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[],\"content\":[{"
        "\"type\":"
        "\"reasoning_text\",\"text\":\"hm\"}]},{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
        "\"text\":\"x\"}]},"
        "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call\",\"call_id\":"
        "\"c2\","
        "\"name\":\"g\",\"arguments\":\"{\\\"a\\\":1}\"},{\"type\":\"function_call_output\",\"call_id\":\"c2\",\"output\":\"2\"}]}");
    const struct gen_message *m = r.gen.messages;
    assert_int_equal(r.gen.n_messages, 4);
    assert_true(m[0].role == GEN_ROLE_SYSTEM && str_eq(m[1].content, STR("ab")));
    assert_true(str_eq(m[2].reasoning, STR("hm")) && str_eq(m[2].content, STR("x")));
    assert_int_equal(m[2].n_tool_calls, 2);
    assert_true(str_eq(m[2].tool_calls[1].name, STR("g")) && str_eq(m[2].tool_calls[1].arguments, STR("{\"a\":1}")));
    assert_true(m[3].role == GEN_ROLE_TOOL && str_eq(m[3].name, STR("g")) && str_eq(m[3].content, STR("2")));
    api_request_deinit(&r);
    static const struct {
        const char *input, *param, *sentence;
    } wrong[] = {
        {"null", "input", "missing"},
        {"7", "input", "an array of items"},
        {"[]", "input", "1 to"},
        {"[7]", "input[0]", "an item"},
        {"[{\"type\":\"reasoning\",\"summary\":[]}]", "input", "says nothing"},
        {"[{\"role\":\"robot\",\"content\":\"x\"}]", "input[0].role", "'robot'"},
        {"[{\"role\":\"user\"}]", "input[0].content", "missing"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}]", "input[0].content[0].type", "only text"},
        {"[{\"type\":\"item_reference\",\"id\":\"x\"}]", "input[0].type", "cannot be read"},
        {"[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"}]", "input[0].call_id", "missing"},
        {"[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"[\"}]", "input[0].arguments", "object"},
        {"[{\"type\":\"function_call_output\",\"output\":\"x\"}]", "input[0].call_id", "missing"},
        {"[{\"type\":\"function_call_output\",\"call_id\":\"c\"}]", "input[0].output", "missing"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char body[400];
        snprintf(body, sizeof body, "{\"input\":%s}", wrong[i].input);
        translate_refuses(t, responses_parse, body, wrong[i].param, wrong[i].sentence);
    }
}

static void every_field_is_a_translation(void **state)
{
    (void)state;
    struct translate t;
    translate_init(&t);
    plain_fields(&t);
    tools_and_text(&t);
    items(&t);
    translate_covers(&t, responses_fields, responses_n_fields);
    translate_deinit(&t);
}

/* ---- answers */

static struct ticket *last(struct fake *f)
{
    assert_true(f->rt.n_tickets > 0);
    return &f->rt.tickets[f->rt.n_tickets - 1];
}

static void think_and_call(struct ticket *t)
{
    fake_event(t, (struct gen_event){.type = GEN_REASONING, .text = {.text = STR("hm")}});
    fake_text(t, 0, "H");
    fake_text(t, 0, "i");
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {0, STR("c1"), STR("f"), STR("{\"a\"")}});
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {.index = 0, .arguments = STR(":1}")}});
}

/* The ids are random but for their beginning; the answer's is the items', too. */
#define OUTPUT_1 \
    "\"type\":\"reasoning\",\"status\":\"completed\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}]}"
#define OUTPUT_2                                                                                                                   \
    "\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"," \
    "\"annotations\":[],\"logprobs\":[]}]}"
#define OUTPUT_3 "\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}"

static void a_whole_answer(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/v1/responses", NULL,
                                           "{\"input\":\"hi\",\"metadata\":{\"k\":\"v\"},\"temperature\":0.5,\"max_output_tokens\":9}");
    think_and_call(last(f));
    fake_done(last(f), 0, GEN_FINISH_TOOL_CALLS);
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"id\":\"resp_");
    assert_has(x, "\"object\":\"response\",\"created_at\":1700000000,\"status\":\"completed\"");
    assert_has(x, OUTPUT_1 ",{\"id\":\"msg_");
    assert_has(x, OUTPUT_2 ",{\"id\":\"fc_");
    assert_has(x, OUTPUT_3 "],");
    assert_has(x, "\"metadata\":{\"k\":\"v\"}");
    assert_has(x, "\"temperature\":0.5");
    assert_has(x, "\"max_output_tokens\":9");
    assert_has(x, "\"store\":false"); /* there is no store here */
    assert_has(
        x, "\"usage\":{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":3,\"output_tokens_details\":{"
           "\"reasoning_tokens\":0},\"total_tokens\":13}");
    x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":\"hi\"}");
    fake_text(last(f), 0, "cut");
    fake_done(last(f), 0, GEN_FINISH_LENGTH);
    assert_has(x,
               "\"status\":\"incomplete\",\"background\":false,\"error\":null,\"incomplete_details\":{\"reason\":\"max_output_tokens\"}");
}

static void a_stream_of_events(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":\"hi\",\"stream\":true}");
    think_and_call(last(f));
    fake_done(last(f), 0, GEN_FINISH_TOOL_CALLS);
    assert_true(x->complete);
    static const char *const events[] = {
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_",
        "\"response.in_progress\",\"sequence_number\":1",
        "\"response.output_item.added\",\"sequence_number\":2,\"output_index\":0,\"item\":{\"id\":\"rs_",
        "\"response.content_part.added\",\"sequence_number\":3",
        "\"response.reasoning_text.delta\",\"sequence_number\":4",
        "\"response.reasoning_text.done\",\"sequence_number\":5",
        "\"response.content_part.done\"",
        "\"response.output_item.done\"",
        "\"response.output_item.added\",\"sequence_number\":8,\"output_index\":1,\"item\":{\"id\":\"msg_",
        "\"response.output_text.delta\",\"sequence_number\":10",
        "\"delta\":\"H\"",
        "\"delta\":\"i\"",
        "\"response.output_text.done\",\"sequence_number\":12",
        "\"text\":\"Hi\"",
        OUTPUT_2,
        "\"response.output_item.added\",\"sequence_number\":15,\"output_index\":2,\"item\":{\"id\":\"fc_",
        "\"response.function_call_arguments.delta\"",
        "\"delta\":\"{\\\"a\\\"\"",
        "\"response.function_call_arguments.done\"",
        "\"arguments\":\"{\\\"a\\\":1}\"",
        OUTPUT_3,
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":20",
        OUTPUT_1,
        OUTPUT_2,
        OUTPUT_3,
    };
    ptrdiff_t at = 0;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        ptrdiff_t next = str_find(buf_str(&x->body), str_of(events[i]), (size_t)at);
        if (next < 0)
            fail_msg("not there, or in another order: %s\n" STR_FMT, events[i], STR_ARG(buf_str(&x->body)));
        at = next;
    }
}

static void errors(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":3}");
    assert_int_equal(x->status, 400);
    assert_has(x, "\"param\":\"input\"");
    x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":\"hi\",\"stream\":true}");
    fake_text(last(f), 0, "a");
    fake_error(last(f), GEN_FAULT_INTERNAL, "broken", "");
    assert_has(x, "event: error\ndata: {\"type\":\"error\",\"sequence_number\":");
    assert_has(x, "\"message\":\"broken\"");
    x = fake_request(f, "GET", "/v1/responses/resp_1", NULL, "");
    assert_int_equal(x->status, 503); /* no store here */
    x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":\"hi\",\"previous_response_id\":\"resp_1\"}");
    assert_int_equal(x->status, 503);
    x = fake_request(f, "POST", "/v1/responses", NULL, "{\"input\":\"hi\",\"stream\":true}");
    fake_text(last(f), 0, "a");
    fake_end(x, true);
    assert_true(last(f)->canceled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_a_translation),
        cmocka_unit_test_setup_teardown(a_whole_answer, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_stream_of_events, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(errors, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
