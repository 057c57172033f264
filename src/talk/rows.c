#include "talk/rows.h"

#include "base/rng.h"

struct str row_str(struct arena *a, struct store_stmt *st, int column, int *rc)
{
    if (db_null(st, column))
        return (struct str){0};
    struct str s = arena_dup(a, db_str(st, column));
    if (!s.ptr)
        *rc = ERR_NOMEM;
    return s;
}

void *row_grow(struct arena *a, void *items, size_t n, size_t size)
{
    if (n & (n - 1)) /* room is a power of two */
        return items;
    void *more = arena_calloc(a, n ? 2 * n : 1, size);
    if (more && n)
        memcpy(more, items, n * size);
    return more;
}

int row_must(struct store_db *db, struct store_stmt *st, const char *what, struct err *e)
{
    int rc = db_step(db, st, e);
    return rc == 0 ? err_set(e, ERR_NOENT, "There is no %s of that id", what) : rc > 0 ? OK : rc;
}

int talk_id(struct arena *a, struct str *ret)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[TALK_ID_LEN];
    char text[TALK_ID_LEN];
    int rc = rng_entropy(bytes, sizeof bytes);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof bytes; i++)
        text[i] = alphabet[bytes[i] & 31];
    struct str id = arena_dup(a, str_from(text, sizeof text));
    if (!id.ptr)
        return ERR_NOMEM;
    *ret = id;
    return OK;
}

/* `st` asks for the number of the row with this id among those of `of`. */
static int find(struct store_db *db, struct store_stmt *st, struct str id, int64_t of, const char *what, int64_t *ret_n, struct err *e)
{
    db_bind_str(st, 1, row_text(id));
    db_bind_int(st, 2, of);
    int rc = row_must(db, st, what, e);
    if (!rc)
        *ret_n = db_int(st, 0);
    return rc;
}

int conversation_find(struct store_db *db, int64_t owner, struct str id, int64_t *ret_n, struct err *e)
{
    return find(db, db_prepare(db, "SELECT n FROM conversations WHERE id = ?1 AND owner = ?2"), id, owner, "conversation", ret_n, e);
}

int message_find(struct store_db *db, int64_t conversation_n, struct str id, int64_t *ret_n, struct err *e)
{
    return find(db, db_prepare(db, "SELECT n FROM messages WHERE id = ?1 AND conversation = ?2"), id, conversation_n, "message", ret_n, e);
}

static int run_for(struct store_db *db, struct store_stmt *st, int64_t n, struct err *e)
{
    db_bind_int(st, 1, n);
    return db_run(db, st, e);
}

int index_message(struct store_db *db, int64_t n, struct err *e)
{
    return run_for(db,
                   db_prepare(db, "INSERT INTO messages_text (rowid, content) SELECT n, content FROM messages WHERE n = ?1 AND state <> 1"),
                   n, e);
}

int unindex_message(struct store_db *db, int64_t n, struct err *e)
{
    return run_for(db,
                   db_prepare(db, "INSERT INTO messages_text (messages_text, rowid, content)"
                                  " SELECT 'delete', n, content FROM messages WHERE n = ?1 AND state <> 1"),
                   n, e);
}

int index_title(struct store_db *db, int64_t n, struct err *e)
{
    return run_for(db, db_prepare(db, "INSERT INTO titles_text (rowid, title) SELECT n, title FROM conversations WHERE n = ?1"), n, e);
}

int unindex_title(struct store_db *db, int64_t n, struct err *e)
{
    return run_for(
        db, db_prepare(db, "INSERT INTO titles_text (titles_text, rowid, title) SELECT 'delete', n, title FROM conversations WHERE n = ?1"),
        n, e);
}
