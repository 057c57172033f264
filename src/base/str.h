/* Slices: a pointer and a length, no terminator, no ownership. What a slice points into is said where it is made. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;      /* bytes */
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT      "%.*s"
#define STR_ARG(s)   (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_of(const char *c)
{
    return (struct str){c, c ? strlen(c) : 0};
}
static inline struct str str_from(const void *ptr, size_t len)
{
    return (struct str){ptr, len};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}
static inline bool str_starts(struct str s, struct str head)
{
    return s.len >= head.len && (!head.len || !memcmp(s.ptr, head.ptr, head.len));
}
static inline bool str_ends(struct str s, struct str tail)
{
    return s.len >= tail.len && (!tail.len || !memcmp(s.ptr + s.len - tail.len, tail.ptr, tail.len));
}
/* s without its first n bytes; n is clamped to the length. */
static inline struct str str_skip(struct str s, size_t n)
{
    return n >= s.len ? (struct str){s.ptr, 0} : (struct str){s.ptr + n, s.len - n};
}
static inline struct str str_head(struct str s, size_t n)
{
    return (struct str){s.ptr, n < s.len ? n : s.len};
}

/* ASCII case is ignored. */
bool str_ieq(struct str a, struct str b);
/* Position of the first occurrence at or after `from`, or -1. */
ptrdiff_t str_find(struct str s, struct str needle, size_t from);
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);
/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Cuts s at the first `sep`: ret_head is what stands before it, s becomes what stands after. False: nothing is left (s->ptr is NULL). */
bool str_split(struct str *s, char sep, struct str *ret_head);

/* Whole slice as a number; ERR_INVAL when it is not one, ERR_LIMIT when it does not fit. The result is untouched on failure. */
int str_to_u64(struct str s, uint64_t *ret);
int str_to_i64(struct str s, int64_t *ret);
int str_to_f64(struct str s, double *ret);

/* Copies into a caller's array, always terminated; false when it was cut. */
bool str_copy(char *dst, size_t cap, struct str s);
/* A terminated copy on the heap, or NULL when memory is out. */
char *str_dup(struct str s);

/* FNV-1a folded to 64 bits; for tables in memory only, not for anything hostile that wants a keyed hash. */
uint64_t str_hash(struct str s);

#endif
