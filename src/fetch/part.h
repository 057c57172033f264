/* A file that is not complete yet, and what is known of it.
 *
 *   NAME.part        the bytes, at their places; space for all of them is taken at the beginning
 *   NAME.part.state  what they are of and which pieces are there, as text lines that end with a digest of themselves
 *
 * Invariants
 *   1. A piece that the state calls done is on the disk: the bytes are synced before the state is written, and the state is replaced
 *      in one step. So after kill -9 or a power failure at most the pieces of the last seconds are fetched again.
 *   2. A process that has the part open holds a lock on it. The lock goes with the process.
 *   3. Nothing but part_finish makes NAME, in one step, and never over a file that is there.
 *
 * A state that is malformed, or of something else, counts as none. */
#ifndef FETCH_PART_H
#define FETCH_PART_H

#include "base/buf.h"
#include "base/err.h"

enum { PART_PIECE = 1 << 20, PART_VALIDATOR_MAX = 256, PART_STATE_MAX = 2 << 20 };
#define PART_BYTES_MAX (UINT64_C(1) << 40)

enum piece { PIECE_FREE, PIECE_TAKEN, PIECE_DONE };

/* What the bytes are of. */
struct part_source {
    struct str url;
    struct str sha256;    /* 64 digits, or empty */
    struct str validator; /* ETag or Last-Modified, or empty */
    uint64_t size;
};

struct part {
    char *path, *part_path, *state_path; /* owned */
    int fd;
    uint64_t size;
    uint8_t *pieces; /* [n_pieces] of enum piece */
    size_t n_pieces;
};

/* Makes and locks the part beside `path`. ERR_EXISTS when another process has it; ERR_DENIED, ERR_IO … with a sentence. */
int part_open(const char *path, struct part *ret, struct err *e);
/* Closes; the files stay. Copes with a zeroed one. */
void part_close(struct part *p);
/* Removes both files. */
void part_discard(struct part *p);

/* Begins: from the state when it is of this source (with a digest the address and the validator may have changed), else from nothing.
 * ERR_LIMIT when there is not room for it, with a sentence. */
int part_begin(struct part *p, const struct part_source *s, struct err *e);
/* For a server without ranges: nothing is kept. *ret_limit is how many bytes may come. */
int part_begin_whole(struct part *p, uint64_t size, uint64_t *ret_limit, struct err *e);

uint64_t part_piece_bytes(const struct part *p, size_t piece);
uint64_t part_done_bytes(const struct part *p);
/* All of it, at its place. ERR_LIMIT when the disk is full, ERR_IO. */
int part_write(struct part *p, uint64_t at, struct str bytes, struct err *e);
/* Syncs the bytes and writes the state: `done` is a copy of the pieces. */
int part_save(struct part *p, const struct part_source *s, const uint8_t *done, struct err *e);
/* `size` bytes are right and complete: they become NAME. ERR_EXISTS when somebody has made NAME meanwhile. */
int part_finish(struct part *p, uint64_t size, struct err *e);

/* The text of a state, and back; exported for tests. False: malformed, or of something else than s. */
void part_state_write(const struct part_source *s, const uint8_t *pieces, size_t n_pieces, struct buf *out);
bool part_state_read(struct str text, const struct part_source *s, uint8_t *pieces, size_t n_pieces);
/* What a state is of, and how many bytes are there; the source's strings point into the text. False: malformed. */
bool part_state_describe(struct str text, struct part_source *ret, uint64_t *ret_done);

#endif
