#include "kb/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { DEPTH_DEFAULT = 64, ENTRIES_DEFAULT = 1000000 };
/* O_NONBLOCK: a pipe must not hold us up before it is seen to be one. */
#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* ---- from a root to a path */

static bool is_below(struct str root, struct str path)
{
    while (root.len > 1 && root.ptr[root.len - 1] == '/')
        root.len--;
    if (str_eq(root, STR("/")))
        return str_starts(path, root);
    return str_starts(path, root) && (path.len == root.len || path.ptr[root.len] == '/');
}

static int open_root(struct str root, struct err *e)
{
    char text[PATH_MAX];
    int fd = str_copy(text, sizeof text, root) ? open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return fd >= 0 ? fd : err_set(e, errno == ENOENT ? ERR_NOENT : ERR_IO, STR_FMT " cannot be opened: %s", STR_ARG(root), strerror(errno));
}

/* One name further; closes fd. */
static int step(int fd, struct str name, struct err *e)
{
    char text[NAME_MAX + 1];
    if (!name.len || str_eq(name, STR(".")) || str_eq(name, STR("..")) || !str_copy(text, sizeof text, name)) {
        close(fd); /* a file has one name here, so that it is one document */
        return err_set(e, ERR_DENIED, "has \"..\", \".\", \"//\" or a name that is too long in its path");
    }
    int next = openat(fd, text, OPEN_FLAGS), why = errno;
    close(fd);
    if (next >= 0)
        return next;
    if (why == ELOOP || why == EMLINK)
        return err_set(e, ERR_DENIED, "is behind a link (" STR_FMT "), and links are not followed: name what it points to", STR_ARG(name));
    return err_set(e,
                   why == ENOENT || why == ENOTDIR ? ERR_NOENT
                   : why == EACCES || why == EPERM ? ERR_DENIED
                                                   : ERR_IO,
                   "cannot be opened: %s", strerror(why));
}

int walk_open(const struct str *roots, size_t n_roots, struct str path, int *ret_fd, struct err *e)
{
    for (size_t i = 0; i < n_roots; i++) {
        if (!is_below(roots[i], path))
            continue;
        struct str rest = str_skip(path, roots[i].len), name;
        int fd = open_root(roots[i], e);
        rest = str_skip(rest, str_starts(rest, STR("/")));
        while (fd >= 0 && rest.len && str_split(&rest, '/', &name))
            fd = step(fd, name, e);
        if (fd < 0)
            return fd;
        *ret_fd = fd;
        return OK;
    }
    return err_set(e, ERR_DENIED, "is not below a folder of kb.roots; add its folder to that setting");
}

/* ---- downwards */

struct walk {
    const struct walk_events *ev;
    void *ctx;
    struct buf path;
    uint32_t depth, depth_max;
    uint64_t entries, entries_max;
    struct err *e;
};

static int skip(struct walk *w, const char *why)
{
    return w->ev->skipped ? w->ev->skipped(w->ctx, buf_str(&w->path), why) : OK;
}

/* What the kernel makes up as it is read has no end and no content of anybody's. */
static bool is_made_up(int fd)
{
    struct statfs fs;
    return !fstatfs(fd, &fs) && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC || fs.f_type == DEBUGFS_MAGIC ||
                                 fs.f_type == TRACEFS_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);
}

static int enter(struct walk *w, int fd);

static int visit_name(struct walk *w, int dir, const char *name)
{
    size_t len = w->path.len;
    if (++w->entries > w->entries_max)
        return err_set(w->e, ERR_LIMIT, "has more than %llu files and folders within; add its folders one by one",
                       (unsigned long long)w->entries_max);
    if (!str_ends(buf_str(&w->path), STR("/")))
        buf_putc(&w->path, '/');
    buf_puts(&w->path, name);
    int r = w->path.failed, fd = r ? -1 : openat(dir, name, OPEN_FLAGS);
    if (!r && fd >= 0)
        r = enter(w, fd);
    else if (!r)
        r = skip(w, errno == ELOOP ? "is a link, and links are not followed" : errno == ENOENT ? "is not there any more" : strerror(errno));
    w->path.len = len;
    return r;
}

static int visit_folder(struct walk *w, int fd)
{
    DIR *d = fdopendir(fd);
    int r = OK;
    if (!d) {
        close(fd);
        return skip(w, strerror(errno));
    }
    w->depth++;
    for (struct dirent *entry; !r && (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            r = visit_name(w, dirfd(d), entry->d_name);
    w->depth--;
    closedir(d);
    return r;
}

/* Owns fd. */
static int enter(struct walk *w, int fd)
{
    struct stat st;
    const char *why = NULL;
    if (fstat(fd, &st))
        why = strerror(errno);
    else if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        why = "is neither a file nor a folder";
    else if (is_made_up(fd))
        why = "is made up by the kernel";
    else if (S_ISDIR(st.st_mode) && w->depth >= w->depth_max)
        why = "is too deep within its folder";
    if (why) {
        close(fd);
        return skip(w, why);
    }
    return S_ISDIR(st.st_mode) ? visit_folder(w, fd) : w->ev->file(w->ctx, fd, buf_str(&w->path), &st);
}

int walk_from(int fd, struct str path, const struct walk_limits *limits, const struct walk_events *ev, void *ctx, struct err *e)
{
    struct walk w = {.ev = ev,
                     .ctx = ctx,
                     .path = buf_make(64 << 10),
                     .depth_max = limits && limits->depth_max ? limits->depth_max : DEPTH_DEFAULT,
                     .entries_max = limits && limits->entries_max ? limits->entries_max : ENTRIES_DEFAULT,
                     .e = e};
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return err_set(e, ERR_IO, "cannot be opened: %s", strerror(errno));
    lseek(own, 0, SEEK_SET); /* a folder that was read through this descriptor before begins anew */
    buf_put(&w.path, path);
    int r = w.path.failed ? w.path.failed : enter(&w, own);
    buf_free(&w.path);
    return r;
}
