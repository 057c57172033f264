/* Regular expressions (PCRE2, caseless, UTF-8), compiled once. A match costs at most RX_STEPS_MAX steps, so no text can hold a turn up. */
#ifndef SKILL_RX_H
#define SKILL_RX_H

#include "base/buf.h"
#include "base/err.h"

struct rx; /* after rx_compile it is only read: any thread may match with it, each with groups of its own */
enum { RX_GROUPS_MAX = 24, RX_STEPS_MAX = 100000 };

struct rx_match {
    struct str all;
    struct str group[RX_GROUPS_MAX]; /* by number; ptr NULL: took no part */
    size_t begin, end;               /* of the whole, in the subject */
};

/* `whole`: matches only all of a subject. ERR_INVAL with the library's sentence and the place. */
int rx_compile(const char *pattern, bool whole, struct rx **ret, struct err *e);
void rx_free(struct rx *rx); /* NULL is fine */
/* Searches from `from`; with `here` only there. The subject is valid UTF-8 and `from` at a character. */
bool rx_find(const struct rx *rx, struct str subject, size_t from, bool here, struct rx_match *ret);
/* Appends `subject` with every match replaced; $1 and ${1} stand for groups. Needs room for 4 times the subject and the replacements. */
int rx_replace(const struct rx *rx, struct str subject, const char *replacement, struct buf *out);
/* The name of group n, or NULL. */
const char *rx_name(const struct rx *rx, size_t n);

#endif
