/* What the files of the cache share. */
#ifndef STORE_CACHE_INTERNAL_H
#define STORE_CACHE_INTERNAL_H

#include "base/buf.h"
#include "store/cache/cache.h"

struct evp_pkey_st;
struct cache {
    struct loop *loop;
    struct memory memory;
    struct redis *redis; /* NULL: none */
    uint64_t redis_ttl_ms;
    uint8_t seal_key[BLOB_KEY_BYTES];
    struct evp_pkey_st *mac; /* of keys */
    struct link gets;        /* on their way */
    struct link sealing;     /* values on their way to Redis, in the hands of the worker pool */
    size_t sealing_bytes;
    uint64_t asked, memory_hits, redis_hits;
};

/* ---- far.c: what lies in Redis */
enum { FAR_NAME_BYTES = sizeof "hearth:" - 1 + 2 * CACHE_KEY_BYTES };
/* What a key is called there. */
void far_name(const struct cache_key *key, char ret[FAR_NAME_BYTES]);
/* A value that came from there. False: it is not one of ours. */
bool far_open(const struct cache *c, const struct cache_key *key, struct str sealed, struct buf *out);
/* Seals a copy on the worker pool, then sends it; or does nothing. */
void far_put(struct cache *c, const struct cache_key *key, struct str value);
/* Nothing that is being sealed is sent any more. */
void far_end(struct cache *c);

#endif
