/* Text as words, for full-text search: the FTS5 tokenizer "hearth" (write tokenize='hearth') and whoever builds a query for it cut
 * in the same way.
 *
 * A word is a run of letters, digits and marks; its token is folded in case and without the diacritics of Latin, Greek,
 * Cyrillic, Arabic and Hebrew (Ünïcödé → unicode, Straße → strasse, full-width Ａ → a). Scripts that write without spaces
 * between words (Han, Kana, Hangul) become overlapping pairs, and each character alone beside them:
 *
 *     今天去   position 0: 今天, 今   1: 天去, 天   2: 去
 *
 * so that a query of one character is a token, one of two or more is a phrase of pairs, and nothing in between is missed. */
#ifndef STORE_WORDS_H
#define STORE_WORDS_H

#include "base/buf.h"

enum words_mode {
    WORDS_TEXT,  /* what is stored: pairs and single characters */
    WORDS_QUERY, /* what is looked for: pairs; a single character only where there is no pair */
};
enum { WORDS_TOKEN_MAX = 128 }; /* bytes of a token; a longer word is cut */

/* Bytes [begin, end) of the text became `token`. `beside`: at the same position as the token before. Anything but OK ends it. */
typedef int words_fn(void *ctx, struct str token, size_t begin, size_t end, bool beside);
/* Bytes that are not UTF-8 separate words. Returns OK or what fn returned. */
int words_cut(struct str text, enum words_mode mode, words_fn *fn, void *ctx);

/* Appends an FTS5 query for rows that hold every word of `text` (runs without spaces between, such as 今天天气 or state-of-the-art, as
 * phrases); with `typing` the last word may go on. Nothing of `text` is taken for FTS5's syntax. Appends nothing when there is no word. */
int words_match(struct str text, bool typing, struct buf *out);

#endif
