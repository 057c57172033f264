#include "app/markdown_table.h"

#include <stdlib.h>

#include "app/markdown_inline.h"

enum { ROWS_MAX = 1024, COLUMN_MIN = 6, GAP_COLUMNS = 3 };

enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER };

struct cell {
    size_t from, n; /* in table.glyphs */
    int columns;
};

struct table {
    struct cell *cells; /* [n_rows][n_columns] */
    size_t n_rows, n_columns;
    enum align align[TABLE_COLUMNS_MAX];
    int width[TABLE_COLUMNS_MAX];
    struct glyph *glyphs;
    size_t n_glyphs, cap;
    bool failed;
    struct paint *paint;
};

/* The next cell of a row; false: there is none. "\|" does not end one. */
static bool take_cell(struct str *row, struct str *ret)
{
    size_t i = 0;
    if (!row->len)
        return false;
    for (; i < row->len && row->ptr[i] != '|'; i++)
        if (row->ptr[i] == '\\')
            i++;
    i = i < row->len ? i : row->len;
    *ret = str_trim(str_head(*row, i));
    *row = str_skip(*row, i + 1);
    return true;
}

/* A row without the bars at its ends. */
static struct str row_inside(struct str line)
{
    line = str_trim(line);
    line = str_skip(line, str_starts(line, STR("|")) ? 1 : 0);
    return str_head(line, line.len - (str_ends(line, STR("|")) && !str_ends(line, STR("\\|")) ? 1 : 0));
}

static size_t count_cells(struct str line)
{
    struct str row = row_inside(line), cell;
    size_t n = 0;
    while (n < TABLE_COLUMNS_MAX && take_cell(&row, &cell))
        n++;
    return n;
}

/* ":---:" */
static bool is_delimiter(struct str cell, enum align *ret)
{
    bool left = str_starts(cell, STR(":")), right = str_ends(cell, STR(":"));
    size_t dashes = 0;
    for (size_t i = 0; i < cell.len; i++) {
        dashes += cell.ptr[i] == '-';
        if (cell.ptr[i] != '-' && cell.ptr[i] != ':')
            return false;
    }
    *ret = right ? left ? ALIGN_CENTER : ALIGN_RIGHT : ALIGN_LEFT;
    return dashes > 0;
}

static bool read_delimiters(struct str line, enum align *align)
{
    struct str row = row_inside(line), cell;
    size_t n = 0;
    while (n < TABLE_COLUMNS_MAX && take_cell(&row, &cell))
        if (!is_delimiter(cell, &align[n++]))
            return false;
    return n > 0;
}

static struct str second_line(struct str lines)
{
    struct str line = {0};
    str_split(&lines, '\n', &line);
    line = (struct str){0};
    str_split(&lines, '\n', &line);
    return line;
}

bool table_is_one(struct str lines)
{
    enum align align[TABLE_COLUMNS_MAX];
    return read_delimiters(second_line(lines), align);
}

static void add_glyph(void *ctx, struct glyph g)
{
    struct table *t = ctx;
    if (!g.cp || t->failed)
        return;
    if (t->n_glyphs == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 1024;
        struct glyph *more = realloc(t->glyphs, cap * sizeof *more);
        if (!more) {
            t->failed = true;
            return;
        }
        t->glyphs = more;
        t->cap = cap;
    }
    if (g.cp == '\t')
        g = (struct glyph){.cp = ' ', .columns = 1, .style = g.style};
    t->glyphs[t->n_glyphs++] = g;
}

static void read_row(struct table *t, struct str line, size_t r, struct inline_text *text)
{
    struct str row = row_inside(line), cell;
    for (size_t c = 0; c < t->n_columns && take_cell(&row, &cell); c++) {
        struct cell *at = &t->cells[r * t->n_columns + c];
        at->from = t->n_glyphs;
        inline_begin(text, r ? 0 : STYLE_BOLD);
        inline_feed(text, cell);
        inline_end(text);
        at->n = t->n_glyphs - at->from;
        at->columns = glyphs_columns(t->glyphs + at->from, at->n);
        if (at->columns > t->width[c])
            t->width[c] = at->columns;
    }
}

static bool read_table(struct table *t, struct str lines, struct paint *paint)
{
    struct str line;
    struct inline_text text = {.put = add_glyph, .ctx = t, .marks = !paint->color};
    t->paint = paint;
    read_delimiters(second_line(lines), t->align);
    t->n_columns = count_cells(str_head(lines, (size_t)str_chr(lines, '\n')));
    t->cells = t->n_columns ? calloc(ROWS_MAX * t->n_columns, sizeof *t->cells) : NULL;
    for (size_t n = 0; t->cells && t->n_rows < ROWS_MAX && str_split(&lines, '\n', &line); n++)
        if (n != 1)
            read_row(t, line, t->n_rows++, &text);
    inline_free(&text);
    return t->cells && !t->failed;
}

/* Takes from the widest column until the table fits; false when columns would become too narrow to read. */
static bool fit(struct table *t, int width)
{
    int total = GAP_COLUMNS * ((int)t->n_columns - 1);
    for (size_t c = 0; c < t->n_columns; c++)
        total += t->width[c];
    while (total > width) {
        size_t widest = 0;
        for (size_t c = 1; c < t->n_columns; c++)
            if (t->width[c] > t->width[widest])
                widest = c;
        if (t->width[widest] <= COLUMN_MIN)
            return false;
        t->width[widest]--;
        total--;
    }
    return true;
}

static void paint_line_of_cell(struct table *t, const struct glyph *g, size_t n, size_t c, bool last)
{
    int room = t->width[c] - glyphs_columns(g, n);
    int left = t->align[c] == ALIGN_RIGHT ? room : t->align[c] == ALIGN_CENTER ? room / 2 : 0;
    paint_repeat(t->paint, " ", left, 0);
    for (size_t i = 0; i < n; i++)
        paint_glyph(t->paint, &g[i]);
    paint_repeat(t->paint, " ", last ? 0 : room - left, 0);
}

/* The next line of each cell, until all are at their end. */
static void paint_row(struct table *t, size_t r)
{
    struct cell *row = &t->cells[r * t->n_columns];
    for (bool more = true, first = true; more; first = false) {
        more = false;
        if (!first)
            buf_putc(t->paint->out, '\n');
        for (size_t c = 0; c < t->n_columns; c++) {
            const struct glyph *g = t->glyphs + row[c].from;
            size_t next = row[c].n, n = row[c].n ? glyphs_fit(g, row[c].n, t->width[c], &next) : 0;
            paint_line_of_cell(t, g, n, c, c + 1 == t->n_columns);
            row[c].from += next;
            row[c].n -= next;
            more |= row[c].n > 0;
            if (c + 1 < t->n_columns)
                paint_text(t->paint, " │ ", STYLE_DIM);
        }
        paint_style(t->paint, 0);
    }
}

static void paint_grid(struct table *t)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        if (r)
            buf_putc(t->paint->out, '\n');
        paint_row(t, r);
        if (r)
            continue;
        buf_putc(t->paint->out, '\n');
        for (size_t c = 0; c < t->n_columns; c++) {
            paint_repeat(t->paint, "─", t->width[c], STYLE_DIM);
            paint_text(t->paint, c + 1 < t->n_columns ? "─┼─" : "", STYLE_DIM);
        }
        paint_style(t->paint, 0);
    }
}

static void flow_cell(struct table *t, struct flow *f, const struct cell *cell)
{
    for (size_t i = 0; i < cell->n; i++)
        flow_put(f, t->glyphs[cell->from + i]);
}

static void paint_list(struct table *t, int width)
{
    static const struct glyph after_title[] = {{':', 1, STYLE_BOLD}, {' ', 1, 0}};
    struct flow f = {.paint = t->paint, .width = width};
    for (size_t r = 1; r < t->n_rows; r++)
        for (size_t c = 0; c < t->n_columns; c++) {
            if (r > 1 || c)
                buf_puts(t->paint->out, c ? "\n" : "\n\n");
            flow_begin(&f, 0, "  ");
            flow_cell(t, &f, &t->cells[c]);
            flow_put(&f, after_title[0]);
            flow_put(&f, after_title[1]);
            flow_cell(t, &f, &t->cells[r * t->n_columns + c]);
            flow_end(&f);
        }
}

bool table_paint(struct str lines, struct paint *paint, int width)
{
    struct table t = {0};
    bool whole = read_table(&t, lines, paint);
    if (whole && fit(&t, width))
        paint_grid(&t);
    else if (whole)
        paint_list(&t, width);
    free(t.cells);
    free(t.glyphs);
    return whole;
}
