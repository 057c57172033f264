/* One model: from its file to a running backend and back. The states are drawn in runtime_internal.h. */
#include <stdlib.h>

#include "runtime/runtime_internal.h"

bool slot_in_use(const struct slot *s)
{
    return s->backend || s->waiting.count || s->sent.count;
}

void slot_want(struct slot *s)
{
    if (s->wanted)
        return;
    s->wanted = true;
    s->wanted_at = ++s->rt->wants;
}

/* A broken file stays broken for a while; a lack of memory may be over by now. */
bool slot_refuses(const struct slot *s)
{
    return s->entry.state == MODEL_FAILED && s->fault == GEN_FAULT_MODEL && loop_now_ms(s->rt->loop) - s->failed_ms < RETRY_MS;
}

void slot_reset(struct slot *s)
{
    if (s->entry.state != MODEL_FAILED)
        return;
    s->entry.state = MODEL_COLD;
    s->entry.failure = NULL;
}

static void forget_info(struct slot *s)
{
    s->entry.info = NULL;
    arena_free(&s->info_arena);
}

/* The load has failed: s->failure says why. */
static void become_failed(struct slot *s, enum gen_fault fault)
{
    s->entry.state = MODEL_FAILED;
    s->entry.failure = s->failure.text;
    s->failed_ms = loop_now_ms(s->rt->loop);
    s->fault = fault;
    s->wanted = false;
    log_event(s->rt->log, LOG_WARN, "model failed to load", F_STR("model", s->entry.name), F_CSTR("reason", s->failure.text));
    tickets_fail(&s->waiting, fault, s->failure.text);
    runtime_wake(s->rt);
}

/* ---- what the backend says */
static void on_loaded(struct slot *s, const struct gen_loaded *info)
{
    uint64_t now = loop_now_ms(s->rt->loop);
    if (gen_loaded_copy(&s->info_arena, info, &s->info)) {
        forget_info(s);
        slot_unload(s);
        err_set(&s->failure, ERR_NOMEM, "out of memory");
        become_failed(s, GEN_FAULT_MEMORY);
        return;
    }
    s->entry.state = MODEL_READY;
    s->entry.info = &s->info;
    s->wanted = false;
    s->used_ms = now;
    log_event(s->rt->log, LOG_INFO, "model loaded", F_STR("model", s->entry.name), F_STR("arch", s->info.arch),
              F_STR("type", s->info.quant), F_INT("context", s->info.context_tokens));
    if (s->info.warning.len)
        log_event(s->rt->log, LOG_WARN, "model works with less than was asked for", F_STR("model", s->entry.name),
                  F_STR("why", s->info.warning));
    if (!s->info.chat_format.len && s->info.kind == GEN_MODEL_WRITES)
        log_event(s->rt->log, LOG_WARN, "model has no known chat template: messages are joined as plain text to continue",
                  F_STR("model", s->entry.name));
    runtime_wake(s->rt);
}

static void on_load_failed(struct slot *s, const struct gen_failed *f)
{
    int code = f->fault == GEN_FAULT_MEMORY ? ERR_NOMEM : f->fault == GEN_FAULT_MODEL ? ERR_CORRUPT : ERR_INTERNAL;
    slot_unload(s);
    err_set(&s->failure, code, STR_FMT, STR_ARG(f->message));
    become_failed(s, f->fault);
}

static void on_frame(void *ctx, const struct gen_frame *f)
{
    struct slot *s = ctx;
    bool loading = s->entry.state == MODEL_LOADING && !s->closing;
    if (loading && f->type == GEN_FRAME_PROGRESS) {
        s->progress = f->progress;
        slot_news(s, loop_now_ms(s->rt->loop));
    } else if (loading && f->type == GEN_FRAME_LOADED) {
        on_loaded(s, &f->loaded);
    } else if (loading && f->type == GEN_FRAME_FAILED && !f->failed.id) {
        on_load_failed(s, &f->failed);
    } else if (s->entry.state == MODEL_READY) {
        slot_deliver(s, f);
    }
}

static void on_closed(void *ctx, int reason)
{
    struct slot *s = ctx;
    bool expected = s->closing;
    s->backend = NULL;
    s->closing = s->draining = false;
    forget_info(s);
    if (s->entry.state == MODEL_LOADING && !expected) {
        err_set(&s->failure, ERR_INTERNAL, "the worker ended while it loaded the model (%s)",
                reason ? err_text(reason) : "no reason given");
        become_failed(s, reason == ERR_NOMEM ? GEN_FAULT_MEMORY : GEN_FAULT_INTERNAL);
    } else if (s->entry.state != MODEL_FAILED) {
        s->entry.state = MODEL_COLD;
        log_event(s->rt->log, expected ? LOG_INFO : LOG_ERROR, expected ? "model unloaded" : "model's worker ended",
                  F_STR("model", s->entry.name));
    }
    tickets_fail(&s->sent, GEN_FAULT_INTERNAL, expected ? "the model was unloaded" : "the model's worker ended unexpectedly; try again");
    if (s->waiting.count)
        slot_want(s);
    runtime_wake(s->rt);
}

static const struct backend_events on_backend = {.frame = on_frame, .closed = on_closed};

/* ---- what the manager does */
void slot_start(struct slot *s)
{
    struct runtime *rt = s->rt;
    struct gen_load load = rt->defaults;
    load.path = s->entry.path;
    slot_reset(s);
    s->wanted = false;
    s->progress = 0;
    struct backend_env env = rt->env;
    env.guest_ctx = s->entry.guest ? rt->guests.ctx : NULL;
    int r = s->kind->open(&env, &load, &on_backend, s, &s->backend, &s->failure);
    if (r) {
        s->backend = NULL;
        become_failed(s, r == ERR_NOMEM ? GEN_FAULT_MEMORY : GEN_FAULT_INTERNAL);
        return;
    }
    s->entry.state = MODEL_LOADING;
    log_event(rt->log, LOG_INFO, "model loading", F_STR("model", s->entry.name), F_INT("bytes", s->entry.file_bytes));
}

void slot_unload(struct slot *s)
{
    if (!s->backend || s->closing)
        return;
    s->closing = true;
    s->kind->close(s->backend);
}

void slot_free(struct slot *s)
{
    if (s->backend)
        s->kind->destroy(s->backend);
    s->backend = NULL;
    forget_info(s);
    free(s->file.name);
    free(s->file.path);
    free(s);
}
