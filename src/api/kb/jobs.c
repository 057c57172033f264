/* Jobs that add files of the server: begun, listed, followed and canceled. For admins, since they name paths. */
#include <stdlib.h>

#include "api/kb/kb_api.h"
#include "api/visit.h"

struct args {
    struct kb_job_body body;
    struct str collection; /* id */
};

static void respond_job(struct http_exchange *x, int status, struct ingest *job)
{
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    ingest_put(&j, job);
    respond_json(x, status, &body);
    buf_free(&body);
}

/* ---- beginning */

static int find(struct store_db *db, void *ctx, struct err *e)
{
    struct job *j = ctx;
    struct args *args = j->args;
    struct kb_collection c;
    int r = kb_collection_get(db, j->owner, args->body.collection, &j->arena, &c, e);
    if (!r && c.owner != j->owner)
        return err_set(e, ERR_DENIED, "The collection is somebody else's: only its owner adds documents");
    if (!r)
        args->collection = c.id;
    return r;
}

static int find_or_create(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    struct args *args = j->args;
    struct kb_collection c;
    int r = store_read(j->api->c.store, find, j, e);
    if (r != ERR_NOENT)
        return r;
    r = kb_collection_create(j->api->c.kb, j->owner, args->body.collection, &j->arena, &c, e);
    if (!r)
        args->collection = c.id;
    return r;
}

static void start(struct job *j)
{
    const struct args *args = j->args;
    const struct ingest_request q = {.who = j->owner,
                                     .collection = args->collection,
                                     .paths = args->body.paths,
                                     .n_paths = args->body.n_paths};
    struct ingest *job = NULL;
    struct err e = {0};
    struct api_error wrong;
    int r = ingest_start(j->api->c.ingests, &q, &job, &e);
    if (r) {
        e.code = r;
        job_error(&wrong, &e);
        job_refuse(j, &wrong);
        return;
    }
    if (j->x)
        respond_job(j->x, 202, job);
    job_end(j);
}

void handle_kb_job_create(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct api_error e;
    struct job *j = kb_job_create(a, x, sizeof(struct args));
    struct args *args = j ? j->args : NULL;
    if (!j || !job_body(j, api_kb_job_fields, api_n_kb_job_fields, &args->body))
        return;
    if (!args->body.collection.len || !args->body.n_paths || !a->c.ingests) {
        bool named = args->body.collection.len > 0;
        api_error_set(&e, 400, "missing_field", named ? "paths" : "collection", "'%s' is missing", named ? "paths" : "collection");
        job_refuse(j, &e);
        return;
    }
    note_subject(x, args->body.collection);
    job_run(j, find_or_create, start);
}

/* ---- those there are */

void handle_kb_jobs(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct buf body = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&body);
    json_obj(&j);
    json_key(&j, "jobs");
    json_arr(&j);
    for (struct ingest *job = a->c.ingests ? ingest_first(a->c.ingests) : NULL; job; job = ingest_next(job))
        ingest_put(&j, job);
    json_arr_end(&j);
    json_obj_end(&j);
    respond_json(x, 200, &body);
    buf_free(&body);
}

/* NULL: there is none of that id, and the exchange is answered. */
static struct ingest *find_job(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct api_error e;
    struct ingest *job = a->c.ingests ? ingest_find(a->c.ingests, route->at[0]) : NULL;
    if (job)
        return job;
    api_error_set(&e, 404, "job_not_found", NULL, "There is no such job");
    respond_error(a, x, &e);
    return NULL;
}

void handle_kb_job_cancel(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct ingest *job = find_job(a, x, route);
    if (!job)
        return;
    ingest_cancel(job);
    http_respond(x, 204, NULL, (struct str){0});
}

/* ---- followers: a slow one misses news, and hears the newest when its buffer has drained */

struct follower {
    struct link link;
    struct ingest *job; /* NULL: over */
    struct http_exchange *x;
    bool blocked;
};

static void tell(struct follower *f)
{
    struct buf out = buf_make(API_ANSWER_BYTES_MAX);
    struct json j = json_to(&out);
    buf_puts(&out, "event: job\ndata: ");
    ingest_put(&j, f->job);
    buf_puts(&out, "\n\n");
    if (out.failed)
        http_abort(f->x);
    else if (!http_write(f->x, buf_str(&out)))
        f->blocked = true;
    buf_free(&out);
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct follower *f = ctx;
    f->blocked = false;
    if (f->job)
        tell(f);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct follower *f = ctx;
    link_del(&f->link);
    free(f);
}

void kb_job_changed(void *api, struct ingest *job, bool over)
{
    struct api *a = api;
    for (struct link *i = a->kb_followers.next, *next; i != &a->kb_followers; i = next) {
        struct follower *f = link_of(i, struct follower, link);
        next = i->next;
        if (f->job != job)
            continue;
        if (!f->blocked || over)
            tell(f);
        if (over) {
            link_del(&f->link);
            f->job = NULL;
            http_finish(f->x);
        }
    }
}

void handle_kb_job_events(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct ingest *job = find_job(a, x, route);
    struct follower *f = job ? calloc(1, sizeof *f) : NULL;
    struct api_error e;
    if (!job)
        return;
    if (!f) {
        api_error_nomem(&e);
        respond_error(a, x, &e);
        return;
    }
    *f = (struct follower){.job = job, .x = x};
    link_init(&f->link);
    link_add(&a->kb_followers, &f->link);
    http_listen_events(x, &events, f);
    http_add_header(x, "Cache-Control", STR("no-store"));
    http_add_header(x, "X-Accel-Buffering", STR("no"));
    http_add_header(x, "X-Content-Type-Options", STR("nosniff"));
    http_begin(x, 200, "text/event-stream; charset=utf-8");
    tell(f);
    if (!ingest_is_over(job))
        return;
    link_del(&f->link);
    f->job = NULL;
    http_finish(x);
}
