/* A file that appears whole or not at all: written beside its name, for its owner's eyes only (0600), and renamed when it is finished. */
#ifndef APP_OUTFILE_H
#define APP_OUTFILE_H

#include <limits.h>

#include "app/app.h"

struct out_file {
    const struct app *app;
    const char *path;
    FILE *file; /* to be written to */
    bool replace;
    char beside[PATH_MAX];
};

/* `path` lives as long as the file. ERR_EXISTS unless it may be replaced; what is no regular file never is. */
int out_file_open(const struct app *a, const char *path, bool replace, struct out_file *ret, struct err *e);
/* Puts it in its place; or else nothing of it is left. */
int out_file_finish(struct out_file *o, struct err *e);
/* Leaves nothing of it. */
void out_file_drop(struct out_file *o);

#endif
