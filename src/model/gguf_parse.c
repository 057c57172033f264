/* Parsing a GGUF file that nobody has checked.
 *
 *   "GGUF" · u32 version · u64 tensors · u64 pairs · pairs · tensor descriptions · padding · tensor data
 *
 * Invariants after gguf_parse has returned OK:
 *   1. every slice and data pointer lies within [bytes, bytes + len);
 *   2. names of pairs and tensors are unique, 1 … GGUF_NAME_MAX bytes of UTF-8 without control characters, so that they
 *      can be printed on a terminal;
 *   3. a tensor's row is a whole number of its type's blocks, and row bytes × rows == size;
 *   4. memory is bounded: a count is compared with the bytes that are left before anything is allocated for it;
 *   5. tensors share no byte with each other or with the header, so that what is copied from them is bounded by the
 *      file's size, too. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/wire.h"
#include "model/gguf_internal.h"
#include "model/gguf_magic.h"

/* The specification wants a multiple of 8, every known writer a power of two. More than the largest page of any machine
 * that Linux runs on serves nobody, and would let a small number ask for gigabytes of padding in a writer. */
enum { ALIGNMENT_DEFAULT = 32, ALIGNMENT_MIN = 8, ALIGNMENT_MAX = 65536 };

/* The fewest bytes that a pair (name, kind, one byte) and a tensor description (name, dimensions, type, offset) take. */
enum { KV_BYTES_MIN = 8 + 1 + 4 + 1, TENSOR_BYTES_MIN = 8 + 1 + 4 + 8 + 4 + 8 };

static const uint8_t kind_bytes[GGUF_KIND_COUNT] = {
    [GGUF_U8] = 1,  [GGUF_I8] = 1,   [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
    [GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8,
};

size_t gguf_kind_bytes(enum gguf_kind kind)
{
    return kind_bytes[kind];
}

static int truncated(const struct reader *r, size_t at, const char *field, struct err *e)
{
    return err_set(e, ERR_CORRUPT, "the file is truncated: %s at offset %zu goes past the end (%zu bytes)", field, at,
                   (size_t)(r->end - r->start));
}

/* A u64 length and that many bytes, where they lie. */
static int read_slice(struct reader *r, const char *field, struct str *ret, struct err *e)
{
    size_t at = reader_offset(r);
    uint64_t n = read_u64(r);
    if (r->bad)
        return truncated(r, at, field, e);
    if (n > reader_left(r))
        return err_set(e, ERR_CORRUPT, "length of %s at offset %zu is %" PRIu64 ", but %zu bytes are left", field, at, n, reader_left(r));
    *ret = str_from(reader_take(r, (size_t)n), (size_t)n);
    return OK;
}

static int read_name(struct reader *r, const char *field, struct str *ret, struct err *e)
{
    size_t at = reader_offset(r);
    struct str s = {0};
    int rc = read_slice(r, field, &s, e);
    if (rc)
        return rc;
    if (!s.len || s.len > GGUF_NAME_MAX)
        return err_set(e, ERR_CORRUPT, "%s at offset %zu has %zu bytes, expected 1 to %d", field, at, s.len, GGUF_NAME_MAX);
    if (!utf8_printable(s.ptr, s.len))
        return err_set(e, ERR_CORRUPT, "%s at offset %zu is not printable UTF-8", field, at);
    *ret = s;
    return OK;
}

static int read_kind(struct reader *r, struct str key, const char *field, enum gguf_kind *ret, struct err *e)
{
    size_t at = reader_offset(r);
    uint32_t kind = read_u32(r);
    if (r->bad)
        return truncated(r, at, field, e);
    if (kind >= GGUF_KIND_COUNT)
        return err_set(e, ERR_CORRUPT, "%s of \"" STR_FMT "\" at offset %zu is %" PRIu32 ", expected 0 to %d", field, STR_ARG(key), at,
                       kind, GGUF_KIND_COUNT - 1);
    *ret = (enum gguf_kind)kind;
    return OK;
}

/* Steps over kv->count items of item_kind. */
static int skip_items(struct reader *r, struct gguf_kv *kv, struct err *e)
{
    size_t at = reader_offset(r), unit = kind_bytes[kv->item_kind];
    uint64_t n_max = reader_left(r) / (unit ? unit : 8);
    if (kv->count > n_max)
        return err_set(e, ERR_CORRUPT, "\"" STR_FMT "\" at offset %zu has %" PRIu64 " items, but %zu bytes are left", STR_ARG(kv->key), at,
                       kv->count, reader_left(r));
    if (unit) {
        reader_take(r, (size_t)kv->count * unit);
        return OK;
    }
    for (uint64_t i = 0; i < kv->count; i++) {
        struct str s;
        int rc = read_slice(r, "string", &s, e);
        if (rc)
            return err_prefix(e, rc, "\"" STR_FMT "\", item %" PRIu64, STR_ARG(kv->key), i);
    }
    return OK;
}

static int read_array_head(struct reader *r, struct gguf_kv *kv, struct err *e)
{
    size_t at = reader_offset(r);
    int rc = read_kind(r, kv->key, "item type", &kv->item_kind, e);
    if (rc)
        return rc;
    if (kv->item_kind == GGUF_ARR)
        return err_set(e, ERR_CORRUPT, "\"" STR_FMT "\" at offset %zu is an array of arrays, which is not allowed", STR_ARG(kv->key), at);
    kv->count = read_u64(r);
    return r->bad ? truncated(r, at, "array length", e) : OK;
}

static int read_kv(struct reader *r, struct gguf_kv *kv, struct err *e)
{
    int rc = read_name(r, "metadata key", &kv->key, e);
    if (!rc)
        rc = read_kind(r, kv->key, "value type", &kv->kind, e);
    kv->item_kind = kv->kind;
    kv->count = 1;
    if (!rc && kv->kind == GGUF_ARR)
        rc = read_array_head(r, kv, e);
    if (rc)
        return rc;
    kv->data = r->at;
    rc = skip_items(r, kv, e);
    kv->len = (size_t)(r->at - kv->data);
    return rc;
}

/* Counts that a file of this size could hold, or a refusal. */
static int check_count(const struct reader *r, const char *what, size_t at, uint64_t count, uint64_t max, size_t bytes_min, struct err *e)
{
    if (count > max)
        return err_set(e, ERR_LIMIT, "%s count at offset %zu is %" PRIu64 ", more than %" PRIu64, what, at, count, max);
    if (count > reader_left(r) / bytes_min)
        return err_set(e, ERR_CORRUPT, "%s count at offset %zu is %" PRIu64 ", but %zu bytes are left", what, at, count, reader_left(r));
    return OK;
}

static int read_header(struct gguf *g, struct reader *r, struct err *e)
{
    int rc = gguf_check_magic(str_from(g->bytes, g->len), &g->version, e);
    if (rc)
        return rc;
    reader_take(r, 8);
    uint64_t n_tensors = read_u64(r), n_kv = read_u64(r);
    if (r->bad)
        return truncated(r, 8, "header", e);
    if ((rc = check_count(r, "tensor", 8, n_tensors, GGUF_TENSORS_MAX, TENSOR_BYTES_MIN, e)) != OK)
        return rc;
    if ((rc = check_count(r, "metadata", 16, n_kv, GGUF_KV_MAX, KV_BYTES_MIN, e)) != OK)
        return rc;
    g->kv = calloc(n_kv + 1, sizeof *g->kv);
    g->tensor = calloc(n_tensors + 1, sizeof *g->tensor);
    if (!g->kv || !g->tensor || strmap_init(&g->kv_by_key, n_kv) || strmap_init(&g->tensor_by_name, n_tensors))
        return err_set(e, ERR_NOMEM, "out of memory for %" PRIu64 " metadata pairs and %" PRIu64 " tensors", n_kv, n_tensors);
    g->n_kv = (size_t)n_kv;
    g->n_tensors = (size_t)n_tensors;
    return OK;
}

static int read_kvs(struct gguf *g, struct reader *r, struct err *e)
{
    for (size_t i = 0; i < g->n_kv; i++) {
        size_t at = reader_offset(r);
        int rc = read_kv(r, &g->kv[i], e);
        if (rc)
            return rc;
        if (strmap_put(&g->kv_by_key, g->kv[i].key, (uint32_t)i))
            return err_set(e, ERR_CORRUPT, "metadata key \"" STR_FMT "\" at offset %zu stands in the file twice", STR_ARG(g->kv[i].key),
                           at);
    }
    return OK;
}

static int read_alignment(struct gguf *g, struct err *e)
{
    uint32_t a = ALIGNMENT_DEFAULT;
    struct err why;
    int rc = gguf_u32(g, "general.alignment", &a, &why);
    if (rc && rc != ERR_NOENT)
        return err_set(e, rc, "%s", why.text);
    if (a < ALIGNMENT_MIN || a > ALIGNMENT_MAX || (a & (a - 1)))
        return err_set(e, ERR_CORRUPT, "general.alignment at offset %zu is %" PRIu32 ", expected a power of two from %d to %d",
                       (size_t)(gguf_kv(g, "general.alignment")->data - g->bytes), a, ALIGNMENT_MIN, ALIGNMENT_MAX);
    g->alignment = a;
    return OK;
}

static int read_dims(struct reader *r, struct gguf_tensor *t, struct err *e)
{
    size_t at = reader_offset(r);
    t->n_dims = read_u32(r);
    if (r->bad)
        return truncated(r, at, "dimension count", e);
    if (t->n_dims < 1 || t->n_dims > GGUF_DIMS_MAX)
        return err_set(e, ERR_CORRUPT, "dimension count at offset %zu is %" PRIu32 ", expected 1 to %d", at, t->n_dims, GGUF_DIMS_MAX);
    for (uint32_t i = 0; i < GGUF_DIMS_MAX; i++) {
        at = reader_offset(r);
        t->dim[i] = i < t->n_dims ? read_u64(r) : 1;
        if (r->bad)
            return truncated(r, at, "dimension", e);
        if (!t->dim[i] || t->dim[i] > INT64_MAX)
            return err_set(e, ERR_CORRUPT, "dimension %" PRIu32 " at offset %zu is %" PRIu64, i, at, t->dim[i]);
    }
    return OK;
}

/* Reads the type and derives the size from it and the dimensions. */
static int read_type(struct reader *r, struct gguf_tensor *t, struct err *e)
{
    size_t at = reader_offset(r);
    uint32_t id = read_u32(r);
    if (r->bad)
        return truncated(r, at, "type", e);
    const struct tensor_type_info *type = tensor_type_info(id);
    if (!type)
        return err_set(e, ERR_UNSUPPORTED, "type %" PRIu32 " (%s) at offset %zu is not one that hearth reads", id,
                       gguf_foreign_type_name(id), at);
    t->type = (enum tensor_type)id;
    if (t->dim[0] % type->block_len)
        return err_set(e, ERR_CORRUPT,
                       "its rows have %" PRIu64 " values, which is not a multiple of %s's block of %" PRIu32 " (type at offset %zu)",
                       t->dim[0], type->name, type->block_len, at);
    uint64_t size = tensor_row_bytes(t->type, t->dim[0]);
    bool over = !size;
    for (int i = 1; i < GGUF_DIMS_MAX; i++)
        over |= __builtin_mul_overflow(size, t->dim[i], &size);
    if (over)
        return err_set(e, ERR_CORRUPT, "its dimensions before offset %zu are more than any file can hold", at);
    t->size = size;
    return OK;
}

/* `offset` counts from the data section, which is not known yet; place_tensors makes it one in the file. */
static int read_tensor(struct reader *r, struct gguf_tensor *t, struct err *e)
{
    int rc = read_name(r, "tensor name", &t->name, e);
    if (rc)
        return rc;
    rc = read_dims(r, t, e);
    if (!rc)
        rc = read_type(r, t, e);
    if (rc)
        return err_prefix(e, rc, "tensor \"" STR_FMT "\"", STR_ARG(t->name));
    size_t at = reader_offset(r);
    t->offset = read_u64(r);
    return r->bad ? truncated(r, at, "offset of a tensor", e) : OK;
}

static int read_tensors(struct gguf *g, struct reader *r, struct err *e)
{
    for (size_t i = 0; i < g->n_tensors; i++) {
        size_t at = reader_offset(r);
        int rc = read_tensor(r, &g->tensor[i], e);
        if (rc)
            return rc;
        if (strmap_put(&g->tensor_by_name, g->tensor[i].name, (uint32_t)i))
            return err_set(e, ERR_CORRUPT, "tensor \"" STR_FMT "\" at offset %zu stands in the file twice", STR_ARG(g->tensor[i].name), at);
    }
    return OK;
}

static int place_tensors(struct gguf *g, uint64_t header_end, struct err *e)
{
    uint64_t start = (header_end + g->alignment - 1) & ~(g->alignment - 1);
    for (size_t i = 0; i < g->n_tensors; i++) {
        struct gguf_tensor *t = &g->tensor[i];
        if (t->offset % g->alignment)
            return err_set(e, ERR_CORRUPT, "tensor \"" STR_FMT "\": data offset %" PRIu64 " is not a multiple of the alignment %" PRIu64,
                           STR_ARG(t->name), t->offset, g->alignment);
        uint64_t room = start <= g->len ? g->len - start : 0;
        if (t->offset > room || t->size > room - t->offset)
            return err_set(e, ERR_CORRUPT,
                           "the file is truncated: tensor \"" STR_FMT "\" takes %" PRIu64 " bytes at offset %" PRIu64 " + %" PRIu64
                           ", but the file has %zu bytes",
                           STR_ARG(t->name), t->size, start, t->offset, g->len);
        t->offset += start;
        t->data = g->bytes + t->offset;
    }
    return OK;
}

struct range {
    uint64_t offset, size;
    size_t tensor;
};

static int by_offset(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int check_overlap(const struct gguf *g, struct err *e)
{
    struct range *range = calloc(g->n_tensors + 1, sizeof *range);
    if (!range)
        return err_set(e, ERR_NOMEM, "out of memory for %zu tensors", g->n_tensors);
    for (size_t i = 0; i < g->n_tensors; i++)
        range[i] = (struct range){g->tensor[i].offset, g->tensor[i].size, i};
    qsort(range, g->n_tensors, sizeof *range, by_offset);
    int rc = OK;
    for (size_t i = 1; i < g->n_tensors && !rc; i++)
        if (range[i].offset - range[i - 1].offset < range[i - 1].size)
            rc = err_set(e, ERR_CORRUPT, "tensor \"" STR_FMT "\" at offset %" PRIu64 " overlaps tensor \"" STR_FMT "\"",
                         STR_ARG(g->tensor[range[i].tensor].name), range[i].offset, STR_ARG(g->tensor[range[i - 1].tensor].name));
    free(range);
    return rc;
}

int gguf_parse(struct gguf *g, struct err *e)
{
    struct reader r = reader_of(g->bytes, g->len);
    int rc = read_header(g, &r, e);
    if (!rc)
        rc = read_kvs(g, &r, e);
    if (!rc)
        rc = read_alignment(g, e);
    if (!rc)
        rc = read_tensors(g, &r, e);
    if (!rc)
        rc = place_tensors(g, reader_offset(&r), e);
    return rc ? rc : check_overlap(g, e);
}
