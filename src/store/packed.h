/* Bytes that leave memory: compressed (zstd), then sealed (blob.h). Any thread. */
#ifndef STORE_PACKED_H
#define STORE_PACKED_H

#include "base/buf.h"
#include "store/blob.h"

/* What `n` bytes become at most. */
size_t packed_bound(size_t n);
/* Appends to out. `level`: zstd's, 1 … 19. ERR_LIMIT: more than 1 GB, or than out takes; ERR_NOMEM; ERR_IO: no random numbers. */
int packed_seal(const uint8_t key[BLOB_KEY_BYTES], struct str context, struct str plain, int level, struct buf *out);
/* Appends to out. ERR_CORRUPT: changed, of another key or context; ERR_LIMIT: it would be more than out's maximum; ERR_NOMEM. On failure
 * out is as it was. */
int packed_open(const uint8_t key[BLOB_KEY_BYTES], struct str context, struct str sealed, struct buf *out);

#endif
