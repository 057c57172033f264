/* The system calls of a confined process (confine.h), and the seccomp program that is made of them. For this room. */
#ifndef SYS_CONFINE_CALLS_H
#define SYS_CONFINE_CALLS_H

#include <stddef.h>

#include "base/err.h"

/* Which rows of the table a process gets. */
enum {
    CALLS_BASE = 1,
    CALLS_READ = 2,  /* opens files for reading */
    CALLS_WRITE = 4, /* opens them in any way, makes and removes */
    CALLS_EXEC = 8,
    CALLS_PROCESSES = 16,
    CALLS_NETWORK = 32,
    CALLS_JIT = 64,
};

/* `ret` is on the heap: *ret_n instructions (struct sock_filter). */
int calls_compile(unsigned groups, void **ret, size_t *ret_n, struct err *e);

#endif
