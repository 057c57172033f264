/* What a child sends: frames of a length, a kind and a body (base/wire.h). The same code reads and writes them. */
#ifndef DOC_FRAME_H
#define DOC_FRAME_H

#include "base/wire.h"
#include "doc/doc.h"

enum { FRAME_BYTES_MAX = 8192 };

enum frame_kind { FRAME_INFO = 1, FRAME_CHUNK, FRAME_DONE, FRAME_FAILED };

struct frame {
    enum frame_kind kind;
    struct doc_chunk chunk; /* without its offset, which the receiver counts */
    struct doc_info info;   /* kind, notes, n_pages, title */
    int code;               /* of FRAME_FAILED */
    struct str sentence;
};

void frame_put(struct buf *out, const struct frame *f);

/* The first frame of `bytes`, whose slices stay there. OK with *ret_len 0: it is not complete yet. ERR_CORRUPT: what no child of ours
 * sends: sizes beyond their bounds, text that is not UTF-8, NUL or control characters, kinds and codes that do not exist. */
int frame_take(struct str bytes, struct frame *ret, size_t *ret_len);

#endif
