#include "store/blob.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/rng.h"
#include "store/secret.h"

enum { PLAIN_BYTES_MAX = 1 << 30 };

static bool start(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t *nonce, struct str context, int encrypts)
{
    int len;
    return ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypts) == 1 &&
           (!context.len || EVP_CipherUpdate(ctx, NULL, &len, (const uint8_t *)context.ptr, (int)context.len) == 1);
}

int blob_seal(const uint8_t key[BLOB_KEY_BYTES], struct str context, const void *plain, size_t n, uint8_t *out)
{
    int len;
    if (n > PLAIN_BYTES_MAX || context.len > PLAIN_BYTES_MAX)
        return ERR_LIMIT;
    if (rng_entropy(out, BLOB_NONCE_BYTES))
        return ERR_IO;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *to = out + BLOB_NONCE_BYTES;
    bool ok = start(ctx, key, out, context, 1) && (!n || EVP_CipherUpdate(ctx, to, &len, plain, (int)n) == 1) &&
              EVP_CipherFinal_ex(ctx, to + n, &len) == 1 && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, BLOB_TAG_BYTES, to + n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? OK : ERR_NOMEM;
}

int blob_open(const uint8_t key[BLOB_KEY_BYTES], struct str context, const uint8_t *sealed, size_t n_sealed, void *plain)
{
    int len;
    uint8_t tag[BLOB_TAG_BYTES];
    if (n_sealed < BLOB_EXTRA_BYTES || n_sealed > (size_t)PLAIN_BYTES_MAX + BLOB_EXTRA_BYTES || context.len > PLAIN_BYTES_MAX)
        return ERR_CORRUPT;
    size_t n = n_sealed - BLOB_EXTRA_BYTES;
    memcpy(tag, sealed + BLOB_NONCE_BYTES + n, sizeof tag);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        return ERR_NOMEM;
    bool ok = start(ctx, key, sealed, context, 0) && (!n || EVP_CipherUpdate(ctx, plain, &len, sealed + BLOB_NONCE_BYTES, (int)n) == 1) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, BLOB_TAG_BYTES, tag) == 1 &&
              EVP_CipherFinal_ex(ctx, (uint8_t *)plain + n, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok && n)
        memset(plain, 0, n); /* what did not authenticate is nobody's to read */
    return ok ? OK : ERR_CORRUPT;
}

int blob_name(const uint8_t key[BLOB_KEY_BYTES], struct str a, struct str b, uint8_t ret[BLOB_NAME_BYTES])
{
    uint8_t joined[512];
    unsigned len = BLOB_NAME_BYTES;
    if (a.len > sizeof joined || b.len > sizeof joined - a.len)
        return ERR_LIMIT;
    if (a.len)
        memcpy(joined, a.ptr, a.len);
    if (b.len)
        memcpy(joined + a.len, b.ptr, b.len);
    bool ok = HMAC(EVP_sha256(), key, BLOB_KEY_BYTES, joined, a.len + b.len, ret, &len) && len == BLOB_NAME_BYTES;
    secret_wipe(joined, a.len + b.len);
    return ok ? OK : ERR_NOMEM;
}
