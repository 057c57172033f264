#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20 };

static int code_of_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR: return ERR_NOENT;
    case EACCES:
    case EPERM: return ERR_DENIED;
    case ENOMEM:
    case EMFILE:
    case ENFILE: return ERR_NOMEM; /* the file is not to blame: the same call may work in a moment */
    default: return ERR_IO;
    }
}

static int fail(const char *path, struct err *e)
{
    int code = code_of_errno(errno);
    char why[128];
    return err_set(e, code, "cannot open %s: %s", path, strerror_r(errno, why, sizeof why));
}

/* Opens a regular file; its descriptor and size. O_NONBLOCK: opening a pipe must not wait for a writer. */
static int open_regular(const char *path, int *ret_fd, uint64_t *ret_size, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(path, e);
    struct stat st;
    int rc = OK;
    if (fstat(fd, &st))
        rc = fail(path, e);
    else if (!S_ISREG(st.st_mode))
        rc = err_set(e, ERR_INVAL, "%s is not a regular file", path);
    if (rc) {
        close(fd);
        return rc;
    }
    *ret_fd = fd;
    *ret_size = (uint64_t)st.st_size;
    return OK;
}

int mem_map_file(const char *path, struct mem_map *ret, struct err *e)
{
    int fd = -1;
    uint64_t size = 0;
    int rc = open_regular(path, &fd, &size, e);
    if (rc)
        return rc;
    if (!size) {
        close(fd);
        return err_set(e, ERR_INVAL, "%s is empty", path);
    }
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    int why = errno;
    close(fd);
    if (p == MAP_FAILED && why == ENOMEM)
        return err_set(e, ERR_NOMEM, "%s takes %zu bytes, and this process may not map so many more (ulimit -v)", path, size);
    if (p == MAP_FAILED) {
        errno = why;
        return fail(path, e);
    }
    *ret = (struct mem_map){p, size};
    return OK;
}

void mem_unmap(struct mem_map *m)
{
    if (m->ptr)
        munmap((void *)(uintptr_t)m->ptr, m->len);
    *m = (struct mem_map){0};
}

void *mem_pages_alloc(size_t len)
{
    if (!len)
        return NULL;
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (len >= HUGE_PAGE)
        madvise(p, len, MADV_HUGEPAGE); /* advice: failure changes nothing but speed */
    return p;
}

void mem_pages_free(void *p, size_t len)
{
    if (p)
        munmap(p, len);
}

/* Reads up to cap bytes; fewer at the end of the file. */
static ssize_t read_full(int fd, char *dst, size_t cap)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, dst + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

/* Not only regular files: /proc has files of size 0 with content, and a configuration may come through a pipe. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, e);
    int rc = OK;
    char *buf = NULL;
    size_t len = 0, cap = 0;
    for (;;) {
        size_t want = cap ? cap * 2 : 4096;
        want = want < max ? want : max;
        char *grown = realloc(buf, want + 2); /* one to see whether there is more than max, one for the terminator */
        if (!grown) {
            rc = err_set(e, ERR_NOMEM, "no memory to read %s", path);
            goto out;
        }
        buf = grown;
        cap = want;
        ssize_t n = read_full(fd, buf + len, cap + 1 - len);
        if (n < 0) {
            rc = fail(path, e);
            goto out;
        }
        len += (size_t)n;
        if (len <= cap)
            break;
        if (cap == max) {
            rc = err_set(e, ERR_LIMIT, "%s is larger than %zu bytes", path, max);
            goto out;
        }
    }
    buf[len] = 0;
    *ret = buf;
    *ret_len = len;
    buf = NULL;
out:
    free(buf);
    close(fd);
    return rc;
}
