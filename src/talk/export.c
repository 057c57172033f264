#include "talk/markdown.h"
#include "talk/put.h"
#include "talk/rows.h"

static void put_json(struct buf *out, const struct talk_conversation *c, const struct talk_message *m, size_t n)
{
    struct json j = json_to(out);
    json_obj(&j);
    put_summary(&j, c);
    put_details(&j, c);
    json_key(&j, "messages");
    put_messages(&j, m, n, true);
    json_obj_end(&j);
}

/* ---- one, and all */

int talk_export_one(struct store_db *db, int64_t owner, struct str id, enum talk_format f, struct buf *out, struct err *e)
{
    struct arena a = arena_make(TALK_READ_BYTES_MAX);
    struct talk_conversation c;
    struct talk_message *m = NULL;
    size_t n = 0;
    int rc = talk_get(db, owner, id, &a, &c, e);
    if (!rc)
        rc = talk_messages(db, &c, true, &a, &m, &n, e);
    if (!rc && f == TALK_MARKDOWN)
        rc = markdown_put(out, &c, m, n, &a, e);
    else if (!rc)
        put_json(out, &c, m, n);
    if (!rc && out->failed)
        rc = err_set(e, ERR_NOMEM, "the conversation is too large to be exported in one piece");
    arena_free(&a);
    return rc;
}

void talk_export_begin(enum talk_format f, struct buf *out)
{
    if (f == TALK_JSON)
        buf_puts(out, "{\"format\":\"hearth.conversations\",\"version\":1,\"conversations\":[");
}

void talk_export_end(enum talk_format f, struct buf *out)
{
    if (f == TALK_JSON)
        buf_puts(out, "]}\n");
}

/* By number: no index says owner and number, and hardly anybody skips many rows of others. */
static int next_id(struct store_db *db, int64_t owner, int64_t *io_n, struct arena *a, struct str *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT n, id FROM conversations WHERE n > ?1 AND +owner = ?2 ORDER BY n LIMIT 1");
    db_bind_int(st, 1, *io_n);
    db_bind_int(st, 2, owner);
    int rc = db_step(db, st, e), bad = OK;
    if (rc <= 0)
        return rc;
    *io_n = db_int(st, 0);
    *ret = row_str(a, st, 1, &bad);
    return bad ? err_set(e, bad, "out of memory for an export") : 1;
}

int talk_export_some(struct store_db *db, int64_t owner, struct talk_export *x, size_t bytes_about, struct buf *out, struct err *e)
{
    struct arena a = arena_make(1 << 20);
    struct str id;
    int rc = OK;
    if (!x->begun)
        talk_export_begin(x->format, out);
    x->begun = true;
    for (size_t begin = out->len; !rc && out->len - begin <= bytes_about;) { /* one at least */
        bool following = x->after_n != 0;
        rc = next_id(db, owner, &x->after_n, &a, &id, e);
        if (rc <= 0) {
            x->ended = !rc;
            break;
        }
        if (following && x->format == TALK_JSON)
            buf_puts(out, ",\n");
        rc = talk_export_one(db, owner, id, x->format, out, e);
        arena_free(&a);
    }
    if (!rc && x->ended)
        talk_export_end(x->format, out);
    arena_free(&a);
    return rc;
}
