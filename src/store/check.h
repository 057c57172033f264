/* Is a database whole? */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "store/internal.h"

/* Every page of the file that is in use, by the structures that point to it, and every full-text index. */
int check_structures(struct vfs *v, const char *path, struct err *e);

#endif
