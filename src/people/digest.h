/* Secrets and what is kept of them.
 *
 * A secret is 32 random bytes as base64url; kept is HMAC-SHA-256 under a subkey of the store, with the secret's purpose before
 * it. So a stolen table is of no use without the store's key, a digest of one kind never is one of another, and comparing
 * digests by their bytes tells nothing about the secret. No slow hash is needed: 256 random bits cannot be guessed. */
#ifndef PEOPLE_DIGEST_H
#define PEOPLE_DIGEST_H

#include "base/err.h"
#include "base/str.h"

enum { DIGEST_BYTES = 32, SECRET_CHARS = 43 };

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

/* `prefix`, 43 characters of base64url, and a NUL; `cap` must hold them. ERR_IO when the kernel has no random bytes. */
int secret_make(const char *prefix, char *ret, size_t cap);
/* False when libcrypto fails (no memory): then nothing may be granted. */
bool digest_of(const uint8_t key[32], const char *purpose, struct str secret, struct digest *ret);
bool digest_same(const struct digest *a, const struct digest *b);
/* As base64url. */
void digest_text(const struct digest *d, char ret[SECRET_CHARS + 1]);

/* Digest → number: open addressing with linear probing, at most half full. Digests are uniform already and under a secret key,
 * so their first bytes are the hash. */
struct digest_slot;
struct digest_map {
    struct digest_slot *slots;
    size_t mask, count;
};
int digest_map_init(struct digest_map *m, size_t capacity);
void digest_map_deinit(struct digest_map *m);
/* ERR_LIMIT when `capacity` is reached; ERR_EXISTS. */
int digest_map_put(struct digest_map *m, const struct digest *d, uint32_t value);
bool digest_map_get(const struct digest_map *m, const struct digest *d, uint32_t *ret);
void digest_map_remove(struct digest_map *m, const struct digest *d);

#endif
