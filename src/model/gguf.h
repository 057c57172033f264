/* GGUF v2 and v3, read where they lie in a mapping. Nothing in the file is trusted.
 *
 * Source: the GGUF specification in ggml's docs. After gguf_open has returned OK, every name, value and tensor that the
 * functions below hand out lies within the mapping, and every tensor's shape, type and size agree. A file that breaks a
 * rule gives ERR_CORRUPT and a sentence with the field and its offset. */
#ifndef MODEL_GGUF_H
#define MODEL_GGUF_H

#include "base/err.h"
#include "base/str.h"
#include "tensor/type.h"

enum gguf_kind {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STR,
    GGUF_ARR,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_KIND_COUNT
};
enum { GGUF_DIMS_MAX = 4, GGUF_KV_MAX = 65536, GGUF_TENSORS_MAX = 65536, GGUF_NAME_MAX = 256 };

struct gguf;

struct gguf_kv {
    struct str key;
    enum gguf_kind kind; /* GGUF_ARR: then item_kind, count */
    enum gguf_kind item_kind;
    uint64_t count;      /* items of an array, else 1 */
    const uint8_t *data; /* first byte of the value (for a string: of its u64 length) */
    size_t len;          /* bytes of the value; arrays: of all items */
};

struct gguf_tensor {
    struct str name;
    enum tensor_type type;
    uint32_t n_dims;
    uint64_t dim[GGUF_DIMS_MAX]; /* fastest first; unused ones are 1 */
    const void *data;
    uint64_t offset, size; /* in the file, bytes */
};

/* Maps the file. */
int gguf_open(const char *path, struct gguf **ret, struct err *e);
/* Reads bytes that the caller keeps alive. */
int gguf_open_bytes(const void *data, size_t len, struct gguf **ret, struct err *e);
void gguf_close(struct gguf *g); /* NULL is fine */

uint32_t gguf_version(const struct gguf *g);
uint64_t gguf_file_bytes(const struct gguf *g);
size_t gguf_kv_count(const struct gguf *g);
const struct gguf_kv *gguf_kv_at(const struct gguf *g, size_t i);
const struct gguf_kv *gguf_kv(const struct gguf *g, const char *key); /* NULL: not there */
size_t gguf_kv_offset(const struct gguf *g, const char *key);         /* of the value in the file, for a sentence; 0: not there */
size_t gguf_tensor_count(const struct gguf *g);
const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i);
const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name); /* NULL: not there */

/* Typed values. ERR_NOENT when the key is missing, ERR_CORRUPT when its kind or range does not fit; both fill e with the key.
 * Any integer kind is accepted for an integer, and F32/F64 for a float, which must be finite. The result is untouched on failure. */
int gguf_u32(const struct gguf *g, const char *key, uint32_t *ret, struct err *e);
int gguf_f32(const struct gguf *g, const char *key, float *ret, struct err *e);
int gguf_bool(const struct gguf *g, const char *key, bool *ret, struct err *e);
int gguf_str(const struct gguf *g, const char *key, struct str *ret, struct err *e);
/* Walks an array of strings: begin with *cursor = 0; false at the end. */
bool gguf_next_str(const struct gguf_kv *kv, size_t *cursor, struct str *ret);

#endif
