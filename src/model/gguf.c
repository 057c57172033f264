/* Opening, looking up, and typed values. The parsing is in gguf_parse.c. */
#include "model/gguf.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/wire.h"
#include "model/gguf_internal.h"

/* Takes the mapping over, also on failure; it is zeroed when the bytes are the caller's. */
static int open_in(struct mem_map map, const void *data, size_t len, struct gguf **ret, struct err *e)
{
    struct gguf *g = calloc(1, sizeof *g);
    if (!g) {
        mem_unmap(&map);
        return err_set(e, ERR_NOMEM, "out of memory for a GGUF file's tables");
    }
    *g = (struct gguf){.bytes = data, .len = len, .map = map};
    int rc = gguf_parse(g, e);
    if (rc) {
        gguf_close(g);
        return rc;
    }
    *ret = g;
    return OK;
}

int gguf_open_bytes(const void *data, size_t len, struct gguf **ret, struct err *e)
{
    return open_in((struct mem_map){0}, data, len, ret, e);
}

int gguf_open(const char *path, struct gguf **ret, struct err *e)
{
    struct mem_map map = {0};
    int rc = mem_map_file(path, &map, e);
    if (rc)
        return rc;
    rc = open_in(map, map.ptr, map.len, ret, e);
    return rc ? err_prefix(e, rc, "%s", path) : OK;
}

void gguf_close(struct gguf *g)
{
    if (!g)
        return;
    strmap_deinit(&g->kv_by_key);
    strmap_deinit(&g->tensor_by_name);
    free(g->kv);
    free(g->tensor);
    mem_unmap(&g->map);
    free(g);
}

uint32_t gguf_version(const struct gguf *g)
{
    return g->version;
}
uint64_t gguf_file_bytes(const struct gguf *g)
{
    return g->len;
}
size_t gguf_kv_count(const struct gguf *g)
{
    return g->n_kv;
}
const struct gguf_kv *gguf_kv_at(const struct gguf *g, size_t i)
{
    return i < g->n_kv ? &g->kv[i] : NULL;
}
size_t gguf_tensor_count(const struct gguf *g)
{
    return g->n_tensors;
}
const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i)
{
    return i < g->n_tensors ? &g->tensor[i] : NULL;
}

const struct gguf_kv *gguf_kv(const struct gguf *g, const char *key)
{
    uint32_t i;
    return strmap_get(&g->kv_by_key, str_of(key), &i) ? &g->kv[i] : NULL;
}

size_t gguf_kv_offset(const struct gguf *g, const char *key)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    return kv ? (size_t)(kv->data - g->bytes) : 0;
}

const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name)
{
    uint32_t i;
    return strmap_get(&g->tensor_by_name, str_of(name), &i) ? &g->tensor[i] : NULL;
}

struct gguf_shown gguf_show(struct str s)
{
    struct gguf_shown shown = {0};
    for (size_t i = 0; i < s.len && i + 1 < sizeof shown.text; i++)
        shown.text[i] = s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f ? s.ptr[i] : '.';
    return shown;
}

/* Names for sentences. */
static const char *const kind_names[GGUF_KIND_COUNT] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                        "bool", "string", "array", "u64", "i64", "f64"};

static int missing(const char *key, struct err *e)
{
    return err_set(e, ERR_NOENT, "metadata key \"%s\" is missing", key);
}

static int misfit(const struct gguf *g, const struct gguf_kv *kv, const char *want, struct err *e)
{
    return err_set(e, ERR_CORRUPT, "metadata \"" STR_FMT "\" at offset %zu (%s) is not %s", STR_ARG(kv->key), (size_t)(kv->data - g->bytes),
                   kind_names[kv->kind], want);
}

/* True when the value is an integer that is not negative. */
static bool unsigned_value(const struct gguf_kv *kv, uint64_t *ret)
{
    struct reader r = reader_of(kv->data, kv->len);
    int64_t v;
    switch (kv->kind) {
    case GGUF_U8: v = read_u8(&r); break;
    case GGUF_U16: v = read_u16(&r); break;
    case GGUF_U32: v = read_u32(&r); break;
    case GGUF_I8: v = (read_u8(&r) ^ 0x80) - 0x80; break; /* extends the sign */
    case GGUF_I16: v = (int16_t)read_u16(&r); break;
    case GGUF_I32: v = read_i32(&r); break;
    case GGUF_I64: v = read_i64(&r); break;
    case GGUF_U64: *ret = read_u64(&r); return true;
    default: return false;
    }
    *ret = (uint64_t)v;
    return v >= 0;
}

int gguf_u32(const struct gguf *g, const char *key, uint32_t *ret, struct err *e)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    uint64_t v;
    if (!kv)
        return missing(key, e);
    if (!unsigned_value(kv, &v) || v > UINT32_MAX)
        return misfit(g, kv, "an integer from 0 to 4294967295", e);
    *ret = (uint32_t)v;
    return OK;
}

int gguf_f32(const struct gguf *g, const char *key, float *ret, struct err *e)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    if (!kv)
        return missing(key, e);
    struct reader r = reader_of(kv->data, kv->len);
    double v = kv->kind == GGUF_F32 ? (double)read_f32(&r) : kv->kind == GGUF_F64 ? read_f64(&r) : (double)NAN;
    if (!(fabs(v) <= (double)__FLT_MAX__))
        return misfit(g, kv, "a finite float", e);
    *ret = (float)v;
    return OK;
}

int gguf_bool(const struct gguf *g, const char *key, bool *ret, struct err *e)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    if (!kv)
        return missing(key, e);
    if (kv->kind != GGUF_BOOL || *kv->data > 1)
        return misfit(g, kv, "a boolean (0 or 1)", e);
    *ret = *kv->data == 1;
    return OK;
}

int gguf_str(const struct gguf *g, const char *key, struct str *ret, struct err *e)
{
    const struct gguf_kv *kv = gguf_kv(g, key);
    if (!kv)
        return missing(key, e);
    if (kv->kind != GGUF_STR)
        return misfit(g, kv, "a string", e);
    *ret = str_from(kv->data + 8, kv->len - 8);
    return OK;
}

bool gguf_next_str(const struct gguf_kv *kv, size_t *cursor, struct str *ret)
{
    if (kv->kind != GGUF_ARR || kv->item_kind != GGUF_STR || *cursor >= kv->len)
        return false;
    struct reader r = reader_of(kv->data + *cursor, kv->len - *cursor);
    uint64_t n = read_u64(&r);
    const void *p = reader_take(&r, (size_t)n);
    if (!p)
        return false;
    *ret = str_from(p, (size_t)n);
    *cursor += reader_offset(&r);
    return true;
}
