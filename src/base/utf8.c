#include "base/utf8.h"

int utf8_decode(const char *p, size_t len, uint32_t *ret_cp)
{
    if (!len)
        return 0;
    const uint8_t *u = (const uint8_t *)p;
    uint8_t b = u[0];
    if (b < 0x80) {
        *ret_cp = b;
        return 1;
    }
    int n = b >= 0xc2 && b <= 0xdf ? 2 : (b & 0xf0) == 0xe0 ? 3 : b >= 0xf0 && b <= 0xf4 ? 4 : 0;
    if (!n)
        return -1;
    uint32_t cp = b & (0x7fu >> n);
    for (int i = 1; i < n; i++) {
        if ((size_t)i >= len)
            return 0;
        /* The second byte carries the narrower range that rules out overlong forms, surrogates and > U+10FFFF. */
        uint8_t lo = 0x80, hi = 0xbf;
        if (i == 1) {
            lo = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
            hi = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
        }
        if (u[i] < lo || u[i] > hi)
            return -1;
        cp = cp << 6 | (u[i] & 0x3fu);
    }
    *ret_cp = cp;
    return n;
}

int utf8_encode(uint32_t cp, char dst[4])
{
    if (cp < 0x80) {
        dst[0] = (char)cp;
        return 1;
    }
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0;
    int n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = n - 1; i > 0; i--, cp >>= 6)
        dst[i] = (char)(0x80 | (cp & 0x3f));
    dst[0] = (char)(lead[n] | cp);
    return n;
}

bool utf8_valid(const char *p, size_t len, size_t *ret_bad)
{
    for (size_t i = 0; i < len;) {
        uint64_t word;
        if (len - i >= sizeof word) {
            __builtin_memcpy(&word, p + i, sizeof word);
            if (!(word & 0x8080808080808080u)) {
                i += sizeof word;
                continue;
            }
        }
        uint32_t cp;
        int n = utf8_decode(p + i, len - i, &cp);
        if (n <= 0) {
            if (ret_bad)
                *ret_bad = i;
            return false;
        }
        i += (size_t)n;
    }
    return true;
}

bool utf8_printable(const char *p, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        int n = utf8_decode(p + i, len - i, &cp);
        if (n <= 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
            return false;
        i += (size_t)n;
    }
    return true;
}

size_t utf8_complete_prefix(const char *p, size_t len)
{
    /* A character has at most 3 bytes before its last one, so only the tail needs a look. */
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t b = (uint8_t)p[len - back];
        if ((b & 0xc0) == 0x80)
            continue;
        uint32_t cp;
        return b >= 0xc0 && utf8_decode(p + len - back, back, &cp) == 0 ? len - back : len;
    }
    return len;
}
