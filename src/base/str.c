#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_ieq(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

ptrdiff_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.len || needle.len > s.len - from)
        return -1;
    if (!needle.len)
        return (ptrdiff_t)from;
    const char *hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return hit ? hit - s.ptr : -1;
}

ptrdiff_t str_chr(struct str s, char c)
{
    const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return hit ? hit - s.ptr : -1;
}

ptrdiff_t str_rchr(struct str s, char c)
{
    const char *hit = s.len ? memrchr(s.ptr, c, s.len) : NULL;
    return hit ? hit - s.ptr : -1;
}

struct str str_trim(struct str s)
{
    while (s.len && strchr(" \t\r\n", s.ptr[0]) && s.ptr[0])
        s = str_skip(s, 1);
    while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1]) && s.ptr[s.len - 1])
        s.len--;
    return s;
}

bool str_split(struct str *s, char sep, struct str *ret_head)
{
    if (!s->ptr)
        return false;
    ptrdiff_t at = str_chr(*s, sep);
    if (at < 0) {
        *ret_head = *s;
        *s = (struct str){0};
    } else {
        *ret_head = str_head(*s, (size_t)at);
        *s = str_skip(*s, (size_t)at + 1);
    }
    return true;
}

int str_to_u64(struct str s, uint64_t *ret)
{
    if (!s.len)
        return ERR_INVAL;
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return ERR_INVAL;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
            return ERR_LIMIT;
    }
    *ret = v;
    return OK;
}

int str_to_i64(struct str s, int64_t *ret)
{
    bool minus = s.len && s.ptr[0] == '-';
    uint64_t v;
    int r = str_to_u64(minus ? str_skip(s, 1) : s, &v);
    if (r)
        return r;
    if (v > (uint64_t)INT64_MAX + minus)
        return ERR_LIMIT;
    *ret = minus ? (int64_t)(0 - v) : (int64_t)v;
    return OK;
}

int str_to_f64(struct str s, double *ret)
{
    char tmp[64];
    if (!s.len || isspace((unsigned char)s.ptr[0]) || !str_copy(tmp, sizeof tmp, s))
        return ERR_INVAL;
    char *end;
    errno = 0;
    double v = strtod(tmp, &end);
    if (*end || end != tmp + s.len)
        return ERR_INVAL;
    if (errno == ERANGE || !isfinite(v))
        return ERR_LIMIT;
    *ret = v;
    return OK;
}

bool str_copy(char *dst, size_t cap, struct str s)
{
    size_t n = s.len < cap ? s.len : cap - 1;
    if (n)
        memcpy(dst, s.ptr, n);
    dst[n] = 0;
    return n == s.len;
}

char *str_dup(struct str s)
{
    char *c = malloc(s.len + 1);
    if (!c)
        return NULL;
    if (s.len)
        memcpy(c, s.ptr, s.len);
    c[s.len] = 0;
    return c;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.ptr[i]) * 0x100000001b3u;
    return h ^ (h >> 32);
}
