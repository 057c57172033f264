/* POST /v1/embeddings, /v1/rerank, and Ollama's /api/embed and /api/embeddings. The answer comes from the model's side, or, of texts that
 * this owner has asked for before, from the cache; a client that goes away takes its request along.
 *
 *   start ──► cache ──all are known──────────────────────────► answer
 *     │         └──the rest──► model ──joined with the others──► answer
 *     └── no cache, or a ranking ──► model (all) ───────────────► answer
 *                                       ▲
 *       the rest was refused: the refusal must count texts as the client does */
#include <math.h>
#include <stdlib.h>

#include "api/embed_known.h"
#include "api/embed_request.h"
#include "api/internal.h"
#include "api/ollama/ollama.h"
#include "api/visit.h"

enum { DECIMALS = 9, EMBED_ANSWER_BYTES_MAX = 256 << 20, NAME_BYTES = 256 };

struct embedding;
/* Writes an answer's body; ERR_NOMEM. */
typedef int put_fn(struct buf *out, const struct embedding *m, const struct gen_vectors *v);

struct embedding {
    struct api *api;
    put_fn *put;
    uint64_t begin_ns;
    struct http_exchange *x;  /* NULL: over */
    struct cache_get *lookup; /* on its way */
    struct ticket *ticket;    /* the same, at the model's */
    struct known known;       /* its cache is NULL: nothing is known */
    bool admitted, base64, ended;
    int64_t principal;
    uint32_t dimensions, top_n;
    char model[NAME_BYTES];
    struct gen_embed gen; /* points into root and arena */
    struct arena arena;
    json_t *root;
    json_t *documents; /* of root; NULL: they are not to be given back */
};

static void embedding_free(struct embedding *m)
{
    known_deinit(&m->known);
    json_decref(m->root);
    arena_free(&m->arena);
    free(m);
}

static void release(struct embedding *m, uint64_t tokens)
{
    if (m->x)
        note_tokens(m->x, tokens, 0, 0);
    if (m->admitted)
        limit_release(m->api, m->principal, tokens);
    m->admitted = false;
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct embedding *m = ctx;
    m->x = NULL;
    if (m->ticket || m->lookup) {
        if (m->ticket)
            runtime_cancel(m->ticket);
        cache_cancel(m->lookup);
        release(m, 0);
        m->ended = true;
    }
    if (m->ended)
        embedding_free(m);
}

/* Responding may end the exchange at once, or later: `ended` is set only behind it, so that it is freed once. */
static void finish(struct embedding *m)
{
    m->ended = true;
    if (!m->x)
        embedding_free(m);
}

/* ---- numbers as text: a vector has hundreds, and nothing else in these answers takes time. A value below 10 goes out with nine
 * decimals, which is more than a float has. */
static void put_float(struct buf *out, float v)
{
    char text[16];
    size_t at = sizeof text;
    double size = fabs((double)v);
    if (!(size < 10)) {
        buf_printf(out, "%.9g", isfinite(v) ? (double)v : 0);
        return;
    }
    uint64_t n = (uint64_t)(size * 1e9 + 0.5);
    for (int i = 0; i < DECIMALS; i++, n /= 10)
        text[--at] = (char)('0' + n % 10);
    text[--at] = '.';
    do
        text[--at] = (char)('0' + n % 10);
    while (n /= 10);
    if (v < 0)
        text[--at] = '-';
    buf_put(out, str_from(text + at, sizeof text - at));
}

static void put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char piece[1024];
    size_t len = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        piece[len++] = digits[v >> 18];
        piece[len++] = digits[v >> 12 & 63];
        piece[len++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
        piece[len++] = i + 2 < n ? digits[v & 63] : '=';
        if (len > sizeof piece - 4) {
            buf_put(out, str_from(piece, len));
            len = 0;
        }
    }
    buf_put(out, str_from(piece, len));
}

static void put_numbers(struct buf *out, const float *v, uint32_t n, bool base64)
{
    buf_putc(out, base64 ? '"' : '[');
    if (base64)
        put_base64(out, (const uint8_t *)v, n * sizeof *v);
    for (uint32_t i = 0; i < n && !base64; i++) {
        if (i)
            buf_putc(out, ',');
        put_float(out, v[i]);
    }
    buf_putc(out, base64 ? '"' : ']');
}

/* The first n of a vector, with length 1 again. */
static void shorten(const float *v, uint32_t n, float *out)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (uint32_t i = 0; i < n; i++)
        out[i] = (float)((double)v[i] * scale);
}

static void put_usage(struct json *j, const struct embedding *m, const struct gen_vectors *v)
{
    json_kcstr(j, "model", m->model);
    json_key(j, "usage");
    json_obj(j);
    json_kuint(j, "prompt_tokens", v->tokens);
    json_kuint(j, "total_tokens", v->tokens);
    json_obj_end(j);
}

/* The vector of number i, as an array or in base64; `shorter` has room for m->dimensions numbers. */
static void put_vector(struct json *j, struct buf *out, const struct embedding *m, const struct gen_vectors *v, size_t i, float *shorter)
{
    const float *one = v->values + i * v->width;
    if (shorter)
        shorten(one, m->dimensions, shorter);
    json_raw(j, (struct str){"", 0});
    put_numbers(out, shorter ? shorter : one, shorter ? m->dimensions : v->width, m->base64);
}

/* NULL and OK when vectors go out whole. */
static int make_room(const struct embedding *m, float **ret)
{
    *ret = m->dimensions ? calloc(m->dimensions, sizeof **ret) : NULL;
    return m->dimensions && !*ret ? ERR_NOMEM : OK;
}

static int put_vectors(struct buf *out, const struct embedding *m, const struct gen_vectors *v)
{
    struct json j = json_to(out);
    float *shorter;
    if (make_room(m, &shorter))
        return ERR_NOMEM;
    json_obj(&j);
    json_kcstr(&j, "object", "list");
    json_key(&j, "data");
    json_arr(&j);
    for (size_t i = 0; i < v->n_values / v->width; i++) {
        json_obj(&j);
        json_kcstr(&j, "object", "embedding");
        json_kuint(&j, "index", i);
        json_key(&j, "embedding");
        put_vector(&j, out, m, v, i, shorter);
        json_obj_end(&j);
    }
    json_arr_end(&j);
    put_usage(&j, m, v);
    json_obj_end(&j);
    free(shorter);
    return OK;
}

static int put_ollama(struct buf *out, const struct embedding *m, const struct gen_vectors *v)
{
    struct json j = json_to(out);
    float *shorter;
    if (make_room(m, &shorter))
        return ERR_NOMEM;
    json_obj(&j);
    json_kcstr(&j, "model", m->model);
    json_key(&j, "embeddings");
    json_arr(&j);
    for (size_t i = 0; i < v->n_values / v->width; i++)
        put_vector(&j, out, m, v, i, shorter);
    json_arr_end(&j);
    json_kuint(&j, "total_duration", clock_ns(m->api->c.clock) - m->begin_ns);
    json_kuint(&j, "load_duration", 0);
    json_kuint(&j, "prompt_eval_count", v->tokens);
    json_obj_end(&j);
    free(shorter);
    return OK;
}

/* Of one text. */
static int put_ollama_one(struct buf *out, const struct embedding *m, const struct gen_vectors *v)
{
    struct json j = json_to(out);
    float *shorter;
    if (make_room(m, &shorter))
        return ERR_NOMEM;
    json_obj(&j);
    json_key(&j, "embedding");
    put_vector(&j, out, m, v, 0, shorter);
    json_obj_end(&j);
    free(shorter);
    return OK;
}

struct place {
    float score;
    uint32_t index;
};

static int by_score(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score ? 1 : -1) : x->index < y->index ? -1 : 1;
}

static int put_scores(struct buf *out, const struct embedding *m, const struct gen_vectors *v)
{
    struct json j = json_to(out);
    size_t n = v->n_values;
    struct place *places = calloc(n + 1, sizeof *places);
    if (!places)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){v->values[i], (uint32_t)i};
    qsort(places, n, sizeof *places, by_score);
    json_obj(&j);
    json_key(&j, "results");
    json_arr(&j);
    for (size_t i = 0; i < n && (!m->top_n || i < m->top_n); i++) {
        json_obj(&j);
        json_kuint(&j, "index", places[i].index);
        json_knum(&j, "relevance_score", (double)places[i].score, DECIMALS);
        if (m->documents) {
            json_t *one = json_array_get(m->documents, places[i].index), *text = json_is_object(one) ? json_object_get(one, "text") : one;
            json_key(&j, "document");
            json_obj(&j);
            json_kstr(&j, "text", str_from(json_string_value(text), json_string_length(text)));
            json_obj_end(&j);
        }
        json_obj_end(&j);
    }
    json_arr_end(&j);
    put_usage(&j, m, v);
    json_obj_end(&j);
    free(places);
    return OK;
}

static void answer(struct embedding *m, const struct gen_vectors *v)
{
    struct api_error e;
    struct buf body = buf_make(EMBED_ANSWER_BYTES_MAX);
    int r = OK;
    if (m->dimensions > v->width)
        r = api_error_set(&e, 400, "invalid_value", "dimensions", "'dimensions' is %u, but the model's vectors have %u numbers",
                          m->dimensions, v->width);
    else if (m->put(&body, m, v))
        r = api_error_nomem(&e);
    if (r)
        respond_error(m->api, m->x, &e);
    else
        respond_json(m->x, 200, &body);
    buf_free(&body);
}

static void succeed(struct embedding *m, const struct gen_vectors *v)
{
    release(m, v->tokens);
    answer(m, v);
    finish(m);
}

static void fail(struct embedding *m, const struct api_error *e)
{
    release(m, 0);
    respond_error(m->api, m->x, e);
    finish(m);
}

static void ask(struct embedding *m, const struct gen_embed *q);

static void on_vectors(void *ctx, const struct gen_vectors *v, const struct gen_failed *failed)
{
    struct embedding *m = ctx;
    struct gen_vectors all;
    struct api_error e;
    bool partial = m->known.cache && m->known.rest.n_inputs < m->gen.n_inputs;
    m->ticket = NULL;
    if (!failed && !m->known.cache) {
        succeed(m, v);
    } else if (!failed && !known_join(&m->known, v, &all)) {
        succeed(m, &all);
    } else if (partial) {
        known_deinit(&m->known);
        ask(m, &m->gen);
    } else if (failed) {
        api_error_from_fault(&e, failed->fault, failed->message, (struct str){0});
        fail(m, &e);
    } else {
        api_error_nomem(&e);
        fail(m, &e);
    }
}

static void ask(struct embedding *m, const struct gen_embed *q)
{
    struct err err = {0};
    struct api_error e;
    int rc = runtime_embed(m->api->c.runtime, str_of(m->model), q, on_vectors, m, &m->ticket, &err);
    if (!rc)
        return;
    err.code = rc;
    api_error_from_err(&e, &err);
    fail(m, &e);
}

static void on_looked_up(void *ctx, const struct str *values, size_t n)
{
    struct embedding *m = ctx;
    struct gen_vectors all;
    m->lookup = NULL;
    known_take(&m->known, values, n);
    if (m->known.rest.n_inputs)
        ask(m, &m->known.rest);
    else if (!known_join(&m->known, NULL, &all))
        succeed(m, &all);
}

/* Takes m over. */
static void start(struct embedding *m, const struct model_entry *entry)
{
    static const struct http_events events = {.ended = on_ended};
    struct cache *c = m->gen.rank ? NULL : m->api->c.cache;
    m->principal = api_principal(m->x)->id;
    str_copy(m->model, sizeof m->model, entry->name);
    note_subject(m->x, entry->name);
    if (!limit_admit(m->api, m->x)) {
        embedding_free(m);
        return;
    }
    m->admitted = true;
    http_listen_events(m->x, &events, m);
    if (!c || known_init(&m->known, c, &m->api->embed_space, m->principal, entry, &m->gen))
        ask(m, &m->gen);
    else
        cache_get(c, m->known.keys, m->gen.n_inputs, on_looked_up, m, &m->lookup);
}

/* Takes root and arena over, also when there is no memory: then it answers. */
static struct embedding *embedding_create(struct api *a, struct http_exchange *x, put_fn *put, const struct gen_embed *gen, json_t *root,
                                          struct arena *arena)
{
    struct embedding *m = calloc(1, sizeof *m);
    if (!m) {
        struct api_error e;
        api_error_nomem(&e);
        json_decref(root);
        arena_free(arena);
        respond_error(a, x, &e);
        return NULL;
    }
    m->api = a;
    m->x = x;
    m->put = put;
    m->gen = *gen;
    m->root = root;
    m->arena = *arena;
    m->begin_ns = clock_ns(a->c.clock);
    return m;
}

/* Without a name an encoder is meant, not the model that chats. */
static const struct model_entry *pick(struct api *a, struct str name, struct api_error *e)
{
    const struct model_entry *entry = name.len ? NULL : runtime_find_encoder(a->c.runtime);
    return entry ? entry : models_pick(a, name, e);
}

typedef int parse_fn(struct str body, size_t depth_max, struct arena *a, struct api_embed *ret, struct api_error *e);

/* What was parsed is of no use. */
static void refuse(struct api *a, struct http_exchange *x, const struct api_error *e, json_t *root, struct arena *arena)
{
    respond_error(a, x, e);
    json_decref(root);
    arena_free(arena);
}

static void embed(struct api *a, struct http_exchange *x, parse_fn *parse, put_fn *put)
{
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_embed r = {0};
    struct api_error e;
    const struct model_entry *entry = NULL;
    if (parse(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e) || !(entry = pick(a, ollama_model_name(r.model), &e))) {
        refuse(a, x, &e, r.root, &arena);
        return;
    }
    struct embedding *m = embedding_create(a, x, put, &r.gen, r.root, &arena);
    if (!m)
        return;
    m->base64 = r.base64;
    m->dimensions = r.dimensions;
    start(m, entry);
}

void handle_embeddings(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    embed(a, x, api_parse_embed, put_vectors);
}

void handle_ollama_embed(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    embed(a, x, api_parse_ollama_embed, put_ollama);
}

void handle_ollama_embeddings(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    embed(a, x, api_parse_ollama_embed, put_ollama_one);
}

void handle_rerank(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct arena arena = arena_make(API_PARSE_BYTES_MAX);
    struct api_rerank r = {0};
    struct api_error e;
    const struct model_entry *entry = NULL;
    if (api_parse_rerank(http_request(x)->body, a->c.json_depth_max, &arena, &r, &e) || !(entry = pick(a, r.model, &e))) {
        refuse(a, x, &e, r.root, &arena);
        return;
    }
    struct embedding *m = embedding_create(a, x, put_scores, &r.gen, r.root, &arena);
    if (!m)
        return;
    m->top_n = r.top_n;
    m->documents = r.return_documents ? json_object_get(r.root, "documents") : NULL;
    start(m, entry);
}
