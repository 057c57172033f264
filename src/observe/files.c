#include "observe/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/journal.h"
#include "store/folder.h"

enum { PACKED_LEVEL = 9, PACKED_BLOCK_BYTES = 1 << 20 };

void journal_file_path(const char *dir, uint32_t number, const char *tail, char *ret, size_t cap)
{
    snprintf(ret, cap, "%s/%010u.hj%s", dir, number, tail);
}

/* "0000000012.hj" */
static bool read_name(const char *name, uint32_t *ret)
{
    uint64_t n;
    struct str s = str_of(name);
    if (s.len != 13 || !str_ends(s, STR(".hj")) || str_to_u64(str_head(s, 10), &n) || !n || n >= UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct journal_file *)a)->number, y = ((const struct journal_file *)b)->number;
    return x < y ? -1 : x > y;
}

static int add(struct journal_files *f, size_t *cap, struct journal_file one)
{
    if (f->n == JOURNAL_FILES_MAX)
        return ERR_LIMIT;
    if (f->n == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        struct journal_file *grown = realloc(f->at, more * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        f->at = grown;
        *cap = more;
    }
    f->at[f->n++] = one;
    return OK;
}

int journal_files_list(const char *dir, struct journal_files *ret)
{
    struct journal_files f = {0};
    size_t cap = 0;
    int r = OK;
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT ? ERR_NOENT : ERR_IO;
    for (struct dirent *i; !r && (i = readdir(d));) {
        struct journal_file one;
        struct stat st;
        if (!read_name(i->d_name, &one.number) || fstatat(dirfd(d), i->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
            continue;
        one.bytes = (uint64_t)st.st_size;
        r = add(&f, &cap, one);
    }
    closedir(d);
    if (r) {
        journal_files_free(&f);
        return r;
    }
    if (f.n)
        qsort(f.at, f.n, sizeof *f.at, by_number);
    *ret = f;
    return OK;
}

void journal_files_free(struct journal_files *f)
{
    free(f->at);
    *f = (struct journal_files){0};
}

static int read_some(const char *dir, uint32_t number, size_t max, struct buf *out)
{
    char path[JOURNAL_PATH_BYTES];
    journal_file_path(dir, number, "", path, sizeof path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = OK;
    if (fd < 0)
        return errno == ENOENT ? ERR_NOENT : ERR_IO;
    while (!r && out->len < max) {
        size_t want = max - out->len < (256 << 10) ? max - out->len : (256 << 10);
        r = buf_reserve(out, want);
        ssize_t n = r ? 0 : read(fd, out->ptr + out->len, want);
        if (n < 0 && errno != EINTR)
            r = ERR_IO;
        if (n == 0)
            break;
        if (n > 0)
            out->len += (size_t)n;
    }
    close(fd);
    return r;
}

int journal_file_read(const char *dir, uint32_t number, struct buf *out)
{
    int r = read_some(dir, number, SEGMENT_FILE_BYTES_MAX + 1, out);
    return !r && out->len > SEGMENT_FILE_BYTES_MAX ? ERR_LIMIT : r;
}

int journal_file_head(const char *dir, uint32_t number, struct segment *ret)
{
    struct buf b = buf_make(1 << 20);
    int r = read_some(dir, number, SEGMENT_HEAD_BYTES, &b);
    r = r ? r : segment_head(buf_str(&b), ret);
    buf_free(&b);
    return r;
}

int journal_write_all(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        bytes = str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    return fdatasync(fd) ? ERR_IO : OK;
}

/* The same events in blocks as large as they may be. */
static int put_again(const uint8_t key[BLOB_KEY_BYTES], const struct segment_content *c, struct buf *out)
{
    struct segment s;
    struct buf block = buf_make(SEGMENT_BLOCK_BYTES_MAX);
    struct str rest = buf_str(&c->events), event;
    int r = segment_begin(&s, SEGMENT_PACKED, c->head.created_ms, out);
    bool more = !r;
    while (more && !r) {
        more = segment_next(&rest, &event);
        if (more)
            segment_add_event(&block, event);
        if (block.len && (!more || block.len >= PACKED_BLOCK_BYTES)) {
            r = block.failed ? block.failed : segment_put(&s, key, buf_str(&block), PACKED_LEVEL, out);
            buf_clear(&block);
        }
    }
    buf_free(&block);
    return r;
}

static int replace(const char *dir, uint32_t number, struct str bytes)
{
    char path[JOURNAL_PATH_BYTES], new_path[JOURNAL_PATH_BYTES];
    journal_file_path(dir, number, "", path, sizeof path);
    journal_file_path(dir, number, ".new", new_path, sizeof new_path);
    unlink(new_path); /* what a crash may have left */
    int r = path_write(new_path, bytes, NULL);
    return r ? r : path_rename(new_path, path, NULL);
}

int journal_file_pack(const char *dir, uint32_t number, const uint8_t key[BLOB_KEY_BYTES])
{
    struct segment head;
    int r = journal_file_head(dir, number, &head);
    if (r || head.flags & SEGMENT_PACKED)
        return r;
    struct buf bytes = buf_make(SEGMENT_FILE_BYTES_MAX * 2), again = buf_make(SEGMENT_FILE_BYTES_MAX);
    struct segment_content c = {0};
    r = journal_file_read(dir, number, &bytes);
    if (!r)
        r = segment_open(key, buf_str(&bytes), &c);
    if (!r && !c.damaged)
        r = put_again(key, &c, &again);
    if (!r && !c.damaged)
        r = replace(dir, number, buf_str(&again));
    segment_content_free(&c);
    buf_free(&again);
    buf_free(&bytes);
    return r;
}
