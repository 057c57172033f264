/* What the three kinds of files share. */
#ifndef STORE_VFS_INTERNAL_H
#define STORE_VFS_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/vfs.h"

struct vfs {
    sqlite3_vfs base; /* first: SQLite hands this pointer back */
    sqlite3_vfs *real;
    const struct keys *keys;
    char name[32];
    pthread_mutex_t mutex; /* of what follows */
    bool damaged;
    char damage[300];
};

enum {
    WAL_HEAD = 32,                              /* SQLite's */
    WAL_HEAD_STORED = WAL_HEAD + TRAILER_BYTES, /* ours */
    FRAME_HEAD = 24,                            /* SQLite's */
    FRAME_HEAD_SEALED = 32,                     /* and what we know about it */
    FRAME_HEAD_STORED = FRAME_HEAD_SEALED + TRAILER_BYTES,
    FRAME = FRAME_HEAD + PAGE_BYTES,
    FRAME_STORED = FRAME_HEAD_STORED + PAGE_BYTES,
    BLOCK_HEAD = 8,
    BLOCK_DATA = PAGE_BYTES - TRAILER_BYTES - BLOCK_HEAD,
};

/* The head of a WAL frame, opened. */
struct frame_head {
    uint8_t bytes[FRAME_HEAD]; /* page, pages after the commit or 0, salts, checksums */
    uint32_t synced;           /* frames that were known to be on the disk when this one was written */
};

struct file {
    sqlite3_file base;  /* first */
    sqlite3_file *real; /* behind this struct, in SQLite's allocation */
    struct vfs *vfs;
    const char *name; /* without folders; SQLite keeps it */
    struct cipher cipher;
    union {
        struct { /* WAL */
            struct frame_head head;
            int64_t head_of;         /* the frame of `head`, or -1 */
            uint8_t salts[8];        /* of the generation that this handle wrote to last */
            bool resealing;          /* whole frames are read for new checksums, not for recovery */
            bool provisional_commit; /* the head written last ends a transaction, and its checksums are to follow */
            uint32_t written;        /* frames up to the one that this handle wrote last */
            uint32_t synced;
        } wal;
        struct {        /* journal: the block that was used last, in clear */
            int64_t at; /* or -1 */
            uint32_t length;
            uint32_t written, synced; /* blocks, by this handle */
            uint32_t vouched;         /* blocks that block 0 says must be there */
            uint8_t data[BLOCK_HEAD + BLOCK_DATA];
        } block;
    };
    uint8_t scratch[FRAME_STORED];
};

extern const sqlite3_io_methods vfs_main_methods, vfs_wal_methods, vfs_journal_methods;

static inline const sqlite3_io_methods *real_of(const struct file *f)
{
    return f->real->pMethods;
}

/* The methods that are the same for all. */
int vfs_close(sqlite3_file *f);
int vfs_sync(sqlite3_file *f, int flags);
int vfs_lock(sqlite3_file *f, int level);
int vfs_unlock(sqlite3_file *f, int level);
int vfs_check_reserved(sqlite3_file *f, int *ret);
int vfs_control(sqlite3_file *f, int op, void *arg);
int vfs_sector_size(sqlite3_file *f);
int vfs_characteristics(sqlite3_file *f);

/* Remembers the sentence "FILE: …" and returns SQLITE_IOERR_DATA. */
int vfs_note(struct file *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For what cipher_seal and cipher_open return, when it is not damage. */
int vfs_code(int code);
bool all_zero(const uint8_t *p, size_t n);

static inline uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * (3 - i));
}

#endif
