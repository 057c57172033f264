#include "store/packed.h"

#include <stdlib.h>
#include <zstd.h>

#include "store/secret.h"

enum { PACKED_BYTES_MAX = 1 << 30 };

size_t packed_bound(size_t n)
{
    return ZSTD_compressBound(n) + BLOB_EXTRA_BYTES;
}

int packed_seal(const uint8_t key[BLOB_KEY_BYTES], struct str context, struct str plain, int level, struct buf *out)
{
    if (plain.len > PACKED_BYTES_MAX)
        return ERR_LIMIT;
    size_t bound = ZSTD_compressBound(plain.len);
    char *small = malloc(bound);
    if (!small)
        return ERR_NOMEM;
    size_t n = ZSTD_compress(small, bound, plain.ptr, plain.len, level);
    int r = ZSTD_isError(n) ? ERR_NOMEM : buf_reserve(out, n + BLOB_EXTRA_BYTES);
    if (!r)
        r = blob_seal(key, context, small, n, (uint8_t *)out->ptr + out->len);
    if (!r)
        out->len += n + BLOB_EXTRA_BYTES;
    secret_wipe(small, bound);
    free(small);
    return r;
}

/* What authenticates was made by packed_seal, so a size that lies means a fault of ours; it is bounded all the same. */
static int unpack(const char *small, size_t n, struct buf *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(small, n);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return ERR_CORRUPT;
    if (out->failed || size > out->max - out->len)
        return ERR_LIMIT;
    int r = buf_reserve(out, size);
    if (r) {
        out->failed = OK;
        return r;
    }
    size_t got = ZSTD_decompress(out->ptr + out->len, size, small, n);
    if (ZSTD_isError(got) || got != size)
        return ERR_CORRUPT;
    out->len += got;
    return OK;
}

int packed_open(const uint8_t key[BLOB_KEY_BYTES], struct str context, struct str sealed, struct buf *out)
{
    if (sealed.len < BLOB_EXTRA_BYTES)
        return ERR_CORRUPT;
    size_t n = sealed.len - BLOB_EXTRA_BYTES;
    char *small = malloc(n + 1);
    if (!small)
        return ERR_NOMEM;
    int r = blob_open(key, context, (const uint8_t *)sealed.ptr, sealed.len, small);
    if (!r)
        r = unpack(small, n, out);
    secret_wipe(small, n);
    free(small);
    return r;
}
