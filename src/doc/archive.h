/* Zip files in memory, bounded: what all entries that are read unpack to counts together. */
#ifndef DOC_ARCHIVE_H
#define DOC_ARCHIVE_H

#include "base/buf.h"
#include "base/err.h"

struct archive;
/* `bytes` stay the caller's until it is closed. ERR_CORRUPT. */
int archive_open(struct str bytes, size_t unpacked_max, struct archive **ret, struct err *e);
void archive_close(struct archive *a); /* NULL is fine */
/* The entry of that name (no folders are made up, ASCII case counts). ERR_NOENT; ERR_DENIED: encrypted; ERR_LIMIT: unpacks to too
 * much; ERR_CORRUPT. *ret is the caller's to buf_free. */
int archive_read(struct archive *a, struct str name, struct buf *ret, struct err *e);

#endif
