/* Confinement of a process that reads what strangers have written, or runs what they have made: a parser of documents, a
 * converter from a package, a plugin, a command of a skill.
 *
 * What it may do is a table of allowances (struct confine); all else is refused by several walls, each of which stands alone:
 *
 *   seccomp       a list of system calls; those that are not on it fail with EPERM. No sockets without CONFINE_NETWORK, no processes
 *                 without CONFINE_PROCESSES, no exec without paths to execute, memory never writable and executable at once.
 *   Landlock      files: only below the paths of the table. The kernel says which version it has; without any (before 5.13, or
 *                 switched off) a process without `exec` opens nothing at all, one with it opens files for reading only, and
 *                 paths to write are refused by confine_prepare.
 *   rlimits       processor time, address space, sizes of files, number of files and processes, no core dump
 *   and           no_new_privs, descriptors closed but those that are kept, death with the parent, a limit of wall-clock time
 *
 * Two steps: confine_prepare makes the filter and the rules (allocates, opens the paths, a few hundred microseconds), confine_enter
 * walks in (system calls only, so it may stand between fork and exec). One preparation serves any number of processes. */
#ifndef SYS_CONFINE_H
#define SYS_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum {
    CONFINE_NETWORK = 1,   /* sockets */
    CONFINE_PROCESSES = 2, /* fork, threads, pipes, signals to them */
    CONFINE_JIT = 4,       /* memory that is written and then executed: plugins that compile */
};

/* 0 in any of them: what the process has already, but for the last two. */
struct confine_limits {
    uint64_t cpu_s, wall_ms, memory_bytes /* of address space */;
    uint64_t files_max;     /* open at once */
    uint64_t file_bytes;    /* of a file that is written; 0: none may grow */
    uint64_t processes_max; /* of this user, with CONFINE_PROCESSES; root is not counted */
};

/* Lists end with NULL, and may be NULL. A path is a file, or a folder with all below it; one that is not there is passed over. */
struct confine {
    const char *const *read;
    const char *const *write; /* and read */
    const char *const *exec;  /* and read */
    unsigned flags;
    struct confine_limits limits;
};

struct confinement {
    struct confine_limits limits;
    int rules_fd;     /* Landlock's; -1: the kernel has none */
    int landlock_abi; /* 0: none */
    void *filter;     /* the seccomp program */
    size_t n_filter;  /* instructions */
};

/* ERR_UNSUPPORTED: no seccomp, or paths to write without Landlock; ERR_NOMEM; ERR_IO. */
int confine_prepare(const struct confine *c, struct confinement *ret, struct err *e);
void confine_release(struct confinement *c); /* copes with a zeroed one */

/* For a process with one thread; there is no way back. Keeps descriptors 0, 1, 2 and closes all others, but `keep_fd` (-1: none), which
 * execve closes unless it is inherited. `parent`: whose death is ours, too (0: nobody's). Async-signal-safe. ERR_CLOSED: the parent is dead
 * already; ERR_DENIED: a wall could not be put up, and the process must end. */
int confine_enter(const struct confinement *c, pid_t parent, int keep_fd);

#endif
