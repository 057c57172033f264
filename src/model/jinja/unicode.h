/* Characters as Python's str sees them: white space, classes, cases, positions. Texts are valid UTF-8 here; what is not is taken
 * byte by byte. */
#ifndef MODEL_JINJA_UNICODE_H
#define MODEL_JINJA_UNICODE_H

#include "base/str.h"

bool unicode_is_space(uint32_t cp);
/* Ends a line for splitlines(). */
bool unicode_is_line_end(uint32_t cp);
bool unicode_is_alpha(uint32_t cp);
bool unicode_is_digit(uint32_t cp);
bool unicode_is_upper(uint32_t cp);
bool unicode_is_lower(uint32_t cp);

/* The character at s[at], whose length is the result (> 0; at < s.len). */
size_t unicode_at(struct str s, size_t at, uint32_t *ret_cp);
/* The length of the last character of s[0..end), end > 0. */
size_t unicode_before(struct str s, size_t end, uint32_t *ret_cp);
size_t unicode_length(struct str s); /* characters */
/* Bytes of white space at either end. */
size_t unicode_space_prefix(struct str s);
size_t unicode_space_suffix(struct str s);

enum unicode_case { CASE_UPPER, CASE_LOWER, CASE_TITLE };
/* One character in another case; dst has room for 12 bytes, the result is the number written. */
size_t unicode_map(uint32_t cp, enum unicode_case to, char *dst);

#endif
