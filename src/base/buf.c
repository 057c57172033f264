#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_CAP = 256 };

void buf_free(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = OK;
}

int buf_reserve(struct buf *b, size_t n)
{
    if (b->failed)
        return b->failed;
    if (n <= b->cap - b->len)
        return OK;
    if (n > b->max - b->len)
        return b->failed = ERR_LIMIT;
    size_t cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < b->len + n)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    char *p = realloc(b->ptr, cap);
    if (!p)
        return b->failed = ERR_NOMEM;
    b->ptr = p;
    b->cap = cap;
    return OK;
}

int buf_put(struct buf *b, struct str s)
{
    int r = buf_reserve(b, s.len);
    if (r)
        return r;
    if (s.len)
        memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
    return OK;
}

int buf_putc(struct buf *b, char c)
{
    return buf_put(b, str_from(&c, 1));
}
int buf_puts(struct buf *b, const char *c)
{
    return buf_put(b, str_of(c));
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    if (b->failed)
        return b->failed;
    va_list again;
    va_copy(again, ap);
    size_t room = b->cap - b->len;
    int n = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, ap);
    if (n >= 0 && (size_t)n >= room && buf_reserve(b, (size_t)n + 1) == OK)
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
    va_end(again);
    if (n < 0)
        b->failed = ERR_INTERNAL;
    if (!b->failed)
        b->len += (size_t)n;
    return b->failed;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int r = buf_vprintf(b, fmt, ap);
    va_end(ap);
    return r;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}

const char *buf_cstr(struct buf *b)
{
    if (buf_reserve(b, 1))
        return "";
    b->ptr[b->len] = 0;
    return b->ptr;
}
