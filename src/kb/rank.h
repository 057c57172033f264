/* From chunks that were found by words and by vectors to the list that is shown. */
#ifndef KB_RANK_H
#define KB_RANK_H

#include "kb/kb.h"

/* The best of `all`, which have their texts, word scores and cosines and are put in order by it. Two lists, one by each way, become one by
 * reciprocal ranks (Cormack, Clarke, Büttcher, 2009); further chunks of a document that is there already count a little less each
 * (the thought of Carbonell, Goldstein, 1998). ERR_NOMEM. */
int rank(struct kb_hits *all, const struct kb_query *q, struct arena *a, struct kb_hits *ret, struct err *e);

#endif
