#include "api/kb/kb_api.h"
#include "api/visit.h"

enum { TEXT_BYTES_DEFAULT = 64 << 10, TEXT_BYTES_MAX = 1 << 20, LIST_DEFAULT = 100 };

struct args {
    struct str id, name, body;
    struct kb_list list;
    uint32_t limit, bytes;
    uint64_t from;
};

static struct job *begin(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = kb_job_create(a, x, sizeof(struct args));
    if (j)
        ((struct args *)j->args)->id = job_keep(j, route->at[0]);
    return j;
}

/* The path may have a collection's name in the place of its id. */
static int find_collection(struct store_db *db, struct job *j, struct str *ret_id, struct err *e)
{
    struct kb_collection c;
    int r = kb_collection_get(db, j->owner, ((struct args *)j->args)->id, &j->arena, &c, e);
    if (!r)
        *ret_id = c.id;
    return r;
}

/* ---- lists */

static int list(struct store_db *db, struct job *j, struct err *e)
{
    struct args *args = j->args;
    struct kb_page page;
    struct json out = json_to(&j->out);
    int r = find_collection(db, j, &args->list.collection, e);
    args->list.limit = args->limit;
    if (!r)
        r = kb_document_list(db, j->owner, &args->list, &j->arena, &page, e);
    if (r)
        return r;
    json_obj(&out);
    json_key(&out, "documents");
    json_arr(&out);
    for (size_t i = 0; i < page.n; i++)
        kb_put_document(&out, &page.items[i]);
    json_arr_end(&out);
    json_key(&out, "next");
    if (page.next.ptr)
        json_str(&out, page.next);
    else
        json_nil(&out);
    json_kint(&out, "total", page.total);
    json_obj_end(&out);
    return OK;
}

void handle_kb_documents(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (args)
        args->limit = LIST_DEFAULT;
    if (j && job_query(j, "below", &args->list.below) && job_query(j, "after", &args->list.after) &&
        job_query_u32(j, "limit", 1, KB_PAGE_MAX, &args->limit))
        job_start(j, false, list, NULL);
}

/* ---- one */

static int show(struct store_db *db, struct job *j, struct err *e)
{
    struct kb_document d;
    struct json out = json_to(&j->out);
    int r = kb_document_get(db, j->owner, ((struct args *)j->args)->id, &j->arena, &d, e);
    if (!r)
        kb_put_document(&out, &d);
    return r;
}

void handle_kb_document(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    if (j)
        job_start(j, false, show, NULL);
}

static int forget(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    return kb_forget(j->api->c.kb, j->owner, ((struct args *)j->args)->id, e);
}

void handle_kb_document_delete(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    if (!j)
        return;
    j->status = 204;
    job_run(j, forget, NULL);
}

/* ---- its text */

static int read_text(struct store_db *db, struct job *j, struct err *e)
{
    const struct args *args = j->args;
    struct kb_document d;
    struct kb_chunk *chunks = NULL;
    size_t n = 0;
    struct json out = json_to(&j->out);
    int r = kb_document_get(db, j->owner, args->id, &j->arena, &d, e);
    if (!r)
        r = kb_document_read(j->api->c.kb, db, j->owner, args->id, args->from, args->bytes, &j->arena, &chunks, &n, e);
    if (r)
        return r;
    json_obj(&out);
    json_key(&out, "document");
    kb_put_document(&out, &d);
    json_key(&out, "chunks");
    json_arr(&out);
    for (size_t i = 0; i < n; i++) {
        json_obj(&out);
        kb_put_place(&out, &chunks[i]);
        json_obj_end(&out);
    }
    json_arr_end(&out);
    uint64_t end = n ? chunks[n - 1].offset + chunks[n - 1].text.len : (uint64_t)d.text_bytes;
    json_key(&out, "next");
    if (end < (uint64_t)d.text_bytes)
        json_uint(&out, end);
    else
        json_nil(&out);
    json_obj_end(&out);
    return OK;
}

void handle_kb_text(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct job *j = begin(a, x, route);
    struct args *args = j ? j->args : NULL;
    uint32_t from = 0;
    if (args)
        args->bytes = TEXT_BYTES_DEFAULT;
    if (!j || !job_query_u32(j, "from", 0, UINT32_MAX, &from) || !job_query_u32(j, "bytes", 1, TEXT_BYTES_MAX, &args->bytes))
        return;
    args->from = from;
    job_start(j, false, read_text, NULL);
}

/* ---- one that is sent */

static int resolve(struct store_db *db, void *ctx, struct err *e)
{
    struct job *j = ctx;
    return find_collection(db, j, &((struct args *)j->args)->list.collection, e);
}

static int upload(struct store_db *db, struct job *j, struct err *e)
{
    (void)db;
    struct args *args = j->args;
    char id[KB_ID_LEN + 1];
    struct doc_info info = {0};
    int r = store_read(j->api->c.store, resolve, j, e);
    if (!r)
        r = ingest_bytes(j->api->c.ingests, j->owner, args->list.collection, args->name, args->body, id, &info, e);
    if (!r)
        args->id = job_keep(j, str_of(id));
    return r;
}

/* In a transaction of its own: the document is read back. */
static void show_uploaded(struct job *j)
{
    j->status = 201;
    job_start(j, false, show, NULL);
}

void handle_kb_upload(struct api *a, struct http_exchange *x, const struct route_args *route)
{
    struct api_error e;
    struct job *j = begin(a, x, route);
    struct args *args = j ? j->args : NULL;
    if (!j || !job_query(j, "name", &args->name))
        return;
    if (!str_trim(args->name).len || args->name.len > KB_SOURCE_BYTES_MAX || args->name.ptr[0] == '/' || !a->c.ingests) {
        api_error_set(&e, 400, "invalid_value", "name", "'name' must be the file's name, and no path: ?name=report.pdf");
        job_refuse(j, &e);
        return;
    }
    args->body = job_keep(j, http_request(x)->body);
    if (http_request(x)->body.len && !args->body.ptr) {
        api_error_nomem(&e);
        job_refuse(j, &e);
        return;
    }
    note_subject(x, args->id);
    job_run(j, upload, show_uploaded);
}
