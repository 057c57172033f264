/* What of a chunk, or of a question, an encoder is given. */
#ifndef KB_EMBED_TEXT_H
#define KB_EMBED_TEXT_H

#include <stdbool.h>

#include "base/str.h"

enum { KB_EMBED_BYTES_MAX = 480 };

/* The beginning of a text, cut between words: encoders of sentences lose the thread in longer ones, and take time for every word. Empty: a
 * vector would say nothing, since the encoder knows English only and most letters are not of the Latin script. */
struct str kb_embed_text(struct str text, bool english);

#endif
