#include "app/chat/multiline.h"

#define QUOTES STR("\"\"\"")

struct multiline multiline_make(size_t bytes_max)
{
    return (struct multiline){.text = buf_make(bytes_max)};
}

void multiline_free(struct multiline *m)
{
    buf_free(&m->text);
}

void multiline_drop(struct multiline *m)
{
    buf_clear(&m->text);
    m->open = m->quoted = false;
}

static void put_line(struct multiline *m, struct str line, bool first)
{
    if (!first)
        buf_putc(&m->text, '\n');
    buf_put(&m->text, line);
}

static bool add_quoted(struct multiline *m, struct str line, bool first)
{
    bool last = str_ends(line, QUOTES);
    if (last)
        line.len -= QUOTES.len;
    if (!last || line.len)
        put_line(m, line, first || !m->text.len);
    m->open = m->quoted = !last;
    return last;
}

bool multiline_add(struct multiline *m, struct str line)
{
    bool first = !m->open;
    if (first)
        multiline_drop(m);
    if (m->quoted)
        return add_quoted(m, line, false);
    if (first && str_starts(line, QUOTES)) {
        line = str_skip(line, QUOTES.len);
        m->open = m->quoted = true;
        return line.len ? add_quoted(m, line, true) : false;
    }
    m->open = str_ends(line, STR("\\")) && !str_ends(line, STR("\\\\"));
    line.len -= m->open;
    put_line(m, line, first);
    return !m->open;
}

bool multiline_end(struct multiline *m)
{
    bool there = m->open && m->text.len;
    m->open = m->quoted = false;
    return there;
}
