#include "sys/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_CAP = 512, CGROUP_DEPTH_MAX = 32 };

bool fs_read(const char *root, const char *path, char *dst, size_t cap, struct str *ret)
{
    char full[PATH_CAP * 2];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof full)
        return false;
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = 0;
    while (len + 1 < cap) {
        ssize_t got = read(fd, dst + len, cap - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    close(fd);
    dst[len] = 0;
    *ret = str_trim(str_from(dst, len));
    return true;
}

bool fs_read_u64(const char *root, const char *path, uint64_t *ret)
{
    char text[64];
    struct str s;
    return fs_read(root, path, text, sizeof text, &s) && str_to_u64(s, ret) == 0;
}

bool fs_find_u64(struct str text, struct str key, uint64_t *ret)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        if (!str_starts(line, key))
            continue;
        struct str rest = str_trim(str_skip(line, key.len)), number = rest;
        ptrdiff_t end = str_chr(rest, ' ');
        return str_to_u64(end < 0 ? number : str_head(rest, (size_t)end), ret) == 0;
    }
    return false;
}

/* The folder itself, then its parents up to the mount. */
static void walk_up(const char *root, const char *mount, struct str group, bool v2, fs_cgroup_fn *fn, void *arg)
{
    char folder[PATH_CAP];
    for (int depth = 0; depth < CGROUP_DEPTH_MAX; depth++) {
        while (group.len && group.ptr[group.len - 1] == '/')
            group.len--;
        int n = snprintf(folder, sizeof folder, "%s" STR_FMT, mount, STR_ARG(group));
        if (n > 0 && (size_t)n < sizeof folder)
            fn(arg, root, folder, v2);
        ptrdiff_t slash = str_rchr(group, '/');
        if (slash < 0)
            return;
        group.len = (size_t)slash;
    }
}

/* `controllers` is a list with commas ("cpu,cpuacct"). */
static bool lists(struct str controllers, struct str wanted)
{
    struct str one;
    while (str_split(&controllers, ',', &one))
        if (str_eq(one, wanted))
            return true;
    return false;
}

void fs_cgroups(const char *root, const char *controller, fs_cgroup_fn *fn, void *arg)
{
    char text[4096], mount[PATH_CAP];
    struct str all, line;
    if (!fs_read(root, "/proc/self/cgroup", text, sizeof text, &all))
        return;
    /* Lines are "0::/path" for version 2 and "7:cpu,cpuacct:/path" for version 1. */
    while (str_split(&all, '\n', &line)) {
        struct str id, controllers;
        if (!str_split(&line, ':', &id) || !str_split(&line, ':', &controllers))
            continue;
        if (!controllers.len) {
            walk_up(root, "/sys/fs/cgroup", line, true, fn, arg);
        } else if (lists(controllers, str_of(controller))) {
            snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", controller);
            walk_up(root, mount, line, false, fn, arg);
        }
    }
}
