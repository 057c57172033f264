/* GET /api/journal: what was asked, by whom. Files are read on the worker pool. */
#include <stdlib.h>

#include "api/internal.h"
#include "api/lookup.h"
#include "observe/query.h"

enum { LIMIT_DEFAULT = 100, ANSWER_BYTES_MAX = 64 << 20 };

struct reading {
    struct lookup *lookup;
    struct journal_query q;
    struct buf out;
    int code;
};

static void read_files(void *ctx)
{
    struct reading *r = ctx;
    r->code = journal_query_json(&r->q, &r->out);
}

static void on_read(void *ctx, bool canceled)
{
    struct reading *r = ctx;
    const struct gen_failed failed = {.fault = GEN_FAULT_INTERNAL, .message = STR("The journal could not be read")};
    lookup_answer(r->lookup, &r->out, r->code || canceled ? &failed : NULL);
    buf_free(&r->out);
    explicit_bzero(r->q.key, sizeof r->q.key);
    free(r);
}

/* False: refused. */
static bool read_number(struct api *a, struct http_exchange *x, const char *key, uint64_t max, uint64_t *io)
{
    struct str text;
    struct api_error e;
    uint64_t n;
    if (!http_query_get(http_arena(x), http_request(x)->query, key, &text))
        text = STR("?");
    if (!text.ptr)
        return true;
    if (!str_to_u64(text, &n) && n <= max) {
        *io = n;
        return true;
    }
    api_error_set(&e, 400, "invalid_value", key, "'%s' must be a whole number of at most %llu", key, (unsigned long long)max);
    respond_error(a, x, &e);
    return false;
}

static bool read_query(struct api *a, struct http_exchange *x, struct journal_query *q)
{
    uint64_t since = 0, limit = LIMIT_DEFAULT;
    if (!read_number(a, x, "since_ms", INT64_MAX, &since) || !read_number(a, x, "after", UINT64_MAX, &q->after) ||
        !read_number(a, x, "before", UINT64_MAX, &q->before) || !read_number(a, x, "limit", JOURNAL_LIMIT_MAX, &limit))
        return false;
    q->since_ms = (int64_t)since;
    q->limit = limit ? (size_t)limit : 1;
    return true;
}

void handle_journal(struct api *a, struct http_exchange *x, const struct route_args *args)
{
    (void)args;
    struct api_error e;
    struct reading *r = calloc(1, sizeof *r);
    if (!a->c.journal_dir || !r) {
        api_error_nomem(&e);
        if (!a->c.journal_dir)
            api_error_set(&e, 404, "no_journal", NULL, "This server keeps no journal: see the setting journal.enabled");
        respond_error(a, x, &e);
        free(r);
        return;
    }
    r->q.dir = a->c.journal_dir;
    memcpy(r->q.key, a->c.journal_key, sizeof r->q.key);
    r->out = buf_make(ANSWER_BYTES_MAX);
    if (!read_query(a, x, &r->q)) {
        free(r);
        return;
    }
    r->lookup = lookup_create(a, x, false);
    if (r->lookup && !loop_work(a->c.loop, read_files, on_read, r))
        return;
    api_error_nomem(&e);
    if (r->lookup)
        lookup_refuse(r->lookup, ERR_FULL, &(struct err){.text = "The server is busy; try again later"});
    else
        respond_error(a, x, &e);
    free(r);
}
