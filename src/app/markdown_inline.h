/* The inside of a line of Markdown: emphasis, code, links, escapes. What has no closing mark is shown as it was written.
 *
 * A mark waits for its partner for at most INLINE_HOLD_BYTES_MAX bytes, so that an answer appears while it is being written; what
 * is decided depends on the text alone and not on the pieces it came in. */
#ifndef APP_MARKDOWN_INLINE_H
#define APP_MARKDOWN_INLINE_H

#include "app/glyph.h"

enum { INLINE_HOLD_BYTES_MAX = 512 };

struct inline_text {
    void (*put)(void *ctx, struct glyph g);
    void *ctx;
    bool marks;    /* keep the marks of emphasis and code: there is no other way to show them */
    uint8_t base;  /* the style of everything: of a heading */
    uint8_t style; /* what is open now */
    char open[2];  /* the character that opened italic, bold */
    uint32_t before;
    struct buf pending;
};

void inline_begin(struct inline_text *t, uint8_t base);
void inline_feed(struct inline_text *t, struct str text);
/* The line ends: everything goes out. */
void inline_end(struct inline_text *t);
void inline_free(struct inline_text *t);

#endif
