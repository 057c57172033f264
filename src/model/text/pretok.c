#include "model/text/pretok.h"

#include <utf8proc.h>

#include "base/utf8.h"

enum class { SYMBOL, LETTER, NUMBER, SPACE, END };

/* A character where it stands. len is 0 at the end of the text. */
struct ch {
    uint32_t cp;
    enum class class;
    size_t len;
};

static enum class class_ascii(uint8_t b) {
    uint8_t lower = b | 0x20; if (lower >= 'a' && lower <= 'z') return LETTER; if (b >= '0' && b <= '9') return NUMBER;
    return b == ' ' || (b >= '\t' && b <= '\r') ? SPACE : SYMBOL;
}

/* \s is Unicode's property White_Space, which is not a set of categories (U+0085 is a control character). */
static bool is_space(uint32_t cp, utf8proc_category_t category)
{
    return cp == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static enum class class_wide(uint32_t cp) {
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    if (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) return LETTER;
    if (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO) return NUMBER;
    return is_space(cp, c) ? SPACE : SYMBOL;
}

static struct ch ch_at(struct str t, size_t at)
{
    if (at >= t.len)
        return (struct ch){0, END, 0};
    uint8_t b = (uint8_t)t.ptr[at];
    if (b < 0x80)
        return (struct ch){b, class_ascii(b), 1};
    uint32_t cp = 0xfffd;
    int n = utf8_decode(t.ptr + at, t.len - at, &cp);
    return n > 0 ? (struct ch){cp, class_wide(cp), (size_t)n} : (struct ch){cp, SYMBOL, 1};
}

static bool is_newline(struct ch c)
{
    return c.cp == '\n' || c.cp == '\r';
}

/* Behind the run of `class` that begins at `at`, of at most `max` characters. */
static size_t run(struct str t, size_t at, enum class class, size_t max)
{
    for (struct ch c; max-- && (c = ch_at(t, at)).class == class;)
        at += c.len;
    return at;
}

/* Simple case folding: U+017F (ſ) is an s, too. */
static uint32_t fold(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp == 0x17f ? 's' : cp;
}

/* 's 't 'm 'd 're 've 'll: bytes with the apostrophe, or 0. */
static size_t contraction(struct str t, bool any_case)
{
    if (t.ptr[0] != '\'')
        return 0;
    struct ch a = ch_at(t, 1), b = ch_at(t, 1 + a.len);
    uint32_t x = any_case ? fold(a.cp) : a.cp, y = any_case ? fold(b.cp) : b.cp;
    if (x == 's' || x == 't' || x == 'm' || x == 'd')
        return 1 + a.len;
    bool two = (x == 'r' && y == 'e') || (x == 'v' && y == 'e') || (x == 'l' && y == 'l');
    return two ? 1 + a.len + b.len : 0;
}

/* \s+(?!\S)|\s+ : white space up to the end of the text, or all but its last character, which belongs to what follows;
 * a single one that nothing else took is a word. */
static size_t white_space(struct str t)
{
    size_t at = 0, last = 0;
    struct ch c;
    while ((c = ch_at(t, at)).class == SPACE) {
        last = at;
        at += c.len;
    }
    return c.class == END || !last ? at : last;
}

/* \s*[\r\n]+ : through the last line end of the white space, or 0. */
static size_t line_ends(struct str t)
{
    size_t at = 0, end = 0;
    for (struct ch c; (c = ch_at(t, at)).class == SPACE;) {
        at += c.len;
        end = is_newline(c) ? at : end;
    }
    return end;
}

static size_t next_gpt2(const struct pretok *p, struct str t)
{
    size_t n = contraction(t, false);
    if (n)
        return n;
    size_t head = t.ptr[0] == ' ';
    struct ch c = ch_at(t, head);
    if (c.class != SPACE && c.class != END)
        return run(t, head, c.class, c.class == NUMBER ? p->digits : SIZE_MAX);
    return white_space(t);
}

static size_t next_llama3(const struct pretok *p, struct str t)
{
    size_t n = contraction(t, true);
    if (n)
        return n;
    struct ch c = ch_at(t, 0);
    if (c.class == LETTER)
        return run(t, 0, LETTER, SIZE_MAX);
    if (c.class == NUMBER)
        return run(t, 0, NUMBER, p->digits);
    struct ch second = ch_at(t, c.len);
    if (second.class == LETTER && !is_newline(c))
        return run(t, c.len, LETTER, SIZE_MAX);
    size_t head = c.cp == ' ' && second.class == SYMBOL ? 1 : 0;
    if (head || c.class == SYMBOL) {
        size_t at = run(t, head, SYMBOL, SIZE_MAX);
        while (at < t.len && (t.ptr[at] == '\r' || t.ptr[at] == '\n'))
            at++;
        return at;
    }
    n = line_ends(t);
    return n ? n : white_space(t);
}

/* Numbers are cut out first, so white space before one is at the end of its piece. */
static size_t next_smollm(const struct pretok *p, struct str t)
{
    struct ch c = ch_at(t, 0);
    if (c.class == NUMBER)
        return c.len;
    size_t n = run(t, 0, SPACE, SIZE_MAX);
    return n && ch_at(t, n).class == NUMBER ? n : next_gpt2(p, t);
}

/* The kinds of letters that gpt-4o tells apart; a mark is no letter, but goes with both cases. */
enum { UPPER = 1, LOWER = 2, EITHER = UPPER | LOWER };

static int cases(struct ch c)
{
    if (c.class == END)
        return 0;
    switch (utf8proc_category((utf8proc_int32_t)c.cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT: return UPPER;
    case UTF8PROC_CATEGORY_LL: return LOWER;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return EITHER;
    default: return 0;
    }
}

static size_t run_cases(struct str t, size_t at, int wanted)
{
    for (struct ch c; cases(c = ch_at(t, at)) & wanted;)
        at += c.len;
    return at;
}

/* U*W+ from `at`, or 0: U* gives back what W+ needs, which is the last letter without case. */
static size_t mixed_word(struct str t, size_t at)
{
    size_t end = run_cases(t, at, UPPER), last = 0;
    if (cases(ch_at(t, end)) == LOWER)
        return run_cases(t, end, LOWER);
    for (struct ch c; at < end; at += c.len) {
        c = ch_at(t, at);
        last = cases(c) == EITHER ? at + c.len : last;
    }
    return last;
}

/* X?U*W+|X?U+W*, or 0. */
static size_t cased_word(struct str t)
{
    struct ch c = ch_at(t, 0);
    size_t head = c.class != LETTER && c.class != NUMBER && !is_newline(c) ? c.len : 0, n = mixed_word(t, head);
    n = n || !head ? n : mixed_word(t, 0);
    if (n)
        return n;
    n = run_cases(t, head, UPPER);
    return n > head ? n : 0;
}

static size_t next_gpt4o(const struct pretok *p, struct str t)
{
    size_t n = cased_word(t);
    if (n)
        return p->contractions && n < t.len ? n + contraction(str_skip(t, n), true) : n;
    struct ch c = ch_at(t, 0);
    if (c.class == NUMBER)
        return run(t, 0, NUMBER, p->digits);
    size_t head = c.cp == ' ' && ch_at(t, 1).class == SYMBOL ? 1 : 0;
    if (head || c.class == SYMBOL) {
        size_t at = run(t, head, SYMBOL, SIZE_MAX);
        while (at < t.len && (t.ptr[at] == '\r' || t.ptr[at] == '\n' || t.ptr[at] == '/'))
            at++;
        return at;
    }
    n = line_ends(t);
    return n ? n : white_space(t);
}

#define UNBOUNDED 0xffffffffu

/* The first six are what the names mean; the others are names that converters write for the same expression. */
static const struct pretok table[] = {
    {"gpt-2", "gpt-2", next_gpt2, UNBOUNDED, false, false, false},   {"llama-bpe", "llama-bpe", next_llama3, 3, true, true, false},
    {"qwen2", "qwen2", next_llama3, 1, false, false, false},         {"smollm", "smollm", next_smollm, 1, false, false, false},
    {"gpt-4o", "gpt-4o", next_gpt4o, 3, false, false, true},         {"tekken", "tekken", next_gpt4o, 1, true, true, false},
    {"default", "gpt-2", next_gpt2, UNBOUNDED, false, false, false}, {"phi-2", "gpt-2", next_gpt2, UNBOUNDED, false, false, false},
    {"llama3", "llama-bpe", next_llama3, 3, true, true, false},      {"llama-v3", "llama-bpe", next_llama3, 3, true, true, false},
    {"falcon3", "llama-bpe", next_llama3, 3, true, true, false},     {"smaug-bpe", "llama-bpe", next_llama3, 3, false, false, false},
    {"dbrx", "llama-bpe", next_llama3, 3, false, false, false},      {"deepseek-r1-qwen", "qwen2", next_llama3, 1, false, false, false},
    {"stablelm2", "qwen2", next_llama3, 1, false, false, false},     {"refact", "smollm", next_smollm, 1, false, false, false},
    {"starcoder", "smollm", next_smollm, 1, false, false, false},    {"command-r", "smollm", next_smollm, 1, false, false, false},
    {"codeshell", "smollm", next_smollm, 1, false, false, false},    {"exaone", "smollm", next_smollm, 1, false, false, false},
    {"llama4", "gpt-4o", next_gpt4o, 3, false, false, true},
};
enum { TABLE_LEN = sizeof table / sizeof *table };

const struct pretok *pretok_find(struct str name)
{
    if (!name.len)
        return &table[0];
    for (size_t i = 0; i < TABLE_LEN; i++) {
        if (str_eq(name, str_of(table[i].name)))
            return &table[i];
    }
    return NULL;
}

void pretok_list(struct buf *out)
{
    for (size_t i = 0; i < TABLE_LEN; i++) {
        buf_puts(out, i ? ", " : "");
        buf_puts(out, table[i].name);
    }
}
