#include "api/kb/kb_api.h"

struct job *kb_job_create(struct api *a, struct http_exchange *x, size_t args_size)
{
    struct api_error e;
    if (a->c.kb)
        return job_create(a, x, args_size);
    api_error_set(&e, 503, "no_store", NULL, "This server runs without a knowledge base");
    respond_error(a, x, &e);
    return NULL;
}

/* ---- bodies */

static int read_reader(struct field_reader *r, const char *name, json_t *v, void *element)
{
    if (json_is_string(v) && str_eq(field_str(v), STR("everyone"))) {
        *(int64_t *)element = KB_EVERYONE;
        return OK;
    }
    if (!json_is_integer(v) || json_integer_value(v) < 1)
        return field_wrong(r, name, "the id of a key, or \"everyone\"", v);
    *(int64_t *)element = json_integer_value(v);
    return OK;
}

static int read_readers(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    struct kb_collection_body *b = target;
    void *items = NULL;
    int rc = field_list(r, f->name, v, KB_READERS_MAX, sizeof(int64_t), read_reader, &items, &b->n_readers);
    b->readers = items;
    b->has_readers = !rc;
    return rc;
}

static int read_text(struct field_reader *r, const char *name, json_t *v, void *element)
{
    if (!json_is_string(v) || !json_string_length(v))
        return field_wrong(r, name, "a text that is not empty", v);
    *(struct str *)element = field_str(v);
    return OK;
}

static int read_paths(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    struct kb_job_body *b = target;
    void *items = NULL;
    int rc = field_list(r, f->name, v, INGEST_PATHS_MAX, sizeof(struct str), read_text, &items, &b->n_paths);
    b->paths = items;
    return rc;
}

static int read_collections(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    struct kb_search_body *b = target;
    void *items = NULL;
    int rc = field_list(r, f->name, v, KB_API_COLLECTIONS_MAX, sizeof(struct str), read_text, &items, &b->n_collections);
    b->collections = items;
    return rc;
}

static int read_ways(struct field_reader *r, const struct field *f, json_t *v, void *target)
{
    static const struct {
        struct str name;
        enum kb_way way;
    } ways[] = {{{"both", 4}, KB_BOTH}, {{"words", 5}, KB_WORDS}, {{"vectors", 7}, KB_VECTORS}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (json_is_string(v) && str_eq(field_str(v), ways[i].name)) {
            ((struct kb_search_body *)target)->ways = ways[i].way;
            return OK;
        }
    return field_wrong(r, f->name, "\"both\", \"words\" or \"vectors\"", v);
}

/* clang-format off */
#define AT(f) .at = offsetof(struct kb_collection_body, f)
const struct field api_kb_collection_fields[] = {
    {.name = "name", .kind = FIELD_STR, .min = 1, .max = KB_NAME_BYTES_MAX, AT(name), .about = "what it is called; one of each name for an owner"},
    {.name = "readers", .kind = FIELD_OTHER, .read = read_readers, .type = "array of key ids, or \"everyone\"", .about = "who may search and read it besides its owner"},
};
#undef AT
#define AT(f) .at = offsetof(struct kb_job_body, f)
const struct field api_kb_job_fields[] = {
    {.name = "collection", .kind = FIELD_STR, .min = 1, .max = KB_NAME_BYTES_MAX, AT(collection), .about = "id or name of an own collection; one of an unknown name is made"},
    {.name = "paths", .kind = FIELD_OTHER, .read = read_paths, .type = "array of strings", .about = "files and folders of the server, absolute and without links, below a folder of `kb.roots`"},
};
#undef AT
#define AT(f) .at = offsetof(struct kb_search_body, f)
const struct field api_kb_search_fields[] = {
    {.name = "query", .kind = FIELD_STR, .min = 1, .max = KB_QUERY_BYTES_MAX, AT(query), .about = "a question, or words"},
    {.name = "collections", .kind = FIELD_OTHER, .read = read_collections, .type = "array of strings", .about = "ids or names; all that may be read without it"},
    {.name = "limit", .kind = FIELD_U32, .min = 1, .max = KB_HITS_MAX, AT(limit), .about = "how many passages at most; 10 without it"},
    {.name = "per_document", .kind = FIELD_U32, .min = 0, .max = KB_HITS_MAX, AT(per_document), .about = "of one document at most; 0: any number"},
    {.name = "ways", .kind = FIELD_OTHER, .read = read_ways, .type = "string", .about = "`words`, `vectors`, or `both` (the default); without an encoder there are only words"},
};
#undef AT
/* clang-format on */
const size_t api_n_kb_collection_fields = sizeof api_kb_collection_fields / sizeof *api_kb_collection_fields;
const size_t api_n_kb_job_fields = sizeof api_kb_job_fields / sizeof *api_kb_job_fields;
const size_t api_n_kb_search_fields = sizeof api_kb_search_fields / sizeof *api_kb_search_fields;

/* ---- answers */

void kb_put_collection(struct json *j, const struct kb_collection *c, int64_t who)
{
    json_obj(j);
    json_kstr(j, "id", c->id);
    json_kstr(j, "name", c->name);
    json_kbool(j, "own", c->owner == who);
    json_kstr(j, "encoder", c->encoder);
    json_kint(j, "documents", c->documents);
    json_kint(j, "chunks", c->chunks);
    json_kint(j, "created_ms", c->created_ms);
    json_kint(j, "updated_ms", c->updated_ms);
    if (c->owner == who) {
        json_key(j, "readers");
        json_arr(j);
        for (size_t i = 0; i < c->n_readers; i++)
            if (c->readers[i] == KB_EVERYONE)
                json_cstr(j, "everyone");
            else
                json_int(j, c->readers[i]);
        json_arr_end(j);
    }
    json_obj_end(j);
}

void kb_put_document(struct json *j, const struct kb_document *d)
{
    json_obj(j);
    json_kstr(j, "id", d->id);
    json_kstr(j, "collection", d->collection);
    json_kstr(j, "source", d->source);
    json_kstr(j, "title", d->title);
    json_kstr(j, "kind", d->kind);
    json_kint(j, "bytes", d->bytes);
    json_kint(j, "modified_ms", d->mtime_ms);
    json_kint(j, "text_bytes", d->text_bytes);
    json_kint(j, "chunks", d->chunks);
    json_kint(j, "added_ms", d->added_ms);
    json_obj_end(j);
}

void kb_put_place(struct json *j, const struct kb_chunk *c)
{
    json_kuint(j, "offset", c->offset);
    json_kuint(j, "line", c->line);
    json_kuint(j, "page", c->page);
    json_kstr(j, "heading", c->heading);
    json_kstr(j, "text", c->text);
}
