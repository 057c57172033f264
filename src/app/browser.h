/* The person's web browser. */
#ifndef APP_BROWSER_H
#define APP_BROWSER_H

#include <stdbool.h>

/* A desktop is there to show it on. */
bool browser_there(void);
/* Opens an address by xdg-open, without waiting and without its output. False: that could not be started. */
bool browser_open(const char *address);

#endif
