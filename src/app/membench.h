/* The read bandwidth of memory: what decoding a model is measured against. */
#ifndef APP_MEMBENCH_H
#define APP_MEMBENCH_H

#include "base/clock.h"
#include "base/err.h"
#include "sys/pool.h"

struct membench;

/* A buffer of 2 GiB (less when less than three times that is free), written once by the pool's threads. */
int membench_create(struct pool *pool, const struct clock *clock, struct membench **ret, struct err *e);
void membench_free(struct membench *m); /* NULL is fine */
size_t membench_bytes(const struct membench *m);
/* Reads all of it `passes` times; the best so far, in bytes a second. */
double membench_run(struct membench *m, int passes);

#endif
