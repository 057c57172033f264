/* POST /api/kb/search and /api/kb/ask: the question's vector first, when there is an encoder, then the search on a thread of the store. */
#include <stdlib.h>

#include "api/kb/kb_api.h"
#include "api/visit.h"
#include "kb/answer.h"
#include "kb/embed_text.h"

enum { LIMIT_DEFAULT = 10, ASK_HITS = 20, QUOTES_DEFAULT = 3 };

/* Writes keys of an object that is open: what the hits are to the body. */
typedef int put_hits_fn(struct json *out, struct job *j, const struct kb_search_body *b, const struct kb_hits *hits);

struct args {
    struct kb_search_body body;
    put_hits_fn *put;
    size_t limit; /* of the hits that are looked for */
    char encoder[KB_ENCODER_BYTES_MAX + 1];
    float *vector; /* in the job's arena; NULL: none */
    uint32_t dims;
    struct ticket *ticket;
};

/* ---- what is answered */

static void put_source(struct json *out, const struct kb_hit *h)
{
    json_kstr(out, "document", h->document);
    json_kstr(out, "collection", h->collection);
    json_kstr(out, "source", h->source);
    json_kstr(out, "title", h->title);
}

static int put_passages(struct json *out, struct job *j, const struct kb_search_body *b, const struct kb_hits *hits)
{
    (void)j;
    (void)b;
    json_key(out, "hits");
    json_arr(out);
    for (size_t i = 0; i < hits->n; i++) {
        const struct kb_hit *h = &hits->items[i];
        json_obj(out);
        put_source(out, h);
        kb_put_place(out, &h->chunk);
        json_knum(out, "score", h->score, 6);
        json_kuint(out, "word_rank", h->word_rank);
        json_kuint(out, "vector_rank", h->vector_rank);
        json_knum(out, "cosine", h->cosine, 4);
        json_obj_end(out);
    }
    json_arr_end(out);
    return OK;
}

/* A quote's place: that of its passage, but for where it begins. */
static void put_quote(struct json *out, const struct kb_quote *q, const struct kb_hit *h)
{
    struct kb_chunk place = h->chunk;
    for (const char *p = place.text.ptr; place.line && p < q->text.ptr; p++)
        place.line += *p == '\n';
    place.text = q->text;
    place.offset = q->offset;
    json_obj(out);
    put_source(out, h);
    kb_put_place(out, &place);
    json_knum(out, "share", q->share, 3);
    json_obj_end(out);
}

static int put_quotes(struct json *out, struct job *j, const struct kb_search_body *b, const struct kb_hits *hits)
{
    struct kb_quote *quotes = NULL;
    size_t n = 0;
    int r = kb_answer(b->query, hits, b->limit ? b->limit : QUOTES_DEFAULT, &j->arena, &quotes, &n);
    if (r)
        return r;
    json_kbool(out, "answered", n > 0);
    json_key(out, "quotes");
    json_arr(out);
    for (size_t i = 0; i < n; i++)
        put_quote(out, &quotes[i], &hits->items[quotes[i].hit]);
    json_arr_end(out);
    return OK;
}

/* ---- the search */

/* Names become ids. */
static int resolve(struct store_db *db, struct job *j, struct kb_query *q, struct err *e)
{
    const struct kb_search_body *b = &((struct args *)j->args)->body;
    struct str *ids = arena_calloc(&j->arena, b->n_collections ? b->n_collections : 1, sizeof *ids);
    int r = ids ? OK : ERR_NOMEM;
    for (size_t i = 0; !r && i < b->n_collections; i++) {
        struct kb_collection c;
        r = kb_collection_get(db, j->owner, b->collections[i], &j->arena, &c, e);
        if (!r)
            ids[i] = c.id;
    }
    q->collections = ids;
    q->n_collections = b->n_collections;
    return r;
}

static int search(struct store_db *db, struct job *j, struct err *e)
{
    const struct args *args = j->args;
    const struct kb_search_body *b = &args->body;
    struct kb_query q = {.text = b->query,
                         .vector = args->vector,
                         .dims = args->dims,
                         .encoder = str_of(args->encoder),
                         .ways = b->ways,
                         .limit = args->limit,
                         .per_document = b->per_document};
    struct kb_hits hits = {0};
    struct json out = json_to(&j->out);
    int r = resolve(db, j, &q, e);
    if (!r)
        r = kb_search(j->api->c.kb, db, j->owner, &q, &j->arena, &hits, e);
    if (r)
        return r;
    json_obj(&out);
    r = args->put(&out, j, b, &hits);
    json_kbool(&out, "by_vectors", args->vector != NULL);
    json_obj_end(&out);
    return r;
}

/* Without a vector, for whatever reason, it is found by words. */
static void on_vectors(void *ctx, const struct gen_vectors *v, const struct gen_failed *failed)
{
    struct job *j = ctx;
    struct args *args = j->args;
    args->ticket = NULL;
    if (!j->api) {
        job_end(j);
        return;
    }
    if (!failed && v && v->n_values == v->width && v->width) {
        args->vector = arena_alloc(&j->arena, v->width * sizeof *v->values);
        if (args->vector)
            memcpy(args->vector, v->values, v->width * sizeof *v->values);
        args->dims = v->width;
    }
    job_start(j, false, search, NULL);
}

/* The client has gone: nobody waits for the vector. */
static void on_gone(struct job *j)
{
    struct args *args = j->args;
    if (!args->ticket)
        return;
    runtime_cancel(args->ticket);
    args->ticket = NULL;
    j->finished = true; /* and job.c frees it */
}

/* False: there is no encoder, or it takes no more. */
static bool ask_encoder(struct job *j)
{
    struct args *args = j->args;
    struct api *a = j->api;
    const struct model_entry *m = a->c.runtime && args->body.ways != KB_WORDS ? runtime_find_encoder(a->c.runtime) : NULL;
    const struct gen_input input = {.text = kb_embed_text(args->body.query, m && m->english)};
    const struct gen_embed embed = {.truncate = true, .inputs = &input, .n_inputs = 1};
    if (!m || !input.text.len || !str_copy(args->encoder, sizeof args->encoder, m->name))
        return false;
    j->gone = on_gone;
    return !runtime_embed(a->c.runtime, m->name, &embed, on_vectors, j, &args->ticket, NULL);
}

static void begin(struct api *a, struct http_exchange *x, put_hits_fn *put, size_t hits)
{
    struct api_error e;
    struct job *j = kb_job_create(a, x, sizeof(struct args));
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_kb_search_fields, api_n_kb_search_fields, &args->body))
        return;
    if (!str_trim(args->body.query).len) {
        api_error_set(&e, 400, "missing_field", "query", "'query' is missing: what is to be found");
        job_refuse(j, &e);
        return;
    }
    args->put = put;
    args->limit = hits ? hits : args->body.limit ? args->body.limit : LIMIT_DEFAULT;
    if (!ask_encoder(j))
        job_start(j, false, search, NULL);
}

void handle_kb_search(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    begin(a, x, put_passages, 0);
}

void handle_kb_ask(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    begin(a, x, put_quotes, ASK_HITS);
}
