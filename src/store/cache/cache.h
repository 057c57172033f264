/* What was computed before and may be asked for again: vectors of texts, results of searches, answers to repeated questions.
 *
 *     cache_get ──► memory (memory.h) ──what is missing──► Redis (redis.h), when there is one and it answers
 *                        ▲                                      │
 *                        └────── opened and put there ◄─────────┘
 *
 * Keys are 16 bytes of HMAC-SHA-256 over everything that decides the value, under a subkey of the store's. The owner is a part, so
 * one owner never sees whether another has asked for the same; and so is the generation of a space, so that all that
 * was kept before a document changed is out of reach at once, wherever it lies, and gives way as nobody asks for it.
 *
 * What goes to Redis is compressed and sealed (packed.h) with its key as context: a server that reads it learns nothing, one
 * that changes or swaps values is noticed. A value lost, refused or damaged is a value that was not there.
 *
 * How a search or an answer over documents is kept: its space's generation is a random number of this process plus the count of changes of
 * the documents; the key is made before the documents are read, and the value is put under that key afterwards. If they changed meanwhile
 * it is kept where nobody asks any more.
 *
 * Everything is on the loop thread, but cache_key. */
#ifndef STORE_CACHE_CACHE_H
#define STORE_CACHE_CACHE_H

#include "store/blob.h"
#include "store/cache/memory.h"
#include "store/cache/redis.h"

enum {
    CACHE_KEYS_MAX = REDIS_KEYS_MAX,    /* of one question */
    CACHE_VALUE_BYTES_MAX = 4 << 20,    /* larger ones are not kept */
    CACHE_SEALING_BYTES_MAX = 32 << 20, /* of values on their way to Redis */
    CACHE_OPENED_BYTES_MAX = 64 << 20,  /* of one question's that come from there */
};

/* A kind of values, and which of them are still good. Two spaces that differ in either share nothing. A generation that is kept on the
 * disk beside what it counts makes values in Redis good for the next process; otherwise it begins with a random one. */
struct cache_space {
    const char *kind;
    uint64_t generation;
};
struct cache_space cache_space_random(const char *kind);
/* All that is kept is out of reach from now on. */
static inline void cache_space_renew(struct cache_space *s)
{
    s->generation++;
}

struct cache_config {
    struct loop *loop;
    const struct log *log;
    size_t bytes_max;            /* in memory; 0: nothing */
    uint8_t key[BLOB_KEY_BYTES]; /* store_subkey */
    struct str redis;            /* address; empty: none */
    struct str redis_password;
    uint32_t redis_timeout_ms;
    uint64_t redis_ttl_ms;
};

struct cache;
/* ERR_NOMEM; ERR_INVAL: the address, with a sentence. */
int cache_create(const struct cache_config *c, struct cache **ret, struct err *e);
/* Questions on their way hear nothing more. NULL is fine. */
void cache_free(struct cache *c);

/* The key of these parts, in their order and each with its length. Any thread. ERR_NOMEM. */
int cache_key(const struct cache *c, const struct cache_space *space, int64_t owner, const struct str *parts, size_t n,
              struct cache_key *ret);

/* The values of n keys in their order, ptr NULL where there is none; NULL instead of all when memory is out. They live during the call, in
 * which cache_put may not be called. */
typedef void cache_values_fn(void *ctx, const struct str *values, size_t n);
struct cache_get;
/* fn runs exactly once unless the question is canceled: before this returns (then *ret is NULL), or later from the loop. It cannot fail:
 * what cannot be found out is not there. n is at most CACHE_KEYS_MAX. */
void cache_get(struct cache *c, const struct cache_key *keys, size_t n, cache_values_fn *fn, void *ctx, struct cache_get **ret);
void cache_cancel(struct cache_get *g);
/* Keeps a copy, or not. */
void cache_put(struct cache *c, const struct cache_key *key, struct str value);

struct cache_counts {
    uint64_t asked, memory_hits, redis_hits; /* keys */
    size_t entries, bytes, bytes_max;
    bool redis, redis_ready; /* there is one; it answers */
};
struct cache_counts cache_counts(const struct cache *c);

#endif
