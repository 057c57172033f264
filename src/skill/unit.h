/* Units of measurement by their names in both languages, and conversion of those that are plain factors (and temperatures). */
#ifndef SKILL_UNIT_H
#define SKILL_UNIT_H

#include "base/str.h"

struct unit;
/* "kilometres", 公里, "km" → the row; case matters only where it tells two apart (MB, Mbit). NULL: no such unit. */
const struct unit *unit_find(struct str name);
/* Canonical: "km"; of a currency its ISO 4217 code. Static. */
const char *unit_name(const struct unit *u);
/* For an answer: "km", 公里. */
enum { UNIT_TEXT_MAX = 40 };
const char *unit_spoken(const struct unit *u, bool zh, char text[UNIT_TEXT_MAX]);
/* false: they measure different things. */
bool unit_convert(const struct unit *from, const struct unit *to, double v, double *ret);
bool unit_is_money(const struct unit *u);
/* What one of the other system would be asked for: km → mi. NULL: none. */
const struct unit *unit_counterpart(const struct unit *u);
/* A pattern of all names, longest first, is too long for a regular expression: the longest name at the beginning of s, 0: none. */
size_t unit_scan(struct str s, const struct unit **ret);

#endif
