#include "app/chat/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 64 << 20, WIDTH_DEFAULT = 80 };

static int terminal_width(void)
{
    struct winsize size;
    return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : WIDTH_DEFAULT;
}

int output_begin(struct output *o, const struct app *a)
{
    *o = (struct output){.bytes = buf_make(OUTPUT_BYTES_MAX)};
    if (a->out_tty)
        o->markdown = markdown_create(&o->bytes, terminal_width(), a->out_color);
    return a->out_tty && !o->markdown ? ERR_NOMEM : OK;
}

static int flush(struct output *o)
{
    if (o->bytes.len)
        fwrite(o->bytes.ptr, 1, o->bytes.len, stdout);
    buf_clear(&o->bytes);
    return fflush(stdout) ? ERR_IO : OK;
}

int output_put(struct output *o, size_t from, struct str text)
{
    if (from > o->shown)
        return ERR_CORRUPT;
    text = str_skip(text, o->shown - from);
    if (!text.len)
        return OK;
    o->shown += text.len;
    o->last = text.ptr[text.len - 1];
    if (o->markdown)
        markdown_feed(o->markdown, text);
    else
        buf_put(&o->bytes, text);
    return flush(o);
}

int output_end(struct output *o)
{
    if (o->markdown)
        markdown_end(o->markdown);
    else if (o->shown && o->last != '\n')
        buf_putc(&o->bytes, '\n');
    return flush(o);
}

void output_free(struct output *o)
{
    markdown_free(o->markdown);
    buf_free(&o->bytes);
}
