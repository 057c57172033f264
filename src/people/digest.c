#include "people/digest.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "store/blob.h"

struct digest_slot {
    struct digest digest;
    uint32_t value;
    bool used;
};

/* 32 bytes are 43 characters; base64url needs no padding here. */
void digest_text(const struct digest *d, char ret[SECRET_CHARS + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < SECRET_CHARS; i++) {
        size_t bit = i * 6, at = bit / 8;
        unsigned two = (unsigned)d->bytes[at] << 8 | (at + 1 < DIGEST_BYTES ? d->bytes[at + 1] : 0);
        ret[i] = letters[two >> (10 - bit % 8) & 63];
    }
    ret[SECRET_CHARS] = 0;
}

_Static_assert(DIGEST_BYTES == (int)BLOB_NAME_BYTES, "a digest is one of blob_name");

int secret_make(const char *prefix, char *ret, size_t cap)
{
    struct digest random;
    char text[SECRET_CHARS + 1];
    if (strlen(prefix) + SECRET_CHARS >= cap)
        return ERR_LIMIT;
    int r = rng_entropy(&random, sizeof random);
    if (r)
        return r;
    digest_text(&random, text);
    snprintf(ret, cap, "%s%s", prefix, text);
    OPENSSL_cleanse(&random, sizeof random);
    OPENSSL_cleanse(text, sizeof text);
    return OK;
}

bool digest_of(const uint8_t key[32], const char *purpose, struct str secret, struct digest *ret)
{
    const struct str separated = str_from(purpose, strlen(purpose) + 1); /* its NUL stands between the two */
    return blob_name(key, separated, secret, ret->bytes) == OK;
}

bool digest_same(const struct digest *a, const struct digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

/* ---- the map */

static size_t home_of(const struct digest_map *m, const struct digest *d)
{
    uint64_t h;
    memcpy(&h, d->bytes, sizeof h);
    return (size_t)h & m->mask;
}

static size_t slot_of(const struct digest_map *m, const struct digest *d)
{
    size_t at = home_of(m, d);
    while (m->slots[at].used && !digest_same(&m->slots[at].digest, d))
        at = (at + 1) & m->mask;
    return at;
}

int digest_map_init(struct digest_map *m, size_t capacity)
{
    size_t n = 16;
    while (n < 2 * capacity)
        n *= 2;
    struct digest_slot *slots = calloc(n, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    *m = (struct digest_map){.slots = slots, .mask = n - 1};
    return OK;
}

void digest_map_deinit(struct digest_map *m)
{
    free(m->slots);
    *m = (struct digest_map){0};
}

int digest_map_put(struct digest_map *m, const struct digest *d, uint32_t value)
{
    if (2 * m->count > m->mask)
        return ERR_LIMIT;
    size_t at = slot_of(m, d);
    if (m->slots[at].used)
        return ERR_EXISTS;
    m->slots[at] = (struct digest_slot){*d, value, true};
    m->count++;
    return OK;
}

bool digest_map_get(const struct digest_map *m, const struct digest *d, uint32_t *ret)
{
    size_t at = slot_of(m, d);
    if (m->slots[at].used)
        *ret = m->slots[at].value;
    return m->slots[at].used;
}

/* What stands behind the hole and could not be found across it moves into it. */
void digest_map_remove(struct digest_map *m, const struct digest *d)
{
    size_t hole = slot_of(m, d);
    if (!m->slots[hole].used)
        return;
    for (size_t at = (hole + 1) & m->mask; m->slots[at].used; at = (at + 1) & m->mask) {
        size_t home = home_of(m, &m->slots[at].digest);
        if (((at - home) & m->mask) < ((at - hole) & m->mask))
            continue;
        m->slots[hole] = m->slots[at];
        hole = at;
    }
    m->slots[hole] = (struct digest_slot){0};
    m->count--;
}
