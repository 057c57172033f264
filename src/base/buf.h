/* Growable bytes with a hard maximum, given when the buffer is made.
 *
 * Failure is sticky: once an append did not fit or memory was out, `failed` holds the reason, further appends do
 * nothing, and a writer checks once at its end instead of after every line. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

struct buf {
    char *ptr; /* owned; NULL while cap is 0 */
    size_t len, cap, max;
    int failed; /* OK, ERR_NOMEM or ERR_LIMIT */
};

static inline struct buf buf_make(size_t max_bytes)
{
    return (struct buf){.max = max_bytes};
}
void buf_free(struct buf *b);
/* Keeps the memory, forgets the content and the failure. */
void buf_clear(struct buf *b);
/* Makes room for n more bytes, or records why not. */
int buf_reserve(struct buf *b, size_t n);
int buf_put(struct buf *b, struct str s);
int buf_putc(struct buf *b, char c);
int buf_puts(struct buf *b, const char *c);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Removes the first n bytes (all when n is more). */
void buf_consume(struct buf *b, size_t n);
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}
/* Terminates the content (not counted in len) and returns it; "" on failure. */
const char *buf_cstr(struct buf *b);

#endif
