/* The terminal's clipboard, also over SSH: the escape sequence OSC 52 (xterm, "Operating System Commands"). */
#ifndef APP_CHAT_COPY_H
#define APP_CHAT_COPY_H

#include "base/buf.h"

/* Terminals take some 75,000 bytes of base64. */
enum { COPY_BYTES_MAX = 54 << 10 };

/* ERR_LIMIT: longer than COPY_BYTES_MAX. */
int copy_sequence(struct str text, struct buf *out);
/* The inside of the last fenced block of a text of Markdown. False: it has none. */
bool copy_last_code(struct str *text);

#endif
