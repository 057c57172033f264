/* Seals and subkeys, both from the root, which a rotation of the master key leaves as it is.
 *
 *     version 1 │ nonce 12, random │ cipher text │ tag 16
 *
 * A random nonce of 96 bits under one key a purpose is good for 2^32 seals. */
#include <openssl/evp.h>
#include <stdio.h>

#include "base/rng.h"
#include "store/internal.h"
#include "store/secret.h"

enum { VERSION = 1, NONCE_BYTES = 12, TAG_BYTES = 16, HEAD_BYTES = 1 + NONCE_BYTES };
_Static_assert(HEAD_BYTES + TAG_BYTES == STORE_SEAL_BYTES, "as the header says");

static void key_for(const struct store *s, const char *use, const char *purpose, uint8_t ret[KEY_BYTES])
{
    char info[200];
    snprintf(info, sizeof info, "hearth %s: %s", use, purpose);
    kdf_derive(s->keys->root, (struct str){NULL, 0}, str_of(info), ret);
}

void store_subkey(const struct store *s, const char *purpose, uint8_t ret_key[32])
{
    key_for(s, "subkey", purpose, ret_key);
}

static bool cipher(const uint8_t key[KEY_BYTES], const uint8_t *nonce, struct str context, const uint8_t *in, size_t n, uint8_t *out,
                   uint8_t *tag, int encrypts)
{
    int len = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypts) == 1;
    ok = ok && (!context.len || EVP_CipherUpdate(ctx, NULL, &len, (const uint8_t *)context.ptr, (int)context.len) == 1);
    ok = ok && (!n || EVP_CipherUpdate(ctx, out, &len, in, (int)n) == 1);
    ok = ok && (encrypts || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1);
    ok = ok && EVP_CipherFinal_ex(ctx, out + n, &len) == 1;
    ok = ok && (!encrypts || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

int store_seal(const struct store *s, const char *purpose, struct str context, struct str plain, struct buf *out)
{
    uint8_t key[KEY_BYTES], *to;
    if (plain.len > INT32_MAX - STORE_SEAL_BYTES || context.len > INT32_MAX)
        return ERR_LIMIT;
    int r = buf_reserve(out, plain.len + STORE_SEAL_BYTES);
    if (r)
        return r;
    to = (uint8_t *)out->ptr + out->len;
    to[0] = VERSION;
    if (rng_entropy(to + 1, NONCE_BYTES))
        return ERR_IO;
    key_for(s, "seal", purpose, key);
    bool ok = cipher(key, to + 1, context, (const uint8_t *)plain.ptr, plain.len, to + HEAD_BYTES, to + HEAD_BYTES + plain.len, 1);
    secret_wipe(key, sizeof key);
    if (!ok)
        return ERR_NOMEM;
    out->len += plain.len + STORE_SEAL_BYTES;
    return OK;
}

int store_unseal(const struct store *s, const char *purpose, struct str context, struct str sealed, struct buf *out)
{
    uint8_t key[KEY_BYTES], tag[TAG_BYTES];
    const uint8_t *from = (const uint8_t *)sealed.ptr;
    if (sealed.len < STORE_SEAL_BYTES || from[0] != VERSION)
        return ERR_CORRUPT;
    if (sealed.len > INT32_MAX || context.len > INT32_MAX)
        return ERR_LIMIT;
    size_t n = sealed.len - STORE_SEAL_BYTES;
    int r = buf_reserve(out, n + 1);
    if (r)
        return r;
    memcpy(tag, from + HEAD_BYTES + n, TAG_BYTES);
    key_for(s, "seal", purpose, key);
    bool ok = cipher(key, from + 1, context, from + HEAD_BYTES, n, (uint8_t *)out->ptr + out->len, tag, 0);
    secret_wipe(key, sizeof key);
    if (ok)
        out->len += n;
    else
        secret_wipe(out->ptr + out->len, n); /* what did not authenticate is nobody's to read */
    return ok ? OK : ERR_CORRUPT;
}
