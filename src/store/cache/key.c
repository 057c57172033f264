#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/rng.h"
#include "store/cache/internal.h"

struct cache_space cache_space_random(const char *kind)
{
    struct cache_space s = {.kind = kind};
    if (rng_entropy(&s.generation, sizeof s.generation))
        s.generation = 0; /* no machine that has come this far is without */
    return s;
}

/* HMAC through EVP: HMAC_CTX is deprecated, and texts are not to be copied together first. */
static bool add(EVP_MD_CTX *ctx, const void *p, size_t n)
{
    return !n || EVP_DigestSignUpdate(ctx, p, n) == 1;
}

static bool add_part(EVP_MD_CTX *ctx, struct str part)
{
    uint64_t len = part.len;
    return add(ctx, &len, sizeof len) && add(ctx, part.ptr, part.len);
}

int cache_key(const struct cache *c, const struct cache_space *space, int64_t owner, const struct str *parts, size_t n,
              struct cache_key *ret)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t len = sizeof mac;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, c->mac) == 1 && add_part(ctx, str_of(space->kind)) &&
              add(ctx, &space->generation, sizeof space->generation) && add(ctx, &owner, sizeof owner);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_part(ctx, parts[i]);
    ok = ok && EVP_DigestSignFinal(ctx, mac, &len) == 1 && len >= CACHE_KEY_BYTES;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return ERR_NOMEM;
    memcpy(ret->bytes, mac, CACHE_KEY_BYTES);
    return OK;
}
