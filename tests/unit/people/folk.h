/* People on a store of their own in a temporary folder, with a clock that the test moves. */
#ifndef TESTS_PEOPLE_FOLK_H
#define TESTS_PEOPLE_FOLK_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "people/people.h"

struct folk {
    char root[64], dir[80], key_file[80];
    struct clock clock;
    uint64_t mono_ms;
    int64_t wall_ms;
    struct loop *loop;
    struct store *store;
    struct people *people;
    struct people_config config;
    /* the last answer */
    bool answered;
    int code;
    struct err err;
    struct people_key key;
    char secret[PEOPLE_SECRET_MAX];
};

static const struct people_visitor folk_here = {"127.0.0.1", 1000}, folk_other = {"127.0.0.1", 1001},
                                   folk_far = {"192.0.2.1", PEOPLE_ELSEWHERE};

static uint64_t folk_mono_ns(void *ctx)
{
    return ((struct folk *)ctx)->mono_ms * 1000000;
}
static int64_t folk_wall_ms(void *ctx)
{
    return ((struct folk *)ctx)->wall_ms;
}

static inline void folk_pass(struct folk *f, uint64_t ms)
{
    f->mono_ms += ms;
    f->wall_ms += (int64_t)ms;
}

static inline void folk_open(struct folk *f)
{
    static const struct store_schema *const schemas[] = {&people_schema};
    struct store_config sc = {.dir = f->dir, .key_file = f->key_file, .schemas = schemas, .n_schemas = 1, .clock = &clock_system};
    struct err e = {0};
    assert_int_equal(loop_create(&f->loop, NULL), OK);
    if (store_open(&sc, &f->store, &e))
        fail_msg("%s", e.text);
    f->config.store = f->store;
    if (people_create(f->loop, &f->config, &f->people, &e))
        fail_msg("%s", e.text);
}

static inline void folk_close(struct folk *f)
{
    people_free(f->people);
    loop_free(f->loop);
    store_free(f->store);
    f->people = NULL;
}

/* As after a restart. */
static inline void folk_reopen(struct folk *f)
{
    folk_close(f);
    folk_open(f);
}

static inline int folk_setup(void **state)
{
    struct folk *f = calloc(1, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/hearth-people-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->dir, sizeof f->dir, "%s/store", f->root);
    snprintf(f->key_file, sizeof f->key_file, "%s/key", f->root);
    f->clock = (struct clock){folk_mono_ns, folk_wall_ms, f};
    f->mono_ms = 5000;
    f->wall_ms = INT64_C(1700000000000);
    f->config = (struct people_config){.clock = &f->clock, .session_s = 3600};
    folk_open(f);
    *state = f;
    return 0;
}

static inline int folk_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static inline int folk_teardown(void **state)
{
    struct folk *f = *state;
    if (f->people)
        folk_close(f);
    nftw(f->root, folk_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

/* ---- answers */

static inline void folk_answer(struct folk *f, int code, const struct err *e)
{
    assert_false(f->answered);
    f->answered = true;
    f->code = code;
    f->err = e ? *e : (struct err){0};
    loop_stop(f->loop);
}

static void folk_made(void *ctx, int code, const struct err *e, const struct people_key *key, const char *secret)
{
    struct folk *f = ctx;
    if (!code) {
        f->key = *key;
        str_copy(f->secret, sizeof f->secret, str_of(secret));
    }
    folk_answer(f, code, e);
}

static void folk_done(void *ctx, int code, const struct err *e)
{
    folk_answer(ctx, code, e);
}

static inline int folk_add(struct folk *f, const struct people_new_key *k)
{
    f->answered = false;
    int r = people_key_create(f->people, k, folk_made, f, &f->err);
    if (r)
        return r;
    loop_run(f->loop);
    assert_true(f->answered);
    return f->code;
}

/* The id of a new key; its secret is in f->secret. */
static inline int64_t folk_key(struct folk *f, const char *name)
{
    assert_int_equal(folk_add(f, &(struct people_new_key){.name = str_of(name)}), OK);
    return f->key.id;
}

static inline int folk_revoke(struct folk *f, int64_t id)
{
    f->answered = false;
    int r = people_key_revoke(f->people, id, folk_done, f, &f->err);
    if (r)
        return r;
    loop_run(f->loop);
    assert_true(f->answered);
    return f->code;
}

static inline int folk_ask(struct folk *f, const char *key, const struct people_visitor *v)
{
    const struct principal *who;
    uint32_t wait_s;
    return people_by_key(f->people, str_of(key), v, &who, &wait_s);
}

#endif
