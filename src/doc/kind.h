/* What a document is, by its first bytes and its name. */
#ifndef DOC_KIND_H
#define DOC_KIND_H

#include "doc/doc.h"

enum { KIND_HEAD_BYTES = 4096 };

/* `head`: the first KIND_HEAD_BYTES, or all when there are fewer. ERR_UNSUPPORTED with a sentence: nothing that is read; ERR_DENIED:
 * an encrypted container. */
int kind_of(struct str name, struct str head, enum doc_kind *ret, struct err *e);
bool kind_is_gzip(struct str head);
/* "%PDF-" stands near the beginning, where readers of PDF look for it. */
bool kind_is_pdf(struct str head);
/* The name of what is in a gzip file: without ".gz". */
struct str kind_inner_name(struct str name);

#endif
