#include "app/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/text.h"

static int not_written(const struct out_file *o, int why, struct err *e)
{
    return err_set(e, ERR_IO, T(o->app->lang, FILE_NOT_WRITTEN), o->path, strerror(why));
}

static int there_already(const struct out_file *o, struct err *e)
{
    return err_set(e, ERR_EXISTS, T(o->app->lang, FILE_THERE), o->path);
}

int out_file_open(const struct app *a, const char *path, bool replace, struct out_file *ret, struct err *e)
{
    struct stat st;
    *ret = (struct out_file){.app = a, .path = path, .replace = replace};
    bool there = !lstat(path, &st);
    if (there && !S_ISREG(st.st_mode)) /* a rename would put a file in the place of a device, for root even of /dev/null */
        return err_set(e, ERR_INVAL, T(a->lang, FILE_NOT_REGULAR), path);
    if (there && !replace)
        return there_already(ret, e);
    if ((size_t)snprintf(ret->beside, sizeof ret->beside, "%s.XXXXXX", path) >= sizeof ret->beside)
        return not_written(ret, ENAMETOOLONG, e);
    int fd = mkostemp(ret->beside, O_CLOEXEC);
    if (fd < 0)
        return not_written(ret, errno, e);
    ret->file = fdopen(fd, "w");
    if (ret->file)
        return OK;
    int why = errno;
    close(fd);
    unlink(ret->beside);
    return not_written(ret, why, e);
}

void out_file_drop(struct out_file *o)
{
    if (!o->file)
        return;
    fclose(o->file);
    o->file = NULL;
    unlink(o->beside);
}

/* Not over a file that was put there meanwhile, where the file system can say so. */
static int put_in_place(const struct out_file *o)
{
    if (!o->replace && !renameat2(AT_FDCWD, o->beside, AT_FDCWD, o->path, RENAME_NOREPLACE))
        return 0;
    if (!o->replace && errno != EINVAL && errno != ENOSYS)
        return errno;
    return rename(o->beside, o->path) ? errno : 0;
}

int out_file_finish(struct out_file *o, struct err *e)
{
    int why = 0;
    if (fflush(o->file) || fsync(fileno(o->file)))
        why = errno;
    else if (ferror(o->file)) /* an earlier write, which is not in errno any more */
        why = EIO;
    if (fclose(o->file) && !why)
        why = errno;
    o->file = NULL;
    if (!why)
        why = put_in_place(o);
    if (!why)
        return OK;
    unlink(o->beside);
    return why == EEXIST ? there_already(o, e) : not_written(o, why, e);
}
