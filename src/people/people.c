#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/rng.h"
#include "people/internal.h"

static void on_flush(void *ctx)
{
    struct people *p = ctx;
    struct write *w = flush_make(p);
    if (w)
        writes_push(&p->writes, w);
}

static int make(struct people *p)
{
    uint64_t salt;
    int r = rng_entropy(&salt, sizeof salt);
    if (r)
        return r;
    slow_init(&p->slow, salt);
    store_subkey(p->c.store, "people", p->secret);
    p->sessions = calloc(PEOPLE_SESSIONS_MAX, sizeof *p->sessions);
    r = p->sessions ? digest_map_init(&p->key_map, PEOPLE_KEYS_MAX) : ERR_NOMEM;
    if (!r)
        r = digest_map_init(&p->session_map, PEOPLE_SESSIONS_MAX);
    if (!r)
        r = writes_init(&p->writes, p, p->loop, p->c.store, p->c.log);
    if (!r)
        r = timer_create_in(p->loop, on_flush, p, &p->flush_timer);
    return r;
}

int people_create(struct loop *l, const struct people_config *c, struct people **ret, struct err *e)
{
    struct people *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "out of memory for keys and sessions");
    p->c = *c;
    p->loop = l;
    p->local = (struct principal){PEOPLE_OWNER, PEOPLE_LOCAL, PEOPLE_ADMIN, "owner"};
    int r = make(p);
    if (r)
        err_set(e, r, "keys and sessions: %s", err_text(r));
    else
        r = people_load(p, e);
    if (r) {
        people_free(p);
        return r;
    }
    timer_start(p->flush_timer, PEOPLE_FLUSH_MS, PEOPLE_FLUSH_MS);
    *ret = p;
    return OK;
}

void people_free(struct people *p)
{
    if (!p)
        return;
    if (p->flush_timer)
        on_flush(p); /* the timer is made last: all tables are there */
    timer_free(p->flush_timer);
    writes_end(&p->writes);
    digest_map_deinit(&p->key_map);
    digest_map_deinit(&p->session_map);
    free(p->sessions);
    free(p->keys);
    free(p->states);
    OPENSSL_cleanse(p->secret, sizeof p->secret);
    free(p);
}

const struct principal *people_local(const struct people *p)
{
    return &p->local;
}

const struct people_limits *people_default_limits(const struct people *p)
{
    return &p->c.limits;
}

bool people_same_secret(struct str a, struct str b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr ? a.ptr : "", b.ptr ? b.ptr : "", a.len) == 0;
}
