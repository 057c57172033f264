/* JSON to gen's messages, and the sentences of refusals. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "api/request.h"
#include "gen/codec.h"

struct fixture {
    struct arena arena;
    struct api_request r;
    struct api_error e;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_make(16 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    api_request_deinit(&f->r);
    arena_free(&f->arena);
    free(f);
    return 0;
}

typedef int parse_fn(struct str, size_t, struct arena *, struct api_request *, struct api_error *);

static void again(struct fixture *f)
{
    api_request_deinit(&f->r);
    arena_free(&f->arena);
    f->e = (struct api_error){0};
}

static void accepts(struct fixture *f, parse_fn *parse, const char *body)
{
    again(f);
    int rc = parse(str_of(body), 32, &f->arena, &f->r, &f->e);
    if (rc)
        print_error("%s\n%s\n", body, f->e.message);
    assert_int_equal(rc, OK);
    /* What is accepted here can be sent to an engine. */
    struct buf b = buf_make(1 << 20);
    struct gen_request g = api_request_for_prompt(&f->r, 0);
    assert_int_equal(gen_put_request(&b, &g), OK);
    buf_free(&b);
}

static void refuses(struct fixture *f, parse_fn *parse, const char *body, const char *param, const char *sentence)
{
    again(f);
    f->r = (struct api_request){0};
    int rc = parse(str_of(body), 32, &f->arena, &f->r, &f->e);
    if (rc != ERR_INVAL || strcmp(f->e.param, param) || !strstr(f->e.message, sentence))
        print_error("%s\nparam '%s': %s\n", body, f->e.param, f->e.message);
    assert_int_equal(rc, ERR_INVAL);
    assert_int_equal(f->e.status, 400);
    assert_string_equal(f->e.param, param);
    assert_non_null(strstr(f->e.message, sentence));
    assert_null(f->r.root); /* untouched */
}

#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define TOOL                                                                                                                              \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":" \
    "\"integer\"}}}}}]"

/* Small pieces are what JSON becomes largest by. */
static void values_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct buf b = buf_make(8 << 20);
    buf_puts(&b, "{\"messages\":[{}");
    for (int i = 0; i < 230000; i++)
        buf_puts(&b, ",{}");
    buf_puts(&b, "]}");
    assert_int_equal(api_parse_chat(buf_str(&b), 32, &f->arena, &f->r, &f->e), ERR_INVAL);
    assert_string_equal(f->e.code, "json_too_large");
    buf_free(&b);
}

static void chat_reads_every_field(void **state)
{
    struct fixture *f = *state;
    accepts(f, api_parse_chat,
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":5,\"max_completion_tokens\":7,"
            "\"n\":3,\"stop\":[\"a\",\"bc\"],\"seed\":-1,\"temperature\":0.5,\"top_k\":9,\"top_p\":0.25,\"min_p\":0.125,\"presence_"
            "penalty\":-2,"
            "\"frequency_penalty\":2,\"repetition_penalty\":1.5,\"repeat_last_n\":11,\"logit_bias\":{\"7\":-100,\"8\":1.5},\"user\":\"u\","
            "\"logprobs\":true,\"top_logprobs\":20,\"nobody_knows\":[{}],\"response_format\":{\"type\":\"text\"},\"tools\":[],"
            "\"tool_choice\":\"auto\",\"modalities\":[\"text\"],\"audio\":null," HI "}");
    const struct gen_request *g = &f->r.gen;
    assert_int_equal(g->kind, GEN_CHAT);
    assert_str(f->r.model, "m");
    assert_true(f->r.stream && f->r.include_usage);
    assert_int_equal(g->max_tokens, 7);
    assert_int_equal(g->n_choices, 3);
    assert_int_equal(g->n_stops, 2);
    assert_str(g->stops[1], "bc");
    assert_true(g->sampling.has_seed && g->sampling.seed == UINT64_MAX);
    assert_true(g->sampling.temperature == 0.5f && g->sampling.top_p == 0.25f && g->sampling.min_p == 0.125f);
    assert_int_equal(g->sampling.top_k, 9);
    assert_true(g->sampling.presence_penalty == -2 && g->sampling.frequency_penalty == 2 && g->sampling.repeat_penalty == 1.5f);
    assert_int_equal(g->sampling.repeat_last_n, 11);
    assert_int_equal(g->n_biases, 2);
    assert_int_equal(g->biases[0].token + g->biases[1].token, 15);
    assert_str(g->owner, "u");
    assert_true(g->logprobs && g->top_logprobs == 20);
    assert_int_equal(g->n_messages, 1);
    assert_str(g->messages[0].content, "hi");
}

static void chat_without_fields_has_defaults(void **state)
{
    struct fixture *f = *state;
    accepts(f, api_parse_chat, "{" HI ",\"temperature\":null,\"stop\":null,\"n\":null}");
    assert_int_equal(f->r.gen.n_choices, 1);
    assert_int_equal(f->r.gen.max_tokens, 0);
    assert_int_equal(f->r.model.len, 0);
    assert_false(f->r.stream || f->r.gen.logprobs || f->r.gen.sampling.has_seed);
    assert_memory_equal(&f->r.gen.sampling.temperature, &gen_sampling_default.temperature, sizeof(float));
}

static void chat_reads_roles_and_parts(void **state)
{
    struct fixture *f = *state;
    accepts(f, api_parse_chat,
            "{\"messages\":[{\"role\":\"developer\",\"content\":\"d\"},{\"role\":\"user\",\"name\":\"x\",\"content\":[{\"type\":\"text\","
            "\"text\":"
            "\"one \"},{\"type\":\"text\",\"text\":\"two\"}]},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]},"
            "{\"role\":\"tool\",\"content\":\"t\"},{\"role\":\"user\",\"content\":[]},{\"role\":\"user\",\"content\":\"a\\u0000b\"}]}");
    const struct gen_message *m = f->r.gen.messages;
    assert_int_equal(m[0].role, GEN_ROLE_SYSTEM);
    assert_str(m[1].content, "one two");
    assert_int_equal(m[2].role, GEN_ROLE_ASSISTANT);
    assert_str(m[2].content, "");
    assert_int_equal(m[3].role, GEN_ROLE_TOOL);
    assert_str(m[4].content, "");
    assert_int_equal(m[5].content.len, 3);
    accepts(f, api_parse_chat,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}],\"continue_final_message\":"
            "true}");
    assert_true(f->r.gen.continue_last);
}

static void chat_refuses_by_name(void **state)
{
    static const struct {
        const char *fields, *param, *sentence;
    } rows[] = {
        {"\"temperature\":\"hot\"", "temperature", "must be a number from 0 to 2, but is a string"},
        {"\"temperature\":2.5", "temperature", "but is 2.5"},
        {"\"temperature\":-0.1", "temperature", "but is -0.1"},
        {"\"n\":0", "n", "an integer from 1 to 16, but is 0"},
        {"\"n\":17", "n", "but is 17"},
        {"\"n\":1.5", "n", "but is 1.5"},
        {"\"n\":-9223372036854775808", "n", "but is -92233"},
        {"\"max_tokens\":0", "max_tokens", "but is 0"},
        {"\"max_completion_tokens\":4294967296", "max_completion_tokens", "but is 4294967296"},
        {"\"stream\":1", "stream", "a boolean"},
        {"\"stream_options\":true", "stream_options", "an object"},
        {"\"stream_options\":{\"include_usage\":\"yes\"}", "stream_options.include_usage", "a boolean"},
        {"\"stop\":5", "stop", "a string or an array of strings"},
        {"\"stop\":[\"a\",5]", "stop[1]", "a string"},
        {"\"stop\":\"\"", "stop", "0 bytes"},
        {"\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]", "stop",
         "17 strings"},
        {"\"seed\":1.5", "seed", "an integer"},
        {"\"logit_bias\":[]", "logit_bias", "an object"},
        {"\"logit_bias\":{\"x\":1}", "logit_bias", "not a token id"},
        {"\"logit_bias\":{\"-1\":1}", "logit_bias", "not a token id"},
        {"\"logit_bias\":{\"99999999999\":1}", "logit_bias", "not a token id"},
        {"\"logit_bias\":{\"1\":101}", "logit_bias.1", "from -100 to 100"},
        {"\"top_logprobs\":3", "top_logprobs", "needs 'logprobs'"},
        {"\"logprobs\":5", "logprobs", "a boolean"},
        {"\"logprobs\":true,\"top_logprobs\":21", "top_logprobs", "from 0 to 20"},
        {"\"model\":7", "model", "a string"},
        {"\"user\":[]", "user", "a string"},
        {"\"response_format\":{\"type\":\"xml\"}", "response_format.type", "json_schema"},
        {"\"response_format\":{\"type\":\"json_schema\"}", "response_format.json_schema", "missing"},
        {"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}", "response_format.json_schema.schema", "missing"},
        {"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":3}}", "response_format.json_schema.schema",
         "a JSON Schema"},
        {"\"response_format\":{\"type\":\"json_object\"},\"regex\":\"a\"", "regex", "second format"},
        {"\"choice\":\"a\"", "choice", "array"},
        {"\"regex\":\"\"", "regex", "regular expression"},
        {"\"grammar\":[]", "grammar", "a string"},
        {"\"response_format\":\"text\"", "response_format", "an object"},
        {"\"tools\":{}", "tools", "an array"},
        {"\"tools\":[{\"type\":\"function\"}]", "tools[0].function", "missing"},
        {"\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type", "functions"},
        {"\"tools\":[{\"type\":\"function\",\"function\":{\"description\":\"x\"}}]", "tools[0].function.name", "missing"},
        {"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":7}}]", "tools[0].function.parameters", "an object"},
        {"\"functions\":[{\"name\":\"f\"}]", "functions", "use tools"},
        {"\"tool_choice\":\"required\"", "tool_choice", "there are no 'tools'"},
        {"\"tool_choice\":\"maybe\"", "tool_choice", "\"required\""},
        {"\"tool_choice\":{\"type\":\"function\"}", "tool_choice.function", "missing"},
        {"\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":5}}", "tool_choice.function.name", "a string"},
        {TOOL ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice", "not among 'tools'"},
        {"\"parallel_tool_calls\":1", "parallel_tool_calls", "a boolean"},
        {"\"reasoning_effort\":\"huge\"", "reasoning_effort", "\"high\""},
        {"\"thinking_budget\":0", "thinking_budget", "from 1"},
        {"\"include_reasoning\":\"no\"", "include_reasoning", "a boolean"},
        {"\"modalities\":[\"text\",\"audio\"]", "modalities", "text only"},
        {"\"audio\":{\"voice\":\"alloy\"}", "audio", "text only"},
        {"\"continue_final_message\":true", "continue_final_message", "assistant"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[1000];
        snprintf(body, sizeof body, "{" HI ",%s}", rows[i].fields);
        refuses(f, api_parse_chat, body, rows[i].param, rows[i].sentence);
    }
    accepts(f, api_parse_chat, "{" HI "," TOOL ",\"tool_choice\":\"none\"}");
    assert_int_equal(f->r.gen.tool_choice, GEN_TOOLS_NONE);
    accepts(f, api_parse_chat, "{" HI ",\"n\":2.0}");
    assert_int_equal(f->r.gen.n_choices, 2);
}

static void chat_with_tools(void **state)
{
    struct fixture *f = *state;
    accepts(f, api_parse_chat,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\","
            "\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": 1}\"}}]},"
            "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"42\"}]}]," TOOL
            ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"parallel_tool_calls\":false,"
            "\"reasoning_effort\":\"none\",\"include_reasoning\":false}");
    const struct gen_request *g = &f->r.gen;
    assert_int_equal(g->n_messages, 3);
    assert_int_equal(g->messages[1].n_tool_calls, 1);
    assert_str(g->messages[1].tool_calls[0].arguments, "{\"a\": 1}");
    assert_str(g->messages[1].reasoning, "hm");
    assert_str(g->messages[2].tool_call_id, "c1");
    assert_str(g->messages[2].content, "42");
    assert_int_equal(g->n_tools, 1);
    assert_str(g->tools[0].parameters, "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}");
    assert_int_equal(g->tool_choice, GEN_TOOLS_NAMED);
    assert_str(g->tool_choice_name, "f");
    assert_false(g->parallel_tool_calls);
    assert_int_equal(g->thinking, GEN_THINK_OFF);
    assert_true(f->r.hides_reasoning);
    accepts(f, api_parse_chat, "{" HI ",\"reasoning_effort\":\"low\"}");
    assert_int_equal(f->r.gen.thinking, GEN_THINK_DEFAULT);
    assert_str(f->r.gen.reasoning_effort, "low");
    assert_true(f->r.gen.parallel_tool_calls);
}

static void chat_refuses_messages(void **state)
{
    static const struct {
        const char *messages, *param, *sentence;
    } rows[] = {
        {"5", "messages", "an array of messages, but is 5"},
        {"[]", "messages", "0 messages"},
        {"[7]", "messages[0]", "an object"},
        {"[{}]", "messages[0].role", "missing"},
        {"[{\"role\":7}]", "messages[0].role", "a string"},
        {"[{\"role\":\"function\",\"content\":\"\"}]", "messages[0].role", "'function'"},
        {"[{\"role\":\"user\"}]", "messages[0].content", "missing"},
        {"[{\"role\":\"user\",\"content\":null}]", "messages[0].content", "missing"},
        {"[{\"role\":\"user\",\"content\":{}}]", "messages[0].content", "text parts"},
        {"[{\"role\":\"user\",\"content\":[5]}]", "messages[0].content[0]", "an object"},
        {"[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]", "messages[0].content[0].type", "missing"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]", "messages[0].content[0].type", "'image_url'"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]", "messages[0].content[0].text", "missing"},
        {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":1}]}]", "messages[0].content[0].text", "a string"},
        {"[{\"role\":\"assistant\",\"tool_calls\":[{}]}]", "messages[0].tool_calls[0].function", "missing"},
        {"[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}]",
         "messages[0].tool_calls[0].function.arguments", "the JSON text of an object"},
        {"[{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\"}}]", "messages[0].function_call", "use tool_calls"},
        {"[{\"role\":\"tool\",\"tool_call_id\":7,\"content\":\"\"}]", "messages[0].tool_call_id", "a string"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[400];
        snprintf(body, sizeof body, "{\"messages\":%s}", rows[i].messages);
        refuses(f, api_parse_chat, body, rows[i].param, rows[i].sentence);
    }
    refuses(f, api_parse_chat, "{}", "messages", "missing");
    refuses(f, api_parse_chat, "{\"messages\":null}", "messages", "missing");

    struct buf many = buf_make(1 << 20);
    buf_puts(&many, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}");
    for (int i = 0; i < GEN_MESSAGES_MAX; i++)
        buf_puts(&many, ",{\"role\":\"user\",\"content\":\"x\"}");
    buf_puts(&many, "]}");
    refuses(f, api_parse_chat, buf_cstr(&many), "messages", "4097 messages");
    buf_free(&many);
}

static void completion_reads_prompts(void **state)
{
    struct fixture *f = *state;
    accepts(f, api_parse_completion, "{\"prompt\":\"once\",\"echo\":true,\"logprobs\":0,\"suffix\":\"\",\"best_of\":1}");
    assert_int_equal(f->r.n_prompts, 1);
    struct gen_request g = api_request_for_prompt(&f->r, 0);
    assert_int_equal(g.kind, GEN_COMPLETE);
    assert_str(g.prompt, "once");
    assert_true(g.echo && g.logprobs && g.top_logprobs == 0);

    accepts(f, api_parse_completion, "{\"prompt\":[\"a\",\"b\"],\"n\":2,\"best_of\":2}");
    assert_int_equal(f->r.n_prompts, 2);
    assert_str(api_request_for_prompt(&f->r, 1).prompt, "b");

    accepts(f, api_parse_completion, "{\"prompt\":[1,2,3]}");
    g = api_request_for_prompt(&f->r, 0);
    assert_int_equal(g.kind, GEN_TOKENS);
    assert_int_equal(g.n_prompt_tokens, 3);
    assert_int_equal(g.prompt_tokens[2], 3);

    accepts(f, api_parse_completion, "{\"prompt\":[[1],\"x\",[2,3]]}");
    assert_int_equal(f->r.n_prompts, 3);
    assert_int_equal(api_request_for_prompt(&f->r, 1).kind, GEN_COMPLETE);
    assert_int_equal(api_request_for_prompt(&f->r, 2).n_prompt_tokens, 2);
}

static void completion_refuses_by_name(void **state)
{
    static const struct {
        const char *body, *param, *sentence;
    } rows[] = {
        {"{}", "prompt", "missing"},
        {"{\"prompt\":7}", "prompt", "an array of token ids"},
        {"{\"prompt\":[]}", "prompt", "0 prompts"},
        {"{\"prompt\":[[]]}", "prompt[0]", "no tokens"},
        {"{\"prompt\":[true]}", "prompt[0]", "a string or"},
        {"{\"prompt\":[1,\"x\"]}", "prompt[1]", "a token id"},
        {"{\"prompt\":[[1],[-1]]}", "prompt[1][0]", "a token id, but is -1"},
        {"{\"prompt\":[2147483648]}", "prompt[0]", "a token id"},
        {"{\"prompt\":\"x\",\"logprobs\":true}", "logprobs", "an integer from 0 to 20"},
        {"{\"prompt\":\"x\",\"logprobs\":21}", "logprobs", "but is 21"},
        {"{\"prompt\":\"x\",\"suffix\":\"y\"}", "suffix", "not supported"},
        {"{\"prompt\":\"x\",\"suffix\":1}", "suffix", "a string"},
        {"{\"prompt\":\"x\",\"best_of\":2}", "best_of", "not supported"},
        {"{\"prompt\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"],\"n\":16}", "n", "9 prompts with 16"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuses(f, api_parse_completion, rows[i].body, rows[i].param, rows[i].sentence);
}

static void bad_json_has_a_position(void **state)
{
    struct fixture *f = *state;
    refuses(f, api_parse_chat, "{\n  \"model\": x}", "", "line 2, column 12 (byte 14)");
    refuses(f, api_parse_chat, "{\"a\":1,\"a\":2}", "", "line 1, column 10");
    refuses(f, api_parse_chat, "{" HI, "", "line 1");
    refuses(f, api_parse_chat, "", "", "empty");
    refuses(f, api_parse_chat, " \n", "", "empty");
    refuses(f, api_parse_chat, "[]", "", "an object is expected");
    refuses(f, api_parse_chat, "7", "", "line 1");
    refuses(f, api_parse_chat, "{} {}", "", "line 1, column 4");
    refuses(f, api_parse_chat, "{\"x\":\"\\ud800\"}", "", "line 1");
    refuses(f, api_parse_chat, "{\"x\":1e999}", "", "line 1");
    refuses(f, api_parse_chat, "{\"x\":\"\xff\"}", "", "byte 6");
    refuses(f, api_parse_chat, "{\"x\":\"\xed\xa0\x80\"}", "", "byte 6");
    assert_string_equal(f->e.code, "invalid_utf8");
}

static void nesting_and_size_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct buf b = buf_make(16 << 20);
    buf_puts(&b, "{\"x\":");
    for (int i = 0; i < 40; i++)
        buf_putc(&b, '[');
    refuses(f, api_parse_chat, buf_cstr(&b), "", "more than 32 levels deep (byte 36)");

    buf_clear(&b);
    buf_puts(&b, "{\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"," HI "}");
    accepts(f, api_parse_chat, buf_cstr(&b)); /* brackets in a string are not nesting */

    buf_clear(&b);
    buf_puts(&b, "{\"x\":[1");
    for (int i = 0; i < 1200000; i++)
        buf_puts(&b, ",1");
    buf_puts(&b, "]}");
    refuses(f, api_parse_chat, buf_cstr(&b), "", "more than 1114112 values");
    buf_free(&b);
}

static void out_of_memory_is_a_503(void **state)
{
    struct fixture *f = *state;
    struct arena small = arena_make(16);
    struct api_request r = {0};
    int rc = api_parse_completion(STR("{\"prompt\":[1,2,3,4,5,6,7,8]}"), 32, &small, &r, &f->e);
    assert_int_equal(rc, ERR_NOMEM);
    assert_int_equal(f->e.status, 503);
    assert_null(r.root);
    arena_free(&small);
}

static int allocations_left;

static void *failing_malloc(size_t n)
{
    return allocations_left-- > 0 ? malloc(n) : NULL;
}

/* Wherever the JSON parser runs out of memory, the client is not told that its JSON is wrong. */
static void the_parser_may_run_out_of_memory(void **state)
{
    struct fixture *f = *state;
    int rc = ERR_NOMEM, i;
    for (i = 0; rc && i < 1000; i++) {
        again(f);
        f->r = (struct api_request){0};
        allocations_left = i;
        json_set_alloc_funcs(failing_malloc, free);
        rc = api_parse_chat(STR("{" HI ",\"stop\":[\"a\",\"b\"],\"temperature\":0.5,\"n\":2,\"x\":{\"y\":[1.5,true,null]}}"), 32, &f->arena,
                            &f->r, &f->e);
        json_set_alloc_funcs(malloc, free);
        if (rc)
            assert_int_equal(f->e.status, 503);
    }
    assert_int_equal(rc, OK);
    assert_true(i > 20);
}

static void tokenize_and_back(void **state)
{
    struct fixture *f = *state;
    struct api_tokenize t = {0};
    struct api_detokenize d = {0};
    assert_int_equal(api_parse_tokenize(STR("{\"content\":\"x\",\"add_special\":true,\"model\":\"m\"}"), 8, &f->arena, &t, &f->e), OK);
    assert_str(t.text, "x");
    assert_true(t.add_special && t.parse_special && !t.with_pieces);
    json_decref(t.root);
    assert_int_equal(api_parse_tokenize(STR("{\"text\":\"\",\"with_pieces\":true,\"parse_special\":false}"), 8, &f->arena, &t, &f->e), OK);
    assert_true(t.with_pieces && !t.parse_special && !t.add_special);
    json_decref(t.root);
    assert_int_equal(api_parse_tokenize(STR("{}"), 8, &f->arena, &t, &f->e), ERR_INVAL);
    assert_string_equal(f->e.param, "content");
    assert_int_equal(api_parse_tokenize(STR("{\"content\":[]}"), 8, &f->arena, &t, &f->e), ERR_INVAL);

    assert_int_equal(api_parse_detokenize(STR("{\"tokens\":[1,2]}"), 8, &f->arena, &d, &f->e), OK);
    assert_int_equal(d.n_tokens, 2);
    json_decref(d.root);
    assert_int_equal(api_parse_detokenize(STR("{\"tokens\":[]}"), 8, &f->arena, &d, &f->e), OK);
    assert_int_equal(d.n_tokens, 0);
    json_decref(d.root);
    assert_int_equal(api_parse_detokenize(STR("{}"), 8, &f->arena, &d, &f->e), ERR_INVAL);
    assert_int_equal(api_parse_detokenize(STR("{\"tokens\":\"x\"}"), 8, &f->arena, &d, &f->e), ERR_INVAL);
    assert_int_equal(api_parse_detokenize(STR("{\"tokens\":[1.5]}"), 8, &f->arena, &d, &f->e), ERR_INVAL);
    assert_string_equal(f->e.param, "tokens[0]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_reads_every_field, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_without_fields_has_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_reads_roles_and_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_refuses_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_with_tools, setup, teardown),
        cmocka_unit_test_setup_teardown(chat_refuses_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(completion_reads_prompts, setup, teardown),
        cmocka_unit_test_setup_teardown(completion_refuses_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_json_has_a_position, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_and_size_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_is_a_503, setup, teardown),
        cmocka_unit_test_setup_teardown(the_parser_may_run_out_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(tokenize_and_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
