/* POST /apply-template: a chat request as the text that the model would read, as llama-server answers it. */
#include "api/internal.h"
#include "api/lookup.h"
#include "api/request.h"

static void on_prompt(void *ctx, const struct gen_bytes *b, const struct gen_failed *failed)
{
    struct lookup *l = ctx;
    struct buf body = buf_make((size_t)8 * API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kstr(&j, "prompt", failed ? (struct str){0} : b->bytes);
    json_obj_end(&j);
    lookup_answer(l, &body, failed);
    buf_free(&body);
}

static void apply(struct api *a, struct http_exchange *x, const struct api_request *r, struct api_error *e)
{
    const struct model_entry *m = models_pick(a, r->model, e);
    struct lookup *l = m ? lookup_create(a, x, false) : NULL;
    if (m && !l)
        api_error_nomem(e);
    if (!l) {
        respond_error(a, x, e);
        return;
    }
    struct err err = {0};
    int rc = runtime_render(a->c.runtime, m->name, &r->gen, on_prompt, l, &err);
    if (rc)
        lookup_refuse(l, rc, &err);
}

void handle_apply_template(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_request r;
    struct api_error e;
    if (api_parse_chat(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e)) {
        respond_error(a, x, &e);
    } else {
        apply(a, x, &r, &e);
        api_request_deinit(&r);
    }
    arena_free(&arena);
}
