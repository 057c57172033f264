/* Text to chunks. They partition it, follow headings, and end where sentences do. */
#ifndef DOC_CHUNK_H
#define DOC_CHUNK_H

#include "doc/text.h"

/* Calls fn for each chunk in order. What fn returns ends it. */
int chunk_text(const struct text *t, doc_chunk_fn *fn, void *ctx);

/* ---- for this file and its tests: where to end a piece of s that is longer than DOC_CHUNK_BYTES_MAX */
size_t chunk_cut(struct str s, bool by_lines);

#endif
