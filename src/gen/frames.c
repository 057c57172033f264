#include "gen/frames.h"

enum {
    PIECE_BYTES_MAX = 1 << 20,
    KEEP_BYTES = 1 << 20, /* a buffer that one huge frame has made larger is given back */
    DECODED_RATIO = 5,    /* decoded arrays are at most so many times as large as their encoded form */
};

void gen_frames_init(struct gen_frames *f)
{
    *f = (struct gen_frames){
        .in = buf_make((size_t)GEN_FRAME_BYTES_MAX + GEN_FRAME_HEAD + PIECE_BYTES_MAX),
        .arena = arena_make(DECODED_RATIO * (size_t)GEN_FRAME_BYTES_MAX),
    };
}

void gen_frames_deinit(struct gen_frames *f)
{
    buf_free(&f->in);
    arena_free(&f->arena);
}

int gen_frames_add(struct gen_frames *f, struct str bytes)
{
    buf_consume(&f->in, f->at);
    f->at = 0;
    if (!f->in.len && f->in.cap > KEEP_BYTES)
        buf_free(&f->in);
    return buf_put(&f->in, bytes);
}

int gen_frames_next(struct gen_frames *f, struct gen_frame *ret)
{
    arena_free(&f->arena);
    size_t used = 0;
    int r = gen_get_frame(str_skip(buf_str(&f->in), f->at), &f->arena, ret, &used);
    if (r == OK || r == ERR_NOMEM)
        f->at += used;
    return r;
}
