/* An allow-list: what is not here fails with EPERM, so that a library which tries something optional goes on without it. The calls
 * that are newer than their substitutes fail with ENOSYS, which makes the C library take those. A process of another architecture (a 32-bit
 * call on a 64-bit kernel) is killed by libseccomp's default. */
#include "sys/confine_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROGRAM_BYTES_MAX = 4096 * sizeof(struct sock_filter), ALL = 0 };

/* A call is allowed when (argument `arg` & mask) == value. A mask of 0 allows it whatever it is given. */
struct row {
    unsigned groups; /* any of them */
    int call;
    unsigned arg;
    uint64_t mask, value;
};

#define CALL(name)                   SCMP_SYS(name), 0, ALL, 0
#define WITH(name, arg, mask, value) SCMP_SYS(name), arg, mask, value
#define WRITING                      (O_ACCMODE | O_CREAT | O_TRUNC)
#define EXECUTABLE                   (PROT_WRITE | PROT_EXEC)

/* clang-format off */
static const struct row rows[] = {
    /* reading and writing what is open */
    {CALLS_BASE, CALL(read)}, {CALLS_BASE, CALL(readv)}, {CALLS_BASE, CALL(pread64)}, {CALLS_BASE, CALL(write)}, {CALLS_BASE, CALL(writev)},
    {CALLS_BASE, CALL(close)}, {CALLS_BASE, CALL(lseek)}, {CALLS_BASE, CALL(fstat)}, {CALLS_BASE, CALL(fadvise64)},
    {CALLS_BASE, CALL(poll)}, {CALLS_BASE, CALL(ppoll)}, {CALLS_BASE, CALL(dup)},
    {CALLS_BASE, WITH(newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH)}, /* the C library's fstat */
    {CALLS_BASE, WITH(fcntl, 1, ~UINT64_C(0), F_GETFL)}, {CALLS_BASE, WITH(fcntl, 1, ~UINT64_C(0), F_GETFD)},
    {CALLS_BASE, WITH(fcntl, 1, ~UINT64_C(0), F_SETFD)}, {CALLS_BASE, WITH(ioctl, 1, ~UINT64_C(0), TCGETS)},
    /* memory: never writable and executable at once, and nothing that was writable becomes executable */
    {CALLS_BASE, WITH(mmap, 2, EXECUTABLE, 0)}, {CALLS_BASE, WITH(mmap, 2, EXECUTABLE, PROT_WRITE)}, {CALLS_BASE, WITH(mmap, 2, EXECUTABLE, PROT_EXEC)},
    {CALLS_BASE, WITH(mprotect, 2, PROT_EXEC, 0)},
    {CALLS_JIT, CALL(mmap)}, {CALLS_JIT, CALL(mprotect)},
    {CALLS_BASE, CALL(munmap)}, {CALLS_BASE, CALL(mremap)}, {CALLS_BASE, CALL(madvise)}, {CALLS_BASE, CALL(brk)},
    /* signals, waiting, ending */
    {CALLS_BASE, CALL(rt_sigaction)}, {CALLS_BASE, CALL(rt_sigprocmask)}, {CALLS_BASE, CALL(rt_sigreturn)}, {CALLS_BASE, CALL(sigaltstack)},
    {CALLS_BASE, CALL(futex)}, {CALLS_BASE, CALL(nanosleep)}, {CALLS_BASE, CALL(clock_nanosleep)}, {CALLS_BASE, CALL(restart_syscall)},
    {CALLS_BASE, CALL(sched_yield)}, {CALLS_BASE, CALL(exit)}, {CALLS_BASE, CALL(exit_group)},
    /* questions about time, numbers and ourselves */
    {CALLS_BASE, CALL(clock_gettime)}, {CALLS_BASE, CALL(clock_getres)}, {CALLS_BASE, CALL(gettimeofday)}, {CALLS_BASE, CALL(time)},
    {CALLS_BASE, CALL(getrandom)}, {CALLS_BASE, CALL(getpid)}, {CALLS_BASE, CALL(gettid)}, {CALLS_BASE, CALL(getppid)}, {CALLS_BASE, CALL(getuid)},
    {CALLS_BASE, CALL(geteuid)}, {CALLS_BASE, CALL(getgid)}, {CALLS_BASE, CALL(getegid)}, {CALLS_BASE, CALL(uname)}, {CALLS_BASE, CALL(sysinfo)},
    {CALLS_BASE, CALL(getcpu)}, {CALLS_BASE, CALL(sched_getaffinity)}, {CALLS_BASE, CALL(getrlimit)}, {CALLS_BASE, CALL(getrusage)},
    {CALLS_BASE, WITH(prlimit64, 2, ~UINT64_C(0), 0)}, /* asked, not set */
    {CALLS_BASE, CALL(set_robust_list)}, {CALLS_BASE, CALL(rseq)}, {CALLS_BASE, CALL(membarrier)},

    /* files by their names; Landlock says which */
    {CALLS_READ, WITH(openat, 2, WRITING, O_RDONLY)}, {CALLS_READ, WITH(open, 1, WRITING, O_RDONLY)}, {CALLS_READ, CALL(stat)}, {CALLS_READ, CALL(lstat)},
    {CALLS_READ, CALL(newfstatat)}, {CALLS_READ, CALL(statx)}, {CALLS_READ, CALL(access)}, {CALLS_READ, CALL(faccessat)}, {CALLS_READ, CALL(readlink)},
    {CALLS_READ, CALL(readlinkat)}, {CALLS_READ, CALL(getdents64)}, {CALLS_READ, CALL(getcwd)}, {CALLS_READ, CALL(statfs)}, {CALLS_READ, CALL(fstatfs)},
    {CALLS_WRITE, CALL(openat)}, {CALLS_WRITE, CALL(open)}, {CALLS_WRITE, CALL(creat)}, {CALLS_WRITE, CALL(pwrite64)}, {CALLS_WRITE, CALL(ftruncate)},
    {CALLS_WRITE, CALL(truncate)}, {CALLS_WRITE, CALL(fsync)}, {CALLS_WRITE, CALL(fdatasync)}, {CALLS_WRITE, CALL(fallocate)}, {CALLS_WRITE, CALL(mkdir)},
    {CALLS_WRITE, CALL(mkdirat)}, {CALLS_WRITE, CALL(unlink)}, {CALLS_WRITE, CALL(unlinkat)}, {CALLS_WRITE, CALL(rmdir)}, {CALLS_WRITE, CALL(rename)},
    {CALLS_WRITE, CALL(renameat)}, {CALLS_WRITE, CALL(renameat2)}, {CALLS_WRITE, CALL(flock)}, {CALLS_WRITE, CALL(fcntl)}, {CALLS_WRITE, CALL(chdir)},
    {CALLS_WRITE, CALL(fchdir)}, {CALLS_WRITE, CALL(umask)}, {CALLS_WRITE, CALL(utimensat)},

    /* becoming another program: what it calls before its main */
    {CALLS_EXEC, CALL(execve)}, {CALLS_EXEC, CALL(arch_prctl)}, {CALLS_EXEC, CALL(set_tid_address)},

    {CALLS_PROCESSES, WITH(clone, 0, CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET, 0)},
    {CALLS_PROCESSES, CALL(fork)}, {CALLS_PROCESSES, CALL(vfork)}, {CALLS_PROCESSES, CALL(wait4)}, {CALLS_PROCESSES, CALL(waitid)},
    {CALLS_PROCESSES, CALL(pipe)}, {CALLS_PROCESSES, CALL(pipe2)}, {CALLS_PROCESSES, CALL(dup2)}, {CALLS_PROCESSES, CALL(dup3)}, {CALLS_PROCESSES, CALL(fcntl)},
    {CALLS_PROCESSES, CALL(kill)}, {CALLS_PROCESSES, CALL(tgkill)}, {CALLS_PROCESSES, CALL(setpgid)}, {CALLS_PROCESSES, CALL(getpgrp)},
    {CALLS_PROCESSES, CALL(setsid)}, {CALLS_PROCESSES, WITH(socketpair, 0, ~UINT64_C(0), AF_UNIX)}, {CALLS_PROCESSES, CALL(eventfd2)},
    {CALLS_PROCESSES, CALL(epoll_create1)}, {CALLS_PROCESSES, CALL(epoll_ctl)}, {CALLS_PROCESSES, CALL(epoll_wait)}, {CALLS_PROCESSES, CALL(epoll_pwait)},
    {CALLS_PROCESSES, CALL(set_tid_address)}, {CALLS_PROCESSES, CALL(rt_sigtimedwait)}, {CALLS_PROCESSES, CALL(rt_sigsuspend)},

    {CALLS_NETWORK, WITH(socket, 0, ~UINT64_C(0), AF_INET)}, {CALLS_NETWORK, WITH(socket, 0, ~UINT64_C(0), AF_INET6)}, {CALLS_NETWORK, CALL(connect)},
    {CALLS_NETWORK, CALL(bind)}, {CALLS_NETWORK, CALL(listen)}, {CALLS_NETWORK, CALL(accept)}, {CALLS_NETWORK, CALL(accept4)},
    {CALLS_NETWORK, CALL(sendto)}, {CALLS_NETWORK, CALL(recvfrom)}, {CALLS_NETWORK, CALL(sendmsg)}, {CALLS_NETWORK, CALL(recvmsg)},
    {CALLS_NETWORK, CALL(shutdown)}, {CALLS_NETWORK, CALL(getsockopt)}, {CALLS_NETWORK, CALL(setsockopt)}, {CALLS_NETWORK, CALL(getsockname)},
    {CALLS_NETWORK, CALL(getpeername)}, {CALLS_NETWORK, CALL(select)}, {CALLS_NETWORK, CALL(pselect6)},
};

/* Asked for first, with an older call to fall back on that can be looked into. */
static const int newer[] = {SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(faccessat2)};
/* clang-format on */

/* A call that the architecture does not have (`open` on ARM) needs no rule. */
static int harmless(int code)
{
    return code == -EDOM || code == -EINVAL ? 0 : code;
}

static int fill(scmp_filter_ctx filter, unsigned groups)
{
    int r = 0;
    for (size_t i = 0; !r && i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if (!(row->groups & groups))
            continue;
        struct scmp_arg_cmp compare = {row->arg, SCMP_CMP_MASKED_EQ, row->mask, row->value};
        r = row->mask ? seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, 1, &compare)
                      : seccomp_rule_add(filter, SCMP_ACT_ALLOW, row->call, 0);
        if (row->call < 0)
            r = harmless(r);
    }
    for (size_t i = 0; !r && i < sizeof newer / sizeof *newer; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), newer[i], 0);
    return r;
}

/* libseccomp writes its program to a descriptor. */
static int take_program(scmp_filter_ctx filter, void **ret, size_t *ret_n)
{
    int fd = memfd_create("seccomp", MFD_CLOEXEC), r = ERR_IO;
    off_t bytes = fd < 0 || seccomp_export_bpf(filter, fd) ? -1 : lseek(fd, 0, SEEK_END);
    if (bytes > 0 && bytes <= (off_t)PROGRAM_BYTES_MAX) {
        void *program = malloc((size_t)bytes);
        r = program ? ERR_IO : ERR_NOMEM;
        if (program && pread(fd, program, (size_t)bytes, 0) == bytes) {
            *ret = program;
            *ret_n = (size_t)bytes / sizeof(struct sock_filter);
            r = OK;
        } else {
            free(program);
        }
    }
    if (fd >= 0)
        close(fd);
    return r;
}

int calls_compile(unsigned groups, void **ret, size_t *ret_n, struct err *e)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return err_set(e, ERR_NOMEM, "no memory for the list of system calls");
    /* A search tree instead of a list: some hundred calls are compared in eight steps. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    int wrong = fill(filter, groups), r = wrong ? ERR_INTERNAL : take_program(filter, ret, ret_n);
    seccomp_release(filter);
    if (r)
        return err_set(e, r, "the list of system calls cannot be made: %s", wrong ? strerror(-wrong) : err_text(r));
    return OK;
}
