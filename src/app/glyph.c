#include "app/glyph.h"

#include <wchar.h>

#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD, TAB_COLUMNS = 4 };

bool glyph_turns_text(uint32_t cp)
{
    return (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x2028 || cp == 0x2029;
}

static bool is_control(uint32_t cp)
{
    return (cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0) || glyph_turns_text(cp);
}

/* The C library knows the characters of the Unicode that it was made for; pictures of later ones are wide, too. */
static uint8_t columns_of(uint32_t cp)
{
    if (cp < 0x7f)
        return 1;
    int n = wcwidth((wchar_t)cp);
    if (n >= 0 && n <= 2)
        return (uint8_t)n;
    return cp >= 0x1F000 && cp < 0x20000 ? 2 : 1;
}

size_t glyph_take(struct str text, bool final, struct glyph *ret)
{
    uint32_t cp = REPLACEMENT;
    int n = utf8_decode(text.ptr, text.len, &cp);
    if (!n && !final)
        return 0;
    size_t used = n > 0 ? (size_t)n : !n ? text.len : 1;
    if (n <= 0 || (cp != '\r' && is_control(cp)))
        cp = REPLACEMENT;
    *ret = (struct glyph){.cp = cp, .columns = columns_of(cp)};
    if (cp == '\r')
        *ret = (struct glyph){0};
    else if (cp == '\t')
        *ret = (struct glyph){.cp = '\t', .columns = TAB_COLUMNS};
    return used;
}

int text_columns(struct str text)
{
    int columns = 0;
    struct glyph g;
    while (text.len) {
        text = str_skip(text, glyph_take(text, true, &g));
        columns += g.columns;
    }
    return columns;
}

void paint_style(struct paint *p, uint8_t style)
{
    static const struct {
        uint8_t bit;
        const char *code;
    } codes[] = {{STYLE_BOLD, ";1"}, {STYLE_DIM, ";2"},    {STYLE_ITALIC, ";3"},
                 {STYLE_LINK, ";4"}, {STYLE_STRIKE, ";9"}, {STYLE_CODE, ";36"}};
    if (!p->color || p->style == style)
        return;
    p->style = style;
    buf_puts(p->out, "\033[0");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (style & codes[i].bit)
            buf_puts(p->out, codes[i].code);
    buf_putc(p->out, 'm');
}

void paint_glyph(struct paint *p, const struct glyph *g)
{
    char bytes[4];
    paint_style(p, g->style);
    if (g->cp == '\t')
        buf_put(p->out, str_from("        ", g->columns));
    else if (g->cp)
        buf_put(p->out, str_from(bytes, (size_t)utf8_encode(g->cp, bytes)));
}

void paint_text(struct paint *p, const char *text, uint8_t style)
{
    paint_style(p, style);
    buf_puts(p->out, text);
}

void paint_repeat(struct paint *p, const char *text, int n, uint8_t style)
{
    paint_style(p, style);
    for (int i = 0; i < n; i++)
        buf_puts(p->out, text);
}

static bool is_one_of(uint32_t cp, const uint32_t *set)
{
    for (; *set; set++)
        if (*set == cp)
            return true;
    return false;
}

static bool is_cjk(uint32_t cp)
{
    return (cp >= 0x2E80 && cp <= 0xA4CF) || (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0xF900 && cp <= 0xFAFF) ||
           (cp >= 0xFE30 && cp <= 0xFE4F) || (cp >= 0xFF00 && cp <= 0xFFEF) || (cp >= 0x20000 && cp <= 0x3FFFF);
}

bool glyph_may_break(uint32_t left, uint32_t right)
{
    static const uint32_t not_first[] = {',',    '.',    ';',    ':',    '!',    '?',    ')',    ']',    '}',    '%',    0x2019,
                                         0x201D, 0x2026, 0x3001, 0x3002, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011, 0x3015, 0x3017,
                                         0xFF01, 0xFF05, 0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D, 0xFF5D, 0};
    static const uint32_t not_last[] = {'(',    '[',    '{',    '$',    0x2018, 0x201C, 0x3008, 0x300A, 0x300C,
                                        0x300E, 0x3010, 0x3014, 0x3016, 0xFF08, 0xFF3B, 0xFF5B, 0};
    return (is_cjk(left) || is_cjk(right)) && !is_one_of(right, not_first) && !is_one_of(left, not_last);
}

static void begin_line(struct flow *f)
{
    paint_style(f->paint, 0);
    buf_putc(f->paint->out, '\n');
    paint_text(f->paint, f->hang, f->hang_columns && f->hang[0] != ' ' ? STYLE_DIM : 0);
    f->column = f->hang_columns;
    f->spaces = 0;
}

void flow_begin(struct flow *f, int column, const char *hang)
{
    str_copy(f->hang, sizeof f->hang, str_of(hang));
    f->hang_columns = text_columns(str_of(f->hang));
    f->column = column;
    f->n_word = f->word_columns = f->spaces = 0;
}

static void put_word(struct flow *f)
{
    if (!f->n_word)
        return;
    if (f->column + f->spaces + f->word_columns > f->width && f->column > f->hang_columns)
        begin_line(f);
    paint_style(f->paint, f->spaces ? f->space_style : f->paint->style);
    for (; f->spaces; f->spaces--, f->column++)
        buf_putc(f->paint->out, ' ');
    for (int i = 0; i < f->n_word; i++) {
        if (f->column + f->word[i].columns > f->width && f->column > f->hang_columns)
            begin_line(f); /* a word longer than a line */
        paint_glyph(f->paint, &f->word[i]);
        f->column += f->word[i].columns;
    }
    f->n_word = f->word_columns = 0;
}

void flow_put(struct flow *f, struct glyph g)
{
    if (!g.cp)
        return;
    if (g.cp == ' ' || g.cp == '\t') {
        put_word(f);
        f->spaces += g.columns;
        f->space_style = g.style;
        return;
    }
    bool full = f->n_word == FLOW_WORD_MAX;
    if (full || (f->n_word && g.columns && glyph_may_break(f->word[f->n_word - 1].cp, g.cp)))
        put_word(f);
    f->word[f->n_word++] = g;
    f->word_columns += g.columns;
}

void flow_end(struct flow *f)
{
    put_word(f);
    f->spaces = 0;
    paint_style(f->paint, 0);
}

int glyphs_columns(const struct glyph *g, size_t n)
{
    int columns = 0;
    for (size_t i = 0; i < n; i++)
        columns += g[i].columns;
    return columns;
}

size_t glyphs_fit(const struct glyph *g, size_t n, int columns, size_t *ret_next)
{
    size_t fit = 0, end = 0; /* end: the last place where the line may be broken */
    int used = 0;
    for (; fit < n && used + g[fit].columns <= columns; fit++) {
        if (fit && (g[fit].cp == ' ' || (g[fit - 1].cp != ' ' && glyph_may_break(g[fit - 1].cp, g[fit].cp))))
            end = fit;
        used += g[fit].columns;
    }
    if (fit == n || g[fit].cp == ' ')
        end = fit;
    else if (fit && glyph_may_break(g[fit - 1].cp, g[fit].cp))
        end = fit;
    end = end ? end : fit ? fit : 1;
    size_t next = end;
    while (next < n && g[next].cp == ' ')
        next++;
    *ret_next = next;
    return end;
}
