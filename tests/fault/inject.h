/* Faults on demand: the n-th allocation, or the n-th system call, of the threads that take part fails once.
 *
 * Allocations of hearth are reached by the linker (--wrap=malloc …), those of libuv and jansson through their own hooks.
 * System calls are reached by defining their names in the test program, which a shared library's calls find first.
 *
 * Left out, because libuv 1.44 calls abort() when they fail and nothing above it could help: epoll_ctl and epoll_wait, reading and writing
 * the eventfd that wakes the loop, and the growth of the loop's table of descriptors. */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H

#include <stdbool.h>
#include <stddef.h>

enum inject_kind { INJECT_NOTHING, INJECT_ALLOCATION, INJECT_SYSTEM_CALL };

/* Once, before any other call into libuv or jansson. */
void inject_install(void);
/* The calling thread is the test's own: its calls are neither counted nor failed. */
void inject_exempt(void);
/* From now on, the nth (from 1) call of that kind fails. */
void inject_arm(enum inject_kind kind, size_t nth);
/* Ends it. True when the fault has happened; *ret_where is then the name of the function that failed. */
bool inject_disarm(const char **ret_where);
/* Blocks that hearth, libuv and jansson hold now. */
long inject_live_blocks(void);

#endif
