#include "fetch/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sys/mem.h"

/* What must stay free: a full disk hurts everything else on it. */
static const uint64_t margin_bytes = 64 << 20;

static int fail(const char *what, const char *path, struct err *e)
{
    char why[128];
    int number = errno, code = number == ENOSPC || number == EDQUOT || number == EFBIG ? ERR_LIMIT : ERR_IO;
    if (number == EACCES || number == EPERM || number == EROFS)
        code = ERR_DENIED;
    if (number == ENOENT)
        code = ERR_NOENT;
    return err_set(e, code, "%s %s: %s", what, path, strerror_r(number, why, sizeof why));
}

static char *with_suffix(const char *path, const char *suffix)
{
    char *out = NULL;
    return asprintf(&out, "%s%s", path, suffix) < 0 ? NULL : out;
}

/* Between our open and our lock another process may have finished and moved the file to its name: then it is not a part any more. */
static bool still_there(const struct part *p)
{
    struct stat ours, named;
    return !fstat(p->fd, &ours) && !lstat(p->part_path, &named) && ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static int open_locked(struct part *p, struct err *e)
{
    struct stat st;
    p->fd = open(p->part_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (p->fd < 0 || fstat(p->fd, &st))
        return fail("cannot write", p->part_path, e);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INVAL, "%s is in the way: it is no regular file", p->part_path);
    if (flock(p->fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? err_set(e, ERR_EXISTS, "%s is being loaded already", p->path) : fail("cannot lock", p->part_path, e);
    return still_there(p) ? OK : err_set(e, ERR_EXISTS, "%s has been loaded by another process just now", p->path);
}

int part_open(const char *path, struct part *ret, struct err *e)
{
    struct part p = {.path = with_suffix(path, ""), .part_path = with_suffix(path, ".part"), .fd = -1};
    p.state_path = with_suffix(path, ".part.state");
    int rc = p.path && p.part_path && p.state_path ? open_locked(&p, e) : err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    if (rc)
        part_close(&p);
    else
        *ret = p;
    return rc;
}

void part_close(struct part *p)
{
    if (p->path && p->fd >= 0)
        close(p->fd);
    free(p->path);
    free(p->part_path);
    free(p->state_path);
    free(p->pieces);
    *p = (struct part){.fd = -1};
}

/* The state goes first: a part without one is worth nothing, but a state without its part would lie. */
void part_discard(struct part *p)
{
    unlink(p->state_path);
    unlink(p->part_path);
}

/* ---- room */

static int free_bytes(const struct part *p, uint64_t *ret, struct err *e)
{
    struct statvfs fs;
    struct stat st;
    if (fstatvfs(p->fd, &fs) || fstat(p->fd, &st))
        return fail("cannot see the free space of", p->part_path, e);
    uint64_t free_now = (uint64_t)fs.f_bavail * fs.f_frsize + (uint64_t)st.st_blocks * 512; /* what the part has already is ours */
    *ret = free_now > margin_bytes ? free_now - margin_bytes : 0;
    return OK;
}

/* The disk, the quota or the limit on files' sizes has ended something: what is needed, as far as it is known. */
static int fail_full(const struct part *p, const char *what, struct err *e)
{
    uint64_t room = 0;
    int number = errno;
    if (number != ENOSPC && number != EDQUOT && number != EFBIG)
        return fail(what, p->part_path, e);
    const char *why = number == ENOSPC ? "the disk is full" : number == EDQUOT ? "the quota is used up" : "files may not be so large";
    free_bytes(p, &room, NULL);
    if (!p->size)
        return err_set(e, ERR_LIMIT, "not enough room for %s: %s, with %.2f GB free", p->part_path, why, (double)room * 1e-9);
    return err_set(e, ERR_LIMIT, "not enough room for %s: %s; %.2f GB are needed and %.2f GB are free", p->part_path, why,
                   (double)p->size * 1e-9, (double)room * 1e-9);
}

static int make_room(struct part *p, uint64_t size, struct err *e)
{
    uint64_t room;
    int rc = free_bytes(p, &room, e);
    if (rc)
        return rc;
    if (size > room)
        return err_set(e, ERR_LIMIT, "not enough room: %.2f GB are needed and %.2f GB are free for %s", (double)size * 1e-9,
                       (double)room * 1e-9, p->part_path);
    if (ftruncate(p->fd, (off_t)size))
        return fail_full(p, "cannot make room for", e);
    /* Taken now rather than missed later. File systems that cannot do it say so, and then writing finds out. */
    if (size && fallocate(p->fd, 0, 0, (off_t)size) && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
        return fail_full(p, "cannot make room for", e);
    return OK;
}

/* ---- beginning */

static void read_state(struct part *p, const struct part_source *s)
{
    char *text = NULL;
    size_t len = 0;
    struct stat st;
    bool whole = !fstat(p->fd, &st) && (uint64_t)st.st_size == p->size;
    if (!whole || file_read(p->state_path, PART_STATE_MAX, &text, &len, NULL) ||
        !part_state_read(str_from(text, len), s, p->pieces, p->n_pieces))
        memset(p->pieces, PIECE_FREE, p->n_pieces);
    free(text);
}

int part_begin(struct part *p, const struct part_source *s, struct err *e)
{
    if (s->size > PART_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "%.0f GB are more than is ever loaded", (double)s->size * 1e-9);
    free(p->pieces);
    p->size = s->size;
    p->n_pieces = (size_t)((s->size + PART_PIECE - 1) / PART_PIECE);
    p->pieces = calloc(p->n_pieces + 1, 1);
    if (!p->pieces)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    read_state(p, s);
    if (!part_done_bytes(p))
        unlink(p->state_path);
    return make_room(p, s->size, e);
}

int part_begin_whole(struct part *p, uint64_t size, uint64_t *ret_limit, struct err *e)
{
    unlink(p->state_path);
    free(p->pieces);
    p->pieces = NULL;
    p->n_pieces = 0;
    p->size = size;
    if (size > PART_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "%.0f GB are more than is ever loaded", (double)size * 1e-9);
    int rc = make_room(p, size, e);
    if (!rc && !size)
        rc = free_bytes(p, &size, e);
    if (!rc)
        *ret_limit = size;
    return rc;
}

/* ---- bytes */

uint64_t part_piece_bytes(const struct part *p, size_t piece)
{
    uint64_t at = (uint64_t)piece * PART_PIECE;
    return p->size - at < PART_PIECE ? p->size - at : PART_PIECE;
}

uint64_t part_done_bytes(const struct part *p)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < p->n_pieces; i++)
        if (p->pieces[i] == PIECE_DONE)
            sum += part_piece_bytes(p, i);
    return sum;
}

static int write_all(int fd, uint64_t at, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += (uint64_t)n;
        bytes = str_skip(bytes, (size_t)n);
    }
    return 0;
}

int part_write(struct part *p, uint64_t at, struct str bytes, struct err *e)
{
    return write_all(p->fd, at, bytes) ? fail_full(p, "cannot write", e) : OK;
}

/* ---- the disk */

static int sync_folder(const char *path)
{
    struct str dir = str_of(path);
    ptrdiff_t slash = str_rchr(dir, '/');
    char *name = slash < 0 ? str_dup(STR(".")) : str_dup(str_head(dir, slash ? (size_t)slash : 1));
    int fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, rc = -1;
    if (fd >= 0) {
        rc = fsync(fd);
        close(fd);
    }
    free(name);
    return rc;
}

static int replace_state(struct part *p, struct str text, struct err *e)
{
    char *fresh = with_suffix(p->state_path, ".new");
    if (!fresh)
        return err_set(e, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), rc = OK;
    if (fd < 0 || write_all(fd, 0, text) || fsync(fd))
        rc = fail("cannot write", fresh, e);
    if (fd >= 0)
        close(fd);
    if (!rc && rename(fresh, p->state_path))
        rc = fail("cannot write", p->state_path, e);
    if (rc)
        unlink(fresh);
    free(fresh);
    return rc;
}

int part_save(struct part *p, const struct part_source *s, const uint8_t *done, struct err *e)
{
    struct buf text = buf_make(PART_STATE_MAX);
    int rc = fdatasync(p->fd) ? fail("cannot write", p->part_path, e) : OK;
    if (!rc) {
        part_state_write(s, done, p->n_pieces, &text);
        rc = text.failed ? err_set(e, text.failed, "%s", err_text(text.failed)) : replace_state(p, buf_str(&text), e);
    }
    buf_free(&text);
    return rc;
}

int part_finish(struct part *p, uint64_t size, struct err *e)
{
    if (ftruncate(p->fd, (off_t)size) || fchmod(p->fd, 0644) || fsync(p->fd))
        return fail("cannot write", p->part_path, e);
    if (renameat2(AT_FDCWD, p->part_path, AT_FDCWD, p->path, RENAME_NOREPLACE)) {
        if (errno == EEXIST)
            return err_set(e, ERR_EXISTS, "%s has appeared meanwhile and is left as it is", p->path);
        if (errno != EINVAL && errno != ENOSYS)
            return fail("cannot make", p->path, e);
        /* A file system without that flag: a hard link does not replace either. */
        if (link(p->part_path, p->path) || unlink(p->part_path))
            return errno == EEXIST ? err_set(e, ERR_EXISTS, "%s has appeared meanwhile and is left as it is", p->path)
                                   : fail("cannot make", p->path, e);
    }
    unlink(p->state_path);
    return sync_folder(p->path) ? fail("cannot sync the folder of", p->path, e) : OK;
}
