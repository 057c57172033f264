/* A prompt of several lines: one that ends in a backslash goes on in the next, and what stands between lines of """ is one text. */
#ifndef APP_CHAT_MULTILINE_H
#define APP_CHAT_MULTILINE_H

#include "base/buf.h"

struct multiline {
    struct buf text;
    bool open, quoted; /* more lines belong to it; it ends with """ */
};

struct multiline multiline_make(size_t bytes_max);
void multiline_free(struct multiline *m);
/* Takes a line (without its newline). True: the text is whole, in m->text, until the next call. */
bool multiline_add(struct multiline *m, struct str line);
/* The input has ended: true when there is a text that was not. */
bool multiline_end(struct multiline *m);
/* Forgets what has been taken. */
void multiline_drop(struct multiline *m);

#endif
