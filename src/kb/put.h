/* Between put.c, which gathers and packs, and write.c, which writes. */
#ifndef KB_PUT_H
#define KB_PUT_H

#include "kb/block.h"

/* A block that waits for its transaction; memory of the put's batch. */
struct packed_block {
    struct packed_block *next;
    struct str data;
    uint64_t at, bytes;
    size_t n;
    struct str terms[BLOCK_CHUNKS_MAX];
    uint16_t has;              /* chunks with a vector, as in a row of kb_codes */
    struct str codes, vectors; /* that row; those of kb_vectors, one after the other */
};

struct kb_put {
    struct kb *kb;
    struct arena arena; /* of what lives as long as the put */
    struct kb_new d;
    int64_t who, collection;
    int64_t document; /* 0: it has no row yet */
    char id[KB_ID_LEN + 1];
    const struct dictionary *dictionary;
    struct packer *packer;
    struct terms *terms;
    struct str title_terms;
    int64_t text_bytes, chunks, vectors;
    uint32_t dims; /* 0: no vectors are taken */

    /* the block that is being filled */
    struct kb_chunk open[BLOCK_CHUNKS_MAX];
    size_t n_open, open_bytes;
    uint16_t open_has; /* and its vectors: [BLOCK_CHUNKS_MAX][dims], [BLOCK_CHUNKS_MAX][dims / 64] */
    int8_t *open_vectors;
    uint64_t *open_codes;
    struct buf open_texts; /* its texts and headings, at fixed places: never grows beyond what it was made with */

    /* what waits for its transaction */
    struct arena batch;
    struct packed_block *first, **last;
    size_t batch_bytes; /* of texts */
};

/* Writes what waits, in state `adding`. */
int put_write(struct kb_put *p, struct err *e);
/* The same, and the document is there, in the place of its predecessor. */
int put_finish(struct kb_put *p, struct err *e);
/* Gives up a document that has a row. */
int put_abandon(struct kb_put *p, struct err *e);

#endif
