/* What the files of this room share. */
#ifndef PEOPLE_INTERNAL_H
#define PEOPLE_INTERNAL_H

#include "base/clock.h"
#include "base/log.h"
#include "people/digest.h"
#include "people/people.h"
#include "people/slow.h"
#include "people/write.h"

enum {
    PEOPLE_SESSIONS_MAX = 4096,
    PEOPLE_SESSIONS_EACH_MAX = 64, /* of one principal: the one unused for longest makes room */
    PEOPLE_LINKS_MAX = 16,
    PEOPLE_FLUSH_MS = 60000, /* last uses and tokens of the day reach the disk after so long at most */
};

/* What a principal has used up. */
struct account {
    double requests; /* left in the bucket */
    bool filled;
    uint64_t filled_ns; /* when it was filled up last */
    uint32_t concurrent;
    int64_t day; /* since 1970, UTC */
    uint64_t tokens;
    bool dirty;
};

/* What a key has besides its public face. */
struct key_state {
    struct digest digest;
    struct principal who;
    bool own_limits, dirty;
    struct account account;
};

struct session {
    struct digest digest; /* of the cookie */
    int64_t principal, uid, created_ms, used_ms;
    bool live, dirty;
};

struct sign_in_link {
    struct digest digest;
    int64_t principal;
    uint64_t end_ns; /* 0: free */
};

struct people {
    struct people_config c;
    struct loop *loop;
    uint8_t secret[32]; /* of all digests */
    struct principal local;

    struct people_key *keys; /* [n_keys], by id; `states` beside them */
    struct key_state *states;
    size_t n_keys, keys_cap, n_coming;
    struct digest_map key_map, session_map;
    struct session *sessions; /* [PEOPLE_SESSIONS_MAX] */
    struct sign_in_link links[PEOPLE_LINKS_MAX];
    struct slow slow;

    struct writes writes;
    struct timer *flush_timer;
};

/* ---- keys.c */
/* -1: there is none. */
ptrdiff_t keys_find(const struct people *p, int64_t id);
bool key_is_valid(const struct people *p, size_t at);
/* The local owner or a valid key, else NULL. */
const struct principal *principal_find(const struct people *p, int64_t id);
int keys_add(struct people *p, const struct people_key *k, const struct key_state *s);
void key_use(struct people *p, size_t at);

/* ---- session.c */
int sessions_add(struct people *p, const struct session *s);
void sessions_end_of(struct people *p, int64_t principal);

/* ---- load.c */
int people_load(struct people *p, struct err *e);

/* ---- flush.c */
/* Everything that has changed since, or NULL when nothing has or memory is out. */
struct write *flush_make(struct people *p);

#endif
