/* The rollback journal, which SQLite uses until a database is in WAL mode, and where shared memory is not to be had. It is
 * written in pieces of 1 to 4096 bytes at any offset, so it is a file of blocks here:
 *
 *     length 4, synced 4, data 4056 + trailer │ …
 *
 * A piece changes its block in place, with a fresh nonce. The block that was used last is kept in the clear, since pieces come
 * in order.
 *
 * A block that is missing or all zeros is what a power failure leaves of a journal that was not yet on the disk; SQLite does not
 * believe such a journal either. But SQLite puts the journal on the disk before it says so in its head, which is in block 0: the
 * head is sealed with the number of blocks that were on the disk then, and those must be there. Everything else that does not
 * authenticate is damage. */
#include "store/vfs_internal.h"

enum { BLOCK_SEALED = BLOCK_HEAD + BLOCK_DATA };

/* Makes `block` the one in f->block; one that is not there yet is empty. */
static int load(struct file *f, int64_t block)
{
    const struct place at = {.kind = PLACE_JOURNAL, .number = (uint64_t)block};
    if (f->block.at == block)
        return SQLITE_OK;
    f->block.at = -1;
    int r = real_of(f)->xRead(f->real, f->scratch, PAGE_BYTES, block * PAGE_BYTES);
    if (r && r != SQLITE_IOERR_SHORT_READ)
        return r;
    if (r || all_zero(f->scratch, PAGE_BYTES)) {
        if (block < f->block.vouched)
            return vfs_note(f, "block %lld is missing", (long long)block + 1);
        f->block.length = r ? 0 : BLOCK_DATA;
        memset(f->block.data, 0, sizeof f->block.data);
    } else {
        r = cipher_open(&f->cipher, &at, f->scratch, BLOCK_SEALED, f->scratch + BLOCK_SEALED);
        if (!r && get_be32(f->scratch) > BLOCK_DATA)
            r = ERR_CORRUPT;
        if (r)
            return r == ERR_CORRUPT ? vfs_note(f, "block %lld is damaged, or belongs elsewhere", (long long)block + 1) : vfs_code(r);
        f->block.length = get_be32(f->scratch);
        memcpy(f->block.data, f->scratch, BLOCK_SEALED);
        if (!block)
            f->block.vouched = get_be32(f->scratch + 4);
    }
    f->block.at = block;
    return SQLITE_OK;
}

static int save(struct file *f)
{
    const struct place at = {.kind = PLACE_JOURNAL, .number = (uint64_t)f->block.at};
    put_be32(f->block.data, f->block.length);
    put_be32(f->block.data + 4, f->block.synced);
    if (f->block.at >= f->block.written)
        f->block.written = (uint32_t)f->block.at + 1;
    int r = cipher_seal(&f->cipher, &at, f->block.data, BLOCK_SEALED, f->scratch, f->scratch + BLOCK_SEALED);
    r = r ? vfs_code(r) : real_of(f)->xWrite(f->real, f->scratch, PAGE_BYTES, f->block.at * PAGE_BYTES);
    if (r)
        f->block.at = -1; /* what is on the disk is not what is here */
    return r;
}

/* The size in blocks, the last of which may be less than full; a piece of a block at the end does not count. */
static int journal_size(sqlite3_file *s, sqlite3_int64 *ret)
{
    struct file *f = (struct file *)s;
    sqlite3_int64 stored = 0;
    int r = real_of(f)->xFileSize(f->real, &stored);
    int64_t last = stored / PAGE_BYTES - 1;
    if (r == SQLITE_OK && last >= 0)
        r = load(f, last);
    if (r == SQLITE_OK)
        *ret = last < 0 ? 0 : last * BLOCK_DATA + f->block.length;
    return r;
}

static int journal_read(sqlite3_file *s, void *out, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    uint8_t *to = out;
    while (n > 0) {
        int64_t within = at % BLOCK_DATA;
        int r = load(f, at / BLOCK_DATA);
        if (r || within >= f->block.length) {
            memset(to, 0, (size_t)n);
            return r ? r : SQLITE_IOERR_SHORT_READ;
        }
        int64_t have = f->block.length - within, part = have < n ? have : n;
        memcpy(to, f->block.data + BLOCK_HEAD + within, (size_t)part);
        to += part;
        at += part;
        n -= (int)part;
    }
    return SQLITE_OK;
}

static int write_pieces(struct file *f, const uint8_t *from, int64_t n, int64_t at)
{
    while (n > 0) {
        int64_t within = at % BLOCK_DATA, room = BLOCK_DATA - within, part = room < n ? room : n;
        int r = load(f, at / BLOCK_DATA);
        if (r)
            return r;
        memcpy(f->block.data + BLOCK_HEAD + within, from, (size_t)part);
        if (within + part > f->block.length)
            f->block.length = (uint32_t)(within + part);
        r = save(f);
        if (r)
            return r;
        from += part;
        at += part;
        n -= part;
    }
    return SQLITE_OK;
}

static int journal_write(sqlite3_file *s, const void *in, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    static const uint8_t zeros[BLOCK_DATA];
    sqlite3_int64 size = 0;
    int r = journal_size(s, &size);
    while (r == SQLITE_OK && size < at) { /* SQLite leaves the rest of a sector out */
        int64_t room = BLOCK_DATA - size % BLOCK_DATA, part = at - size < room ? at - size : room;
        r = write_pieces(f, zeros, part, size);
        size += part;
    }
    return r ? r : write_pieces(f, in, n, at);
}

static int journal_sync(sqlite3_file *s, int flags)
{
    struct file *f = (struct file *)s;
    int r = vfs_sync(s, flags);
    if (r == SQLITE_OK)
        f->block.synced = f->block.written;
    return r;
}

static int journal_truncate(sqlite3_file *s, sqlite3_int64 size)
{
    struct file *f = (struct file *)s;
    int64_t blocks = size / BLOCK_DATA, rest = size % BLOCK_DATA;
    f->block.written = f->block.synced = f->block.vouched = 0; /* it begins anew, or is done */
    if (rest) {
        int r = load(f, blocks);
        if (r)
            return r;
        if (f->block.length > rest)
            f->block.length = (uint32_t)rest;
        r = save(f);
        if (r)
            return r;
    } else if (f->block.at >= blocks) {
        f->block.at = -1;
    }
    return real_of(f)->xTruncate(f->real, (blocks + !!rest) * PAGE_BYTES);
}

const sqlite3_io_methods vfs_journal_methods = {
    .iVersion = 1,
    .xClose = vfs_close,
    .xRead = journal_read,
    .xWrite = journal_write,
    .xTruncate = journal_truncate,
    .xSync = journal_sync,
    .xFileSize = journal_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_check_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_characteristics,
};
