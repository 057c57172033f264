#include "store/cache/cache.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/arena.h"
#include "store/cache/internal.h"
#include "store/kdf.h"
#include "store/secret.h"

/* A question that waits for Redis. */
struct cache_get {
    struct link link;
    struct cache *c;
    struct redis_get *redis;
    cache_values_fn *fn;
    void *ctx;
    size_t n, n_missing;
    struct cache_key *keys; /* [n] */
    struct str *values;     /* [n] */
    uint32_t *missing;      /* [n_missing]: places of those that are not in memory */
};

static int open_redis(struct cache *cache, const struct cache_config *c, struct err *e)
{
    struct redis_config rc = {.loop = c->loop, .log = c->log, .password = c->redis_password, .timeout_ms = c->redis_timeout_ms};
    if (!c->redis.len)
        return OK;
    int r = redis_address_parse(c->redis, &rc.address, e);
    return r ? r : redis_create(&rc, &cache->redis, e);
}

int cache_create(const struct cache_config *c, struct cache **ret, struct err *e)
{
    uint8_t mac_key[BLOB_KEY_BYTES];
    struct cache *cache = calloc(1, sizeof *cache);
    int r = cache ? OK : ERR_NOMEM;
    if (cache) {
        cache->loop = c->loop;
        cache->redis_ttl_ms = c->redis_ttl_ms;
        link_init(&cache->gets);
        link_init(&cache->sealing);
        kdf_derive(c->key, (struct str){0}, STR("cache values"), cache->seal_key);
        kdf_derive(c->key, (struct str){0}, STR("cache keys"), mac_key);
        cache->mac = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, mac_key, sizeof mac_key);
        secret_wipe(mac_key, sizeof mac_key);
        r = cache->mac ? memory_init(&cache->memory, c->bytes_max) : ERR_NOMEM;
    }
    if (r) {
        cache_free(cache);
        return err_set(e, r, "out of memory for a cache of %zu MB; make cache.memory smaller", c->bytes_max >> 20);
    }
    r = open_redis(cache, c, e);
    if (r) {
        cache_free(cache);
        return r;
    }
    *ret = cache;
    return OK;
}

static void get_free(struct cache_get *g)
{
    link_del(&g->link);
    free(g->keys);
    free(g->values);
    free(g->missing);
    free(g);
}

void cache_cancel(struct cache_get *g)
{
    if (!g)
        return;
    redis_cancel(g->redis);
    get_free(g);
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    far_end(c);
    while (!link_empty(&c->gets))
        cache_cancel(link_of(c->gets.next, struct cache_get, link));
    redis_free(c->redis);
    memory_deinit(&c->memory);
    EVP_PKEY_free(c->mac);
    secret_wipe(c->seal_key, sizeof c->seal_key);
    free(c);
}

/* ---- questions */

/* What Redis had under a key, as it was before it was sealed; ptr NULL when that is nothing of ours. */
static struct str open_value(const struct cache *c, const struct cache_key *key, struct str sealed, struct arena *arena)
{
    struct buf plain = buf_make(CACHE_VALUE_BYTES_MAX);
    struct str value = {0};
    if (far_open(c, key, sealed, &plain))
        value = arena_dup(arena, buf_str(&plain));
    buf_free(&plain);
    return value;
}

/* `sealed` is NULL when Redis has not answered. */
static void give(struct cache_get *g, const struct str *sealed)
{
    struct cache *c = g->c;
    struct arena arena = arena_make(CACHE_OPENED_BYTES_MAX);
    for (size_t i = 0; i < g->n; i++)
        g->values[i] = memory_peek(&c->memory, &g->keys[i]); /* some may have left it meanwhile */
    for (size_t i = 0; sealed && i < g->n_missing; i++) {
        struct str *value = &g->values[g->missing[i]];
        if (value->ptr || !sealed[i].ptr)
            continue;
        *value = open_value(c, &g->keys[g->missing[i]], sealed[i], &arena);
        c->redis_hits += value->ptr != NULL;
    }
    g->fn(g->ctx, g->values, g->n);
    /* Behind the call, since putting one there may push out another that was given. */
    for (size_t i = 0; i < g->n_missing; i++) {
        struct str value = g->values[g->missing[i]];
        if (value.ptr && !memory_peek(&c->memory, &g->keys[g->missing[i]]).ptr)
            memory_put(&c->memory, &g->keys[g->missing[i]], value);
    }
    arena_free(&arena);
}

static void on_redis(void *ctx, const struct str *sealed, size_t n)
{
    struct cache_get *g = ctx;
    (void)n;
    give(g, sealed);
    get_free(g);
}

/* False: there is no second level to ask now. */
static bool ask_redis(struct cache_get *g)
{
    char(*names)[FAR_NAME_BYTES] = calloc(g->n_missing, sizeof *names);
    struct str *keys = calloc(g->n_missing, sizeof *keys);
    bool asked = false;
    for (size_t i = 0; names && keys && i < g->n_missing; i++) {
        far_name(&g->keys[g->missing[i]], names[i]);
        keys[i] = str_from(names[i], FAR_NAME_BYTES);
    }
    if (names && keys)
        asked = redis_get(g->c->redis, keys, g->n_missing, on_redis, g, &g->redis) == OK;
    free(names);
    free(keys);
    return asked;
}

static struct cache_get *get_create(struct cache *c, size_t n)
{
    struct cache_get *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    link_init(&g->link);
    g->c = c;
    g->keys = calloc(n, sizeof *g->keys);
    g->values = calloc(n, sizeof *g->values);
    g->missing = calloc(n, sizeof *g->missing);
    if (g->keys && g->values && g->missing)
        return g;
    get_free(g);
    return NULL;
}

void cache_get(struct cache *c, const struct cache_key *keys, size_t n, cache_values_fn *fn, void *ctx, struct cache_get **ret)
{
    struct cache_get *g = n && n <= CACHE_KEYS_MAX ? get_create(c, n) : NULL;
    *ret = NULL;
    if (!g) {
        fn(ctx, NULL, n);
        return;
    }
    g->fn = fn;
    g->ctx = ctx;
    g->n = n;
    memcpy(g->keys, keys, n * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        g->values[i] = memory_get(&c->memory, &keys[i]);
        if (!g->values[i].ptr)
            g->missing[g->n_missing++] = (uint32_t)i;
    }
    c->asked += n;
    c->memory_hits += n - g->n_missing;
    if (g->n_missing && redis_ready(c->redis) && ask_redis(g)) {
        link_add(&c->gets, &g->link);
        *ret = g;
        return;
    }
    fn(ctx, g->values, n);
    get_free(g);
}

void cache_put(struct cache *c, const struct cache_key *key, struct str value)
{
    if (value.len > CACHE_VALUE_BYTES_MAX)
        return;
    memory_put(&c->memory, key, value);
    far_put(c, key, value);
}

struct cache_counts cache_counts(const struct cache *c)
{
    return (struct cache_counts){
        .asked = c->asked,
        .memory_hits = c->memory_hits,
        .redis_hits = c->redis_hits,
        .entries = c->memory.count,
        .bytes = memory_bytes(&c->memory),
        .bytes_max = c->memory.bytes_max,
        .redis = c->redis != NULL,
        .redis_ready = redis_ready(c->redis),
    };
}
