/* Escapes of roff (groff(7)): what prints becomes Unicode, what draws or measures becomes nothing. */
#include "doc/roff.h"

#include "base/utf8.h"

/* \(xx and \[xx] */
static const struct {
    struct str name;
    const char *utf8;
} characters[] = {
    {{"aq", 2}, "'"}, {{"dq", 2}, "\""}, {{"lq", 2}, "“"},     {{"rq", 2}, "”"}, {{"oq", 2}, "‘"}, {{"cq", 2}, "’"}, {{"em", 2}, "—"},
    {{"en", 2}, "–"}, {{"hy", 2}, "-"},  {{"mi", 2}, "−"},     {{"bu", 2}, "•"}, {{"co", 2}, "©"}, {{"rg", 2}, "®"}, {{"tm", 2}, "™"},
    {{"de", 2}, "°"}, {{"mu", 2}, "×"},  {{"di", 2}, "÷"},     {{"+-", 2}, "±"}, {{"<=", 2}, "≤"}, {{">=", 2}, "≥"}, {{"!=", 2}, "≠"},
    {{"->", 2}, "→"}, {{"<-", 2}, "←"},  {{"ua", 2}, "↑"},     {{"da", 2}, "↓"}, {{"ti", 2}, "~"}, {{"ha", 2}, "^"}, {{"ga", 2}, "`"},
    {{"aa", 2}, "´"}, {{"rs", 2}, "\\"}, {{"sl", 2}, "/"},     {{"ba", 2}, "|"}, {{"sc", 2}, "§"}, {{"ss", 2}, "ß"}, {{"Fo", 2}, "«"},
    {{"Fc", 2}, "»"}, {{"fo", 2}, "‹"},  {{"fc", 2}, "›"},     {{"Bq", 2}, "„"}, {{"at", 2}, "@"}, {{"sh", 2}, "#"}, {{"Do", 2}, "$"},
    {{"lB", 2}, "["}, {{"rB", 2}, "]"},  {{"lC", 2}, "{"},     {{"rC", 2}, "}"}, {{"la", 2}, "⟨"}, {{"ra", 2}, "⟩"}, {{"12", 2}, "½"},
    {{"14", 2}, "¼"}, {{"34", 2}, "¾"},  {{"S2", 2}, "²"},     {{"S3", 2}, "³"}, {{"Eu", 2}, "€"}, {{"Po", 2}, "£"}, {{"Ye", 2}, "¥"},
    {{"*a", 2}, "α"}, {{"*b", 2}, "β"},  {{"*m", 2}, "μ"},     {{"*p", 2}, "π"}, {{"if", 2}, "∞"}, {{"pl", 2}, "+"}, {{"eq", 2}, "="},
    {{"R", 1}, "®"},  {{"Tm", 2}, "™"},  {{"emdash", 6}, "—"},
};

static void put_accented(struct str name, struct buf *out)
{
    static const struct {
        char mark;
        const char *combining;
    } marks[] = {{'\'', "\u0301"}, {'`', "\u0300"}, {'^', "\u0302"}, {'~', "\u0303"}, {':', "\u0308"}, {',', "\u0327"}, {'o', "\u030a"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (name.len == 2 && name.ptr[0] == marks[i].mark) {
            buf_putc(out, name.ptr[1]);
            buf_puts(out, marks[i].combining);
        }
}

static void put_unicode(struct str hex, struct buf *out)
{
    uint32_t cp = 0;
    char utf8[4];
    for (size_t i = 0; i < hex.len && i < 6; i++) {
        char c = hex.ptr[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0)
            return;
        cp = cp << 4 | (uint32_t)v;
    }
    int n = utf8_encode(cp, utf8);
    buf_put(out, str_from(utf8, n > 0 ? (size_t)n : 0));
}

static void put_character(struct str name, struct buf *out)
{
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
        if (str_eq(characters[i].name, name)) {
            buf_puts(out, characters[i].utf8);
            return;
        }
    if (name.len > 4 && name.ptr[0] == 'u')
        put_unicode(str_skip(name, 1), out);
    else
        put_accented(name, out);
}

/* The name behind \f, \*, \( and so on: one character, (two, or [any]. Returns how many bytes it takes. */
static size_t take_name(struct str s, struct str *ret)
{
    if (s.len && s.ptr[0] == '(') {
        *ret = str_head(str_skip(s, 1), 2);
        return 1 + ret->len;
    }
    if (s.len && s.ptr[0] == '[') {
        ptrdiff_t end = str_chr(s, ']');
        *ret = end < 0 ? str_skip(s, 1) : str_head(str_skip(s, 1), (size_t)end - 1);
        return end < 0 ? s.len : (size_t)end + 1;
    }
    *ret = str_head(s, 1);
    return ret->len;
}

/* \h'…': an argument between two equal characters. */
static size_t take_quoted(struct str s)
{
    if (!s.len)
        return 0;
    ptrdiff_t end = str_chr(str_skip(s, 1), s.ptr[0]);
    return end < 0 ? s.len : (size_t)end + 2;
}

/* \s-2, \s+1, \s0, \s'…', \s[…] */
static size_t take_size(struct str s)
{
    size_t n = 0;
    if (s.len && (s.ptr[0] == '\'' || s.ptr[0] == '['))
        return s.ptr[0] == '[' ? take_name(s, &(struct str){0}) : take_quoted(s);
    n += s.len && (s.ptr[0] == '+' || s.ptr[0] == '-');
    if (n < s.len && s.ptr[n] == '(')
        return n + 3 < s.len ? n + 3 : s.len;
    for (size_t digits = 0; n < s.len && digits < 2 && s.ptr[n] >= '0' && s.ptr[n] <= '9'; digits++)
        n++;
    return n;
}

/* What stands behind a backslash; returns its length. */
static size_t put_escape(struct str s, struct buf *out)
{
    struct str name, rest = str_skip(s, 1);
    size_t n;
    switch (s.len ? s.ptr[0] : 0) {
    case '(':
    case '[':
        n = take_name(s, &name);
        put_character(name, out);
        return n;
    case '*':
        n = take_name(rest, &name);
        put_character(name, out); /* the strings that pages use have the names of characters */
        return 1 + n;
    case 'f':
    case 'F':
    case 'm':
    case 'M':
    case 'n':
    case 'k':
    case 'g':
    case 'Y':
    case 'V': return 1 + take_name(rest, &name);
    case 's': return 1 + take_size(rest);
    case 'h':
    case 'v':
    case 'w':
    case 'l':
    case 'L':
    case 'D':
    case 'o':
    case 'b':
    case 'x':
    case 'X':
    case 'Z':
    case 'N':
    case 'R':
    case 'S':
    case 'H':
    case 'A':
    case 'B': return 1 + take_quoted(rest);
    case '-': buf_putc(out, '-'); return 1;
    case 'e':
    case 'E':
    case '\\': buf_putc(out, '\\'); return 1;
    case '.':
    case '\'':
    case '`': buf_putc(out, s.ptr[0]); return 1;
    case '~':
    case ' ':
    case '0': buf_putc(out, ' '); return 1;
    case 't': buf_putc(out, '\t'); return 1;
    case '"':
    case '#': return s.len;        /* a comment */
    default: return s.len ? 1 : 0; /* \& \| \^ \% \: \/ \, \c \p \d \u \r \z \{ \} … */
    }
}

void roff_plain(struct str s, struct buf *out)
{
    while (s.len && !out->failed) {
        ptrdiff_t at = str_chr(s, '\\');
        buf_put(out, at < 0 ? s : str_head(s, (size_t)at));
        if (at < 0)
            return;
        s = str_skip(s, (size_t)at + 1);
        s = str_skip(s, put_escape(s, out));
    }
}

/* ---- words */

static bool is_gap(char c)
{
    return c == ' ' || c == '\t';
}

/* One word of s[0..), up to white space that is neither quoted nor escaped; "" within quotes is one of them. */
static size_t take_word(struct str s, struct buf *out)
{
    bool quoted = s.len && s.ptr[0] == '"';
    size_t i = quoted;
    for (; i < s.len; i++) {
        if (quoted && s.ptr[i] == '"') {
            if (i + 1 < s.len && s.ptr[i + 1] == '"') {
                i++;
            } else {
                return i + 1;
            }
        } else if (!quoted && is_gap(s.ptr[i])) {
            return i;
        } else if (s.ptr[i] == '\\' && i + 1 < s.len) {
            if (s.ptr[i + 1] == '"')
                return s.len;
            buf_putc(out, s.ptr[i++]);
        }
        buf_putc(out, s.ptr[i]);
    }
    return i;
}

void roff_split(struct str s, struct roff_words *w)
{
    size_t ends[ROFF_WORDS_MAX], starts[ROFF_WORDS_MAX];
    buf_clear(&w->space);
    w->n = 0;
    while (w->n < ROFF_WORDS_MAX) {
        while (s.len && is_gap(s.ptr[0]))
            s = str_skip(s, 1);
        if (!s.len || str_starts(s, STR("\\\"")))
            break;
        starts[w->n] = w->space.len;
        s = str_skip(s, take_word(s, &w->space));
        ends[w->n++] = w->space.len;
    }
    for (size_t i = 0; i < w->n; i++)
        w->at[i] = w->space.failed ? (struct str){0} : str_from(w->space.ptr + starts[i], ends[i] - starts[i]);
}

/* ---- putting */

void roff_put(struct roff *r, struct str s)
{
    buf_clear(&r->words);
    roff_plain(s, &r->words);
    if (r->exact)
        text_exact(r->t, buf_str(&r->words));
    else
        text_flow(r->t, buf_str(&r->words));
}

void roff_put_words(struct roff *r, const struct roff_words *w, size_t from, bool spaces)
{
    struct buf line = buf_make(ROFF_WORD_BYTES_MAX);
    for (size_t i = from; i < w->n; i++) {
        if (spaces && i > from)
            buf_putc(&line, ' ');
        buf_put(&line, w->at[i]);
    }
    roff_put(r, buf_str(&line));
    buf_free(&line);
}

void roff_heading(struct roff *r, int level, const struct roff_words *w, size_t from)
{
    r->exact = r->tagged = false;
    text_heading_begin(r->t, level);
    roff_put_words(r, w, from, true);
    text_heading_end(r->t);
}
