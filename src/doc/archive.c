#include "doc/archive.h"

#include <stdlib.h>
#include <zip.h>

enum { STEP_BYTES = 256 << 10, NAME_BYTES_MAX = 1024, ENTRIES_MAX = 100000 };

struct archive {
    zip_t *zip;
    size_t left, max; /* bytes that may still be unpacked */
};

int archive_open(struct str bytes, size_t unpacked_max, struct archive **ret, struct err *e)
{
    zip_error_t why;
    zip_error_init(&why);
    struct archive *a = calloc(1, sizeof *a);
    zip_source_t *source = a ? zip_source_buffer_create(bytes.ptr, bytes.len, 0, &why) : NULL;
    if (!source) {
        zip_error_fini(&why);
        free(a);
        return err_set(e, ERR_NOMEM, "needs more memory than there is");
    }
    a->zip = zip_open_from_source(source, ZIP_RDONLY, &why);
    int r = OK;
    if (!a->zip) {
        zip_source_free(source);
        r = err_set(e, ERR_CORRUPT, "is a damaged zip archive: %s", zip_error_strerror(&why));
    } else if (zip_get_num_entries(a->zip, 0) > ENTRIES_MAX) {
        r = err_set(e, ERR_LIMIT, "is an archive of more than %d files", ENTRIES_MAX);
    }
    zip_error_fini(&why);
    a->left = a->max = unpacked_max;
    if (r)
        archive_close(a);
    else
        *ret = a;
    return r;
}

void archive_close(struct archive *a)
{
    if (!a)
        return;
    if (a->zip)
        zip_discard(a->zip);
    free(a);
}

/* What an entry says of its size is not believed: bytes are counted as they come. */
static int unpack(zip_file_t *f, struct buf *out, struct err *e)
{
    while (true) {
        if (buf_reserve(out, STEP_BYTES))
            return out->failed;
        zip_int64_t n = zip_fread(f, out->ptr + out->len, STEP_BYTES);
        if (n < 0)
            return err_set(e, ERR_CORRUPT, "is a damaged zip archive: %s", zip_file_strerror(f));
        if (!n)
            return OK;
        out->len += (size_t)n;
    }
}

int archive_read(struct archive *a, struct str name, struct buf *ret, struct err *e)
{
    char path[NAME_BYTES_MAX];
    zip_stat_t st;
    if (!str_copy(path, sizeof path, name) || zip_stat(a->zip, path, ZIP_FL_ENC_RAW, &st))
        return err_set(e, ERR_NOENT, "has no " STR_FMT " within", STR_ARG(str_head(name, 200)));
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return err_set(e, ERR_DENIED, "is encrypted; save a copy without a password");
    zip_file_t *f = zip_fopen_index(a->zip, st.index, 0);
    if (!f)
        return err_set(e, ERR_CORRUPT, "is a damaged zip archive: %s", zip_strerror(a->zip));
    struct buf out = buf_make(a->left + STEP_BYTES);
    int r = unpack(f, &out, e);
    zip_fclose(f);
    if (r == ERR_LIMIT || (!r && out.len > a->left))
        r = err_set(e, ERR_LIMIT, "unpacks to more than %zu MB", a->max >> 20);
    else if (r == ERR_NOMEM)
        err_set(e, r, "needs more memory than there is");
    if (r) {
        buf_free(&out);
        return r;
    }
    a->left -= out.len;
    *ret = out;
    return OK;
}
