/* Reading and writing little-endian values in bytes that nobody has checked yet.
 *
 * A reader never goes past its end: a read that would sets `bad` (sticky) and gives zero, so that a decoder reads all
 * its fields and checks once. `at` is kept for error messages: it is the offset of the first read that failed. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/buf.h"
#include "base/err.h"

struct reader {
    const uint8_t *start, *at, *end;
    bool bad;
};

static inline struct reader reader_of(const void *p, size_t len)
{
    return (struct reader){p, p, p ? (const uint8_t *)p + len : NULL, false};
}
static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}
static inline size_t reader_offset(const struct reader *r)
{
    return (size_t)(r->at - r->start);
}

/* The next n bytes where they lie, or NULL (and bad). */
static inline const void *reader_take(struct reader *r, size_t n)
{
    if (r->bad || n > reader_left(r)) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    return p;
}

#define WIRE_LIST(X) \
    X(u8, uint8_t)   \
    X(u16, uint16_t) \
    X(u32, uint32_t) \
    X(u64, uint64_t) \
    X(i32, int32_t)  \
    X(i64, int64_t)  \
    X(f32, float)    \
    X(f64, double)
#define X(name, type)                                      \
    static inline type read_##name(struct reader *r)       \
    {                                                      \
        type v = 0;                                        \
        const void *p = reader_take(r, sizeof v);          \
        if (p)                                             \
            memcpy(&v, p, sizeof v);                       \
        return v;                                          \
    }                                                      \
    static inline void write_##name(struct buf *b, type v) \
    {                                                      \
        buf_put(b, str_from(&v, sizeof v));                \
    }
WIRE_LIST(X)
#undef X

/* Strings are a u32 length and the bytes; the slice points into the reader's bytes. */
static inline struct str read_str(struct reader *r)
{
    uint32_t n = read_u32(r);
    const void *p = reader_take(r, n);
    return p ? str_from(p, n) : (struct str){0};
}
static inline void write_str(struct buf *b, struct str s)
{
    if (s.len > UINT32_MAX) {
        b->failed = ERR_LIMIT;
        return;
    }
    write_u32(b, (uint32_t)s.len);
    buf_put(b, s);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "hearth's encoded forms and GGUF are little-endian, and so must be the machine"
#endif

#endif
