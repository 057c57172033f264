#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "gguf_make.h"

struct model *harness_model(const char *arch, bool broken)
{
    struct make_folder folder;
    struct make_spec spec = make_spec_of(arch);
    struct model *m = NULL;
    struct err e = {0};
    char path[128];
    make_folder_create(&folder);
    make_model(make_path(&folder, "m.gguf", path), &spec);
    if (broken) {
        FILE *f = fopen(path, "r+b");
        assert_non_null(f);
        assert_int_equal(fseek(f, -64, SEEK_END), 0);
        for (int i = 0; i < 64; i++)
            fputc(0x7e, f); /* 0x7e7e is not a number in F16 */
        fclose(f);
    }
    if (model_open(path, &m, &e))
        fail_msg("%s", e.text);
    make_folder_remove(&folder); /* the mapping stays */
    return m;
}

struct gen_request harness_request(struct harness *h, uint64_t id, uint32_t n_prompt)
{
    struct gen_request r;
    struct rng rng;
    gen_request_init(&r, GEN_TOKENS);
    rng_seed(&rng, id);
    for (uint32_t i = 0; i < n_prompt && i < HARNESS_CONTEXT * 2; i++)
        h->prompt[i] = HARNESS_BYTE_0 + (uint32_t)(rng_u64(&rng) % 256);
    r.id = id;
    r.prompt_tokens = h->prompt;
    r.n_prompt_tokens = n_prompt;
    r.sampling.temperature = 0;
    r.sampling.repeat_penalty = 1;
    r.max_tokens = 20;
    r.ignore_eos = true;
    r.logprobs = true;
    return r;
}

static uint64_t fake_ns(void *ctx)
{
    return *(uint64_t *)ctx;
}

static int64_t fake_wall(void *ctx)
{
    (void)ctx;
    return 0;
}

struct harness_request *harness_of(struct harness *h, uint64_t id)
{
    for (uint32_t i = 0; i < h->n_requests; i++)
        if (h->requests[i].id == id)
            return &h->requests[i];
    assert_true(h->n_requests < HARNESS_REQUESTS_MAX);
    h->requests[h->n_requests].id = id;
    return &h->requests[h->n_requests++];
}

static void take_text(struct harness_choice *c, const struct gen_event *ev)
{
    assert_true(c->len + ev->text.text.len < sizeof c->text);
    if (ev->text.text.len)
        memcpy(c->text + c->len, ev->text.text.ptr, ev->text.text.len);
    c->len += ev->text.text.len;
    c->text[c->len] = 0;
    c->n_text_events++;
    for (size_t i = 0; i < ev->text.n_tokens; i++) {
        const struct gen_token *t = &ev->text.tokens[i];
        if (c->n_tokens < HARNESS_TOPS_MAX) {
            c->n_top[c->n_tokens] = (uint32_t)t->n_top;
            for (size_t k = 0; k < t->n_top; k++)
                c->top[c->n_tokens][k] = (struct harness_top){t->top[k].token, t->top[k].logprob};
        }
        assert_true(c->n_tokens < HARNESS_TOKENS_MAX);
        c->tokens[c->n_tokens] = t->token;
        c->logprobs[c->n_tokens++] = t->logprob;
    }
}

static void append(char *to, size_t cap, struct str s)
{
    size_t len = strlen(to);
    assert_true(str_copy(to + len, cap - len, s));
}

static void take_call(struct harness_choice *c, const struct gen_event *ev)
{
    bool begins = ev->tool_call.index == c->n_calls;
    assert_int_equal(begins ? 9 : 0, ev->tool_call.id.len);
    if (begins && c->n_calls++)
        append(c->calls, sizeof c->calls, STR(")"));
    append(c->calls, sizeof c->calls, begins ? ev->tool_call.name : ev->tool_call.arguments);
    if (begins)
        append(c->calls, sizeof c->calls, STR("("));
}

static void take_done(struct harness_choice *c, const struct gen_event *ev)
{
    c->n_done++;
    c->reason = ev->done.reason;
    c->usage = ev->done.usage;
    c->timings = ev->done.timings;
    str_copy(c->stop, sizeof c->stop, ev->done.stop);
}

static void take(void *ctx, const struct gen_event *ev)
{
    struct harness_request *r = harness_of(ctx, ev->id);
    struct harness_choice *c = &r->choice[ev->choice];
    assert_int_equal(r->n_errors, 0); /* nothing follows an error, nothing follows a choice's end */
    assert_int_equal(c->n_done, 0);
    switch (ev->type) {
    case GEN_QUEUED:
        r->n_queued++;
        r->position = ev->queued.position;
        break;
    case GEN_PREFILL:
        r->n_prefill++;
        r->prefill_done = ev->prefill.done;
        r->prefill_total = ev->prefill.total;
        r->prefill_cached = ev->prefill.cached;
        break;
    case GEN_TEXT: take_text(c, ev); break;
    case GEN_REASONING: append(c->reasoning, sizeof c->reasoning, ev->text.text); break;
    case GEN_TOOL_CALL: take_call(c, ev); break;
    case GEN_DONE: take_done(c, ev); break;
    case GEN_ERROR:
        r->n_errors++;
        r->fault = ev->error.fault;
        str_copy(r->message, sizeof r->message, ev->error.message);
        str_copy(r->param, sizeof r->param, ev->error.param);
        break;
    default: fail_msg("an event of type %d", ev->type);
    }
}

void harness_init(struct harness *h, struct model *m)
{
    *h = (struct harness){.model = m, .now_ns = 1000000000};
    engine_config_init(&h->config);
    h->config.kv_bytes_max = 1 << 20;
    h->config.deterministic = true;
}

void harness_start(struct harness *h, enum cpu_level level, int threads)
{
    struct err e = {0};
    h->clock = (struct clock){fake_ns, fake_wall, &h->now_ns};
    h->config.clock = &h->clock;
    h->config.emit = take;
    h->config.emit_ctx = h;
    h->requests = calloc(HARNESS_REQUESTS_MAX, sizeof *h->requests);
    assert_non_null(h->requests);
    if (pool_create(threads, &h->pool, &e) || engine_create(h->model, h->pool, kernels_for(level), &h->config, &h->engine, &e))
        fail_msg("%s", e.text);
}

void harness_stop(struct harness *h)
{
    engine_free(h->engine);
    pool_free(h->pool);
    free(h->requests);
}

void harness_run(struct harness *h, uint32_t steps_max)
{
    for (uint32_t i = 0; i < steps_max; i++)
        if (engine_step(h->engine) == ENGINE_IDLE)
            return;
    fail_msg("still busy after %u steps", steps_max);
}
