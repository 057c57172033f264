#include "store/header.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/rng.h"
#include "store/blob.h"
#include "store/secret.h"

enum {
    VERSION = 1,
    SALT_AT = 32,
    IDENTITY_AT = 48,
    CHECK_AT = 64,
    CHECK_BYTES = 16,
    WRAPPED_AT = 80,
    SECRET_BYTES = 2 * KEY_BYTES,
    SUM_AT = WRAPPED_AT + SECRET_BYTES + BLOB_EXTRA_BYTES,
    SUM_BYTES = 32,
};
_Static_assert(SUM_AT == 172, "as drawn in header.h");

static const uint8_t magic[16] = "hearth store";

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static bool sum_of(const uint8_t *bytes, uint8_t ret[SUM_BYTES])
{
    return EVP_Digest(bytes, SUM_AT, ret, NULL, EVP_sha256(), NULL) == 1;
}

int header_parse(const uint8_t bytes[HEADER_BYTES], const char *name, struct header *ret, struct err *e)
{
    uint8_t sum[SUM_BYTES];
    if (memcmp(bytes, magic, sizeof magic))
        return err_set(e, ERR_CORRUPT, "%s: its header is damaged, or it is no database of hearth", name);
    if (!sum_of(bytes, sum))
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (memcmp(sum, bytes + SUM_AT, SUM_BYTES))
        return err_set(e, ERR_CORRUPT, "%s: its header is damaged; restore a backup", name);
    if (get_u32(bytes + 16) != VERSION || get_u32(bytes + 20) > KEY_FROM_PASSPHRASE)
        return err_set(e, ERR_UNSUPPORTED, "%s was written by a newer version of hearth", name);
    ret->source = (enum key_source)get_u32(bytes + 20);
    ret->log2n = get_u32(bytes + 24);
    memcpy(ret->salt, bytes + SALT_AT, SALT_BYTES);
    memcpy(ret->bytes, bytes, HEADER_BYTES);
    return OK;
}

static void check_of(const uint8_t *master, const uint8_t *bytes, uint8_t ret[KEY_BYTES])
{
    kdf_derive(master, str_from(bytes + IDENTITY_AT, IDENTITY_BYTES), STR("hearth store check"), ret);
}

/* The 64 secret bytes, into the header or out of it: nonce, cipher text and tag are a blob, and what stands before them is its context. */
static int wrap(const uint8_t *master, uint8_t *bytes, const uint8_t both[SECRET_BYTES])
{
    uint8_t key[KEY_BYTES];
    kdf_derive(master, str_from(bytes + IDENTITY_AT, IDENTITY_BYTES), STR("hearth store wrap"), key);
    int r = blob_seal(key, str_from(bytes, WRAPPED_AT), both, SECRET_BYTES, bytes + WRAPPED_AT);
    secret_wipe(key, sizeof key);
    return r;
}

static int unwrap(const uint8_t *master, const uint8_t *bytes, uint8_t both[SECRET_BYTES])
{
    uint8_t key[KEY_BYTES];
    kdf_derive(master, str_from(bytes + IDENTITY_AT, IDENTITY_BYTES), STR("hearth store wrap"), key);
    int r = blob_open(key, str_from(bytes, WRAPPED_AT), bytes + WRAPPED_AT, SECRET_BYTES + BLOB_EXTRA_BYTES, both);
    secret_wipe(key, sizeof key);
    return r;
}

static void split(const uint8_t both[SECRET_BYTES], const uint8_t *bytes, struct keys *ret)
{
    memcpy(ret->data, both, KEY_BYTES);
    memcpy(ret->root, both + KEY_BYTES, KEY_BYTES);
    memcpy(ret->identity, bytes + IDENTITY_AT, IDENTITY_BYTES);
    memcpy(ret->header, bytes, HEADER_BYTES);
}

int header_unwrap(const struct header *h, const uint8_t master[KEY_BYTES], struct keys *ret)
{
    uint8_t check[KEY_BYTES], both[SECRET_BYTES];
    check_of(master, h->bytes, check);
    if (memcmp(check, h->bytes + CHECK_AT, CHECK_BYTES))
        return ERR_DENIED;
    int r = unwrap(master, h->bytes, both);
    if (!r)
        split(both, h->bytes, ret);
    secret_wipe(both, sizeof both);
    return r;
}

int header_make(const struct header *h, const uint8_t master[KEY_BYTES], const uint8_t *root, struct keys *ret)
{
    uint8_t bytes[HEADER_BYTES] = {0}, check[KEY_BYTES], both[SECRET_BYTES];
    memcpy(bytes, magic, sizeof magic);
    put_u32(bytes + 16, VERSION);
    put_u32(bytes + 20, h->source);
    put_u32(bytes + 24, h->log2n);
    memcpy(bytes + SALT_AT, h->salt, SALT_BYTES);
    if (rng_entropy(bytes + IDENTITY_AT, IDENTITY_BYTES) || rng_entropy(both, sizeof both))
        return ERR_IO;
    if (root)
        memcpy(both + KEY_BYTES, root, KEY_BYTES);
    check_of(master, bytes, check);
    memcpy(bytes + CHECK_AT, check, CHECK_BYTES);
    int r = wrap(master, bytes, both);
    if (!r && !sum_of(bytes, bytes + SUM_AT))
        r = ERR_NOMEM;
    if (!r)
        split(both, bytes, ret);
    secret_wipe(both, sizeof both);
    return r;
}

int header_read(const char *path, const char *name, struct header *ret, struct err *e)
{
    uint8_t bytes[HEADER_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_NOENT : errno == EACCES ? ERR_DENIED : ERR_IO, "%s: %s", path, strerror(errno));
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    if (n < 0)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if ((size_t)n < sizeof bytes)
        return err_set(e, ERR_CORRUPT, "%s: the file ends within its header; restore a backup", name);
    return header_parse(bytes, name, ret, e);
}
