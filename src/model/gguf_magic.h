/* Recognising a GGUF file, and what people hand over in its place. */
#ifndef MODEL_GGUF_MAGIC_H
#define MODEL_GGUF_MAGIC_H

#include "base/err.h"
#include "base/str.h"

/* Checks magic and version (2 or 3, little-endian). ERR_CORRUPT for what is no GGUF file, ERR_UNSUPPORTED for one that
 * hearth does not read; the sentence says what the file is instead, where that can be told. */
int gguf_check_magic(struct str file, uint32_t *ret_version, struct err *e);
/* The name of a tensor type that other programs write and hearth does not read, or "unknown". */
const char *gguf_foreign_type_name(uint32_t id);

#endif
