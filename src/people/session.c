/* Sessions of pages, and the one-time links that begin them. The token for X-CSRF-Token is computed from the cookie, so that
 * nothing of it has to be kept. */
#include <stdlib.h>

#include "people/internal.h"

struct session_write {
    struct write w; /* first */
    struct session session;
};

/* ---- the table */

static void drop(struct people *p, struct session *s)
{
    digest_map_remove(&p->session_map, &s->digest);
    *s = (struct session){0};
}

/* A place: a free one, or that of the session that was unused for longest; of the principal's own when it has as many as it may, so
 * that nobody signs others out by signing in often. */
static struct session *take_place(struct people *p, int64_t principal)
{
    struct session *unused = NULL, *oldest = NULL, *own = NULL;
    size_t n_own = 0;
    for (struct session *s = p->sessions; s < p->sessions + PEOPLE_SESSIONS_MAX; s++) {
        if (!s->live) {
            unused = s;
            continue;
        }
        if (!oldest || s->used_ms < oldest->used_ms)
            oldest = s;
        if (s->principal != principal)
            continue;
        n_own++;
        if (!own || s->used_ms < own->used_ms)
            own = s;
    }
    struct session *place = n_own >= PEOPLE_SESSIONS_EACH_MAX ? own : unused ? unused : oldest;
    if (place->live)
        drop(p, place);
    return place;
}

int sessions_add(struct people *p, const struct session *s)
{
    struct session *place = take_place(p, s->principal);
    int r = digest_map_put(&p->session_map, &s->digest, (uint32_t)(place - p->sessions));
    if (r)
        return r;
    *place = *s;
    place->live = true;
    return OK;
}

void sessions_end_of(struct people *p, int64_t principal)
{
    for (struct session *s = p->sessions; s < p->sessions + PEOPLE_SESSIONS_MAX; s++)
        if (s->live && s->principal == principal)
            drop(p, s);
    for (size_t i = 0; i < PEOPLE_LINKS_MAX; i++)
        if (p->links[i].principal == principal)
            p->links[i] = (struct sign_in_link){0};
}

/* ---- the disk */

static int run_insert(struct store_db *db, struct write *w, struct err *e)
{
    const struct session *s = &((struct session_write *)w)->session;
    struct store_stmt *st = db_prepare(db, "INSERT OR REPLACE INTO people_session (digest, principal, uid, created_ms, used_ms)"
                                           " VALUES (?, ?, ?, ?, ?)");
    db_bind_blob(st, 1, str_from(s->digest.bytes, DIGEST_BYTES));
    db_bind_int(st, 2, s->principal);
    db_bind_int(st, 3, s->uid);
    db_bind_int(st, 4, s->created_ms);
    db_bind_int(st, 5, s->used_ms);
    return db_run(db, st, e);
}

static int run_delete(struct store_db *db, struct write *w, struct err *e)
{
    const struct session *s = &((struct session_write *)w)->session;
    struct store_stmt *st = db_prepare(db, "DELETE FROM people_session WHERE digest = ?");
    db_bind_blob(st, 1, str_from(s->digest.bytes, DIGEST_BYTES));
    return db_run(db, st, e);
}

static struct session_write *write_make(const struct session *s, int (*run)(struct store_db *, struct write *, struct err *))
{
    struct session_write *sw = calloc(1, sizeof *sw);
    if (sw)
        *sw = (struct session_write){.w = {.what = "a session", .run = run}, .session = *s};
    return sw;
}

/* ---- beginning */

static int begin(struct people *p, const struct principal *who, const struct people_visitor *v, struct people_session *ret)
{
    struct people_session made = {.who = who};
    struct digest csrf;
    struct session s = {.principal = who->id, .uid = v->uid};
    s.created_ms = s.used_ms = clock_wall_ms(p->c.clock);
    if (writes_full(&p->writes))
        return ERR_FULL;
    int r = secret_make("", made.cookie, sizeof made.cookie);
    if (r)
        return r;
    if (!digest_of(p->secret, "session", str_of(made.cookie), &s.digest) || !digest_of(p->secret, "csrf", str_of(made.cookie), &csrf))
        return ERR_NOMEM;
    digest_text(&csrf, made.csrf);
    struct session_write *sw = write_make(&s, run_insert);
    if (!sw)
        return ERR_NOMEM;
    r = sessions_add(p, &s);
    if (r) {
        free(sw);
        return r;
    }
    writes_push(&p->writes, &sw->w);
    *ret = made;
    return OK;
}

int people_link_create(struct people *p, const struct principal *who, char ret_secret[PEOPLE_SECRET_MAX])
{
    struct sign_in_link link = {.principal = who->id, .end_ns = clock_ns(p->c.clock) + (uint64_t)PEOPLE_LINK_S * 1000000000};
    size_t at = 0; /* a free one, or the one that ends first */
    for (size_t i = 1; i < PEOPLE_LINKS_MAX; i++)
        if (p->links[i].end_ns < p->links[at].end_ns)
            at = i;
    char secret[PEOPLE_SECRET_MAX];
    int r = secret_make("", secret, sizeof secret);
    if (r)
        return r;
    if (!digest_of(p->secret, "link", str_of(secret), &link.digest))
        return ERR_NOMEM;
    p->links[at] = link;
    memcpy(ret_secret, secret, sizeof secret);
    return OK;
}

/* Uses the link up. */
static const struct principal *take_link(struct people *p, struct str secret)
{
    struct digest d;
    if (!digest_of(p->secret, "link", secret, &d))
        return NULL;
    for (size_t i = 0; i < PEOPLE_LINKS_MAX; i++) {
        struct sign_in_link link = p->links[i];
        if (!link.end_ns || !digest_same(&link.digest, &d))
            continue;
        p->links[i] = (struct sign_in_link){0};
        return clock_ns(p->c.clock) < link.end_ns ? principal_find(p, link.principal) : NULL;
    }
    return NULL;
}

int people_session_from_link(struct people *p, struct str link, const struct people_visitor *v, struct people_session *ret,
                             uint32_t *ret_wait_s)
{
    const struct principal *who = take_link(p, link);
    if (!who)
        return slow_refuse(&p->slow, v, clock_ns(p->c.clock) / 1000000, ret_wait_s);
    slow_succeeded(&p->slow, v);
    return begin(p, who, v, ret);
}

int people_session_from_key(struct people *p, struct str key, const struct people_visitor *v, struct people_session *ret,
                            uint32_t *ret_wait_s)
{
    const struct principal *who;
    int r = people_by_key(p, key, v, &who, ret_wait_s);
    return r ? r : begin(p, who, v, ret);
}

/* ---- asking and ending */

static struct session *find(struct people *p, struct str cookie)
{
    struct digest d;
    uint32_t at;
    if (cookie.len != SECRET_CHARS || !digest_of(p->secret, "session", cookie, &d) || !digest_map_get(&p->session_map, &d, &at))
        return NULL;
    return &p->sessions[at];
}

static void end(struct people *p, struct session *s)
{
    struct session_write *sw = write_make(s, run_delete);
    drop(p, s);
    if (sw)
        writes_push(&p->writes, &sw->w); /* as many as there are sessions at most, so it needs no other bound */
}

int people_by_cookie(struct people *p, struct str cookie, const struct people_visitor *v, const struct principal **ret,
                     char ret_csrf[PEOPLE_SECRET_MAX])
{
    struct session *s = find(p, cookie);
    struct digest csrf;
    int64_t now_ms = clock_wall_ms(p->c.clock);
    if (!s || s->uid != v->uid)
        return ERR_DENIED;
    const struct principal *who = principal_find(p, s->principal);
    if (!who || now_ms - s->used_ms > (int64_t)p->c.session_s * 1000) {
        end(p, s);
        return ERR_DENIED;
    }
    if (!digest_of(p->secret, "csrf", cookie, &csrf))
        return ERR_NOMEM;
    s->used_ms = now_ms;
    s->dirty = true;
    if (who->kind == PEOPLE_KEY)
        key_use(p, (size_t)keys_find(p, who->id));
    digest_text(&csrf, ret_csrf);
    *ret = who;
    return OK;
}

void people_session_end(struct people *p, struct str cookie)
{
    struct session *s = find(p, cookie);
    if (s)
        end(p, s);
}
