/* The cores, leased for one step at a time to engines that share them. First come, first served: a plain mutex would let
 * an engine that steps without pause starve the others. */
#ifndef RUNTIME_LEASE_H
#define RUNTIME_LEASE_H

#include "base/err.h"

struct lease;

int lease_create(struct lease **ret);
void lease_free(struct lease *l); /* NULL is fine; nobody may hold it or wait */
void lease_take(struct lease *l); /* NULL is fine: nobody to share with */
void lease_give(struct lease *l);

#endif
