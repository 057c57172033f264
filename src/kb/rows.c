#include "kb/rows.h"

#include "base/rng.h"
#include "base/utf8.h"

int row_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, "out of memory for the knowledge base");
}

struct str kb_row_str(struct arena *a, struct store_stmt *st, int column, int *rc)
{
    struct str s = arena_dup(a, db_str(st, column));
    if (!s.ptr)
        *rc = ERR_NOMEM;
    return s;
}

int kb_row_must(struct store_db *db, struct store_stmt *st, const char *what, struct err *e)
{
    int rc = db_step(db, st, e);
    return rc == 0 ? err_set(e, ERR_NOENT, "There is no %s of that id", what) : rc > 0 ? OK : rc;
}

int row_run(struct store_db *db, struct store_stmt *st, int64_t n, struct err *e)
{
    db_bind_int(st, 1, n);
    return db_run(db, st, e);
}

void *kb_row_grow(struct arena *a, void *items, size_t n, size_t size)
{
    if (n & (n - 1)) /* room is a power of two */
        return items;
    void *more = arena_calloc(a, n ? 2 * n : 1, size);
    if (more && n)
        memcpy(more, items, n * size);
    return more;
}

int row_id(char ret[KB_ID_LEN + 1], struct err *e)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[KB_ID_LEN];
    int rc = rng_entropy(bytes, sizeof bytes);
    if (rc)
        return err_set(e, rc, "random bytes for an id: %s", err_text(rc));
    for (size_t i = 0; i < sizeof bytes; i++)
        ret[i] = alphabet[bytes[i] & 31];
    ret[KB_ID_LEN] = 0;
    return OK;
}

int check_text(const char *what, struct str s, size_t min, size_t max, struct err *e)
{
    size_t bad;
    if (s.len < min)
        return err_set(e, ERR_INVAL, "%s is empty", what);
    if (s.len > max)
        return err_set(e, ERR_INVAL, "%s has %zu bytes; at most %zu are taken", what, s.len, max);
    if (s.len && !utf8_valid(s.ptr, s.len, &bad))
        return err_set(e, ERR_INVAL, "%s is not UTF-8: byte %zu", what, bad);
    return OK;
}

int collection_readable(struct store_db *db, int64_t who, struct str id, int64_t *ret_n, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT c.n FROM kb_collections c WHERE c.id = ?2 AND " MAY_READ);
    db_bind_int(st, 1, who);
    db_bind_str(st, 2, row_text(id));
    int rc = kb_row_must(db, st, "collection", e);
    if (!rc)
        *ret_n = db_int(st, 0);
    return rc;
}

int collection_owned(struct store_db *db, int64_t owner, struct str id, int64_t *ret_n, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT n FROM kb_collections WHERE id = ?2 AND owner = ?1 AND state = 0");
    db_bind_int(st, 1, owner);
    db_bind_str(st, 2, row_text(id));
    int rc = kb_row_must(db, st, "collection", e);
    if (!rc)
        *ret_n = db_int(st, 0);
    return rc;
}

int collection_touch(struct store_db *db, int64_t n, int64_t now_ms, struct err *e)
{
    struct store_stmt *st =
        db_prepare(db, "UPDATE kb_collections SET version = version + 1, updated_ms = max(updated_ms, ?2) WHERE n = ?1");
    db_bind_int(st, 2, now_ms);
    return row_run(db, st, n, e);
}
