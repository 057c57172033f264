/* Office documents: XML whose elements play few roles. A format is a table of them. */
#ifndef DOC_OFFICE_H
#define DOC_OFFICE_H

#include "doc/archive.h"
#include "doc/text.h"

enum office_role {
    OFFICE_PARAGRAPH,
    OFFICE_HEADING, /* a paragraph with its level as an attribute */
    OFFICE_TEXT,    /* characters count within it only */
    OFFICE_SPACE,
    OFFICE_LINE,
    OFFICE_TABLE,
    OFFICE_ROW,
    OFFICE_CELL,
    OFFICE_ITEM,
    OFFICE_STYLE, /* names the style of the paragraph that is open */
    OFFICE_LEVEL, /* its `val` is the outline level of the paragraph that is open, from 0 */
    OFFICE_SKIP,  /* nothing in it counts */
};
struct office_element {
    struct str name;
    enum office_role role;
};
struct office_format {
    const struct office_element *elements;
    size_t n_elements;
    int (*level_of)(void *ctx, struct str style); /* 0: no heading. May be NULL */
    void *ctx;
};

/* The entry `name` of the archive becomes text. */
int office_read(struct archive *a, struct str name, const struct office_format *f, struct text *t, struct err *e);
/* <dc:title> of such an entry; nothing happens when there is none. */
void office_title(struct archive *a, struct str name, struct text *t);

#endif
