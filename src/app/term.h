/* What a person at a terminal sees: sizes in words, a progress line, text read from standard input. */
#ifndef APP_TERM_H
#define APP_TERM_H

#include "app/app.h"

struct sized {
    char text[16];
};
/* "1.26 GB" (powers of 1000, as files are sold). */
struct sized bytes_text(uint64_t bytes);
/* "596 M", for parameters. */
struct sized count_text(uint64_t n);

/* One line on standard error with rate and time left; nothing when that is no terminal. */
struct progress {
    const struct app *app;
    const char *label;
    double start_s, shown_s;
    bool visible;
};
struct progress progress_begin(const struct app *a, const char *label);
/* Bytes; a total of 0 shows only the label. At most ten times a second. */
void progress_show(struct progress *p, uint64_t done, uint64_t total);
/* Wipes the line. */
void progress_end(struct progress *p);

/* All of standard input; one newline at its end is removed. ERR_LIMIT, ERR_IO. */
int read_standard_input(const struct app *a, struct buf *out, struct err *e);

/* What came from a model or a file, made harmless for a terminal: control characters other than newline and tab, and signs that turn
 * the direction of a text, become U+FFFD. Elsewhere (a pipe, a file) bytes go out as they are. */
void write_text(FILE *out, struct str text, bool tty);

#endif
