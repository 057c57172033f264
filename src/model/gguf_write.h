/* Writing a GGUF v3 file, streaming: metadata first, then each tensor's data in the order it was declared.
 * Written to PATH.part and renamed at the end, so that a file of the final name is always whole. */
#ifndef MODEL_GGUF_WRITE_H
#define MODEL_GGUF_WRITE_H

#include "model/gguf.h"

struct gguf_writer;

int gguf_writer_create(const char *path, struct gguf_writer **ret, struct err *e);
/* Metadata, before any tensor's data. */
int gguf_write_kv(struct gguf_writer *w, const struct gguf_kv *kv); /* copied as it lies in another file */
int gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v);
int gguf_write_f32(struct gguf_writer *w, const char *key, float v);
int gguf_write_bool(struct gguf_writer *w, const char *key, bool v);
int gguf_write_str(struct gguf_writer *w, const char *key, struct str v);
int gguf_write_strs(struct gguf_writer *w, const char *key, const struct str *v, size_t n);
int gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_kind item, const void *items, size_t n); /* numbers only */
int gguf_declare_tensor(struct gguf_writer *w, struct str name, enum tensor_type type, const uint64_t *dim, uint32_t n_dims);
/* The first call ends the declarations. Bytes of the tensors in order, in pieces of any size. */
int gguf_write_data(struct gguf_writer *w, const void *data, size_t len, struct err *e);
/* Checks that all data came, syncs, renames. Frees w in any case. */
int gguf_writer_finish(struct gguf_writer *w, struct err *e);
/* Gives up: removes the part file and frees. NULL is fine. */
void gguf_writer_abort(struct gguf_writer *w);

#endif
