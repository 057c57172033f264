/* Blocks: some neighbouring chunks of one document, compressed together.
 *
 *   packed   u8 number of chunks, then for each: length of the text, line, page, and 0 for the heading of the chunk before or 1 + length
 *            and its bytes (numbers as LEB128); then all texts
 *
 * A block is closed when another chunk would make its texts more than BLOCK_BYTES: large enough that the compressor finds what repeats,
 * small enough that reading one chunk means some 10 µs. */
#ifndef KB_BLOCK_H
#define KB_BLOCK_H

#include "kb/dictionary.h"
#include "kb/internal.h"

enum {
    BLOCK_BYTES = 6144,
    /* A chunk may be larger than that, and then is alone. */
    BLOCK_PLAIN_MAX = KB_CHUNK_BYTES_MAX + BLOCK_CHUNKS_MAX * (KB_HEADING_BYTES_MAX + 20) + 1,
    BLOCK_LEVEL = 12, /* 5 MB/s and 4.5 times smaller, where 19 has 0.5 MB/s and 4.8 */
    /* Without a dictionary: what a small collection has, or what will soon be compressed anew. */
    BLOCK_LEVEL_FIRST = 6,
};

struct block {
    int64_t n, document, dictionary;
    uint64_t at; /* of its first byte in the document's text */
    struct kb_chunk chunks[BLOCK_CHUNKS_MAX];
    size_t count;
};

/* ---- writing */

/* Whether `chunk` still goes into a block of n chunks with `bytes` of texts. */
static inline bool block_takes(size_t n, size_t bytes, const struct kb_chunk *chunk)
{
    return !n || (n < BLOCK_CHUNKS_MAX && bytes + chunk->text.len <= BLOCK_BYTES);
}

struct packer;
/* Compresses under a dictionary that stays valid until then, or under none (NULL). */
int packer_create(const struct dictionary *d, struct packer **ret, struct err *e);
void packer_free(struct packer *p); /* NULL is fine */
/* The slice is the packer's, until its next use. */
int pack(struct packer *p, const struct kb_chunk *chunks, size_t n, struct str *ret, struct err *e);

/* ---- reading */

#define BLOCK_COLUMNS "n, document, at, dictionary, data"
struct unpacker;
int unpacker_create(struct kb *kb, struct unpacker **ret, struct err *e);
void unpacker_free(struct unpacker *u); /* NULL is fine */
/* A row of BLOCK_COLUMNS. Texts and headings are the unpacker's, until its next use. The statement stays where it is. ERR_CORRUPT. */
int unpack_row(struct unpacker *u, struct store_db *db, struct store_stmt *st, struct block *ret, struct err *e);
/* By number; ERR_NOENT. */
int unpack_block(struct unpacker *u, struct store_db *db, int64_t block, struct block *ret, struct err *e);

#endif
