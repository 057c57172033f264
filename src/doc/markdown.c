/* Markdown stays as it is written, since people read its source; only its headings are found (CommonMark 0.30, sections 4.2, 4.3, 4.5). */
#include "doc/parse.h"

struct fence {
    char mark; /* '`' or '~'; 0: outside of a code block */
    size_t len;
};

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] == ' ')
        n++;
    return n;
}

static size_t run_of(struct str s, char c)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] == c)
        n++;
    return n;
}

/* Whether the line belongs to a block of code or is its edge. */
static bool in_fence(struct fence *f, struct str line)
{
    size_t indent = indent_of(line);
    line = str_skip(line, indent);
    char mark = line.len ? line.ptr[0] : 0;
    size_t run = mark == '`' || mark == '~' ? run_of(line, mark) : 0;
    if (f->mark) {
        if (indent < 4 && mark == f->mark && run >= f->len && !str_trim(str_skip(line, run)).len)
            f->mark = 0;
        return true;
    }
    if (indent >= 4 || run < 3 || (mark == '`' && str_chr(str_skip(line, run), '`') >= 0))
        return false;
    *f = (struct fence){mark, run};
    return true;
}

/* "## Words ##" */
static bool is_atx(struct str line, int *ret_level, struct str *ret_words)
{
    size_t indent = indent_of(line);
    struct str s = str_skip(line, indent);
    size_t level = run_of(s, '#');
    if (indent > 3 || !level || level > 6 || (level < s.len && s.ptr[level] != ' ' && s.ptr[level] != '\t'))
        return false;
    s = str_trim(str_skip(s, level));
    size_t end = s.len;
    while (end && s.ptr[end - 1] == '#')
        end--;
    if (end < s.len && (!end || s.ptr[end - 1] == ' '))
        s = str_trim(str_head(s, end));
    *ret_level = (int)level;
    *ret_words = s;
    return true;
}

/* A line of = or - under a line of words. */
static int setext_level(struct str line)
{
    line = str_trim(line);
    if (!line.len || (line.ptr[0] != '=' && line.ptr[0] != '-') || run_of(line, line.ptr[0]) != line.len)
        return 0;
    return line.ptr[0] == '=' ? 1 : 2;
}

/* Of a paragraph of one line: what a list, a quotation or a table has above a line of dashes is no heading. */
static bool may_be_setext(struct str words)
{
    return words.len && !strchr("#>-*+|`~", words.ptr[0]);
}

struct scan {
    struct text *t;
    struct fence fence;
    struct str before; /* the line before this one, if it may be a heading */
    bool lone;         /* and a blank line stands before that */
};

static void heading(struct scan *c, int level, struct str line, struct str words)
{
    const char *all = c->t->out.ptr;
    size_t from = words.len ? (size_t)(words.ptr - all) : (size_t)(line.ptr - all);
    text_mark_heading(c->t, level, (size_t)(line.ptr - all), from, from + words.len);
    if (level == 1)
        text_title(c->t, words);
}

static void look_at(struct scan *c, struct str line)
{
    int level;
    struct str words, before = c->before;
    c->before = (struct str){0};
    if (in_fence(&c->fence, line))
        return;
    if (is_atx(line, &level, &words)) {
        heading(c, level, line, words);
        return;
    }
    level = setext_level(line);
    if (level && before.len && c->lone) {
        heading(c, level, before, str_trim(before));
        return;
    }
    struct str trimmed = str_trim(line);
    c->lone = !before.len;
    c->before = may_be_setext(trimmed) && indent_of(line) < 4 ? line : (struct str){0};
    if (!trimmed.len)
        c->lone = true;
}

int parse_markdown(const struct source *s, struct text *t, struct err *e)
{
    int r = parse_plain(s, t, e);
    struct scan c = {.t = t, .lone = true};
    struct str rest = buf_str(&t->out), line;
    bool front = str_starts(rest, STR("---\n")); /* settings of a site's generator, up to the next such line */
    for (bool first = true; !r && str_split(&rest, '\n', &line) && !text_failed(t); first = false) {
        if (front) {
            front = first || !str_eq(str_trim(line), STR("---"));
            continue;
        }
        look_at(&c, line);
    }
    return r;
}
