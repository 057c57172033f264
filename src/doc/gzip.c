#include "doc/gzip.h"

#include <zlib.h>

enum { STEP_BYTES = 256 << 10, GZIP_WINDOW = 15 + 16 };

static int inflate_all(z_stream *z, struct buf *out, struct err *e)
{
    while (z->avail_in) {
        if (buf_reserve(out, STEP_BYTES))
            return err_set(e, out->failed, out->failed == ERR_LIMIT ? "unpacks to more than %zu MB" : "needs more memory than there is",
                           out->max >> 20);
        z->next_out = (Bytef *)out->ptr + out->len;
        z->avail_out = STEP_BYTES;
        int r = inflate(z, Z_NO_FLUSH);
        out->len += STEP_BYTES - z->avail_out;
        if (r == Z_STREAM_END) { /* bytes that follow are another member, or padding */
            if (z->avail_in < 2 || z->next_in[0] != 0x1f || z->next_in[1] != 0x8b || inflateReset(z) != Z_OK)
                return OK;
        } else if (r == Z_MEM_ERROR) {
            return err_set(e, ERR_NOMEM, "needs more memory than there is");
        } else if (r != Z_OK && r != Z_BUF_ERROR) {
            return err_set(e, ERR_CORRUPT, "is a damaged gzip file");
        } else if (z->avail_out && z->avail_in == 0) {
            break;
        }
    }
    return err_set(e, ERR_CORRUPT, "is a gzip file that ends too early");
}

int gzip_unpack(struct str packed, struct buf *out, struct err *e)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len};
    if (packed.len > UINT32_MAX / 2)
        return err_set(e, ERR_LIMIT, "is too large");
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return err_set(e, ERR_NOMEM, "needs more memory than there is");
    int r = inflate_all(&z, out, e);
    inflateEnd(&z);
    return r;
}
