/* The parsers, one for each format. They run in a confined child, on bytes that nobody has checked, and write text and marks. */
#ifndef DOC_PARSE_H
#define DOC_PARSE_H

#include "doc/text.h"

struct source {
    struct str bytes;
    struct str name;     /* of the file, for formats that have no title of their own; may be empty */
    const char *charset; /* that a container declares; NULL: none */
    size_t bytes_max;    /* of whatever is unpacked */
};

/* Writes to `t`, whose own failure the caller looks at; returns ERR_CORRUPT, ERR_DENIED, ERR_LIMIT, ERR_UNSUPPORTED or ERR_NOMEM with a
 * sentence. */
typedef int parser_fn(const struct source *s, struct text *t, struct err *e);

parser_fn parse_plain;    /* plain.c */
parser_fn parse_code;     /* plain.c */
parser_fn parse_csv;      /* plain.c: the first row is the heading of all */
parser_fn parse_markdown; /* markdown.c */
parser_fn parse_pages;    /* plain.c: what pdftotext writes: UTF-8 with a form feed after each page */
parser_fn parse_html;     /* html.c */
parser_fn parse_docx;     /* docx.c */
parser_fn parse_odt;      /* odt.c */
parser_fn parse_epub;     /* epub.c */
parser_fn parse_mail;     /* mail.c */
parser_fn parse_man;      /* man.c */

/* By its kind; ends with text's own failure if there is one. */
int parse_as(enum doc_kind kind, const struct source *s, struct text *t, struct err *e);

/* ---- what several of them need */
/* The source as UTF-8 in a buffer of its own. */
int source_decode(const struct source *s, const char *declared, struct buf *ret, struct text *t, struct err *e);

#endif
