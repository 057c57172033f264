/* llama-server's addresses: each field as a translation, and how answers look. */
#include "api/llama/llama.h"
#include "fake.h"
#include "translate.h"

#define SAME(fields, like) \
    translate_same(t, llama_parse, "{\"prompt\":\"p\"," fields "}", api_parse_completion, "{\"prompt\":\"p\"," like "}")
#define WRONG(fields, param, sentence) translate_refuses(t, llama_parse, "{\"prompt\":\"p\"," fields "}", param, sentence)

static void fields(struct translate *t)
{
    SAME("\"model\":\"a\",\"n_predict\":5", "\"model\":\"a\",\"max_tokens\":5");
    SAME("\"n_predict\":-1,\"seed\":-1", "\"n\":1");
    SAME("\"seed\":7,\"temperature\":0.25,\"top_k\":7,\"top_p\":0.5,\"min_p\":0.125",
         "\"seed\":7,\"temperature\":0.25,\"top_k\":7,\"top_p\":0.5,\"min_p\":0.125");
    SAME("\"repeat_penalty\":1.25,\"repeat_last_n\":9", "\"repeat_penalty\":1.25,\"repeat_last_n\":9");
    SAME("\"repeat_last_n\":-1", "\"repeat_last_n\":65536");
    SAME("\"presence_penalty\":0.5,\"frequency_penalty\":-0.5", "\"presence_penalty\":0.5,\"frequency_penalty\":-0.5");
    SAME("\"stop\":[\"a\"],\"ignore_eos\":true", "\"stop\":[\"a\"],\"ignore_eos\":true");
    SAME("\"typical_p\":1,\"mirostat\":0,\"dynatemp_range\":0,\"dry_multiplier\":0,\"xtc_probability\":0,\"top_n_sigma\":-1,\"n_indent\":0,"
         "\"n_probs\":0,\"cache_prompt\":true,\"id_slot\":1,\"n_keep\":2,\"min_keep\":1,\"timings_per_token\":true,\"samplers\":[],"
         "\"mirostat_tau\":"
         "5,\"mirostat_eta\":1,\"logit_bias\":[],\"image_data\":[],\"lora\":[],\"return_tokens\":false,\"response_fields\":[],\"grammar\":"
         "\"\","
         "\"json_schema\":{}",
         "\"n\":1");
    translate_same(t, llama_parse, "{\"prompt\":[1,2]}", api_parse_completion, "{\"prompt\":[1,2]}");
    struct api_request r = translate_accepts(t, llama_parse, "{\"prompt\":\"p\",\"grammar\":\"root ::= \\\"a\\\"\",\"stream\":true}");
    assert_true(r.stream && r.gen.format == GEN_FORMAT_GBNF && str_eq(r.gen.format_text, STR("root ::= \"a\"")));
    api_request_deinit(&r);
    r = translate_accepts(t, llama_parse, "{\"prompt\":\"p\",\"json_schema\":{\"type\":\"object\"}}");
    assert_true(r.gen.format == GEN_FORMAT_SCHEMA && str_eq(r.gen.format_text, STR("{\"type\":\"object\"}")));
    api_request_deinit(&r);
    translate_refuses(t, llama_parse, "{}", "prompt", "missing");
    translate_refuses(t, llama_parse, "{\"prompt\":[\"a\"]}", "prompt", "token ids");
    translate_refuses(t, llama_parse, "{\"prompt\":[1,-2]}", "prompt[1]", "token id");
    WRONG("\"model\":7", "model", "a string");
    WRONG("\"stream\":7", "stream", "boolean");
    WRONG("\"n_predict\":0", "n_predict", "more than 0");
    WRONG("\"temperature\":-1", "temperature", "from 0 to 2");
    WRONG("\"repeat_last_n\":-2", "repeat_last_n", "from -1");
    WRONG("\"seed\":\"x\"", "seed", "an integer");
    WRONG("\"stop\":[7]", "stop[0]", "a string");
    WRONG("\"grammar\":7", "grammar", "a string");
    WRONG("\"json_schema\":7", "json_schema", "an object");
    WRONG("\"grammar\":\"root ::= x\",\"json_schema\":{\"type\":\"object\"}", "json_schema", "already");
    WRONG("\"mirostat\":2", "mirostat", "not there");
    WRONG("\"n_probs\":2", "n_probs", "not there");
    WRONG("\"logit_bias\":[[1,2]]", "logit_bias", "/v1/completions");
    WRONG("\"image_data\":[1]", "image_data", "only text");
    WRONG("\"lora\":[{}]", "lora", "adapters");
    WRONG("\"return_tokens\":true", "return_tokens", "tokenize");
    WRONG("\"response_fields\":[\"content\"]", "response_fields", "all fields");
    translate_covers(t, llama_fields, llama_n_fields);
}

static void every_field_is_a_translation(void **state)
{
    (void)state;
    struct translate t;
    translate_init(&t);
    fields(&t);
    translate_deinit(&t);
}

static struct ticket *last(struct fake *f)
{
    assert_true(f->rt.n_tickets > 0);
    return &f->rt.tickets[f->rt.n_tickets - 1];
}

static void answers(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "POST", "/completion", NULL, "{\"prompt\":\"p\"}");
    fake_text(last(f), 0, "Hi");
    fake_event(last(f), (struct gen_event){.type = GEN_DONE, .done = {.reason = GEN_FINISH_STOP, .stop = STR("END")}});
    assert_has(x, "{\"index\":0,\"content\":\"Hi\",\"tokens\":[],\"id_slot\":-1,\"stop\":true,\"model\":\"tiny\"");
    assert_has(x, "\"stop_type\":\"word\",\"stopping_word\":\"END\",\"timings\":{\"prompt_n\":");
    x = fake_request(f, "POST", "/completion", NULL, "{\"prompt\":\"p\",\"stream\":true}");
    fake_text(last(f), 0, "Hi");
    assert_has(x, "data: {\"index\":0,\"content\":\"Hi\",\"tokens\":[],\"id_slot\":-1,\"stop\":false,");
    fake_done(last(f), 0, GEN_FINISH_LENGTH);
    assert_has(x, "data: {\"index\":0,\"content\":\"\",\"tokens\":[],\"id_slot\":-1,\"stop\":true,");
    assert_has(x, "\"tokens_predicted\":3,\"tokens_evaluated\":10,\"tokens_cached\":4,\"truncated\":false,\"stop_type\":\"limit\"");
    assert_true(x->complete);
}

static void about_the_server(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = fake_request(f, "GET", "/props", NULL, "");
    assert_int_equal(x->status, 200);
    assert_has(x, "\"model_alias\":\"tiny\"");
    x = fake_request(f, "GET", "/slots", NULL, "");
    assert_has(x, "[]");
}

/* The vocabulary answers. */
static void tokens(struct fake *f, const uint32_t *ids, size_t n)
{
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){.tokens = ids, .n_tokens = n}, NULL);
}

static void fills_in_between(void **state)
{
    struct fake *f = *state;
    const uint32_t many[] = {1, 2, 3, 4, 5, 6, 7}, markers[] = {1, 100, 101, 102}, a[] = {7, 8}, b[] = {9};
    struct http_exchange *x =
        fake_request(f, "POST", "/infill", NULL, "{\"input_prefix\":\"a\",\"input_suffix\":\"b\",\"n_predict\":3,\"input_extra\":[]}");
    assert_true(f->rt.tokenize.parse_special);
    tokens(f, many, 7); /* not this family */
    tokens(f, markers, 4);
    assert_false(f->rt.tokenize.parse_special); /* people's words are only words */
    assert_string_equal(f->rt.tokenize_text, "a");
    tokens(f, a, 2);
    assert_string_equal(f->rt.tokenize_text, "b");
    tokens(f, b, 1);
    tokens(f, NULL, 0);
    const uint32_t wanted[] = {1, 100, 7, 8, 101, 9, 102};
    assert_int_equal(last(f)->q.n_prompt_tokens, 7);
    assert_memory_equal(last(f)->q.prompt_tokens, wanted, sizeof wanted);
    assert_int_equal(last(f)->q.max_tokens, 3);
    fake_text(last(f), 0, "between");
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_has(x, "\"content\":\"between\"");
}

static void says_when_it_cannot(void **state)
{
    struct fake *f = *state;
    const uint32_t many[] = {1, 2, 3, 4, 5, 6, 7};
    struct http_exchange *x = fake_request(f, "POST", "/infill", NULL, "{\"input_prefix\":\"a\"}");
    for (int i = 0; i < 5; i++) {
        assert_false(x->complete);
        tokens(f, many, 7);
    }
    assert_int_equal(x->status, 501);
    assert_has(x, "has no tokens for filling in between");
    x = fake_request(f, "POST", "/infill", NULL, "{}");
    assert_has(x, "'input_prefix' is missing");
    x = fake_request(f, "POST", "/infill", NULL, "{\"input_prefix\":\"a\",\"input_extra\":[{}]}");
    assert_has(x, "\"param\":\"input_extra\"");
    x = fake_request(f, "POST", "/infill", NULL, "{\"input_prefix\":\"a\",\"input_suffix\":7}");
    assert_has(x, "\"param\":\"input_suffix\"");
    x = fake_request(f, "POST", "/infill", NULL, "{\"input_prefix\":\"a\"}");
    fake_end(x, true); /* who leaves is not asked for any more */
    tokens(f, many, 7);
    assert_int_equal(f->rt.n_tickets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_a_translation),
        cmocka_unit_test_setup_teardown(answers, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(fills_in_between, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(says_when_it_cannot, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(about_the_server, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
