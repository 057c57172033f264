/* The manager over real workers: files, threads, socket pairs, one loop. */

#include <stdio.h>
#include <unistd.h>

#include "../check.h"
#include "runtime/runtime.h"
#include "tiny_model.h"

#define DIR_NAME "native_test.models"

static struct loop *loop;
static struct runtime *rt;

static void begin(uint32_t loaded_max)
{
    struct runtime_config c = {
        .models_dir = DIR_NAME,
        .models_loaded_max = loaded_max,
        .cpu = STR("scalar"),
        .defaults = {.kv_bytes_max = 1 << 20, .sequences_max = 4, .queue_max = 16, .prefill_chunk = 64, .threads = 2},
    };
    assert_int_equal(loop_create(&loop, NULL), OK);
    assert_int_equal(runtime_create(loop, &c, &rt, NULL), OK);
}

static void finish(void)
{
    runtime_free(rt);
    loop_free(loop);
}

/* What a sink has heard; the loop stops when as many as were expected have ended. */
static unsigned open_count;

struct heard {
    unsigned texts, done, errors, credit_each;
    enum gen_finish reason;
    enum gen_fault fault;
    uint32_t completion;
    char message[300];
    struct ticket *ticket;
    unsigned cancel_at; /* texts */
};

static void one_ended(void)
{
    if (!--open_count)
        loop_stop(loop);
}

static void hear(void *ctx, const struct gen_event *ev)
{
    struct heard *h = ctx;
    if (ev->type == GEN_TEXT) {
        h->texts++;
        if (h->cancel_at && h->texts == h->cancel_at) {
            runtime_cancel(h->ticket);
            one_ended();
        } else if (h->credit_each) {
            runtime_credit(h->ticket, h->credit_each);
        }
    } else if (ev->type == GEN_DONE) {
        h->done++;
        h->reason = ev->done.reason;
        h->completion = ev->done.usage.completion_tokens;
        one_ended();
    } else if (ev->type == GEN_ERROR) {
        h->errors++;
        h->fault = ev->error.fault;
        str_copy(h->message, sizeof h->message, ev->error.message);
        one_ended();
    }
}

static void submit(const char *model, uint32_t max_tokens, uint32_t credit, struct heard *h)
{
    struct gen_request r;
    struct err e = {0};
    gen_request_init(&r, GEN_COMPLETE);
    r.prompt = STR("hello there");
    r.max_tokens = max_tokens;
    r.credit = credit;
    r.ignore_eos = true;
    assert_int_equal(runtime_submit(rt, str_of(model), &r, hear, h, &h->ticket, &e), OK);
    open_count++;
}

static void many_requests_on_two_models(void **state)
{
    (void)state;
    begin(2);
    enum { N = 12 };
    struct heard h[N] = {0};
    for (int i = 0; i < N; i++)
        submit(i % 2 ? "a" : "b", 40 + (uint32_t)i, GEN_CREDIT_UNLIMITED, &h[i]);
    assert_int_equal(loop_run(loop), OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(h[i].done, 1);
        assert_int_equal(h[i].completion, 40 + i);
    }
    finish();
}

static void two_models_take_turns_in_one_place(void **state)
{
    (void)state;
    begin(1);
    struct heard h[6] = {0};
    for (int i = 0; i < 6; i++)
        submit(i % 2 ? "a" : "b", 10, GEN_CREDIT_UNLIMITED, &h[i]);
    assert_int_equal(loop_run(loop), OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(h[i].done, 1);
    finish();
}

static void a_trickle_of_credit_brings_all_of_it(void **state)
{
    (void)state;
    begin(1);
    struct heard slow = {.credit_each = 1}, fast = {0};
    submit("a", 60, 1, &slow);
    submit("a", 60, GEN_CREDIT_UNLIMITED, &fast);
    assert_int_equal(loop_run(loop), OK);
    assert_int_equal(slow.done, 1);
    assert_int_equal(slow.completion, 60);
    assert_int_equal(fast.done, 1);
    finish();
}

static void canceled_requests_end_and_others_go_on(void **state)
{
    (void)state;
    begin(1);
    struct heard gone = {.cancel_at = 3}, stays = {0};
    submit("a", 400, GEN_CREDIT_UNLIMITED, &gone);
    submit("a", 50, GEN_CREDIT_UNLIMITED, &stays);
    assert_int_equal(loop_run(loop), OK);
    assert_int_equal(gone.texts, 3);
    assert_int_equal(gone.done, 0);
    assert_int_equal(stays.done, 1);
    finish();
}

static void broken_files_are_told(void **state)
{
    (void)state;
    begin(1);
    struct heard text = {0}, locked = {0};
    submit("text", 10, GEN_CREDIT_UNLIMITED, &text);
    submit("cut", 10, GEN_CREDIT_UNLIMITED, &locked);
    assert_int_equal(loop_run(loop), OK);
    assert_int_equal(text.errors, 1);
    assert_int_equal(text.fault, GEN_FAULT_MODEL);
    assert_int_equal(locked.errors, 1);
    assert_int_equal(locked.fault, GEN_FAULT_MODEL);
    assert_true(strlen(text.message) > 10);
    struct heard good = {0};
    submit("a", 5, GEN_CREDIT_UNLIMITED, &good);
    assert_int_equal(loop_run(loop), OK);
    assert_int_equal(good.done, 1);
    finish();
}

static void on_tokens(void *ctx, const struct gen_tokens *tokens, const struct gen_failed *failed)
{
    assert_null(failed);
    *(size_t *)ctx = tokens->n_tokens;
    one_ended();
}

static void tokens_of_a_text(void **state)
{
    (void)state;
    begin(1);
    size_t n = 0;
    struct gen_tokenize ask = {.text = STR("abc"), .add_special = true};
    assert_int_equal(runtime_tokenize(rt, STR("a"), &ask, on_tokens, &n, NULL), OK);
    open_count++;
    assert_int_equal(loop_run(loop), OK);
    assert_in_range(n, 4, 5); /* <s>, the space before, a, b, c */
    finish();
}

static void stop_soon(void *ctx)
{
    loop_stop(ctx);
}

/* Ends at some moment of loading or of an answer: nothing hangs, nothing leaks, who is open hears it. */
static void it_may_end_at_any_moment(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 12; ms += 3) {
        begin(2);
        struct heard h[3] = {0};
        struct timer *t;
        for (int i = 0; i < 3; i++)
            submit(i % 2 ? "a" : "b", 300, GEN_CREDIT_UNLIMITED, &h[i]);
        assert_int_equal(timer_create_in(loop, stop_soon, loop, &t), OK);
        timer_start(t, ms, 0);
        assert_int_equal(loop_run(loop), OK);
        timer_free(t);
        finish();
        for (int i = 0; i < 3; i++)
            assert_int_equal(h[i].errors + h[i].done, 1);
        open_count = 0;
    }
}

static int make_models(void **state)
{
    (void)state;
    scratch_folder(DIR_NAME);
    tiny_model_write(DIR_NAME "/a.gguf");
    tiny_model_write(DIR_NAME "/b.gguf");
    tiny_model_write(DIR_NAME "/cut.gguf");
    FILE *f = fopen(DIR_NAME "/text.gguf", "w");
    if (!f || fputs("# notes about models", f) < 0 || fclose(f))
        return -1;
    return truncate(DIR_NAME "/cut.gguf", 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests_on_two_models),
        cmocka_unit_test(two_models_take_turns_in_one_place),
        cmocka_unit_test(a_trickle_of_credit_brings_all_of_it),
        cmocka_unit_test(canceled_requests_end_and_others_go_on),
        cmocka_unit_test(broken_files_are_told),
        cmocka_unit_test(tokens_of_a_text),
        cmocka_unit_test(it_may_end_at_any_moment),
    };
    return cmocka_run_group_tests(tests, make_models, NULL);
}
