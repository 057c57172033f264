/* The manager, over a backend that the test plays. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "fake_backend.h"
#include "runtime/runtime.h"
#include "tiny_model.h"

#define DIR_NAME "runtime_test.models"
#define PATH_A   DIR_NAME "/a-Q8_0.gguf"
#define PATH_B   DIR_NAME "/b.gguf"

static struct loop *loop;
static struct runtime *rt;

/* ---- the loop, a turn at a time */
static void stop(void *ctx)
{
    loop_stop(ctx);
}

/* Lets everything happen that is due. */
static void settle(void)
{
    for (int i = 0; i < 3; i++) {
        struct timer *t;
        assert_int_equal(timer_create_in(loop, stop, loop, &t), OK);
        timer_start(t, 1, 0);
        assert_int_equal(loop_run(loop), OK);
        timer_free(t);
    }
}

/* Until the condition holds; what never comes fails the test. */
#define UNTIL(condition)                                              \
    do {                                                              \
        for (int turns_ = 0; !(condition) && turns_ < 4000; turns_++) \
            settle();                                                 \
        assert_true(condition);                                       \
    } while (0)

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct runtime_config config_of(uint32_t loaded_max)
{
    return (struct runtime_config){.models_dir = DIR_NAME,
                                   .models_loaded_max = loaded_max,
                                   .defaults = {.sequences_max = 2, .queue_max = 3},
                                   .backend = &backend_fake};
}

static void begin_with(const struct runtime_config *c)
{
    scratch_folder(DIR_NAME);
    write_file(PATH_A, "a");
    write_file(PATH_B, "b");
    assert_int_equal(loop_create(&loop, NULL), OK);
    assert_int_equal(runtime_create(loop, c, &rt, NULL), OK);
}

static void begin(uint32_t loaded_max)
{
    struct runtime_config c = config_of(loaded_max);
    begin_with(&c);
}

static void finish(void)
{
    runtime_free(rt);
    loop_free(loop);
    fakes_reset();
}

/* ---- a sink that remembers */
struct heard {
    char text[256];
    unsigned n, queued, loading, done, errors;
    uint32_t position;
    float progress;
    enum gen_finish reason;
    enum gen_fault fault;
    char message[256];
    struct ticket *ticket;
    void (*also)(struct heard *h, const struct gen_event *ev); /* NULL: nothing */
};

static void hear(void *ctx, const struct gen_event *ev)
{
    struct heard *h = ctx;
    h->n++;
    switch (ev->type) {
    case GEN_QUEUED:
        h->queued++;
        h->position = ev->queued.position;
        break;
    case GEN_LOADING:
        h->loading++;
        h->progress = ev->loading.progress;
        break;
    case GEN_TEXT: {
        size_t len = strlen(h->text);
        str_copy(h->text + len, sizeof h->text - len, ev->text.text);
        break;
    }
    case GEN_DONE:
        h->done++;
        h->reason = ev->done.reason;
        break;
    case GEN_ERROR:
        h->errors++;
        h->fault = ev->error.fault;
        str_copy(h->message, sizeof h->message, ev->error.message);
        break;
    default: break;
    }
    if (h->also)
        h->also(h, ev);
}

static struct gen_request request(void)
{
    struct gen_request r;
    gen_request_init(&r, GEN_COMPLETE);
    r.prompt = STR("hello");
    return r;
}

static void submit_request(const char *model, const struct gen_request *r, struct heard *h)
{
    struct err e = {0};
    int code = runtime_submit(rt, str_of(model), r, hear, h, &h->ticket, &e);
    if (code)
        print_error("%s\n", e.text);
    assert_int_equal(code, OK);
}

static void submit(const char *model, struct heard *h)
{
    struct gen_request r = request();
    submit_request(model, &r, h);
}

static enum model_state state_of(const char *name)
{
    return runtime_find(rt, str_of(name))->state;
}

/* Loaded and ready. */
static struct backend *ready(const char *name, const char *path)
{
    assert_int_equal(runtime_load(rt, str_of(name), NULL), OK);
    UNTIL(fake_for(path));
    fake_loaded(fake_for(path));
    settle();
    assert_int_equal(state_of(name), MODEL_READY);
    return fake_for(path);
}

/* ---- one request */
static void a_request_loads_its_model_and_hears_all(void **state)
{
    (void)state;
    begin(2);
    struct heard h = {0};
    assert_int_equal(state_of("b"), MODEL_COLD);
    submit("b", &h);
    assert_int_equal(h.n, 0); /* not from within submit */
    UNTIL(fake_for(PATH_B));
    struct backend *b = fake_for(PATH_B);
    assert_int_equal(state_of("b"), MODEL_LOADING);
    struct gen_frame f = {.type = GEN_FRAME_PROGRESS};
    f.progress = 0.5f;
    fake_says(b, &f);
    assert_true(h.loading >= 1 && h.progress == 0.5f);
    assert_int_equal(b->n_sent, 0);
    fake_loaded(b);
    UNTIL(b->n_sent == 1);
    assert_true(str_eq(runtime_find(rt, STR("b"))->info->name, STR("Fake")));
    assert_int_equal(b->sent[0].type, GEN_FRAME_REQUEST);
    assert_true(str_eq(b->sent[0].request.prompt, STR("hello")));
    uint64_t id = b->sent[0].request.id;
    fake_text(b, id, "one ");
    fake_text(b, id + 1, "nobody's");
    fake_text(b, id, "two");
    fake_done(b, id, 1); /* a choice that was not asked for */
    assert_int_equal(h.done, 0);
    fake_done(b, id, 0);
    fake_text(b, id, "late");
    fake_done(b, id, 0);
    assert_string_equal(h.text, "one two");
    assert_int_equal(h.done, 1);
    finish();
}

static void the_ticket_lives_until_all_choices_are_done(void **state)
{
    (void)state;
    begin(1);
    struct backend *b = ready("b", PATH_B);
    struct heard h = {0};
    struct gen_request r = request();
    r.n_choices = 2;
    submit_request("b", &r, &h);
    assert_int_equal(b->n_sent, 1); /* a ready model gets it at once */
    uint64_t id = b->sent[0].request.id;
    fake_done(b, id, 1);
    fake_done(b, id, 1);
    assert_int_equal(h.done, 1);
    fake_text(b, id, "still");
    fake_done(b, id, 0);
    assert_int_equal(h.done, 2);
    assert_string_equal(h.text, "still");
    finish();
}

static void cancel_silences(void **state)
{
    (void)state;
    begin(1);
    struct heard waiting = {0}, sent = {0};
    submit("b", &waiting);
    runtime_cancel(waiting.ticket);
    struct backend *b = ready("b", PATH_B);
    assert_int_equal(b->n_sent, 0);
    submit("b", &sent);
    uint64_t id = b->sent[0].request.id;
    fake_text(b, id, "a");
    runtime_cancel(sent.ticket);
    assert_int_equal(b->n_sent, 2);
    assert_int_equal(b->sent[1].type, GEN_FRAME_CANCEL);
    assert_true(b->sent[1].cancel.id == id);
    fake_text(b, id, "b");
    fake_done(b, id, 0);
    settle();
    assert_int_equal(waiting.n, 0);
    assert_int_equal(sent.n, 1);
    finish();
}

static void credit_goes_along_or_follows(void **state)
{
    (void)state;
    begin(1);
    struct heard h = {0};
    submit("b", &h);
    runtime_credit(h.ticket, 3);
    runtime_credit(h.ticket, 4);
    struct backend *b = ready("b", PATH_B);
    assert_int_equal(b->n_sent, 2);
    assert_int_equal(b->sent[1].type, GEN_FRAME_CREDIT);
    assert_int_equal(b->sent[1].credit.events, 7);
    runtime_credit(h.ticket, 5);
    assert_int_equal(b->sent[2].credit.events, 5);
    assert_true(b->sent[2].credit.id == b->sent[0].request.id);
    finish();
}

static void a_deadline_passes_while_waiting(void **state)
{
    (void)state;
    begin(1);
    struct heard h = {0};
    struct gen_request r = request();
    r.deadline_ms = 20;
    r.n_choices = 2;
    submit_request("b", &r, &h);
    UNTIL(h.done == 2);
    assert_int_equal(h.reason, GEN_FINISH_DEADLINE);
    /* what is left of a longer one goes along */
    r.deadline_ms = 100000;
    submit_request("b", &r, &h);
    settle();
    struct backend *b = ready("b", PATH_B);
    assert_in_range(b->sent[0].request.deadline_ms, 1, 99999);
    finish();
}

/* ---- failure */
static void a_failed_load_is_an_event_and_a_state(void **state)
{
    (void)state;
    begin(1);
    struct heard h[3] = {0};
    submit("b", &h[0]);
    submit("b", &h[1]);
    UNTIL(fake_for(PATH_B));
    fake_failed(fake_for(PATH_B), 0, GEN_FAULT_MODEL, "tensor 7 is torn");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(h[i].errors, 1);
        assert_int_equal(h[i].fault, GEN_FAULT_MODEL);
        assert_string_equal(h[i].message, "tensor 7 is torn");
    }
    assert_int_equal(state_of("b"), MODEL_FAILED);
    assert_string_equal(runtime_find(rt, STR("b"))->failure, "tensor 7 is torn");
    assert_true(fake_for(PATH_B)->closing);
    fake_closed(fake_for(PATH_B), OK);
    /* not tried again at once */
    struct err e;
    assert_int_equal(runtime_load(rt, STR("b"), &e), ERR_CORRUPT);
    assert_string_equal(e.text, "tensor 7 is torn");
    submit("b", &h[2]);
    UNTIL(h[2].errors == 1);
    assert_int_equal(n_fakes, 1);
    /* but when the file has changed */
    write_file(PATH_B, "another file");
    UNTIL(state_of("b") == MODEL_COLD);
    ready("b", PATH_B);
    finish();
}

static void a_backend_that_does_not_open_is_a_failure(void **state)
{
    (void)state;
    begin(1);
    struct heard h = {0};
    fake_open_result = ERR_NOMEM;
    submit("b", &h);
    UNTIL(h.errors == 1);
    assert_int_equal(h.fault, GEN_FAULT_MEMORY);
    assert_int_equal(state_of("b"), MODEL_FAILED);
    finish();
}

static void a_worker_that_dies_takes_its_requests_only(void **state)
{
    (void)state;
    begin(2);
    struct backend *a = ready("a-Q8_0", PATH_A), *b = ready("b", PATH_B);
    struct heard on_a = {0}, on_b = {0}, again = {0};
    submit("a-Q8_0", &on_a);
    submit("b", &on_b);
    fake_closed(b, ERR_CORRUPT);
    assert_int_equal(on_b.errors, 1);
    assert_int_equal(on_b.fault, GEN_FAULT_INTERNAL);
    assert_int_equal(state_of("b"), MODEL_COLD);
    assert_null(runtime_find(rt, STR("b"))->info);
    fake_text(a, a->sent[0].request.id, "alive");
    assert_string_equal(on_a.text, "alive");
    submit("b", &again);
    UNTIL(fake_for(PATH_B));
    fake_closed(fake_for(PATH_B), OK); /* while it loads */
    assert_int_equal(again.errors, 1);
    assert_int_equal(state_of("b"), MODEL_FAILED);
    finish();
}

static void a_send_that_fails_is_told(void **state)
{
    (void)state;
    begin(1);
    struct heard h = {0};
    submit("b", &h);
    fake_send_result = ERR_FULL;
    UNTIL(fake_for(PATH_B));
    fake_loaded(fake_for(PATH_B));
    UNTIL(h.errors == 1);
    assert_int_equal(h.fault, GEN_FAULT_BUSY);
    struct gen_request r = request();
    struct err e;
    assert_int_equal(runtime_submit(rt, STR("b"), &r, hear, &h, &h.ticket, &e), ERR_FULL);
    finish();
}

/* ---- room */
static void the_least_used_idle_model_makes_room(void **state)
{
    (void)state;
    begin(2);
    write_file(DIR_NAME "/c.gguf", "c");
    struct backend *a = ready("a-Q8_0", PATH_A), *b = ready("b", PATH_B);
    struct heard h = {0}, on_c = {0};
    submit("a-Q8_0", &h); /* now b is the least recently used */
    fake_done(a, a->sent[0].request.id, 0);
    submit("c", &on_c);
    UNTIL(b->closing);
    assert_false(a->closing);
    assert_null(fake_for(DIR_NAME "/c.gguf")); /* not before b's memory is free */
    fake_closed(b, OK);
    UNTIL(fake_for(DIR_NAME "/c.gguf"));
    assert_int_equal(state_of("b"), MODEL_COLD);
    finish();
}

static void a_busy_model_is_drained_in_order_of_arrival(void **state)
{
    (void)state;
    begin(1);
    struct backend *a = ready("a-Q8_0", PATH_A);
    struct heard first = {0}, on_b = {0}, later = {0};
    submit("a-Q8_0", &first);
    submit("b", &on_b);
    UNTIL(on_b.queued == 1);
    submit("a-Q8_0", &later); /* comes after b's */
    settle();
    assert_int_equal(a->n_sent, 1);
    assert_false(a->closing);
    fake_text(a, a->sent[0].request.id, "ends in peace");
    fake_done(a, a->sent[0].request.id, 0);
    UNTIL(a->closing);
    fake_closed(a, OK);
    assert_string_equal(first.text, "ends in peace");
    assert_int_equal(first.errors, 0);
    UNTIL(fake_for(PATH_B));
    struct backend *b = fake_for(PATH_B);
    fake_loaded(b);
    UNTIL(b->n_sent == 1);
    fake_done(b, b->sent[0].request.id, 0);
    UNTIL(b->closing);
    fake_closed(b, OK);
    UNTIL(fake_for(PATH_A));
    fake_loaded(fake_for(PATH_A));
    UNTIL(fake_for(PATH_A)->n_sent == 1);
    assert_int_equal(later.errors, 0);
    finish();
}

static void idle_models_are_unloaded(void **state)
{
    (void)state;
    struct runtime_config c = config_of(1);
    c.idle_unload_s = 1;
    begin_with(&c);
    struct backend *b = ready("b", PATH_B);
    struct heard h = {0};
    submit("b", &h);
    settle();
    assert_false(b->closing);
    fake_done(b, b->sent[0].request.id, 0);
    UNTIL(b->closing);
    fake_closed(b, OK);
    assert_int_equal(state_of("b"), MODEL_COLD);
    finish();
}

static void unload_waits_for_what_runs(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(runtime_unload(rt, STR("none")), ERR_NOENT);
    assert_int_equal(runtime_unload(rt, STR("b")), OK);
    struct backend *b = ready("b", PATH_B);
    struct heard h = {0}, next = {0};
    submit("b", &h);
    assert_int_equal(runtime_unload(rt, STR("b")), OK);
    submit("b", &next);
    settle();
    assert_false(b->closing);
    assert_int_equal(b->n_sent, 1);
    fake_done(b, b->sent[0].request.id, 0);
    UNTIL(b->closing);
    assert_int_equal(runtime_load(rt, STR("b"), NULL), OK);
    fake_closed(b, OK);
    UNTIL(n_fakes == 2);
    fake_loaded(fake_for(PATH_B));
    UNTIL(fake_for(PATH_B)->n_sent == 1);
    finish();
}

/* ---- names and bounds */
static void names_are_found(void **state)
{
    (void)state;
    begin(1);
    const struct model_entry *m;
    assert_int_equal(runtime_models(rt, &m), 2);
    assert_true(str_eq(m[0].name, STR("a-Q8_0")));
    assert_int_equal(m[0].file_bytes, 1);
    assert_true(str_eq(runtime_find(rt, STR("a"))->name, STR("a-Q8_0")));
    assert_null(runtime_find(rt, STR("A")));
    assert_null(runtime_find(rt, STR("../b")));
    assert_null(runtime_find(rt, STR(PATH_B))); /* names, never paths */
    assert_null(runtime_find(rt, STR("")));     /* two, and none is loaded */
    ready("b", PATH_B);
    assert_true(str_eq(runtime_find(rt, STR(""))->name, STR("b")));
    write_file(DIR_NAME "/a-F16.gguf", "x");
    unlink(PATH_B);
    UNTIL(runtime_models(rt, &m) == 3);      /* b stays while it is loaded */
    assert_null(runtime_find(rt, STR("a"))); /* not unique any more */
    struct gen_request r = request();
    struct heard h = {0};
    struct err e;
    assert_int_equal(runtime_submit(rt, STR("zzz"), &r, hear, &h, &h.ticket, &e), ERR_NOENT);
    assert_non_null(strstr(e.text, "zzz"));
    finish();
}

static void bounds_are_kept(void **state)
{
    (void)state;
    begin(1);
    struct heard h[4] = {0};
    for (int i = 0; i < 3; i++)
        submit("b", &h[i]);
    struct gen_request r = request();
    struct err e;
    assert_int_equal(runtime_submit(rt, STR("b"), &r, hear, &h[3], &h[3].ticket, &e), ERR_FULL);
    runtime_cancel(h[1].ticket);
    r.prompt = STR("\xff");
    assert_int_equal(runtime_submit(rt, STR("b"), &r, hear, &h[3], &h[3].ticket, &e), ERR_INVAL);
    submit("b", &h[3]);
    finish();
    assert_int_equal(h[0].errors, 1); /* told that the server stops */
    assert_int_equal(h[1].n, 0);
    assert_int_equal(h[3].fault, GEN_FAULT_BUSY);
}

/* ---- tokens */
struct answered {
    unsigned calls, failures;
    size_t n;
};

static void on_tokens(void *ctx, const struct gen_tokens *tokens, const struct gen_failed *failed)
{
    struct answered *a = ctx;
    a->calls++;
    a->failures += failed != NULL;
    a->n = failed ? 0 : tokens->n_tokens;
}

static void on_bytes(void *ctx, const struct gen_bytes *bytes, const struct gen_failed *failed)
{
    struct answered *a = ctx;
    a->calls++;
    a->failures += failed != NULL;
    a->n = failed ? 0 : bytes->bytes.len;
}

static void tokens_are_answered_once(void **state)
{
    (void)state;
    begin(1);
    struct answered t = {0}, d = {0}, refused = {0}, open = {0};
    struct gen_tokenize ask = {.text = STR("hello")};
    uint32_t token = 7;
    struct gen_detokenize back = {.tokens = &token, .n_tokens = 1};
    assert_int_equal(runtime_tokenize(rt, STR("b"), &ask, on_tokens, &t, NULL), OK);
    assert_int_equal(runtime_detokenize(rt, STR("b"), &back, on_bytes, &d, NULL), OK);
    struct backend *b = ready("b", PATH_B);
    assert_int_equal(b->n_sent, 2);
    uint32_t tokens[3] = {1, 2, 3};
    struct gen_frame f = {.type = GEN_FRAME_TOKENS};
    f.tokens = (struct gen_tokens){.id = b->sent[0].tokenize.id, .tokens = tokens, .n_tokens = 3};
    fake_says(b, &f);
    fake_says(b, &f);
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.n, 3);
    f.tokens.id = b->sent[1].detokenize.id; /* the wrong kind of answer */
    fake_says(b, &f);
    assert_int_equal(d.calls, 0);
    f.type = GEN_FRAME_BYTES;
    f.bytes = (struct gen_bytes){.id = b->sent[1].detokenize.id, .bytes = STR("word")};
    fake_says(b, &f);
    assert_int_equal(d.n, 4);
    struct gen_message said = {.role = GEN_ROLE_USER, .content = STR("hi")};
    struct gen_request chat;
    gen_request_init(&chat, GEN_CHAT);
    chat.messages = &said;
    chat.n_messages = 1;
    assert_int_equal(runtime_render(rt, STR("b"), &chat, on_bytes, &d, NULL), OK);
    assert_int_equal(b->sent[2].type, GEN_FRAME_TEMPLATE);
    f.bytes = (struct gen_bytes){.id = b->sent[2].request.id, .bytes = STR("prompt")};
    fake_says(b, &f);
    assert_int_equal(d.n, 6);
    assert_int_equal(runtime_tokenize(rt, STR("b"), &ask, on_tokens, &refused, NULL), OK);
    fake_failed(b, b->sent[3].tokenize.id, GEN_FAULT_REQUEST, "no");
    assert_int_equal(refused.failures, 1);
    assert_int_equal(runtime_tokenize(rt, STR("b"), &ask, on_tokens, &open, NULL), OK);
    finish();
    assert_int_equal(open.calls, 1);
    assert_int_equal(open.failures, 1);
}

/* ---- sinks that call back */
static struct heard other;

static void cancel_the_other(struct heard *h, const struct gen_event *ev)
{
    (void)h;
    if (ev->type == GEN_ERROR && other.ticket) {
        runtime_cancel(other.ticket);
        other.ticket = NULL;
    }
}

static void submit_again(struct heard *h, const struct gen_event *ev)
{
    const struct model_entry *m;
    runtime_models(rt, &m);
    if (ev->type == GEN_ERROR && h->errors == 1)
        submit("b", h);
}

static void cancel_itself(struct heard *h, const struct gen_event *ev)
{
    if (ev->type == GEN_TEXT)
        runtime_cancel(h->ticket);
}

static void sinks_may_call_anything(void **state)
{
    (void)state;
    begin(1);
    struct heard first = {.also = cancel_the_other}, again = {.also = submit_again}, self = {.also = cancel_itself};
    submit("b", &first);
    submit("b", &other);
    submit("b", &again);
    UNTIL(fake_for(PATH_B));
    fake_failed(fake_for(PATH_B), 0, GEN_FAULT_MODEL, "torn");
    fake_closed(fake_for(PATH_B), OK);
    UNTIL(again.errors == 2); /* tried again within the sink, refused again, and then content */
    assert_int_equal(other.errors, 0);
    struct backend *a = ready("a", PATH_A);
    submit("a", &self);
    fake_text(a, a->sent[0].request.id, "x");
    fake_text(a, a->sent[0].request.id, "y");
    assert_string_equal(self.text, "x");
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_loads_its_model_and_hears_all),
        cmocka_unit_test(the_ticket_lives_until_all_choices_are_done),
        cmocka_unit_test(cancel_silences),
        cmocka_unit_test(credit_goes_along_or_follows),
        cmocka_unit_test(a_deadline_passes_while_waiting),
        cmocka_unit_test(a_failed_load_is_an_event_and_a_state),
        cmocka_unit_test(a_backend_that_does_not_open_is_a_failure),
        cmocka_unit_test(a_worker_that_dies_takes_its_requests_only),
        cmocka_unit_test(a_send_that_fails_is_told),
        cmocka_unit_test(the_least_used_idle_model_makes_room),
        cmocka_unit_test(a_busy_model_is_drained_in_order_of_arrival),
        cmocka_unit_test(idle_models_are_unloaded),
        cmocka_unit_test(unload_waits_for_what_runs),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(tokens_are_answered_once),
        cmocka_unit_test(sinks_may_call_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
