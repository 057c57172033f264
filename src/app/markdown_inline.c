#include "app/markdown_inline.h"

enum { PENDING_BYTES_MAX = 1 << 20 };

/* Answer of a look for a closing mark. */
enum { WAIT = -2, NONE = -1 };

static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_punct(char c)
{
    return c > ' ' && c < 0x7f && !is_alnum((unsigned char)c);
}

static void put(struct inline_text *t, struct glyph g)
{
    g.style |= t->base | t->style;
    t->before = g.cp;
    t->put(t->ctx, g);
}

static void put_all(struct inline_text *t, struct str text, uint8_t style)
{
    struct glyph g;
    while (text.len) {
        text = str_skip(text, glyph_take(text, true, &g));
        g.style |= style;
        put(t, g);
    }
}

static size_t run_of(struct str s, char c)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] == c)
        n++;
    return n;
}

/* No more than this much of the text is looked at, however much there is: the result must not depend on it. */
static struct str window(struct str rest)
{
    return str_head(rest, INLINE_HOLD_BYTES_MAX);
}

static bool may_wait(struct str rest, bool final)
{
    return !final && rest.len < INLINE_HOLD_BYTES_MAX;
}

/* ---- each of these takes what `rest` begins with and returns its bytes; 0: the partner may still come */

static size_t take_char(struct inline_text *t, struct str rest, bool final)
{
    struct glyph g;
    size_t n = glyph_take(rest, final, &g);
    if (n)
        put(t, g);
    return n;
}

static size_t take_escape(struct inline_text *t, struct str rest, bool final)
{
    if (rest.len < 2 && !final)
        return 0;
    if (rest.len < 2 || !is_punct(rest.ptr[1]))
        return take_char(t, rest, final);
    put_all(t, str_head(str_skip(rest, 1), 1), 0);
    return 2;
}

static ptrdiff_t find_ticks(struct str s, size_t n, bool whole)
{
    for (size_t at = n; at < s.len;) {
        size_t run = run_of(str_skip(s, at), '`');
        if (run == n && (at + run < s.len || whole))
            return (ptrdiff_t)at;
        at += run ? run : 1;
    }
    return NONE;
}

static size_t take_code(struct inline_text *t, struct str rest, bool final)
{
    struct str s = window(rest);
    size_t n = run_of(s, '`');
    ptrdiff_t end = n < s.len ? find_ticks(s, n, final && s.len == rest.len) : NONE;
    if (end < 0 && may_wait(rest, final))
        return 0;
    if (end < 0) {
        put_all(t, str_head(rest, n), 0);
        return n;
    }
    struct str code = str_head(str_skip(s, n), (size_t)end - n);
    if (code.len > 2 && code.ptr[0] == ' ' && code.ptr[code.len - 1] == ' ')
        code = str_head(str_skip(code, 1), code.len - 2);
    if (t->marks)
        put_all(t, str_head(s, n), STYLE_CODE);
    put_all(t, code, STYLE_CODE);
    if (t->marks)
        put_all(t, str_head(s, n), STYLE_CODE);
    return (size_t)end + n;
}

/* Whether a run of n marks, between these two characters, can end what n marks have begun. */
static bool closes(char mark, uint32_t before, uint32_t after)
{
    return !is_space(before) && !(mark == '_' && is_alnum(after));
}

/* The run that ends n marks at the head of s. */
static ptrdiff_t find_closer(struct str s, size_t n, bool whole)
{
    char mark = s.ptr[0];
    for (size_t at = n; at < s.len;) {
        if (s.ptr[at] == '\\') {
            at += 2;
            continue;
        }
        size_t run = run_of(str_skip(s, at), mark), end = at + run;
        if (!run) {
            at++;
            continue;
        }
        if (end == s.len && !whole)
            return WAIT;
        bool fits = run == n || (run == 3 && n < 3);
        if (fits && at > n && closes(mark, (unsigned char)s.ptr[at - 1], end < s.len ? (unsigned char)s.ptr[end] : ' '))
            return (ptrdiff_t)at;
        at = end;
    }
    return NONE;
}

/* One mark: italic; two: bold; three: both. */
static uint8_t style_of_run(size_t n)
{
    return n == 1 ? STYLE_ITALIC : n == 2 ? STYLE_BOLD : STYLE_ITALIC | STYLE_BOLD;
}

static bool is_open(const struct inline_text *t, uint8_t bits, char mark)
{
    return (t->style & bits) == bits && (!(bits & STYLE_ITALIC) || t->open[0] == mark) && (!(bits & STYLE_BOLD) || t->open[1] == mark);
}

static void set_open(struct inline_text *t, uint8_t bits, char mark)
{
    t->style |= bits;
    if (bits & STYLE_ITALIC)
        t->open[0] = mark;
    if (bits & STYLE_BOLD)
        t->open[1] = mark;
}

static void put_marks(struct inline_text *t, struct str marks)
{
    if (t->marks)
        put_all(t, marks, 0);
}

static size_t take_emphasis(struct inline_text *t, struct str rest, bool final)
{
    struct str s = window(rest);
    char mark = s.ptr[0];
    size_t n = run_of(s, mark);
    if (n == s.len && may_wait(rest, final))
        return 0;
    uint32_t after = n < s.len ? (unsigned char)s.ptr[n] : ' ';
    uint8_t bits = style_of_run(n);
    if (n <= 3 && is_open(t, bits, mark) && closes(mark, t->before, after)) {
        put_marks(t, str_head(s, n));
        t->style &= (uint8_t)~bits;
        return n;
    }
    bool opens = n <= 3 && !is_space(after) && !(mark == '_' && is_alnum(t->before)) && !(t->style & bits);
    ptrdiff_t end = opens ? find_closer(s, n, final && s.len == rest.len) : NONE;
    if (opens && end < 0 && may_wait(rest, final))
        return 0;
    if (end < 0) {
        put_all(t, str_head(s, n), 0);
        return n;
    }
    set_open(t, bits, mark);
    put_marks(t, str_head(s, n));
    t->before = (unsigned char)mark;
    return n;
}

static size_t take_strike(struct inline_text *t, struct str rest, bool final)
{
    struct str s = window(rest);
    if (run_of(s, '~') < 2) {
        if (s.len < 2 && !final)
            return 0;
        return take_char(t, rest, final);
    }
    ptrdiff_t end = str_find(s, STR("~~"), 2);
    if (!(t->style & STYLE_STRIKE) && end < 0 && may_wait(rest, final))
        return 0;
    if ((t->style & STYLE_STRIKE) || end > 2)
        t->style ^= STYLE_STRIKE;
    else
        put_all(t, str_head(s, 2), 0);
    return 2;
}

/* The bracket that closes the one s begins with. */
static ptrdiff_t find_bracket(struct str s, char open, char close)
{
    int depth = 0;
    for (size_t at = 0; at < s.len; at++) {
        if (s.ptr[at] == '\\')
            at++;
        else if (s.ptr[at] == open)
            depth++;
        else if (s.ptr[at] == close && !--depth)
            return (ptrdiff_t)at;
    }
    return NONE;
}

static size_t take_link(struct inline_text *t, struct str rest, bool final)
{
    struct str s = window(rest);
    ptrdiff_t text_end = find_bracket(s, '[', ']'), end = NONE;
    bool known = text_end >= 0 && (size_t)text_end + 1 < s.len, link = known && s.ptr[text_end + 1] == '(';
    if (link)
        end = find_bracket(str_skip(s, (size_t)text_end + 1), '(', ')');
    if ((!known || link) && end < 0 && may_wait(rest, final))
        return 0;
    if (end < 0)
        return take_char(t, rest, final);
    struct str text = str_head(str_skip(s, 1), (size_t)text_end - 1);
    struct str url = str_head(str_skip(s, (size_t)text_end + 2), (size_t)end - 1);
    put_all(t, text.len ? text : url, STYLE_LINK);
    if (text.len && !str_eq(text, url)) {
        put_all(t, STR(" ("), STYLE_DIM);
        put_all(t, url, STYLE_DIM);
        put_all(t, STR(")"), STYLE_DIM);
    }
    return (size_t)text_end + 1 + (size_t)end + 1;
}

static size_t take(struct inline_text *t, struct str rest, bool final)
{
    switch (rest.ptr[0]) {
    case '\\': return take_escape(t, rest, final);
    case '`': return take_code(t, rest, final);
    case '*':
    case '_': return take_emphasis(t, rest, final);
    case '~': return take_strike(t, rest, final);
    case '[': return take_link(t, rest, final);
    default: return take_char(t, rest, final);
    }
}

static void drain(struct inline_text *t, bool final)
{
    size_t at = 0;
    while (at < t->pending.len) {
        size_t n = take(t, str_skip(buf_str(&t->pending), at), final);
        if (!n)
            break;
        at += n;
    }
    buf_consume(&t->pending, at);
}

void inline_begin(struct inline_text *t, uint8_t base)
{
    if (!t->pending.max)
        t->pending = buf_make(PENDING_BYTES_MAX);
    buf_clear(&t->pending);
    t->base = base;
    t->style = 0;
    t->before = ' ';
}

void inline_feed(struct inline_text *t, struct str text)
{
    while (text.len) { /* in bites, so that what waits stays far below the buffer's maximum */
        struct str bite = str_head(text, 8 * INLINE_HOLD_BYTES_MAX);
        buf_put(&t->pending, bite);
        drain(t, false);
        text = str_skip(text, bite.len);
    }
}

void inline_end(struct inline_text *t)
{
    drain(t, true);
    buf_clear(&t->pending);
}

void inline_free(struct inline_text *t)
{
    buf_free(&t->pending);
}
