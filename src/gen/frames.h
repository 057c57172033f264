/* Frames out of a stream that comes in pieces of any size: bytes go in, whole frames come out. */
#ifndef GEN_FRAMES_H
#define GEN_FRAMES_H

#include "gen/codec.h"

struct gen_frames {
    struct buf in; /* at most one frame that is not complete, and what came with its end */
    size_t at;     /* bytes of it that have been taken */
    struct arena arena;
};

void gen_frames_init(struct gen_frames *f);
void gen_frames_deinit(struct gen_frames *f);
/* Copies the bytes. ERR_NOMEM, or ERR_LIMIT when frames are not taken out; the stream is then lost. */
int gen_frames_add(struct gen_frames *f, struct str bytes);
/* The next whole frame; valid until the next call of either function. ERR_AGAIN: more bytes are needed. ERR_CORRUPT: close
 * the stream. ERR_NOMEM: the frame is skipped, and of ret only the type and the id are valid, so that it can be refused. */
int gen_frames_next(struct gen_frames *f, struct gen_frame *ret);

#endif
