#include "kb/block.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/wire.h"

/* ---- writing */

struct packer {
    ZSTD_CCtx *ctx;
    const struct dictionary *dictionary;
    struct buf plain;
    char packed[ZSTD_COMPRESSBOUND(BLOCK_PLAIN_MAX)];
};

int packer_create(const struct dictionary *d, struct packer **ret, struct err *e)
{
    struct packer *p = calloc(1, sizeof *p);
    if (!p || !(p->ctx = ZSTD_createCCtx())) {
        free(p);
        return row_no_memory(e);
    }
    p->plain = buf_make(BLOCK_PLAIN_MAX);
    p->dictionary = d;
    /* The row knows all that a frame's header would say. */
    ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, d ? BLOCK_LEVEL : BLOCK_LEVEL_FIRST);
    ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_dictIDFlag, 0);
    if (d)
        ZSTD_CCtx_refCDict(p->ctx, dictionary_for_packing(d));
    *ret = p;
    return OK;
}

void packer_free(struct packer *p)
{
    if (!p)
        return;
    ZSTD_freeCCtx(p->ctx);
    buf_free(&p->plain);
    free(p);
}

static void put_number(struct buf *b, uint64_t v)
{
    for (; v >= 128; v >>= 7)
        buf_putc(b, (char)(v | 128));
    buf_putc(b, (char)v);
}

int pack(struct packer *p, const struct kb_chunk *chunks, size_t n, struct str *ret, struct err *e)
{
    struct buf *b = &p->plain;
    buf_clear(b);
    buf_putc(b, (char)n);
    for (size_t i = 0; i < n; i++) {
        const struct kb_chunk *c = &chunks[i];
        put_number(b, c->text.len);
        put_number(b, c->line);
        put_number(b, c->page);
        if (i && str_eq(c->heading, chunks[i - 1].heading)) {
            put_number(b, 0);
            continue;
        }
        put_number(b, 1 + c->heading.len);
        buf_put(b, c->heading);
    }
    for (size_t i = 0; i < n; i++)
        buf_put(b, chunks[i].text);
    if (b->failed)
        return err_set(e, b->failed, "a block of texts: %s", err_text(b->failed));
    size_t len = ZSTD_compress2(p->ctx, p->packed, sizeof p->packed, b->ptr, b->len);
    if (ZSTD_isError(len))
        return err_set(e, ERR_INTERNAL, "a block of texts: %s", ZSTD_getErrorName(len));
    *ret = str_from(p->packed, len);
    return OK;
}

/* ---- reading */

enum { HELD = 4 }; /* dictionaries: a collection has rarely more than two at a time */

struct unpacker {
    struct kb *kb;
    ZSTD_DCtx *ctx;
    const struct dictionary *held[HELD];
    size_t next; /* of `held`, to be replaced */
    uint8_t plain[BLOCK_PLAIN_MAX];
};

int unpacker_create(struct kb *kb, struct unpacker **ret, struct err *e)
{
    struct unpacker *u = calloc(1, sizeof *u);
    if (!u || !(u->ctx = ZSTD_createDCtx())) {
        free(u);
        return row_no_memory(e);
    }
    u->kb = kb;
    *ret = u;
    return OK;
}

void unpacker_free(struct unpacker *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < HELD; i++)
        dictionary_release(u->kb, u->held[i]);
    ZSTD_freeDCtx(u->ctx);
    free(u);
}

static int hold(struct unpacker *u, struct store_db *db, int64_t n, const struct dictionary **ret, struct err *e)
{
    for (size_t i = 0; i < HELD; i++)
        if (u->held[i] && dictionary_number(u->held[i]) == n) {
            *ret = u->held[i];
            return OK;
        }
    int rc = dictionary_hold(u->kb, db, n, ret, e);
    if (rc)
        return rc;
    dictionary_release(u->kb, u->held[u->next]);
    u->held[u->next] = *ret;
    u->next = (u->next + 1) % HELD;
    return OK;
}

static uint64_t read_number(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = read_u8(r);
        v |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return v;
    }
    r->bad = true;
    return 0;
}

static bool read_plain(struct reader r, struct block *b)
{
    struct str heading = {0};
    uint64_t at = b->at;
    b->count = read_u8(&r);
    if (!b->count || b->count > BLOCK_CHUNKS_MAX)
        return false;
    for (size_t i = 0; i < b->count; i++) {
        struct kb_chunk *c = &b->chunks[i];
        *c = (struct kb_chunk){.id = b->n << CHUNK_BITS | (int64_t)i};
        c->text.len = (size_t)read_number(&r);
        c->line = (uint32_t)read_number(&r);
        c->page = (uint32_t)read_number(&r);
        uint64_t own = read_number(&r);
        if (own) {
            const char *p = reader_take(&r, (size_t)own - 1);
            heading = str_from(p, p ? (size_t)own - 1 : 0);
        }
        c->heading = heading;
    }
    for (size_t i = 0; i < b->count; i++) {
        b->chunks[i].text.ptr = reader_take(&r, b->chunks[i].text.len);
        b->chunks[i].offset = at;
        at += b->chunks[i].text.len;
    }
    return !r.bad && !reader_left(&r);
}

int unpack_row(struct unpacker *u, struct store_db *db, struct store_stmt *st, struct block *ret, struct err *e)
{
    const struct dictionary *d = NULL;
    ret->n = db_int(st, 0);
    ret->document = db_int(st, 1);
    ret->at = (uint64_t)db_int(st, 2);
    ret->dictionary = db_int(st, 3);
    int rc = ret->dictionary ? hold(u, db, ret->dictionary, &d, e) : OK;
    if (rc)
        return rc;
    struct str data = db_str(st, 4);
    size_t len = d ? ZSTD_decompress_usingDDict(u->ctx, u->plain, sizeof u->plain, data.ptr, data.len, dictionary_for_unpacking(d))
                   : ZSTD_decompressDCtx(u->ctx, u->plain, sizeof u->plain, data.ptr, data.len);
    if (ZSTD_isError(len) || !read_plain(reader_of(u->plain, len), ret))
        return err_set(e, ERR_CORRUPT, "The text of a document cannot be read: block %lld. Add the document again", (long long)ret->n);
    return OK;
}

int unpack_block(struct unpacker *u, struct store_db *db, int64_t block, struct block *ret, struct err *e)
{
    struct store_stmt *st = db_prepare(db, "SELECT " BLOCK_COLUMNS " FROM kb_blocks WHERE n = ?1");
    db_bind_int(st, 1, block);
    int rc = kb_row_must(db, st, "block", e);
    return rc ? rc : unpack_row(u, db, st, ret, e);
}
