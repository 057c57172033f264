/* UTF-8 as Unicode 15 §3.9 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one character at p[0..len). Returns its length in bytes (1–4), 0 when the bytes are the beginning of a
 * character that is not complete, -1 when they can never become one. *ret_cp is untouched unless the result is > 0. */
int utf8_decode(const char *p, size_t len, uint32_t *ret_cp);

/* Writes cp to dst and returns 1–4; 0 for a value that UTF-8 cannot carry. */
int utf8_encode(uint32_t cp, char dst[4]);

/* True when all of it is valid; otherwise *ret_bad (may be NULL) is the offset of the first wrong byte. */
bool utf8_valid(const char *p, size_t len, size_t *ret_bad);

/* Valid, and without control characters (C0, DEL, C1): it can neither break out of a line nor move a terminal's cursor. */
bool utf8_printable(const char *p, size_t len);

/* The length of the longest prefix that does not end within a character: what a stream may send now.
 * Bytes that are wrong in themselves count as complete; only a possible beginning at the end is held back. */
size_t utf8_complete_prefix(const char *p, size_t len);

#endif
