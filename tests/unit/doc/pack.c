#include "pack.h"

#include "../check.h"

#include <zip.h>

void pack(const struct entry *entries, const char *password, struct buf *ret)
{
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &e);
    assert_non_null(to);
    zip_source_keep(to);
    zip_t *z = zip_open_from_source(to, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    for (; entries->name; entries++) {
        zip_source_t *from = zip_source_buffer(z, entries->bytes.ptr, entries->bytes.len, 0);
        zip_int64_t i = zip_file_add(z, entries->name, from, ZIP_FL_ENC_UTF_8);
        assert_true(i >= 0);
        if (entries->stored)
            assert_int_equal(zip_set_file_compression(z, (zip_uint64_t)i, ZIP_CM_STORE, 0), 0);
        if (password)
            assert_int_equal(zip_file_set_encryption(z, (zip_uint64_t)i, ZIP_EM_AES_256, password), 0);
    }
    assert_int_equal(zip_close(z), 0);
    zip_stat_t st;
    assert_int_equal(zip_source_stat(to, &st), 0);
    *ret = buf_make(64 << 20);
    assert_int_equal(buf_reserve(ret, st.size), OK);
    assert_int_equal(zip_source_open(to), 0);
    assert_int_equal(zip_source_read(to, ret->ptr, st.size), (zip_int64_t)st.size);
    ret->len = st.size;
    zip_source_close(to);
    zip_source_free(to);
    zip_error_fini(&e);
}
