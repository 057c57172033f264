/* Writing a GGUF file.
 *
 *   describing  pairs and tensor descriptions gather in two bounded buffers
 *   streaming   the first byte of data writes header, pairs, descriptions and padding; data goes straight to the file
 *   finished    all data came: fsync, rename; or aborted: the part file is removed
 *
 * A mistake while describing is sticky and comes out at the first byte of data or at the end, so that a caller checks once.
 * The part file is locked: a second writer of the same path is refused, and what a killed one left behind is overwritten. */
#include "model/gguf_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "model/gguf_internal.h"

enum { ALIGNMENT = 32, VERSION = 3 };

/* Vocabularies and templates take some 10 MB; nothing that a reader accepts comes near this. */
#define DESCRIPTION_BYTES_MAX ((size_t)512 << 20)

struct gguf_writer {
    char *path, *part;
    int fd; /* of the part file, locked */
    bool streaming;
    int failed; /* first mistake while describing */
    struct err reason;
    struct buf kv, tensors;
    uint64_t n_kv;
    struct arena names; /* of keys and tensors, which the maps point to */
    struct strmap keys, tensor_names;
    uint64_t *size; /* [n_tensors] */
    size_t n_tensors, size_cap;
    uint64_t data_bytes; /* declared, with padding */
    size_t current;      /* tensor that the next byte belongs to */
    uint64_t left;       /* bytes that it still wants */
};

/* ---- the part file ---- */

static int io_error(const struct gguf_writer *w, const char *what, struct err *e)
{
    int code = errno == EACCES || errno == EPERM || errno == EROFS ? ERR_DENIED : errno == ENOENT ? ERR_NOENT : ERR_IO;
    return err_set(e, code, "%s: cannot %s: %s", w->part, what, strerror(errno));
}

/* Opens and locks the file of that name. Another writer may rename it between the two: then the lock is on a finished file,
 * which must not be touched. */
static int open_part(struct gguf_writer *w, struct err *e)
{
    struct stat by_fd, by_name;
    w->fd = open(w->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (w->fd < 0)
        return io_error(w, "create it", e);
    if (flock(w->fd, LOCK_EX | LOCK_NB) || fstat(w->fd, &by_fd) || stat(w->part, &by_name) || by_fd.st_ino != by_name.st_ino) {
        close(w->fd);
        w->fd = -1; /* not ours: abort must not remove it */
        return err_set(e, ERR_EXISTS, "%s: another process is writing it", w->part);
    }
    return ftruncate(w->fd, 0) ? io_error(w, "empty it", e) : OK;
}

/* The last step is a rename, which would put a file in the place of a device, a pipe or a socket: for root, even of
 * /dev/null. */
static int check_path(const char *path, struct err *e)
{
    struct stat st;
    if (!*path)
        return err_set(e, ERR_INVAL, "the output has no name");
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return err_set(e, ERR_INVAL, "%s is not a file but %s; name a file for the output", path,
                       S_ISDIR(st.st_mode) ? "a folder" : "a device, a pipe or a socket");
    return OK;
}

static int write_all(struct gguf_writer *w, const void *data, size_t len, struct err *e)
{
    const char *p = data;
    while (len) {
        ssize_t n = write(w->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(w, "write to it", e);
        p += n;
        len -= (size_t)n;
    }
    return OK;
}

int gguf_writer_create(const char *path, struct gguf_writer **ret, struct err *e)
{
    int rc = check_path(path, e);
    if (rc)
        return rc;
    struct gguf_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(e, ERR_NOMEM, "out of memory for a GGUF writer");
    w->fd = -1;
    w->kv = buf_make(DESCRIPTION_BYTES_MAX);
    w->tensors = buf_make(DESCRIPTION_BYTES_MAX);
    w->names = arena_make(DESCRIPTION_BYTES_MAX);
    struct buf part = buf_make(4096);
    buf_printf(&part, "%s.part", path);
    w->path = str_dup(str_of(path));
    w->part = part.failed ? NULL : str_dup(buf_str(&part));
    if (part.failed == ERR_LIMIT)
        rc = err_set(e, ERR_LIMIT, "the path is longer than 4096 bytes");
    else if (!w->path || !w->part || strmap_init(&w->keys, GGUF_KV_MAX) || strmap_init(&w->tensor_names, GGUF_TENSORS_MAX))
        rc = err_set(e, ERR_NOMEM, "out of memory for a GGUF writer");
    else
        rc = open_part(w, e);
    buf_free(&part);
    if (rc) {
        gguf_writer_abort(w);
        return rc;
    }
    *ret = w;
    return OK;
}

static void writer_free(struct gguf_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    buf_free(&w->kv);
    buf_free(&w->tensors);
    strmap_deinit(&w->keys);
    strmap_deinit(&w->tensor_names);
    arena_free(&w->names);
    free(w->size);
    free(w->path);
    free(w->part);
    free(w);
}

void gguf_writer_abort(struct gguf_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        unlink(w->part);
    writer_free(w);
}

/* ---- describing ---- */

#define FAIL(w, code, ...) ((w)->failed ? (w)->failed : ((w)->failed = err_set(&(w)->reason, (code), __VA_ARGS__)))

static void put_str(struct buf *b, struct str s)
{
    write_u64(b, s.len);
    buf_put(b, s);
}

/* Checks a name and that it is new; what a reader would refuse is not written. */
static int add_name(struct gguf_writer *w, struct strmap *names, const char *what, struct str name)
{
    if (w->failed)
        return w->failed;
    if (w->streaming)
        return FAIL(w, ERR_INVAL, "%s \"%s\" comes after the first data", what, gguf_show(name).text);
    if (!name.len || name.len > GGUF_NAME_MAX || !utf8_printable(name.ptr, name.len))
        return FAIL(w, ERR_INVAL, "%s \"%s\" is empty, too long or not printable UTF-8", what, gguf_show(name).text);
    struct str copy = arena_dup(&w->names, name);
    int rc = copy.ptr ? strmap_put(names, copy, 0) : ERR_NOMEM;
    return rc ? FAIL(w, rc, "%s \"%s\": %s", what, gguf_show(name).text, err_text(rc)) : OK;
}

static int begin_kv(struct gguf_writer *w, struct str key, enum gguf_kind kind)
{
    if (str_eq(key, STR("general.alignment")))
        return FAIL(w, ERR_INVAL, "the writer chooses general.alignment");
    int rc = add_name(w, &w->keys, "metadata key", key);
    if (rc)
        return rc;
    put_str(&w->kv, key);
    write_u32(&w->kv, kind);
    w->n_kv++;
    return OK;
}

static int end_kv(struct gguf_writer *w)
{
    return w->kv.failed ? FAIL(w, w->kv.failed, "metadata: %s", err_text(w->kv.failed)) : OK;
}

static int put_kv(struct gguf_writer *w, struct str key, enum gguf_kind kind, const void *data, size_t len)
{
    int rc = begin_kv(w, key, kind);
    if (rc)
        return rc;
    buf_put(&w->kv, str_from(data, len));
    return end_kv(w);
}

int gguf_write_kv(struct gguf_writer *w, const struct gguf_kv *kv)
{
    int rc = begin_kv(w, kv->key, kv->kind);
    if (rc)
        return rc;
    if (kv->kind == GGUF_ARR) {
        write_u32(&w->kv, kv->item_kind);
        write_u64(&w->kv, kv->count);
    }
    buf_put(&w->kv, str_from(kv->data, kv->len));
    return end_kv(w);
}

int gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v)
{
    return put_kv(w, str_of(key), GGUF_U32, &v, sizeof v);
}
int gguf_write_f32(struct gguf_writer *w, const char *key, float v)
{
    return put_kv(w, str_of(key), GGUF_F32, &v, sizeof v);
}

int gguf_write_bool(struct gguf_writer *w, const char *key, bool v)
{
    uint8_t byte = v;
    return put_kv(w, str_of(key), GGUF_BOOL, &byte, 1);
}

int gguf_write_str(struct gguf_writer *w, const char *key, struct str v)
{
    int rc = begin_kv(w, str_of(key), GGUF_STR);
    if (rc)
        return rc;
    put_str(&w->kv, v);
    return end_kv(w);
}

int gguf_write_strs(struct gguf_writer *w, const char *key, const struct str *v, size_t n)
{
    int rc = begin_kv(w, str_of(key), GGUF_ARR);
    if (rc)
        return rc;
    write_u32(&w->kv, GGUF_STR);
    write_u64(&w->kv, n);
    for (size_t i = 0; i < n; i++)
        put_str(&w->kv, v[i]);
    return end_kv(w);
}

int gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_kind item, const void *items, size_t n)
{
    size_t unit = item < GGUF_KIND_COUNT ? gguf_kind_bytes(item) : 0, len;
    if (!unit || __builtin_mul_overflow(n, unit, &len))
        return FAIL(w, ERR_INVAL, "metadata key \"%s\": not an array of numbers", key);
    int rc = begin_kv(w, str_of(key), GGUF_ARR);
    if (rc)
        return rc;
    write_u32(&w->kv, item);
    write_u64(&w->kv, n);
    buf_put(&w->kv, str_from(items, len));
    return end_kv(w);
}

static uint64_t padded(uint64_t n)
{
    return (n + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* Room for one more size. */
static int grow_sizes(struct gguf_writer *w)
{
    if (w->n_tensors < w->size_cap)
        return OK;
    size_t cap = w->size_cap ? w->size_cap * 2 : 64;
    uint64_t *size = reallocarray(w->size, cap, sizeof *size);
    if (!size)
        return FAIL(w, ERR_NOMEM, "out of memory for %zu tensors", cap);
    w->size = size;
    w->size_cap = cap;
    return OK;
}

int gguf_declare_tensor(struct gguf_writer *w, struct str name, enum tensor_type type, const uint64_t *dim, uint32_t n_dims)
{
    uint64_t size = n_dims >= 1 && n_dims <= GGUF_DIMS_MAX && tensor_type_info(type) ? tensor_row_bytes(type, dim[0]) : 0;
    bool over = false;
    for (uint32_t i = 1; size && i < n_dims; i++)
        over |= __builtin_mul_overflow(size, dim[i], &size);
    if (over || !size || size > INT64_MAX - w->data_bytes - ALIGNMENT)
        return FAIL(w, ERR_INVAL, "tensor \"%s\": its type and shape do not make a tensor", gguf_show(name).text);
    int rc = grow_sizes(w);
    if (!rc)
        rc = add_name(w, &w->tensor_names, "tensor", name);
    if (rc)
        return rc;
    put_str(&w->tensors, name);
    write_u32(&w->tensors, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        write_u64(&w->tensors, dim[i]);
    write_u32(&w->tensors, type);
    write_u64(&w->tensors, w->data_bytes);
    w->size[w->n_tensors++] = size;
    w->data_bytes += padded(size);
    return w->tensors.failed ? FAIL(w, w->tensors.failed, "tensors: %s", err_text(w->tensors.failed)) : OK;
}

/* ---- streaming ---- */

static int write_padding(struct gguf_writer *w, uint64_t at, struct err *e)
{
    static const char zeros[ALIGNMENT];
    return write_all(w, zeros, (size_t)(padded(at) - at), e);
}

static int write_header(struct gguf_writer *w, struct err *e)
{
    if (w->failed)
        return err_set(e, w->failed, "%s", w->reason.text);
    struct buf head = buf_make(64);
    buf_puts(&head, "GGUF");
    write_u32(&head, VERSION);
    write_u64(&head, w->n_tensors);
    write_u64(&head, w->n_kv);
    int rc = head.failed ? err_set(e, head.failed, "out of memory for a header") : write_all(w, head.ptr, head.len, e);
    if (!rc)
        rc = write_all(w, w->kv.ptr, w->kv.len, e);
    if (!rc)
        rc = write_all(w, w->tensors.ptr, w->tensors.len, e);
    if (!rc)
        rc = write_padding(w, head.len + w->kv.len + w->tensors.len, e);
    buf_free(&head);
    w->streaming = true;
    w->left = w->n_tensors ? w->size[0] : 0;
    return rc;
}

static int next_tensor(struct gguf_writer *w, struct err *e)
{
    int rc = write_padding(w, w->size[w->current], e);
    w->current++;
    w->left = w->current < w->n_tensors ? w->size[w->current] : 0;
    return rc;
}

int gguf_write_data(struct gguf_writer *w, const void *data, size_t len, struct err *e)
{
    const char *p = data;
    int rc = w->streaming ? OK : write_header(w, e);
    while (len && !rc) {
        if (w->current == w->n_tensors)
            return err_set(e, ERR_INVAL, "%s: %zu bytes more than its %zu tensors take", w->part, len, w->n_tensors);
        size_t n = len < w->left ? len : (size_t)w->left;
        rc = write_all(w, p, n, e);
        p += n;
        len -= n;
        w->left -= n;
        if (!rc && !w->left)
            rc = next_tensor(w, e);
    }
    return rc;
}

/* Makes the rename itself survive a power cut. */
static int sync_folder(const struct gguf_writer *w, struct err *e)
{
    char *copy = str_dup(str_of(w->path));
    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory for a path");
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || (fsync(fd) && errno != EINVAL) ? io_error(w, "sync its folder", e) : OK;
    if (fd >= 0)
        close(fd);
    free(copy);
    return rc;
}

int gguf_writer_finish(struct gguf_writer *w, struct err *e)
{
    int rc = w->streaming ? OK : write_header(w, e);
    if (!rc && w->current < w->n_tensors)
        rc = err_set(e, ERR_INVAL, "%s: data of %zu tensors is missing", w->part, w->n_tensors - w->current);
    if (!rc && fsync(w->fd))
        rc = io_error(w, "sync it", e);
    if (!rc && rename(w->part, w->path))
        rc = io_error(w, "rename it to its final name", e);
    if (rc) {
        gguf_writer_abort(w);
        return rc;
    }
    rc = sync_folder(w, e);
    writer_free(w);
    return rc;
}
