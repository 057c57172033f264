#include "store/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

void *secret_alloc(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* Both are improvements that a kernel or a limit may refuse; SECURITY.md says so. */
    (void)madvise(p, size, MADV_DONTDUMP);
    (void)mlock(p, size);
    return p;
}

void secret_free(void *p, size_t size)
{
    if (!p)
        return;
    OPENSSL_cleanse(p, size);
    munmap(p, size);
}

void secret_wipe(void *p, size_t size)
{
    OPENSSL_cleanse(p, size);
}
