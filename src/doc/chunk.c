/* A section (what stands under one heading) is cut into pieces of about DOC_CHUNK_BYTES: at the end of a paragraph if there is
 * one within the bounds, else of a sentence, else of a line, else between words, else between characters. Among ends of one
 * kind the nearest to the aim is taken, and the aim of the last two pieces is their middle, so that no crumb is left.
 *
 * A heading begins a chunk, with two exceptions: a chunk that would be nothing but headings (a title and a subtitle) takes in
 * the next section and is found under the deeper path; and one of a few words (NAME in a manual page) takes in its next
 * sibling or child, since a crumb says nothing when it is found alone. */
#include "doc/chunk.h"

#include "base/utf8.h"

enum { CRUMB_BYTES = 250, PATH_PART_BYTES_MAX = 120 };

/* ---- where a piece may end */

enum end { END_CHARACTER, END_WORD, END_LINE, END_SENTENCE, END_PARAGRAPH, END_COUNT };

struct seen {
    size_t at[END_COUNT]; /* the nearest to the aim; 0: none */
};

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static void note(struct seen *s, enum end end, size_t at, size_t aim)
{
    if (!s->at[end] || distance(at, aim) < distance(s->at[end], aim))
        s->at[end] = at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* 。！？；…; their ASCII relatives want white space behind them, see is_stop. */
static bool is_cjk_stop(uint32_t cp)
{
    return cp == 0x3002 || cp == 0xff01 || cp == 0xff1f || cp == 0xff1b || cp == 0x2026 || cp == 0xff61;
}

static bool is_stop(uint32_t cp)
{
    return cp == '.' || cp == '!' || cp == '?';
}

/* Quotes and brackets that belong to the sentence before them. */
static bool is_closing(uint32_t cp)
{
    static const uint32_t closing[] = {'"', '\'', ')', ']', 0x2019, 0x201d, 0xbb, 0x300d, 0x300f, 0x3011, 0xff09, 0x300b};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (cp == closing[i])
            return true;
    return false;
}

/* A sentence does not go on with a small letter: "e.g. this". */
static bool may_begin(struct str s, size_t at)
{
    return at >= s.len || !(s.ptr[at] >= 'a' && s.ptr[at] <= 'z');
}

enum { AFTER_NOTHING, AFTER_STOP, AFTER_CJK_STOP };

/* Looks at every character of s[0..to), and notes the ends from `from` on. An end lies behind the white space that follows it. */
static void look(struct str s, size_t from, size_t to, size_t aim, struct seen *ret)
{
    int after = AFTER_NOTHING;
    for (size_t i = from > 16 ? from - 16 : 0; i < to;) {
        uint32_t cp = 0;
        int n = utf8_decode(s.ptr + i, s.len - i, &cp);
        if (n <= 0) { /* `from - 16` lay within a character */
            i++;
            continue;
        }
        if (i >= from)
            note(ret, END_CHARACTER, i, aim);
        if (after == AFTER_CJK_STOP && !is_closing(cp) && !is_cjk_stop(cp) && !is_blank((char)cp) && i >= from)
            note(ret, END_SENTENCE, i, aim);
        if (n == 1 && is_blank(s.ptr[i])) {
            size_t lines = 0, end = i;
            for (; end < to && is_blank(s.ptr[end]); end++)
                lines += s.ptr[end] == '\n';
            bool whole = end < to || to == s.len; /* all of the white space was seen */
            if (end >= from && whole) {
                note(ret, lines > 1 ? END_PARAGRAPH : lines ? END_LINE : END_WORD, end, aim);
                if (after && may_begin(s, end))
                    note(ret, END_SENTENCE, end, aim);
            } else if (end >= from) { /* more of it than a chunk holds */
                note(ret, END_WORD, to - 1, aim);
            }
            after = AFTER_NOTHING;
            i = end;
            continue;
        }
        after = is_cjk_stop(cp) ? AFTER_CJK_STOP : is_stop(cp) ? AFTER_STOP : after && is_closing(cp) ? after : AFTER_NOTHING;
        i += (size_t)n;
    }
}

size_t chunk_cut(struct str s, bool by_lines)
{
    static const enum end prose[] = {END_PARAGRAPH, END_SENTENCE, END_LINE, END_WORD, END_CHARACTER},
                          lines[] = {END_PARAGRAPH, END_LINE, END_WORD, END_SENTENCE, END_CHARACTER};
    struct seen seen = {0};
    size_t aim = s.len < 2 * DOC_CHUNK_BYTES ? s.len / 2 : DOC_CHUNK_BYTES;
    size_t from = aim < DOC_CHUNK_BYTES_MIN ? aim : DOC_CHUNK_BYTES_MIN;
    look(s, from, DOC_CHUNK_BYTES_MAX + 1, aim, &seen);
    for (size_t i = 0; i < END_COUNT; i++) {
        size_t at = seen.at[(by_lines ? lines : prose)[i]];
        if (at && at <= DOC_CHUNK_BYTES_MAX)
            return at;
    }
    return DOC_CHUNK_BYTES_MAX - 3; /* not reached: a character begins within any four bytes of valid UTF-8 */
}

/* ---- where a piece stands */

struct chunker {
    const struct text *t;
    doc_chunk_fn *fn;
    void *ctx;
    size_t next_mark;                        /* the first that does not stand at or before `at` */
    const struct mark *path[TEXT_LEVEL_MAX]; /* the heading of each level; NULL: none */
    size_t at, counted;                      /* lines are counted up to here */
    uint32_t line, page;
};

static void enter(struct chunker *c, const struct mark *m)
{
    if (m->kind == MARK_PAGE) {
        c->page++;
        return;
    }
    for (int i = m->level - 1; i < TEXT_LEVEL_MAX; i++)
        c->path[i] = NULL;
    c->path[m->level - 1] = m;
}

static void enter_until(struct chunker *c, size_t at)
{
    while (c->next_mark < c->t->n_marks && c->t->marks[c->next_mark].at <= at)
        enter(c, &c->t->marks[c->next_mark++]);
}

static struct str words_of(const struct text *t, const struct mark *m)
{
    return str_from(t->out.ptr + m->from, m->to - m->from);
}

static void put_path(const struct chunker *c, struct buf *out)
{
    for (int i = 0; i < TEXT_LEVEL_MAX; i++) {
        if (!c->path[i] || c->path[i]->to <= c->path[i]->from)
            continue;
        struct buf part = buf_make(PATH_PART_BYTES_MAX);
        text_one_line(&part, words_of(c->t, c->path[i]), PATH_PART_BYTES_MAX);
        if (part.len && out->len + part.len + 5 <= DOC_HEADING_BYTES_MAX)
            buf_printf(out, "%s" STR_FMT, out->len ? " › " : "", STR_ARG(buf_str(&part)));
        buf_free(&part);
    }
}

static int emit(struct chunker *c, size_t len)
{
    struct buf heading = buf_make(DOC_HEADING_BYTES_MAX + 1);
    put_path(c, &heading);
    const char *all = c->t->out.ptr;
    for (; c->counted < c->at; c->counted++)
        c->line += all[c->counted] == '\n';
    struct doc_chunk chunk = {
        .text = str_from(all + c->at, len), .heading = buf_str(&heading), .offset = c->at, .line = c->line, .page = c->page};
    int r = heading.failed == ERR_NOMEM ? ERR_NOMEM : c->fn(c->ctx, &chunk);
    c->at += len;
    buf_free(&heading);
    return r;
}

/* ---- sections */

static const struct mark *next_heading(const struct chunker *c, size_t *from)
{
    for (; *from < c->t->n_marks; ++*from)
        if (c->t->marks[*from].kind == MARK_HEADING)
            return &c->t->marks[(*from)++];
    return NULL;
}

static bool only_blank(struct str s)
{
    return !str_trim(s).len;
}

/* The end of the section that begins at c->at under `head` (NULL: under none). */
static size_t section_end(struct chunker *c, const struct mark *head)
{
    size_t look_at = c->next_mark, total = c->t->out.len;
    for (const struct mark *m; (m = next_heading(c, &look_at));) {
        size_t body = head ? head->to : c->at;
        bool headings_only = m->at >= body && only_blank(str_from(c->t->out.ptr + body, m->at - body));
        bool deeper = !head || m->level > head->level, crumb = m->at - c->at < CRUMB_BYTES && (!head || m->level >= head->level);
        if (headings_only && deeper && m->at - c->at < CRUMB_BYTES) {
            enter_until(c, m->at);
            head = m;
        } else if (!crumb) {
            return m->at;
        }
    }
    return total;
}

static const struct mark *heading_at(const struct chunker *c)
{
    for (int i = TEXT_LEVEL_MAX - 1; i >= 0; i--)
        if (c->path[i])
            return c->path[i]->at == c->at ? c->path[i] : NULL;
    return NULL;
}

int chunk_text(const struct text *t, doc_chunk_fn *fn, void *ctx)
{
    struct chunker c = {.t = t, .fn = fn, .ctx = ctx, .line = 1};
    int r = OK;
    while (!r && c.at < t->out.len) {
        enter_until(&c, c.at);
        size_t end = section_end(&c, heading_at(&c));
        while (!r && end - c.at > DOC_CHUNK_BYTES_MAX) {
            r = emit(&c, chunk_cut(str_from(t->out.ptr + c.at, end - c.at), t->by_lines));
            enter_until(&c, c.at);
        }
        if (!r && end > c.at)
            r = emit(&c, end - c.at);
    }
    return r;
}
