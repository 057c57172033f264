#include "model/jinja/unicode.h"

#include <utf8proc.h>

#include "base/utf8.h"

bool unicode_is_space(uint32_t cp)
{
    return (cp >= 9 && cp <= 13) || (cp >= 28 && cp <= 32) || cp == 0x85 || cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
           cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

bool unicode_is_line_end(uint32_t cp)
{
    return (cp >= 10 && cp <= 13) || (cp >= 28 && cp <= 30) || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

static utf8proc_category_t category(uint32_t cp)
{
    return utf8proc_category((utf8proc_int32_t)cp);
}

bool unicode_is_alpha(uint32_t cp)
{
    utf8proc_category_t c = category(cp);
    return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT || c == UTF8PROC_CATEGORY_LM ||
           c == UTF8PROC_CATEGORY_LO;
}

bool unicode_is_digit(uint32_t cp)
{
    return category(cp) == UTF8PROC_CATEGORY_ND;
}

bool unicode_is_upper(uint32_t cp)
{
    return utf8proc_isupper((utf8proc_int32_t)cp);
}

bool unicode_is_lower(uint32_t cp)
{
    return utf8proc_islower((utf8proc_int32_t)cp);
}

size_t unicode_at(struct str s, size_t at, uint32_t *ret_cp)
{
    int n = utf8_decode(s.ptr + at, s.len - at, ret_cp);
    if (n > 0)
        return (size_t)n;
    *ret_cp = (uint8_t)s.ptr[at];
    return 1;
}

size_t unicode_before(struct str s, size_t end, uint32_t *ret_cp)
{
    size_t at = end - 1;
    while (at && end - at < 4 && ((uint8_t)s.ptr[at] & 0xc0) == 0x80)
        at--;
    size_t n = unicode_at(str_head(s, end), at, ret_cp);
    if (at + n == end)
        return n;
    *ret_cp = (uint8_t)s.ptr[end - 1];
    return 1;
}

size_t unicode_length(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((uint8_t)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

size_t unicode_space_prefix(struct str s)
{
    size_t at = 0, n;
    for (uint32_t cp; at < s.len; at += n) {
        n = unicode_at(s, at, &cp);
        if (!unicode_is_space(cp))
            break;
    }
    return at;
}

size_t unicode_space_suffix(struct str s)
{
    size_t end = s.len, n;
    for (uint32_t cp; end; end -= n) {
        n = unicode_before(s, end, &cp);
        if (!unicode_is_space(cp))
            break;
    }
    return s.len - end;
}

size_t unicode_map(uint32_t cp, enum unicode_case to, char *dst)
{
    /* The one letter whose upper case is two and that is common. */
    if (cp == 0xdf && to != CASE_LOWER) {
        memcpy(dst, to == CASE_UPPER ? "SS" : "Ss", 2);
        return 2;
    }
    utf8proc_int32_t c = (utf8proc_int32_t)cp;
    c = to == CASE_UPPER ? utf8proc_toupper(c) : to == CASE_LOWER ? utf8proc_tolower(c) : utf8proc_totitle(c);
    int n = utf8_encode((uint32_t)c, dst);
    if (n > 0)
        return (size_t)n;
    dst[0] = (char)cp;
    return 1;
}
