/* The first 4096 bytes of a database file, before SQLite's pages: in the clear, and nothing in it is secret.
 *
 *     master key (key file or passphrase) ── wraps ──► data key (pages of this file) and root (subkeys)
 *
 * It stands in the file and not beside it, so that a backup carries what is needed to open it, and so that a rotation, which
 * changes header and pages, is one rename. It never changes in place. Offsets:
 *
 *       0  magic "hearth store\0\0\0\0"
 *      16  version, source of the master key, log2 of scrypt's N (u32 little-endian each), 4 zeros
 *      32  salt of scrypt (zeros with a key file)
 *      48  identity: random, bound into every page
 *      64  check: tells a wrong key from damage
 *      80  nonce 12, data key and root 64, tag 16: AES-256-GCM under a key derived from the master key; the 80 bytes above are
 *          its additional data
 *     172  SHA-256 of all above: tells damage from a wrong key
 *     204  zeros */
#ifndef STORE_HEADER_H
#define STORE_HEADER_H

#include "store/cipher.h"

enum { HEADER_BYTES = 4096 };

enum key_source { KEY_FROM_FILE, KEY_FROM_PASSPHRASE };

/* What opens a database, in memory of secret_alloc. */
struct keys {
    uint8_t data[KEY_BYTES]; /* of the pages */
    uint8_t root[KEY_BYTES]; /* of subkeys; kept by a rotation */
    uint8_t identity[IDENTITY_BYTES];
    uint8_t header[HEADER_BYTES]; /* as it stands in the file */
};

struct header {
    enum key_source source;
    uint32_t log2n;
    uint8_t salt[SALT_BYTES];
    uint8_t bytes[HEADER_BYTES];
};

/* ERR_CORRUPT, ERR_UNSUPPORTED; `name` is what the sentence calls the file. */
int header_parse(const uint8_t bytes[HEADER_BYTES], const char *name, struct header *ret, struct err *e);
/* ERR_DENIED: the key is another one. */
int header_unwrap(const struct header *h, const uint8_t master[KEY_BYTES], struct keys *ret);
/* A new data key and identity; the root is `root`, or new when NULL. h says source, salt and N. */
int header_make(const struct header *h, const uint8_t master[KEY_BYTES], const uint8_t *root, struct keys *ret);

/* Reads and parses the header of a file. ERR_NOENT when there is no file. */
int header_read(const char *path, const char *name, struct header *ret, struct err *e);

#endif
