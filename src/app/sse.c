#include "app/sse.h"

struct sse sse_make(int (*event)(void *ctx, struct str name, struct str data), void *ctx)
{
    return (struct sse){.event = event, .ctx = ctx, .line = buf_make(SSE_EVENT_BYTES_MAX), .data = buf_make(SSE_EVENT_BYTES_MAX)};
}

void sse_free(struct sse *s)
{
    buf_free(&s->line);
    buf_free(&s->data);
}

static int dispatch(struct sse *s)
{
    struct str data = buf_str(&s->data);
    int r = s->data.failed;
    if (!r && data.len) {
        data.len--; /* the newline of its last line */
        r = s->event(s->ctx, *s->name ? str_of(s->name) : STR("message"), data);
    }
    buf_clear(&s->data);
    s->name[0] = 0;
    return r;
}

static int take_line(struct sse *s, struct str line)
{
    if (str_ends(line, STR("\r")))
        line.len--;
    if (!line.len)
        return dispatch(s);
    ptrdiff_t colon = str_chr(line, ':');
    struct str field = colon < 0 ? line : str_head(line, (size_t)colon);
    struct str value = colon < 0 ? (struct str){0} : str_skip(line, (size_t)colon + 1);
    value = str_skip(value, str_starts(value, STR(" ")) ? 1 : 0);
    if (str_eq(field, STR("event"))) {
        str_copy(s->name, sizeof s->name, value);
    } else if (str_eq(field, STR("data"))) {
        buf_put(&s->data, value);
        buf_putc(&s->data, '\n');
    } /* a line that begins with a colon is a comment, which keeps the connection alive */
    return s->data.failed;
}

int sse_feed(struct sse *s, struct str bytes)
{
    int r = OK;
    while (bytes.len && !r) {
        ptrdiff_t newline = str_chr(bytes, '\n');
        struct str piece = newline < 0 ? bytes : str_head(bytes, (size_t)newline);
        r = buf_put(&s->line, piece);
        if (!r && newline >= 0) {
            r = take_line(s, buf_str(&s->line));
            buf_clear(&s->line);
        }
        bytes = str_skip(bytes, piece.len + (newline >= 0));
    }
    return r;
}
