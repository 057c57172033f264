/* Text as a terminal shows it: characters with their columns and style, wrapped at the width.
 *
 * Whatever came from a model passes through glyph_take, and nothing else of it reaches the terminal: a control character, an escape
 * sequence or a sign that turns the direction of writing becomes U+FFFD, so that an answer cannot move the cursor, set the title,
 * fill the clipboard or show other words than it says. */
#ifndef APP_GLYPH_H
#define APP_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum style {
    STYLE_BOLD = 1,
    STYLE_ITALIC = 2,
    STYLE_CODE = 4,
    STYLE_LINK = 8,
    STYLE_DIM = 16,
    STYLE_STRIKE = 32,
};

struct glyph {
    uint32_t cp;
    uint8_t columns; /* 0 (combining), 1, or 2 (Chinese, most emoji) */
    uint8_t style;   /* of enum style */
};

/* Signs that reorder what follows them (embeddings, overrides, isolates), or end a line without looking like it: a text must read as it
 * is. */
bool glyph_turns_text(uint32_t cp);
/* The first character of `text`, made harmless. Returns its bytes; 0 when it is only the beginning of one and more may come (`final`:
 * it may not). A carriage return has cp 0: nothing is to be shown. */
size_t glyph_take(struct str text, bool final, struct glyph *ret);
/* The columns of a text that is known to be harmless. */
int text_columns(struct str text);

/* ---- painting: glyphs to bytes. The terminal's style is changed only where the glyphs' does. */
struct paint {
    struct buf *out;
    bool color; /* false: no escape sequence at all */
    uint8_t style;
};
void paint_style(struct paint *p, uint8_t style);
void paint_glyph(struct paint *p, const struct glyph *g);
/* Our own text, in one style. */
void paint_text(struct paint *p, const char *text, uint8_t style);
void paint_repeat(struct paint *p, const char *text, int n, uint8_t style);

/* ---- breaking lines */
/* Whether a line may end between two glyphs that no space separates: around Chinese characters, but not before 。 or after 「. */
bool glyph_may_break(uint32_t left, uint32_t right);

enum { FLOW_WORD_MAX = 128, FLOW_HANG_MAX = 64 };

/* One line of a source as it comes, glyph by glyph, to lines of at most `width` columns. A word waits until it is known to be whole. */
struct flow {
    struct paint *paint;
    int width, column;
    char hang[FLOW_HANG_MAX * 3 + 1]; /* begins each further line: "│ ", spaces */
    int hang_columns;
    struct glyph word[FLOW_WORD_MAX];
    int n_word, word_columns, spaces;
    uint8_t space_style;
};
void flow_begin(struct flow *f, int column, const char *hang);
void flow_put(struct flow *f, struct glyph g);
void flow_end(struct flow *f);

/* How many of g[0..n) stand in a line of `columns`, and where the next one starts. At least one, so that it always ends. */
size_t glyphs_fit(const struct glyph *g, size_t n, int columns, size_t *ret_next);
int glyphs_columns(const struct glyph *g, size_t n);

#endif
