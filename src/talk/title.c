/* A title out of a first message: its first line with words in it, up to the end of the first sentence, without Markdown's marks. */
#include "base/utf8.h"
#include "talk/talk.h"

static bool is_mark(char c)
{
    return c && strchr("#*_`>~|", c);
}

/* Marks and their blanks at a line's head: "## ", "> ", "- ". */
static struct str skip_head(struct str line)
{
    line = str_trim(line);
    size_t at = 0;
    while (at < line.len && (is_mark(line.ptr[at]) || line.ptr[at] == ' '))
        at++;
    struct str rest = str_skip(line, at);
    if (str_starts(rest, STR("- ")) || str_starts(rest, STR("+ ")))
        rest = str_skip(rest, 2);
    return str_trim(rest);
}

/* "[text](address)" is its text. Returns the length of what it stands for in the line, or 0. */
static size_t link_length(struct str rest, struct str *ret_text)
{
    if (!str_starts(rest, STR("[")))
        return 0;
    ptrdiff_t middle = str_find(rest, STR("]("), 1);
    ptrdiff_t end = middle < 0 ? -1 : str_find(rest, STR(")"), (size_t)middle);
    if (end < 0)
        return 0;
    *ret_text = str_from(rest.ptr + 1, (size_t)middle - 1);
    return (size_t)end + 1;
}

static void put_plain(struct buf *out, struct str line)
{
    bool blank = false;
    while (line.len) {
        struct str text = str_head(line, 1);
        size_t used = link_length(line, &text);
        line = str_skip(line, used ? used : 1);
        unsigned char c = (unsigned char)text.ptr[0];
        if (!used && (c == '*' || c == '`' || c < ' ' || c == 127 || c == ' ')) {
            blank |= c <= ' ';
            continue;
        }
        if (blank && out->len)
            buf_putc(out, ' ');
        blank = false;
        buf_put(out, text);
    }
}

/* Behind the first full stop that ends a sentence; the whole text when there is none. */
static size_t sentence_end(struct str s)
{
    static const struct str wide[] = {{"。", 3}, {"！", 3}, {"？", 3}};
    for (size_t i = 0; i < s.len; i++) {
        bool stop = (s.ptr[i] == '.' || s.ptr[i] == '!' || s.ptr[i] == '?') && (i + 1 == s.len || s.ptr[i + 1] == ' ');
        if (stop && i >= 8)
            return s.ptr[i] == '.' ? i : i + 1;
        for (size_t k = 0; k < 3; k++)
            if (str_starts(str_skip(s, i), wide[k]))
                return k ? i + 3 : i;
    }
    return s.len;
}

/* At most TALK_TITLE_CHARS characters with the sign for what was cut; at a blank when one stands in the second half. */
static void cut(struct buf *b)
{
    size_t at = 0, chars = 0, blank = 0;
    uint32_t cp;
    while (at < b->len && chars < TALK_TITLE_CHARS - 1) {
        int n = utf8_decode(b->ptr + at, b->len - at, &cp);
        if (b->ptr[at] == ' ')
            blank = chars >= TALK_TITLE_CHARS / 2 ? at : 0;
        at += n > 0 ? (size_t)n : 1;
        chars++;
    }
    size_t last = at < b->len ? (size_t)utf8_decode(b->ptr + at, b->len - at, &cp) : 0;
    if (at + last >= b->len)
        return;
    b->len = blank ? blank : at;
    while (b->len && strchr(" ,;:", b->ptr[b->len - 1]))
        b->len--;
    buf_puts(b, "…");
}

struct str talk_title_of(struct str text, struct arena *a)
{
    struct buf b = buf_make(4096);
    struct str rest = str_head(text, 2000), line;
    rest.len = utf8_complete_prefix(rest.ptr, rest.len);
    while (!b.len && str_split(&rest, '\n', &line)) {
        if (!str_starts(str_trim(line), STR("```")))
            put_plain(&b, skip_head(line));
    }
    if (b.len)
        b.len = sentence_end(buf_str(&b));
    cut(&b);
    struct str title = b.failed ? (struct str){0} : arena_dup(a, buf_str(&b));
    buf_free(&b);
    return title;
}
