/* What changes with every request (last uses, tokens of the day) goes to the disk once a minute and at the end. The write has a
 * copy of its own: the table goes on changing. */
#include <stdlib.h>

#include "people/internal.h"

struct key_row {
    int64_t id, used_ms, day, tokens;
};
struct session_row {
    struct digest digest;
    int64_t used_ms;
};

struct flush_write {
    struct write w; /* first */
    int64_t sessions_since_ms;
    size_t n_keys, n_sessions;
    struct key_row *keys;         /* behind this struct */
    struct session_row *sessions; /* behind the keys */
};

static int write_key(struct store_db *db, const struct key_row *k, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE people_principal SET used_ms = max(used_ms, ?) WHERE id = ?");
    db_bind_int(st, 1, k->used_ms);
    db_bind_int(st, 2, k->id);
    int r = db_run(db, st, e);
    if (r)
        return r;
    st = db_prepare(db, "INSERT INTO people_usage (principal, day, tokens) VALUES (?, ?, ?)"
                        " ON CONFLICT (principal) DO UPDATE SET day = excluded.day, tokens = excluded.tokens");
    db_bind_int(st, 1, k->id);
    db_bind_int(st, 2, k->day);
    db_bind_int(st, 3, k->tokens);
    return db_run(db, st, e);
}

static int write_session(struct store_db *db, const struct session_row *s, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "UPDATE people_session SET used_ms = ? WHERE digest = ?");
    db_bind_int(st, 1, s->used_ms);
    db_bind_blob(st, 2, str_from(s->digest.bytes, DIGEST_BYTES));
    return db_run(db, st, e);
}

static int run_flush(struct store_db *db, struct write *w, struct err *e)
{
    struct flush_write *f = (struct flush_write *)w;
    int r = OK;
    for (size_t i = 0; i < f->n_keys && !r; i++)
        r = write_key(db, &f->keys[i], e);
    for (size_t i = 0; i < f->n_sessions && !r; i++)
        r = write_session(db, &f->sessions[i], e);
    if (r)
        return r;
    struct store_stmt *st = db_prepare(db, "DELETE FROM people_session WHERE used_ms < ?");
    db_bind_int(st, 1, f->sessions_since_ms);
    return db_run(db, st, e);
}

static void count(const struct people *p, size_t *ret_keys, size_t *ret_sessions)
{
    *ret_keys = *ret_sessions = 0;
    for (size_t i = 0; i < p->n_keys; i++)
        *ret_keys += p->states[i].dirty || p->states[i].account.dirty;
    for (size_t i = 0; i < PEOPLE_SESSIONS_MAX; i++)
        *ret_sessions += p->sessions[i].live && p->sessions[i].dirty;
}

static void copy_keys(struct people *p, struct flush_write *f)
{
    for (size_t i = 0; i < p->n_keys; i++) {
        struct key_state *s = &p->states[i];
        if (!s->dirty && !s->account.dirty)
            continue;
        f->keys[f->n_keys++] = (struct key_row){p->keys[i].id, p->keys[i].used_ms, s->account.day, (int64_t)s->account.tokens};
        s->dirty = s->account.dirty = false;
    }
}

static void copy_sessions(struct people *p, struct flush_write *f)
{
    for (struct session *s = p->sessions; s < p->sessions + PEOPLE_SESSIONS_MAX; s++) {
        if (!s->live || !s->dirty)
            continue;
        f->sessions[f->n_sessions++] = (struct session_row){s->digest, s->used_ms};
        s->dirty = false;
    }
}

struct write *flush_make(struct people *p)
{
    size_t n_keys, n_sessions;
    count(p, &n_keys, &n_sessions);
    if (!n_keys && !n_sessions)
        return NULL;
    struct flush_write *f = calloc(1, sizeof *f + n_keys * sizeof *f->keys + n_sessions * sizeof *f->sessions);
    if (!f)
        return NULL; /* all stays dirty: the next minute tries again */
    f->w = (struct write){.what = "last uses and tokens of the day", .run = run_flush};
    f->keys = (struct key_row *)(f + 1);
    f->sessions = (struct session_row *)(f->keys + n_keys);
    f->sessions_since_ms = clock_wall_ms(p->c.clock) - (int64_t)p->c.session_s * 1000;
    copy_keys(p, f);
    copy_sessions(p, f);
    return &f->w;
}
