/* Reading everything at start. */
#include "people/internal.h"

static uint32_t u32_of(int64_t v)
{
    return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static int load_keys(struct store_db *db, struct people *p, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT id, name, scope, digest, hint, created_ms, expires_ms, used_ms, revoked_ms,"
                                           " requests_per_minute, concurrent_max, tokens_per_day"
                                           " FROM people_principal WHERE kind = 1 ORDER BY id");
    int r;
    while ((r = db_step(db, st, e)) == 1) {
        struct people_key k = {.id = db_int(st, 0), .created_ms = db_int(st, 5), .expires_ms = db_int(st, 6), .used_ms = db_int(st, 7)};
        struct key_state s = {.own_limits = !db_null(st, 9)};
        struct str digest = db_str(st, 3);
        k.scope = db_int(st, 2) == PEOPLE_ADMIN ? PEOPLE_ADMIN : PEOPLE_USER;
        k.revoked = db_int(st, 8) != 0;
        k.limits = p->c.limits;
        if (s.own_limits)
            k.limits = (struct people_limits){u32_of(db_int(st, 9)), u32_of(db_int(st, 10)), (uint64_t)db_int(st, 11)};
        str_copy(k.name, sizeof k.name, db_str(st, 1));
        str_copy(k.hint, sizeof k.hint, db_str(st, 4));
        if (digest.len != DIGEST_BYTES)
            return err_set(e, ERR_CORRUPT, "the key \"%s\" in the store has no digest", k.name);
        memcpy(s.digest.bytes, digest.ptr, DIGEST_BYTES);
        int rc = keys_add(p, &k, &s);
        if (rc)
            return err_set(e, rc, "the keys in the store: %s", err_text(rc));
    }
    return r;
}

static int load_sessions(struct store_db *db, struct people *p, struct err *e)
{
    /* Those used last, and of them the last one last: where there are too many, sessions_add lets the first ones go. */
    struct store_stmt *st = db_prepare(db, "SELECT * FROM (SELECT digest, principal, uid, created_ms, used_ms FROM people_session"
                                           " WHERE used_ms > ? ORDER BY used_ms DESC LIMIT ?) ORDER BY used_ms");
    db_bind_int(st, 1, clock_wall_ms(p->c.clock) - (int64_t)p->c.session_s * 1000);
    db_bind_int(st, 2, PEOPLE_SESSIONS_MAX);
    int r;
    while ((r = db_step(db, st, e)) == 1) {
        struct str digest = db_str(st, 0);
        struct session s = {.principal = db_int(st, 1), .uid = db_int(st, 2), .created_ms = db_int(st, 3), .used_ms = db_int(st, 4)};
        if (digest.len != DIGEST_BYTES || !principal_find(p, s.principal))
            continue; /* of a key that has ended meanwhile: flush.c removes it */
        memcpy(s.digest.bytes, digest.ptr, DIGEST_BYTES);
        sessions_add(p, &s);
    }
    return r;
}

static int load_usage(struct store_db *db, struct people *p, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT principal, day, tokens FROM people_usage");
    int r;
    while ((r = db_step(db, st, e)) == 1) {
        ptrdiff_t at = keys_find(p, db_int(st, 0));
        if (at < 0)
            continue;
        p->states[at].account.day = db_int(st, 1);
        p->states[at].account.tokens = (uint64_t)db_int(st, 2);
    }
    return r;
}

static int load(struct store_db *db, void *ctx, struct err *e)
{
    int r = load_keys(db, ctx, e);
    if (!r)
        r = load_sessions(db, ctx, e);
    return r ? r : load_usage(db, ctx, e);
}

int people_load(struct people *p, struct err *e)
{
    return store_read(p->c.store, load, p, e);
}
