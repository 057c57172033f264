/* What the full-text index holds of a text: its words (store/words.h), English ones by their stems (Porter's second stemmer, from
 * libstemmer), scripts without spaces as overlapping pairs of characters. */
#ifndef KB_TERMS_H
#define KB_TERMS_H

#include "base/buf.h"
#include "store/words.h"

struct terms;
/* NULL: no memory. One thread at a time. */
struct terms *terms_create(void);
void terms_free(struct terms *t); /* NULL is fine */

/* Bytes [begin, end) of the text became `term`, which is valid for the call. Anything but OK ends it. */
typedef int terms_fn(void *ctx, struct str term, size_t begin, size_t end);
/* WORDS_QUERY: a single character of a script without spaces only where it stands alone. Returns OK or what fn returned. */
int terms_cut(struct terms *t, struct str text, enum words_mode mode, terms_fn *fn, void *ctx);

/* From now on a word is given without its stem when its first two bytes are those of no term that was wanted: it cannot become one of them,
 * and stems take longer than all else. For who counts terms of a query in long texts. */
void terms_want(struct terms *t, struct str term);

/* Appends the terms of a stored text, with a space after each. */
int terms_put(struct terms *t, struct str text, struct buf *out);

#endif
