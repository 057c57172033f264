/* Anthropic's Messages: each field as a translation, and how answers look. */
#include "api/anthropic/anthropic.h"
#include "fake.h"
#include "translate.h"

#define HI                             "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define SAME(fields, like)             translate_same(t, anthropic_parse, "{" HI "," fields "}", api_parse_chat, "{" HI "," like "}")
#define WRONG(fields, param, sentence) translate_refuses(t, anthropic_parse, "{" HI "," fields "}", param, sentence)

static void plain_fields(struct translate *t)
{
    SAME("\"model\":\"a\",\"max_tokens\":5", "\"model\":\"a\",\"max_tokens\":5");
    SAME("\"temperature\":0.25,\"top_p\":0.5,\"top_k\":7", "\"temperature\":0.25,\"top_p\":0.5,\"top_k\":7");
    SAME("\"stop_sequences\":[\"a\",\"b\"]", "\"stop\":[\"a\",\"b\"]");
    SAME("\"metadata\":{\"user_id\":\"u\",\"more\":1}", "\"user\":\"u\"");
    SAME("\"cache_control\":{\"type\":\"ephemeral\"},\"service_tier\":\"auto\",\"inference_geo\":\"eu\"", "\"n\":1");
    SAME("\"container\":\"\",\"mcp_servers\":[],\"context_management\":null", "\"n\":1");
    translate_same(t, anthropic_parse, "{" HI ",\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}",
                   api_parse_chat, "{\"messages\":[{\"role\":\"system\",\"content\":\"ab\"},{\"role\":\"user\",\"content\":\"hi\"}]}");
    struct api_request r = translate_accepts(t, anthropic_parse, "{" HI ",\"stream\":true}");
    assert_true(r.stream && r.hides_reasoning);
    api_request_deinit(&r);
    WRONG("\"model\":7", "model", "a string");
    WRONG("\"max_tokens\":0", "max_tokens", "from 1");
    WRONG("\"temperature\":\"hot\"", "temperature", "a string");
    WRONG("\"top_k\":-1", "top_k", "from 0");
    WRONG("\"top_p\":2", "top_p", "from 0 to 1");
    WRONG("\"stop_sequences\":[1]", "stop_sequences[0]", "a string");
    WRONG("\"stop_sequences\":[\"\"]", "stop_sequences[0]", "must have 1 to");
    WRONG("\"metadata\":[]", "metadata", "an object");
    WRONG("\"metadata\":{\"user_id\":7}", "metadata.user_id", "a string");
    WRONG("\"system\":7", "system", "text blocks");
    WRONG("\"system\":[{\"type\":\"image\"}]", "system[0].type", "only text");
    WRONG("\"stream\":\"yes\"", "stream", "boolean");
    WRONG("\"container\":\"c\"", "container", "not supported");
    WRONG("\"mcp_servers\":[{}]", "mcp_servers", "not supported");
    WRONG("\"context_management\":{\"edits\":[]}", "context_management", "not supported");
}

static void tools_and_thinking(struct translate *t)
{
    struct api_request r = translate_accepts(
        t, anthropic_parse,
        "{" HI
        ",\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"},\"cache_control\":null}],\"tool_choice\":"
        "{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true},\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},"
        "\"output_config\":{\"effort\":\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}}");
    assert_int_equal(r.gen.n_tools, 1);
    assert_true(str_eq(r.gen.tools[0].parameters, STR("{\"type\":\"object\"}")));
    assert_int_equal(r.gen.tool_choice, GEN_TOOLS_NAMED);
    assert_true(str_eq(r.gen.tool_choice_name, STR("f")));
    assert_false(r.gen.parallel_tool_calls);
    assert_int_equal(r.gen.thinking, GEN_THINK_ON);
    assert_int_equal(r.gen.think_budget, 1024);
    assert_false(r.hides_reasoning);
    assert_true(str_eq(r.gen.reasoning_effort, STR("low")));
    assert_int_equal(r.gen.format, GEN_FORMAT_SCHEMA);
    assert_true(str_eq(r.gen.format_text, STR("{\"type\":\"object\"}")));
    api_request_deinit(&r);
    r = translate_accepts(t, anthropic_parse,
                          "{" HI ",\"tool_choice\":{\"type\":\"any\"},\"thinking\":{\"type\":\"disabled\"},"
                          "\"output_format\":{\"type\":\"json_schema\",\"schema\":{}}}");
    assert_int_equal(r.gen.tool_choice, GEN_TOOLS_REQUIRED);
    assert_int_equal(r.gen.thinking, GEN_THINK_OFF);
    assert_int_equal(r.gen.format, GEN_FORMAT_SCHEMA);
    api_request_deinit(&r);
    r = translate_accepts(t, anthropic_parse,
                          "{" HI ",\"tool_choice\":{\"type\":\"none\"},\"thinking\":{\"type\":\"adaptive\",\"display\":1}}");
    assert_int_equal(r.gen.tool_choice, GEN_TOOLS_NONE);
    assert_int_equal(r.gen.thinking, GEN_THINK_ON);
    api_request_deinit(&r);
    WRONG("\"tools\":{}", "tools", "an array");
    WRONG("\"tools\":[{}]", "tools[0].name", "missing");
    WRONG("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web\"}]", "tools[0].type", "no tools run here");
    WRONG("\"tools\":[{\"name\":\"f\",\"input_schema\":[]}]", "tools[0].input_schema", "object");
    WRONG("\"tool_choice\":\"any\"", "tool_choice", "an object");
    WRONG("\"tool_choice\":{}", "tool_choice.type", "missing");
    WRONG("\"tool_choice\":{\"type\":\"tool\"}", "tool_choice.name", "missing");
    WRONG("\"tool_choice\":{\"type\":\"some\"}", "tool_choice.type", "\"auto\"");
    WRONG("\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":1}", "tool_choice.disable_parallel_tool_use", "a boolean");
    WRONG("\"thinking\":true", "thinking", "an object");
    WRONG("\"thinking\":{}", "thinking.type", "missing");
    WRONG("\"thinking\":{\"type\":\"hard\"}", "thinking.type", "\"enabled\"");
    WRONG("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":0}", "thinking.budget_tokens", "from 1");
    WRONG("\"output_config\":[]", "output_config", "an object");
    WRONG("\"output_config\":{\"format\":{\"type\":\"xml\"}}", "output_config.format", "json_schema");
    WRONG("\"output_format\":{\"type\":\"json_schema\"}", "output_format", "a schema");
}

static void conversations(struct translate *t)
{
    struct api_request r = translate_accepts(
        t, anthropic_parse,
        "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
        "\"thinking\":\"hm\",\"signature\":\"\"},{\"type\":\"redacted_thinking\",\"data\":\"x\"},{\"type\":\"text\",\"text\":\"I "
        "\"},{\"type\":"
        "\"text\",\"text\":\"see\"},{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}]},{\"role\":\"user\","
        "\"content\":["
        "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"2\"}],\"is_error\":false},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"c2\"},{\"type\":\"text\",\"text\":\"go "
        "on\"}]},{\"role\":\"assistant\",\"content\":\"So\"}]}");
    const struct gen_message *m = r.gen.messages;
    assert_int_equal(r.gen.n_messages, 7);
    assert_int_equal(m[0].role, GEN_ROLE_SYSTEM);
    assert_true(str_eq(m[2].content, STR("I see")) && str_eq(m[2].reasoning, STR("hm")));
    assert_int_equal(m[2].n_tool_calls, 1);
    assert_true(str_eq(m[2].tool_calls[0].arguments, STR("{\"a\":1}")) && str_eq(m[2].tool_calls[0].id, STR("c1")));
    assert_int_equal(m[3].role, GEN_ROLE_TOOL);
    assert_true(str_eq(m[3].content, STR("2")) && str_eq(m[3].name, STR("f")) && str_eq(m[3].tool_call_id, STR("c1")));
    assert_true(m[4].role == GEN_ROLE_TOOL && !m[4].name.len);
    assert_true(m[5].role == GEN_ROLE_USER && str_eq(m[5].content, STR("go on")));
    assert_true(r.gen.continue_last);
    api_request_deinit(&r);
    static const struct {
        const char *messages, *param, *sentence;
    } wrong[] = {
        {"[]", "messages", "missing"},
        {"{}", "messages", "an array"},
        {"[7]", "messages[0]", "an object"},
        {"[{\"role\":\"system\",\"content\":\"x\"}]", "messages[0].role", "'system'"},
        {"[{\"role\":\"user\"}]", "messages[0].content", "missing"},
        {"[{\"role\":\"user\",\"content\":[]}]", "messages", "say nothing"},
        {"[{\"role\":\"user\",\"content\":[7]}]", "messages[0].content[0]", "a block"},
        {"[{\"role\":\"user\",\"content\":[{}]}]", "messages[0].content[0].type", "missing"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]", "messages[0].content[0].type", "'image'"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\"}]}]", "messages[0].content[0].type", "message of the user"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":7}]}]", "messages[0].content[0].text", "a string"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}]", "messages[0].content[0].tool_use_id", "missing"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"image\"}]}]}]",
         "messages[0].content[0].content[0].type", "only text"},
        {"[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\"}]}]", "messages[0].content[0].thinking", "missing"},
        {"[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"\",\"name\":\"f\",\"input\":{}}]}]",
         "messages[0].content[0].id", "must have 1 to"},
        {"[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":\"{}\"}]}]",
         "messages[0].content[0].input", "an object"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char body[400];
        snprintf(body, sizeof body, "{\"messages\":%s}", wrong[i].messages);
        translate_refuses(t, anthropic_parse, body, wrong[i].param, wrong[i].sentence);
    }
}

static void every_field_is_a_translation(void **state)
{
    (void)state;
    struct translate t;
    translate_init(&t);
    plain_fields(&t);
    tools_and_thinking(&t);
    conversations(&t);
    translate_covers(&t, anthropic_fields, anthropic_n_fields);
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
    fake_event(t, (struct gen_event){.type = GEN_PREFILL, .prefill = {4, 10, 4}});
    fake_event(t, (struct gen_event){.type = GEN_REASONING, .text = {.text = STR("hm")}});
    fake_text(t, 0, "Hi");
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {0, STR("c1"), STR("f"), STR("{\"a\"")}});
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {.index = 0, .arguments = STR(":1}")}});
}

static struct http_exchange *ask(struct fake *f, const char *more)
{
    char body[300];
    snprintf(body, sizeof body, "{" HI "%s}", more);
    return fake_request(f, "POST", "/v1/messages", "x-api-key: anything\nanthropic-version: 2023-06-01\n", body);
}

static void a_whole_answer(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = ask(f, ",\"thinking\":{\"type\":\"enabled\"}");
    think_and_call(last(f));
    fake_done(last(f), 0, GEN_FINISH_TOOL_CALLS);
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"id\":\"msg_");
    assert_has(
        x,
        "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"tiny\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
        "\"signature\":\"\"},{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}],"
        "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":6,\"output_tokens\":3,"
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":4}}");
    x = ask(f, "");
    think_and_call(last(f));
    fake_event(last(f), (struct gen_event){.type = GEN_DONE, .done = {.reason = GEN_FINISH_STOP, .stop = STR("END")}});
    assert_has_not(x, "thinking"); /* it was not asked for */
    assert_has(x, "\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\"");
}

static void a_stream_of_blocks(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = ask(f, ",\"stream\":true,\"thinking\":{\"type\":\"enabled\"}");
    think_and_call(last(f));
    fake_done(last(f), 0, GEN_FINISH_TOOL_CALLS);
    assert_true(x->complete);
    static const char *const events[] = {
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_",
        "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":6,\"output_tokens\":0,",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}",
        "{\"type\":\"content_block_stop\",\"index\":1}",
        "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{}}"
        "}",
        "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}}",
        "{\"type\":\"input_json_delta\",\"partial_json\":\":1}\"}}",
        "{\"type\":\"content_block_stop\",\"index\":2}",
        "event: message_delta\ndata: "
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    };
    ptrdiff_t at = 0;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        ptrdiff_t next = str_find(buf_str(&x->body), str_of(events[i]), (size_t)at);
        if (next < 0)
            fail_msg("not there, or in another order: %s\n" STR_FMT, events[i], STR_ARG(buf_str(&x->body)));
        at = next;
    }
}

static void hidden_thoughts_cost_no_credit(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = ask(f, ",\"stream\":true");
    for (int i = 0; i < 64; i++)
        fake_event(last(f), (struct gen_event){.type = GEN_REASONING, .text = {.text = STR("hm")}});
    assert_int_equal(last(f)->credit, 64);
    fake_end(x, true);
    assert_true(last(f)->canceled);
}

static void tokens_are_counted(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/v1/messages/count_tokens", NULL, "{" HI ",\"stream\":true}");
    fake_event(last(f), (struct gen_event){.type = GEN_QUEUED});
    assert_false(x->complete);
    fake_event(last(f), (struct gen_event){.type = GEN_PREFILL, .prefill = {1, 12, 0}});
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"input_tokens\":12}");
    assert_true(last(f)->canceled);
}

static void errors_in_its_words(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/v1/messages", NULL, "{}");
    assert_int_equal(x->status, 400);
    assert_has(x, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"'messages' is missing\"}}");
    x = ask(f, ",\"model\":\"nobody\"");
    assert_has(x, "\"type\":\"not_found_error\"");
    x = ask(f, ",\"stream\":true");
    fake_text(last(f), 0, "a");
    fake_error(last(f), GEN_FAULT_BUSY, "busy", "");
    assert_has(x, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_a_translation),
        cmocka_unit_test_setup_teardown(a_whole_answer, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_stream_of_blocks, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(hidden_thoughts_cost_no_credit, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(tokens_are_counted, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(errors_in_its_words, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
