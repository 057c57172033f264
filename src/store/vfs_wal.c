/* The write-ahead log. SQLite writes a frame in two pieces, its head (page, size after a commit, salts, checksums of the plain
 * text) and then the page; it rewrites heads and pages of a running transaction in place. So each piece is sealed on its own:
 *
 *     head of the log 32 + trailer │ frame: head 24, synced 4, zeros 4 + trailer │ page 4064 + trailer │ frame …
 *
 * A head is bound to its frame's number, a page to number, page and salts of its head, so frames cannot change places, neither
 * with each other nor with those of an earlier generation of the log. The checksums are sealed, too: of plain text, they would
 * let a reader of the disk confirm a guess.
 *
 * Where the log ends. After a kill or a power failure the last transaction may be torn, and SQLite ends the log before the first
 * frame whose checksum is wrong. That rule would also hide damage in the middle: all later transactions would vanish, though
 * they had been acknowledged. So each head records how many frames were known to be on the disk (xSync had returned) when it was
 * written. A frame that cannot be authenticated is damage when a later head of the same generation vouches for it, and the torn
 * end otherwise. In the last transaction there is no one to vouch; it is the one that a power failure may tear.
 *
 * Transactions that outgrow the page cache. SQLite then writes pages to the log before the commit, and when one of them changes
 * again, writes it over itself, without its head. From then on the checksums of the transaction are unknown: SQLite writes further
 * heads with zeros for salts and checksums, and before the commit's sync reads back every frame since the first one that was
 * written over, and writes its head anew. What is sealed here with a head is therefore never its zeros for salts, but the salts of the
 * generation, to which its page is bound; the zeros for checksums stay, and end the log there should the commit never come. */
#include "store/vfs_internal.h"

#include <stddef.h>

enum { FRAME_SEALED = PAGE_BYTES - PAGE_RESERVED };
enum { COMMIT_AT = 4, SALTS_BYTES = 8, SALTS_AT = 8, LOG_SALTS_AT = 16 };
enum { CHECKSUM_BYTES = 8, CHECKSUM_AT = FRAME_HEAD - CHECKSUM_BYTES, LOG_CHECKSUM_AT = WAL_HEAD - CHECKSUM_BYTES };

static int64_t stored_at(int64_t frame)
{
    return WAL_HEAD_STORED + frame * FRAME_STORED;
}

/* SHORT_READ when it is not whole; ERR_CORRUPT of ours as SQLITE_IOERR_DATA without a note. */
static int read_sealed(struct file *f, const struct place *at, int64_t offset, uint8_t *buf, size_t n)
{
    int r = real_of(f)->xRead(f->real, buf, (int)n + TRAILER_BYTES, offset);
    if (r)
        return r;
    r = cipher_open(&f->cipher, at, buf, n, buf + n);
    return r == ERR_CORRUPT ? SQLITE_IOERR_DATA : vfs_code(r);
}

static int read_frame_head(struct file *f, int64_t frame, struct frame_head *ret)
{
    const struct place at = {.kind = PLACE_FRAME_HEAD, .number = (uint64_t)frame};
    uint8_t buf[FRAME_HEAD_STORED];
    int r = read_sealed(f, &at, stored_at(frame), buf, FRAME_HEAD_SEALED);
    if (r)
        return r;
    memcpy(ret->bytes, buf, FRAME_HEAD);
    ret->synced = get_be32(buf + FRAME_HEAD);
    return SQLITE_OK;
}

static int read_log_head(struct file *f, uint8_t buf[WAL_HEAD_STORED])
{
    const struct place at = {.kind = PLACE_WAL_HEAD};
    return read_sealed(f, &at, 0, buf, WAL_HEAD);
}

/* In the head of a frame, and at 16 in that of the log. */
static bool same_generation(const struct file *f, const uint8_t *salts)
{
    return !memcmp(f->wal.salts, salts, SALTS_BYTES);
}

static struct place place_of(int64_t frame, const struct frame_head *h)
{
    struct place at = {.kind = PLACE_FRAME, .number = (uint64_t)frame, .page = get_be32(h->bytes)};
    memcpy(at.salt, h->bytes + SALTS_AT, SALTS_BYTES);
    return at;
}

/* f->scratch holds the page as it was read, its head is `h`. */
static int open_page(struct file *f, int64_t frame, const struct frame_head *h)
{
    const struct place at = place_of(frame, h);
    uint8_t *page = f->scratch + FRAME_HEAD_STORED;
    int r = cipher_open(&f->cipher, &at, page, FRAME_SEALED, page + FRAME_SEALED);
    memset(page + FRAME_SEALED, 0, PAGE_RESERVED);
    return r == ERR_CORRUPT ? SQLITE_IOERR_DATA : vfs_code(r);
}

/* Head and page of a frame into f->scratch, at 0 and at FRAME_HEAD_STORED. */
static int read_frame(struct file *f, int64_t frame, struct frame_head *h)
{
    const struct place at = {.kind = PLACE_FRAME_HEAD, .number = (uint64_t)frame};
    int r = real_of(f)->xRead(f->real, f->scratch, FRAME_STORED, stored_at(frame));
    if (r)
        return r;
    r = cipher_open(&f->cipher, &at, f->scratch, FRAME_HEAD_SEALED, f->scratch + FRAME_HEAD_SEALED);
    if (r)
        return r == ERR_CORRUPT ? SQLITE_IOERR_DATA : vfs_code(r);
    memcpy(h->bytes, f->scratch, FRAME_HEAD);
    h->synced = get_be32(f->scratch + FRAME_HEAD);
    return open_page(f, frame, h);
}

static int note_frame(struct file *f, int64_t frame, const struct frame_head *h)
{
    return h ? vfs_note(f, "frame %lld, which holds page %u, is damaged, or belongs elsewhere", (long long)frame, get_be32(h->bytes))
             : vfs_note(f, "frame %lld is damaged, or belongs elsewhere", (long long)frame);
}

/* For a frame that must be there: `r` is what reading it returned. */
static int note_unreadable(struct file *f, int64_t frame, int r)
{
    return r == SQLITE_IOERR_DATA || r == SQLITE_IOERR_SHORT_READ ? note_frame(f, frame, NULL) : r;
}

/* ---- recovery */

/* Does a later head of this generation say that `frame` had been on the disk? */
static int vouched_for(struct file *f, int64_t frame, bool *ret)
{
    uint8_t log[WAL_HEAD_STORED];
    struct frame_head h;
    int r = read_log_head(f, log);
    *ret = false;
    for (int64_t later = frame + 1; r != SQLITE_IOERR_SHORT_READ && !*ret; later++) {
        r = read_frame_head(f, later, &h);
        if (r && r != SQLITE_IOERR_DATA && r != SQLITE_IOERR_SHORT_READ)
            return r;
        *ret = !r && !memcmp(h.bytes + SALTS_AT, log + LOG_SALTS_AT, SALTS_BYTES) && h.synced > frame;
    }
    return SQLITE_OK;
}

/* SQLite reads whole frames to find the end of the log after a crash, and to give those of a running transaction their checksums. */
static int read_whole_frame(struct file *f, int64_t frame, uint8_t *out)
{
    struct frame_head h;
    bool damage = false;
    int r = read_frame(f, frame, &h);
    if (r == SQLITE_OK) {
        memcpy(out, h.bytes, FRAME_HEAD);
        memcpy(out + FRAME_HEAD, f->scratch + FRAME_HEAD_STORED, PAGE_BYTES);
        return f->wal.resealing && !same_generation(f, h.bytes + SALTS_AT) ? note_frame(f, frame, &h) : SQLITE_OK;
    }
    memset(out, 0, FRAME); /* page 0: the log ends here */
    if (f->wal.resealing)
        return note_unreadable(f, frame, r);
    if (r != SQLITE_IOERR_DATA)
        return r;
    r = vouched_for(f, frame, &damage);
    return r ? r : damage ? note_frame(f, frame, NULL) : SQLITE_OK;
}

/* Without its head a log is empty to SQLite. That is right when it was never written; SQLite puts it on the disk before the
 * first frame, so where there is a frame, the head has been damaged. */
static int recover_log_head(struct file *f, uint8_t *out)
{
    uint8_t buf[WAL_HEAD_STORED];
    struct frame_head h;
    int r = read_log_head(f, buf);
    if (r == SQLITE_OK) {
        memcpy(out, buf, WAL_HEAD);
        return SQLITE_OK;
    }
    memset(out, 0, WAL_HEAD);
    for (int64_t frame = 0; r == SQLITE_IOERR_DATA; frame++) {
        int found = read_frame_head(f, frame, &h);
        if (!found)
            return vfs_note(f, "its head is damaged");
        if (found == SQLITE_IOERR_SHORT_READ)
            return SQLITE_OK;
        r = found;
    }
    return r;
}

/* ---- methods */

/* Before SQLite computes checksums anew, it reads that of the frame (or of the log's head) before them. */
static int read_checksum(struct file *f, uint8_t *out, int64_t at)
{
    uint8_t log[WAL_HEAD_STORED];
    struct frame_head h;
    int64_t frame = at < WAL_HEAD ? -1 : (at - WAL_HEAD) / FRAME;
    int r = frame < 0 ? read_log_head(f, log) : read_frame_head(f, frame, &h);
    if (r == SQLITE_OK && !same_generation(f, frame < 0 ? log + LOG_SALTS_AT : h.bytes + SALTS_AT))
        r = SQLITE_IOERR_DATA;
    if (r)
        return frame < 0 && r == SQLITE_IOERR_DATA ? vfs_note(f, "its head is damaged") : note_unreadable(f, frame, r);
    memcpy(out, frame < 0 ? log + LOG_CHECKSUM_AT : h.bytes + CHECKSUM_AT, CHECKSUM_BYTES);
    f->wal.resealing = true;
    return all_zero(out, CHECKSUM_BYTES) ? SQLITE_IOERR_READ : SQLITE_OK; /* provisional: see wal_sync */
}

static int wal_read(sqlite3_file *s, void *out, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    struct frame_head h;
    if (n == CHECKSUM_BYTES && (at == LOG_CHECKSUM_AT || (at >= WAL_HEAD && (at - WAL_HEAD) % FRAME == CHECKSUM_AT)))
        return read_checksum(f, out, at);
    if (at < WAL_HEAD) {
        f->wal.resealing = false;
        return at || n != WAL_HEAD ? SQLITE_IOERR_READ : recover_log_head(f, out);
    }
    int64_t frame = (at - WAL_HEAD) / FRAME, within = (at - WAL_HEAD) % FRAME;
    if (!within && n == FRAME)
        return read_whole_frame(f, frame, out);
    if (within != FRAME_HEAD || n > PAGE_BYTES)
        return SQLITE_IOERR_READ;
    int r = read_frame(f, frame, &h);
    if (r == SQLITE_OK)
        memcpy(out, f->scratch + FRAME_HEAD_STORED, (size_t)n);
    else
        memset(out, 0, (size_t)n);
    return note_unreadable(f, frame, r);
}

static int write_log_head(struct file *f, const uint8_t *in)
{
    const struct place at = {.kind = PLACE_WAL_HEAD};
    uint8_t buf[WAL_HEAD_STORED];
    int r = cipher_seal(&f->cipher, &at, in, WAL_HEAD, buf, buf + WAL_HEAD);
    f->wal.written = f->wal.synced = 0; /* a new generation */
    f->wal.head_of = -1;
    memcpy(f->wal.salts, in + LOG_SALTS_AT, SALTS_BYTES);
    return r ? vfs_code(r) : real_of(f)->xWrite(f->real, buf, sizeof buf, 0);
}

/* The frame is about to hold something else: it and what follows it are no longer what was known to be on the disk. */
static void forget_synced(struct file *f, int64_t frame)
{
    if (frame < f->wal.synced)
        f->wal.synced = (uint32_t)frame;
}

/* Without salts and checksums: these are to follow before the commit. The transaction's first frame had both. */
static bool is_provisional(const uint8_t *head)
{
    return all_zero(head + SALTS_AT, SALTS_BYTES + CHECKSUM_BYTES);
}

static int write_frame_head(struct file *f, int64_t frame, const uint8_t *in)
{
    const struct place at = {.kind = PLACE_FRAME_HEAD, .number = (uint64_t)frame};
    uint8_t plain[FRAME_HEAD_SEALED] = {0}, buf[FRAME_HEAD_STORED];
    memcpy(plain, in, FRAME_HEAD);
    if (is_provisional(in))
        memcpy(plain + SALTS_AT, f->wal.salts, SALTS_BYTES);
    else if (!same_generation(f, in + SALTS_AT))
        f->wal.synced = 0; /* another handle has begun a new generation */
    forget_synced(f, frame);
    put_be32(plain + FRAME_HEAD, f->wal.synced);
    memcpy(f->wal.salts, plain + SALTS_AT, SALTS_BYTES);
    memcpy(f->wal.head.bytes, plain, FRAME_HEAD);
    f->wal.head.synced = f->wal.synced;
    f->wal.head_of = frame;
    f->wal.provisional_commit = is_provisional(in) && get_be32(in + COMMIT_AT);
    f->wal.written = (uint32_t)frame + 1; /* also downwards: what a transaction had spilled before it was rolled back is void */
    int r = cipher_seal(&f->cipher, &at, plain, sizeof plain, buf, buf + sizeof plain);
    return r ? vfs_code(r) : real_of(f)->xWrite(f->real, buf, sizeof buf, stored_at(frame));
}

/* Its head has just been written, or was when the page was written the first time in this transaction. */
static int write_frame_page(struct file *f, int64_t frame, const uint8_t *in)
{
    if (f->wal.head_of != frame) {
        int r = read_frame_head(f, frame, &f->wal.head);
        if (r == SQLITE_OK && !same_generation(f, f->wal.head.bytes + SALTS_AT))
            r = SQLITE_IOERR_DATA;
        f->wal.head_of = r ? -1 : frame;
        if (r)
            return note_unreadable(f, frame, r);
    }
    const struct place at = place_of(frame, &f->wal.head);
    int r = cipher_seal(&f->cipher, &at, in, FRAME_SEALED, f->scratch, f->scratch + FRAME_SEALED);
    return r ? vfs_code(r) : real_of(f)->xWrite(f->real, f->scratch, PAGE_BYTES, stored_at(frame) + FRAME_HEAD_STORED);
}

static int wal_write(sqlite3_file *s, const void *in, int n, sqlite3_int64 at)
{
    struct file *f = (struct file *)s;
    if (at < WAL_HEAD)
        return at || n != WAL_HEAD ? SQLITE_IOERR_WRITE : write_log_head(f, in);
    int64_t frame = (at - WAL_HEAD) / FRAME, within = (at - WAL_HEAD) % FRAME;
    if (!within && n == FRAME_HEAD)
        return write_frame_head(f, frame, in);
    /* The checksums cover the reserved bytes, which come back as zeros: others would end the log at the next recovery. */
    if (within != FRAME_HEAD || n != PAGE_BYTES || !all_zero((const uint8_t *)in + FRAME_SEALED, PAGE_RESERVED))
        return SQLITE_IOERR_WRITE;
    return write_frame_page(f, frame, in);
}

/* SQLite 3.40 forgets to compute checksums when what was written over belonged to a savepoint that was rolled back, and would call a
 * commit done that the next recovery does not find. So it fails here, and the transaction is rolled back. */
static int wal_sync(sqlite3_file *s, int flags)
{
    struct file *f = (struct file *)s;
    if (f->wal.provisional_commit) {
        f->wal.provisional_commit = false;
        return SQLITE_IOERR_FSYNC;
    }
    int r = vfs_sync(s, flags);
    if (r == SQLITE_OK)
        f->wal.synced = f->wal.written;
    return r;
}

/* Frames that are not whole do not count. */
static int wal_size(sqlite3_file *s, sqlite3_int64 *ret)
{
    struct file *f = (struct file *)s;
    sqlite3_int64 size = 0;
    int r = real_of(f)->xFileSize(f->real, &size);
    if (r == SQLITE_OK)
        *ret = size < WAL_HEAD_STORED ? 0 : WAL_HEAD + (size - WAL_HEAD_STORED) / FRAME_STORED * FRAME;
    return r;
}

static int wal_truncate(sqlite3_file *s, sqlite3_int64 size)
{
    struct file *f = (struct file *)s;
    return real_of(f)->xTruncate(f->real, size < WAL_HEAD ? 0 : stored_at((size - WAL_HEAD) / FRAME));
}

const sqlite3_io_methods vfs_wal_methods = {
    .iVersion = 1,
    .xClose = vfs_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_check_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_characteristics,
};
