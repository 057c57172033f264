/* Conversations by time, a page at a time. A page begins behind a key (time and id), not at a count: so a page costs the same wherever it
 * is, and what is written meanwhile neither doubles nor hides a row. */
#include "talk/rows.h"
#include "talk/search.h"

#define COLUMNS SUMMARY_COLUMNS("") " FROM conversations"

int summary_read(struct store_stmt *st, struct arena *a, struct talk_conversation *ret, struct err *e)
{
    int rc = OK;
    struct talk_conversation c = {.n = db_int(st, 0)};
    c.id = row_str(a, st, 1, &rc);
    c.title = row_str(a, st, 2, &rc);
    c.folder = row_str(a, st, 3, &rc);
    c.model = row_str(a, st, 4, &rc);
    c.messages = db_int(st, 5);
    c.created_ms = db_int(st, 6);
    c.updated_ms = db_int(st, 7);
    if (rc)
        return err_set(e, rc, "out of memory for a conversation");
    *ret = c;
    return OK;
}

static int count(struct store_db *db, int64_t owner, struct str folder, int64_t *ret, struct err *e)
{
    struct store_stmt *st = folder.ptr ? db_prepare(db, "SELECT count(*) FROM conversations WHERE owner = ?1 AND folder = ?2")
                                       : db_prepare(db, "SELECT count(*) FROM conversations WHERE owner = ?1");
    db_bind_int(st, 1, owner);
    if (folder.ptr)
        db_bind_str(st, 2, folder);
    int rc = row_must(db, st, "conversation", e);
    if (!rc)
        *ret = db_int(st, 0);
    return rc;
}

/* "TIME.ID" */
static int read_cursor(struct str cursor, int64_t *ret_ms, struct str *ret_id, struct err *e)
{
    struct str rest = cursor, head;
    *ret_ms = INT64_MAX;
    *ret_id = STR("");
    if (!cursor.len)
        return OK;
    if (!str_split(&rest, '.', &head) || str_to_i64(head, ret_ms) || rest.len != TALK_ID_LEN)
        return err_set(e, ERR_INVAL, "'before' must be what a former page gave as its 'next'");
    *ret_id = rest;
    return OK;
}

static struct str make_cursor(const struct talk_conversation *c, struct arena *a)
{
    struct buf b = buf_make(64);
    buf_printf(&b, "%lld." STR_FMT, (long long)c->updated_ms, STR_ARG(c->id));
    struct str s = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static struct store_stmt *newest(struct store_db *db, int64_t owner, const struct talk_query *q, int64_t ms, struct str id)
{
    struct store_stmt *st = q->folder.ptr
                                ? db_prepare(db, "SELECT " COLUMNS " WHERE owner = ?1 AND (updated_ms, id) < (?2, ?3) AND folder = ?5"
                                                 " ORDER BY updated_ms DESC, id DESC LIMIT ?4")
                                : db_prepare(db, "SELECT " COLUMNS " WHERE owner = ?1 AND (updated_ms, id) < (?2, ?3)"
                                                 " ORDER BY updated_ms DESC, id DESC LIMIT ?4");
    db_bind_int(st, 1, owner);
    db_bind_int(st, 2, ms);
    db_bind_str(st, 3, id);
    db_bind_int(st, 4, (int64_t)q->limit + 1);
    if (q->folder.ptr)
        db_bind_str(st, 5, q->folder);
    return st;
}

static int list_newest(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret,
                       struct err *e)
{
    int64_t ms;
    struct str id;
    struct talk_page page = {.items = arena_calloc(a, q->limit + 1, sizeof *page.items)};
    int rc = page.items ? read_cursor(q->before, &ms, &id, e) : err_set(e, ERR_NOMEM, "out of memory for a list");
    if (!rc)
        rc = count(db, owner, q->folder, &page.total, e);
    if (rc)
        return rc;
    struct store_stmt *st = newest(db, owner, q, ms, id);
    while ((rc = db_step(db, st, e)) > 0) {
        rc = summary_read(st, a, &page.items[page.n++], e);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    if (page.n > q->limit) {
        page.n = q->limit;
        page.next = make_cursor(&page.items[page.n - 1], a);
    }
    *ret = page;
    return OK;
}

int talk_list(struct store_db *db, int64_t owner, const struct talk_query *q, struct arena *a, struct talk_page *ret, struct err *e)
{
    struct talk_query bounded = *q;
    if (!bounded.limit || bounded.limit > TALK_PAGE_MAX)
        bounded.limit = bounded.limit ? TALK_PAGE_MAX : 1;
    return str_trim(q->q).len ? search_list(db, owner, &bounded, a, ret, e) : list_newest(db, owner, &bounded, a, ret, e);
}
