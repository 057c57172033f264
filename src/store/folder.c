#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

/* What stands in the lock file: process and address, a line each, padded with spaces so that it is one write. */
enum { LOCK_BYTES = 160 };

static int failed(const char *path, struct err *e)
{
    int code = errno == ENOENT ? ERR_NOENT : errno == EACCES || errno == EPERM ? ERR_DENIED : errno == EEXIST ? ERR_EXISTS : ERR_IO;
    return err_set(e, code, "%s: %s", path, strerror(errno));
}

int folder_path(char *ret, size_t cap, const char *dir, const char *name, const char *tail, struct err *e)
{
    int n = snprintf(ret, cap, "%s/%s%s", dir, name, tail);
    return n > 0 && (size_t)n < cap ? OK : err_set(e, ERR_LIMIT, "%s: %s", dir, strerror(ENAMETOOLONG));
}

int folder_make(const char *dir, struct err *e)
{
    char part[4096];
    struct stat st;
    if (!*dir || !str_copy(part, sizeof part, str_of(dir)))
        return err_set(e, ERR_LIMIT, "the path of the data folder is empty or too long");
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return failed(part, e);
        *p = '/';
    }
    if (mkdir(part, 0700) && errno != EEXIST)
        return failed(part, e);
    if (stat(part, &st) || !S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, "%s is not a folder", part);
    return st.st_mode & 077 && chmod(part, st.st_mode & 0700) ? failed(part, e) : OK;
}

/* ---- the lock */

static bool read_lock_file(int fd, intmax_t *ret_pid, char *ret_address, size_t cap)
{
    char text[LOCK_BYTES + 1];
    ssize_t n = pread(fd, text, LOCK_BYTES, 0);
    struct str rest = str_from(text, n > 0 ? (size_t)n : 0), line;
    int64_t pid = 0;
    if (!str_split(&rest, '\n', &line) || str_to_i64(line, &pid) || !str_split(&rest, '\n', &line))
        return false;
    *ret_pid = pid;
    return str_copy(ret_address, cap, str_trim(line));
}

static int write_lock_file(int fd, const char *address)
{
    char text[LOCK_BYTES + 1];
    int head = snprintf(text, sizeof text, "%" PRIdMAX "\n", (intmax_t)getpid());
    int n = snprintf(text, sizeof text, "%" PRIdMAX "\n%-*s\n", (intmax_t)getpid(), LOCK_BYTES - head - 1, address);
    if (n != LOCK_BYTES)
        return ERR_LIMIT;
    return pwrite(fd, text, LOCK_BYTES, 0) == LOCK_BYTES ? OK : ERR_IO;
}

int folder_lock(const char *dir, int *ret_fd, struct err *e)
{
    char path[4096], address[LOCK_BYTES];
    intmax_t pid = 0;
    int r = folder_path(path, sizeof path, dir, FOLDER_LOCK, "", e);
    if (r)
        return r;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(path, e);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        int why = errno;
        bool known = read_lock_file(fd, &pid, address, sizeof address);
        close(fd);
        if (why != EWOULDBLOCK)
            return err_set(e, ERR_IO, "%s: %s", path, strerror(why));
        if (!known)
            return err_set(e, ERR_AGAIN, "the data folder %s is in use by another process", dir);
        return err_set(e, ERR_AGAIN, "the data folder %s is in use by process %" PRIdMAX "%s%s", dir, pid,
                       *address ? ", which serves " : "", address);
    }
    if (write_lock_file(fd, "")) {
        r = failed(path, e);
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return OK;
}

int folder_announce(int lock_fd, const char *address)
{
    return write_lock_file(lock_fd, address);
}

bool folder_find(const char *dir, char *ret_address, size_t cap)
{
    char path[4096], address[LOCK_BYTES];
    intmax_t pid = 0;
    if (folder_path(path, sizeof path, dir, FOLDER_LOCK, "", NULL))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool taken = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    bool found = taken && read_lock_file(fd, &pid, address, sizeof address) && *address;
    close(fd);
    return found && str_copy(ret_address, cap, str_of(address));
}

/* ---- files */

bool file_exists(const char *path)
{
    struct stat st;
    return !lstat(path, &st);
}

int path_sync(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(path, e);
    int r = fsync(fd) ? failed(path, e) : OK;
    close(fd);
    return r;
}

static int sync_folder_of(const char *path, struct err *e)
{
    char dir[4096];
    ptrdiff_t slash = str_rchr(str_of(path), '/');
    if (!str_copy(dir, sizeof dir, slash < 0 ? STR(".") : slash ? str_head(str_of(path), (size_t)slash) : STR("/")))
        return err_set(e, ERR_LIMIT, "%s: %s", path, strerror(ENAMETOOLONG));
    return path_sync(dir, e);
}

int path_rename(const char *from, const char *to, struct err *e)
{
    int r = path_sync(from, e);
    if (r)
        return r;
    return rename(from, to) ? failed(to, e) : sync_folder_of(to, e);
}

int path_publish(const char *from, const char *to, struct err *e)
{
    int r = path_sync(from, e);
    if (r)
        return r;
    if (!link(from, to)) {
        if (unlink(from))
            return failed(from, e);
    } else if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK) {
        return failed(to, e);
    } else if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE)) {
        return failed(to, e); /* FAT, for one, has no links, but can do this */
    }
    return sync_folder_of(to, e);
}

int path_write(const char *path, struct str bytes, struct err *e)
{
    int r = OK, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(path, e);
    while (!r && bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            r = failed(path, e);
        bytes = str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    if (!r && fsync(fd))
        r = failed(path, e);
    if (close(fd) && !r)
        r = failed(path, e);
    if (r)
        unlink(path);
    return r;
}

int path_shred(const char *path, size_t n, struct err *e)
{
    uint8_t noise[512];
    struct stat st;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? OK : errno == ELOOP && !unlink(path) ? OK : failed(path, e);
    int r = fstat(fd, &st) ? failed(path, e) : OK;
    size_t end = !r && n && n < (size_t)st.st_size ? n : r ? 0 : (size_t)st.st_size;
    for (size_t at = 0; !r && at < end;) {
        size_t part = end - at < sizeof noise ? end - at : sizeof noise;
        if (rng_entropy(noise, part) || pwrite(fd, noise, part, (off_t)at) != (ssize_t)part)
            r = failed(path, e);
        at += part;
    }
    if (!r && fsync(fd))
        r = failed(path, e);
    close(fd);
    /* also when it could not be overwritten: less of it is left than nothing done */
    return unlink(path) && !r ? failed(path, e) : r;
}
