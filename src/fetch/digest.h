/* SHA-256 of files, and its written form. */
#ifndef FETCH_DIGEST_H
#define FETCH_DIGEST_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/str.h"

enum { DIGEST_HEX = 64 };

/* 64 hexadecimal digits; *ret gets them in lower case, terminated. */
bool digest_parse(struct str s, char ret[DIGEST_HEX + 1]);
void digest_of_text(struct str s, char ret[DIGEST_HEX + 1]);
/* Of the first `size` bytes of fd, which it reads from the disk. `tell` hears how far it is (may be NULL); `cancel` too may be NULL.
 * ERR_IO, ERR_CANCELED, ERR_NOMEM. */
int digest_file(int fd, uint64_t size, const atomic_bool *cancel, void (*tell)(void *ctx, uint64_t done), void *ctx,
                char ret[DIGEST_HEX + 1], struct err *e);

#endif
