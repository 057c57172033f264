/* Escapes of string literals, as Python has them. An unknown escape stays as it is written. */
#include "base/utf8.h"
#include "model/jinja/ast.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly n hexadecimal digits at the beginning of s. */
static bool hex(struct str s, size_t n, uint32_t *ret)
{
    uint32_t v = 0;
    if (s.len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int d = hex_value(s.ptr[i]);
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *ret = v;
    return true;
}

/* What follows a backslash. Returns the bytes that it took; *ret_n bytes are in out. 0: not an escape. -1: a wrong one. */
static int one(struct str s, char out[4], int *ret_n)
{
    static const char names[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    const char *at = s.len && s.ptr[0] ? strchr(names, s.ptr[0]) : NULL;
    uint32_t cp = 0;
    int used = 0;
    *ret_n = 0;
    if (!s.len)
        return 0;
    if (s.ptr[0] == '\n')
        return 1;
    if (at) {
        out[0] = values[at - names];
        *ret_n = 1;
        return 1;
    }
    for (; used < 3 && (size_t)used < s.len && s.ptr[used] >= '0' && s.ptr[used] <= '7'; used++)
        cp = cp * 8 + (uint32_t)(s.ptr[used] - '0');
    size_t digits = s.ptr[0] == 'x' ? 2 : s.ptr[0] == 'u' ? 4 : s.ptr[0] == 'U' ? 8 : 0;
    if (!used && !digits)
        return 0;
    if (digits && !hex(str_skip(s, 1), digits, &cp))
        return -1;
    *ret_n = utf8_encode(cp, out);
    return *ret_n ? (digits ? (int)digits + 1 : used) : -1;
}

int jinja_unescape(struct str raw, struct arena *a, uint32_t line, struct str *ret, struct err *e)
{
    if (str_chr(raw, '\\') < 0) {
        *ret = raw;
        return OK;
    }
    char *p = arena_alloc(a, raw.len + 4);
    size_t n = 0;
    if (!p)
        return err_set(e, ERR_NOMEM, "out of memory for a chat template");
    for (size_t i = 0; i < raw.len;) {
        char out[4];
        int n_out, used = raw.ptr[i] == '\\' ? one(str_skip(raw, i + 1), out, &n_out) : 0;
        if (used < 0)
            return err_set(e, ERR_INVAL, "line %u: a string has an escape that is not a character", line);
        if (!used) {
            p[n++] = raw.ptr[i++];
            continue;
        }
        memcpy(p + n, out, (size_t)n_out);
        n += (size_t)n_out;
        i += 1 + (size_t)used;
    }
    *ret = str_from(p, n);
    return OK;
}
