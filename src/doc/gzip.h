/* gzip files, bounded. */
#ifndef DOC_GZIP_H
#define DOC_GZIP_H

#include "base/buf.h"
#include "base/err.h"

/* Appends what is in all members. ERR_LIMIT: more than out's maximum; ERR_CORRUPT. */
int gzip_unpack(struct str packed, struct buf *out, struct err *e);

#endif
