/* Ollama's API: each field as a translation, and how answers look. */
#include "api/ollama/ollama.h"
#include "fake.h"
#include "translate.h"

#define HI                  "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define SAME(options, like) translate_same(t, ollama_parse_chat, "{" HI ",\"options\":{" options "}}", api_parse_chat, "{" HI "," like "}")
#define WRONG(options, param, sentence) \
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"options\":{" options "}}", "options." param, sentence)

static void options_are_sampling(struct translate *t)
{
    SAME("\"temperature\":0.25", "\"temperature\":0.25");
    SAME("\"top_k\":7,\"top_p\":0.5,\"min_p\":0.125", "\"top_k\":7,\"top_p\":0.5,\"min_p\":0.125");
    SAME("\"repeat_penalty\":1.25,\"repeat_last_n\":9", "\"repeat_penalty\":1.25,\"repeat_last_n\":9");
    SAME("\"repeat_last_n\":-1", "\"repeat_last_n\":65536");
    SAME("\"presence_penalty\":0.5,\"frequency_penalty\":-0.5", "\"presence_penalty\":0.5,\"frequency_penalty\":-0.5");
    SAME("\"seed\":42", "\"seed\":42");
    SAME("\"num_predict\":5", "\"max_tokens\":5");
    SAME("\"num_predict\":-1", "\"n\":1");
    SAME("\"num_predict\":-2", "\"n\":1");
    SAME("\"stop\":[\"a\",\"b\"]", "\"stop\":[\"a\",\"b\"]");
    SAME("\"stop\":\"a\"", "\"stop\":\"a\"");
    /* what is only taken as long as it changes nothing */
    SAME("\"typical_p\":1.0,\"tfs_z\":1,\"mirostat\":0", "\"n\":1");
    SAME(
        "\"mirostat_tau\":5,\"mirostat_eta\":\"x\",\"penalize_newline\":true,\"num_ctx\":9,\"num_keep\":1,\"num_batch\":2,\"num_thread\":3,"
        "\"num_gpu\":1,\"main_gpu\":0,\"low_vram\":true,\"numa\":false,\"use_mmap\":true,\"use_mlock\":true,\"vocab_only\":false,\"f16_"
        "kv\":true",
        "\"n\":1");
    WRONG("\"temperature\":2.5", "temperature", "a number from 0 to 2, but is 2.5");
    WRONG("\"top_k\":-1", "top_k", "integer");
    WRONG("\"top_p\":\"x\"", "top_p", "a string");
    WRONG("\"min_p\":2", "min_p", "from 0 to 1");
    WRONG("\"repeat_penalty\":0", "repeat_penalty", "from 0.01");
    WRONG("\"repeat_last_n\":-2", "repeat_last_n", "from -1");
    WRONG("\"presence_penalty\":3", "presence_penalty", "from -2 to 2");
    WRONG("\"frequency_penalty\":[]", "frequency_penalty", "an array");
    WRONG("\"seed\":0.5", "seed", "an integer");
    WRONG("\"num_predict\":0", "num_predict", "more than 0");
    WRONG("\"num_predict\":\"all\"", "num_predict", "a string");
    WRONG("\"typical_p\":0.5", "typical_p", "not there");
    WRONG("\"tfs_z\":0.5", "tfs_z", "not there");
    WRONG("\"mirostat\":2", "mirostat", "not there");
    translate_covers(t, ollama_option_fields, ollama_n_option_fields);
}

static void chat_fields(struct translate *t)
{
    translate_same(t, ollama_parse_chat, "{\"model\":\"a:latest\"," HI ",\"keep_alive\":\"5m\"}", api_parse_chat,
                   "{\"model\":\"a\"," HI "}");
    struct api_request r = translate_accepts(t, ollama_parse_chat, "{" HI "}");
    assert_true(r.stream); /* the default */
    api_request_deinit(&r);
    r = translate_accepts(t, ollama_parse_chat, "{" HI ",\"stream\":false,\"think\":\"high\",\"format\":\"json\",\"logprobs\":false}");
    assert_false(r.stream);
    assert_int_equal(r.gen.thinking, GEN_THINK_ON);
    assert_true(str_eq(r.gen.reasoning_effort, STR("high")));
    assert_int_equal(r.gen.format, GEN_FORMAT_JSON);
    api_request_deinit(&r);
    r = translate_accepts(t, ollama_parse_chat, "{" HI ",\"think\":false,\"format\":{\"type\": \"object\"}}");
    assert_int_equal(r.gen.thinking, GEN_THINK_OFF);
    assert_int_equal(r.gen.format, GEN_FORMAT_SCHEMA);
    assert_true(str_eq(r.gen.format_text, STR("{\"type\":\"object\"}")));
    api_request_deinit(&r);
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"think\":\"very\"}", "think", "must be a boolean");
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"format\":\"xml\"}", "format", "JSON Schema");
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"stream\":1}", "stream", "a boolean");
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"options\":[]}", "options", "an object");
    translate_refuses(t, ollama_parse_chat, "{\"model\":7}", "model", "a string");
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"logprobs\":true}", "logprobs", "not supported");
    translate_refuses(t, ollama_parse_chat, "{" HI ",\"top_logprobs\":3}", "top_logprobs", "not supported");
    translate_covers(t, ollama_common_fields, ollama_n_common_fields);
}

static void conversations(struct translate *t)
{
    struct api_request r = translate_accepts(
        t, ollama_parse_chat,
        "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"assistant\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":"
        "{\"name\":\"f\",\"arguments\":{\"a\":[1]}}}]},{\"role\":\"tool\",\"content\":\"2\",\"tool_name\":\"f\",\"tool_call_id\":\"c1\","
        "\"images\":[]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":"
        "\"object\"}}}]}");
    const struct gen_message *m = r.gen.messages;
    assert_int_equal(r.gen.n_messages, 3);
    assert_true(str_eq(m[1].reasoning, STR("hm")));
    assert_int_equal(m[1].n_tool_calls, 1);
    assert_true(str_eq(m[1].tool_calls[0].arguments, STR("{\"a\":[1]}")));
    assert_true(str_eq(m[2].name, STR("f")) && str_eq(m[2].tool_call_id, STR("c1")) && m[2].role == GEN_ROLE_TOOL);
    assert_int_equal(r.gen.n_tools, 1);
    assert_true(str_eq(r.gen.tools[0].name, STR("f")) && str_eq(r.gen.tools[0].description, STR("d")));
    assert_true(str_eq(r.gen.tools[0].parameters, STR("{\"type\":\"object\"}")));
    api_request_deinit(&r);
    static const struct {
        const char *body, *param, *sentence;
    } wrong[] = {
        {"{\"messages\":{}}", "messages", "an array"},
        {"{\"messages\":[7]}", "messages[0]", "an object"},
        {"{\"messages\":[{\"content\":\"x\"}]}", "messages[0].role", "missing"},
        {"{\"messages\":[{\"role\":\"god\",\"content\":\"x\"}]}", "messages[0].role", "'god'"},
        {"{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content", "missing"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[]}]}", "messages[0].content", "a string"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"aa\"]}]}", "messages[0].images", "only text"},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages[0].tool_calls[0].function", "missing"},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"arguments\":{}}}]}]}",
         "messages[0].tool_calls[0].function.name", "missing"},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}]}",
         "messages[0].tool_calls[0].function.arguments", "object"},
        {"{" HI ",\"tools\":[{\"type\":\"browser\"}]}", "tools[0].type", "functions"},
        {"{" HI ",\"tools\":[{\"type\":\"function\"}]}", "tools[0].function", "missing"},
        {"{" HI ",\"tools\":[{\"type\":\"function\",\"function\":{}}]}", "tools[0].function.name", "missing"},
        {"{" HI ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":3}}]}", "tools[0].function.parameters",
         "object"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        translate_refuses(t, ollama_parse_chat, wrong[i].body, wrong[i].param, wrong[i].sentence);
    translate_covers(t, ollama_chat_fields, ollama_n_chat_fields);
}

static void generate_fields(struct translate *t)
{
    translate_same(t, ollama_parse_generate, "{\"prompt\":\"hi\",\"suffix\":\"\",\"images\":[],\"template\":\"\",\"context\":[]}",
                   api_parse_chat, "{" HI "}");
    translate_same(t, ollama_parse_generate, "{\"prompt\":\"hi\",\"system\":\"s\"}", api_parse_chat,
                   "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"hi\"}]}");
    translate_same(t, ollama_parse_generate, "{\"prompt\":\"hi\",\"raw\":true}", api_parse_completion, "{\"prompt\":\"hi\"}");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":7}", "prompt", "a string");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"suffix\":\"b\"}", "suffix", "infill");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"images\":[\"b\"]}", "images", "only text");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"template\":\"b\"}", "template", "chat format");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"context\":[1]}", "context", "/api/chat");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"raw\":true,\"system\":\"b\"}", "system", "raw");
    translate_refuses(t, ollama_parse_generate, "{\"prompt\":\"a\",\"raw\":3}", "raw", "boolean");
    translate_covers(t, ollama_generate_fields, ollama_n_generate_fields);
}

static void every_field_is_a_translation(void **state)
{
    (void)state;
    static void (*const parts[])(struct translate *) = {options_are_sampling, chat_fields, conversations, generate_fields};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct translate t;
        translate_init(&t);
        parts[i](&t);
        translate_deinit(&t);
    }
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
    fake_text(t, 0, "Hi");
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {0, STR("c1"), STR("f"), STR("{\"a\"")}});
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {.index = 0, .arguments = STR(":1}")}});
    fake_event(t, (struct gen_event){.type = GEN_TOOL_CALL, .tool_call = {1, STR("c2"), STR("g"), STR("{\"cut")}});
}

#define CALLS "\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\":1}}}]"

static void a_whole_answer(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/api/chat", NULL, "{\"model\":\"tiny:latest\"," HI ",\"stream\":false}");
    fake_event(last(f), (struct gen_event){.type = GEN_LOADING, .loading = {0.5f}});
    think_and_call(last(f));
    fake_done(last(f), 0, GEN_FINISH_LENGTH);
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"model\":\"tiny\",\"created_at\":\"2023-11-14T22:13:20.000Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
                  "\"thinking\":\"hm\"," CALLS "},\"done\":true,\"done_reason\":\"length\"");
    assert_has(x, "\"prompt_eval_count\":10,\"prompt_eval_duration\":2000000,\"eval_count\":3,\"eval_duration\":4000000}");
}

static void a_stream_of_lines(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/api/chat", NULL, "{" HI "}");
    assert_int_equal(last(f)->q.credit, 64);
    think_and_call(last(f));
    assert_string_equal(x->content_type, "application/x-ndjson");
    fake_done(last(f), 0, GEN_FINISH_TOOL_CALLS);
    assert_true(x->complete);
    assert_has(x, "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}\n{");
    assert_has(x, "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n{");
    assert_has(x, "\"content\":\"\"," CALLS "},\"done\":false}\n{");
    assert_has(x, "\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"");
    assert_true(str_ends(buf_str(&x->body), STR("}\n")));
}

static void slow_readers_park(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/api/generate", NULL, "{\"prompt\":\"p\"}");
    x->slow = true;
    for (int i = 0; i < 40; i++)
        fake_text(last(f), 0, "a");
    assert_int_equal(last(f)->credit, 0);
    fake_drain(x);
    assert_int_equal(last(f)->credit, 40);
    fake_end(x, true);
    assert_true(last(f)->canceled);
}

static void errors_in_its_words(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/api/chat", NULL, "{\"messages\":3}");
    assert_int_equal(x->status, 400);
    assert_has(x, "{\"error\":\"'messages' must be an array, but is 3\"}");
    x = fake_request(f, "GET", "/api/chat", NULL, "");
    assert_int_equal(x->status, 405);
    assert_has(x, "{\"error\":\"");
    x = fake_request(f, "POST", "/api/generate", NULL, "{\"prompt\":\"p\"}");
    fake_text(last(f), 0, "a");
    fake_error(last(f), GEN_FAULT_INTERNAL, "broken", "");
    assert_true(str_ends(buf_str(&x->body), STR("{\"error\":\"broken\"}\n")));
    x = fake_request(f, "POST", "/api/create", NULL, "{}");
    assert_int_equal(x->status, 501);
    x = fake_request(f, "POST", "/api/show", NULL, "{\"verbose\":true}");
    assert_int_equal(x->status, 400);
    assert_has(x, "'model' is missing");
    x = fake_request(f, "POST", "/api/pull", NULL, "{\"model\":\"a/b\",\"insecure\":true}");
    assert_int_equal(x->status, 400);
}

static void models_by_name(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "GET", "/api/tags", NULL, "");
    assert_has(x, "{\"models\":[{\"name\":\"tiny:latest\",\"model\":\"tiny:latest\",\"modified_at\":\"");
    x = fake_request(f, "POST", "/api/show", NULL, "{\"name\":\"tiny:latest\"}");
    assert_int_equal(x->status, 200);
    assert_has(x, "\"capabilities\":[\"completion\"");
    x = fake_request(f, "GET", "/api/version", NULL, "");
    assert_has(x, "{\"version\":\"1.2.3\"}");
    x = fake_request(f, "POST", "/api/chat", NULL, "{\"model\":\"tiny\",\"messages\":[]}");
    assert_non_null(f->rt.tokens_fn); /* asks for the tokens of nothing, which loads it */
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){0}, NULL);
    assert_has(x, "\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"load\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_a_translation),
        cmocka_unit_test_setup_teardown(a_whole_answer, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_stream_of_lines, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(slow_readers_park, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(errors_in_its_words, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(models_by_name, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
