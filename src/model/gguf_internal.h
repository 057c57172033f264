/* What gguf.c and gguf_parse.c share. */
#ifndef MODEL_GGUF_INTERNAL_H
#define MODEL_GGUF_INTERNAL_H

#include "base/strmap.h"
#include "model/gguf.h"
#include "sys/mem.h"

struct gguf {
    const uint8_t *bytes;
    size_t len;
    struct mem_map map; /* zeroed when the bytes are the caller's */
    uint32_t version;
    uint64_t alignment;
    struct gguf_kv *kv;         /* [n_kv] */
    struct gguf_tensor *tensor; /* [n_tensors] */
    size_t n_kv, n_tensors;
    struct strmap kv_by_key, tensor_by_name; /* → index */
};

/* Fills g (bytes and len are set, the rest zeroed). On failure what has been allocated is still in g. */
int gguf_parse(struct gguf *g, struct err *e);
/* Bytes of one value; 0 for strings and arrays, whose size varies. */
size_t gguf_kind_bytes(enum gguf_kind kind);
/* ERR_NOENT of a key that must be there is a bad file, not a missing one. */
static inline int gguf_required(int rc, struct err *e)
{
    if (rc != ERR_NOENT)
        return rc;
    if (e)
        e->code = ERR_CORRUPT;
    return ERR_CORRUPT;
}
/* For a sentence: the beginning, with dots for what is not plain ASCII text. */
struct gguf_shown {
    char text[33];
};
struct gguf_shown gguf_show(struct str s);

#endif
