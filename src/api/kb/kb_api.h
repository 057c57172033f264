/* /api/kb/…: collections of documents, what is in them, jobs that add files, and search. */
#ifndef API_KB_KB_API_H
#define API_KB_KB_API_H

#include "api/fields.h"
#include "api/internal.h"
#include "api/job.h"
#include "kb/kb.h"

enum { KB_API_NAME_MAX = 200, KB_API_COLLECTIONS_MAX = 100 };

route_fn handle_kb_collections, handle_kb_collection_create, handle_kb_collection_patch, handle_kb_collection_delete, handle_kb_documents,
    handle_kb_upload, handle_kb_document, handle_kb_document_delete, handle_kb_text, handle_kb_search, handle_kb_ask, handle_kb_status,
    handle_kb_job_create, handle_kb_jobs, handle_kb_job_events, handle_kb_job_cancel;

/* ---- fields.c: bodies, and how things look */
struct kb_collection_body {
    struct str name; /* {NULL, 0}: not said */
    const int64_t *readers;
    size_t n_readers;
    bool has_readers;
};
struct kb_job_body {
    struct str collection;
    const struct str *paths;
    size_t n_paths;
};
struct kb_search_body {
    struct str query;
    const struct str *collections;
    size_t n_collections;
    uint32_t limit, per_document;
    enum kb_way ways;
};
extern const struct field api_kb_collection_fields[], api_kb_job_fields[], api_kb_search_fields[];
extern const size_t api_n_kb_collection_fields, api_n_kb_job_fields, api_n_kb_search_fields;

void kb_put_collection(struct json *j, const struct kb_collection *c, int64_t who);
void kb_put_document(struct json *j, const struct kb_document *d);
void kb_put_place(struct json *j, const struct kb_chunk *c); /* keys of an object that is open */

/* A job for a request that needs a knowledge base. NULL: there is none, or no memory, and the exchange is answered. */
struct job *kb_job_create(struct api *a, struct http_exchange *x, size_t args_size);

/* ---- jobs.c: for ingests_listen, with the api as ctx */
void kb_job_changed(void *api, struct ingest *job, bool over);

#endif
