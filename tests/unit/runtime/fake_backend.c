#include "fake_backend.h"

#include <stdlib.h>

struct backend fakes[FAKES_MAX];
size_t n_fakes;
int fake_open_result, fake_send_result;

static void check(bool ok)
{
    if (!ok)
        abort();
}

static int fake_open(const struct backend_env *env, const struct gen_load *load, const struct backend_events *ev, void *ctx,
                     struct backend **ret, struct err *e)
{
    (void)env;
    if (fake_open_result)
        return err_set(e, fake_open_result, "the fake does not open");
    check(n_fakes < FAKES_MAX);
    struct backend *b = &fakes[n_fakes++];
    *b = (struct backend){.open = true, .ev = ev, .ctx = ctx, .arena = arena_make(1 << 20)};
    str_copy(b->path, sizeof b->path, load->path);
    *ret = b;
    return OK;
}

static int fake_send(struct backend *b, struct str frames)
{
    check(b->open);
    if (fake_send_result)
        return fake_send_result;
    struct str copy = arena_dup(&b->arena, frames);
    check(copy.ptr != NULL);
    while (copy.len) {
        size_t used;
        check(b->n_sent < FAKE_SENT_MAX);
        check(gen_get_frame(copy, &b->arena, &b->sent[b->n_sent++], &used) == OK);
        copy = str_skip(copy, used);
    }
    return OK;
}

static void fake_close(struct backend *b)
{
    check(b->open && !b->closing);
    b->closing = true;
}

static void fake_destroy(struct backend *b)
{
    check(b->open);
    b->open = false;
}

const struct backend_kind backend_fake = {
    .name = "fake", .open = fake_open, .send = fake_send, .close = fake_close, .destroy = fake_destroy};

void fakes_reset(void)
{
    for (size_t i = 0; i < n_fakes; i++) {
        check(!fakes[i].open);
        arena_free(&fakes[i].arena);
    }
    n_fakes = 0;
    fake_open_result = fake_send_result = OK;
}

struct backend *fake_for(const char *path)
{
    for (size_t i = 0; i < n_fakes; i++) {
        if (fakes[i].open && !strcmp(fakes[i].path, path))
            return &fakes[i];
    }
    return NULL;
}

void fake_says(struct backend *b, const struct gen_frame *f)
{
    check(b && b->open);
    b->ev->frame(b->ctx, f);
}

void fake_loaded(struct backend *b)
{
    struct gen_frame f = {.type = GEN_FRAME_LOADED};
    f.loaded = (struct gen_loaded){.name = STR("Fake"), .arch = STR("llama"), .context_tokens = 128};
    fake_says(b, &f);
}

void fake_failed(struct backend *b, uint64_t id, enum gen_fault fault, const char *sentence)
{
    struct gen_frame f = {.type = GEN_FRAME_FAILED};
    f.failed = (struct gen_failed){.id = id, .fault = fault, .message = str_of(sentence)};
    fake_says(b, &f);
}

void fake_text(struct backend *b, uint64_t id, const char *text)
{
    struct gen_frame f = {.type = GEN_FRAME_EVENT};
    f.event = (struct gen_event){.id = id, .type = GEN_TEXT, .text = {.text = str_of(text)}};
    fake_says(b, &f);
}

void fake_done(struct backend *b, uint64_t id, uint32_t choice)
{
    struct gen_frame f = {.type = GEN_FRAME_EVENT};
    f.event = (struct gen_event){.id = id, .choice = choice, .type = GEN_DONE};
    fake_says(b, &f);
}

void fake_closed(struct backend *b, int reason)
{
    check(b && b->open);
    b->open = false;
    b->ev->closed(b->ctx, reason);
}
