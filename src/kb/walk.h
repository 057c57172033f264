/* Files below a folder, found without following a link.
 *
 * A path is opened name by name from one of the roots, each with O_NOFOLLOW, and a folder is read through its own descriptor: whatever
 * is renamed or replaced by a link meanwhile, nothing outside of the root is ever opened. What the walk does not enter (links, devices,
 * /proc, what is too deep) is told. Names that begin with a dot are passed over silently, but for the one that was asked for.
 *
 * Blocking; any thread. */
#ifndef KB_WALK_H
#define KB_WALK_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

struct walk_limits {      /* 0: the default */
    uint32_t depth_max;   /* 64 */
    uint64_t entries_max; /* 1,000,000: of one walk */
};

struct walk_events {
    /* A regular file, open for reading. The callee owns fd. Non-zero ends the walk with that code. */
    int (*file)(void *ctx, int fd, struct str path, const struct stat *st);
    /* Something that is not entered, and why: "is a link". */
    int (*skipped)(void *ctx, struct str path, const char *why);
};

/* Opens `path` (absolute, without ".", "..", "//") below one of the roots (absolute, without links). ERR_DENIED:
 * it is below none of them, or a link is on the way; ERR_NOENT; ERR_IO. */
int walk_open(const struct str *roots, size_t n_roots, struct str path, int *ret_fd, struct err *e);
/* The file or folder `fd`, which stays the caller's, is at `path`. ERR_LIMIT: more entries than the limit. */
int walk_from(int fd, struct str path, const struct walk_limits *limits, const struct walk_events *ev, void *ctx, struct err *e);

#endif
