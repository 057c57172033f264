/* Markdown on a terminal, while it is being written.
 *
 *   bytes → lines: which block is it? (markdown_block) → marks inside of it (markdown_inline) → glyphs → wrapped at the width (glyph)
 *
 * What has been shown is never taken back: a line waits until its first characters say what it is, a word until it is whole, a mark
 * for its partner, and a table until its end. The output depends on the text alone, not on the pieces it came in. It holds no
 * escape sequence but those of styles, whatever the text holds. */
#ifndef APP_MARKDOWN_TERM_H
#define APP_MARKDOWN_TERM_H

#include <stdbool.h>

#include "base/buf.h"

struct markdown;

/* `out` takes what is to be written; the caller empties it. `width` in columns. */
struct markdown *markdown_create(struct buf *out, int width, bool color); /* NULL: no memory */
void markdown_free(struct markdown *m);
void markdown_feed(struct markdown *m, struct str text);
/* The text is whole: all of it goes out, with a newline at the end when there was anything. Then the next one may begin. */
void markdown_end(struct markdown *m);
void markdown_width(struct markdown *m, int width);

#endif
