/* One line of input from a person at a terminal: libedit, which only this file knows, with history, completion and paste.
 *
 * The history lives in memory and is never written to a file: what people ask is private, and the store keeps it encrypted. */
#ifndef APP_CHAT_LINE_H
#define APP_CHAT_LINE_H

#include "base/buf.h"
#include "base/err.h"

struct line;

enum line_result {
    LINE_TEXT,   /* also an empty one */
    LINE_CUT,    /* Ctrl-C: what was typed is dropped; ret_text says whether there was anything */
    LINE_END,    /* Ctrl-D, or the terminal has gone */
    LINE_SIGNAL, /* SIGTERM */
};

enum { LINE_CHOICES_MAX = 128, LINE_BYTES_MAX = 4 << 20 };

/* What Tab offers for the text before the cursor: texts that may take the place of text[*ret_from..]. */
struct line_choices {
    struct str items[LINE_CHOICES_MAX];
    size_t n;
};
typedef void line_complete_fn(void *ctx, struct str text, size_t *ret_from, struct line_choices *ret);

int line_create(line_complete_fn *complete, void *ctx, bool color, struct line **ret, struct err *e);
void line_free(struct line *l); /* NULL is fine */

enum line_result line_read(struct line *l, const char *prompt, struct buf *ret_text);
/* While an answer is written, what is typed does not appear in it (but at the next prompt). NULL is fine. */
void line_echo(const struct line *l, bool on);
void line_remember(struct line *l, struct str text);
/* The next line_read begins with this text, ready to be changed. */
void line_prefill(struct line *l, struct str text);

#endif
