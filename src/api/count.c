/* POST /api/count: how many tokens a text has, for attachments and the context meter. */
#include <stdlib.h>

#include "api/body.h"
#include "api/count_fields.h"
#include "api/internal.h"

struct count {
    struct api *api;
    struct http_exchange *x; /* NULL: over */
    bool answered;
};

static void drop(struct count *c)
{
    if (c->answered && !c->x)
        free(c);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct count *c = ctx;
    c->x = NULL;
    drop(c);
}

static void refuse(struct count *c, const struct api_error *e)
{
    if (c->x)
        respond_error(c->api, c->x, e);
    c->answered = true;
    drop(c);
}

static void on_tokens(void *ctx, const struct gen_tokens *t, const struct gen_failed *failed)
{
    struct count *c = ctx;
    if (failed) {
        struct api_error e;
        api_error_from_fault(&e, failed->fault, failed->message, (struct str){0});
        refuse(c, &e);
        return;
    }
    struct buf body = buf_make(256);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kuint(&j, "tokens", t->n_tokens);
    json_obj_end(&j);
    if (c->x)
        respond_json(c->x, 200, &body);
    c->answered = true;
    drop(c);
    buf_free(&body);
}

/* clang-format off */
const struct field api_count_fields[] = {
    {.name = "text", .kind = FIELD_STR, .max = 32 << 20, .at = offsetof(struct count_body, text), .about = "the text"},
    {.name = "model", .kind = FIELD_STR, .max = 256, .at = offsetof(struct count_body, model), .about = "whose vocabulary counts; without it the default model's"},
};
/* clang-format on */
const size_t api_n_count_fields = sizeof api_count_fields / sizeof *api_count_fields;

static void begin(struct api *a, struct http_exchange *x, const struct count_body *b)
{
    static const struct http_events events = {.ended = on_ended};
    struct api_error e;
    const struct model_entry *m = models_pick(a, b->model, &e);
    struct count *c = m ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        if (m)
            api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    *c = (struct count){.api = a, .x = x};
    http_listen_events(x, &events, c);
    struct gen_tokenize q = {.text = b->text};
    struct err err = {0};
    int rc = runtime_tokenize(a->c.runtime, m->name, &q, on_tokens, c, &err);
    if (rc) {
        err.code = rc;
        api_error_from_err(&e, &err);
        refuse(c, &e);
    }
}

void handle_count(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct arena arena = arena_make(1 << 20);
    struct count_body b = {0};
    struct api_error e;
    struct field_reader fr = {&arena, &e};
    json_t *root = NULL;
    int rc = body_parse(http_request(x)->body, a->c.json_depth_max, &root, &e);
    if (!rc)
        rc = fields_read(&fr, api_count_fields, api_n_count_fields, "", root, &b);
    if (!rc && !b.text.ptr)
        rc = api_error_set(&e, 400, "missing_field", "text", "'text' is missing");
    if (rc)
        respond_error(a, x, &e);
    else
        begin(a, x, &b);
    json_decref(root);
    arena_free(&arena);
}
