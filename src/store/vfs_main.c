/* The database file: page n of SQLite lies behind the header at HEADER_BYTES + (n - 1) · 4096. Its last 32 bytes, which SQLite
 * leaves free (SQLITE_FCNTL_RESERVE_BYTES), hold the trailer; SQLite sees zeros there. */
#include "store/vfs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/secret.h"

enum { PAGE_SEALED = PAGE_BYTES - PAGE_RESERVED };

static struct place place_of(uint64_t page)
{
    return (struct place){.kind = PLACE_PAGE, .number = page};
}

static int64_t stored_at(uint64_t page)
{
    return HEADER_BYTES + ((int64_t)page - 1) * PAGE_BYTES;
}

static int file_size(struct file *f, int64_t *ret)
{
    sqlite3_int64 size = 0;
    int r = real_of(f)->xFileSize(f->real, &size);
    if (r == SQLITE_OK)
        *ret = size <= HEADER_BYTES ? 0 : (size - HEADER_BYTES) / PAGE_BYTES * PAGE_BYTES;
    return r;
}

static int main_size(sqlite3_file *s, sqlite3_int64 *ret)
{
    int64_t size = 0;
    int r = file_size((struct file *)s, &size);
    if (r == SQLITE_OK)
        *ret = size;
    return r;
}

/* One page into out. With secure_delete every page of a database is written, so a page that lies beyond the end is lost; only
 * a database that has no page yet is asked for what is not there. */
static int read_page(struct file *f, uint64_t page, uint8_t out[PAGE_BYTES])
{
    const struct place at = place_of(page);
    int64_t size = 0;
    int r = real_of(f)->xRead(f->real, out, PAGE_BYTES, stored_at(page));
    if (r == SQLITE_IOERR_SHORT_READ) {
        r = file_size(f, &size);
        if (r)
            return r;
        memset(out, 0, PAGE_BYTES);
        return size ? vfs_note(f, "page %llu is missing: the file ends after page %lld", (unsigned long long)page,
                               (long long)(size / PAGE_BYTES))
                    : SQLITE_IOERR_SHORT_READ;
    }
    if (r)
        return r;
    r = cipher_open(&f->cipher, &at, out, PAGE_SEALED, out + PAGE_SEALED);
    if (r)
        memset(out, 0, PAGE_BYTES);
    memset(out + PAGE_SEALED, 0, PAGE_RESERVED);
    return r == ERR_CORRUPT ? vfs_note(f, "page %llu is damaged, or belongs elsewhere", (unsigned long long)page) : vfs_code(r);
}

/* Besides whole pages SQLite reads the first 100 bytes, and 16 bytes at 24. */
static int main_read(sqlite3_file *s, void *out, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    int64_t within = at % PAGE_BYTES;
    uint64_t page = (uint64_t)(at / PAGE_BYTES) + 1;
    if (n == PAGE_BYTES && !within)
        return read_page(f, page, out);
    if (within + n > PAGE_BYTES)
        return SQLITE_IOERR_READ;
    int r = read_page(f, page, f->scratch);
    memcpy(out, f->scratch + within, (size_t)n);
    return r;
}

static int write_page(struct file *f, uint64_t page, const uint8_t *in)
{
    const struct place at = place_of(page);
    int r = cipher_seal(&f->cipher, &at, in, PAGE_SEALED, f->scratch, f->scratch + PAGE_SEALED);
    return r ? vfs_code(r) : real_of(f)->xWrite(f->real, f->scratch, PAGE_BYTES, stored_at(page));
}

/* Sealed zeros up to `end`, so that no page is ever a hole. */
static int fill(struct file *f, int64_t end)
{
    static const uint8_t zeros[PAGE_BYTES];
    int64_t size = 0;
    int r = file_size(f, &size);
    for (; r == SQLITE_OK && size < end; size += PAGE_BYTES)
        r = write_page(f, (uint64_t)(size / PAGE_BYTES) + 1, zeros);
    return r;
}

static int main_write(sqlite3_file *s, const void *in, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    if (n != PAGE_BYTES || at % PAGE_BYTES || !all_zero((const uint8_t *)in + PAGE_SEALED, PAGE_RESERVED))
        return SQLITE_IOERR_WRITE; /* another page size, or no reserved bytes: not a database of ours */
    int64_t size = 0;
    int r = file_size(f, &size);
    if (r == SQLITE_OK && size < at)
        r = fill(f, at);
    return r ? r : write_page(f, (uint64_t)(at / PAGE_BYTES) + 1, in);
}

static int main_truncate(sqlite3_file *s, sqlite3_int64 size)
{
    struct file *f = (struct file *)s;
    int64_t now = 0;
    int r = file_size(f, &now);
    if (r)
        return r;
    return now < size ? fill(f, size) : real_of(f)->xTruncate(f->real, HEADER_BYTES + size);
}

static int shm_map(sqlite3_file *s, int region, int size, int extend, void volatile **ret)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xShmMap(f->real, region, size, extend, ret);
}

static int shm_lock(sqlite3_file *s, int offset, int n, int flags)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xShmLock(f->real, offset, n, flags);
}

static void shm_barrier(sqlite3_file *s)
{
    struct file *f = (struct file *)s;
    real_of(f)->xShmBarrier(f->real);
}

static int shm_unmap(sqlite3_file *s, int remove)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xShmUnmap(f->real, remove);
}

const sqlite3_io_methods vfs_main_methods = {
    .iVersion = 2, /* without the mapping of 3 */
    .xClose = vfs_close,
    .xRead = main_read,
    .xWrite = main_write,
    .xTruncate = main_truncate,
    .xSync = vfs_sync,
    .xFileSize = main_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_check_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

int vfs_verify(const struct keys *keys, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    uint8_t page[PAGE_BYTES];
    struct cipher c;
    int r = OK, fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    cipher_init(&c, keys->identity, keys->data);
    for (uint64_t n = 1; !r; n++) {
        const struct place at = place_of(n);
        ssize_t got = pread(fd, page, sizeof page, stored_at(n));
        if (!got && n > 1)
            break;
        if (got < 0)
            r = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
        else if (got < PAGE_BYTES)
            r = err_set(e, ERR_CORRUPT, "%s: the file ends within page %llu", name, (unsigned long long)n);
        else if (cipher_open(&c, &at, page, PAGE_SEALED, page + PAGE_SEALED))
            r = err_set(e, ERR_CORRUPT, "%s: page %llu is damaged, or belongs elsewhere", name, (unsigned long long)n);
    }
    secret_wipe(page, sizeof page);
    cipher_deinit(&c);
    close(fd);
    return r;
}

bool vfs_cut_off(const struct vfs *v, const char *path, char *ret, size_t cap)
{
    enum { PAGES_AT = 28 }; /* SQLite's file format, 1.3.8 */
    const char *slash = strrchr(path, '/');
    const struct place at = place_of(1);
    uint8_t page[PAGE_BYTES];
    struct stat st;
    struct cipher c;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cipher_init(&c, v->keys->identity, v->keys->data);
    bool known = fd >= 0 && !fstat(fd, &st) && pread(fd, page, sizeof page, HEADER_BYTES) == PAGE_BYTES &&
                 !cipher_open(&c, &at, page, PAGE_SEALED, page + PAGE_SEALED);
    cipher_deinit(&c);
    if (fd >= 0)
        close(fd);
    if (!known || (st.st_size - HEADER_BYTES) / PAGE_BYTES >= get_be32(page + PAGES_AT))
        return false;
    snprintf(ret, cap, "%s: the file ends after page %lld, and should have %u", slash ? slash + 1 : path,
             (long long)((st.st_size - HEADER_BYTES) / PAGE_BYTES), get_be32(page + PAGES_AT));
    return true;
}
