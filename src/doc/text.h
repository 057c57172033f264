/* What a parser makes of a document: UTF-8, and marks that say where headings and pages begin.
 *
 * A parser writes in one of two ways. `text_raw` keeps what it is given (a file that is text already; its lines stay its lines).
 * `text_flow` is for formats where white space means little: runs of it become one space, text_line and text_block say where lines and
 * paragraphs end, and nothing is written for them until something follows, so that a text neither begins nor ends with gaps.
 *
 * Failure is sticky, as in a buf: a parser checks `text_failed` at its end, or when it wants to stop early. */
#ifndef DOC_TEXT_H
#define DOC_TEXT_H

#include "base/buf.h"
#include "doc/doc.h"

enum { TEXT_MARKS_MAX = 1 << 20, TEXT_LEVEL_MAX = 6 };

enum mark_kind { MARK_HEADING, MARK_PAGE };
struct mark {
    enum mark_kind kind;
    int level;         /* of a heading, from 1 */
    uint32_t at;       /* where the section or page begins */
    uint32_t from, to; /* the heading's words */
};

enum text_gap { GAP_NONE, GAP_SPACE, GAP_LINE, GAP_BLOCK };

struct text {
    struct buf out;
    struct mark *marks; /* in the order of `at` */
    size_t n_marks, cap_marks;
    struct buf title;
    unsigned notes;   /* DOC_NOTE_* */
    uint32_t n_pages; /* 0: the format has none */
    bool by_lines;    /* a line is what stays together before a sentence: code, tables */
    int failed;
    /* private to text.c */
    enum text_gap gap;
    int heading; /* level of the one that is being written; 0: none */
    bool page_waits, heading_begun;
};

void text_init(struct text *t, size_t bytes_max);
void text_deinit(struct text *t); /* copes with a zeroed one */
int text_failed(const struct text *t);

/* As it is, but that "\r\n" and "\r" become "\n", and what may not be in a text (NUL, other control characters, wrong bytes) is left out or
 * becomes U+FFFD. */
void text_raw(struct text *t, struct str utf8);
/* A heading of raw text: the section begins at `at`; its words lie between the other two. */
void text_mark_heading(struct text *t, int level, size_t at, size_t from, size_t to);

void text_flow(struct text *t, struct str utf8);
/* Spaces and newlines count: <pre>. */
void text_exact(struct text *t, struct str utf8);
void text_space(struct text *t);
/* A space that waits is not wanted after all. */
void text_unspace(struct text *t);
void text_line(struct text *t);
void text_block(struct text *t);
/* What flows between the two is a heading. A second beginning ends the first. */
void text_heading_begin(struct text *t, int level);
void text_heading_end(struct text *t);
/* What follows is on the next page (the first call: on page 1). */
void text_page(struct text *t);
/* The first that is not empty counts. */
void text_title(struct text *t, struct str utf8);

/* One line of printable UTF-8, white space collapsed, cut at a character: for headings and titles. */
void text_one_line(struct buf *out, struct str utf8, size_t bytes_max);

#endif
