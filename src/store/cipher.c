#include "store/cipher.h"

#include <openssl/evp.h>

#include "base/rng.h"
#include "store/secret.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16, COUNTER_AT = SESSION_BYTES, TAG_AT = 16, AAD_BYTES = IDENTITY_BYTES + 4 + 8 + 4 + 8 };

void cipher_init(struct cipher *c, const uint8_t identity[IDENTITY_BYTES], const uint8_t *data_key)
{
    *c = (struct cipher){.key = data_key, .counter = UINT64_MAX};
    memcpy(c->identity, identity, IDENTITY_BYTES);
}

void cipher_deinit(struct cipher *c)
{
    EVP_CIPHER_CTX_free(c->derive);
    EVP_CIPHER_CTX_free(c->seal);
    for (size_t i = 0; i < CIPHER_SESSIONS; i++)
        EVP_CIPHER_CTX_free(c->opened[i].ctx);
    *c = (struct cipher){0};
}

static void put_be(uint8_t *p, uint64_t v, int n)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

static void additional_data(const struct cipher *c, const struct place *at, uint8_t aad[AAD_BYTES])
{
    memcpy(aad, c->identity, IDENTITY_BYTES);
    put_be(aad + 16, at->kind, 4);
    put_be(aad + 20, at->number, 8);
    put_be(aad + 28, at->page, 4);
    memcpy(aad + 32, at->salt, 8);
}

static bool derive(struct cipher *c, const uint8_t session[SESSION_BYTES], uint8_t key[KEY_BYTES])
{
    int n = 0;
    if (!c->derive) {
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        if (!ctx || EVP_EncryptInit_ex(ctx, EVP_aes_256_ecb(), NULL, c->key, NULL) != 1) {
            EVP_CIPHER_CTX_free(ctx);
            return false;
        }
        c->derive = ctx;
    }
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t block[16] = {(uint8_t)(i + 1), 'H', 'S', 'T'};
        memcpy(block + 4, session, SESSION_BYTES);
        if (EVP_EncryptUpdate(c->derive, key + (ptrdiff_t)16 * i, &n, block, sizeof block) != 1)
            return false;
    }
    return true;
}

/* Gives *ctx the key of a session. */
static bool rekey(struct cipher *c, EVP_CIPHER_CTX **ctx, const uint8_t session[SESSION_BYTES], int encrypts)
{
    uint8_t key[KEY_BYTES];
    const EVP_CIPHER *first = NULL;
    if (!*ctx) {
        *ctx = EVP_CIPHER_CTX_new();
        first = EVP_aes_256_gcm(); /* looked up once: later only the key changes */
    }
    bool ok = *ctx && derive(c, session, key) && EVP_CipherInit_ex(*ctx, first, NULL, key, NULL, encrypts) == 1;
    secret_wipe(key, sizeof key);
    if (!ok) {
        EVP_CIPHER_CTX_free(*ctx);
        *ctx = NULL;
    }
    return ok;
}

static int next_nonce(struct cipher *c)
{
    if (c->counter < UINT32_MAX) {
        c->counter++;
        return OK;
    }
    if (rng_entropy(c->session, sizeof c->session))
        return ERR_IO;
    if (!rekey(c, &c->seal, c->session, 1)) {
        c->counter = UINT64_MAX;
        return ERR_NOMEM;
    }
    c->counter = 0;
    return OK;
}

int cipher_seal(struct cipher *c, const struct place *at, const uint8_t *plain, size_t n, uint8_t *out, uint8_t trailer[TRAILER_BYTES])
{
    uint8_t nonce[NONCE_BYTES] = {0}, aad[AAD_BYTES];
    int len = 0, r = next_nonce(c);
    if (r)
        return r;
    put_be(nonce + 8, c->counter, 4);
    additional_data(c, at, aad);
    if (EVP_EncryptInit_ex(c->seal, NULL, NULL, NULL, nonce) != 1 || EVP_EncryptUpdate(c->seal, NULL, &len, aad, AAD_BYTES) != 1 ||
        EVP_EncryptUpdate(c->seal, out, &len, plain, (int)n) != 1 || EVP_EncryptFinal_ex(c->seal, out + n, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(c->seal, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, trailer + TAG_AT) != 1)
        return ERR_NOMEM;
    memcpy(trailer, c->session, SESSION_BYTES);
    memcpy(trailer + COUNTER_AT, nonce + 8, 4);
    return OK;
}

/* The context of a session, from those kept or in the place of the one used longest ago. */
static EVP_CIPHER_CTX *session_of(struct cipher *c, const uint8_t id[SESSION_BYTES])
{
    struct cipher_session *oldest = &c->opened[0];
    c->turn++;
    for (size_t i = 0; i < CIPHER_SESSIONS; i++) {
        struct cipher_session *s = &c->opened[i];
        if (s->used && !memcmp(s->id, id, SESSION_BYTES)) {
            s->used = c->turn;
            return s->ctx;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    oldest->used = 0;
    if (!rekey(c, &oldest->ctx, id, 0))
        return NULL;
    memcpy(oldest->id, id, SESSION_BYTES);
    oldest->used = c->turn;
    return oldest->ctx;
}

int cipher_open(struct cipher *c, const struct place *at, uint8_t *data, size_t n, const uint8_t trailer[TRAILER_BYTES])
{
    uint8_t nonce[NONCE_BYTES] = {0}, aad[AAD_BYTES], tag[TAG_BYTES];
    int len = 0;
    EVP_CIPHER_CTX *ctx = session_of(c, trailer);
    if (!ctx)
        return ERR_NOMEM;
    memcpy(nonce + 8, trailer + COUNTER_AT, 4);
    memcpy(tag, trailer + TAG_AT, TAG_BYTES);
    additional_data(c, at, aad);
    if (EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, nonce) != 1 || EVP_DecryptUpdate(ctx, NULL, &len, aad, AAD_BYTES) != 1 ||
        EVP_DecryptUpdate(ctx, data, &len, data, (int)n) != 1 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1)
        return ERR_NOMEM;
    return EVP_DecryptFinal_ex(ctx, data + n, &len) == 1 ? OK : ERR_CORRUPT;
}
