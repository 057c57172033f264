#include "api/kb/kb_api.h"
#include "api/visit.h"

struct args {
    struct str id;
    struct kb_collection_body body;
};

static struct job *begin(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = kb_job_create(a, x, sizeof(struct args));
    if (j)
        ((struct args *)j->args)->id = job_keep(j, route->at[0]);
    return j;
}

static int list(struct store_db *db, struct job *j, struct err *e)
{
    struct kb_collection *items = NULL;
    struct json out = json_to(&j->out);
    size_t n = 0;
    int r = kb_collection_list(db, j->owner, &j->arena, &items, &n, e);
    if (r)
        return r;
    json_obj(&out);
    json_key(&out, "collections");
    json_arr(&out);
    for (size_t i = 0; i < n; i++)
        kb_put_collection(&out, &items[i], j->owner);
    json_arr_end(&out);
    json_obj_end(&out);
    return OK;
}

void handle_kb_collections(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    if (j)
        job_start(j, false, list, NULL);
}

static int create(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    const struct kb_collection_body *b = &((struct args *)j->args)->body;
    struct kb_collection c;
    struct json out = json_to(&j->out);
    int r = kb_collection_create(j->api->c.kb, j->owner, b->name, &j->arena, &c, e);
    if (!r && b->has_readers) {
        r = kb_collection_set_readers(j->api->c.kb, j->owner, c.id, b->readers, b->n_readers, e);
        c.readers = b->readers;
        c.n_readers = b->n_readers;
    }
    if (!r)
        kb_put_collection(&out, &c, j->owner);
    return r;
}

void handle_kb_collection_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct api_error e;
    struct job *j = begin(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_kb_collection_fields, api_n_kb_collection_fields, &args->body))
        return;
    if (!args->body.name.len) {
        api_error_set(&e, 400, "missing_field", "name", "'name' is missing: a collection needs one");
        job_refuse(j, &e);
        return;
    }
    note_subject(x, args->body.name);
    j->status = 201;
    job_run(j, create, NULL);
}

static int show(struct store_db *db, void *ctx, struct err *e)
{
    struct job *j = ctx;
    struct kb_collection c;
    struct json out = json_to(&j->out);
    int r = kb_collection_get(db, j->owner, ((struct args *)j->args)->id, &j->arena, &c, e);
    if (!r)
        kb_put_collection(&out, &c, j->owner);
    return r;
}

static int patch(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    const struct args *args = j->args;
    const struct kb_collection_body *b = &args->body;
    int r = b->name.len ? kb_collection_rename(j->api->c.kb, j->owner, args->id, b->name, e) : OK;
    if (!r && b->has_readers)
        r = kb_collection_set_readers(j->api->c.kb, j->owner, args->id, b->readers, b->n_readers, e);
    return r ? r : store_read(j->api->c.store, show, j, e);
}

void handle_kb_collection_patch(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    if (j && job_body(j, api_kb_collection_fields, api_n_kb_collection_fields, &((struct args *)j->args)->body))
        job_run(j, patch, NULL);
}

/* Its rows are cleared away later, by whoever adds next: they are invisible from now on. */
static int erase(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    return kb_collection_remove(j->api->c.kb, j->owner, ((struct args *)j->args)->id, e);
}

void handle_kb_collection_delete(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    if (!j)
        return;
    j->status = 204;
    job_run(j, erase, NULL);
}

/* ---- status */

static int status(struct store_db *db, struct job *j, struct err *e)
{
    struct kb_status s;
    int r = kb_status(db, j->owner, ((struct args *)j->args)->id, &s, e);
    const struct {
        const char *name;
        int64_t value;
    } rows[] = {
        {"collections", s.collections},
        {"documents", s.documents},
        {"chunks", s.chunks},
        {"vectors", s.vectors},
        {"source_bytes", s.source_bytes},
        {"text_bytes", s.text_bytes},
        {"packed_bytes", s.packed_bytes},
        {"vector_bytes", s.vector_bytes},
        {"index_bytes", s.index_bytes},
        {"adding", s.adding},
        {"clearing", s.clearing},
    };
    struct json out = json_to(&j->out);
    json_obj(&out);
    for (size_t i = 0; !r && i < sizeof rows / sizeof *rows; i++)
        json_kint(&out, rows[i].name, rows[i].value);
    json_obj_end(&out);
    return r;
}

void handle_kb_status(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct job *j = kb_job_create(a, x, sizeof(struct args));
    if (j && job_query(j, "collection", &((struct args *)j->args)->id))
        job_start(j, false, status, NULL);
}
