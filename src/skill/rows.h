/* Patterns: the whole of a cleaned utterance (clean.h), as a regular expression whose named groups are slots of the skill. A group's text
 * goes through its slot's grammar; when that cannot read it the row does not match. The group `rest` goes to the skill's own reader
 * (extract.h), which finds times and the like anywhere in it. Rows are tried in order, so a closer one stands before a wider one. */
#ifndef SKILL_ROWS_H
#define SKILL_ROWS_H

#include <stddef.h>

struct row {
    const char *skill;
    const char *pattern;
    const char *fixed; /* "what=memory": slots that the words themselves say; or NULL */
};

extern const struct row rows_talk[], rows_time[], rows_do[], rows_know[];
extern const size_t n_rows_talk, n_rows_time, n_rows_do, n_rows_know;

#endif
