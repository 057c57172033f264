/* Pages of the manual, line by line. A page becomes headings (its name and section, then SH and SS), paragraphs and lists;
 * fonts and measures are dropped. Nothing is executed: macros that a page defines are passed over, of conditions the ones for
 * terminals are taken. */
#include <stdio.h>

#include "doc/parse.h"
#include "doc/roff.h"

enum { CONDITION_DEPTH_MAX = 16 };

struct page {
    struct roff r;
    struct roff_words w;
    struct str rest; /* lines to come */
    bool else_taken; /* what .el does: the .ie before it was false */
    bool wants_tag;  /* .TP without text so far */
    bool glue_next;  /* the line before ended with \c */
    int depth;       /* conditions within a line */
};

static bool take_line(struct page *p, struct str *ret)
{
    if (!str_split(&p->rest, '\n', ret))
        return false;
    if (ret->len && ret->ptr[ret->len - 1] == '\r')
        ret->len--;
    return true;
}

/* Lines up to one that begins with `end`. */
static void skip_until(struct page *p, struct str end)
{
    struct str line;
    while (take_line(p, &line))
        if (str_starts(line, end))
            return;
}

/* ---- requests of man(7) */

typedef void request_fn(struct page *p, int arg);

static void do_title(struct page *p, int arg)
{
    (void)arg;
    struct buf title = buf_make(1024);
    if (p->w.n > 1)
        buf_printf(&title, STR_FMT "(" STR_FMT ")", STR_ARG(p->w.at[0]), STR_ARG(p->w.at[1]));
    else if (p->w.n)
        buf_put(&title, p->w.at[0]);
    struct buf plain = buf_make(1024);
    roff_plain(buf_str(&title), &plain);
    text_title(p->r.t, buf_str(&plain));
    text_heading_begin(p->r.t, 1);
    text_flow(p->r.t, buf_str(&plain));
    text_heading_end(p->r.t);
    buf_free(&title);
    buf_free(&plain);
}

/* Words may stand on the next line instead. */
static void do_heading(struct page *p, int level)
{
    struct str line;
    if (!p->w.n && take_line(p, &line))
        roff_split(line, &p->w);
    roff_heading(&p->r, level, &p->w, 0);
}

static void do_block(struct page *p, int arg)
{
    (void)arg;
    text_block(p->r.t);
}
static void do_line(struct page *p, int arg)
{
    (void)arg;
    text_line(p->r.t);
}
static void do_tagged(struct page *p, int arg)
{
    (void)arg;
    text_block(p->r.t);
    p->wants_tag = true;
}
static void do_item(struct page *p, int arg)
{
    (void)arg;
    text_block(p->r.t);
    if (p->w.n) {
        roff_put(&p->r, p->w.at[0]);
        text_space(p->r.t);
    }
}

static void end_tag(struct page *p)
{
    if (p->wants_tag)
        text_line(p->r.t);
    p->wants_tag = false;
}

static void end_line(struct page *p)
{
    if (p->r.exact)
        text_line(p->r.t);
    else if (!p->glue_next)
        text_space(p->r.t);
    p->glue_next = false;
    end_tag(p);
}

/* `spaces`: one font for all words (.B); else they alternate and touch (.BR). Without words the next line is meant. */
static void do_fonts(struct page *p, int spaces)
{
    if (!p->w.n)
        return;
    roff_put_words(&p->r, &p->w, 0, spaces);
    end_line(p);
}

static void do_exact(struct page *p, int on)
{
    text_line(p->r.t);
    p->r.exact = on;
}
static void do_skip(struct page *p, int arg)
{
    (void)arg;
    char end[64] = "..";
    if (p->w.n > 1)
        snprintf(end, sizeof end, "." STR_FMT, STR_ARG(str_head(p->w.at[1], 32)));
    skip_until(p, str_of(end));
}
static void do_ignore(struct page *p, int arg)
{
    (void)arg;
    skip_until(p, STR(".."));
}
static void do_equation(struct page *p, int arg)
{
    (void)arg;
    skip_until(p, STR(".EN"));
    p->r.t->notes |= DOC_NOTE_PARTS;
}
static void do_table(struct page *p, int on)
{
    text_block(p->r.t);
    p->r.in_table = on;
    p->r.rows = false;
}
static void do_other_page(struct page *p, int arg)
{
    (void)arg;
    text_flow(p->r.t, STR("See "));
    roff_put_words(&p->r, &p->w, 0, true);
}
static void do_address(struct page *p, int arg)
{
    (void)arg;
    if (p->w.n)
        roff_put(&p->r, p->w.at[0]);
    end_line(p);
}
static void do_mdoc(struct page *p, int arg)
{
    (void)arg;
    p->r.mdoc = true;
}

static const struct {
    struct str name;
    request_fn *fn;
    int arg;
} requests[] = {
    {{"TH", 2}, do_title, 0},      {{"SH", 2}, do_heading, 2},  {{"SS", 2}, do_heading, 3}, {{"PP", 2}, do_block, 0},
    {{"P", 1}, do_block, 0},       {{"LP", 2}, do_block, 0},    {{"HP", 2}, do_block, 0},   {{"sp", 2}, do_block, 0},
    {{"br", 2}, do_line, 0},       {{"TP", 2}, do_tagged, 0},   {{"TQ", 2}, do_tagged, 0},  {{"IP", 2}, do_item, 0},
    {{"B", 1}, do_fonts, 1},       {{"I", 1}, do_fonts, 1},     {{"SM", 2}, do_fonts, 1},   {{"SB", 2}, do_fonts, 1},
    {{"R", 1}, do_fonts, 1},       {{"CW", 2}, do_fonts, 1},    {{"BR", 2}, do_fonts, 0},   {{"RB", 2}, do_fonts, 0},
    {{"BI", 2}, do_fonts, 0},      {{"IB", 2}, do_fonts, 0},    {{"IR", 2}, do_fonts, 0},   {{"RI", 2}, do_fonts, 0},
    {{"MR", 2}, do_fonts, 0},      {{"OP", 2}, do_fonts, 1},    {{"SY", 2}, do_fonts, 1},   {{"nf", 2}, do_exact, 1},
    {{"fi", 2}, do_exact, 0},      {{"EX", 2}, do_exact, 1},    {{"EE", 2}, do_exact, 0},   {{"Vb", 2}, do_exact, 1},
    {{"Ve", 2}, do_exact, 0},      {{"de", 2}, do_skip, 0},     {{"de1", 3}, do_skip, 0},   {{"am", 2}, do_skip, 0},
    {{"ig", 2}, do_ignore, 0},     {{"EQ", 2}, do_equation, 0}, {{"TS", 2}, do_table, 1},   {{"TE", 2}, do_table, 0},
    {{"so", 2}, do_other_page, 0}, {{"UR", 2}, do_address, 0},  {{"MT", 2}, do_address, 0}, {{"URL", 3}, do_address, 0},
    {{"Dd", 2}, do_mdoc, 0},
};

/* ---- conditions: ".if n …", ".ie t \{\", ".el …" */

static void do_request(struct page *p, struct str line);
static void put_line(struct page *p, struct str line);

static size_t count(struct str s, const char *what)
{
    size_t n = 0;
    for (ptrdiff_t at = 0; (at = str_find(s, str_of(what), (size_t)at)) >= 0; at += 2)
        n++;
    return n;
}

/* The rest of a group whose condition is false. */
static void skip_group(struct page *p, struct str first)
{
    size_t opened = count(first, "\\{"), closed = count(first, "\\}");
    struct str line;
    while (opened > closed && take_line(p, &line)) {
        opened += count(line, "\\{");
        closed += count(line, "\\}");
    }
}

/* What a terminal answers. Expressions about numbers and strings are mostly about printers, and false. */
static bool holds(struct str condition)
{
    bool negated = str_starts(condition, STR("!"));
    condition = str_skip(condition, negated);
    return str_starts(condition, STR("n")) != negated;
}

static void run_group(struct page *p, struct str body, bool taken)
{
    if (!taken) {
        skip_group(p, body);
        return;
    }
    body = str_trim(body);
    if (str_starts(body, STR("\\{")))
        body = str_skip(body, 2);
    if (str_starts(body, STR("\\")) && body.len == 1)
        return;
    if (body.len && p->depth < CONDITION_DEPTH_MAX) {
        p->depth++;
        put_line(p, body);
        p->depth--;
    }
}

static bool do_condition(struct page *p, struct str name, struct str rest)
{
    rest = str_trim(rest);
    if (str_eq(name, STR("el"))) {
        run_group(p, rest, p->else_taken);
        return true;
    }
    if (!str_eq(name, STR("if")) && !str_eq(name, STR("ie")))
        return false;
    ptrdiff_t space = str_chr(rest, ' ');
    bool taken = holds(rest);
    if (str_eq(name, STR("ie")))
        p->else_taken = !taken;
    run_group(p, space < 0 ? (struct str){0} : str_skip(rest, (size_t)space + 1), taken);
    return true;
}

/* ---- lines */

static size_t name_length(struct str s)
{
    size_t n = 0;
    while (n < s.len && !strchr(" \t\\\"", s.ptr[n]))
        n++;
    return n;
}

static void do_request(struct page *p, struct str line)
{
    line = str_trim(str_skip(line, 1));
    struct str name = str_head(line, name_length(line)), rest = str_skip(line, name.len);
    if (!name.len || do_condition(p, name, rest))
        return;
    roff_split(rest, &p->w);
    if (p->r.mdoc && mdoc_request(&p->r, name, &p->w))
        return;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (str_eq(requests[i].name, name)) {
            requests[i].fn(p, requests[i].arg);
            return;
        }
}

/* tbl(1): options end with ";", formats with ".", then come rows of cells between tabs. */
static void put_row(struct page *p, struct str line)
{
    struct str cell;
    if (!p->r.rows) {
        p->r.rows = str_ends(str_trim(line), STR("."));
        return;
    }
    struct str bare = str_trim(line);
    if (str_eq(bare, STR("_")) || str_eq(bare, STR("=")))
        return;
    while (str_split(&line, '\t', &cell)) {
        cell = str_trim(cell);
        if (str_starts(cell, STR("T}")))
            cell = str_skip(cell, 2);
        if (str_starts(cell, STR("T{")))
            cell = str_skip(cell, 2);
        roff_put(&p->r, cell);
        if (line.ptr)
            text_flow(p->r.t, STR(" | "));
    }
    text_line(p->r.t);
}

static void put_line(struct page *p, struct str line)
{
    bool request = line.len && (line.ptr[0] == '.' || line.ptr[0] == '\'');
    if (request && line.len > 1) {
        do_request(p, line);
    } else if (p->r.in_table) {
        put_row(p, line);
    } else if (!line.len) {
        text_block(p->r.t);
    } else if (!request) {
        if (line.ptr[0] == ' ' && !p->r.exact) /* an indented line begins a new one */
            text_line(p->r.t);
        p->glue_next = str_ends(line, STR("\\c"));
        roff_put(&p->r, line);
        p->r.glued = false;
        end_line(p);
    }
}

int parse_man(const struct source *s, struct text *t, struct err *e)
{
    struct buf utf8;
    struct page p = {.r = {.t = t, .words = buf_make(1 << 20), .list = buf_make(64)}, .w = {.space = buf_make(1 << 16)}};
    struct str line;
    int r = source_decode(s, NULL, &utf8, t, e);
    p.rest = buf_str(&utf8);
    while (!r && take_line(&p, &line) && !text_failed(t))
        put_line(&p, line);
    text_heading_end(t);
    buf_free(&utf8);
    buf_free(&p.r.words);
    buf_free(&p.r.list);
    buf_free(&p.w.space);
    return r;
}
