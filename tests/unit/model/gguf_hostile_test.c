/* Files made to hurt: every field at values it should not have, cut at every byte, and thousands of random changes.
 * Whatever the answer is, it is a sentence; and what opens can be walked to its end. */
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "base/rng.h"
#include "base/wire.h"
#include "gguf_make.h"

/* ---- a file, field by field, so that each can be wrong ---- */

struct raw {
    uint32_t version;
    uint64_t n_tensors, n_kv;
    uint64_t key_len, str_len, arr_len; /* declared; UINT64_MAX: the true one */
    uint32_t kind, item_kind;
    uint32_t n_dims;
    uint64_t dim[2];
    uint32_t type;
    uint64_t offset;
    uint32_t alignment;
    const char *key, *tensor;
};

static struct raw raw_good(void)
{
    return (struct raw){.version = 3,
                        .n_tensors = 2,
                        .n_kv = 4,
                        .key_len = 3,
                        .str_len = 5,
                        .arr_len = 3,
                        .kind = GGUF_STR,
                        .item_kind = GGUF_U16,
                        .n_dims = 2,
                        .dim = {32, 2},
                        .type = TENSOR_Q8_0,
                        .offset = 0,
                        .alignment = 32,
                        .key = "key",
                        .tensor = "tensor"};
}

static void put_name(struct buf *b, const char *s, uint64_t len)
{
    write_u64(b, len);
    buf_puts(b, s);
}

static void put_tensor(struct buf *b, const char *name, const struct raw *r, uint64_t offset)
{
    put_name(b, name, strlen(name));
    write_u32(b, r->n_dims);
    for (uint32_t i = 0; i < r->n_dims && i < 5; i++)
        write_u64(b, i < 2 ? r->dim[i] : 1);
    write_u32(b, r->type);
    write_u64(b, offset);
}

static struct buf raw_file(const struct raw *r)
{
    struct buf b = buf_make(1 << 20);
    buf_puts(&b, "GGUF");
    write_u32(&b, r->version);
    write_u64(&b, r->n_tensors);
    write_u64(&b, r->n_kv);
    put_name(&b, r->key, r->key_len);
    write_u32(&b, r->kind);
    put_name(&b, "value", r->str_len);
    put_name(&b, "array", 5);
    write_u32(&b, GGUF_ARR);
    write_u32(&b, r->item_kind);
    write_u64(&b, r->arr_len);
    buf_put(&b, STR("123456"));
    put_name(&b, "general.alignment", 17);
    write_u32(&b, GGUF_U32);
    write_u32(&b, r->alignment);
    put_name(&b, "words", 5);
    write_u32(&b, GGUF_ARR);
    write_u32(&b, GGUF_STR);
    write_u64(&b, 2);
    put_name(&b, "one", 3);
    put_name(&b, "two", 3);
    put_tensor(&b, r->tensor, r, r->offset);
    put_tensor(&b, "second", r, 96);
    while (b.len % 32)
        buf_putc(&b, 0);
    for (int i = 0; i < 96 + 68; i++)
        buf_putc(&b, (char)i);
    assert_int_equal(b.failed, OK);
    return b;
}

/* Reads everything that the reader hands out, so that a sanitizer sees a wrong pointer. */
static uint64_t walk(const struct gguf *g)
{
    uint64_t sum = gguf_version(g);
    for (size_t i = 0; i < gguf_kv_count(g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(g, i);
        struct str s;
        for (size_t k = 0; k < kv->len; k++)
            sum += kv->data[k];
        for (size_t cursor = 0; gguf_next_str(kv, &cursor, &s);)
            sum += str_hash(s);
        sum += str_hash(kv->key);
    }
    for (size_t i = 0; i < gguf_tensor_count(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        for (uint64_t k = 0; k < t->size; k++)
            sum += ((const uint8_t *)t->data)[k];
        sum += str_hash(t->name);
    }
    return sum;
}

/* Opens a copy of exactly len bytes. A refusal must say something. */
static int open_copy(const char *bytes, size_t len, struct err *e)
{
    struct gguf *g = NULL;
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    *e = (struct err){0};
    int rc = gguf_open_bytes(copy, len, &g, e);
    if (rc) {
        assert_null(g);
        assert_true(e->text[0] && e->code == rc);
    } else {
        assert_int_not_equal(walk(g), 0);
    }
    gguf_close(g);
    free(copy);
    return rc;
}

static void refuses(struct raw r, int code, const char *says)
{
    struct buf b = raw_file(&r);
    struct err e;
    int rc = open_copy(b.ptr, b.len, &e);
    if (rc != code || !strstr(e.text, says))
        fail_msg("%s \"%s\", expected %s \"%s\"", err_name(rc), e.text, err_name(code), says);
    buf_free(&b);
}

/* The good file with one field changed. */
#define REFUSES(field, value, code, says) \
    do {                                  \
        struct raw r_ = raw_good();       \
        r_.field = (value);               \
        refuses(r_, (code), (says));      \
    } while (0)

static void the_good_file_opens(void **state)
{
    (void)state;
    struct raw r = raw_good();
    struct buf b = raw_file(&r);
    struct err e;
    if (open_copy(b.ptr, b.len, &e))
        fail_msg("%s", e.text);
    buf_free(&b);
    r.version = 2;
    b = raw_file(&r);
    assert_int_equal(open_copy(b.ptr, b.len, &e), OK);
    buf_free(&b);
}

static void counts_and_lengths(void **state)
{
    (void)state;
    REFUSES(n_tensors, UINT64_MAX, ERR_LIMIT, "tensor count at offset 8 is 18446744073709551615");
    REFUSES(n_tensors, 65536, ERR_CORRUPT, "tensor count at offset 8 is 65536, but ");
    REFUSES(n_tensors, 3, ERR_CORRUPT, "at offset ");
    REFUSES(n_kv, UINT64_MAX / 14, ERR_LIMIT, "metadata count at offset 16");
    REFUSES(n_kv, 65536, ERR_CORRUPT, "metadata count at offset 16");
    REFUSES(key_len, UINT64_MAX, ERR_CORRUPT, "length of metadata key at offset 24 is 18446744073709551615");
    REFUSES(key_len, 0, ERR_CORRUPT, "metadata key at offset 24 has 0 bytes");
    REFUSES(key_len, 257, ERR_CORRUPT, "metadata key at offset 24 has 257 bytes");
    REFUSES(str_len, UINT64_MAX - 8, ERR_CORRUPT, "\"key\", item 0: length of string at offset 39 is");
    REFUSES(arr_len, UINT64_MAX, ERR_CORRUPT, "\"array\" at offset ");
    REFUSES(arr_len, UINT64_MAX / 2 + 2, ERR_CORRUPT, "\"array\" at offset ");
}

static void kinds(void **state)
{
    (void)state;
    REFUSES(kind, 13, ERR_CORRUPT, "value type of \"key\" at offset 35 is 13, expected 0 to 12");
    REFUSES(kind, UINT32_MAX, ERR_CORRUPT, "value type of \"key\" at offset 35 is 4294967295");
    REFUSES(item_kind, 99, ERR_CORRUPT, "item type of \"array\" at offset ");
    REFUSES(item_kind, GGUF_ARR, ERR_CORRUPT, "\"array\" at offset 69 is an array of arrays");
    REFUSES(item_kind, GGUF_STR, ERR_CORRUPT, "\"array\"");
}

static void names(void **state)
{
    (void)state;
    REFUSES(key, "k\x1by", ERR_CORRUPT, "metadata key at offset 24 is not printable UTF-8");
    REFUSES(key, "k\xff\x80", ERR_CORRUPT, "metadata key at offset 24 is not printable UTF-8");
    REFUSES(key, "k\xc2\x9b", ERR_CORRUPT, "metadata key at offset 24 is not printable UTF-8");
    REFUSES(tensor, "second", ERR_CORRUPT, "tensor \"second\" at offset ");
    REFUSES(tensor, "a\nb", ERR_CORRUPT, "tensor name at offset ");
    struct raw r = raw_good();
    r.key = "array";
    r.key_len = 5;
    refuses(r, ERR_CORRUPT, "metadata key \"array\" at offset 54 stands in the file twice");
}

static void shapes_and_types(void **state)
{
    (void)state;
    REFUSES(n_dims, 0, ERR_CORRUPT, "tensor \"tensor\": dimension count at offset ");
    REFUSES(n_dims, 5, ERR_CORRUPT, " is 5, expected 1 to 4");
    REFUSES(n_dims, UINT32_MAX, ERR_CORRUPT, " is 4294967295, expected 1 to 4");
    REFUSES(dim[0], 0, ERR_CORRUPT, "dimension 0 at offset ");
    REFUSES(dim[1], 0, ERR_CORRUPT, "dimension 1 at offset ");
    REFUSES(dim[0], (uint64_t)1 << 63, ERR_CORRUPT, "dimension 0 at offset ");
    REFUSES(dim[0], (uint64_t)1 << 62, ERR_CORRUPT, "tensor \"tensor\"");
    REFUSES(dim[1], (uint64_t)1 << 62, ERR_CORRUPT, "more than any file can hold");
    REFUSES(dim[1], 1 << 20, ERR_CORRUPT, "the file is truncated: tensor \"tensor\" takes 35651584 bytes");
    REFUSES(dim[0], 33, ERR_CORRUPT, "rows have 33 values, which is not a multiple of Q8_0's block of 32");
    REFUSES(type, 16, ERR_UNSUPPORTED, "type 16 (IQ2_XXS) at offset ");
    REFUSES(type, 4, ERR_UNSUPPORTED, "type 4 (unknown) at offset ");
    REFUSES(type, UINT32_MAX, ERR_UNSUPPORTED, "type 4294967295 (unknown) at offset ");
}

static void places(void **state)
{
    (void)state;
    REFUSES(offset, 1, ERR_CORRUPT, "data offset 1 is not a multiple of the alignment 32");
    REFUSES(offset, UINT64_MAX - 31, ERR_CORRUPT, "the file is truncated: tensor \"tensor\"");
    REFUSES(offset, 32, ERR_CORRUPT, "tensor \"second\" at offset ");
    REFUSES(offset, 96, ERR_CORRUPT, " overlaps tensor \"");
    REFUSES(offset, 128, ERR_CORRUPT, "the file is truncated");
    REFUSES(alignment, 0, ERR_CORRUPT, "general.alignment at offset ");
    REFUSES(alignment, 4, ERR_CORRUPT, "is 4, expected a power of two from 8 to 65536");
    REFUSES(alignment, 48, ERR_CORRUPT, "is 48, expected");
    REFUSES(alignment, 131072, ERR_CORRUPT, "is 131072, expected");
    REFUSES(alignment, UINT32_MAX, ERR_CORRUPT, "is 4294967295, expected");
    REFUSES(alignment, 65536, ERR_CORRUPT, "takes 68 bytes at offset 65536 + 0, but the file has ");
    REFUSES(alignment, 64, ERR_CORRUPT, "data offset 96 is not a multiple of the alignment 64");
    REFUSES(kind, GGUF_ARR, ERR_CORRUPT, "\"key\" at offset 51 has 8461244959356354560 items");
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct raw r = raw_good();
    struct buf b = raw_file(&r);
    struct err e;
    for (size_t len = 0; len < b.len; len++)
        assert_int_not_equal(open_copy(b.ptr, len, &e), OK);
    assert_int_equal(open_copy(b.ptr, b.len, &e), OK);
    buf_free(&b);
}

/* One to four changes: a random byte, or eight bytes of a value that tends to hurt. */
static void random_changes(void **state)
{
    (void)state;
    static const uint64_t nasty[] = {0,
                                     1,
                                     5,
                                     0x7f,
                                     0xff,
                                     0xffff,
                                     0x7fffffff,
                                     0xffffffff,
                                     (uint64_t)1 << 32,
                                     (uint64_t)1 << 62,
                                     (uint64_t)1 << 63,
                                     UINT64_MAX,
                                     UINT64_MAX - 7,
                                     UINT64_MAX / 34 + 1};
    struct raw good = raw_good();
    struct buf b = raw_file(&good);
    char *copy = malloc(b.len);
    struct rng r;
    struct err e;
    int opened = 0;
    rng_seed(&r, 7);
    for (int i = 0; i < 20000; i++) {
        memcpy(copy, b.ptr, b.len);
        for (uint64_t n = 1 + rng_u64(&r) % 4; n; n--) {
            size_t at = rng_u64(&r) % (b.len - 8);
            if (rng_u64(&r) % 2)
                copy[at] = (char)rng_u64(&r);
            else
                memcpy(copy + at, &nasty[rng_u64(&r) % (sizeof nasty / sizeof *nasty)], 8);
        }
        opened += !open_copy(copy, b.len, &e);
    }
    assert_in_range(opened, 100, 19900); /* the changes are neither harmless nor always fatal */
    free(copy);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_good_file_opens),
        cmocka_unit_test(counts_and_lengths),
        cmocka_unit_test(kinds),
        cmocka_unit_test(names),
        cmocka_unit_test(shapes_and_types),
        cmocka_unit_test(places),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(random_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
