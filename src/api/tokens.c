/* POST /tokenize, /detokenize and /api/count. */
#include "api/internal.h"
#include "api/lookup.h"
#include "api/request.h"

/* A piece that is no whole text is shown as its bytes. */
static void put_piece(struct json *j, uint32_t token, struct str piece)
{
    json_obj(j);
    json_kuint(j, "id", token);
    json_kstr(j, "piece", piece);
    json_key(j, "bytes");
    json_arr(j);
    for (size_t i = 0; i < piece.len; i++)
        json_uint(j, (uint8_t)piece.ptr[i]);
    json_arr_end(j);
    json_obj_end(j);
}

static void on_tokens(void *ctx, const struct gen_tokens *t, const struct gen_failed *failed)
{
    struct lookup *l = ctx;
    struct buf body = buf_make((size_t)8 * API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_key(&j, "tokens");
    json_arr(&j);
    for (size_t i = 0; !failed && l->x && i < t->n_tokens; i++)
        if (l->with_pieces && t->pieces)
            put_piece(&j, t->tokens[i], t->pieces[i]);
        else
            json_uint(&j, t->tokens[i]);
    json_arr_end(&j);
    json_obj_end(&j);
    lookup_answer(l, &body, failed);
    buf_free(&body);
}

static void on_count(void *ctx, const struct gen_tokens *t, const struct gen_failed *failed)
{
    struct lookup *l = ctx;
    struct buf body = buf_make(256);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kuint(&j, "tokens", failed ? 0 : t->n_tokens);
    json_obj_end(&j);
    lookup_answer(l, &body, failed);
    buf_free(&body);
}

static void on_bytes(void *ctx, const struct gen_bytes *b, const struct gen_failed *failed)
{
    struct lookup *l = ctx;
    struct buf body = buf_make((size_t)8 * API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_kstr(&j, "content", failed ? (struct str){0} : b->bytes);
    json_obj_end(&j);
    lookup_answer(l, &body, failed);
    buf_free(&body);
}

static void tokenize(struct api *a, struct http_exchange *x, const struct api_tokenize *r, runtime_tokens_fn *done, struct api_error *e)
{
    const struct model_entry *m = models_pick(a, r->model, e);
    struct lookup *l = m ? lookup_create(a, x, r->with_pieces) : NULL;
    if (m && !l)
        api_error_nomem(e);
    if (!l) {
        respond_error(a, x, e);
        return;
    }
    struct gen_tokenize q = {.text = r->text,
                             .add_special = r->add_special,
                             .parse_special = r->parse_special,
                             .with_pieces = r->with_pieces};
    struct err err = {0};
    int rc = runtime_tokenize(a->c.runtime, m->name, &q, done, l, &err);
    if (rc)
        lookup_refuse(l, rc, &err);
}

void handle_tokenize(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_tokenize r = {0};
    struct api_error e;
    if (api_parse_tokenize(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e))
        respond_error(a, x, &e);
    else
        tokenize(a, x, &r, on_tokens, &e);
    json_decref(r.root);
    arena_free(&arena);
}

void handle_count(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_tokenize r = {0};
    struct api_error e;
    if (api_parse_count(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e))
        respond_error(a, x, &e);
    else
        tokenize(a, x, &r, on_count, &e);
    json_decref(r.root);
    arena_free(&arena);
}

static void detokenize(struct api *a, struct http_exchange *x, const struct api_detokenize *r, struct api_error *e)
{
    const struct model_entry *m = models_pick(a, r->model, e);
    struct lookup *l = m ? lookup_create(a, x, false) : NULL;
    if (m && !l)
        api_error_nomem(e);
    if (!l) {
        respond_error(a, x, e);
        return;
    }
    struct gen_detokenize q = {.tokens = r->tokens, .n_tokens = r->n_tokens};
    struct err err = {0};
    int rc = runtime_detokenize(a->c.runtime, m->name, &q, on_bytes, l, &err);
    if (rc)
        lookup_refuse(l, rc, &err);
}

void handle_detokenize(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_detokenize r = {0};
    struct api_error e;
    if (api_parse_detokenize(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e))
        respond_error(a, x, &e);
    else
        detokenize(a, x, &r, &e);
    json_decref(r.root);
    arena_free(&arena);
}
