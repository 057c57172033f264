/* What a process that was killed has left in the data folder: files that never got their name are of no worth. */
#ifndef STORE_LEFTOVERS_H
#define STORE_LEFTOVERS_H

#include "base/err.h"

/* With the folder's lock. */
int leftovers_remove(const char *dir, struct err *e);

#endif
