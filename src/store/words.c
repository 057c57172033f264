#include "store/words.h"

#include <utf8proc.h>

#include "base/err.h"
#include "base/utf8.h"

enum kind { APART, WORD, MARK, PAIRED };
enum { FOLDED_MAX = 24 }; /* bytes of a folded character of a paired script */

struct range {
    uint32_t first, last;
};

/* Scripts without spaces between words: radicals, kana, bopomofo, Hangul, Han, half-width forms. */
static const struct range paired[] = {
    {0x1100, 0x11ff}, {0x2e80, 0x2fdf}, {0x3005, 0x3007}, {0x3021, 0x3029},   {0x3031, 0x3035},   {0x303b, 0x303b},
    {0x3041, 0x3096}, {0x309d, 0x309f}, {0x30a1, 0x30fa}, {0x30fc, 0x30ff},   {0x3105, 0x312f},   {0x3131, 0x318e},
    {0x31a0, 0x31bf}, {0x31f0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},   {0xa960, 0xa97f},   {0xac00, 0xd7ff},
    {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0xffa0, 0xffdc}, {0x1aff0, 0x1b16f}, {0x20000, 0x3fffd},
};

/* Marks that may go without making another word of it. Those of Indic scripts and kana are vowels and sounds, and stay. */
static const struct range dropped[] = {
    {0x0300, 0x036f}, {0x0483, 0x0487}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2}, {0x05c4, 0x05c5},
    {0x05c7, 0x05c7}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670}, {0x06d6, 0x06ed}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static bool within(uint32_t cp, const struct range *r, size_t n)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cp > r[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && cp >= r[low].first;
}

static enum kind kind_of(uint32_t cp)
{
    if (cp < 0x80)
        return (cp | 32) - 'a' < 26 || cp - '0' < 10 ? WORD : APART;
    if (within(cp, paired, sizeof paired / sizeof *paired))
        return PAIRED;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return WORD;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return MARK;
    default: return APART;
    }
}

struct character {
    char bytes[FOLDED_MAX];
    size_t len, begin, end;
};

struct cutter {
    words_fn *fn;
    void *ctx;
    enum words_mode mode;
    char word[WORDS_TOKEN_MAX];
    size_t len, begin, end; /* of the word */
    bool in_word, full;     /* full: a character did not fit, and none after it may */
    struct character last;  /* of the run of paired characters */
    size_t run;             /* its length so far */
    struct character held;  /* the end of a query's run, which counts only when a word follows */
    bool holds;
};

/* ---- folding */

/* Decomposed, folded, without marks that may go: appended to dst as far as it fits, whole characters only. */
static bool fold(uint32_t cp, char *dst, size_t cap, size_t *len)
{
    utf8proc_int32_t parts[32];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, sizeof parts / sizeof *parts,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < (utf8proc_ssize_t)(sizeof parts / sizeof *parts); i++) {
        char utf8[4];
        if (within((uint32_t)parts[i], dropped, sizeof dropped / sizeof *dropped) || kind_of((uint32_t)parts[i]) == APART)
            continue;
        int k = utf8_encode((uint32_t)parts[i], utf8);
        if (*len + (size_t)k > cap)
            return false;
        memcpy(dst + *len, utf8, (size_t)k);
        *len += (size_t)k;
    }
    return true;
}

/* Characters of paired scripts stay as they are; half-width and compatibility forms become the usual ones. */
static struct character fold_paired(uint32_t cp, size_t begin, size_t end)
{
    struct character c = {.begin = begin, .end = end};
    bool form = (cp >= 0xf900 && cp <= 0xfaff) || cp >= 0xff66 || (cp >= 0x2e80 && cp <= 0x2fdf);
    if (form && cp < 0x10000)
        fold(cp, c.bytes, sizeof c.bytes, &c.len);
    if (!c.len)
        c.len = (size_t)utf8_encode(cp, c.bytes);
    return c;
}

/* ---- tokens */

static int emit(struct cutter *k, const char *bytes, size_t len, size_t begin, size_t end, bool beside)
{
    return len ? k->fn(k->ctx, str_from(bytes, len), begin, end, beside) : OK;
}

static int release(struct cutter *k)
{
    if (!k->holds)
        return OK;
    k->holds = false;
    return emit(k, k->held.bytes, k->held.len, k->held.begin, k->held.end, false);
}

static int end_word(struct cutter *k)
{
    if (!k->in_word)
        return OK;
    k->in_word = false;
    int r = k->len ? release(k) : OK;
    return r ? r : emit(k, k->word, k->len, k->begin, k->end, false);
}

static int end_run(struct cutter *k)
{
    size_t run = k->run;
    k->run = 0;
    if (!run)
        return OK;
    if (k->mode == WORDS_QUERY && run > 1) {
        k->held = k->last;
        k->holds = true;
        return OK;
    }
    return emit(k, k->last.bytes, k->last.len, k->last.begin, k->last.end, false);
}

static int add_to_word(struct cutter *k, uint32_t cp, size_t begin, size_t end)
{
    int r = end_run(k);
    if (r)
        return r;
    if (!k->in_word) {
        k->in_word = true;
        k->full = false;
        k->len = 0;
        k->begin = begin;
    }
    k->end = end;
    if (cp < 0x80 && !k->full && k->len < WORDS_TOKEN_MAX)
        k->word[k->len++] = (char)(cp - 'A' < 26 ? cp | 32 : cp);
    else if (!k->full)
        k->full = !fold(cp, k->word, WORDS_TOKEN_MAX, &k->len);
    return OK;
}

static int add_to_run(struct cutter *k, uint32_t cp, size_t begin, size_t end)
{
    const struct character c = fold_paired(cp, begin, end);
    char pair[2 * FOLDED_MAX];
    int r = end_word(k);
    if (!r)
        r = release(k);
    if (!r && k->run) {
        memcpy(pair, k->last.bytes, k->last.len);
        memcpy(pair + k->last.len, c.bytes, c.len);
        r = emit(k, pair, k->last.len + c.len, k->last.begin, c.end, false);
        if (!r && k->mode == WORDS_TEXT)
            r = emit(k, k->last.bytes, k->last.len, k->last.begin, k->last.end, true);
    }
    k->last = c;
    k->run++;
    return r;
}

static int take(struct cutter *k, uint32_t cp, size_t begin, size_t end)
{
    switch (kind_of(cp)) {
    case WORD: return add_to_word(k, cp, begin, end);
    case PAIRED: return add_to_run(k, cp, begin, end);
    case MARK: return k->in_word ? add_to_word(k, cp, begin, end) : OK;
    case APART: break;
    }
    int r = end_word(k);
    return r ? r : end_run(k);
}

int words_cut(struct str text, enum words_mode mode, words_fn *fn, void *ctx)
{
    struct cutter k = {.fn = fn, .ctx = ctx, .mode = mode};
    int r = OK;
    for (size_t at = 0; !r && at < text.len;) {
        uint32_t cp = ' ';
        int n = utf8_decode(text.ptr + at, text.len - at, &cp);
        size_t end = at + (n > 0 ? (size_t)n : 1);
        r = take(&k, cp, at, end);
        at = end;
    }
    if (!r)
        r = end_word(&k);
    return r ? r : end_run(&k);
}

/* ---- queries */

static int count(void *ctx, struct str token, size_t begin, size_t end, bool beside)
{
    (void)token;
    (void)begin;
    (void)end;
    (void)beside;
    ++*(size_t *)ctx;
    return OK;
}

static bool is_space(uint32_t cp)
{
    return cp <= ' ' || (cp >= 0x80 && utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_ZS);
}

/* What stands before the next space. */
static struct str next_chunk(struct str *rest)
{
    size_t at = 0, begin = 0;
    bool begun = false;
    while (at < rest->len) {
        uint32_t cp = 0xfffd;
        int n = utf8_decode(rest->ptr + at, rest->len - at, &cp);
        if (is_space(cp) && begun)
            break;
        if (!is_space(cp) && !begun) {
            begun = true;
            begin = at;
        }
        at += n > 0 ? (size_t)n : 1;
    }
    struct str chunk = str_skip(str_head(*rest, at), begun ? begin : at);
    *rest = str_skip(*rest, at);
    return chunk;
}

int words_match(struct str text, bool typing, struct buf *out)
{
    bool any = false;
    while (text.len) {
        struct str chunk = next_chunk(&text);
        size_t n = 0;
        words_cut(chunk, WORDS_QUERY, count, &n);
        if (!n)
            continue;
        buf_puts(out, any ? " \"" : "\"");
        for (size_t i = 0; i < chunk.len; i++)
            buf_putc(out, chunk.ptr[i] == '"' || !chunk.ptr[i] ? ' ' : chunk.ptr[i]);
        buf_putc(out, '"');
        any = true;
    }
    if (any && typing)
        buf_putc(out, '*');
    return out->failed;
}
