#include "fetch/transfer_head.h"

void head_free(struct head *h)
{
    buf_free(&h->lines);
}

void head_clear(struct head *h)
{
    buf_clear(&h->lines);
    h->bytes_seen = 0;
    h->status = 0;
    h->complete = false;
}

/* "HTTP/1.1 200 OK" → 200; 0 when there is no number. */
static int status_of(struct str line)
{
    uint64_t n;
    ptrdiff_t space = str_chr(line, ' ');
    struct str rest = space < 0 ? (struct str){0} : str_trim(str_skip(line, (size_t)space));
    return str_to_u64(str_head(rest, 3), &n) || n < 100 || n > 999 ? 0 : (int)n;
}

int head_line(struct head *h, struct str line, bool *ret_done)
{
    *ret_done = false;
    h->bytes_seen += line.len;
    if (h->bytes_seen > HEAD_BYTES_MAX)
        return ERR_LIMIT;
    if (h->complete)
        return OK;
    if (str_starts(line, STR("HTTP/"))) {
        buf_clear(&h->lines);
        h->status = status_of(line);
        return OK;
    }
    line = str_trim(line);
    if (line.len) {
        buf_put(&h->lines, line);
        return buf_putc(&h->lines, '\n');
    }
    h->complete = h->status >= 200;
    *ret_done = h->complete;
    return OK;
}

struct str head_find(const struct head *h, const char *name)
{
    struct str all = buf_str(&h->lines), line, found = {0};
    while (all.len && str_split(&all, '\n', &line)) {
        struct str key;
        if (str_split(&line, ':', &key) && str_ieq(key, str_of(name)))
            found = line.ptr ? str_trim(line) : STR("");
    }
    return found;
}
