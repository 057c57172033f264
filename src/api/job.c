#include "api/job.h"

#include <stdlib.h>

#include "api/body.h"

static void drop(struct job *j)
{
    if (!j->finished || j->x)
        return;
    link_del(&j->link);
    if (j->dispose)
        j->dispose(j);
    json_decref(j->root);
    buf_free(&j->out);
    arena_free(&j->arena);
    free(j);
}

static void on_ended(void *ctx, struct http_exchange *x, bool aborted)
{
    (void)x;
    (void)aborted;
    struct job *j = ctx;
    j->x = NULL;
    if (j->gone)
        j->gone(j);
    drop(j);
}

static void on_drained(void *ctx, struct http_exchange *x)
{
    (void)x;
    struct job *j = ctx;
    if (j->drained && j->api)
        j->drained(j);
}

struct job *job_create_alone(struct api *a, int64_t owner, size_t args_size)
{
    struct job *j = a->c.store ? calloc(1, sizeof *j) : NULL;
    if (!j)
        return NULL;
    j->arena = arena_make(TALK_READ_BYTES_MAX);
    j->args = arena_calloc(&j->arena, 1, args_size ? args_size : 1);
    if (!j->args) {
        free(j);
        return NULL;
    }
    j->api = a;
    j->owner = owner;
    j->stored_bytes_max = owner == PEOPLE_OWNER ? 0 : a->c.stored_bytes_max;
    j->now_ms = clock_wall_ms(a->c.clock);
    j->out = buf_make(JOB_ANSWER_BYTES_MAX);
    j->status = 200;
    link_add(&a->jobs, &j->link);
    return j;
}

struct job *job_create(struct api *a, struct http_exchange *x, size_t args_size)
{
    static const struct http_events events = {.drained = on_drained, .ended = on_ended};
    struct api_error e;
    struct job *j = job_create_alone(a, api_principal(x)->id, args_size);
    if (!j) {
        api_error_nomem(&e);
        if (!a->c.store)
            api_error_set(&e, 503, "no_store", NULL, "This server runs without a store");
        respond_error(a, x, &e);
        return NULL;
    }
    j->x = x;
    http_listen_events(x, &events, j);
    return j;
}

struct str job_keep(struct job *j, struct str s)
{
    return s.ptr ? arena_dup(&j->arena, s) : s;
}

void job_end(struct job *j)
{
    j->finished = true;
    drop(j);
}

struct http_exchange *job_take_exchange(struct job *j)
{
    struct http_exchange *x = j->x;
    j->x = NULL;
    return x;
}

void job_refuse(struct job *j, const struct api_error *e)
{
    if (j->failed && j->api)
        j->failed(j);
    if (j->x && j->api && j->begun)
        http_abort(j->x);
    else if (j->x && j->api)
        respond_error(j->api, j->x, e);
    job_end(j);
}

void job_respond(struct job *j)
{
    if (j->x && j->status == 204)
        http_respond(j->x, 204, NULL, (struct str){0});
    else if (j->x)
        respond_json(j->x, j->status, &j->out);
    job_end(j);
}

bool job_body(struct job *j, const struct field *rows, size_t n, void *target)
{
    struct api_error e;
    struct field_reader fr = {.arena = &j->arena, .error = &e};
    struct str body = http_request(j->x)->body;
    if (!str_trim(body).len)
        body = STR("{}");
    int rc = body_parse(body, j->api->c.json_depth_max, &j->root, &e);
    if (!rc)
        rc = fields_read(&fr, rows, n, "", j->root, target);
    if (rc)
        job_refuse(j, &e);
    return !rc;
}

bool job_query(struct job *j, const char *key, struct str *ret)
{
    struct api_error e;
    if (http_query_get(&j->arena, http_request(j->x)->query, key, ret)) {
        *ret = job_keep(j, *ret);
        return true;
    }
    api_error_set(&e, 400, "invalid_value", key, "'%s' in the address is not well formed", key);
    job_refuse(j, &e);
    return false;
}

bool job_query_u32(struct job *j, const char *key, uint32_t min, uint32_t max, uint32_t *io)
{
    struct str text;
    uint64_t v = *io;
    struct api_error e;
    if (!job_query(j, key, &text))
        return false;
    if (text.ptr && (str_to_u64(text, &v) || v < min || v > max)) {
        api_error_set(&e, 400, "invalid_value", key, "'%s' must be an integer from %u to %u", key, min, max);
        job_refuse(j, &e);
        return false;
    }
    *io = (uint32_t)v;
    return true;
}

static void unadmit(struct job *j)
{
    limit_release(j->api, j->owner, 0);
}

bool job_admit(struct job *j)
{
    if (!limit_admit(j->api, j->x)) {
        job_end(j); /* it has been answered */
        return false;
    }
    j->failed = unadmit;
    return true;
}

/* clang-format off */
static const struct {
    int err, status;
    const char *code;
} rows[] = {
    {ERR_NOENT,  404, "not_found"},
    {ERR_INVAL,  400, "invalid_value"},
    {ERR_CORRUPT,400, "invalid_value"},
    {ERR_LIMIT,  400, "limit_reached"},
    {ERR_DENIED, 403, "not_allowed"},
    {ERR_UNSUPPORTED, 415, "unsupported"},
    {ERR_EXISTS, 409, "exists"},
    {ERR_AGAIN,  409, "still_writing"},
    {ERR_QUOTA,  403, "storage_full"},
    {ERR_FULL,   503, "server_busy"},
    {ERR_NOMEM,  503, "out_of_memory"},
    {ERR_CLOSED, 503, "server_busy"},
    {ERR_CANCELED, 503, "server_busy"},
};
/* clang-format on */

void job_error(struct api_error *e, const struct err *cause)
{
    int status = 500;
    const char *code = "store_failed";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].err == cause->code) {
            status = rows[i].status;
            code = rows[i].code;
        }
    api_error_set(e, status, code, NULL, "%s", cause->text[0] ? cause->text : err_text(cause->code));
}

static int on_work(struct store_db *db, void *ctx, struct err *e)
{
    struct job *j = ctx;
    uint64_t before = 0;
    bool counts = j->store.write && j->stored_bytes_max;
    int rc = counts ? talk_holding(db, j->owner, &before, e) : OK;
    if (!rc)
        rc = j->work(db, j, e);
    return rc || !counts ? rc : talk_held(db, j->owner, before, j->stored_bytes_max, e);
}

static void on_done(void *ctx, int code, const struct err *e)
{
    struct job *j = ctx;
    if (!j->api) {
        job_end(j);
    } else if (code) {
        struct api_error wrong;
        struct err cause = *e;
        cause.code = code;
        if (code == ERR_IO || code == ERR_INTERNAL)
            log_event(j->api->c.log, LOG_ERROR, "the store has failed", F_CSTR("reason", e->text));
        job_error(&wrong, &cause);
        job_refuse(j, &wrong);
    } else if (j->after) {
        j->after(j);
    } else {
        job_respond(j);
    }
}

void job_start(struct job *j, bool write, job_work *work, job_after *after)
{
    j->work = work;
    j->after = after;
    j->store = (struct store_job){.store = j->api->c.store, .write = write, .fn = on_work, .done = on_done, .ctx = j};
    int rc = store_job(j->api->c.loop, &j->store);
    if (!rc)
        return;
    struct api_error e;
    api_error_set(&e, 503, "server_busy", NULL, "The server has too much to read and write: try again in a moment");
    job_refuse(j, &e);
}

static void run_alone(void *ctx)
{
    struct job *j = ctx;
    j->code = j->work(NULL, j, &j->err);
}

static void on_alone_done(void *ctx, bool canceled)
{
    struct job *j = ctx;
    on_done(j, canceled ? ERR_CANCELED : j->code, &j->err);
}

void job_run(struct job *j, job_work *work, job_after *after)
{
    j->work = work;
    j->after = after;
    j->err = (struct err){0};
    if (!loop_work(j->api->c.loop, run_alone, on_alone_done, j))
        return;
    struct api_error e;
    api_error_set(&e, 503, "server_busy", NULL, "The server has too much to read and write: try again in a moment");
    job_refuse(j, &e);
}

void jobs_free_all(struct api *a)
{
    while (!link_empty(&a->jobs)) {
        struct job *j = link_of(a->jobs.next, struct job, link);
        link_del(&j->link);
        j->api = NULL;
    }
}
