/* What a file is in: its byte order mark; else UTF-8 if all of it is valid, which text in another encoding hardly ever is by
 * chance; else what it declares; else a guess.
 *
 * The guess counts pairs of bytes. In a text of a double-byte encoding nearly all pairs are valid, and most fall among the
 * characters that are common in that language; in another encoding's text many do not. Where none of them reaches its share it is a
 * single-byte text, which is read as windows-1252.
 *
 * A file whose lines are in several encodings (a log, a concatenation) is read line by line: UTF-8 where a line is valid, the
 * guess for all the other lines together elsewhere. */
#include "doc/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "doc/doc.h"

enum { GUESS_BYTES = 256 << 10, NAME_BYTES_MAX = 40 };

/* ---- by iconv */

/* Only what a name of an encoding consists of: iconv also takes options behind slashes. */
static bool is_name(const char *name)
{
    size_t n = name ? strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") : 0;
    return n > 0 && n <= NAME_BYTES_MAX && !name[n];
}

static const char *better_name(const char *name)
{
    static const char *const wider[][2] = {
        {"gb2312", "GB18030"},        {"gbk", "GB18030"},     {"iso-8859-1", "WINDOWS-1252"}, {"latin1", "WINDOWS-1252"},
        {"us-ascii", "WINDOWS-1252"}, {"shift_jis", "CP932"}, {"ks_c_5601-1987", "CP949"},    {"euc-kr", "CP949"},
        {"x-gbk", "GB18030"},         {"big5", "BIG5-HKSCS"}, {"utf-16", "UTF-16LE"},
    };
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
        if (str_ieq(str_of(name), str_of(wider[i][0])))
            return wider[i][1];
    return name;
}

/* ERR_UNSUPPORTED: iconv knows no such encoding. *ret_wrong: bytes that became U+FFFD. */
static int convert(struct str bytes, const char *from, struct buf *out, size_t *ret_wrong)
{
    iconv_t cd = iconv_open("UTF-8", from);
    if (cd == (iconv_t)-1)
        return errno == ENOMEM ? ERR_NOMEM : ERR_UNSUPPORTED;
    char *in = (char *)(uintptr_t)bytes.ptr; /* iconv does not write to it */
    size_t left = bytes.len, wrong = 0;
    while (left && !out->failed) {
        if (buf_reserve(out, left < 4096 ? 4 * left + 16 : left + left / 2))
            break;
        char *to = out->ptr + out->len;
        size_t room = out->cap - out->len;
        size_t r = iconv(cd, &in, &left, &to, &room);
        int why = errno;
        out->len = (size_t)(to - out->ptr);
        if (r == (size_t)-1 && why != E2BIG) {
            buf_puts(out, "\xef\xbf\xbd");
            wrong++;
            in++;
            left--;
        }
    }
    iconv_close(cd);
    *ret_wrong = wrong;
    return out->failed;
}

/* ---- guessing */

struct range {
    uint8_t lead[2], trail[2];
};
struct encoding {
    const char *name;
    struct range valid[3], common[4];
    unsigned common_percent; /* of the pairs must be common ones */
};

/* clang-format off */
static const struct encoding doubles[] = {
    {"GB18030", {{{0x81, 0xfe}, {0x40, 0x7e}}, {{0x81, 0xfe}, {0x80, 0xfe}}},
     {{{0xb0, 0xd7}, {0xa1, 0xfe}}, {{0xa1, 0xa1}, {0xa1, 0xfe}}, {{0xa3, 0xa3}, {0xa1, 0xfe}}}, 70},
    {"BIG5", {{{0x81, 0xfe}, {0x40, 0x7e}}, {{0x81, 0xfe}, {0xa1, 0xfe}}},
     {{{0xa4, 0xc6}, {0x40, 0x7e}}, {{0xa4, 0xc6}, {0xa1, 0xfe}}, {{0xa1, 0xa2}, {0x40, 0xfe}}}, 70},
    {"CP932", {{{0x81, 0x9f}, {0x40, 0xfc}}, {{0xe0, 0xfc}, {0x40, 0xfc}}},
     {{{0x82, 0x82}, {0x9f, 0xf1}}, {{0x83, 0x83}, {0x40, 0x96}}, {{0x88, 0x97}, {0x40, 0xfc}}, {{0x81, 0x81}, {0x40, 0x7e}}}, 70},
    {"EUC-JP", {{{0xa1, 0xfe}, {0xa1, 0xfe}}},
     {{{0xa4, 0xa4}, {0xa1, 0xf3}}, {{0xa5, 0xa5}, {0xa1, 0xf6}}}, 40},
};
/* clang-format on */

static bool within(const struct range *ranges, size_t n, uint8_t lead, uint8_t trail)
{
    for (size_t i = 0; i < n; i++)
        if (lead >= ranges[i].lead[0] && lead <= ranges[i].lead[1] && trail >= ranges[i].trail[0] && trail <= ranges[i].trail[1])
            return true;
    return false;
}

/* Per cent of common pairs, or 0 when more than 2 % are not valid at all. */
static unsigned score(const struct encoding *c, struct str s)
{
    size_t pairs = 0, common = 0, wrong = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t lead = (uint8_t)s.ptr[i], trail = i + 1 < s.len ? (uint8_t)s.ptr[i + 1] : 0;
        if (lead < 0x80)
            continue;
        if (i + 1 == s.len)
            break;
        pairs++;
        if (!within(c->valid, 3, lead, trail)) {
            wrong++;
            continue;
        }
        common += within(c->common, 4, lead, trail);
        i++;
    }
    if (!pairs || wrong * 50 > pairs)
        return 0;
    unsigned percent = (unsigned)(common * 100 / pairs);
    return percent >= c->common_percent ? percent : 0;
}

static const char *guess_pairs(struct str s)
{
    const char *best = "WINDOWS-1252";
    unsigned most = 0;
    for (size_t i = sizeof doubles / sizeof *doubles; i-- > 0;) { /* kana decide before the hanzi of the same bytes */
        unsigned got = score(&doubles[i], s);
        if (got > most) {
            most = got;
            best = doubles[i].name;
            if (doubles[i].common_percent < 70)
                return best;
        }
    }
    return best;
}

struct zeros {
    size_t even, odd;
};

static struct zeros count_zeros(struct str s)
{
    struct zeros z = {0};
    for (size_t i = 0; i < s.len; i++)
        if (!s.ptr[i])
            *(i & 1 ? &z.odd : &z.even) += 1;
    return z;
}

/* Western text in UTF-16 has a zero in every other byte, on the same side. */
static const char *guess_wide(struct str s)
{
    struct zeros z = count_zeros(s);
    size_t half = s.len / 2;
    if (half < 2)
        return NULL;
    if (z.odd > half / 4 && z.even * 20 < z.odd)
        return "UTF-16LE";
    return z.even > half / 4 && z.odd * 20 < z.even ? "UTF-16BE" : NULL;
}

struct bom {
    struct str bytes;
    const char *name;
};
static const struct bom boms[] = {
    {{"\xef\xbb\xbf", 3}, "UTF-8"}, {{"\xff\xfe\0\0", 4}, "UTF-32LE"}, {{"\0\0\xfe\xff", 4}, "UTF-32BE"},
    {{"\xff\xfe", 2}, "UTF-16LE"},  {{"\xfe\xff", 2}, "UTF-16BE"},
};

static const struct bom *find_bom(struct str s)
{
    for (size_t i = 0; i < sizeof boms / sizeof *boms; i++)
        if (str_starts(s, boms[i].bytes))
            return &boms[i];
    return NULL;
}

bool charset_is_binary(struct str head)
{
    struct zeros z = count_zeros(head);
    return z.even + z.odd && !find_bom(head) && !guess_wide(head);
}

const char *charset_guess(struct str s)
{
    const struct bom *bom = find_bom(s);
    if (bom)
        return bom->name;
    const char *wide = guess_wide(str_head(s, GUESS_BYTES));
    if (wide)
        return wide;
    if (str_find(s, STR("\x1b$B"), 0) >= 0 || str_find(s, STR("\x1b$@"), 0) >= 0)
        return "ISO-2022-JP";
    return utf8_valid(s.ptr, s.len, NULL) ? "UTF-8" : guess_pairs(str_head(s, GUESS_BYTES));
}

/* ---- lines of several encodings */

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] >= 0x80)
            return false;
    return true;
}

struct lines {
    size_t utf8, other;
    struct buf others; /* all that are not UTF-8, for the guess */
};

static void sort_lines(struct str s, struct lines *to)
{
    struct str line;
    while (str_split(&s, '\n', &line)) {
        if (is_ascii(line))
            continue;
        if (utf8_valid(line.ptr, line.len, NULL)) {
            to->utf8++;
        } else {
            to->other++;
            if (to->others.len < GUESS_BYTES)
                buf_put(&to->others, line);
        }
    }
}

static int convert_lines(struct str s, const char *other, struct buf *out, size_t *ret_wrong)
{
    struct str line;
    int r = OK;
    for (bool first = true; !r && str_split(&s, '\n', &line); first = false) {
        size_t wrong = 0;
        if (!first)
            buf_putc(out, '\n');
        r = utf8_valid(line.ptr, line.len, NULL) ? buf_put(out, line) : convert(line, other, out, &wrong);
        *ret_wrong += wrong;
    }
    return r ? r : out->failed;
}

/* OK with *ret_done false: it is not such a file. */
static int try_lines(struct str s, struct buf *out, unsigned *notes, bool *ret_done)
{
    struct lines lines = {.others = buf_make(GUESS_BYTES * 2)};
    size_t wrong = 0;
    int r = OK;
    sort_lines(s, &lines);
    *ret_done = lines.utf8 && lines.other;
    if (*ret_done) {
        const char *other = guess_pairs(buf_str(&lines.others));
        r = convert_lines(s, other, out, &wrong);
        *notes |= DOC_NOTE_MIXED | (wrong ? DOC_NOTE_REPLACED : 0);
    }
    buf_free(&lines.others);
    return r;
}

/* ---- all of it */

/* Encodings of seven bits, whose bytes are valid UTF-8 and mean something else. */
static bool is_shifted(const char *name)
{
    return name && (str_starts(str_of(name), STR("ISO-2022-")) || str_starts(str_of(name), STR("iso-2022-")) ||
                    str_ieq(str_of(name), STR("hz-gb-2312")) || str_ieq(str_of(name), STR("utf-7")));
}

int charset_to_utf8(struct str s, const char *declared, struct buf *out, unsigned *notes)
{
    const char *guess = charset_guess(s);
    const struct bom *bom = find_bom(s);
    bool utf8 = !strcmp(guess, "UTF-8");
    if (bom)
        s = str_skip(s, bom->bytes.len);
    if (utf8 && !is_shifted(declared))
        return buf_put(out, s);
    size_t wrong = 0, start = out->len;
    if (!bom && strncmp(guess, "UTF-16", 6) && is_name(declared) && !str_ieq(str_of(declared), STR("utf-8"))) {
        int r = convert(s, better_name(declared), out, &wrong);
        if ((!r && wrong * 50 <= s.len) || (r && r != ERR_UNSUPPORTED)) {
            *notes |= wrong ? DOC_NOTE_REPLACED : 0;
            return r;
        }
        out->len = start;
    }
    bool done = false;
    int r = bom || !strncmp(guess, "UTF-16", 6) ? OK : try_lines(s, out, notes, &done);
    if (r || done)
        return r;
    r = convert(s, guess, out, &wrong);
    if (r == ERR_UNSUPPORTED) /* without its tables; ASCII is left readable */
        r = convert(s, "UTF-8", out, &wrong);
    *notes |= wrong ? DOC_NOTE_REPLACED : 0;
    return r;
}
