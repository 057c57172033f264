/* Dictionaries: what the texts of a collection have in common, so that short blocks compress well.
 *
 * One is trained on a sample of the collection when it has some text, and another whenever it has grown several-fold since (renew.c).
 * Blocks keep the number of theirs; kb_tend compresses those of an older one anew, in steps. A dictionary that no block uses is removed at
 * the next start (kb.c). Those in use are held in memory, ready, and counted. */
#ifndef KB_DICTIONARY_H
#define KB_DICTIONARY_H

#include "kb/internal.h"

struct dictionary;

/* Number n of kb_dictionaries; reads it when it is not held by anybody. ERR_CORRUPT when there is none. */
int dictionary_hold(struct kb *kb, struct store_db *db, int64_t n, const struct dictionary **ret, struct err *e);
void dictionary_release(struct kb *kb, const struct dictionary *d); /* NULL is fine */

int64_t dictionary_number(const struct dictionary *d);
/* Made when it is first asked for; NULL: no memory, which costs compression only. */
const struct ZSTD_CDict_s *dictionary_for_packing(const struct dictionary *d);
const struct ZSTD_DDict_s *dictionary_for_unpacking(const struct dictionary *d);

#endif
