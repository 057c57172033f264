/* The worker behind a real socket pair, with a model file that the test makes. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "gen/frames.h"
#include "runtime/worker.h"
#include "tiny_model.h"

#define MODEL "worker_test.models/tiny.gguf"

static const struct worker_config config = {.level = CPU_SCALAR};

static struct gen_load load_of(const char *path)
{
    return (struct gen_load){
        .path = str_of(path), .kv_bytes_max = 1 << 20, .sequences_max = 4, .queue_max = 8, .prefill_chunk = 64, .threads = 2};
}

static struct worker_client *open_tiny(const struct gen_loaded **ret_info)
{
    struct worker_client *w = NULL;
    struct err e = {0};
    struct gen_load load = load_of(MODEL);
    int r = worker_client_open(&config, &load, NULL, NULL, &w, ret_info, &e);
    if (r)
        print_error("%s\n", e.text);
    assert_int_equal(r, OK);
    return w;
}

static struct gen_request request_of(uint64_t id, const char *prompt, uint32_t max_tokens)
{
    struct gen_request r;
    gen_request_init(&r, GEN_COMPLETE);
    r.id = id;
    r.prompt = str_of(prompt);
    r.max_tokens = max_tokens;
    r.sampling.temperature = 0;
    r.ignore_eos = true;
    return r;
}

static void send_request(struct worker_client *w, const struct gen_request *r)
{
    struct buf b = buf_make(1 << 20);
    assert_int_equal(gen_put_request(&b, r), OK);
    assert_int_equal(worker_client_send(w, buf_str(&b)), OK);
    buf_free(&b);
}

static void send_frame(struct worker_client *w, const struct gen_frame *f)
{
    struct buf b = buf_make(1 << 20);
    assert_int_equal(gen_put_frame(&b, f), OK);
    assert_int_equal(worker_client_send(w, buf_str(&b)), OK);
    buf_free(&b);
}

/* The next event of a type, passing over QUEUED and PREFILL when these are not wanted. */
static struct gen_event next_event(struct worker_client *w)
{
    struct gen_frame f;
    do {
        assert_int_equal(worker_client_read(w, &f), OK);
        assert_int_equal(f.type, GEN_FRAME_EVENT);
    } while (f.event.type == GEN_QUEUED || f.event.type == GEN_PREFILL);
    return f.event;
}

static void count_progress(void *ctx, float progress)
{
    float *last = ctx;
    assert_true(progress >= *last && progress <= 1);
    *last = progress;
}

static void loads_and_answers(void **state)
{
    (void)state;
    struct worker_client *w;
    const struct gen_loaded *info;
    struct gen_load load = load_of(MODEL);
    float progress = 0;
    assert_int_equal(worker_client_open(&config, &load, count_progress, &progress, &w, &info, NULL), OK);
    assert_true(progress == 1);
    assert_true(str_eq(info->name, STR("Tiny")));
    assert_true(str_eq(info->arch, STR("llama")));
    assert_int_equal(info->vocab, TINY_VOCAB);
    assert_int_equal(info->context_tokens, TINY_CONTEXT);
    struct gen_request r = request_of(5, "hello", 12);
    r.n_choices = 2;
    send_request(w, &r);
    unsigned done = 0;
    while (done != 3) {
        struct gen_event ev = next_event(w);
        assert_int_equal(ev.id, 5);
        if (ev.type != GEN_DONE) {
            assert_int_equal(ev.type, GEN_TEXT);
            continue;
        }
        assert_int_equal(ev.done.reason, GEN_FINISH_LENGTH);
        assert_int_equal(ev.done.usage.completion_tokens, 12);
        assert_int_equal(done >> ev.choice & 1, 0);
        done |= 1u << ev.choice;
    }
    worker_client_close(w);
}

static void tokens_and_back(void **state)
{
    (void)state;
    const struct gen_loaded *info;
    struct worker_client *w = open_tiny(&info);
    struct gen_frame f = {.type = GEN_FRAME_TOKENIZE}, answer;
    f.tokenize = (struct gen_tokenize){.id = 1, .text = STR("Hi é\xff"), .add_special = true, .with_pieces = true};
    send_frame(w, &f);
    assert_int_equal(worker_client_read(w, &answer), OK);
    assert_int_equal(answer.type, GEN_FRAME_TOKENS);
    assert_int_equal(answer.tokens.id, 1);
    assert_int_equal(answer.tokens.tokens[0], 1); /* <s> */
    assert_non_null(answer.tokens.pieces);
    assert_true(str_eq(answer.tokens.pieces[answer.tokens.n_tokens - 1], STR("\xff")));
    uint32_t tokens[32];
    size_t n = answer.tokens.n_tokens;
    assert_in_range(n, 6, 32);
    memcpy(tokens, answer.tokens.tokens, n * sizeof *tokens);
    f.type = GEN_FRAME_DETOKENIZE;
    f.detokenize = (struct gen_detokenize){.id = 2, .tokens = tokens + 1, .n_tokens = n - 1};
    send_frame(w, &f);
    assert_int_equal(worker_client_read(w, &answer), OK);
    assert_int_equal(answer.type, GEN_FRAME_BYTES);
    assert_true(str_eq(answer.bytes.bytes, STR("Hi é\xff")));
    tokens[0] = TINY_VOCAB;
    f.detokenize = (struct gen_detokenize){.id = 3, .tokens = tokens, .n_tokens = 1};
    send_frame(w, &f);
    assert_int_equal(worker_client_read(w, &answer), OK);
    assert_int_equal(answer.type, GEN_FRAME_FAILED);
    assert_int_equal(answer.failed.id, 3);
    assert_int_equal(answer.failed.fault, GEN_FAULT_REQUEST);
    worker_client_close(w);
}

static void write_template(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

/* A template from a file: LOADED names it, TEMPLATE renders by it, its refusals come back. */
static void a_template_of_ones_own(void **state)
{
    (void)state;
    static const char path[] = "worker_test_template.jinja";
    write_template(path, "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }} {{ colour }}"
                         "{% if m.content == 'no' %}{{ raise_exception('not this') }}{% endif %}{% endfor %}");
    struct gen_load load = load_of(MODEL);
    load.chat_template_file = str_of(path);
    struct worker_client *w = NULL;
    const struct gen_loaded *info;
    struct err e = {0};
    assert_int_equal(worker_client_open(&config, &load, NULL, NULL, &w, &info, &e), OK);
    assert_true(str_eq(info->chat_format, STR("jinja")));
    struct gen_message m = {.role = GEN_ROLE_USER, .content = STR("hi")};
    struct gen_frame f = {.type = GEN_FRAME_TEMPLATE}, answer;
    gen_request_init(&f.request, GEN_CHAT);
    f.request.id = 1;
    f.request.messages = &m;
    f.request.n_messages = 1;
    f.request.template_kwargs = STR("{\"colour\": \"red\"}");
    send_frame(w, &f);
    assert_int_equal(worker_client_read(w, &answer), OK);
    assert_int_equal(answer.type, GEN_FRAME_BYTES);
    assert_str(answer.bytes.bytes, "<s>[user] hi red");
    m.content = STR("no");
    f.request.id = 2;
    send_frame(w, &f);
    assert_int_equal(worker_client_read(w, &answer), OK);
    assert_int_equal(answer.type, GEN_FRAME_FAILED);
    assert_str(answer.failed.message, "chat template: line 1: the template refuses: not this");
    worker_client_close(w);

    write_template(path, "{{ messages[0].content }}\n{% if %}");
    assert_int_equal(worker_client_open(&config, &load, NULL, NULL, &w, &info, &e), ERR_CORRUPT);
    assert_string_equal(e.text, "worker_test_template.jinja: chat template: line 2: the end of the tag where an expression is expected");
    remove(path);
    assert_int_not_equal(worker_client_open(&config, &load, NULL, NULL, &w, &info, &e), OK);
    assert_non_null(strstr(e.text, "the chat template worker_test_template.jinja cannot be opened"));
}

/* Credit for one event: one comes; then nothing, while another request goes on; then the rest. */
static void without_credit_a_request_parks(void **state)
{
    (void)state;
    const struct gen_loaded *info;
    struct worker_client *w = open_tiny(&info);
    struct gen_request slow = request_of(1, "hello", 100), other = request_of(2, "other", 150);
    slow.credit = 1;
    send_request(w, &slow);
    send_request(w, &other);
    unsigned texts = 0;
    for (;;) {
        struct gen_event ev = next_event(w);
        texts += ev.id == 1 && ev.type == GEN_TEXT;
        assert_false(ev.id == 1 && ev.type == GEN_DONE);
        if (ev.id == 2 && ev.type == GEN_DONE)
            break;
    }
    assert_int_equal(texts, 1);
    struct gen_frame f = {.type = GEN_FRAME_CREDIT};
    f.credit = (struct gen_credit){.id = 1, .events = GEN_CREDIT_UNLIMITED};
    send_frame(w, &f);
    struct gen_event ev;
    do {
        ev = next_event(w);
        assert_int_equal(ev.id, 1);
    } while (ev.type != GEN_DONE);
    assert_int_equal(ev.done.usage.completion_tokens, 100);
    worker_client_close(w);
}

static void cancel_and_deadline_end_a_parked_request(void **state)
{
    (void)state;
    const struct gen_loaded *info;
    struct worker_client *w = open_tiny(&info);
    struct gen_request r = request_of(1, "hello", 100);
    r.credit = 1;
    send_request(w, &r);
    assert_int_equal(next_event(w).type, GEN_TEXT);
    struct gen_frame f = {.type = GEN_FRAME_CANCEL};
    f.cancel.id = 1;
    send_frame(w, &f);
    struct gen_event ev = next_event(w);
    assert_int_equal(ev.type, GEN_DONE);
    assert_int_equal(ev.done.reason, GEN_FINISH_CANCELED);
    r.id = 2;
    r.deadline_ms = 30;
    send_request(w, &r);
    while ((ev = next_event(w)).type == GEN_TEXT) {
    }
    assert_int_equal(ev.type, GEN_DONE); /* the sleeping worker woke by itself */
    assert_int_equal(ev.done.reason, GEN_FINISH_DEADLINE);
    worker_client_close(w);
}

static void errors_come_as_events(void **state)
{
    (void)state;
    const struct gen_loaded *info;
    struct worker_client *w = open_tiny(&info);
    char longer[2 * TINY_CONTEXT];
    memset(longer, 'x', sizeof longer);
    struct gen_request r = request_of(9, "", 4);
    r.prompt = str_from(longer, sizeof longer);
    send_request(w, &r);
    struct gen_event ev = next_event(w);
    assert_int_equal(ev.type, GEN_ERROR);
    assert_int_equal(ev.error.fault, GEN_FAULT_CONTEXT);
    worker_client_close(w);
}

static void a_load_that_fails_says_why(void **state)
{
    (void)state;
    FILE *f = fopen("worker_test.models/text.gguf", "w");
    assert_non_null(f);
    fputs("this is not a model", f);
    fclose(f);
    static const struct {
        const char *path;
        uint64_t kv;
        int code;
    } cases[] = {
        {"worker_test.models/none.gguf", 0, ERR_CORRUPT},
        {"worker_test.models/text.gguf", 0, ERR_CORRUPT},
        {"worker_test.models", 0, ERR_CORRUPT},
        {MODEL, UINT64_MAX, ERR_NOMEM},
        {MODEL, 1, ERR_NOMEM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct worker_client *w = NULL;
        const struct gen_loaded *info;
        struct gen_load load = load_of(cases[i].path);
        load.kv_bytes_max = cases[i].kv;
        struct err e = {0};
        assert_int_equal(worker_client_open(&config, &load, NULL, NULL, &w, &info, &e), cases[i].code);
        assert_null(w);
        assert_true(strlen(e.text) > 20);
    }
}

/* ---- the protocol, spoken badly */
struct run {
    int fd, result;
};

static void *run_worker(void *arg)
{
    struct run *r = arg;
    r->result = worker_run(r->fd, &config);
    return NULL;
}

static void send_all(int fd, struct str bytes)
{
    assert_int_equal(send(fd, bytes.ptr ? bytes.ptr : "", bytes.len, MSG_NOSIGNAL), bytes.len);
}

static void wait_loaded(int fd)
{
    struct gen_frames frames;
    struct gen_frame f = {0};
    gen_frames_init(&frames);
    while (f.type != GEN_FRAME_LOADED) {
        char byte;
        if (gen_frames_next(&frames, &f) != ERR_AGAIN)
            continue;
        assert_int_equal(recv(fd, &byte, 1, 0), 1); /* not one byte more */
        assert_int_equal(gen_frames_add(&frames, str_from(&byte, 1)), OK);
    }
    gen_frames_deinit(&frames);
}

/* What worker_run says of these bytes, after a LOAD that has been answered when `loaded`, and then the end of the stream. */
static int run_with(struct str bytes, bool loaded)
{
    int fd[2];
    pthread_t thread;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct run r = {.fd = fd[1]};
    assert_int_equal(pthread_create(&thread, NULL, run_worker, &r), 0);
    if (loaded) {
        struct buf b = buf_make(1 << 20);
        struct gen_load load = load_of(MODEL);
        assert_int_equal(gen_put_load(&b, &load), OK);
        send_all(fd[0], buf_str(&b));
        buf_free(&b);
        wait_loaded(fd[0]);
    }
    send_all(fd[0], bytes);
    shutdown(fd[0], SHUT_WR);
    pthread_join(thread, NULL);
    close(fd[0]);
    return r.result;
}

static struct str encoded(struct buf *b, enum gen_frame_type type)
{
    struct gen_frame f = {.type = type};
    if (type == GEN_FRAME_LOAD)
        f.load = load_of(MODEL);
    if (type == GEN_FRAME_REQUEST)
        gen_request_init(&f.request, GEN_COMPLETE); /* with id 0 */
    buf_clear(b);
    assert_int_equal(gen_put_frame(b, &f), OK);
    return buf_str(b);
}

static void bad_streams_end_the_worker(void **state)
{
    (void)state;
    struct buf b = buf_make(1 << 16);
    assert_int_equal(run_with(STR(""), false), OK);
    assert_int_equal(run_with(STR(""), true), OK);
    assert_int_equal(run_with(STR("GET / HTTP/1.1\r\n\r\n"), false), ERR_CORRUPT);
    assert_int_equal(run_with(STR("\0\0\0\0"), false), ERR_CORRUPT);
    assert_int_equal(run_with(STR("\5\0\0"), false), OK);                           /* cut off: just an end */
    assert_int_equal(run_with(encoded(&b, GEN_FRAME_CANCEL), false), ERR_CORRUPT);  /* before LOAD */
    assert_int_equal(run_with(encoded(&b, GEN_FRAME_LOAD), true), ERR_CORRUPT);     /* twice */
    assert_int_equal(run_with(encoded(&b, GEN_FRAME_PROGRESS), true), ERR_CORRUPT); /* the wrong way */
    assert_int_equal(run_with(encoded(&b, GEN_FRAME_REQUEST), true), ERR_CORRUPT);  /* id 0 */
    assert_int_equal(run_with(encoded(&b, GEN_FRAME_CREDIT), true), OK);            /* an id that has ended is no crime */
    buf_free(&b);
}

/* The same code as a process of its own, which has nothing but the descriptor. */
static void a_worker_may_be_a_process(void **state)
{
    (void)state;
    int fd[2], status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        close(fd[0]);
        _exit(worker_run(fd[1], &config) == OK ? 0 : 1);
    }
    close(fd[1]);
    struct buf b = buf_make(1 << 20);
    struct gen_load load = load_of(MODEL);
    assert_int_equal(gen_put_load(&b, &load), OK);
    send_all(fd[0], buf_str(&b));
    buf_free(&b);
    wait_loaded(fd[0]);
    close(fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The other side goes away in the middle: the thread ends by itself. */
static void a_closed_stream_ends_the_thread(void **state)
{
    (void)state;
    for (int step = 0; step < 3; step++) {
        int fd[2];
        struct worker_thread *t;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        assert_int_equal(worker_thread_start(fd[1], &config, &t, NULL), OK);
        struct buf b = buf_make(1 << 20);
        struct gen_load load = load_of(MODEL);
        struct gen_request r = request_of(1, "hello", 0);
        if (step > 0)
            assert_int_equal(gen_put_load(&b, &load), OK);
        if (step > 1)
            assert_int_equal(gen_put_request(&b, &r), OK);
        if (b.len)
            assert_int_equal(send(fd[0], b.ptr, b.len, MSG_NOSIGNAL), b.len);
        if (step > 1) { /* in the middle of an answer */
            char byte;
            assert_int_equal(recv(fd[0], &byte, 1, 0), 1);
        }
        buf_free(&b);
        close(fd[0]);
        worker_thread_join(t);
    }
}

/* Many questions without reading an answer: the worker stops reading, nobody waits for ever. */
static void a_client_that_sends_first_and_reads_later(void **state)
{
    (void)state;
    const struct gen_loaded *info;
    struct worker_client *w = open_tiny(&info);
    enum { QUESTIONS = 300, TEXT = 4000 };
    char text[TEXT];
    memset(text, 'a', sizeof text);
    for (uint64_t i = 1; i <= QUESTIONS; i++) {
        struct gen_frame f = {.type = GEN_FRAME_TOKENIZE};
        f.tokenize = (struct gen_tokenize){.id = i, .text = str_from(text, sizeof text), .with_pieces = true};
        send_frame(w, &f);
    }
    for (uint64_t i = 1; i <= QUESTIONS; i++) {
        struct gen_frame f;
        assert_int_equal(worker_client_read(w, &f), OK);
        assert_int_equal(f.type, GEN_FRAME_TOKENS);
        assert_int_equal(f.tokens.id, i);
    }
    worker_client_close(w);
}

static int make_model(void **state)
{
    (void)state;
    scratch_folder("worker_test.models");
    tiny_model_write(MODEL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_and_answers),
        cmocka_unit_test(tokens_and_back),
        cmocka_unit_test(a_template_of_ones_own),
        cmocka_unit_test(without_credit_a_request_parks),
        cmocka_unit_test(cancel_and_deadline_end_a_parked_request),
        cmocka_unit_test(errors_come_as_events),
        cmocka_unit_test(a_load_that_fails_says_why),
        cmocka_unit_test(bad_streams_end_the_worker),
        cmocka_unit_test(a_worker_may_be_a_process),
        cmocka_unit_test(a_closed_stream_ends_the_thread),
        cmocka_unit_test(a_client_that_sends_first_and_reads_later),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
