/* Keys: a table in memory in order of their ids, found by the digest of their secret, and its rows in the store. */
#include <stdlib.h>

#include "base/utf8.h"
#include "people/internal.h"

static const char prefix[] = "hearth_";

ptrdiff_t keys_find(const struct people *p, int64_t id)
{
    size_t low = 0, high = p->n_keys;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->keys[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->n_keys && p->keys[low].id == id ? (ptrdiff_t)low : -1;
}

bool key_is_valid(const struct people *p, size_t at)
{
    const struct people_key *k = &p->keys[at];
    return !k->revoked && (!k->expires_ms || clock_wall_ms(p->c.clock) < k->expires_ms);
}

const struct principal *principal_find(const struct people *p, int64_t id)
{
    if (id == PEOPLE_OWNER)
        return &p->local;
    ptrdiff_t at = keys_find(p, id);
    return at >= 0 && key_is_valid(p, (size_t)at) ? &p->states[at].who : NULL;
}

static bool make_room(struct people *p)
{
    if (p->n_keys < p->keys_cap)
        return true;
    size_t cap = p->keys_cap ? 2 * p->keys_cap : 16;
    struct people_key *keys = realloc(p->keys, cap * sizeof *keys);
    if (keys)
        p->keys = keys;
    struct key_state *states = realloc(p->states, cap * sizeof *states);
    if (states)
        p->states = states;
    if (!keys || !states)
        return false;
    p->keys_cap = cap;
    return true;
}

int keys_add(struct people *p, const struct people_key *k, const struct key_state *s)
{
    if (p->n_keys >= PEOPLE_KEYS_MAX)
        return ERR_LIMIT;
    if (!make_room(p))
        return ERR_NOMEM;
    int r = digest_map_put(&p->key_map, &s->digest, (uint32_t)p->n_keys);
    if (r)
        return r;
    size_t at = p->n_keys++;
    p->keys[at] = *k;
    p->states[at] = *s;
    struct principal *who = &p->states[at].who;
    *who = (struct principal){.id = k->id, .kind = PEOPLE_KEY, .scope = k->scope};
    str_copy(who->name, sizeof who->name, str_of(k->name));
    return OK;
}

size_t people_keys(struct people *p, const struct people_key **ret)
{
    *ret = p->keys;
    return p->n_keys;
}

/* ---- asking */

bool people_looks_like_key(struct str s)
{
    return str_starts(s, str_of(prefix)) && s.len == sizeof prefix - 1 + SECRET_CHARS;
}

void key_use(struct people *p, size_t at)
{
    p->keys[at].used_ms = clock_wall_ms(p->c.clock);
    p->states[at].dirty = true;
}

int people_by_key(struct people *p, struct str key, const struct people_visitor *v, const struct principal **ret, uint32_t *ret_wait_s)
{
    uint64_t now_ms = clock_ns(p->c.clock) / 1000000;
    uint32_t at;
    struct digest d;
    if (!people_looks_like_key(key) || !digest_of(p->secret, "key", key, &d) || !digest_map_get(&p->key_map, &d, &at) ||
        !key_is_valid(p, at))
        return slow_refuse(&p->slow, v, now_ms, ret_wait_s);
    slow_succeeded(&p->slow, v);
    key_use(p, at);
    *ret = &p->states[at].who;
    return OK;
}

/* ---- making */

struct key_write {
    struct write w; /* first */
    struct people_key key;
    struct key_state state;
    char secret[PEOPLE_SECRET_MAX];
    people_made_fn *made;
    people_done_fn *done;
    void *ctx;
    int64_t now_ms;
};

static int run_create(struct store_db *db, struct write *w, struct err *e)
{
    struct key_write *kw = (struct key_write *)w;
    const struct people_key *k = &kw->key;
    struct store_stmt *st = db_prepare(db, "INSERT INTO people_principal (kind, name, scope, digest, hint, created_ms, expires_ms,"
                                           " requests_per_minute, concurrent_max, tokens_per_day) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind_str(st, 1, str_of(k->name));
    db_bind_int(st, 2, k->scope);
    db_bind_blob(st, 3, str_from(kw->state.digest.bytes, DIGEST_BYTES));
    db_bind_str(st, 4, str_of(k->hint));
    db_bind_int(st, 5, k->created_ms);
    db_bind_int(st, 6, k->expires_ms);
    if (kw->state.own_limits) {
        db_bind_int(st, 7, k->limits.requests_per_minute);
        db_bind_int(st, 8, k->limits.concurrent_max);
        db_bind_int(st, 9, (int64_t)k->limits.tokens_per_day);
    } else {
        for (int i = 7; i <= 9; i++)
            db_bind_null(st, i);
    }
    int r = db_run(db, st, e);
    kw->key.id = r ? 0 : db_last_id(db);
    return r == ERR_EXISTS ? err_set(e, r, "there is a key named \"%s\" already: revoke it first, or choose another name", k->name) : r;
}

static void done_create(struct people *p, struct write *w, int code, const struct err *e)
{
    struct key_write *kw = (struct key_write *)w;
    p->n_coming--;
    if (!code)
        code = keys_add(p, &kw->key, &kw->state);
    if (kw->made)
        kw->made(kw->ctx, code, e, code ? NULL : &p->keys[p->n_keys - 1], code ? NULL : kw->secret);
    memset(kw->secret, 0, sizeof kw->secret);
}

static bool name_is_fine(struct str name)
{
    size_t bad;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
            return false;
    return name.len && name.len < sizeof((struct people_key *)0)->name && utf8_valid(name.ptr, name.len, &bad) &&
           str_trim(name).len == name.len;
}

static int check_new(const struct people *p, const struct people_new_key *k, struct err *e)
{
    if (!name_is_fine(k->name))
        return err_set(e, ERR_INVAL, "the name of a key is 1 to 63 bytes of UTF-8 without control characters or spaces around it");
    if (k->expires_ms < 0 || (k->expires_ms && k->expires_ms <= clock_wall_ms(p->c.clock)))
        return err_set(e, ERR_INVAL, "the key would have expired already");
    if (p->n_keys + p->n_coming >= PEOPLE_KEYS_MAX)
        return err_set(e, ERR_LIMIT, "there are %d keys already, which is as many as can be", PEOPLE_KEYS_MAX);
    return writes_full(&p->writes) ? err_set(e, ERR_FULL, "too much waits to be written: try again in a moment") : OK;
}

int people_key_create(struct people *p, const struct people_new_key *k, people_made_fn *made, void *ctx, struct err *e)
{
    int r = check_new(p, k, e);
    struct key_write *kw = r ? NULL : calloc(1, sizeof *kw);
    if (!kw)
        return r ? r : err_set(e, ERR_NOMEM, "out of memory for the key");
    kw->w = (struct write){.what = "a new key", .run = run_create, .done = done_create};
    kw->made = made;
    kw->ctx = ctx;
    kw->key = (struct people_key){.scope = k->scope,
                                  .created_ms = clock_wall_ms(p->c.clock),
                                  .expires_ms = k->expires_ms,
                                  .limits = k->limits ? *k->limits : p->c.limits};
    kw->state.own_limits = k->limits;
    str_copy(kw->key.name, sizeof kw->key.name, k->name);
    r = secret_make(prefix, kw->secret, sizeof kw->secret);
    if (!r && !digest_of(p->secret, "key", str_of(kw->secret), &kw->state.digest))
        r = ERR_NOMEM;
    if (r) {
        free(kw);
        return err_set(e, r, "the key could not be made: %s", err_text(r));
    }
    str_copy(kw->key.hint, sizeof kw->key.hint, str_of(kw->secret));
    p->n_coming++;
    writes_push(&p->writes, &kw->w);
    return OK;
}

/* ---- revoking */

static int run_revoke(struct store_db *db, struct write *w, struct err *e)
{
    struct key_write *kw = (struct key_write *)w;
    struct store_stmt *st = db_prepare(db, "UPDATE people_principal SET revoked_ms = ? WHERE id = ? AND kind = 1");
    db_bind_int(st, 1, kw->now_ms);
    db_bind_int(st, 2, kw->key.id);
    int r = db_run(db, st, e);
    if (r)
        return r;
    st = db_prepare(db, "DELETE FROM people_session WHERE principal = ?");
    db_bind_int(st, 1, kw->key.id);
    return db_run(db, st, e);
}

static void done_revoke(struct people *p, struct write *w, int code, const struct err *e)
{
    struct key_write *kw = (struct key_write *)w;
    ptrdiff_t at = keys_find(p, kw->key.id);
    if (code && at >= 0)
        p->keys[at].revoked = false; /* as it is on the disk */
    if (kw->done)
        kw->done(kw->ctx, code, e);
}

int people_key_revoke(struct people *p, int64_t id, people_done_fn *done, void *ctx, struct err *e)
{
    ptrdiff_t at = keys_find(p, id);
    if (at < 0 || p->keys[at].revoked)
        return err_set(e, ERR_NOENT, "there is no key %lld, or it is revoked already", (long long)id);
    if (writes_full(&p->writes))
        return err_set(e, ERR_FULL, "too much waits to be written: try again in a moment");
    struct key_write *kw = calloc(1, sizeof *kw);
    if (!kw)
        return err_set(e, ERR_NOMEM, "out of memory to revoke the key");
    kw->w = (struct write){.what = "a revoked key", .run = run_revoke, .done = done_revoke};
    kw->key.id = id;
    kw->done = done;
    kw->ctx = ctx;
    kw->now_ms = clock_wall_ms(p->c.clock);
    p->keys[at].revoked = true;
    sessions_end_of(p, id);
    writes_push(&p->writes, &kw->w);
    return OK;
}
