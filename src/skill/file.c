#include "skill/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int file_load(const char *path, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_NOENT : ERR_IO, "%s cannot be read: %s", path, strerror(errno));
    ssize_t n = 0;
    while (!buf_reserve(out, 1 << 14) && (n = read(fd, out->ptr + out->len, 1 << 14)) > 0)
        out->len += (size_t)n;
    close(fd);
    if (out->failed)
        return err_set(e, out->failed, "%s: %s", path, err_text(out->failed));
    return n < 0 ? err_set(e, ERR_IO, "%s cannot be read", path) : OK;
}
