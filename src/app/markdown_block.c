#include "app/markdown_block.h"

enum { QUOTES_MAX = 8, ORDINAL_DIGITS_MAX = 9 };

static size_t run_of(struct str s, char c)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] == c)
        n++;
    return n;
}

static size_t blanks_of(struct str s)
{
    size_t n = 0;
    while (n < s.len && (s.ptr[n] == ' ' || s.ptr[n] == '\t'))
        n++;
    return n;
}

/* The rest of a line behind its indent and quotes: from here on each rule looks at its own mark. */
struct rest {
    struct str s;
    size_t at; /* of s in the line */
    bool whole;
};

static void as(struct block *b, enum block_kind kind, const struct rest *r, size_t skip)
{
    b->kind = kind;
    b->text = r->at + skip;
}

static void heading(struct block *b, const struct rest *r)
{
    size_t n = run_of(r->s, '#'), text = n + blanks_of(str_skip(r->s, n));
    if (n > 6)
        return;
    if (text == r->s.len && !r->whole) {
        b->kind = BLOCK_WAIT;
    } else if (n < r->s.len && r->s.ptr[n] == ' ') {
        as(b, BLOCK_HEADING, r, text);
        b->level = (int)n;
    }
}

/* "---", "* * *": nothing but one mark and spaces. */
static bool only(struct str s, char mark, size_t *ret_marks)
{
    *ret_marks = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == mark)
            ++*ret_marks;
        else if (s.ptr[i] != ' ' && s.ptr[i] != '\r')
            return false;
    }
    return true;
}

static void item(struct block *b, const struct rest *r, size_t marker_bytes)
{
    if (r->s.len <= marker_bytes) {
        b->kind = r->whole ? BLOCK_TEXT : BLOCK_WAIT;
    } else if (r->s.ptr[marker_bytes] == ' ') {
        as(b, BLOCK_ITEM, r, marker_bytes + 1);
        b->marker = str_head(r->s, marker_bytes);
    }
}

static void bullet(struct block *b, const struct rest *r)
{
    size_t marks;
    if (only(r->s, r->s.ptr[0], &marks)) {
        if (!r->whole)
            b->kind = BLOCK_WAIT;
        else if (marks >= 3)
            as(b, BLOCK_RULE, r, r->s.len);
        return;
    }
    if (r->s.ptr[0] != '_')
        item(b, r, 1);
}

static void ordinal(struct block *b, const struct rest *r)
{
    size_t n = 0;
    while (n < r->s.len && r->s.ptr[n] >= '0' && r->s.ptr[n] <= '9')
        n++;
    if (n > ORDINAL_DIGITS_MAX)
        return;
    if (n == r->s.len)
        b->kind = r->whole ? BLOCK_TEXT : BLOCK_WAIT;
    else if (r->s.ptr[n] == '.' || r->s.ptr[n] == ')')
        item(b, r, n + 1);
}

static void fence(struct block *b, const struct rest *r)
{
    char mark = r->s.ptr[0];
    size_t n = run_of(r->s, mark);
    if (n < 3 && (n < r->s.len || r->whole))
        return;
    b->info = str_trim(str_skip(r->s, n));
    if (mark == '`' && str_chr(b->info, '`') >= 0)
        return;
    as(b, r->whole ? BLOCK_FENCE : BLOCK_WAIT, r, r->s.len);
    b->fence = mark;
    b->n_fence = (int)n;
}

static void table(struct block *b, const struct rest *r)
{
    as(b, r->whole ? BLOCK_TABLE : BLOCK_WAIT, r, 0);
}

/* The rule for a line's first mark. What a rule does not recognise stays text. */
static void by_mark(struct block *b, const struct rest *r)
{
    switch (r->s.ptr[0]) {
    case '#': heading(b, r); break;
    case '-':
    case '*':
    case '+':
    case '_': bullet(b, r); break;
    case '`':
    case '~': fence(b, r); break;
    case '|': table(b, r); break;
    default:
        if (r->s.ptr[0] >= '0' && r->s.ptr[0] <= '9')
            ordinal(b, r);
    }
}

struct block block_classify(struct str line, bool whole)
{
    struct block b = {.kind = BLOCK_TEXT};
    struct rest r = {.s = line, .whole = whole};
    for (;;) {
        size_t blanks = blanks_of(r.s);
        b.indent = (int)blanks;
        r.at += blanks;
        r.s = str_skip(r.s, blanks);
        b.text = r.at;
        if (!r.s.len || (r.s.len == 1 && r.s.ptr[0] == '\r' && whole)) {
            b.kind = !whole ? BLOCK_WAIT : b.quotes ? BLOCK_TEXT : BLOCK_BLANK;
            return b;
        }
        if (r.s.ptr[0] != '>' || b.quotes == QUOTES_MAX)
            break;
        if (r.s.len == 1 && !whole) {
            b.kind = BLOCK_WAIT;
            return b;
        }
        size_t skip = r.s.len > 1 && r.s.ptr[1] == ' ' ? 2 : 1;
        b.quotes++;
        r.at += skip;
        r.s = str_skip(r.s, skip);
    }
    by_mark(&b, &r);
    if (b.quotes && (b.kind == BLOCK_FENCE || b.kind == BLOCK_TABLE))
        b = (struct block){.kind = BLOCK_TEXT, .quotes = b.quotes, .indent = b.indent, .text = r.at};
    return b;
}

bool block_closes(struct str line, bool whole, char mark, int n_fence, bool *ret_wait)
{
    struct str s = str_skip(line, blanks_of(line));
    size_t n = run_of(s, mark);
    bool rest_blank = !str_trim(str_skip(s, n)).len;
    *ret_wait = !whole && rest_blank && (n == s.len || n >= (size_t)n_fence);
    return whole && n >= (size_t)n_fence && rest_blank;
}
