/* /v1/embeddings and /v1/rerank: bodies, answers, refusals. */
#include "api/embed_request.h"
#include "fake.h"

static struct http_exchange *post(struct fake *f, const char *path, const char *body)
{
    return fake_request(f, "POST", path, NULL, body);
}

static const float values[] = {0.6F, -0.8F, 0, 1};
static const struct gen_vectors two = {.width = 2, .tokens = 9, .values = values, .n_values = 4};

static void numbers(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\"],\"truncate\":true}");
    assert_false(x->complete);
    assert_true(f->rt.embed.n_inputs == 2 && f->rt.embed.truncate && !f->rt.embed.rank);
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_string_equal(buf_cstr(&x->body),
                        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.600000024,-0.800000012]},"
                        "{\"object\":\"embedding\",\"index\":1,\"embedding\":[0.000000000,1.000000000]}],\"model\":\"tiny\","
                        "\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}");
}

static void base64_and_dimensions(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":\"a\",\"encoding_format\":\"base64\",\"dimensions\":1}");
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_has(x, "\"embedding\":\"AACAPw==\""); /* 1 */
    assert_has(x, "\"embedding\":\"AAAAAA==\""); /* nothing is left of it */
    x = post(f, "/v1/embeddings", "{\"input\":[1,2],\"dimensions\":3}");
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_int_equal(x->status, 400);
    assert_has(x, "'dimensions' is 3, but the model's vectors have 2 numbers");
}

static void in_ollamas_form(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x =
        post(f, "/api/embed", "{\"model\":\"tiny:latest\",\"input\":[\"a\",\"b\"],\"options\":{\"num_ctx\":1},\"keep_alive\":\"5m\"}");
    assert_true(f->rt.embed.n_inputs == 2 && f->rt.embed.truncate); /* as Ollama has it, unless told otherwise */
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_has(x, "{\"model\":\"tiny\",\"embeddings\":[[0.600000024,-0.800000012],[0.000000000,1.000000000]],\"total_duration\":");
    assert_has(x, "\"prompt_eval_count\":9}");
    x = post(f, "/api/embed", "{\"input\":\"a\",\"dimensions\":1,\"truncate\":false}");
    assert_false(f->rt.embed.truncate);
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_has(x, "\"embeddings\":[[1.000000000],[0.000000000]]");
    x = post(f, "/api/embeddings", "{\"model\":\"tiny\",\"prompt\":\"a\"}");
    f->rt.vectors_fn(f->rt.lookup_ctx, &two, NULL);
    assert_string_equal(buf_cstr(&x->body), "{\"embedding\":[0.600000024,-0.800000012]}");
    x = post(f, "/api/embed", "{\"model\":\"tiny\"}");
    assert_has(x, "{\"error\":\"'input' is missing\"}");
}

static void ranks(void **state)
{
    struct fake *f = *state;
    static const float scores[] = {0.25F, 0.75F, 0.75F};
    const struct gen_vectors v = {.width = 1, .tokens = 7, .values = scores, .n_values = 3};
    struct http_exchange *x =
        post(f, "/v1/rerank", "{\"query\":\"q\",\"documents\":[\"a\",{\"text\":\"b\"},\"c\"],\"top_n\":2,\"return_documents\":true}");
    assert_true(f->rt.embed.rank && f->rt.embed.n_inputs == 4);
    f->rt.vectors_fn(f->rt.lookup_ctx, &v, NULL);
    assert_has(x, "{\"results\":[{\"index\":1,\"relevance_score\":0.750000000,\"document\":{\"text\":\"b\"}},{\"index\":2,\"relevance_"
                  "score\":0.750000000,");
    assert_null(strstr(buf_cstr(&x->body), "\"index\":0"));
}

static void refusals(void **state)
{
    struct fake *f = *state;
    static const struct {
        const char *path, *body, *part;
    } bad[] = {
        {"/v1/embeddings", "{}", "'input' is missing"},
        {"/v1/embeddings", "{\"input\":\"\"}", "'input' is empty"},
        {"/v1/embeddings", "{\"input\":[]}", "'input' has 0 entries"},
        {"/v1/embeddings", "{\"input\":[\"a\",\"\"]}", "'input[1]' is empty"},
        {"/v1/embeddings", "{\"input\":[\"a\",7]}", "'input[1]' must be a string or an array of token ids, but is 7"},
        {"/v1/embeddings", "{\"input\":[[1],[-2]]}", "'input[1][0]' must be a token id"},
        {"/v1/embeddings", "{\"input\":{}}", "must be a string"},
        {"/v1/embeddings", "{\"input\":\"a\",\"dimensions\":0}", "dimensions"},
        {"/v1/embeddings", "{\"input\":\"a\",\"encoding_format\":\"hex\"}", "must be float or base64"},
        {"/v1/embeddings", "{\"input\":\"\xff\"}", "UTF-8"},
        {"/v1/rerank", "{\"documents\":[\"a\"]}", "'query' is missing"},
        {"/v1/rerank", "{\"query\":\"\",\"documents\":[\"a\"]}", "'query' is empty"},
        {"/v1/rerank", "{\"query\":\"q\"}", "'documents' is missing"},
        {"/v1/rerank", "{\"query\":\"q\",\"documents\":[]}", "'documents' has 0 entries"},
        {"/v1/rerank", "{\"query\":\"q\",\"documents\":[{}]}", "'documents[0]' must be"},
        {"/v1/rerank", "{\"query\":\"q\",\"documents\":\"a\"}", "'documents' must be"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_exchange *x = post(f, bad[i].path, bad[i].body);
        assert_int_equal(x->status, 400);
        assert_has(x, bad[i].part);
    }
    assert_int_equal(post(f, "/v1/embeddings", "{\"input\":\"a\",\"model\":\"nobody\"}")->status, 404);
    f->rt.lookup_code = ERR_FULL;
    assert_int_equal(post(f, "/v1/embeddings", "{\"input\":\"a\"}")->status, 503);
}

static void many_inputs(void **state)
{
    struct fake *f = *state;
    struct buf b = buf_make(1 << 16);
    buf_puts(&b, "{\"input\":[");
    for (int i = 0; i <= GEN_EMBED_INPUTS_MAX; i++)
        buf_puts(&b, i ? ",\"a\"" : "\"a\"");
    buf_puts(&b, "]}");
    struct http_exchange *x = post(f, "/v1/embeddings", buf_cstr(&b));
    assert_int_equal(x->status, 400);
    assert_has(x, "'input' has 2049 entries, but must have 1 to 2048");
    buf_free(&b);
}

static void failures_and_clients_that_leave(void **state)
{
    struct fake *f = *state;
    const struct gen_failed failed = {.fault = GEN_FAULT_CONTEXT, .message = STR("input 0 has 600 tokens")};
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":\"a\"}");
    f->rt.vectors_fn(f->rt.lookup_ctx, NULL, &failed);
    assert_int_equal(x->status, 400);
    assert_has(x, "context_length_exceeded");
    post(f, "/v1/embeddings", "{\"input\":\"a\"}");
    fake_end(&f->x, true);
    assert_true(f->rt.tickets[0].canceled);
}

/* ---- what was asked before */

static int setup_with_cache(void **state)
{
    struct cache_config c = {.bytes_max = 1 << 20, .key = {1}};
    int r = fake_setup(state);
    struct fake *f = *state;
    r = r ? r : cache_create(&c, &f->config.cache, NULL);
    fake_reconfigure(f);
    return r;
}

static int teardown_with_cache(void **state)
{
    struct fake *f = *state;
    struct cache *c = f->config.cache;
    int r = fake_teardown(state);
    cache_free(c);
    return r;
}

static const uint32_t each[] = {4, 5, 6};
static const float more[] = {0.5F, 0.25F, 0.125F, 1, 2, 3};

/* The model answers with the first of `more`. */
static void answer(struct fake *f, uint32_t width)
{
    size_t n = f->rt.embed.n_inputs;
    struct gen_vectors v = {.width = width, .values = more, .n_values = n * width, .each = each, .n_each = n};
    for (size_t i = 0; i < n; i++)
        v.tokens += each[i];
    f->rt.vectors_fn(f->rt.lookup_ctx, &v, NULL);
}

static void a_repeated_text_needs_no_model(void **state)
{
    struct fake *f = *state;
    struct buf first = buf_make(10000);
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\",[7]]}");
    assert_false(x->complete);
    answer(f, 2);
    buf_put(&first, buf_str(&x->body));
    assert_has(x, "\"prompt_tokens\":15");
    x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\",[7]]}");
    assert_true(x->complete);
    assert_str(buf_str(&x->body), buf_cstr(&first));
    x = post(f, "/v1/embeddings", "{\"input\":\"b\",\"encoding_format\":\"base64\",\"dimensions\":1}");
    assert_true(x->complete);
    assert_has(x, "\"embedding\":\"AACAPw==\"");
    assert_has(x, "\"prompt_tokens\":5");
    assert_false(post(f, "/v1/embeddings", "{\"input\":\"a\",\"truncate\":true}")->complete); /* another question */
    assert_false(post(f, "/v1/embeddings", "{\"input\":[8]}")->complete);
    f->rt.models[0].modified_s++; /* another file */
    assert_false(post(f, "/v1/embeddings", "{\"input\":\"a\"}")->complete);
    buf_free(&first);
}

static void only_what_is_new_is_asked(void **state)
{
    struct fake *f = *state;
    post(f, "/v1/embeddings", "{\"input\":\"b\"}");
    answer(f, 2);
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\",\"c\"]}");
    assert_int_equal(f->rt.embed.n_inputs, 2);
    answer(f, 2);
    assert_has(x, "\"index\":0,\"embedding\":[0.500000000,0.250000000]}");
    assert_has(x, "\"index\":1,\"embedding\":[0.500000000,0.250000000]}");
    assert_has(x, "\"index\":2,\"embedding\":[0.125000000,1.000000000]}");
    assert_has(x, "\"prompt_tokens\":13");
    x = post(f, "/api/embed", "{\"input\":[\"c\"],\"truncate\":false}"); /* the same by another address */
    assert_has(x, "[[0.125000000,1.000000000]]");
}

static void what_does_not_fit_together_is_asked_anew(void **state)
{
    struct fake *f = *state;
    const struct gen_failed failed = {.fault = GEN_FAULT_CONTEXT, .message = STR("input 1 has 600 tokens")};
    post(f, "/v1/embeddings", "{\"input\":\"a\"}");
    answer(f, 2);
    struct http_exchange *x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\"]}");
    assert_int_equal(f->rt.embed.n_inputs, 1);
    f->rt.vectors_fn(f->rt.lookup_ctx, NULL, &failed); /* it counts from what it was sent */
    assert_false(x->complete);
    assert_int_equal(f->rt.embed.n_inputs, 2);
    f->rt.vectors_fn(f->rt.lookup_ctx, NULL, &failed);
    assert_int_equal(x->status, 400);
    x = post(f, "/v1/embeddings", "{\"input\":[\"a\",\"b\"]}");
    answer(f, 3); /* the file was replaced: a's vector is of another model */
    assert_false(x->complete);
    assert_int_equal(f->rt.embed.n_inputs, 2);
    answer(f, 3);
    assert_has(x, "\"index\":1,\"embedding\":[1.000000000,2.000000000,3.000000000]}");
    post(f, "/v1/embeddings", "{\"input\":[\"a\",\"z\"]}");
    fake_end(&f->x, true);
    assert_true(f->rt.tickets[0].canceled);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
#define C(name) cmocka_unit_test_setup_teardown(name, setup_with_cache, teardown_with_cache)
    const struct CMUnitTest tests[] = {T(numbers),
                                       T(base64_and_dimensions),
                                       T(in_ollamas_form),
                                       T(ranks),
                                       T(refusals),
                                       T(many_inputs),
                                       T(failures_and_clients_that_leave),
                                       C(a_repeated_text_needs_no_model),
                                       C(only_what_is_new_is_asked),
                                       C(what_does_not_fit_together_is_asked_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
