#include "doc/text.h"

#include <stdlib.h>

#include "base/utf8.h"

void text_init(struct text *t, size_t bytes_max)
{
    if (bytes_max > UINT32_MAX / 2) /* marks are 32 bits */
        bytes_max = UINT32_MAX / 2;
    *t = (struct text){.out = buf_make(bytes_max), .title = buf_make(DOC_TITLE_BYTES_MAX)};
}

void text_deinit(struct text *t)
{
    buf_free(&t->out);
    buf_free(&t->title);
    free(t->marks);
    *t = (struct text){0};
}

int text_failed(const struct text *t)
{
    return t->failed ? t->failed : t->out.failed;
}

static void add_mark(struct text *t, struct mark m)
{
    if (t->failed)
        return;
    if (t->n_marks == t->cap_marks) {
        size_t cap = t->cap_marks ? 2 * t->cap_marks : 64;
        struct mark *more = cap > TEXT_MARKS_MAX ? NULL : realloc(t->marks, cap * sizeof *more);
        if (!more) {
            t->failed = cap > TEXT_MARKS_MAX ? ERR_LIMIT : ERR_NOMEM;
            return;
        }
        t->marks = more;
        t->cap_marks = cap;
    }
    t->marks[t->n_marks++] = m;
}

/* ---- characters */

static bool is_plain(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f && c < 0x80) || c == '\n' || c == '\t';
}

static bool is_control(uint32_t cp)
{
    return (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp < 0xa0);
}

/* One character of s that may not be plain; returns how many bytes it took. */
static size_t put_character(struct text *t, struct str s)
{
    uint32_t cp;
    int n = utf8_decode(s.ptr, s.len, &cp);
    if (n <= 0) {
        buf_puts(&t->out, "\xef\xbf\xbd");
        t->notes |= DOC_NOTE_REPLACED;
        return n < 0 ? 1 : s.len;
    }
    if (cp == '\r') { /* of "\r\n" the second is written */
        if (s.len < 2 || s.ptr[1] != '\n')
            buf_putc(&t->out, '\n');
    } else if (!is_control(cp) && cp != 0xfeff) {
        buf_put(&t->out, str_head(s, (size_t)n));
    }
    return (size_t)n;
}

void text_raw(struct text *t, struct str s)
{
    while (s.len && !t->out.failed) {
        size_t plain = 0;
        while (plain < s.len && is_plain((unsigned char)s.ptr[plain]))
            plain++;
        buf_put(&t->out, str_head(s, plain));
        s = str_skip(s, plain);
        if (s.len)
            s = str_skip(s, put_character(t, s));
    }
}

void text_mark_heading(struct text *t, int level, size_t at, size_t from, size_t to)
{
    level = level < 1 ? 1 : level > TEXT_LEVEL_MAX ? TEXT_LEVEL_MAX : level;
    add_mark(t, (struct mark){MARK_HEADING, level, (uint32_t)at, (uint32_t)from, (uint32_t)to});
}

/* ---- flow */

static void want_gap(struct text *t, enum text_gap gap)
{
    if (gap > t->gap)
        t->gap = gap;
}

/* Something visible follows: the gap before it is written, and the marks that waited for its place. */
static void begin_word(struct text *t)
{
    static const char *const gaps[] = {[GAP_NONE] = "", [GAP_SPACE] = " ", [GAP_LINE] = "\n", [GAP_BLOCK] = "\n\n"};
    if (t->out.len)
        buf_puts(&t->out, gaps[t->gap]);
    t->gap = GAP_NONE;
    if (t->page_waits) {
        t->page_waits = false;
        add_mark(t, (struct mark){.kind = MARK_PAGE, .at = (uint32_t)t->out.len});
    }
    if (t->heading && !t->heading_begun) {
        t->heading_begun = true;
        text_mark_heading(t, t->heading, t->out.len, t->out.len, t->out.len);
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void text_flow(struct text *t, struct str s)
{
    while (s.len && !text_failed(t)) {
        size_t n = 0;
        while (n < s.len && is_space(s.ptr[n]))
            n++;
        if (n)
            want_gap(t, GAP_SPACE);
        s = str_skip(s, n);
        for (n = 0; n < s.len && !is_space(s.ptr[n]);)
            n++;
        if (!n)
            return;
        begin_word(t);
        text_raw(t, str_head(s, n));
        s = str_skip(s, n);
    }
}

void text_exact(struct text *t, struct str s)
{
    struct str line;
    for (bool first = true; str_split(&s, '\n', &line) && !text_failed(t); first = false) {
        if (!first)
            buf_putc(&t->out, '\n');
        if (!line.len)
            continue;
        begin_word(t);
        text_raw(t, line);
    }
}

void text_space(struct text *t)
{
    want_gap(t, GAP_SPACE);
}
void text_unspace(struct text *t)
{
    if (t->gap == GAP_SPACE)
        t->gap = GAP_NONE;
}
void text_line(struct text *t)
{
    want_gap(t, GAP_LINE);
}
void text_block(struct text *t)
{
    want_gap(t, GAP_BLOCK);
}

void text_heading_begin(struct text *t, int level)
{
    text_heading_end(t);
    t->heading = level;
}

void text_heading_end(struct text *t)
{
    text_block(t);
    if (t->heading_begun && t->n_marks)
        for (struct mark *m = &t->marks[t->n_marks - 1]; m >= t->marks; m--)
            if (m->kind == MARK_HEADING) {
                m->to = (uint32_t)t->out.len;
                break;
            }
    t->heading = 0;
    t->heading_begun = false;
}

void text_page(struct text *t)
{
    text_block(t);
    t->n_pages++;
    if (t->page_waits) /* the page before had nothing on it: it begins where this one does */
        add_mark(t, (struct mark){.kind = MARK_PAGE, .at = (uint32_t)t->out.len});
    t->page_waits = true;
}

/* ---- one line */

void text_one_line(struct buf *out, struct str s, size_t bytes_max)
{
    size_t start = out->len;
    bool space = false;
    while (s.len) {
        uint32_t cp;
        int n = utf8_decode(s.ptr, s.len, &cp);
        size_t len = n > 0 ? (size_t)n : 1;
        if (n <= 0 || cp < 0x20 || (cp >= 0x7f && cp <= 0xa0) || cp == ' ' || cp == 0x3000) {
            space = out->len > start;
        } else {
            if (out->len - start + len + space > bytes_max)
                return;
            if (space)
                buf_putc(out, ' ');
            buf_put(out, str_head(s, len));
            space = false;
        }
        s = str_skip(s, len);
    }
}

void text_title(struct text *t, struct str utf8)
{
    if (!t->title.len)
        text_one_line(&t->title, utf8, DOC_TITLE_BYTES_MAX);
}
