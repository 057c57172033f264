#include "engine/kv_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/kv.h"
#include "store/blob.h"

enum {
    NAME_CHARS = 2 * KV_LINK_BYTES,
    FILES_MAX = 1 << 20,
    FILE_BYTES_USUAL_MIN = 32 << 10, /* smaller ones meet the bound of their number before that of their bytes */
    PATH_CHARS_MAX = 4096,
    DAY_S = 24 * 3600,
    STALE_S = 3600, /* a file that was being written so long ago was left by a kill */
};
static const char suffix[] = ".kv", unfinished[] = ".new";

struct entry {
    struct kv_link link;
    uint32_t bucket_next; /* entry + 1; 0 ends. Of a free entry: the next free one */
    uint32_t newer, older;
    uint64_t bytes; /* 0: free */
    int64_t used_s; /* while the folder is read */
};

struct kv_disk {
    struct kv_disk_config c;
    int dir;
    struct entry *entries;                     /* [cap] */
    uint32_t cap, n_used, n_fresh, free_first; /* entries from n_fresh on were never used */
    uint32_t *buckets;                         /* [mask + 1], entry + 1 */
    uint32_t mask;
    uint32_t newest, oldest; /* entry + 1 */
    uint64_t bytes, day_bytes;
    int64_t day_begin_s;
    uint8_t *sealed;
};

/* ---- names */

int kv_disk_first(const struct kv_disk *d, struct str model, struct str owner, struct kv_link *ret)
{
    uint8_t name[BLOB_NAME_BYTES];
    int r = blob_name(d->c.key, model, owner, name);
    if (!r)
        memcpy(ret->id, name, sizeof ret->id);
    return r;
}

int kv_disk_next(const struct kv_disk *d, const struct kv_link *before, const uint32_t *tokens, struct kv_link *ret)
{
    uint8_t name[BLOB_NAME_BYTES];
    int r = blob_name(d->c.key, str_from(before->id, sizeof before->id), str_from(tokens, KV_BLOCK_TOKENS * sizeof *tokens), name);
    if (!r)
        memcpy(ret->id, name, sizeof ret->id);
    return r;
}

static void file_name(const struct kv_link *l, const char *end, char ret[NAME_CHARS + 8])
{
    for (size_t i = 0; i < KV_LINK_BYTES; i++)
        snprintf(ret + 2 * i, 3, "%02x", l->id[i]);
    snprintf(ret + NAME_CHARS, 8, "%s", end);
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_name(const char *name, struct kv_link *ret)
{
    if (strlen(name) != NAME_CHARS + sizeof suffix - 1 || strcmp(name + NAME_CHARS, suffix) != 0)
        return false;
    for (size_t i = 0; i < KV_LINK_BYTES; i++) {
        int hi = hex_value(name[2 * i]), lo = hex_value(name[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        ret->id[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

/* ---- the index: a hash table of entries, and a list of them by use */

static uint32_t *bucket_of(const struct kv_disk *d, const struct kv_link *l)
{
    uint32_t h;
    memcpy(&h, l->id, sizeof h); /* names are as good as random */
    return &d->buckets[h & d->mask];
}

static uint32_t find(const struct kv_disk *d, const struct kv_link *l)
{
    uint32_t at = *bucket_of(d, l);
    while (at && memcmp(d->entries[at - 1].link.id, l->id, sizeof l->id) != 0)
        at = d->entries[at - 1].bucket_next;
    return at;
}

static void list_remove(struct kv_disk *d, uint32_t at)
{
    struct entry *e = &d->entries[at - 1];
    *(e->newer ? &d->entries[e->newer - 1].older : &d->newest) = e->older;
    *(e->older ? &d->entries[e->older - 1].newer : &d->oldest) = e->newer;
}

static void list_add_newest(struct kv_disk *d, uint32_t at)
{
    struct entry *e = &d->entries[at - 1];
    e->newer = 0;
    e->older = d->newest;
    *(d->newest ? &d->entries[d->newest - 1].newer : &d->oldest) = at;
    d->newest = at;
}

static void index_remove(struct kv_disk *d, uint32_t at)
{
    struct entry *e = &d->entries[at - 1];
    uint32_t *link = bucket_of(d, &e->link);
    while (*link != at)
        link = &d->entries[*link - 1].bucket_next;
    *link = e->bucket_next;
    list_remove(d, at);
    d->bytes -= e->bytes;
    *e = (struct entry){.bucket_next = d->free_first};
    d->free_first = at;
    d->n_used--;
}

/* There is room: see make_room. */
static uint32_t index_add(struct kv_disk *d, const struct kv_link *l, uint64_t bytes)
{
    uint32_t at = d->free_first ? d->free_first : ++d->n_fresh, *bucket = bucket_of(d, l);
    struct entry *e = &d->entries[at - 1];
    d->free_first = e->bucket_next;
    *e = (struct entry){.link = *l, .bucket_next = *bucket, .bytes = bytes};
    *bucket = at;
    list_add_newest(d, at);
    d->bytes += bytes;
    d->n_used++;
    return at;
}

static void remove_file(struct kv_disk *d, uint32_t at)
{
    char name[NAME_CHARS + 8];
    file_name(&d->entries[at - 1].link, suffix, name);
    unlinkat(d->dir, name, 0);
    index_remove(d, at);
}

static void make_room(struct kv_disk *d, uint64_t bytes)
{
    while (d->oldest && (d->bytes + bytes > d->c.bytes_max || d->n_used == d->cap))
        remove_file(d, d->oldest);
}

/* ---- opening */

static int64_t now_s(const struct kv_disk *d)
{
    return clock_wall_ms(d->c.clock) / 1000;
}

static int allocate(struct kv_disk *d)
{
    uint64_t fit = d->c.bytes_max / FILE_BYTES_USUAL_MIN + 64;
    d->cap = fit < FILES_MAX ? (uint32_t)fit : FILES_MAX;
    uint32_t n_buckets = 64;
    while (n_buckets < d->cap)
        n_buckets *= 2;
    d->mask = n_buckets - 1;
    d->entries = calloc(d->cap, sizeof *d->entries);
    d->buckets = calloc(n_buckets, sizeof *d->buckets);
    d->sealed = malloc(kv_disk_sealed_bytes(d));
    return d->entries && d->buckets && d->sealed ? OK : ERR_NOMEM;
}

struct found {
    struct kv_link link;
    uint64_t bytes;
    int64_t used_s;
};

static int by_use(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->used_s < y->used_s ? -1 : x->used_s > y->used_s;
}

/* Looks at one file of the folder: ours are taken into the list, what a kill has left behind is removed. */
static bool look_at(struct kv_disk *d, const char *name, struct found *ret)
{
    struct stat st;
    if (fstatat(d->dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
        return false;
    size_t n = strlen(name);
    bool left_behind = n > sizeof unfinished && !strcmp(name + n - (sizeof unfinished - 1), unfinished);
    if (left_behind && now_s(d) - st.st_mtime > STALE_S)
        unlinkat(d->dir, name, 0);
    if (!parse_name(name, &ret->link))
        return false;
    ret->bytes = (uint64_t)st.st_size;
    ret->used_s = st.st_atime > st.st_mtime ? st.st_atime : st.st_mtime;
    if (now_s(d) - st.st_mtime < DAY_S)
        d->day_bytes += ret->bytes;
    return true;
}

static int scan(struct kv_disk *d, struct err *e)
{
    int fd = dup(d->dir), r = OK;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return err_set(e, ERR_IO, "the folder of the prefix cache cannot be read (%s)", strerror(errno));
    }
    struct found *list = malloc((size_t)d->cap * sizeof *list);
    uint32_t n = 0;
    if (!list)
        r = err_set(e, ERR_NOMEM, "no memory for the list of the prefix cache");
    for (struct dirent *entry; !r && n < d->cap && (entry = readdir(dir));)
        n += look_at(d, entry->d_name, &list[n]);
    if (n)
        qsort(list, n, sizeof *list, by_use);
    for (uint32_t i = 0; i < n; i++)
        if (!find(d, &list[i].link))
            index_add(d, &list[i].link, list[i].bytes);
    free(list);
    closedir(dir);
    make_room(d, 0);
    return r;
}

static int open_folder(struct kv_disk *d, struct err *e)
{
    if (mkdir(d->c.dir, 0700) && errno != EEXIST)
        return err_set(e, ERR_IO, "%s cannot be made for the prefix cache (%s)", d->c.dir, strerror(errno));
    d->dir = open(d->c.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return d->dir < 0 ? err_set(e, ERR_IO, "%s cannot be opened for the prefix cache (%s)", d->c.dir, strerror(errno)) : OK;
}

int kv_disk_open(const struct kv_disk_config *c, struct kv_disk **ret, struct err *e)
{
    struct kv_disk *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(e, ERR_NOMEM, "no memory for the prefix cache");
    d->c = *c;
    d->dir = -1;
    d->day_begin_s = now_s(d);
    int r = open_folder(d, e);
    if (!r && allocate(d))
        r = err_set(e, ERR_NOMEM, "no memory for the index of the prefix cache");
    if (!r)
        r = scan(d, e);
    if (r) {
        kv_disk_close(d);
        return r;
    }
    d->c.dir = NULL; /* the caller's; only the descriptor is used from here on */
    *ret = d;
    return OK;
}

void kv_disk_close(struct kv_disk *d)
{
    if (!d)
        return;
    if (d->dir >= 0)
        close(d->dir);
    free(d->entries);
    free(d->buckets);
    free(d->sealed);
    free(d);
}

/* ---- use */

size_t kv_disk_sealed_bytes(const struct kv_disk *d)
{
    return d->c.block_bytes + BLOB_EXTRA_BYTES;
}

bool kv_disk_has(const struct kv_disk *d, const struct kv_link *l)
{
    return find(d, l) != 0;
}

void kv_disk_touch(struct kv_disk *d, const struct kv_link *l)
{
    uint32_t at = find(d, l);
    if (!at || at == d->newest)
        return;
    list_remove(d, at);
    list_add_newest(d, at);
    char name[NAME_CHARS + 8];
    file_name(l, suffix, name);
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
    utimensat(d->dir, name, times, 0); /* for the order after a restart */
}

static bool read_all(int fd, uint8_t *to, size_t n)
{
    while (n) {
        ssize_t got = read(fd, to, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

int kv_disk_read(const struct kv_disk *d, const struct kv_link *l, uint8_t *sealed, void *block)
{
    char name[NAME_CHARS + 8];
    size_t n = kv_disk_sealed_bytes(d);
    file_name(l, suffix, name);
    int fd = openat(d->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return ERR_NOENT;
    struct stat st;
    bool whole = !fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == n && read_all(fd, sealed, n);
    close(fd);
    return whole ? blob_open(d->c.key, str_from(l->id, sizeof l->id), sealed, n, block) : ERR_CORRUPT;
}

void kv_disk_drop(struct kv_disk *d, const struct kv_link *l)
{
    uint32_t at = find(d, l);
    if (at)
        remove_file(d, at);
}

static bool write_all(int fd, const uint8_t *from, size_t n)
{
    while (n) {
        ssize_t put = write(fd, from, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        n -= (size_t)put;
    }
    return true;
}

static bool day_allows(struct kv_disk *d, uint64_t bytes)
{
    if (now_s(d) - d->day_begin_s >= DAY_S) {
        d->day_begin_s = now_s(d);
        d->day_bytes = 0;
    }
    return d->day_bytes + bytes <= d->c.day_bytes_max;
}

int kv_disk_write(struct kv_disk *d, const struct kv_link *l, const void *block)
{
    char name[NAME_CHARS + 8], temporary[NAME_CHARS + 8];
    size_t n = kv_disk_sealed_bytes(d);
    if (find(d, l))
        return OK;
    if (n > d->c.bytes_max || !day_allows(d, n))
        return ERR_LIMIT;
    int r = blob_seal(d->c.key, str_from(l->id, sizeof l->id), block, d->c.block_bytes, d->sealed);
    if (r)
        return r;
    make_room(d, n);
    file_name(l, suffix, name);
    file_name(l, unfinished, temporary);
    int fd = openat(d->dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ERR_IO;
    bool whole = write_all(fd, d->sealed, n);
    if (close(fd) || !whole || renameat(d->dir, temporary, d->dir, name)) {
        unlinkat(d->dir, temporary, 0);
        return ERR_IO;
    }
    index_add(d, l, n);
    d->day_bytes += n;
    return OK;
}

void kv_disk_stats(const struct kv_disk *d, struct kv_disk_stats *ret)
{
    *ret = (struct kv_disk_stats){d->n_used, d->bytes, d->day_bytes};
}
