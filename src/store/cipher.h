/* Sealing of blocks: AES-256-GCM with a nonce of 128 bits.
 *
 * A sealed block has a trailer of 32 bytes:
 *
 *     session (12, random) │ counter (4) │ tag (16)
 *
 * Each handle that writes draws a session at random, and encrypts under a key of its own that is derived from the data key and the
 * session; the counter is the nonce under that key. Why not 96 random bits under one key: GCM loses everything when a nonce
 * repeats, and NIST bounds random nonces at 2^32 for a chance of 2^-33. At a thousand pages a second that is seven weeks. Why not a
 * counter on the disk: a folder that is copied or put back from a snapshot would count the same numbers again. With derived
 * keys, 2^32 sessions (an opening every second for a hundred years) of 2^32 pages each (16 TB; then a new session is drawn)
 * leave a chance of 2^-33 that two sessions are the same, nothing has to be counted on the disk, and copies do no harm.
 *
 * The session's key is AES(data key, 1 ‖ label ‖ session) ‖ AES(data key, 2 ‖ label ‖ session), the construction of NIST SP 800-108 with
 * AES as the function, as XAES-256-GCM does it; the data key is used for nothing else. Deriving costs two blocks of AES and a key schedule,
 * about half a microsecond beside the 1.5 of a page, and the last 8 sessions are kept.
 *
 * What a block is and where it belongs goes into the additional data (struct place), so that a block is of no use elsewhere. */
#ifndef STORE_CIPHER_H
#define STORE_CIPHER_H

#include <stdbool.h>

#include "store/kdf.h"

enum { IDENTITY_BYTES = 16, SESSION_BYTES = 12, TRAILER_BYTES = 32 };
enum { CIPHER_SESSIONS = 8 };

enum place_kind { PLACE_PAGE = 1, PLACE_WAL_HEAD, PLACE_FRAME_HEAD, PLACE_FRAME, PLACE_JOURNAL };

struct place {
    enum place_kind kind;
    uint64_t number; /* page, frame or block */
    uint32_t page;   /* PLACE_FRAME: the page that the frame holds */
    uint8_t salt[8]; /* PLACE_FRAME: the generation of the WAL */
};

struct evp_cipher_ctx_st;
struct cipher_session {
    uint8_t id[SESSION_BYTES];
    struct evp_cipher_ctx_st *ctx;
    uint64_t used; /* turn of its last use; 0: never */
};
struct cipher {
    uint8_t identity[IDENTITY_BYTES];
    const uint8_t *key; /* the data key; the owner keeps it */
    struct evp_cipher_ctx_st *derive, *seal;
    uint8_t session[SESSION_BYTES];
    uint64_t counter; /* blocks sealed in this session */
    uint64_t turn;
    struct cipher_session opened[CIPHER_SESSIONS];
};

/* For one thread at a time. Allocates nothing before it is used. */
void cipher_init(struct cipher *c, const uint8_t identity[IDENTITY_BYTES], const uint8_t *data_key);
void cipher_deinit(struct cipher *c);

/* out and plain may be the same. ERR_NOMEM, ERR_IO (no random numbers). */
int cipher_seal(struct cipher *c, const struct place *at, const uint8_t *plain, size_t n, uint8_t *out, uint8_t trailer[TRAILER_BYTES]);
/* In place. ERR_CORRUPT: the block was changed, or is another one's, or under another key; then data is garbage. ERR_NOMEM. */
int cipher_open(struct cipher *c, const struct place *at, uint8_t *data, size_t n, const uint8_t trailer[TRAILER_BYTES]);

#endif
