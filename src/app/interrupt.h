/* Ctrl-C for verbs that run without an event loop. A handler can reach nothing but static flags: the one piece of
 * mutable global state in the program. The second Ctrl-C ends the process as if there were no handler. */
#ifndef APP_INTERRUPT_H
#define APP_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

/* From now on SIGINT and SIGTERM set the flag and interrupt a blocking read. */
void interrupt_watch(void);
bool interrupted(void);

/* The flag itself, for what looks at it while it waits (fetch/transfer.h). */
const atomic_bool *interrupt_flag(void);
/* Forgets a Ctrl-C, and watches for any number of them: in a program that goes on after one. */
void interrupt_again(void);
/* It was SIGTERM: the program is to end, not only what it is doing. interrupt_again does not forget it. */
bool terminated(void);

#endif
