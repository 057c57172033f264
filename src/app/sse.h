/* Server-sent events (WHATWG HTML, section 9.2) as a client reads them, in whatever pieces they come. */
#ifndef APP_SSE_H
#define APP_SSE_H

#include "base/buf.h"
#include "base/err.h"

enum { SSE_EVENT_BYTES_MAX = 32 << 20 };

struct sse {
    /* An event: its name ("message" when it has none) and its data. A non-zero return ends the reading with that code. */
    int (*event)(void *ctx, struct str name, struct str data);
    void *ctx;
    struct buf line, data;
    char name[32];
};

struct sse sse_make(int (*event)(void *ctx, struct str name, struct str data), void *ctx);
void sse_free(struct sse *s);
/* ERR_LIMIT, ERR_NOMEM, or what the event's function returned. */
int sse_feed(struct sse *s, struct str bytes);

#endif
