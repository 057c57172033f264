#include "fake.h"

#include <strings.h>
#include <unistd.h>

static _Thread_local struct peer fake_peer; /* of the exchange that is being asked */

/* ---- net */

const struct http_request *http_request(const struct http_exchange *x)
{
    return &x->q;
}

struct str http_header(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->q.n_headers; i++)
        if (str_ieq(x->q.headers[i].name, str_of(name)))
            return x->q.headers[i].value;
    return (struct str){0};
}

void http_set_user(struct http_exchange *x, const void *user)
{
    x->user = user;
}

const void *http_user(const struct http_exchange *x)
{
    return x->user;
}

struct arena *http_arena(struct http_exchange *x)
{
    return &x->arena;
}

int http_status(const struct http_exchange *x)
{
    return x->status;
}

uint64_t http_sent(const struct http_exchange *x)
{
    return x->body.len;
}

int http_socket(const struct http_exchange *x)
{
    (void)x;
    return -1;
}

uint64_t *http_note(struct http_exchange *x)
{
    fake_peer = x->peer;
    return &x->note;
}

void http_listen_events(struct http_exchange *x, const struct http_events *ev, void *ctx)
{
    x->ev = *ev;
    x->ctx = ctx;
}

int http_add_header(struct http_exchange *x, const char *name, struct str value)
{
    assert_false(x->began || x->complete);
    buf_printf(&x->headers, "%s: " STR_FMT "\n", name, STR_ARG(value));
    return OK;
}

static void complete(struct http_exchange *x)
{
    x->complete = true;
    if (x->end_now)
        fake_end(x, false);
}

void http_respond(struct http_exchange *x, int status, const char *content_type, struct str body)
{
    assert_false(x->ended || x->began || x->complete);
    x->status = status;
    str_copy(x->content_type, sizeof x->content_type, str_of(content_type));
    buf_put(&x->body, body);
    complete(x);
}

void http_begin(struct http_exchange *x, int status, const char *content_type)
{
    assert_false(x->ended || x->began || x->complete);
    x->began = true;
    x->status = status;
    str_copy(x->content_type, sizeof x->content_type, str_of(content_type));
}

bool http_write(struct http_exchange *x, struct str bytes)
{
    assert_true(x->began && !x->complete && !x->ended);
    buf_put(&x->body, bytes);
    return !x->slow;
}

void http_finish(struct http_exchange *x)
{
    assert_true(x->began && !x->complete && !x->ended);
    complete(x);
}

void http_abort(struct http_exchange *x)
{
    assert_false(x->ended);
    x->cut = true;
    fake_end(x, true);
}

/* ---- sys */

void peer_of(int fd, struct peer *ret)
{
    (void)fd;
    *ret = fake_peer;
}

/* ---- runtime */

size_t runtime_models(struct runtime *rt, const struct model_entry **ret)
{
    *ret = rt->models;
    return rt->n_models;
}

const struct model_entry *runtime_find(struct runtime *rt, struct str name)
{
    if (!name.len)
        return rt->n_models == 1 ? &rt->models[0] : NULL;
    for (size_t i = 0; i < rt->n_models; i++)
        if (str_eq(rt->models[i].name, name))
            return &rt->models[i];
    return NULL;
}

int runtime_submit(struct runtime *rt, struct str model, const struct gen_request *r, runtime_sink *sink, void *ctx, struct ticket **ret,
                   struct err *e)
{
    if (rt->submit_code)
        return err_set(e, rt->submit_code, "said the runtime");
    if (rt->full_after && rt->n_tickets >= rt->full_after)
        return err_set(e, ERR_FULL, "the queue is full");
    assert_true(rt->n_tickets < FAKE_TICKETS_MAX);
    struct ticket *t = &rt->tickets[rt->n_tickets++];
    *t = (struct ticket){.rt = rt, .arena = arena_make(1 << 20), .frame = buf_make(1 << 20), .sink = sink, .ctx = ctx};
    struct gen_frame frame;
    size_t used;
    assert_int_equal(gen_put_request(&t->frame, r), OK);
    assert_int_equal(gen_get_frame(buf_str(&t->frame), &t->arena, &frame, &used), OK);
    t->q = frame.request;
    str_copy(t->model, sizeof t->model, model);
    if (rt->at_once)
        sink(ctx, rt->at_once);
    *ret = t;
    return OK;
}

int runtime_unload(struct runtime *rt, struct str name)
{
    (void)rt;
    (void)name;
    return OK;
}

void runtime_rescan(struct runtime *rt)
{
    (void)rt;
}

int runtime_invite(struct runtime *rt, const char *name, const struct backend_kind *kind, void *guest_ctx)
{
    (void)rt;
    (void)name;
    (void)kind;
    (void)guest_ctx;
    return ERR_UNSUPPORTED;
}

void runtime_credit(struct ticket *t, uint32_t events)
{
    assert_false(t->canceled);
    t->credit += events;
    t->credit_calls++;
}

void runtime_cancel(struct ticket *t)
{
    assert_false(t->canceled);
    t->canceled = true;
    t->sink = NULL;
}

int runtime_tokenize(struct runtime *rt, struct str model, const struct gen_tokenize *m, runtime_tokens_fn *fn, void *ctx, struct err *e)
{
    (void)model;
    if (rt->lookup_code)
        return err_set(e, rt->lookup_code, "said the runtime");
    rt->tokenize = *m;
    str_copy(rt->tokenize_text, sizeof rt->tokenize_text, m->text);
    rt->tokens_fn = fn;
    rt->lookup_ctx = ctx;
    return OK;
}

int runtime_detokenize(struct runtime *rt, struct str model, const struct gen_detokenize *m, runtime_bytes_fn *fn, void *ctx, struct err *e)
{
    (void)model;
    if (rt->lookup_code)
        return err_set(e, rt->lookup_code, "said the runtime");
    rt->detokenize = *m;
    rt->bytes_fn = fn;
    rt->lookup_ctx = ctx;
    return OK;
}

int runtime_render(struct runtime *rt, struct str model, const struct gen_request *m, runtime_bytes_fn *fn, void *ctx, struct err *e)
{
    (void)model;
    if (rt->lookup_code)
        return err_set(e, rt->lookup_code, "said the runtime");
    str_copy(rt->tokenize_text, sizeof rt->tokenize_text, m->messages[m->n_messages - 1].content);
    str_copy(rt->kwargs, sizeof rt->kwargs, m->template_kwargs);
    rt->thinking = m->thinking;
    rt->bytes_fn = fn;
    rt->lookup_ctx = ctx;
    return OK;
}

const struct model_entry *runtime_find_encoder(struct runtime *rt)
{
    (void)rt;
    return NULL;
}

int runtime_embed(struct runtime *rt, struct str model, const struct gen_embed *m, runtime_vectors_fn *fn, void *ctx, struct ticket **ret,
                  struct err *e)
{
    (void)model;
    if (rt->lookup_code)
        return err_set(e, rt->lookup_code, "said the runtime");
    rt->embed = *m;
    rt->vectors_fn = fn;
    rt->lookup_ctx = ctx;
    *ret = &rt->tickets[0];
    rt->tickets[0].canceled = false;
    return OK;
}

/* ---- the test's side */

static uint64_t mono_ns(void *ctx)
{
    return ((struct fake *)ctx)->now_ms * 1000000;
}
static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return 1700000000000;
}

int fake_setup(void **state)
{
    struct fake *f = calloc(1, sizeof *f);
    f->clock = (struct clock){mono_ns, wall_ms, f};
    f->rt.models[0] = (struct model_entry){.name = STR("tiny"), .file_bytes = 1000, .modified_s = 1600000000, .state = MODEL_READY};
    f->rt.n_models = 1;
    f->config = (struct api_config){.runtime = &f->rt, .clock = &f->clock, .version = "1.2.3", .models_dir = "/models", .retry_after_s = 3};
    assert_int_equal(api_create(&f->config, &f->api, NULL), OK);
    f->x.peer = (struct peer){true, true, geteuid()};
    *state = f;
    return 0;
}

static void clean_exchange(struct http_exchange *x)
{
    buf_free(&x->headers);
    buf_free(&x->body);
    arena_free(&x->arena);
    free((char *)x->q.body.ptr);
    *x = (struct http_exchange){0};
}

int fake_teardown(void **state)
{
    struct fake *f = *state;
    fake_end(&f->x, true);
    clean_exchange(&f->x);
    api_free(f->api);
    for (size_t i = 0; i < f->rt.n_tickets; i++) {
        arena_free(&f->rt.tickets[i].arena);
        buf_free(&f->rt.tickets[i].frame);
    }
    free(f);
    return 0;
}

void fake_reconfigure(struct fake *f)
{
    api_free(f->api);
    assert_int_equal(api_create(&f->config, &f->api, NULL), OK);
}

static void parse_headers(struct http_exchange *x, const char *text)
{
    struct str rest = str_of(text);
    for (struct str line; str_split(&rest, '\n', &line) && line.len;) {
        struct str name;
        str_split(&line, ':', &name);
        assert_true(x->q.n_headers < FAKE_HEADERS_MAX);
        x->in[x->q.n_headers++] = (struct http_header){name, str_trim(line)};
    }
    x->q.headers = x->in;
}

struct http_exchange *fake_request(struct fake *f, const char *method, const char *path, const char *headers, const char *body)
{
    struct http_exchange *x = &f->x;
    bool end_now = x->end_now, slow = x->slow;
    struct peer peer = x->peer;
    fake_end(x, true);
    clean_exchange(x);
    x->end_now = end_now;
    x->slow = slow;
    x->peer = peer;
    x->arena = arena_make(1 << 20);
    x->q.peer = peer.loopback ? "127.0.0.1:40000" : "192.0.2.7:40000";
    x->headers = buf_make(1 << 16);
    x->body = buf_make(64 << 20);
    x->q.method = str_of(method);
    x->q.path = x->q.target = str_of(path);
    x->q.body = str_of(body ? str_dup(str_of(body)) : NULL);
    if (headers)
        parse_headers(x, headers);

    x->api = &f->api;
    size_t limit = 1 << 20;
    int status = api_gate(f->api, x, &limit);
    if (!status && x->q.body.len > limit)
        status = 413;
    if (status) {
        struct buf refusal = buf_make(4096);
        if (status == 413)
            api_error_body(f->api, x, status, "The server's own sentence", &refusal);
        else
            api_refusal_body(f->api, x, status, &refusal);
        http_respond(x, status, "application/json", buf_str(&refusal));
        buf_free(&refusal);
    } else {
        api_handle(f->api, x);
    }
    return x;
}

void fake_end(struct http_exchange *x, bool aborted)
{
    if (!x->ended && x->ev.ended)
        x->ev.ended(x->ctx, x, aborted);
    if (!x->ended && x->api)
        api_ended(*x->api, x, aborted && !x->complete);
    x->ended = true;
}

void fake_drain(struct http_exchange *x)
{
    x->slow = false;
    x->ev.drained(x->ctx, x);
}

const char *fake_header(struct http_exchange *x, const char *name)
{
    static _Thread_local char value[600];
    struct str rest = buf_str(&x->headers);
    for (struct str line; str_split(&rest, '\n', &line);) {
        struct str key;
        str_split(&line, ':', &key);
        if (str_ieq(key, str_of(name))) {
            str_copy(value, sizeof value, str_trim(line));
            return value;
        }
    }
    return NULL;
}

void fake_event(struct ticket *t, struct gen_event ev)
{
    assert_non_null(t->sink); /* a canceled ticket says nothing */
    t->sink(t->ctx, &ev);
}

void fake_text(struct ticket *t, uint32_t choice, const char *text)
{
    fake_event(t, (struct gen_event){.choice = choice, .type = GEN_TEXT, .text = {.text = str_of(text)}});
}

void fake_done(struct ticket *t, uint32_t choice, enum gen_finish reason)
{
    fake_event(t, (struct gen_event){.choice = choice,
                                     .type = GEN_DONE,
                                     .done = {.reason = reason,
                                              .usage = {.prompt_tokens = 10, .cached_tokens = 4, .completion_tokens = 3},
                                              .timings = {.queue_ms = 1, .prefill_ms = 2, .decode_ms = 4}}});
}

void fake_error(struct ticket *t, enum gen_fault fault, const char *message, const char *param)
{
    fake_event(t, (struct gen_event){.type = GEN_ERROR, .error = {fault, str_of(message), str_of(param)}});
}

void fake_assert_has(struct http_exchange *x, const char *text, bool wanted, const char *file, int line)
{
    if ((str_find(buf_str(&x->body), str_of(text), 0) >= 0) != wanted) {
        print_error("%s: %s\nin %d %s\n", wanted ? "missing" : "unwanted", text, x->status, buf_cstr(&x->body));
        _assert_true(0, "assert_has", file, line);
    }
}
