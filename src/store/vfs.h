/* A VFS of SQLite that encrypts what it hands to the unix VFS below it: database file, WAL and rollback journal. Temporary files are
 * refused (SQLite is told to keep all of that in memory).
 *
 *   hearth.db           header (4096, clear) │ page 1 │ page 2 │ …          a page: 4064 bytes, trailer in SQLite's reserved 32
 *   hearth.db-wal       head 32+32 │ frame 0: head 32+32, page 4096 │ frame 1 …
 *   hearth.db-journal   block 0: head 8, bytes 4056, trailer 32 │ block 1 …
 *   hearth.db-shm       page numbers only; not encrypted, rebuilt by every first opening
 *
 * Invariants
 *   1. Every block's place (which database, which kind of file, which page or frame) is authenticated: none can be moved.
 *   2. SQLite never sees bytes that were not authenticated. Where it would take zeros for an answer (a page beyond the end of
 *      the file, a hole), it gets an error, and vfs_damage has the sentence; the pages of a gap are written as sealed zeros.
 *   3. The log ends where plain SQLite would end it after a crash, and nowhere else (vfs_wal.c).
 *   4. A nonce is never used twice (cipher.h). */
#ifndef STORE_VFS_H
#define STORE_VFS_H

#include <stdbool.h>

#include "store/header.h"

enum { PAGE_BYTES = 4096, PAGE_RESERVED = TRAILER_BYTES };

struct vfs;
/* keys live as long as the VFS. ERR_NOMEM. */
int vfs_create(const struct keys *keys, struct vfs **ret);
/* After all its files were closed. NULL is fine. */
void vfs_free(struct vfs *v);
/* For sqlite3_open_v2. */
const char *vfs_name(const struct vfs *v);

/* The sentence of the last damage that was met, if there was one since the last call: file, page, what is wrong. Any thread. */
bool vfs_damage(struct vfs *v, char *ret, size_t cap);

/* Authenticates every page of a database file, reading the file itself. ERR_CORRUPT names the first that is damaged; ERR_IO. */
int vfs_verify(const struct keys *keys, const char *path, struct err *e);

/* Whether a database file is shorter than its first page says, with the sentence. For databases without a log. */
bool vfs_cut_off(const struct vfs *v, const char *path, char *ret, size_t cap);

#endif
