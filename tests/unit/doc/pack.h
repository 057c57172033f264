/* Zip files for tests: entries in the order given. */
#ifndef TESTS_UNIT_DOC_PACK_H
#define TESTS_UNIT_DOC_PACK_H

#include "base/buf.h"
#include "base/err.h"

struct entry {
    const char *name;
    struct str bytes;
    bool stored; /* not compressed */
};
/* The list ends with a NULL name. `password` (may be NULL) encrypts all entries. */
void pack(const struct entry *entries, const char *password, struct buf *ret);

#endif
