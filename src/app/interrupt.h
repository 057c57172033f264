/* Ctrl-C for verbs that run without an event loop. A handler can reach nothing but a static flag: the one piece of
 * mutable global state in the program. The second Ctrl-C ends the process as if there were no handler. */
#ifndef APP_INTERRUPT_H
#define APP_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM set the flag and interrupt a blocking read. */
void interrupt_watch(void);
bool interrupted(void);

#endif
