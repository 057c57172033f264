/* Keys from keys (HKDF) and keys from passphrases (scrypt). */
#ifndef STORE_KDF_H
#define STORE_KDF_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { KEY_BYTES = 32, SALT_BYTES = 16 };

/* HKDF-SHA-256 (RFC 5869) for one block of output. */
void kdf_derive(const uint8_t secret[KEY_BYTES], struct str salt, struct str info, uint8_t ret[KEY_BYTES]);

/* scrypt (RFC 7914) with N = 2^log2n, r = 8, p = 1: 128 · N · 8 bytes of memory, 128 MB and about 0.4 s at 17. */
enum { SCRYPT_LOG2N = 17, SCRYPT_LOG2N_MIN = 10, SCRYPT_LOG2N_MAX = 20 };
int kdf_passphrase(struct str passphrase, const uint8_t salt[SALT_BYTES], uint32_t log2n, uint8_t ret[KEY_BYTES], struct err *e);

#endif
