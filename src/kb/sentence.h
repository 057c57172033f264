/* Where sentences end, in text as documents have it: broken into lines, with lists, headings and commands between the sentences. */
#ifndef KB_SENTENCE_H
#define KB_SENTENCE_H

#include "base/str.h"

/* The first sentence of *rest, without blanks around it, and *rest becomes what follows; never empty. False: nothing but blanks is left.
 * A sentence ends with its mark (. ! ? 。！？ and the quotes and brackets that close behind it), an empty line, or a line that is followed
 * by a list's item or is much shorter than a line of running text. "e.g.", initials and numbers do not end one. */
bool sentence_next(struct str *rest, struct str *ret);

#endif
