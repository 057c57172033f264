/* /tokenize, /detokenize and /api/count. */
#include "fake.h"

static struct http_exchange *post(struct fake *f, const char *path, const char *body)
{
    return fake_request(f, "POST", path, NULL, body);
}

static const uint32_t ids[] = {5, 7};
static const struct str pieces[] = {{"a", 1}, {"\xe6", 1}};

static void text_to_tokens(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/tokenize", "{\"content\":\"a text\",\"add_special\":true,\"parse_special\":false}");
    assert_false(x->complete);
    assert_string_equal(f->rt.tokenize_text, "a text");
    assert_true(f->rt.tokenize.add_special && !f->rt.tokenize.parse_special && !f->rt.tokenize.with_pieces);
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){.tokens = ids, .n_tokens = 2}, NULL);
    assert_string_equal(buf_cstr(&x->body), "{\"tokens\":[5,7]}");

    x = post(f, "/tokenize", "{\"content\":\"\",\"with_pieces\":true}");
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){.tokens = ids, .n_tokens = 2, .pieces = pieces}, NULL);
    assert_has(x, "{\"tokens\":[{\"id\":5,\"piece\":\"a\",\"bytes\":[97]},{\"id\":7,\"piece\":\"\xef\xbf\xbd\",\"bytes\":[230]}]}");
}

static void tokens_to_text(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/detokenize", "{\"tokens\":[5,7]}");
    assert_int_equal(f->rt.detokenize.n_tokens, 2);
    f->rt.bytes_fn(f->rt.lookup_ctx, &(struct gen_bytes){.bytes = STR("a\xe6")}, NULL);
    assert_string_equal(buf_cstr(&x->body), "{\"content\":\"a\xef\xbf\xbd\"}");
}

static void messages_to_a_prompt(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/apply-template",
                                   "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                                   "\"chat_template_kwargs\":{\"enable_thinking\":false,\"n\":[1]}}");
    assert_false(x->complete);
    assert_string_equal(f->rt.tokenize_text, "hi");
    assert_string_equal(f->rt.kwargs, "{\"enable_thinking\":false,\"n\":[1]}");
    assert_int_equal(f->rt.thinking, GEN_THINK_OFF);
    f->rt.bytes_fn(f->rt.lookup_ctx, &(struct gen_bytes){.bytes = STR("<|user|>\nhi")}, NULL);
    assert_string_equal(buf_cstr(&x->body), "{\"prompt\":\"<|user|>\\nhi\"}");

    const struct gen_failed failed = {.fault = GEN_FAULT_REQUEST, .message = STR("chat template: line 3: no")};
    x = post(f, "/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    f->rt.bytes_fn(f->rt.lookup_ctx, NULL, &failed);
    assert_int_equal(x->status, 400);
    assert_has(x, "chat template: line 3: no");
    assert_int_equal(post(f, "/apply-template", "{}")->status, 400);
    assert_int_equal(post(f, "/apply-template", "{\"messages\":[],\"model\":\"nobody\"}")->status, 400);
    f->rt.lookup_code = ERR_FULL;
    assert_int_equal(post(f, "/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")->status, 503);
    f->rt.lookup_code = OK;
}

/* An object, of a bounded size. */
static void template_variables(void **state)
{
    struct fake *f = *state;
    struct buf b = buf_make(1 << 20);
    buf_puts(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"chat_template_kwargs\":{\"a\":\"");
    for (int i = 0; i < 1 << 16; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, "\"}}");
    struct http_exchange *x = post(f, "/apply-template", buf_cstr(&b));
    assert_int_equal(x->status, 400);
    assert_has(x, "'chat_template_kwargs' has 65544 bytes");
    x = post(f, "/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"chat_template_kwargs\":[1]}");
    assert_int_equal(x->status, 400);
    assert_has(x, "chat_template_kwargs");
    buf_free(&b);
}

static void text_to_a_number(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, "/api/count", "{\"text\":\"a text\"}");
    assert_string_equal(f->rt.tokenize_text, "a text");
    assert_true(!f->rt.tokenize.add_special && !f->rt.tokenize.parse_special && !f->rt.tokenize.with_pieces);
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){.tokens = ids, .n_tokens = 2}, NULL);
    assert_string_equal(buf_cstr(&x->body), "{\"tokens\":2}");

    x = post(f, "/api/count", "{\"text\":\"\"}");
    f->rt.tokens_fn(f->rt.lookup_ctx, NULL, &(struct gen_failed){.fault = GEN_FAULT_MODEL, .message = STR("broken")});
    assert_int_equal(x->status, 500);
    assert_int_equal(post(f, "/api/count", "{\"content\":\"x\"}")->status, 400);
    assert_int_equal(post(f, "/api/count", "{\"text\":7}")->status, 400);
    assert_int_equal(post(f, "/api/count", "{\"text\":\"x\",\"model\":\"nobody\"}")->status, 404);
}

static void failures_have_a_status(void **state)
{
    struct fake *f = *state;
    const struct gen_failed failed = {.fault = GEN_FAULT_REQUEST, .message = STR("token 9999 is none")};
    struct http_exchange *x = post(f, "/detokenize", "{\"tokens\":[9999]}");
    f->rt.bytes_fn(f->rt.lookup_ctx, NULL, &failed);
    assert_int_equal(x->status, 400);
    assert_has(x, "token 9999 is none");
    x = post(f, "/tokenize", "{\"content\":\"x\"}");
    f->rt.tokens_fn(f->rt.lookup_ctx, NULL, &(struct gen_failed){.fault = GEN_FAULT_MODEL, .message = STR("broken")});
    assert_int_equal(x->status, 500);

    assert_int_equal(post(f, "/tokenize", "{}")->status, 400);
    assert_int_equal(post(f, "/detokenize", "{\"tokens\":7}")->status, 400);
    assert_int_equal(post(f, "/tokenize", "{\"content\":\"x\",\"model\":\"nobody\"}")->status, 404);
    assert_int_equal(post(f, "/detokenize", "{\"tokens\":[],\"model\":\"nobody\"}")->status, 404);
    f->rt.lookup_code = ERR_FULL;
    assert_int_equal(post(f, "/tokenize", "{\"content\":\"x\"}")->status, 503);
    assert_int_equal(post(f, "/detokenize", "{\"tokens\":[]}")->status, 503);
    f->x.end_now = true;
    assert_int_equal(post(f, "/tokenize", "{\"content\":\"x\"}")->status, 503);
}

/* In whichever order, the memory goes once. */
static void the_client_may_leave_first(void **state)
{
    struct fake *f = *state;
    post(f, "/tokenize", "{\"content\":\"x\"}");
    fake_end(&f->x, true);
    f->rt.tokens_fn(f->rt.lookup_ctx, &(struct gen_tokens){.tokens = ids, .n_tokens = 2}, NULL);
    post(f, "/detokenize", "{\"tokens\":[1]}");
    fake_end(&f->x, true);
    f->rt.bytes_fn(f->rt.lookup_ctx, &(struct gen_bytes){.bytes = STR("a")}, NULL);
    f->x.end_now = true;
    struct http_exchange *x = post(f, "/detokenize", "{\"tokens\":[1]}");
    f->rt.bytes_fn(f->rt.lookup_ctx, &(struct gen_bytes){.bytes = STR("a")}, NULL);
    assert_int_equal(x->status, 200);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(text_to_tokens),   T(tokens_to_text),         T(messages_to_a_prompt),       T(template_variables),
        T(text_to_a_number), T(failures_have_a_status), T(the_client_may_leave_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
