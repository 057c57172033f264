#include "fetch/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

bool digest_parse(struct str s, char ret[DIGEST_HEX + 1])
{
    char hex[DIGEST_HEX + 1] = {0};
    if (s.len != DIGEST_HEX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        hex[i] = c;
    }
    memcpy(ret, hex, sizeof hex);
    return true;
}

static void put_hex(const unsigned char *bytes, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_HEX / 2; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[DIGEST_HEX] = 0;
}

void digest_of_text(struct str s, char ret[DIGEST_HEX + 1])
{
    unsigned char bytes[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(s.ptr, s.len, bytes, NULL, EVP_sha256(), NULL);
    put_hex(bytes, ret);
}

static int read_all(EVP_MD_CTX *md, int fd, uint64_t size, char *chunk, const atomic_bool *cancel, void (*tell)(void *ctx, uint64_t done),
                    void *ctx, struct err *e)
{
    for (uint64_t at = 0; at < size;) {
        if (cancel && atomic_load_explicit(cancel, memory_order_relaxed))
            return err_set(e, ERR_CANCELED, "%s", err_text(ERR_CANCELED));
        size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        ssize_t n = pread(fd, chunk, want, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, ERR_IO, "the file that was loaded cannot be read back");
        EVP_DigestUpdate(md, chunk, (size_t)n);
        at += (uint64_t)n;
        if (tell)
            tell(ctx, at);
    }
    return OK;
}

int digest_file(int fd, uint64_t size, const atomic_bool *cancel, void (*tell)(void *ctx, uint64_t done), void *ctx,
                char ret[DIGEST_HEX + 1], struct err *e)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    char *chunk = malloc(CHUNK);
    int rc = ERR_NOMEM;
    if (!md || !chunk || !EVP_DigestInit_ex(md, EVP_sha256(), NULL)) {
        err_set(e, rc, "%s", err_text(rc));
        goto out;
    }
    if ((rc = read_all(md, fd, size, chunk, cancel, tell, ctx, e)))
        goto out;
    if (!EVP_DigestFinal_ex(md, bytes, NULL)) {
        rc = err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
        goto out;
    }
    put_hex(bytes, ret);
out:
    EVP_MD_CTX_free(md);
    free(chunk);
    return rc;
}
