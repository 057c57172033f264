/* Small files as they are. */
#ifndef SKILL_FILE_H
#define SKILL_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file; ERR_NOENT, ERR_IO, or ERR_LIMIT when it is larger than the buffer may be. Works for /proc, whose files have no
 * size. */
int file_load(const char *path, struct buf *out, struct err *e);

#endif
