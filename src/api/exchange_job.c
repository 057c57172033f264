/* Conversations out and in: export of one or of all, and import. */
#include <malloc.h>

#include "api/job.h"
#include "talk/exchange.h"

enum {
    EXPORT_PIECE_BYTES = 256 << 10, /* read from the store at a time */
    IMPORT_MESSAGES = 500,          /* of one transaction: others write in between */
    TRIM_BYTES = 256 << 10,         /* of a file: from there on its memory goes back to the system at once */
};

struct args {
    struct str id, body;
    enum talk_format format;
    struct talk_export export;
    struct talk_import *import;
    bool left, waiting; /* waiting: a piece is ready and the client is slow */
};

static const char *const content_types[] = {[TALK_JSON] = "application/json", [TALK_MARKDOWN] = "text/markdown; charset=utf-8"};

/* False: refused. */
static bool read_format(struct job *j)
{
    struct args *args = j->args;
    struct str format;
    struct api_error e;
    if (!job_query(j, "format", &format))
        return false;
    if (!format.ptr || str_eq(format, STR("json"))) {
        args->format = TALK_JSON;
    } else if (str_eq(format, STR("markdown"))) {
        args->format = TALK_MARKDOWN;
    } else {
        api_error_set(&e, 400, "invalid_value", "format", "'format' must be json or markdown");
        job_refuse(j, &e);
        return false;
    }
    return true;
}

static void add_headers(struct job *j)
{
    static const char *const names[] = {
        [TALK_JSON] = "attachment; filename=\"hearth.json\"", [TALK_MARKDOWN] = "attachment; filename=\"hearth.md\""};
    http_add_header(j->x, "Content-Disposition", str_of(names[((struct args *)j->args)->format]));
    http_add_header(j->x, "X-Content-Type-Options", STR("nosniff"));
    http_add_header(j->x, "Cache-Control", STR("no-store"));
}

/* ---- one */

static int export_one(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    talk_export_begin(args->format, &j->out);
    int rc = talk_export_one(db, j->owner, args->id, args->format, &j->out, e);
    talk_export_end(args->format, &j->out);
    return rc;
}

static void send_one(struct job *j)
{
    if (j->x) {
        add_headers(j);
        http_respond(j->x, 200, content_types[((struct args *)j->args)->format], buf_str(&j->out));
    }
    job_end(j);
}

void handle_export_one(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j)
        return;
    ((struct args *)j->args)->id = job_keep(j, route->at[0]);
    if (read_format(j))
        job_start(j, false, export_one, send_one);
}

/* ---- all: a piece is read while the one before it is on its way; a slow client is waited for */

static int export_some(struct store_db *db, struct job *j, struct err *e)
{
    return talk_export_some(db, j->owner, &((struct args *)j->args)->export, EXPORT_PIECE_BYTES, &j->out, e);
}

static void send_some(struct job *j);

static void send_on(struct job *j)
{
    struct args *args = j->args;
    if (!j->x) {
        job_end(j);
    } else if (args->export.ended) {
        http_finish(j->x);
        job_end(j);
    } else {
        buf_clear(&j->out);
        job_start(j, false, export_some, send_some);
    }
}

static void send_some(struct job *j)
{
    struct args *args = j->args;
    if (j->x && !j->begun) {
        add_headers(j);
        http_begin(j->x, 200, content_types[args->export.format]);
        j->begun = true;
    }
    args->waiting = j->x && !http_write(j->x, buf_str(&j->out));
    if (!args->waiting || !j->x || args->export.ended)
        send_on(j);
}

static void go_on_sending(struct job *j)
{
    struct args *args = j->args;
    if (!args->waiting)
        return;
    args->waiting = false;
    send_on(j);
}

/* The client has gone while it was waited for. */
static void stop_waiting(struct job *j)
{
    if (((struct args *)j->args)->waiting)
        j->finished = true;
}

void handle_export(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j || !read_format(j))
        return;
    struct args *args = j->args;
    args->export.format = args->format;
    j->drained = go_on_sending;
    j->gone = stop_waiting;
    job_start(j, false, export_some, send_some);
}

/* ---- import: parsed within a reading transaction, which hinders nobody, and stored some at a time */

/* What a large file was taken apart into is many small pieces of the C library's, which would keep them for itself. */
static void free_import(struct job *j)
{
    struct args *args = j->args;
    talk_import_free(args->import);
    if (args->body.len > TRIM_BYTES)
        malloc_trim(0);
}

static int parse(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    struct args *args = j->args;
    return talk_import_open(args->body, &args->import, e);
}

static int import_some(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    return talk_import_some(db, j->owner, args->import, j->now_ms, IMPORT_MESSAGES, &args->left, e);
}

static void import_on(struct job *j)
{
    struct args *args = j->args;
    if (args->left) {
        job_start(j, true, import_some, import_on);
        return;
    }
    talk_import_put(&j->out, talk_import_result(args->import));
    job_respond(j);
}

static void begin_import(struct job *j)
{
    job_start(j, true, import_some, import_on);
}

void handle_import(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    (void)route;
    struct job *j = job_create(a, x, sizeof(struct args));
    if (!j)
        return;
    struct args *args = j->args;
    struct api_error e;
    args->body = job_keep(j, http_request(x)->body); /* which ends with the exchange, should the client go away */
    if (!args->body.ptr) {
        if (http_request(x)->body.len)
            api_error_nomem(&e);
        else
            api_error_set(&e, 400, "invalid_json", NULL, "The body is empty, but a file of conversations is expected");
        job_refuse(j, &e);
        return;
    }
    j->dispose = free_import;
    job_start(j, false, parse, begin_import);
}
