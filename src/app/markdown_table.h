/* A table of Markdown, once it is whole: columns as wide as they need to be and the terminal allows; where even narrow columns do not
 * fit, each row becomes a list of "title: value". */
#ifndef APP_MARKDOWN_TABLE_H
#define APP_MARKDOWN_TABLE_H

#include "app/glyph.h"

enum { TABLE_COLUMNS_MAX = 32, TABLE_BYTES_MAX = 64 << 10 };

/* Whether the second of these lines (separated by newlines) makes it a table, and not lines that begin with "|". */
bool table_is_one(struct str lines);
/* Writes it without a newline at the end. False: memory is out, and nothing was written. */
bool table_paint(struct str lines, struct paint *paint, int width);

#endif
