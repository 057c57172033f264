/* Without glibc's inline forms of the very calls that are replaced here. */
#undef _FORTIFY_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

/* One fault at a time for the whole process. All are relaxed but `armed`: it publishes the others, and threads that
 * miss it for a moment only shift which call is the n-th. */
static atomic_int armed;
static atomic_long left;
static _Atomic(const char *) where;
static atomic_long live;
static _Thread_local bool exempt;

static bool hit(enum inject_kind kind, const char *name)
{
    if (exempt || atomic_load(&armed) != (int)kind)
        return false;
    if (atomic_fetch_sub(&left, 1) != 1)
        return false;
    atomic_store(&where, name);
    return true;
}

void inject_exempt(void)
{
    exempt = true;
}

void inject_arm(enum inject_kind kind, size_t nth)
{
    atomic_store(&where, NULL);
    atomic_store(&left, (long)nth);
    atomic_store(&armed, (int)kind);
}

bool inject_disarm(const char **ret_where)
{
    atomic_store(&armed, INJECT_NOTHING);
    const char *w = atomic_load(&where);
    if (w)
        *ret_where = w;
    return w != NULL;
}

long inject_live_blocks(void)
{
    return atomic_load(&live);
}

/* ---- allocations */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static void *count(void *p)
{
    if (p)
        atomic_fetch_add(&live, 1);
    return p;
}

void *__wrap_malloc(size_t size)
{
    return hit(INJECT_ALLOCATION, "malloc") ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return hit(INJECT_ALLOCATION, "calloc") ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    if (hit(INJECT_ALLOCATION, "realloc"))
        return NULL;
    void *q = __real_realloc(p, size);
    if (!p)
        count(q);
    return q;
}

void __wrap_free(void *p)
{
    if (p)
        atomic_fetch_sub(&live, 1);
    __real_free(p);
}

void inject_install(void)
{
    uv_replace_allocator(__wrap_malloc, __wrap_realloc, __wrap_calloc, __wrap_free);
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

/* ---- system calls: the error is one that the call really gives when the machine is in trouble */

#define FAIL_WITH(name, code)            \
    if (hit(INJECT_SYSTEM_CALL, name)) { \
        errno = code;                    \
        return -1;                       \
    }

/* By which libuv's threads wake its loop. */
static bool is_event(int fd)
{
    char link[32], target[32] = "";
    if (atomic_load(&armed) != INJECT_SYSTEM_CALL)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target - 1) > 0 && !strcmp(target, "anon_inode:[eventfd]");
}

ssize_t read(int fd, void *p, size_t n)
{
    if (!is_event(fd))
        FAIL_WITH("read", ECONNRESET)
    return syscall(SYS_read, fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
    if (!is_event(fd))
        FAIL_WITH("write", ECONNRESET)
    return syscall(SYS_write, fd, p, n);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
    FAIL_WITH("pread", EIO)
    return syscall(SYS_pread64, fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    FAIL_WITH("pwrite", ENOSPC)
    return syscall(SYS_pwrite64, fd, p, n, at);
}

int fsync(int fd)
{
    FAIL_WITH("fsync", EIO)
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    FAIL_WITH("fdatasync", EIO)
    return (int)syscall(SYS_fdatasync, fd);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    FAIL_WITH("writev", ECONNRESET)
    return syscall(SYS_writev, fd, v, n);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
    FAIL_WITH("recv", ECONNRESET)
    return syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    FAIL_WITH("send", ECONNRESET)
    return syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    FAIL_WITH("sendmsg", ECONNRESET)
    return syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    FAIL_WITH("recvmsg", ECONNRESET)
    return syscall(SYS_recvmsg, fd, m, flags);
}

int accept4(int fd, __SOCKADDR_ARG a, socklen_t *len, int flags)
{
    FAIL_WITH("accept4", EMFILE)
    return (int)syscall(SYS_accept4, fd, a.__sockaddr__, len, flags);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    FAIL_WITH("socketpair", EMFILE)
    return (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    FAIL_WITH("poll", ENOMEM)
    return (int)syscall(SYS_poll, fds, n, timeout_ms);
}

int open(const char *path, int flags, ...)
{
    FAIL_WITH("open", EMFILE)
    va_list ap;
    va_start(ap, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
    va_end(ap);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (hit(INJECT_SYSTEM_CALL, "mmap")) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel answers */
    return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}
