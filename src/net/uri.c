#include "net/uri.h"

#include "base/err.h"
#include "net/http.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes written to dst (never more than s.len), or -1 for a malformed escape. */
static ptrdiff_t unescape(char *dst, struct str s, bool plus_is_space)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            if (s.len - i < 3 || hex(s.ptr[i + 1]) < 0 || hex(s.ptr[i + 2]) < 0)
                return -1;
            c = (char)(hex(s.ptr[i + 1]) << 4 | hex(s.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        dst[n++] = c;
    }
    return (ptrdiff_t)n;
}

static int decode(struct arena *a, struct str s, bool plus_is_space, struct str *ret)
{
    if (str_chr(s, '%') < 0 && (!plus_is_space || str_chr(s, '+') < 0)) {
        *ret = s;
        return OK;
    }
    char *p = arena_alloc(a, s.len);
    if (!p)
        return ERR_NOMEM;
    ptrdiff_t n = unescape(p, s, plus_is_space);
    if (n < 0)
        return ERR_INVAL;
    *ret = str_from(p, (size_t)n);
    return OK;
}

static bool has_dot_segment(struct str path)
{
    if (str_find(path, STR("/."), 0) < 0)
        return false;
    struct str left = path, segment;
    while (str_split(&left, '/', &segment))
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return true;
    return false;
}

/* Cuts "scheme://authority" off; what is left begins with '/' or '?' or is empty. False for any other form. */
static bool take_authority(struct str *s, struct str *ret_authority)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (s->len < schemes[i].len || !str_ieq(str_head(*s, schemes[i].len), schemes[i]))
            continue;
        struct str rest = str_skip(*s, schemes[i].len);
        size_t n = 0;
        while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?')
            n++;
        *ret_authority = str_head(rest, n);
        *s = str_skip(rest, n);
        return n > 0;
    }
    return false;
}

int uri_parse(struct arena *a, struct str target, struct uri *ret)
{
    struct uri u = {0};
    if (str_chr(target, '#') >= 0)
        return ERR_INVAL;
    if (str_eq(target, STR("*"))) {
        *ret = (struct uri){.path = STR("/"), .asterisk = true};
        return OK;
    }
    if (!str_starts(target, STR("/")) && !take_authority(&target, &u.authority))
        return ERR_INVAL;
    ptrdiff_t mark = str_chr(target, '?');
    if (mark >= 0)
        u.query = str_skip(target, (size_t)mark + 1);
    struct str raw = mark >= 0 ? str_head(target, (size_t)mark) : target;
    int r = decode(a, raw, false, &u.path);
    if (r)
        return r;
    if (!u.path.len)
        u.path = STR("/");
    if (memchr(u.path.ptr, 0, u.path.len) || has_dot_segment(u.path))
        return ERR_INVAL;
    *ret = u;
    return OK;
}

bool http_query_get(struct arena *a, struct str query, const char *key, struct str *ret)
{
    struct str pair, name, want = str_of(key);
    *ret = (struct str){0};
    while (str_split(&query, '&', &pair)) {
        struct str value = pair;
        if (!str_split(&value, '=', &name))
            continue;
        struct str decoded;
        if (decode(a, name, true, &decoded))
            return false;
        if (str_eq(decoded, want))
            return decode(a, value.ptr ? value : STR(""), true, ret) == OK;
    }
    return true;
}
