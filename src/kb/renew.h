/* Dictionaries that fit a collection as it grows (dictionary.h), and blocks that move to them. */
#ifndef KB_RENEW_H
#define KB_RENEW_H

#include "kb/internal.h"

/* Trains a dictionary for the collection when it has grown enough, which takes a second or two but holds no writer. Another thread that is
 * at it already is enough. */
int renew_dictionary(struct kb *kb, int64_t collection, struct err *e);
/* A step of the same for all collections, or of compressing blocks anew. */
int tend_renewing(struct kb *kb, bool *ret_more, struct err *e);

#endif
