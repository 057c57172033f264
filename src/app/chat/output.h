/* The text of an answer on standard output: Markdown on a terminal, its bytes in a pipe. */
#ifndef APP_CHAT_OUTPUT_H
#define APP_CHAT_OUTPUT_H

#include "app/app.h"
#include "app/markdown_term.h"

struct output {
    struct markdown *markdown; /* NULL: not a terminal */
    struct buf bytes;
    size_t shown; /* bytes of the text so far */
    char last;    /* the last of them */
};

int output_begin(struct output *o, const struct app *a);
/* Writes what has not been shown of a text that begins `from` bytes into the answer. ERR_CORRUPT: something before it is missing; ERR_IO:
 * standard output cannot be written. */
int output_put(struct output *o, size_t from, struct str text);
/* The text is whole: ends its line. */
int output_end(struct output *o);
void output_free(struct output *o);

#endif
