/* The codes of all chunks of a collection in memory, for scanning: 64 bytes and a number for each chunk of 512 dimensions.
 *
 * They follow the store: blocks have growing numbers and only one transaction writes at a time, so what is new is what has a higher number
 * than the last one here. What was cleared away stays until it is an eighth of all, and is left out when nothing is found under its
 * number. A search that reads an older snapshot may meet chunks that are too new for it; they are left out in the same way. */
#ifndef KB_CODES_H
#define KB_CODES_H

#include "kb/query.h"

/* Takes in what the transaction sees of a collection's codes that is not here yet, and then the `max` chunks whose codes differ least from
 * `code`; found[].score: minus the bits that differ. Best first. ERR_NOMEM. */
int codes_nearest(struct search *s, int64_t collection, uint32_t dims, const uint64_t *code, size_t max, struct candidate *found,
                  size_t *ret_n, struct err *e);
/* That many chunks of the collection have been cleared away. Any thread, after the commit. */
void codes_cleared(struct kb *kb, int64_t collection, size_t chunks);
void codes_free(struct kb *kb);

#endif
