#include "store/kdf.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "store/secret.h"

static void hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t ret[KEY_BYTES])
{
    unsigned int n = KEY_BYTES;
    /* SHA-256 is always there and the sizes are right: what can fail is memory, and no key may be made of nothing then. */
    if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, ret, &n) || n != KEY_BYTES)
        __builtin_trap();
}

void kdf_derive(const uint8_t secret[KEY_BYTES], struct str salt, struct str info, uint8_t ret[KEY_BYTES])
{
    uint8_t extracted[KEY_BYTES], block[256 + 1];
    static const uint8_t no_salt[KEY_BYTES];
    size_t n = info.len < sizeof block - 1 ? info.len : sizeof block - 1;
    if (salt.len)
        hmac(salt.ptr, salt.len, secret, KEY_BYTES, extracted);
    else
        hmac(no_salt, sizeof no_salt, secret, KEY_BYTES, extracted);
    if (n)
        memcpy(block, info.ptr, n);
    block[n] = 1;
    hmac(extracted, sizeof extracted, block, n + 1, ret);
    secret_wipe(extracted, sizeof extracted);
}

int kdf_passphrase(struct str passphrase, const uint8_t salt[SALT_BYTES], uint32_t log2n, uint8_t ret[KEY_BYTES], struct err *e)
{
    enum { R = 8, P = 1 };
    if (log2n < SCRYPT_LOG2N_MIN || log2n > SCRYPT_LOG2N_MAX)
        return err_set(e, ERR_UNSUPPORTED, "the passphrase asks for scrypt with N = 2^%u, which is outside of what is accepted", log2n);
    uint64_t n = UINT64_C(1) << log2n, most = 128 * R * n + (1 << 20);
    if (EVP_PBE_scrypt(passphrase.ptr, passphrase.len, salt, SALT_BYTES, n, R, P, most, ret, KEY_BYTES) != 1)
        return err_set(e, ERR_NOMEM, "the key of the passphrase needs %llu MB of memory, which are not free",
                       (unsigned long long)(most >> 20));
    return OK;
}
