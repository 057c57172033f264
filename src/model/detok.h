/* Tokens to text as they come, never half a character.
 *
 * A token may hold any part of a character: byte tokens hold one byte, byte-level pieces often two of three. The
 * detokeniser holds such a beginning back (at most three bytes) until the rest arrives. Bytes that can never become
 * a character come out as U+FFFD as soon as that is certain, one for each wrong byte; so what it gives is always UTF-8.
 *
 * A plain value, no memory of its own: copy it to fork a stream, forget it to drop one. One thread at a time. */
#ifndef MODEL_DETOK_H
#define MODEL_DETOK_H

#include "model/vocab.h"

struct detok {
    const struct vocab *vocab;
    char held[4]; /* the beginning of a character */
    uint8_t n_held;
    bool strip;   /* the next text loses the space that SentencePiece puts before the first word */
    bool special; /* control tokens have text, too */
};

/* strip_prefix: the first token begins a text (an answer that continues a prompt does not: its first space is its own).
 * It does nothing for vocabularies that put no space there. */
void detok_init(struct detok *d, const struct vocab *v, bool strip_prefix, bool special);
/* Appends the characters that this token completes, perhaps none. ERR_INVAL for an id that the vocabulary does not have;
 * otherwise the failure of out. */
int detok_push(struct detok *d, uint32_t token, struct buf *out);
/* The text has ended: a beginning that was held back comes out as U+FFFD for each byte. */
int detok_flush(struct detok *d, struct buf *out);

#endif
