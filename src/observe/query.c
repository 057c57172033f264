#include "observe/query.h"

#include <stdlib.h>

#include "observe/files.h"

enum { ID_SHIFT = 24, EVENTS_MAX = 1 << ID_SHIFT, FOUND_BYTES_MAX = 256 << 20 };

/* Files are read newest first, and each one's events last to first, until there are enough; what was found is therefore backwards. */
struct found {
    uint64_t id;
    size_t at, n; /* in bytes */
};
struct search {
    const struct journal_query *q;
    struct found *found; /* [q->limit] */
    size_t n;
    struct buf bytes;
    struct journal_report report;
};

static bool fits(const struct journal_query *q, uint64_t id, struct str event)
{
    struct journal_event e;
    return id > q->after && (!q->before || id < q->before) && journal_event_get(event, &e) && e.time_ms >= q->since_ms;
}

static int keep(struct search *s, uint64_t id, struct str event)
{
    size_t at = s->bytes.len;
    int r = buf_put(&s->bytes, event);
    if (!r)
        s->found[s->n++] = (struct found){id, at, event.len};
    return r;
}

/* Where each event begins, so that they can be walked backwards. */
static int index_events(struct str all, struct str **ret, size_t *ret_n)
{
    size_t n = 0;
    struct str rest = all, event, *events;
    while (n < EVENTS_MAX && segment_next(&rest, &event))
        n++;
    events = calloc(n + 1, sizeof *events);
    if (!events)
        return ERR_NOMEM;
    rest = all;
    for (size_t i = 0; i < n; i++)
        segment_next(&rest, &events[i]);
    *ret = events;
    *ret_n = n;
    return OK;
}

static int search_events(struct search *s, uint32_t number, struct str all)
{
    struct str *events = NULL;
    size_t n = 0;
    int r = index_events(all, &events, &n);
    for (size_t i = n; i > 0 && !r && s->n < s->q->limit; i--) {
        uint64_t id = (uint64_t)number << ID_SHIFT | (i - 1);
        if (fits(s->q, id, events[i - 1]))
            r = keep(s, id, events[i - 1]);
    }
    free(events);
    return r;
}

/* One that has gone meanwhile has nothing. */
static int search_file(struct search *s, uint32_t number)
{
    struct buf bytes = buf_make(SEGMENT_FILE_BYTES_MAX * 2);
    struct segment_content c = {0};
    int r = journal_file_read(s->q->dir, number, &bytes);
    if (!r)
        r = segment_open(s->q->key, buf_str(&bytes), &c);
    s->report.damaged += c.damaged + (r == ERR_LIMIT || (r == ERR_CORRUPT && !c.damaged && bytes.len >= SEGMENT_HEAD_BYTES));
    if (r == ERR_NOENT || r == ERR_CORRUPT || r == ERR_LIMIT)
        r = OK;
    else if (!r)
        r = search_events(s, number, buf_str(&c.events));
    segment_content_free(&c);
    buf_free(&bytes);
    return r;
}

static int search_files(struct search *s, const struct journal_files *files)
{
    for (size_t i = files->n; i > 0 && s->n < s->q->limit; i--) {
        uint32_t number = files->at[i - 1].number;
        struct segment head;
        if (number < s->q->after >> ID_SHIFT)
            break;
        if (s->q->before && number > s->q->before >> ID_SHIFT)
            continue;
        int r = search_file(s, number);
        if (r)
            return r;
        /* What older files have had ended before this one began. */
        if (s->q->since_ms && !journal_file_head(s->q->dir, number, &head) && head.created_ms < s->q->since_ms)
            break;
    }
    return OK;
}

int journal_query(const struct journal_query *q, journal_found_fn *fn, void *ctx, struct journal_report *ret)
{
    struct search s = {.q = q, .bytes = buf_make(FOUND_BYTES_MAX)};
    struct journal_files files = {0};
    if (!q->limit || q->limit > JOURNAL_LIMIT_MAX)
        return ERR_INVAL;
    s.found = calloc(q->limit, sizeof *s.found);
    int r = s.found ? journal_files_list(q->dir, &files) : ERR_NOMEM;
    if (!r)
        r = search_files(&s, &files);
    for (size_t i = s.n; i > 0 && !r; i--) {
        struct journal_event e;
        if (journal_event_get(str_from(s.bytes.ptr + s.found[i - 1].at, s.found[i - 1].n), &e))
            r = fn(ctx, s.found[i - 1].id, &e);
    }
    journal_files_free(&files);
    free(s.found);
    buf_free(&s.bytes);
    *ret = s.report;
    return r == ERR_NOENT ? OK : r;
}

static int put_json(void *ctx, uint64_t id, const struct journal_event *e)
{
    struct json *j = ctx;
    journal_event_json(j, id, e);
    return j->out->failed;
}

int journal_query_json(const struct journal_query *q, struct buf *out)
{
    struct json j = json_to(out);
    struct journal_report report = {0};
    json_obj(&j);
    json_key(&j, "events");
    json_arr(&j);
    int r = journal_query(q, put_json, &j, &report);
    json_arr_end(&j);
    json_kuint(&j, "damaged", report.damaged);
    json_obj_end(&j);
    return r ? r : out->failed;
}
