/* How often keys were asked for lately, in a few bits each: a count-min sketch with aging.
 *
 * Four rows of 4-bit counters; a key has one in each row, and the least of the four is its estimate: never too low (but for aging), too
 * high only where all four are shared. When as many keys were counted as the sample is long, all counters are halved, so that what was
 * wanted last week gives way. (Cormode and Muthukrishnan 2005; Einziger, Friedman and Manes: TinyLFU, ACM ToS 13(4), 2017, section 3.)
 *
 * A row's place is taken from the key's own bytes, since they are a keyed hash already (cache.h). */
#ifndef STORE_CACHE_SKETCH_H
#define STORE_CACHE_SKETCH_H

#include <stdint.h>

#include "base/err.h"

enum { SKETCH_ROWS = 4, SKETCH_COUNT_MAX = 15 };

struct sketch {
    uint64_t *words; /* [SKETCH_ROWS][width / 16], sixteen counters a word */
    uint32_t width;  /* counters of a row, a power of two */
    uint64_t counted;
};

/* `keys`: how many different ones it should tell apart; 32 bits of memory for each. ERR_NOMEM. */
int sketch_init(struct sketch *s, uint64_t keys);
void sketch_deinit(struct sketch *s);
/* `sample`: after so many calls everything is halved. */
void sketch_count(struct sketch *s, const uint8_t key[16], uint64_t sample);
/* 0 … SKETCH_COUNT_MAX */
uint32_t sketch_estimate(const struct sketch *s, const uint8_t key[16]);

#endif
