/* The small files of /proc, /sys and cgroups, under a root that tests replace by a tree of their own. For this room. */
#ifndef SYS_FS_H
#define SYS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Reads root + path into dst, terminated and without the last newline; false when it is not there. */
bool fs_read(const char *root, const char *path, char *dst, size_t cap, struct str *ret);
/* A file that holds one number. */
bool fs_read_u64(const char *root, const char *path, uint64_t *ret);
/* The number after `key` ("MemAvailable:") at the start of a line of text. */
bool fs_find_u64(struct str text, struct str key, uint64_t *ret);

/* Calls fn with the folder of this process's cgroup (below root) and of each of its parents, version 2 first and then the
 * version 1 `controller`, as far as they exist. */
typedef void fs_cgroup_fn(void *arg, const char *root, const char *folder, bool v2);
void fs_cgroups(const char *root, const char *controller, fs_cgroup_fn *fn, void *arg);

#endif
