/* Pages of the manual: as much of roff, man(7) and mdoc(7) as their text needs. For this room. */
#ifndef DOC_ROFF_H
#define DOC_ROFF_H

#include "doc/text.h"

enum { ROFF_WORDS_MAX = 64, ROFF_WORD_BYTES_MAX = 8192 };

/* The words of a request: quoted ones without their quotes. They lie in `space`. */
struct roff_words {
    struct str at[ROFF_WORDS_MAX];
    size_t n;
    struct buf space;
};

struct roff {
    struct text *t;
    bool exact;      /* lines stay lines: .nf, .EX, .Bd -literal */
    bool tagged;     /* the next line of text is the tag of a paragraph: .TP */
    bool mdoc;       /* the page began with .Dd */
    bool glued;      /* mdoc: no space before what comes next */
    bool in_table;   /* between .TS and .TE */
    bool rows;       /* and behind its formats */
    struct str name; /* mdoc: what .Nm without words means */
    char name_space[128];
    struct buf words; /* scratch: a line without its escapes */
    struct buf list;  /* mdoc: a character for each open list: 't' for tagged ones, '-' for others */
};

/* Text without its escapes, appended to out. */
void roff_plain(struct str s, struct buf *out);
void roff_split(struct str s, struct roff_words *w);
/* Flows, or stays as it is, as the page wants it now. `s` may have escapes. */
void roff_put(struct roff *r, struct str s);
/* Joins words: with spaces, or not (.BR and its like). */
void roff_put_words(struct roff *r, const struct roff_words *w, size_t from, bool spaces);
void roff_heading(struct roff *r, int level, const struct roff_words *w, size_t from);

/* mdoc.c: a request of mdoc; false: it is none. */
bool mdoc_request(struct roff *r, struct str name, struct roff_words *w);

#endif
