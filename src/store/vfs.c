#include "store/vfs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/vfs_internal.h"

bool all_zero(const uint8_t *p, size_t n)
{
    return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

int vfs_code(int code)
{
    return code == OK ? SQLITE_OK : code == ERR_NOMEM ? SQLITE_IOERR_NOMEM : SQLITE_IOERR;
}

int vfs_note(struct file *f, const char *fmt, ...)
{
    struct vfs *v = f->vfs;
    va_list ap;
    va_start(ap, fmt);
    pthread_mutex_lock(&v->mutex);
    int n = snprintf(v->damage, sizeof v->damage, "%s: ", f->name);
    if (n > 0 && (size_t)n < sizeof v->damage)
        vsnprintf(v->damage + n, sizeof v->damage - (size_t)n, fmt, ap);
    v->damaged = true;
    pthread_mutex_unlock(&v->mutex);
    va_end(ap);
    return SQLITE_IOERR_DATA;
}

bool vfs_damage(struct vfs *v, char *ret, size_t cap)
{
    pthread_mutex_lock(&v->mutex);
    bool damaged = v->damaged;
    if (damaged)
        str_copy(ret, cap, str_of(v->damage));
    v->damaged = false;
    pthread_mutex_unlock(&v->mutex);
    return damaged;
}

/* ---- methods that only pass on */

int vfs_close(sqlite3_file *s)
{
    struct file *f = (struct file *)s;
    cipher_deinit(&f->cipher);
    return real_of(f) ? real_of(f)->xClose(f->real) : SQLITE_OK;
}

int vfs_sync(sqlite3_file *s, int flags)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xSync(f->real, flags);
}

int vfs_lock(sqlite3_file *s, int level)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xLock(f->real, level);
}

int vfs_unlock(sqlite3_file *s, int level)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xUnlock(f->real, level);
}

int vfs_check_reserved(sqlite3_file *s, int *ret)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xCheckReservedLock(f->real, ret);
}

/* Mapping would show SQLite what is on the disk; hints about sizes mean other offsets than ours. */
int vfs_control(sqlite3_file *s, int op, void *arg)
{
    struct file *f = (struct file *)s;
    switch (op) {
    case SQLITE_FCNTL_MMAP_SIZE: *(sqlite3_int64 *)arg = 0; return SQLITE_OK;
    case SQLITE_FCNTL_SIZE_HINT:
    case SQLITE_FCNTL_CHUNK_SIZE: return SQLITE_OK;
    default: return real_of(f)->xFileControl(f->real, op, arg);
    }
}

int vfs_sector_size(sqlite3_file *s)
{
    (void)s;
    return PAGE_BYTES;
}

/* Of whole sealed blocks, each a write of its own, a neighbour is never touched: what SQLite calls power-safe overwrite. It also
 * keeps SQLite from writing a frame in two pieces. */
int vfs_characteristics(sqlite3_file *s)
{
    (void)s;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the VFS */

static const sqlite3_io_methods *methods_for(int flags)
{
    if (flags & SQLITE_OPEN_MAIN_DB)
        return &vfs_main_methods;
    if (flags & SQLITE_OPEN_WAL)
        return &vfs_wal_methods;
    return flags & SQLITE_OPEN_MAIN_JOURNAL ? &vfs_journal_methods : NULL;
}

static int open_file(sqlite3_vfs *base, const char *name, sqlite3_file *s, int flags, int *ret_flags)
{
    struct vfs *v = (struct vfs *)base;
    struct file *f = (struct file *)s;
    const sqlite3_io_methods *methods = methods_for(flags);
    *f = (struct file){.real = (sqlite3_file *)(f + 1), .vfs = v};
    if (!methods || !name)
        return SQLITE_CANTOPEN; /* a temporary file would be in the clear */
    const char *slash = strrchr(name, '/');
    f->name = slash ? slash + 1 : name;
    cipher_init(&f->cipher, v->keys->identity, v->keys->data);
    if (methods == &vfs_wal_methods)
        f->wal.head_of = -1;
    else if (methods == &vfs_journal_methods)
        f->block.at = -1;
    memset(f->real, 0, (size_t)v->real->szOsFile);
    int r = v->real->xOpen(v->real, name, f->real, flags, ret_flags);
    if (r == SQLITE_OK)
        f->base.pMethods = methods;
    return r;
}

int vfs_create(const struct keys *keys, struct vfs **ret)
{
    sqlite3_vfs *real = sqlite3_vfs_find("unix");
    struct vfs *v = calloc(1, sizeof *v);
    if (!v || !real) {
        free(v);
        return ERR_NOMEM;
    }
    v->base = *real; /* names, deleting, time, randomness: as they are */
    v->base.szOsFile = (int)sizeof(struct file) + real->szOsFile;
    v->base.pNext = NULL;
    v->base.xOpen = open_file;
    v->base.zName = v->name;
    v->real = real;
    v->keys = keys;
    snprintf(v->name, sizeof v->name, "hearth-%p", (void *)v);
    if (pthread_mutex_init(&v->mutex, NULL)) {
        free(v);
        return ERR_NOMEM;
    }
    if (sqlite3_vfs_register(&v->base, 0)) {
        pthread_mutex_destroy(&v->mutex);
        free(v);
        return ERR_NOMEM;
    }
    *ret = v;
    return OK;
}

void vfs_free(struct vfs *v)
{
    if (!v)
        return;
    sqlite3_vfs_unregister(&v->base);
    pthread_mutex_destroy(&v->mutex);
    free(v);
}

const char *vfs_name(const struct vfs *v)
{
    return v->name;
}
