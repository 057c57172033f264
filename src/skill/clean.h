/* An utterance as the patterns read it: one line in NFKC, without what only makes it polite. */
#ifndef SKILL_CLEAN_H
#define SKILL_CLEAN_H

#include "base/arena.h"
#include "base/err.h"

enum { CLEAN_BYTES_MAX = 2000 }; /* longer utterances are no commands */

struct cleaner; /* read only */
int cleaner_create(struct cleaner **ret, struct err *e);
void cleaner_free(struct cleaner *c); /* NULL is fine */
/* In the arena. {NULL, 0}: empty, too long, not UTF-8, or no memory. *ret_plain (may be NULL) is the text in NFKC before words were taken
 * away. */
struct str clean(const struct cleaner *c, struct str text, struct arena *a, struct str *ret_plain);
/* Does it hold any Han character? Then it is answered in Chinese. */
bool has_han(struct str s);

#endif
