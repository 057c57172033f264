/* Sealing of bulk data that lies beside the database, in files of its own, under a subkey (store_subkey): AES-256-GCM with a
 * random nonce of 96 bits, good for 2^32 blobs a key. Any thread. */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
    BLOB_KEY_BYTES = 32,
    BLOB_NONCE_BYTES = 12,
    BLOB_TAG_BYTES = 16,
    BLOB_EXTRA_BYTES = BLOB_NONCE_BYTES + BLOB_TAG_BYTES,
    BLOB_NAME_BYTES = 32
};

/* out[n + BLOB_EXTRA_BYTES] = nonce, cipher text, tag; `context` must be the same when it is opened. n is at most 1 GB. */
int blob_seal(const uint8_t key[BLOB_KEY_BYTES], struct str context, const void *plain, size_t n, uint8_t *out);
/* plain[n_sealed - BLOB_EXTRA_BYTES]; ERR_CORRUPT: changed, of another key or context, or too short; plain is then zeros. */
int blob_open(const uint8_t key[BLOB_KEY_BYTES], struct str context, const uint8_t *sealed, size_t n_sealed, void *plain);
/* HMAC-SHA-256 of a then b: a name that tells nothing without the key. ERR_LIMIT: they are longer than 512 bytes together. */
int blob_name(const uint8_t key[BLOB_KEY_BYTES], struct str a, struct str b, uint8_t ret[BLOB_NAME_BYTES]);

#endif
