/* What kind of line the beginning of a line of Markdown makes it. */
#ifndef APP_MARKDOWN_BLOCK_H
#define APP_MARKDOWN_BLOCK_H

#include <stdbool.h>

#include "base/str.h"

enum block_kind {
    BLOCK_WAIT, /* more of the line is needed */
    BLOCK_BLANK,
    BLOCK_TEXT,
    BLOCK_HEADING, /* level */
    BLOCK_ITEM,    /* marker: what to show; the text follows */
    BLOCK_RULE,
    BLOCK_FENCE, /* fence, n_fence, info; the whole line */
    BLOCK_TABLE, /* the whole line */
};

struct block {
    enum block_kind kind;
    int quotes; /* "> > " */
    int indent; /* columns before the text, after the quotes */
    int level;
    char fence;
    int n_fence;
    struct str marker; /* "-", "12." */
    struct str info;   /* "python" */
    size_t text;       /* offset of what follows in the line */
};

/* `whole`: nothing more comes in this line. */
struct block block_classify(struct str line, bool whole);
/* Whether a line within a code block ends it. False with *ret_wait: it may yet. */
bool block_closes(struct str line, bool whole, char fence, int n_fence, bool *ret_wait);

#endif
