#include "app/markdown_term.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/markdown_block.h"
#include "app/markdown_inline.h"
#include "app/markdown_table.h"

enum { LINE_BYTES_MAX = 8 << 10, RULE_COLUMNS_MAX = 48, INDENT_COLUMNS_MAX = 24, WIDTH_MIN = 8 };

/*        ┌──────────────┐ decided  ┌─────────┐
 *   ──►  │  LINE_START  ├─────────►│ IN_TEXT │   newline leads back
 *        └──────┬───────┘          └─────────┘
 *          fence│  ▲ fence
 *        ┌──────▼──┴────┐ not one  ┌─────────┐
 *        │  CODE_START  ├─────────►│ IN_CODE │
 *        └──────────────┘          └─────────┘ */
enum state { LINE_START, IN_TEXT, CODE_START, IN_CODE };

struct markdown {
    struct paint paint;
    struct flow flow;
    struct inline_text text;
    enum state state;
    struct buf line;  /* what is held of the current line */
    struct buf table; /* the lines of a table so far */
    char fence;
    int n_fence;
    int owed;     /* newlines that are due before anything else */
    bool written; /* anything, in this text */
};

static void put_to_flow(void *ctx, struct glyph g)
{
    flow_put(ctx, g);
}

struct markdown *markdown_create(struct buf *out, int width, bool color)
{
    struct markdown *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->paint = (struct paint){.out = out, .color = color};
    m->flow = (struct flow){.paint = &m->paint};
    m->text = (struct inline_text){.put = put_to_flow, .ctx = &m->flow, .marks = !color};
    m->line = buf_make(LINE_BYTES_MAX);
    m->table = buf_make(TABLE_BYTES_MAX);
    markdown_width(m, width);
    return m;
}

void markdown_free(struct markdown *m)
{
    if (!m)
        return;
    inline_free(&m->text);
    buf_free(&m->line);
    buf_free(&m->table);
    free(m);
}

void markdown_width(struct markdown *m, int width)
{
    m->flow.width = width < WIDTH_MIN ? WIDTH_MIN : width;
}

/* Newlines are written when something follows them; more than one empty line is one. */
static void begin_output(struct markdown *m)
{
    int most = m->state == CODE_START || m->state == IN_CODE ? m->owed : 2;
    for (int i = 0; m->written && i < m->owed && i < most; i++)
        buf_putc(m->paint.out, '\n');
    m->owed = 0;
    m->written = true;
}

static void put_rule(struct markdown *m, struct str title)
{
    int width = m->flow.width < RULE_COLUMNS_MAX ? m->flow.width : RULE_COLUMNS_MAX, used = 0;
    struct glyph g;
    begin_output(m);
    if (title.len) {
        paint_text(&m->paint, "── ", STYLE_DIM);
        used = 3;
        while (title.len && used < width - 2) {
            title = str_skip(title, glyph_take(title, true, &g));
            g.style = STYLE_DIM;
            paint_glyph(&m->paint, &g);
            used += g.columns;
        }
        paint_text(&m->paint, " ", STYLE_DIM);
        used++;
    }
    paint_repeat(&m->paint, "─", width - used, STYLE_DIM);
    paint_style(&m->paint, 0);
}

static void put_fence(struct markdown *m, struct str line)
{
    begin_output(m);
    struct glyph g;
    for (line = str_trim(line); line.len;) {
        line = str_skip(line, glyph_take(line, true, &g));
        paint_glyph(&m->paint, &g);
    }
}

/* What stands before a line's text, and before its further lines. */
static void put_prefix(struct markdown *m, const struct block *b)
{
    char first[FLOW_HANG_MAX * 3] = "", hang[FLOW_HANG_MAX * 3] = "";
    int indent = b->indent < INDENT_COLUMNS_MAX ? b->indent : INDENT_COLUMNS_MAX, at = 0, marker = 0;
    for (int i = 0; i < b->quotes; i++)
        at += snprintf(first + at, sizeof first - (size_t)at, "│ ");
    at += snprintf(first + at, sizeof first - (size_t)at, "%*s", indent, "");
    if (b->kind == BLOCK_ITEM) {
        struct str shown = b->marker.len == 1 ? STR("•") : b->marker;
        marker = (int)b->marker.len + 1;
        snprintf(first + at, sizeof first - (size_t)at, STR_FMT " ", STR_ARG(shown));
    }
    snprintf(hang, sizeof hang, "%.*s%*s", at, first, marker, "");
    int columns = text_columns(str_of(first));
    if (columns > m->flow.width / 2)
        hang[0] = 0;
    paint_text(&m->paint, first, b->quotes ? STYLE_DIM : 0);
    flow_begin(&m->flow, columns, hang);
}

static void begin_text(struct markdown *m, const struct block *b, struct str line)
{
    uint8_t base = b->kind == BLOCK_HEADING ? b->level == 1 ? STYLE_BOLD | STYLE_LINK : STYLE_BOLD : 0;
    begin_output(m);
    put_prefix(m, b);
    inline_begin(&m->text, base);
    if (b->kind == BLOCK_HEADING && !m->paint.color) /* else nothing would say that it is one */
        inline_feed(&m->text, str_head(STR("######"), (size_t)b->level));
    if (b->kind == BLOCK_HEADING && !m->paint.color)
        inline_feed(&m->text, STR(" "));
    m->state = IN_TEXT;
    inline_feed(&m->text, str_skip(line, b->text));
}

static void end_text(struct markdown *m)
{
    inline_end(&m->text);
    flow_end(&m->flow);
    m->state = LINE_START;
}

/* Lines that began as a table and are none. */
static void put_lines_as_text(struct markdown *m, struct str lines)
{
    struct str line;
    while (str_split(&lines, '\n', &line)) {
        begin_text(m, &(struct block){.kind = BLOCK_TEXT}, line);
        end_text(m);
        m->owed = 1;
    }
}

/* A table's lines have no newline owed before them: that was written when the first one came. */
static void flush_table(struct markdown *m)
{
    struct str lines = buf_str(&m->table);
    if (!lines.len)
        return;
    lines.len--;
    if (!table_is_one(lines) || !table_paint(lines, &m->paint, m->flow.width))
        put_lines_as_text(m, lines);
    m->owed = 1;
    buf_clear(&m->table);
}

static void hold_table_line(struct markdown *m, struct str line)
{
    if (m->table.len + line.len + 1 > TABLE_BYTES_MAX)
        flush_table(m);
    if (!m->table.len)
        begin_output(m);
    buf_put(&m->table, line);
    buf_putc(&m->table, '\n');
    m->owed = -1; /* the newline that is about to come is the table's own */
}

static void begin_fence(struct markdown *m, const struct block *b, struct str line)
{
    if (m->paint.color)
        put_rule(m, b->info);
    else
        put_fence(m, line);
    m->fence = b->fence;
    m->n_fence = b->n_fence;
    m->state = CODE_START;
}

/* The held line as what it is, if that can be said. */
static void decide(struct markdown *m, bool whole)
{
    struct str line = buf_str(&m->line);
    struct block b = block_classify(line, whole);
    if (b.kind == BLOCK_WAIT && line.len < LINE_BYTES_MAX)
        return;
    if (b.kind != BLOCK_TABLE)
        flush_table(m);
    switch (b.kind) {
    case BLOCK_BLANK: break;
    case BLOCK_TABLE: hold_table_line(m, line); break;
    case BLOCK_FENCE: begin_fence(m, &b, line); break;
    case BLOCK_RULE: put_rule(m, (struct str){0}); break;
    case BLOCK_WAIT:
        b = (struct block){.kind = BLOCK_TEXT}; /* too long to wait for its end */
        __attribute__((fallthrough));
    case BLOCK_TEXT:
    case BLOCK_HEADING:
    case BLOCK_ITEM: begin_text(m, &b, line); break;
    }
    buf_clear(&m->line);
}

static void put_code(struct markdown *m, bool final)
{
    struct str code = buf_str(&m->line);
    struct glyph g;
    for (size_t n; code.len && (n = glyph_take(code, final, &g)); code = str_skip(code, n)) {
        g.style = STYLE_CODE;
        paint_glyph(&m->paint, &g);
    }
    buf_consume(&m->line, m->line.len - code.len);
}

static void decide_code(struct markdown *m, bool whole)
{
    bool wait;
    if (block_closes(buf_str(&m->line), whole, m->fence, m->n_fence, &wait)) {
        if (m->paint.color)
            put_rule(m, (struct str){0});
        else
            put_fence(m, buf_str(&m->line));
        buf_clear(&m->line);
        m->state = LINE_START;
    } else if (!wait || m->line.len == LINE_BYTES_MAX) {
        if (m->line.len)
            begin_output(m);
        m->state = IN_CODE;
        put_code(m, whole);
    }
}

/* A piece of one line. */
static void put_piece(struct markdown *m, struct str piece)
{
    while (piece.len && m->state != IN_TEXT) {
        struct str part = str_head(piece, LINE_BYTES_MAX - m->line.len);
        buf_put(&m->line, part);
        piece = str_skip(piece, part.len);
        if (m->state == LINE_START)
            decide(m, false);
        else if (m->state == CODE_START)
            decide_code(m, false);
        else
            put_code(m, false);
    }
    if (piece.len)
        inline_feed(&m->text, piece);
}

static void end_line(struct markdown *m)
{
    if (m->state == LINE_START)
        decide(m, true);
    else if (m->state == CODE_START)
        decide_code(m, true);
    else if (m->state == IN_CODE)
        put_code(m, true);
    if (m->state == IN_TEXT)
        end_text(m);
    else if (m->state == IN_CODE)
        m->state = CODE_START;
    paint_style(&m->paint, 0);
}

void markdown_feed(struct markdown *m, struct str text)
{
    while (text.len) {
        ptrdiff_t newline = str_chr(text, '\n');
        struct str piece = newline < 0 ? text : str_head(text, (size_t)newline);
        put_piece(m, piece);
        if (newline >= 0) {
            end_line(m);
            m->owed++;
        }
        text = str_skip(text, piece.len + (newline >= 0));
    }
}

void markdown_end(struct markdown *m)
{
    bool code = m->state == CODE_START && !m->line.len;
    if (!code)
        end_line(m);
    flush_table(m);
    if (m->written)
        buf_putc(m->paint.out, '\n');
    m->written = false;
    m->owed = 0;
    m->state = LINE_START;
    buf_clear(&m->line);
}
