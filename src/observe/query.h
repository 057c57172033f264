/* Reading the journal, beside its writer or without one. Blocking; any thread. */
#ifndef OBSERVE_QUERY_H
#define OBSERVE_QUERY_H

#include "observe/event.h"
#include "store/blob.h"

enum { JOURNAL_LIMIT_MAX = 10000 };

struct journal_query {
    const char *dir;
    uint8_t key[BLOB_KEY_BYTES];
    int64_t since_ms;       /* 0: from the beginning */
    uint64_t after, before; /* ids; 0: no bound */
    size_t limit;           /* the newest of what fits; 1 … JOURNAL_LIMIT_MAX */
};

/* An event's id: it grows with time, and stays. */
typedef int journal_found_fn(void *ctx, uint64_t id, const struct journal_event *e);
struct journal_report {
    size_t damaged; /* blocks that were changed since they were written, and files that cannot be read at all */
};
/* Oldest first; a non-zero return of fn ends it with that code. A folder that is not there has no events. ERR_IO, ERR_NOMEM. */
int journal_query(const struct journal_query *q, journal_found_fn *fn, void *ctx, struct journal_report *ret);
/* {"events": […], "damaged": n} */
int journal_query_json(const struct journal_query *q, struct buf *out);

#endif
