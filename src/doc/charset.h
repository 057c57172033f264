/* Bytes of an unknown encoding become UTF-8. Never fails on what they are: what is no text becomes U+FFFD. */
#ifndef DOC_CHARSET_H
#define DOC_CHARSET_H

#include "base/buf.h"

/* `declared` (may be NULL or nonsense) is what the document says of itself; it is believed only as far as the bytes agree. Sets
 * bits of DOC_NOTE_* in *notes. ERR_NOMEM, ERR_LIMIT (out's maximum). */
int charset_to_utf8(struct str bytes, const char *declared, struct buf *out, unsigned *notes);
/* The name that iconv knows of what the bytes are most likely in: "UTF-8", "UTF-16LE", "GB18030", "BIG5", … */
const char *charset_guess(struct str bytes);
/* NUL bytes all over the place: no text, and not UTF-16 either. */
bool charset_is_binary(struct str head);

#endif
