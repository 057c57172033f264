/* GNU gettext's .mo: two tables of lengths and offsets, sorted by the original. Little-endian files only, which is what Debian ships. */
#include "skill/iso.h"

static bool u32(struct str s, size_t at, uint32_t *ret)
{
    if (at > s.len || s.len - at < 4)
        return false;
    const uint8_t *b = (const uint8_t *)s.ptr + at;
    *ret = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return true;
}

static bool text_at(struct str s, size_t table, uint32_t i, struct str *ret)
{
    uint32_t len, at;
    if (!u32(s, table + (size_t)i * 8, &len) || !u32(s, table + (size_t)i * 8 + 4, &at) || at > s.len || len > s.len - at)
        return false;
    *ret = str_from(s.ptr + at, len);
    return true;
}

static int order(struct str a, struct str b)
{
    int r = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return r ? r : (a.len > b.len) - (a.len < b.len);
}

struct str mo_find(struct str mo, struct str id)
{
    uint32_t magic, n, originals, translations, lo = 0;
    struct str text;
    if (!u32(mo, 0, &magic) || magic != 0x950412de || !u32(mo, 8, &n) || !u32(mo, 12, &originals) || !u32(mo, 16, &translations) || !id.len)
        return (struct str){0};
    for (uint32_t hi = n; lo < hi;) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (!text_at(mo, originals, mid, &text))
            return (struct str){0};
        int o = text.len ? order(text, id) : -1;
        if (!o)
            return text_at(mo, translations, mid, &text) ? text : (struct str){0};
        if (o < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (struct str){0};
}
