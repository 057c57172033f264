/* The compute pool: a fixed set of threads that run one parallel loop at a time.
 *
 * The caller's thread works, too, so a pool of n runs n - 1 threads. Items are handed out one by one from an atomic
 * counter, since cores here fall into slow phases one at a time; make items large enough (tens of microseconds).
 * Between loops a thread spins for some microseconds and then sleeps: an idle pool uses no processor time. */
#ifndef SYS_POOL_H
#define SYS_POOL_H

#include <stddef.h>

#include "base/err.h"

struct pool;

/* One item of a loop; `thread` is 0 … n_threads - 1 and unique among those running now, for scratch memory. */
typedef void pool_fn(void *arg, size_t item, int thread);

/* n_threads in 1 … 256. */
int pool_create(int n_threads, struct pool **ret, struct err *e);
void pool_free(struct pool *p); /* NULL is fine; no loop may be running */
int pool_threads(const struct pool *p);
/* Runs fn for every item in 0 … n_items - 1 and returns when all are done. One caller at a time; not from within fn. */
void pool_run(struct pool *p, size_t n_items, pool_fn *fn, void *arg);

/* Runs fn once on every thread, all at the same time; thread 0 is the caller's. Returns when all have returned. For work of many
 * short phases, between which the threads meet: a meeting costs less than a microsecond when nobody is late. */
typedef void pool_team_fn(void *arg, int thread);
void pool_team(struct pool *p, pool_team_fn *fn, void *arg);
/* Within a team: returns when all of its threads have called it. What any wrote before, all see after. */
void pool_meet(struct pool *p);

#endif
