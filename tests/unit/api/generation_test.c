/* A chat or a completion from its body to the last byte of its answer, against an engine that the test plays. */
#include "fake.h"

#define HI       "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define CHAT     "/v1/chat/completions"
#define COMPLETE "/v1/completions"

static struct ticket *last(struct fake *f)
{
    assert_true(f->rt.n_tickets > 0);
    return &f->rt.tickets[f->rt.n_tickets - 1];
}

static struct http_exchange *post(struct fake *f, const char *path, const char *body)
{
    return fake_request(f, "POST", path, NULL, body);
}

static size_t count(struct http_exchange *x, const char *text)
{
    size_t n = 0;
    for (ptrdiff_t at = -1; (at = str_find(buf_str(&x->body), str_of(text), (size_t)(at + 1))) >= 0;)
        n++;
    return n;
}

/* ---- collected */

static void chat_is_collected(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"max_tokens\":9,\"user\":\"me\"}");
    struct ticket *t = last(f);
    assert_false(x->complete);
    assert_string_equal(t->model, "tiny");
    assert_int_equal(t->q.max_tokens, 9);
    assert_true(str_eq(t->q.owner, STR("1/me")));
    assert_true(t->q.credit == GEN_CREDIT_UNLIMITED);
    fake_event(t, (struct gen_event){.type = GEN_PREFILL, .prefill = {10, 10, 4}});
    fake_text(t, 0, "Hel");
    fake_text(t, 0, "lo \"you\"");
    fake_done(t, 0, GEN_FINISH_STOP);
    assert_true(x->complete);
    assert_int_equal(x->status, 200);
    assert_has(x, "{\"id\":\"chatcmpl-");
    assert_has(x, "\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"tiny\",\"system_fingerprint\":\"hearth-1.2.3\"");
    assert_has(x, "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello \\\"you\\\"\",\"refusal\":null},"
                  "\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    assert_has(
        x, "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13,\"prompt_tokens_details\":{\"cached_tokens\":4}}");
    assert_has(x, "\"timings\":{\"queue_ms\":1.000,\"prefill_ms\":2.000,\"decode_ms\":4.000,\"prefill_tokens_per_s\":3000.00,"
                  "\"decode_tokens_per_s\":500.00}");
}

static void choices_keep_their_index(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"n\":2}");
    struct ticket *t = last(f);
    fake_text(t, 1, "b");
    fake_text(t, 0, "a");
    fake_done(t, 1, GEN_FINISH_LENGTH);
    assert_false(x->complete);
    fake_done(t, 0, GEN_FINISH_STOP);
    assert_has(x, "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\"");
    assert_has(x, "{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"b\"");
    assert_has(x, "\"finish_reason\":\"length\"");
    assert_has(x, "\"prompt_tokens\":10,\"completion_tokens\":6,\"total_tokens\":16");
}

static void several_prompts_are_several_tickets(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":[\"p\",[7,8]],\"n\":2,\"seed\":5}");
    assert_int_equal(f->rt.n_tickets, 2);
    struct ticket *a = &f->rt.tickets[0], *b = &f->rt.tickets[1];
    assert_int_equal(a->q.kind, GEN_COMPLETE);
    assert_int_equal(b->q.kind, GEN_TOKENS);
    assert_int_equal(b->q.prompt_tokens[1], 8);
    assert_true(a->q.sampling.seed != b->q.sampling.seed);
    fake_text(b, 1, "b1");
    fake_text(a, 0, "a0");
    fake_done(b, 0, GEN_FINISH_STOP);
    fake_done(b, 1, GEN_FINISH_STOP);
    fake_done(a, 0, GEN_FINISH_STOP);
    assert_false(x->complete);
    fake_done(a, 1, GEN_FINISH_STOP);
    assert_has(x, "\"object\":\"text_completion\"");
    assert_has(x, "{\"index\":0,\"text\":\"a0\"");
    assert_has(x, "{\"index\":3,\"text\":\"b1\"");
    assert_has(x, "\"prompt_tokens\":20,\"completion_tokens\":12");
}

static void max_tokens_has_a_default(void **state)
{
    struct fake *f = *state;
    f->config.max_tokens_default = 77;
    fake_reconfigure(f);
    post(f, CHAT, "{" HI "}");
    assert_int_equal(last(f)->q.max_tokens, 77);
}

static const struct gen_alternative top[] = {{1, -0.5f, {"wa", 2}}, {2, -1.5f, {"\xe6\xb0", 2}}, {3, -2, {"wa", 2}}};
static const struct gen_token tokens[] = {{1, -0.5f, {"wa", 2}, top, 3},
                                          {2, -1.5f, {"\xe6\xb0", 2}, NULL, 0},
                                          {3, -0.25f, {"\xb4", 1}, NULL, 0}};

static void with_logprobs(struct ticket *t)
{
    fake_event(t, (struct gen_event){.type = GEN_TEXT, .text = {STR("wa"), tokens, 1}});
    fake_event(t, (struct gen_event){.type = GEN_TEXT, .text = {STR("\xe6\xb0\xb4"), tokens + 1, 2}});
}

static void logprobs_of_chat(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"logprobs\":true,\"top_logprobs\":3}");
    assert_int_equal(last(f)->q.top_logprobs, 3);
    with_logprobs(last(f));
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_has(x,
               "\"logprobs\":{\"content\":[{\"token\":\"wa\",\"logprob\":-0.500000,\"bytes\":[119,97],\"top_logprobs\":[{\"token\":\"wa\"");
    assert_has(x, "\"bytes\":[230,176],\"top_logprobs\":[]},{");
    assert_has(x, "\"bytes\":[180],\"top_logprobs\":[]}]}");
}

static void logprobs_of_completions(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":\"x\",\"logprobs\":3}");
    with_logprobs(last(f));
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_has(
        x,
        "\"logprobs\":{\"tokens\":[\"wa\",\"bytes:\\\\xe6\\\\xb0\",\"bytes:\\\\xb4\"],\"token_logprobs\":[-0.500000,-1.500000,-0.250000],"
        "\"top_logprobs\":[{\"wa\":-0.500000,\"bytes:\\\\xe6\\\\xb0\":-1.500000},{},{}],\"text_offset\":[0,2,3]}");
}

/* ---- streamed */

static void chat_is_streamed(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true}");
    struct ticket *t = last(f);
    assert_int_equal(t->q.credit, 64);
    assert_false(x->began);
    fake_text(t, 0, "Hi");
    assert_true(x->began);
    assert_string_equal(x->content_type, "text/event-stream; charset=utf-8");
    assert_string_equal(fake_header(x, "Cache-Control"), "no-cache");
    assert_string_equal(fake_header(x, "X-Accel-Buffering"), "no");
    assert_has(
        x, "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    assert_has(x, "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    fake_done(t, 0, GEN_FINISH_STOP);
    assert_has(x, "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
    assert_true(str_ends(buf_str(&x->body), STR("\n\ndata: [DONE]\n\n")));
    assert_true(x->complete);
    assert_int_equal(count(x, "data: {\"id\":\"chatcmpl-"), 3);
    assert_int_equal(count(x, "\"object\":\"chat.completion.chunk\""), 3);
    assert_has_not(x, "usage");
}

static void usage_comes_last_when_asked_for(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":\"x\",\"stream\":true,\"n\":2,\"stream_options\":{\"include_usage\":true}}");
    struct ticket *t = last(f);
    fake_text(t, 1, "b");
    fake_done(t, 1, GEN_FINISH_STOP);
    fake_done(t, 0, GEN_FINISH_LENGTH);
    assert_has(x, "\"choices\":[{\"index\":1,\"text\":\"b\",\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n");
    assert_has(x, "\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":6,");
    assert_has(x, "\"decode_tokens_per_s\":1000.00}}\n\ndata: [DONE]\n\n");
    assert_has_not(x, "role");
}

static void streamed_logprobs_come_with_their_text(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":\"x\",\"stream\":true,\"logprobs\":0}");
    with_logprobs(last(f));
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_has(x, "\"text\":\"wa\",\"logprobs\":{\"tokens\":[\"wa\"],");
    assert_has(x, "\"text_offset\":[2,3]},\"finish_reason\":null}"); /* the offset goes on */
    assert_has(x, "\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"}");
}

static void silence_is_broken_by_comments(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true}");
    struct ticket *t = last(f);
    fake_event(t, (struct gen_event){.type = GEN_QUEUED, .queued = {2}});
    assert_false(x->began); /* an error could still have its own status */
    f->now_ms += 11000;
    fake_event(t, (struct gen_event){.type = GEN_LOADING, .loading = {0.5f}});
    assert_true(x->began);
    f->now_ms += 11000;
    fake_event(t, (struct gen_event){.type = GEN_LOADING, .loading = {0.75f}});
    assert_has(x, ": loading 75 %\n\n");
    f->now_ms += 11000;
    fake_event(t, (struct gen_event){.type = GEN_PREFILL, .prefill = {100, 1000, 0}});
    assert_has(x, ": read 100 of 1000\n\n");
    fake_event(t, (struct gen_event){.type = GEN_PREFILL, .prefill = {200, 1000, 0}});
    assert_has_not(x, "200 of 1000");
    fake_text(t, 0, "x");
    fake_done(t, 0, GEN_FINISH_STOP);
    assert_int_equal(count(x, "\"role\":\"assistant\""), 1);
}

static void credit_follows_the_reader(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true}");
    struct ticket *t = last(f);
    for (int i = 0; i < 40; i++)
        fake_text(t, 0, "x");
    assert_int_equal(t->credit, 32); /* in batches of 16 */
    assert_int_equal(t->credit_calls, 2);
    x->slow = true;
    for (int i = 0; i < 56; i++) /* all that is left of the 64 + 32 */
        fake_text(t, 0, "x");
    assert_int_equal(t->credit, 32);
    fake_drain(x);
    assert_int_equal(t->credit, 96); /* what was written is given back exactly */
    assert_int_equal(t->credit_calls, 3);
    fake_done(t, 0, GEN_FINISH_STOP);
    assert_true(x->complete);
}

static void a_blocked_stream_can_end(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true}");
    x->slow = true;
    fake_text(last(f), 0, "x");
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_true(x->complete);
    fake_drain(x); /* may still come: the bytes are on their way */
    assert_int_equal(last(f)->credit, 0);
}

/* ---- errors */

static void wrong_bodies_are_refused(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"temperature\":\"hot\"}");
    assert_int_equal(x->status, 400);
    assert_has(x,
               "{\"error\":{\"message\":\"'temperature' must be a number from 0 to 2, but is a string\",\"type\":\"invalid_request_error\","
               "\"param\":\"temperature\",\"code\":\"invalid_value\"}}");
    x = post(f, COMPLETE, "{\"prompt\"");
    assert_int_equal(x->status, 400);
    assert_has(x, "line 1, column 9");
    assert_int_equal(post(f, CHAT, "")->status, 400);
    assert_int_equal(f->rt.n_tickets, 0);
}

static void models_by_name_only(void **state)
{
    static const char *const names[] = {"nobody", "../tiny", "/models/tiny.gguf", "tiny\\u0000"};
    struct fake *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"model\":\"%s\"," HI "}", names[i]);
        struct http_exchange *x = post(f, CHAT, body);
        assert_int_equal(x->status, 404);
        assert_has(x, "\"param\":\"model\",\"code\":\"model_not_found\"");
    }
    f->rt.n_models = 0;
    struct http_exchange *x = post(f, CHAT, "{" HI "}");
    assert_int_equal(x->status, 404);
    assert_has(x, "put a .gguf file into /models");
    f->rt.n_models = 2;
    f->rt.models[1].name = STR("other");
    x = post(f, CHAT, "{" HI "}");
    assert_int_equal(x->status, 400);
    assert_has(x, "\"code\":\"model_required\"");
}

static void the_runtime_may_refuse(void **state)
{
    static const struct {
        int code, status;
        const char *word;
    } rows[] = {
        {ERR_FULL, 503, "server_busy"},     {ERR_NOENT, 404, "model_not_found"}, {ERR_NOMEM, 503, "out_of_memory"},
        {ERR_CORRUPT, 500, "model_broken"}, {ERR_IO, 500, "internal_error"},     {ERR_LIMIT, 400, "null"},
    };
    struct fake *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->rt.submit_code = rows[i].code;
        struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true}");
        assert_int_equal(x->status, rows[i].status);
        assert_has(x, rows[i].word);
        assert_has(x, "said the runtime");
        assert_int_equal(fake_header(x, "Retry-After") != NULL, x->status == 503);
    }
}

static void a_full_queue_takes_all_prompts_or_none(void **state)
{
    struct fake *f = *state;
    f->rt.full_after = 2;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":[\"a\",\"b\",\"c\"]}");
    assert_int_equal(x->status, 503);
    assert_string_equal(fake_header(x, "Retry-After"), "3");
    assert_true(f->rt.tickets[0].canceled && f->rt.tickets[1].canceled);
}

static void errors_before_the_first_byte_have_a_status(void **state)
{
    static const struct {
        enum gen_fault fault;
        int status;
        const char *code;
    } rows[] = {
        {GEN_FAULT_REQUEST, 400, "\"code\":null"},
        {GEN_FAULT_CONTEXT, 400, "\"code\":\"context_length_exceeded\""},
        {GEN_FAULT_NO_MODEL, 404, "\"code\":\"model_not_found\""},
        {GEN_FAULT_BUSY, 503, "\"code\":\"server_busy\""},
        {GEN_FAULT_MEMORY, 503, "\"code\":\"out_of_memory\""},
        {GEN_FAULT_MODEL, 500, "\"code\":\"model_broken\""},
        {GEN_FAULT_INTERNAL, 500, "\"type\":\"server_error\""},
    };
    struct fake *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_exchange *x = post(f, CHAT, i & 1 ? "{" HI ",\"stream\":true}" : "{" HI "}");
        fake_error(last(f), rows[i].fault, "600 tokens, but 512 fit", "messages");
        assert_true(x->complete && !x->began);
        assert_int_equal(x->status, rows[i].status);
        assert_has(x, rows[i].code);
        assert_has(x, "600 tokens, but 512 fit");
        assert_has(x, "\"param\":\"messages\"");
    }
}

static void errors_within_a_stream_end_it(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":[\"a\",\"b\"],\"stream\":true}");
    fake_text(&f->rt.tickets[0], 0, "x");
    fake_error(&f->rt.tickets[1], GEN_FAULT_MEMORY, "no room", "");
    assert_true(x->complete);
    assert_true(str_ends(buf_str(&x->body), STR("data: {\"error\":{\"message\":\"no room\",\"type\":\"server_error\",\"param\":null,"
                                                "\"code\":\"out_of_memory\"}}\n\n")));
    assert_true(f->rt.tickets[0].canceled);
    assert_false(f->rt.tickets[1].canceled); /* it was gone already */
    assert_has_not(x, "[DONE]");
}

static void canceled_by_the_server_is_an_error(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI "}");
    fake_done(last(f), 0, GEN_FINISH_CANCELED);
    assert_int_equal(x->status, 503);
    x = post(f, CHAT, "{" HI ",\"stream\":true,\"n\":2}");
    fake_text(last(f), 0, "x");
    fake_done(last(f), 0, GEN_FINISH_CANCELED);
    assert_has(x, "\"code\":\"canceled\"");
    assert_true(x->complete && last(f)->canceled);
}

static void an_endless_answer_is_bounded(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI "}");
    char *mb = calloc(1, (1 << 20) + 1);
    memset(mb, 'x', 1 << 20);
    for (int i = 0; i < 20 && !x->complete; i++)
        fake_text(last(f), 0, mb);
    free(mb);
    assert_int_equal(x->status, 500);
    assert_has(x, "answer_too_large");
    assert_true(last(f)->canceled);
}

/* ---- ends */

static void a_client_that_leaves_cancels(void **state)
{
    struct fake *f = *state;
    post(f, CHAT, "{" HI ",\"stream\":true}");
    fake_text(last(f), 0, "x");
    fake_end(&f->x, true);
    assert_true(last(f)->canceled);
    post(f, COMPLETE, "{\"prompt\":[\"a\",\"b\"]}");
    fake_done(&f->rt.tickets[1], 0, GEN_FINISH_STOP);
    fake_end(&f->x, true);
    assert_false(f->rt.tickets[1].canceled);
    assert_true(f->rt.tickets[2].canceled);
}

/* `ended` may run within the call that completes the answer. */
static void the_end_may_come_at_once(void **state)
{
    struct fake *f = *state;
    f->x.end_now = true;
    struct http_exchange *x = post(f, CHAT, "{" HI ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    fake_text(last(f), 0, "x");
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_true(x->ended && x->complete);
    x = post(f, CHAT, "{" HI "}");
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_true(x->ended);
    x = post(f, CHAT, "{" HI "}");
    fake_error(last(f), GEN_FAULT_INTERNAL, "x", "");
    assert_true(x->ended);
    x = post(f, CHAT, "{" HI ",\"stream\":true}");
    fake_text(last(f), 0, "x");
    fake_error(last(f), GEN_FAULT_INTERNAL, "x", "");
    assert_true(x->ended);
    f->rt.submit_code = ERR_FULL;
    x = post(f, COMPLETE, "{\"prompt\":[\"a\",\"b\"]}");
    assert_true(x->ended);
    assert_int_equal(x->status, 503);
}

/* The engine's first word may come before runtime_submit returns. */
static void the_first_event_may_come_at_once(void **state)
{
    struct fake *f = *state;
    static const struct gen_event error = {.type = GEN_ERROR, .error = {GEN_FAULT_CONTEXT, {"too long", 8}, {NULL, 0}}};
    static const struct gen_event text = {.type = GEN_TEXT, .text = {.text = {"x", 1}}};
    f->rt.at_once = &error;
    struct http_exchange *x = post(f, COMPLETE, "{\"prompt\":[\"a\",\"b\"],\"stream\":true}");
    assert_int_equal(x->status, 400);
    assert_int_equal(f->rt.n_tickets, 1); /* the second prompt has not been asked */
    f->rt.at_once = &text;
    x = post(f, CHAT, "{" HI ",\"stream\":true}");
    f->rt.at_once = NULL;
    for (int i = 0; i < 15; i++)
        fake_text(last(f), 0, "x");
    assert_int_equal(last(f)->credit, 16);
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_true(x->complete);
}

static void events_that_make_no_sense_are_ignored(void **state)
{
    struct fake *f = *state;
    struct http_exchange *x = post(f, CHAT, "{" HI "}");
    fake_text(last(f), 7, "x");
    fake_done(last(f), 1, GEN_FINISH_STOP);
    fake_event(last(f), (struct gen_event){.type = GEN_EVENT_TYPE_COUNT});
    assert_false(x->complete);
    fake_done(last(f), 0, GEN_FINISH_STOP);
    assert_true(x->complete);
}

static void the_api_may_go_first(void **state)
{
    struct fake *f = *state;
    post(f, CHAT, "{" HI "}");
    api_free(f->api);
    f->x.ev = (struct http_events){0};
    assert_true(last(f)->canceled);
    assert_int_equal(api_create(&f->config, &f->api, NULL), OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(chat_is_collected),
        T(choices_keep_their_index),
        T(several_prompts_are_several_tickets),
        T(max_tokens_has_a_default),
        T(logprobs_of_chat),
        T(logprobs_of_completions),
        T(chat_is_streamed),
        T(usage_comes_last_when_asked_for),
        T(streamed_logprobs_come_with_their_text),
        T(silence_is_broken_by_comments),
        T(credit_follows_the_reader),
        T(a_blocked_stream_can_end),
        T(wrong_bodies_are_refused),
        T(models_by_name_only),
        T(the_runtime_may_refuse),
        T(a_full_queue_takes_all_prompts_or_none),
        T(errors_before_the_first_byte_have_a_status),
        T(errors_within_a_stream_end_it),
        T(canceled_by_the_server_is_an_error),
        T(an_endless_answer_is_bounded),
        T(a_client_that_leaves_cancels),
        T(the_end_may_come_at_once),
        T(the_first_event_may_come_at_once),
        T(events_that_make_no_sense_are_ignored),
        T(the_api_may_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
