#include "store/leftovers.h"

#include <errno.h>
#include <unistd.h>

#include "store/folder.h"

static const char *const names[] = {FOLDER_NEW, FOLDER_COPY};
static const char *const tails[] = {"", "-journal", "-wal", "-shm"};

int leftovers_remove(const char *dir, struct err *e)
{
    char path[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names * (sizeof tails / sizeof *tails); i++) {
        int r = folder_path(path, sizeof path, dir, names[i % 2], tails[i / 2], e);
        if (r)
            return r;
        if (unlink(path) && errno != ENOENT)
            return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return OK;
}
