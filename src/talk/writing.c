#include "talk/rows.h"

int talk_write_text(struct store_db *db, int64_t message_n, struct str text, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE messages SET content = ?2 WHERE n = ?1 AND state = 1");
    db_bind_int(st, 1, message_n);
    db_bind_str(st, 2, row_text(text));
    return db_run(db, st, e);
}

static int set_end(struct store_db *db, int64_t n, const struct talk_end *end, struct str calls, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "UPDATE messages SET content = ?2, state = ?3, error = ?4, model = coalesce(?5, model), prompt_tokens = ?6,"
                       " cached_tokens = ?7, completion_tokens = ?8, first_ms = ?9, decode_ms = ?10, reasoning = ?11, calls = ?12 WHERE n "
                       "= ?1 AND state = 1");
    db_bind_int(st, 1, n);
    db_bind_str(st, 2, row_text(end->text));
    db_bind_int(st, 3, end->state);
    db_bind_str(st, 4, row_maybe(end->error));
    db_bind_str(st, 5, row_maybe(end->model));
    db_bind_str(st, 11, row_maybe(end->reasoning));
    db_bind_str(st, 12, row_maybe(calls));
    if (end->has_usage) {
        db_bind_int(st, 6, end->usage.prompt_tokens);
        db_bind_int(st, 7, end->usage.cached_tokens);
        db_bind_int(st, 8, end->usage.completion_tokens);
        db_bind_real(st, 9, (double)end->usage.first_ms);
        db_bind_real(st, 10, (double)end->usage.decode_ms);
    } else {
        for (int i = 6; i <= 10; i++)
            db_bind_null(st, i);
    }
    return db_run(db, st, e);
}

int talk_write_end(struct store_db *db, int64_t message_n, const struct talk_end *end, int64_t now_ms, struct err *e)
{
    struct arena a = arena_make((size_t)8 * TALK_CONTENT_BYTES_MAX);
    struct str calls = talk_calls_text(end->calls, end->n_calls, &a);
    int rc = calls.ptr ? set_end(db, message_n, end, calls, e) : err_set(e, ERR_NOMEM, "out of memory for an answer");
    arena_free(&a);
    if (rc || !db_changes(db))
        return rc;
    rc = index_message(db, message_n, e);
    struct store_stmt *st = db_prepare(db, "UPDATE conversations SET updated_ms = max(updated_ms, ?2)"
                                           " WHERE n = (SELECT conversation FROM messages WHERE n = ?1)");
    db_bind_int(st, 1, message_n);
    db_bind_int(st, 2, now_ms);
    return rc ? rc : db_run(db, st, e);
}

int talk_recover(struct store_db *db, int64_t *ret_n, struct err *e)
{
    int64_t n = 0;
    for (;;) {
        struct store_stmt *st = db_prepare(db, "SELECT n FROM messages WHERE state = 1 LIMIT 1");
        int rc = db_step(db, st, e);
        if (rc < 0)
            return rc;
        if (!rc) {
            *ret_n = n;
            return OK;
        }
        int64_t message = db_int(st, 0);
        struct store_stmt *set = db_prepare(db, "UPDATE messages SET state = 5 WHERE n = ?1");
        db_bind_int(set, 1, message);
        rc = db_run(db, set, e);
        if (!rc)
            rc = index_message(db, message, e);
        if (rc)
            return rc;
        n++;
    }
}
_Static_assert(TALK_WRITING == 1 && TALK_INTERRUPTED == 5, "the statements above, and the index messages_writing, say the numbers");
