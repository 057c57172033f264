#include "talk/rows.h"

int talk_holding(struct store_db *db, int64_t owner, uint64_t *ret_bytes, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT bytes FROM holdings WHERE owner = ?1");
    db_bind_int(st, 1, owner);
    int rc = db_step(db, st, e);
    if (rc < 0)
        return rc;
    *ret_bytes = rc && db_int(st, 0) > 0 ? (uint64_t)db_int(st, 0) : 0;
    return OK;
}

int talk_held(struct store_db *db, int64_t owner, uint64_t before, uint64_t bytes_max, struct err *e)
{
    uint64_t now = 0;
    int rc = talk_holding(db, owner, &now, e);
    if (!rc && now > bytes_max && now > before)
        rc = err_set(e, ERR_QUOTA,
                     "Your conversations would take up %.1f MB, and %.1f MB may be kept for this key: delete some of them first",
                     (double)now / (1 << 20), (double)bytes_max / (1 << 20));
    return rc;
}
