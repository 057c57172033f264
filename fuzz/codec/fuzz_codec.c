/* Any bytes as a stream of frames. What decodes must encode to the same bytes again: each message has one form. */
#include <stdlib.h>

#include "gen/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_make(16 << 20);
    struct buf again = buf_make(GEN_FRAME_BYTES_MAX + GEN_FRAME_HEAD);
    struct str rest = str_from(data, size);
    struct gen_frame f;
    size_t used = 0;
    int r = OK;
    while (rest.len && (r = gen_get_frame(rest, &a, &f, &used)) == OK) {
        buf_clear(&again);
        if (gen_put_frame(&again, &f) != OK || !str_eq(buf_str(&again), str_head(rest, used)))
            abort();
        rest = str_skip(rest, used);
        arena_free(&a);
    }
    if (rest.len && r == ERR_AGAIN && used <= rest.len)
        abort(); /* asks for bytes that are there */
    arena_free(&a);
    buf_free(&again);
    return 0;
}
