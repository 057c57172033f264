/* Wrong keys are slowed down.
 *
 * Five failures are free; each further one doubles the wait, from a second to five minutes, in which this visitor's wrong keys are only
 * told to wait. A success, or an hour without failure, forgets them. The table is bounded: four places for each of 256 hashes, and
 * the one that was used longest ago makes room. So that many addresses gain nothing together, all failures of a minute are
 * counted as well.
 *
 * A right key is never slowed down. Keys are 256 random bits, which nobody guesses however often; but many people share an address (a
 * proxy, a network, the programs of one user), and one of them with an old key must not lock out the others. */
#ifndef PEOPLE_SLOW_H
#define PEOPLE_SLOW_H

#include "people/people.h"

enum {
    SLOW_FREE = 5,
    SLOW_WAIT_MAX_S = 300,
    SLOW_FORGET_S = 3600,
    SLOW_FAILURES_PER_MINUTE = 600,
    SLOW_SETS = 256,
    SLOW_WAYS = 4,
};

struct slow_visitor {
    uint64_t hash; /* 0: free */
    uint32_t failures;
    uint64_t until_ms, seen_ms; /* steady clock */
};

struct slow {
    uint64_t salt;
    uint64_t minute_ms; /* when this minute began */
    uint32_t failures;  /* of it */
    struct slow_visitor at[SLOW_SETS][SLOW_WAYS];
};

void slow_init(struct slow *s, uint64_t salt);
/* 0, or the seconds that this visitor has to wait. */
uint32_t slow_wait_s(struct slow *s, const struct people_visitor *v, uint64_t now_ms);
void slow_failed(struct slow *s, const struct people_visitor *v, uint64_t now_ms);
/* A wrong key has come: ERR_DENIED, or ERR_AGAIN and how long to wait. */
int slow_refuse(struct slow *s, const struct people_visitor *v, uint64_t now_ms, uint32_t *ret_wait_s);
void slow_succeeded(struct slow *s, const struct people_visitor *v);

#endif
