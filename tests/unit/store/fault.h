/* Faults between the store (and SQLite, and OpenSSL) and the kernel: the functions below take the place of libc's in a test
 * program that includes this, once. Calls that change files are counted; at a chosen one the process is killed, or from there
 * on the disk is full. And the fixture for each test of such a program. */
#ifndef UNIT_STORE_FAULT_H
#define UNIT_STORE_FAULT_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "fixture.h"

struct fault {
    long calls;   /* so far */
    long kill_at; /* 0: never */
    long full_at; /* 0: never */
    int no_sync;  /* fsync returns at once: a kill needs none, and tests are faster */
};
static struct fault fault;

/* False: the disk is full. */
static int fault_step(int needs_room)
{
    long n = __atomic_add_fetch(&fault.calls, 1, __ATOMIC_RELAXED);
    if (fault.kill_at && n == fault.kill_at)
        raise(SIGKILL);
    if (needs_room && fault.full_at && n >= fault.full_at) {
        errno = ENOSPC;
        return 0;
    }
    return 1;
}

int rename(const char *from, const char *to)
{
    return fault_step(0) ? (int)syscall(SYS_rename, from, to) : -1;
}

int link(const char *from, const char *to)
{
    return fault_step(1) ? (int)syscall(SYS_link, from, to) : -1;
}

int unlink(const char *path)
{
    return fault_step(0) ? (int)syscall(SYS_unlink, path) : -1;
}

int fsync(int fd)
{
    return !fault_step(0) ? -1 : fault.no_sync ? 0 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return !fault_step(0) ? -1 : fault.no_sync ? 0 : (int)syscall(SYS_fdatasync, fd);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return fault_step(1) ? syscall(SYS_write, fd, p, n) : -1;
}

/* Under both of their names: libraries may be built for files of 32 or of 64 bits. */
ssize_t fault_pwrite(int fd, const void *p, size_t n, int64_t at) __asm__("pwrite");
ssize_t fault_pwrite64(int fd, const void *p, size_t n, int64_t at) __asm__("pwrite64");
int fault_ftruncate(int fd, int64_t n) __asm__("ftruncate");
int fault_ftruncate64(int fd, int64_t n) __asm__("ftruncate64");

ssize_t fault_pwrite(int fd, const void *p, size_t n, int64_t at)
{
    return fault_step(1) ? syscall(SYS_pwrite64, fd, p, n, at) : -1;
}

ssize_t fault_pwrite64(int fd, const void *p, size_t n, int64_t at)
{
    return fault_step(1) ? syscall(SYS_pwrite64, fd, p, n, at) : -1;
}

int fault_ftruncate(int fd, int64_t n)
{
    return fault_step(0) ? (int)syscall(SYS_ftruncate, fd, n) : -1;
}

int fault_ftruncate64(int fd, int64_t n)
{
    return fault_step(0) ? (int)syscall(SYS_ftruncate, fd, n) : -1;
}

/* Without waiting for the disk: what a killed process has written stays in the kernel. */
static int setup(void **state)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_make(f);
    fault = (struct fault){.no_sync = 1};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

#endif
