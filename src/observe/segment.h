/* A file of the journal.
 *
 *     "hearthj1" │ flags u32 │ 0 u32 │ created i64 (Unix ms) │ id (16, random)
 *     length u32 │ sealed block          again and again
 *
 * A block is compressed and sealed (store/packed.h) with the file's id and the block's number as context, so that blocks cannot change
 * places within a file or between files. Open, it is a row of events, each behind its length (u32).
 *
 * What may be wrong: the last block is cut (a crash while it was written): it ends there, and what stands before it holds. A block
 * was changed: it is passed over and counted, the others hold. */
#ifndef OBSERVE_SEGMENT_H
#define OBSERVE_SEGMENT_H

#include "base/buf.h"
#include "base/err.h"
#include "store/blob.h"

enum {
    SEGMENT_HEAD_BYTES = 40,
    SEGMENT_ID_BYTES = 16,
    SEGMENT_BLOCK_BYTES_MAX = 2 << 20,  /* open */
    SEGMENT_PLAIN_BYTES_MAX = 16 << 20, /* all blocks of a file, open */
    SEGMENT_FILE_BYTES_MAX = 20 << 20,
};
enum { SEGMENT_PACKED = 1 }; /* written again in large blocks, after it was complete */

struct segment {
    uint32_t flags;
    int64_t created_ms;
    uint8_t id[SEGMENT_ID_BYTES];
    uint64_t blocks; /* written so far */
};

/* A new one, with its head in *out. ERR_IO: no random numbers. */
int segment_begin(struct segment *s, uint32_t flags, int64_t created_ms, struct buf *out);
/* One more block of these events. */
int segment_put(struct segment *s, const uint8_t key[BLOB_KEY_BYTES], struct str events, int level, struct buf *out);

/* ERR_CORRUPT: it is no such file. */
int segment_head(struct str bytes, struct segment *ret);
struct segment_content {
    struct segment head;
    struct buf events; /* of all blocks that could be opened */
    size_t damaged;    /* blocks that could not */
    bool cut;          /* something stands at the end that is no whole block */
};
/* Everything in a file's bytes. The content is to be freed also on failure: ERR_CORRUPT (no such file, or none of its blocks is under this
 * key), ERR_NOMEM. */
int segment_open(const uint8_t key[BLOB_KEY_BYTES], struct str bytes, struct segment_content *ret);
void segment_content_free(struct segment_content *c);
/* Cuts the next event off; false: there is none. */
bool segment_next(struct str *events, struct str *ret);
void segment_add_event(struct buf *events, struct str event);

#endif
