/* Values in memory, bounded in bytes; what is worth its place stays.
 *
 *      put ──► window (1 %, LRU) ──its oldest──► contest ──won──► probation ──hit──► protected (80 % of the rest)
 *                                                   │                 ▲                  │
 *                                                 lost: gone          └────its oldest────┘
 *
 * New values begin in a small window. Whoever falls out of it must have been asked for more often (sketch.h) than all those together that
 * would have to go for it, the oldest on probation first; otherwise it is the one that goes. A scan through a million texts
 * that nobody asks for twice therefore passes through the window, and what is asked for every day stays. (W-TinyLFU: Einziger,
 * Friedman and Manes, ACM ToS 2017; victims counted together since sizes differ: Einziger, Eytan, Friedman and Manes,
 * "Lightweight Robust Size Aware Cache Management", ACM ToS 2022.)
 *
 * Invariants, which memory_check looks at: every entry is in the table once and in one of the three rings; a ring's bytes are the sum of
 * its entries; all bytes together are at most bytes_max.
 *
 * One thread at a time. */
#ifndef STORE_CACHE_MEMORY_H
#define STORE_CACHE_MEMORY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/link.h"
#include "base/str.h"
#include "store/cache/sketch.h"

enum { CACHE_KEY_BYTES = 16 };
/* Uniformly distributed, and a secret to whoever sends what is hashed: the table and the sketch rely on it. */
struct cache_key {
    uint8_t bytes[CACHE_KEY_BYTES];
};

enum memory_ring { MEMORY_WINDOW, MEMORY_PROBATION, MEMORY_PROTECTED, MEMORY_RINGS };

struct memory_entry;
struct memory {
    size_t bytes_max;
    struct {
        struct link ring; /* oldest first */
        size_t bytes;
    } at[MEMORY_RINGS];
    struct memory_entry **table; /* [mask + 1] chains */
    size_t mask, count;
    struct sketch sketch;
};

/* With bytes_max 0 it keeps nothing. ERR_NOMEM. */
int memory_init(struct memory *m, size_t bytes_max);
void memory_deinit(struct memory *m);
/* The value, until the next memory_put, or {NULL, 0}; either way the key has been asked for once more. */
struct str memory_get(struct memory *m, const struct cache_key *key);
/* The same without counting. */
struct str memory_peek(const struct memory *m, const struct cache_key *key);
/* Keeps a copy, or not; replaces what the key had. */
void memory_put(struct memory *m, const struct cache_key *key, struct str value);
size_t memory_bytes(const struct memory *m);
/* False: an invariant is broken. For tests. */
bool memory_check(const struct memory *m);

#endif
